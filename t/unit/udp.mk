# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/udp
t_unit_udp_SOURCES = t/unit/udp.c
t_unit_udp_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(CMOCKA_LIBS)
