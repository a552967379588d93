# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/fds
t_unit_fds_SOURCES = t/unit/fds.c
t_unit_fds_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(CMOCKA_LIBS)
