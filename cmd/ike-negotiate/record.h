/* SPDX-License-Identifier: ISC */
/*
 * --record FILE: the engine as it was made, then all that goes into it and every datagram that
 * comes out, as a CBOR sequence of messages (ike-messages(5), "Recorded sessions"). Secrets are
 * left out; with --record-secrets they are in it, and the seed of the engine's randomness: fed with
 * it again, an engine puts out the same octets. Functions do nothing without a record. When writing
 * fails, a warning says so and the record ends there.
 */
#ifndef NEGO_RECORD_H
#define NEGO_RECORD_H

#include <sys/types.h>

#include <libike/race.h>

struct conn;
struct nego;
struct options;

struct record {
	struct nego *n;
	int fd;        /* -1: none */
	bool secrets;
	uint8_t seed[32];
};

/* Before root is dropped; the file belongs to uid. Ends the program on a mistake (71, 73, 77). */
void record_open(struct record *r, struct nego *n, uid_t uid, gid_t gid);

/* Where the engine takes its randomness from: NULL without --record-secrets. */
OSSL_LIB_CTX *record_libctx(struct record *r);

void record_begin(struct record *r, const struct ike_config *config, struct ike_now now);
/* A connection of those the engine is made with, or given anew; then all of them are in use. */
void record_conn(struct record *r, struct conn *c);

/* One input: `what` as the table of messages says; in: the fields that belong to it, or NULL. */
void record_input(struct record *r, struct ike_now now, const char *what,
		  const struct msg_input *in);
void record_message(struct record *r, struct ike_now now, const struct msg *m);
void record_datagram(struct record *r, struct ike_now now, const struct ike_path *path,
		     struct span datagram);
void record_attempt(struct record *r, struct ike_now now, const struct ike_attempt *a);
void record_abandon(struct record *r, struct ike_now now, uint64_t race);
void record_addresses(struct record *r, struct ike_now now, const struct ike_local *v, size_t n);
void record_output(struct record *r, const struct ike_out *out);

#endif
