# SPDX-License-Identifier: ISC
sbin_PROGRAMS += cmd/ike-ifconf/ike-ifconf
cmd_ike_ifconf_ike_ifconf_SOURCES = cmd/ike-ifconf/main.c \
	cmd/ike-ifconf/apply.c cmd/ike-ifconf/apply.h \
	cmd/ike-ifconf/journal.c cmd/ike-ifconf/journal.h \
	cmd/ike-ifconf/netlink.c cmd/ike-ifconf/netlink.h \
	cmd/ike-ifconf/place.c cmd/ike-ifconf/place.h
cmd_ike_ifconf_ike_ifconf_LDADD = cmd/lib/libcmd.a $(BASE_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS) \
	$(MNL_LIBS)
dist_man_MANS += man/ike-ifconf.8
