# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/hostile
t_unit_hostile_SOURCES = t/unit/hostile.c t/sim/hostile.c t/sim/hostile.h t/sim/pair.c \
	t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_hostile_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
