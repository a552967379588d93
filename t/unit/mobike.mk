# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/mobike t/unit/mobike_hostile
t_unit_mobike_SOURCES = t/unit/mobike.c t/unit/mobike_pair.h t/sim/links.c t/sim/links.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_mobike_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_mobike_hostile_SOURCES = t/unit/mobike_hostile.c t/unit/mobike_pair.h t/sim/links.c \
	t/sim/links.h t/sim/hostile.c t/sim/hostile.h t/sim/pair.c t/sim/pair.h t/sim/rand.c \
	t/sim/rand.h
t_unit_mobike_hostile_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/mobike_memory
t_unit_mobike_memory_SOURCES = t/unit/mobike_memory.c t/unit/mobike_pair.h t/unit/nth_alloc.c \
	t/unit/nth_alloc.h t/sim/links.c t/sim/links.h t/sim/pair.c t/sim/pair.h t/sim/rand.c \
	t/sim/rand.h
t_unit_mobike_memory_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_mobike_memory_LDFLAGS = $(nth_alloc_flags)
