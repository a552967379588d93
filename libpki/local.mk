# SPDX-License-Identifier: ISC
noinst_LIBRARIES += libpki/libpki.a
libpki_libpki_a_SOURCES = \
	libpki/certs.c \
	libpki/csr.c \
	libpki/identity.c \
	libpki/key.c \
	libpki/key_open.c \
	libpki/path.c \
	libpki/pki.h \
	libpki/reason.c \
	libpki/strength.c \
	libpki/text.c \
	libpki/trust.c \
	libpki/usage.c \
	libpki/x509.h
