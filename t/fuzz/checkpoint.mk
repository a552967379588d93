# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_checkpoint
t_fuzz_fuzz_checkpoint_SOURCES = t/fuzz/fuzz_checkpoint.c $(FUZZ_MAIN)
t_fuzz_fuzz_checkpoint_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_checkpoint_LDADD = libike/libike.a $(BASE_LIBS)
