# SPDX-License-Identifier: ISC
dist_man_MANS += man/ike-messages.5 man/ikebana.7
EXTRA_DIST += libike/messages.cddl
