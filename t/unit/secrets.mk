# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/secrets
t_unit_secrets_SOURCES = t/unit/secrets.c
t_unit_secrets_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
