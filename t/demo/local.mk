# SPDX-License-Identifier: ISC
# What `ikesup demo` runs besides the programs; they link nothing of ours.
pkglibexec_PROGRAMS += t/demo/packet-capture t/demo/packet-scan t/demo/packet-flow \
	t/demo/demo-web t/demo/demo-dns
t_demo_packet_capture_SOURCES = t/demo/packet-capture.c t/demo/tool.c t/demo/tool.h
t_demo_packet_scan_SOURCES = t/demo/packet-scan.c t/demo/tool.c t/demo/tool.h
t_demo_packet_flow_SOURCES = t/demo/packet-flow.c t/demo/tool.c t/demo/tool.h
t_demo_demo_web_SOURCES = t/demo/demo-web.c t/demo/tool.c t/demo/tool.h
t_demo_demo_dns_SOURCES = t/demo/demo-dns.c t/demo/tool.c t/demo/tool.h
