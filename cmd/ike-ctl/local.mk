# SPDX-License-Identifier: ISC
sbin_PROGRAMS += cmd/ike-ctl/ike-ctl
cmd_ike_ctl_ike_ctl_SOURCES = cmd/ike-ctl/main.c
cmd_ike_ctl_ike_ctl_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS)
dist_man_MANS += man/ike-ctl.8
