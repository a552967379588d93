# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/kdf
t_unit_kdf_SOURCES = t/unit/kdf.c
t_unit_kdf_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
