# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/memory
t_unit_memory_SOURCES = t/unit/memory.c t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_memory_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=CRYPTO_malloc -Wl,--wrap=CRYPTO_secure_malloc -Wl,--wrap=CRYPTO_secure_zalloc
