# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_esp
t_fuzz_fuzz_esp_SOURCES = t/fuzz/fuzz_esp.c $(FUZZ_MAIN)
t_fuzz_fuzz_esp_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_esp_LDADD = libesp/libesp.a $(BASE_LIBS)
