# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/ident
t_unit_ident_SOURCES = t/unit/ident.c
t_unit_ident_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
