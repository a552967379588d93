# SPDX-License-Identifier: ISC
check_PROGRAMS += t/fuzz/fuzz_cert
t_fuzz_fuzz_cert_SOURCES = t/fuzz/fuzz_cert.c $(FUZZ_MAIN)
t_fuzz_fuzz_cert_LDFLAGS = $(LDFLAGS_FUZZ)
t_fuzz_fuzz_cert_LDADD = libpki/libpki.a $(BASE_LIBS)
