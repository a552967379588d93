# SPDX-License-Identifier: ISC
sbin_PROGRAMS += cmd/ike-negotiate/ike-negotiate
cmd_ike_negotiate_ike_negotiate_SOURCES = \
	cmd/ike-negotiate/main.c cmd/ike-negotiate/nego.h \
	cmd/ike-negotiate/bundle.c cmd/ike-negotiate/bundle.h \
	cmd/ike-negotiate/captive.c cmd/ike-negotiate/captive.h \
	cmd/ike-negotiate/checkpoint.c cmd/ike-negotiate/checkpoint.h \
	cmd/ike-negotiate/checkpoint_file.c cmd/ike-negotiate/checkpoint_file.h \
	cmd/ike-negotiate/clash.c \
	cmd/ike-negotiate/conn.c cmd/ike-negotiate/conn.h cmd/ike-negotiate/files.c \
	cmd/ike-negotiate/control.c cmd/ike-negotiate/control.h \
	cmd/ike-negotiate/data.c cmd/ike-negotiate/data.h \
	cmd/ike-negotiate/dial.c cmd/ike-negotiate/dial.h \
	cmd/ike-negotiate/dial_hosts.c cmd/ike-negotiate/dial_hosts.h \
	cmd/ike-negotiate/events.c cmd/ike-negotiate/events.h \
	cmd/ike-negotiate/keylog.c cmd/ike-negotiate/keylog.h \
	cmd/ike-negotiate/ladder.c cmd/ike-negotiate/ladder.h \
	cmd/ike-negotiate/load.c cmd/ike-negotiate/load.h \
	cmd/ike-negotiate/loader.c cmd/ike-negotiate/loader.h \
	cmd/ike-negotiate/loop.c cmd/ike-negotiate/loop.h \
	cmd/ike-negotiate/monitor.c cmd/ike-negotiate/monitor.h \
	cmd/ike-negotiate/options.c cmd/ike-negotiate/options.h \
	cmd/ike-negotiate/outcome.c cmd/ike-negotiate/outcome.h \
	cmd/ike-negotiate/packets.c \
	cmd/ike-negotiate/reload.c cmd/ike-negotiate/reload.h \
	cmd/ike-negotiate/record.c cmd/ike-negotiate/record.h \
	cmd/ike-negotiate/rtnl.c cmd/ike-negotiate/rtnl.h \
	cmd/ike-negotiate/seeded.c cmd/ike-negotiate/seeded.h \
	cmd/ike-negotiate/signer.c cmd/ike-negotiate/signer.h \
	cmd/ike-negotiate/sockets.c cmd/ike-negotiate/sockets.h \
	cmd/ike-negotiate/spawner.c cmd/ike-negotiate/spawner.h \
	cmd/ike-negotiate/spawner_child.c cmd/ike-negotiate/spawner_child.h \
	cmd/ike-negotiate/spawner_fetch.c cmd/ike-negotiate/spawner_fetch.h \
	cmd/ike-negotiate/spawner_work.c cmd/ike-negotiate/spawner_work.h \
	cmd/ike-negotiate/verify.c cmd/ike-negotiate/verify.h \
	cmd/ike-negotiate/watch.c cmd/ike-negotiate/watch.h
cmd_ike_negotiate_ike_negotiate_LDADD = cmd/lib/libcmd.a libike/libike.a libpki/libpki.a \
	$(BASE_LIBS) $(MNL_LIBS) $(UV_LIBS) $(SECCOMP_LIBS) $(CAPNG_LIBS)
dist_man_MANS += man/ike-negotiate.8
