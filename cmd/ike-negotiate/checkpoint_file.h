/* SPDX-License-Identifier: ISC */
/*
 * The form of a file of checkpoints. A header: magic, boot id, instance, incarnation, number of the
 * turn, checksum. Then entries: length and checksum of what follows, which is one or more records,
 * each its key (8 octets), its length (4) and its octets; length 0: that key is forgotten. An entry
 * that is torn, and what stands behind it, has never been.
 */
#ifndef NEGO_CHECKPOINT_FILE_H
#define NEGO_CHECKPOINT_FILE_H

#include "checkpoint.h"

#define CHECKPOINT_HEADER 96
#define CHECKPOINT_ENTRY 12

/* A record that lives. */
struct live {
	struct ike_node by_key;
	struct live *next, *prev;
	uint64_t at;      /* where in the file */
	uint32_t n;
};

void checkpoint_header_make(const struct checkpoint *c, struct buf *out);
void checkpoint_entry_make(struct span group, struct buf *out);
/* The next entry of a log; false: there is no whole one. */
bool checkpoint_entry(struct span *log, struct span *body);

bool checkpoint_write(int fd, uint64_t at, struct span s);
bool checkpoint_empty(struct checkpoint_file *f);
/* Notes the records of a log that has a header. */
void checkpoint_scan(struct checkpoint *c, struct span log);
/* All that lives goes to the other file, which is in use then. */
bool checkpoint_turn(struct checkpoint *c);

#endif
