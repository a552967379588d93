# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/dial
t_unit_dial_SOURCES = t/unit/dial.c cmd/ike-negotiate/dial_hosts.c \
	cmd/ike-negotiate/spawner_fetch.c
t_unit_dial_LDADD = cmd/lib/libcmd.a libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS) \
	$(SECCOMP_LIBS) $(CAPNG_LIBS)
