# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/ranges
t_unit_ranges_SOURCES = t/unit/ranges.c
t_unit_ranges_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
