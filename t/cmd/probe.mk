# SPDX-License-Identifier: ISC
# A program with one option of each type, for t/cmd/options.t and messages.t.
check_PROGRAMS += t/cmd/probe
t_cmd_probe_SOURCES = t/cmd/probe.c
t_cmd_probe_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)
