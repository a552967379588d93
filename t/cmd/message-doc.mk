# SPDX-License-Identifier: ISC
check_PROGRAMS += t/cmd/message-doc
t_cmd_message_doc_SOURCES = t/cmd/message-doc.c
t_cmd_message_doc_LDADD = $(BASE_LIBS)

# After a change of libike/base/message_table.h: what describes it, written anew.
message-docs: t/cmd/message-doc$(EXEEXT)
	t/cmd/message-doc cddl >$(srcdir)/libike/messages.cddl
	t/cmd/message-doc man >message-doc.part
	sed -e '/^\.\\" begin kinds/r message-doc.part' -e '/^\.\\" begin kinds/,/^\.\\" end kinds/{/^\.\\" /!d;}' \
		$(srcdir)/man/ike-messages.5 >message-doc.page
	cat message-doc.page >$(srcdir)/man/ike-messages.5
	rm -f message-doc.part message-doc.page
.PHONY: message-docs
