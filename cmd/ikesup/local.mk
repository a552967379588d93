# SPDX-License-Identifier: ISC
dist_sbin_SCRIPTS = cmd/ikesup/ikesup
dist_pkgdata_DATA = cmd/ikesup/common.sh cmd/ikesup/instance.sh cmd/ikesup/supervise.sh \
	cmd/ikesup/init.sh cmd/ikesup/demo.sh
dist_man_MANS += man/ikesup.8 man/ikesup.conf.5
