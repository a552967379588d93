# SPDX-License-Identifier: ISC
check_PROGRAMS += t/cmd/reader
t_cmd_reader_SOURCES = t/cmd/reader.c
t_cmd_reader_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)
