# SPDX-License-Identifier: ISC
sbin_PROGRAMS += cmd/esp-tunnel/esp-tunnel
dist_man_MANS += man/esp-tunnel.8
cmd_esp_tunnel_esp_tunnel_SOURCES = \
	cmd/esp-tunnel/control.c cmd/esp-tunnel/control.h \
	cmd/esp-tunnel/ifconf.c cmd/esp-tunnel/ifconf.h \
	cmd/esp-tunnel/ifconf_wants.c cmd/esp-tunnel/ifconf_plan.c cmd/esp-tunnel/ifconf_plan.h \
	cmd/esp-tunnel/keylog.c cmd/esp-tunnel/keylog.h \
	cmd/esp-tunnel/link.c cmd/esp-tunnel/link.h \
	cmd/esp-tunnel/main.c \
	cmd/esp-tunnel/packets.c cmd/esp-tunnel/packets.h \
	cmd/esp-tunnel/packets_in.c cmd/esp-tunnel/packets_in.h \
	cmd/esp-tunnel/sas.c cmd/esp-tunnel/sas.h \
	cmd/esp-tunnel/takeover.c cmd/esp-tunnel/takeover.h \
	cmd/esp-tunnel/tun.c cmd/esp-tunnel/tun.h \
	cmd/esp-tunnel/tunnel.h \
	cmd/esp-tunnel/udp.c cmd/esp-tunnel/udp.h cmd/esp-tunnel/udp_io.c
cmd_esp_tunnel_esp_tunnel_LDADD = cmd/lib/libcmd.a libesp/libesp.a $(BASE_LIBS) \
	$(SECCOMP_LIBS) $(CAPNG_LIBS)
