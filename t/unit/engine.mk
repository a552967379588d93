# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/engine
t_unit_engine_SOURCES = t/unit/engine.c t/sim/pair.c t/sim/pair.h t/sim/rand.c t/sim/rand.h
t_unit_engine_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
