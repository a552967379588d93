# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/cmdlib t/cmd/probe
t_unit_cmdlib_SOURCES = t/unit/cmdlib.c
t_unit_cmdlib_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(CMOCKA_LIBS)
# A program with one option of each type, for t/cmd/options.t and messages.t.
t_cmd_probe_SOURCES = t/cmd/probe.c
t_cmd_probe_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)
