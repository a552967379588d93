# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/pki_chain t/unit/pki_files t/unit/pki_memory t/unit/pki_verify
t_unit_pki_chain_SOURCES = t/unit/pki_chain.c t/unit/pki_make.c t/unit/pki_make.h
t_unit_pki_chain_CFLAGS = $(AM_CFLAGS) -Wno-deprecated-declarations
t_unit_pki_chain_LDADD = libpki/libpki.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_pki_files_SOURCES = t/unit/pki_files.c t/unit/pki_make.c t/unit/pki_make.h
t_unit_pki_files_CFLAGS = $(AM_CFLAGS) -Wno-deprecated-declarations
t_unit_pki_files_LDADD = libpki/libpki.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_pki_memory_SOURCES = t/unit/pki_memory.c t/unit/nth_alloc.c t/unit/nth_alloc.h \
	t/unit/pki_make.c t/unit/pki_make.h
t_unit_pki_memory_CFLAGS = $(AM_CFLAGS) -Wno-deprecated-declarations
t_unit_pki_memory_LDADD = libpki/libpki.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_pki_verify_SOURCES = t/unit/pki_verify.c t/unit/pki_make.c t/unit/pki_make.h
t_unit_pki_verify_CFLAGS = $(AM_CFLAGS) -Wno-deprecated-declarations
t_unit_pki_verify_LDADD = libpki/libpki.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_pki_memory_LDFLAGS = $(nth_alloc_flags)
