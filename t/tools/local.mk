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

# Made of what ike-negotiate makes its connections of.
check_PROGRAMS += t/tools/replay
t_tools_replay_SOURCES = t/tools/replay.c cmd/ike-negotiate/conn.c cmd/ike-negotiate/files.c \
	cmd/ike-negotiate/dial_hosts.c cmd/ike-negotiate/load.c \
	cmd/ike-negotiate/options.c cmd/ike-negotiate/seeded.c cmd/ike-negotiate/spawner_fetch.c
t_tools_replay_LDADD = cmd/lib/libcmd.a libike/libike.a libpki/libpki.a $(BASE_LIBS) \
	$(UV_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS)

check_PROGRAMS += t/tools/many
t_tools_many_SOURCES = t/tools/many.c
t_tools_many_LDADD = libike/libike.a libesp/libesp.a $(BASE_LIBS)
