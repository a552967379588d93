# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_packet
t_fuzz_fuzz_packet_SOURCES = t/fuzz/fuzz_packet.c t/unit/messages_of_all.h $(FUZZ_MAIN)
t_fuzz_fuzz_packet_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_packet_LDADD = libike/libike.a $(BASE_LIBS)
