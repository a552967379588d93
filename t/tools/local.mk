# SPDX-License-Identifier: ISC
check_PROGRAMS += t/tools/helper-client
t_tools_helper_client_SOURCES = t/tools/helper-client.c
t_tools_helper_client_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)
