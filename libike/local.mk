# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libike/libike.a
libike_libike_a_SOURCES = \
	libike/iana.c libike/iana.h \
	libike/ident.c libike/ident.h \
	libike/packet.c libike/packet.h libike/chain.h \
	libike/payload.c libike/payload.h \
	libike/ts.c libike/ts.h
