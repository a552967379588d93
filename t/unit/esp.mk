# SPDX-License-Identifier: ISC
EXTRA_DIST += t/vectors/esp
check_PROGRAMS += t/unit/esp_window t/unit/esp_crypto t/unit/esp_sa t/unit/esp_segment
t_unit_esp_window_SOURCES = t/unit/esp_window.c
t_unit_esp_window_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_esp_crypto_SOURCES = t/unit/esp_crypto.c
t_unit_esp_crypto_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_esp_sa_SOURCES = t/unit/esp_sa.c
t_unit_esp_sa_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
t_unit_esp_segment_SOURCES = t/unit/esp_segment.c
t_unit_esp_segment_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/esp_join
t_unit_esp_join_SOURCES = t/unit/esp_join.c
t_unit_esp_join_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += t/unit/esp_memory
t_unit_esp_memory_SOURCES = t/unit/esp_memory.c t/unit/nth_alloc.c t/unit/nth_alloc.h
t_unit_esp_memory_LDFLAGS = $(nth_alloc_flags)
t_unit_esp_memory_LDADD = libesp/libesp.a $(BASE_LIBS) $(CMOCKA_LIBS)
