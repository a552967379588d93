# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_text
t_fuzz_fuzz_text_SOURCES = t/fuzz/fuzz_text.c $(FUZZ_MAIN)
t_fuzz_fuzz_text_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_text_LDADD = libike/libike.a $(BASE_LIBS)
