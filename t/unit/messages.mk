# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/messages
t_unit_messages_SOURCES = t/unit/messages.c
t_unit_messages_LDADD = $(BASE_LIBS) $(CMOCKA_LIBS)
