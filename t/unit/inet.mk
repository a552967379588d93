# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/inet
t_unit_inet_SOURCES = t/unit/inet.c
t_unit_inet_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
