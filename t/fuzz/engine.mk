# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_peer t/fuzz/fuzz_stranger
pool_flags = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc \
	-Wl,--wrap=free -Wl,--wrap=CRYPTO_malloc -Wl,--wrap=CRYPTO_zalloc -Wl,--wrap=CRYPTO_free \
	-Wl,--wrap=CRYPTO_realloc -Wl,--wrap=CRYPTO_clear_free \
	-Wl,--wrap=CRYPTO_secure_malloc -Wl,--wrap=CRYPTO_secure_zalloc \
	-Wl,--wrap=CRYPTO_secure_clear_free -Wl,--wrap=ike_crypto_free -Wl,--wrap=ike_ke_free
play_sources = t/fuzz/play.c t/fuzz/play.h t/fuzz/world.c t/fuzz/world.h t/fuzz/alter.c \
	t/fuzz/alter.h t/fuzz/pool.c t/fuzz/pool.h t/sim/pair.c t/sim/pair.h t/sim/links.c \
	t/sim/links.h t/sim/hostile.c t/sim/hostile.h t/sim/rand.c t/sim/rand.h $(FUZZ_MAIN)
play_objects = t/fuzz/play.o t/fuzz/world.o t/fuzz/alter.o t/fuzz/pool.o t/sim/pair.o \
	t/sim/links.o t/sim/hostile.o t/sim/rand.o
t_fuzz_fuzz_peer_SOURCES = t/fuzz/fuzz_peer.c $(play_sources)
t_fuzz_fuzz_peer_LDFLAGS = $(LDFLAGS_FUZZ) $(pool_flags)
t_fuzz_fuzz_peer_LDADD = libike/libike.a $(BASE_LIBS)
t_fuzz_fuzz_stranger_SOURCES = t/fuzz/fuzz_stranger.c $(play_sources)
t_fuzz_fuzz_stranger_LDFLAGS = $(LDFLAGS_FUZZ) $(pool_flags)
t_fuzz_fuzz_stranger_LDADD = libike/libike.a $(BASE_LIBS)
