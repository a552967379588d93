# SPDX-License-Identifier: ISC
check_PROGRAMS += t/unit/proposal
t_unit_proposal_SOURCES = t/unit/proposal.c
t_unit_proposal_LDADD = libike/libike.a $(BASE_LIBS) $(CMOCKA_LIBS)
