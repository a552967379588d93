# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/packet
t_unit_packet_SOURCES = t/unit/packet.c t/unit/messages_of_all.h
t_unit_packet_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
