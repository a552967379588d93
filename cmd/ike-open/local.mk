# SPDX-License-Identifier: ISC
sbin_PROGRAMS += cmd/ike-open/ike-open
cmd_ike_open_ike_open_SOURCES = cmd/ike-open/main.c \
	cmd/ike-open/keeper.c cmd/ike-open/keeper.h \
	cmd/ike-open/spec.c cmd/ike-open/spec.h
cmd_ike_open_ike_open_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS)
dist_man_MANS += man/ike-open.8
