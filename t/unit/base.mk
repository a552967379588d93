# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/base
t_unit_base_SOURCES = t/unit/base.c
t_unit_base_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
