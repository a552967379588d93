# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_sig
t_fuzz_fuzz_sig_SOURCES = t/fuzz/fuzz_sig.c $(FUZZ_MAIN)
t_fuzz_fuzz_sig_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_sig_LDADD = libike/libike.a $(BASE_LIBS)
