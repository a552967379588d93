# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/protect
t_unit_protect_SOURCES = t/unit/protect.c t/unit/messages_of_all.h
t_unit_protect_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
