# SPDX-License-Identifier: ISC
dist_sbin_SCRIPTS = cmd/ikesup/ikesup
dist_pkgdata_DATA = cmd/ikesup/common.sh cmd/ikesup/instance.sh cmd/ikesup/supervise.sh \
	cmd/ikesup/init.sh cmd/ikesup/demo.sh
dist_man_MANS += man/ikesup.8 man/ikesup.conf.5
EXTRA_DIST += cmd/ikesup/Containerfile debian/changelog debian/control debian/copyright debian/docs \
	debian/rules debian/source/format

include cmd/ikesup/systemd/local.mk
include cmd/ikesup/completions.mk
