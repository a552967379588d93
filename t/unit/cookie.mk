# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/cookie
t_unit_cookie_SOURCES = t/unit/cookie.c
t_unit_cookie_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
