# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_engine
t_fuzz_fuzz_engine_SOURCES = t/fuzz/fuzz_engine.c t/sim/pair.c t/sim/pair.h t/sim/hostile.c \
	t/sim/hostile.h t/sim/rand.c \
	t/sim/rand.h t/unit/nth_alloc.c t/unit/nth_alloc.h $(FUZZ_MAIN)
t_fuzz_fuzz_engine_LDFLAGS = $(LDFLAGS_FUZZ) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc
t_fuzz_fuzz_engine_LDADD = libike/libike.a $(BASE_LIBS)
