# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/strangers t/unit/critical
t_unit_strangers_SOURCES = t/unit/strangers.c t/unit/engine_pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_strangers_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_critical_SOURCES = t/unit/critical.c t/unit/engine_pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_critical_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
