# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/engine t/unit/engine_rekey t/unit/engine_children t/unit/engine_conns
check_PROGRAMS += t/unit/engine_addresses
check_PROGRAMS += t/unit/engine_reauth
t_unit_engine_SOURCES = t/unit/engine.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_engine_rekey_SOURCES = t/unit/engine_rekey.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_rekey_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_engine_children_SOURCES = t/unit/engine_children.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_children_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_engine_conns_SOURCES = t/unit/engine_conns.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_conns_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_engine_addresses_SOURCES = t/unit/engine_addresses.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_addresses_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/engine_race
t_unit_engine_race_SOURCES = t/unit/engine_race.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_race_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_engine_reauth_SOURCES = t/unit/engine_reauth.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_reauth_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/engine_unique
t_unit_engine_unique_SOURCES = t/unit/engine_unique.c t/unit/engine_pair.h \
	t/sim/hostile.c t/sim/hostile.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_unique_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/engine_transport
t_unit_engine_transport_SOURCES = t/unit/engine_transport.c t/unit/engine_pair.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_transport_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/engine_checkpoint
t_unit_engine_checkpoint_SOURCES = t/unit/engine_checkpoint.c t/unit/engine_pair.h \
	t/sim/restart.c t/sim/restart.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_checkpoint_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/collide t/unit/collide_answers
t_unit_collide_answers_SOURCES = t/unit/collide_answers.c t/unit/engine_pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_collide_answers_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_collide_SOURCES = t/unit/collide.c t/unit/engine_pair.h t/sim/hostile.c t/sim/hostile.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_collide_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/window
t_unit_window_SOURCES = t/unit/window.c t/unit/engine_pair.h t/sim/hostile.c t/sim/hostile.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_window_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
