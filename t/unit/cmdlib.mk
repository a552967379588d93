# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/cmdlib
t_unit_cmdlib_SOURCES = t/unit/cmdlib.c
t_unit_cmdlib_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(CMOCKA_LIBS)
