/* SPDX-License-Identifier: ISC */
/*
 * The journal: every change, written before it is made, so that it can be undone after a kill -9. A
 * file of lines, "+ N INDEX MESSAGE" for change N on the interface of that index (0: none) and
 * "- N" when it was undone or did not come about. MESSAGE is the request in JSON; for a link it is
 * what to go back to: its mtu, or, without one, down. It lives on a tmpfs: written, not synced.
 * One process at a time: the file is locked.
 */
#ifndef IKE_IFCONF_JOURNAL_H
#define IKE_IFCONF_JOURNAL_H

#include <libike/base/messages.h>

struct change {
	uint64_t n;
	uint32_t index;
	const struct msg *m;
};

struct journal {
	int fd;
	uint64_t next;
	struct change *v;  /* the changes that stand, oldest first */
	size_t count, cap;
	struct arena arena;
};

/*
 * Opens or makes it, waiting up to 3 s for a process that is ending. IKE_E_RETRY: another one has
 * it; IKE_E_CREATE, IKE_E_PERMISSION; IKE_E_INPUT: no journal. *why is a sentence. A last line that
 * was torn off is dropped: its change was not made.
 */
IKE_NODISCARD enum ike_err journal_open(struct journal *j, const char *path, bool make,
					const char **why);
void journal_close(struct journal *j);

/* Notes a change that is to be made now; it stands last in v. */
IKE_NODISCARD enum ike_err journal_add(struct journal *j, const struct msg *m, uint32_t index);
/* The change at that place of v was undone or not made. An empty journal is an empty file. */
IKE_NODISCARD enum ike_err journal_strike(struct journal *j, size_t at);

/* The place of a change with this message, whatever its id; -1 if none stands. */
long journal_find(const struct journal *j, const struct msg *m);

#endif
