# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/auth
t_unit_auth_SOURCES = t/unit/auth.c
t_unit_auth_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
