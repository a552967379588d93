# SPDX-License-Identifier: ISC
bin_PROGRAMS += cmd/card-sign/card-sign
cmd_card_sign_card_sign_SOURCES = \
	cmd/card-sign/card_sign.h \
	cmd/card-sign/load.c \
	cmd/card-sign/main.c \
	cmd/card-sign/serve.c
cmd_card_sign_card_sign_LDADD = cmd/lib/libcmd.a libpki/libpki.a $(BASE_LIBS) $(SECCOMP_LIBS) \
	$(CAPNG_LIBS)
dist_man_MANS += man/card-sign.1
