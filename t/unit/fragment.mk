# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/fragment
t_unit_fragment_SOURCES = t/unit/fragment.c t/unit/messages_of_all.h
t_unit_fragment_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/fragment_peer
t_unit_fragment_peer_SOURCES = t/unit/fragment_peer.c t/unit/engine_pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_fragment_peer_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
