# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/sandbox
t_unit_sandbox_SOURCES = t/unit/sandbox.c
t_unit_sandbox_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) $(UV_LIBS) \
	$(CMOCKA_LIBS)
