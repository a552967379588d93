# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/hostile
t_unit_hostile_SOURCES = t/unit/hostile.c t/sim/hostile.c t/sim/hostile.h t/sim/pair.c \
	t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_hostile_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/hostile_classes
t_unit_hostile_classes_SOURCES = t/unit/hostile_classes.c t/unit/hostile_chain.c \
	t/unit/hostile_chain.h t/unit/engine_pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_hostile_classes_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
