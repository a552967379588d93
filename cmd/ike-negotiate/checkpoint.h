/* SPDX-License-Identifier: ISC */
/*
 * --checkpoint FILE: what the engine would have to know if we were killed, in a file that whoever
 * is started next with it reads (DESIGN 3.8). Each record is written, not synced, before what it
 * vouches for is sent: that outlives us, but not the boot, whose id stands in the file.
 *
 * The file is a log. FILE and FILE.1 take turns: when one has grown to twice what lives, all that
 * lives is written to the other, whose header comes last; so no moment is without a whole one, and
 * nothing has to be opened in the sandbox. Both are 0600 and locked. When writing fails, a warning
 * says so and both are emptied: what is not up to date must not come back.
 */
#ifndef NEGO_CHECKPOINT_H
#define NEGO_CHECKPOINT_H

#include <sys/types.h>

#include <libike/ike.h>
#include <libike/table.h>

struct nego;

#define CHECKPOINT_INSTANCE 17  /* octets of data.instance */

struct checkpoint {
	struct nego *n;
	struct checkpoint_file { int fd; uint64_t size; } v[2];
	unsigned int at;          /* which of them is in use */
	bool on;
	uint64_t turns;           /* how often it was changed */
	uint32_t incarnation;
	char boot[40], instance[CHECKPOINT_INSTANCE];
	struct ike_table by_key;
	struct live *first;       /* records that live, and where they are */
	uint64_t living;          /* octets of them */
	struct buf group;         /* being written */
	size_t restored, refused;
};

/* Before root is dropped; the files belong to uid. Reads what is there and begins a new
 * incarnation. For the data plane we are who was before. Ends the program on a mistake (71, 73,
 * 77). */
void checkpoint_open(struct checkpoint *c, struct nego *n, uid_t uid, gid_t gid);
void checkpoint_config(const struct checkpoint *c, struct ike_config *config);
/* Into the new engine; says what came of it. */
void checkpoint_restore(struct checkpoint *c);
/* An output of the engine. */
void checkpoint_put(struct checkpoint *c, const struct ike_out *out);
/* We end as we should: nothing is to come back. */
void checkpoint_end(struct checkpoint *c);

#endif
