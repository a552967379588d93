/* SPDX-License-Identifier: ISC */
/*
 * One HTTP GET, to see whether this network lets us through. What answers is a stranger: it is
 * read without any right but to read, nothing is followed, nothing kept but the status and where
 * it sends us.
 */
#ifndef NEGO_SPAWNER_FETCH_H
#define NEGO_SPAWNER_FETCH_H

#include <libike/base/buf.h>

struct fetched {
	unsigned int code;   /* status of the answer */
	struct span location;  /* where it sends us, of printable characters; empty: nowhere */
	uint64_t octets;     /* of content that came with it */
};

/* NULL, or in a few words why there is no answer. The process that calls this gives up all rights
 * meanwhile: it can do no more than write to what it has open. */
const char *spawner_fetch(const char *url, struct buf *room, struct fetched *out);

/* What an answer says: status line, Location, length of content. False: it is no HTTP. */
bool fetch_read(struct span answer, struct fetched *out);

/* "http://host[:port][/path]" in its parts; port NULL and path "" if not given. False: no such. */
struct fetch_url { char host[256], port[6]; const char *path; };
bool fetch_url(const char *url, struct fetch_url *out);

#endif
