# SPDX-License-Identifier: ISC
noinst_LIBRARIES += cmd/lib/libcmd.a
cmd_lib_libcmd_a_SOURCES = \
	cmd/lib/askpass.c cmd/lib/askpass.h \
	cmd/lib/compat.c cmd/lib/compat.h \
	cmd/lib/config.c cmd/lib/config.h \
	cmd/lib/drop.c cmd/lib/landlock.c cmd/lib/seccomp.c cmd/lib/sandbox.h \
	cmd/lib/fail.c cmd/lib/fail.h \
	cmd/lib/fds.c cmd/lib/fds.h \
	cmd/lib/opt.c cmd/lib/opt.h \
	cmd/lib/opt_value.c cmd/lib/opt_value.h \
	cmd/lib/stream.c cmd/lib/stream.h \
	cmd/lib/text.c \
	cmd/lib/tun.c cmd/lib/tun.h \
	cmd/lib/udp.c cmd/lib/udp.h cmd/lib/why.h \
	cmd/lib/unix_socket.c cmd/lib/unix_socket.h
