# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/ts
t_unit_ts_SOURCES = t/unit/ts.c
t_unit_ts_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
