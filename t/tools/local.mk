# SPDX-License-Identifier: ISC
check_PROGRAMS += t/tools/helper-client
t_tools_helper_client_SOURCES = t/tools/helper-client.c
t_tools_helper_client_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)

check_PROGRAMS += t/tools/link-peer
t_tools_link_peer_SOURCES = t/tools/link-peer.c
t_tools_link_peer_LDADD = cmd/lib/libcmd.a $(BASE_LIBS)

check_PROGRAMS += t/tools/inject
t_tools_inject_SOURCES = t/tools/inject.c t/tools/inject_regs.h

check_PROGRAMS += t/tools/flood
t_tools_flood_SOURCES = t/tools/flood.c
t_tools_flood_LDADD = libike/libike.a $(BASE_LIBS)
