# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libesp/libesp.a
libesp_libesp_a_SOURCES = \
	libesp/batch.c libesp/batch.h \
	libesp/checksum.c libesp/checksum.h \
	libesp/crypto.c libesp/crypto.h \
	libesp/flow.c libesp/flow.h \
	libesp/join.c libesp/join.h \
	libesp/octets.h \
	libesp/sa.c libesp/sa.h \
	libesp/sad.c libesp/sad.h \
	libesp/segment.c libesp/segment.h \
	libesp/suite.c libesp/suite.h \
	libesp/table.c libesp/table.h \
	libesp/window.c libesp/window.h
