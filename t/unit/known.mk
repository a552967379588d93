# SPDX-License-Identifier: ISC
# Known answers: t/vectors, which t/vectors/make.py makes.
check_PROGRAMS += t/unit/known_kdf t/unit/known_ke t/unit/known_ciphers t/unit/known_sig
t_unit_known_kdf_SOURCES = t/unit/known_kdf.c t/unit/vectors.c t/unit/vectors.h
t_unit_known_kdf_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_known_ke_SOURCES = t/unit/known_ke.c t/unit/vectors.c t/unit/vectors.h
t_unit_known_ke_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_known_ciphers_SOURCES = t/unit/known_ciphers.c t/unit/vectors.c t/unit/vectors.h
t_unit_known_ciphers_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_known_sig_SOURCES = t/unit/known_sig.c t/unit/vectors.c t/unit/vectors.h
t_unit_known_sig_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
