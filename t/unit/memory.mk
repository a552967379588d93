# SPDX-License-Identifier: ISC
nth_alloc_flags = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
check_PROGRAMS += t/unit/memory
t_unit_memory_SOURCES = t/unit/memory.c t/unit/nth_alloc.c t/unit/nth_alloc.h \
	t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_memory_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_memory_LDFLAGS = $(nth_alloc_flags) -Wl,--wrap=ike_hashes_add -Wl,--wrap=ike_hashes_read
check_PROGRAMS += t/unit/codec_memory
t_unit_codec_memory_SOURCES = t/unit/codec_memory.c t/unit/nth_alloc.c t/unit/nth_alloc.h
t_unit_codec_memory_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_codec_memory_LDFLAGS = $(nth_alloc_flags)
