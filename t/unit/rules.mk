# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/rules
t_unit_rules_SOURCES = t/unit/rules.c
t_unit_rules_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
