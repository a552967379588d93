/* SPDX-License-Identifier: ISC */
/*
 * Events to their readers: stdout where it is for people or carries no SA stream, --events, and the
 * subscribers of the control socket. Nobody is waited for: a slow reader is told how many it lost.
 */
#ifndef NEGO_EVENTS_H
#define NEGO_EVENTS_H

#include <sys/types.h>

#include <cmd/lib/stream.h>

struct nego;
struct watch;

struct sink {
	int fd;                 /* -1: none */
	enum cmd_format format;
	bool secrets;
	bool exchanges;         /* `exchange` events too */
	bool all;               /* not only events: the SA stream too, for a look at it */
	uint64_t lost;
};

#define EVENTS_KEPT 256

struct events {
	struct nego *n;
	struct sink out, file;
	uint64_t seq;
	struct kept { struct arena arena; const struct msg *m; } kept[EVENTS_KEPT];
};

/* Opens --events. Ends the program on failure (73, 77). */
void events_open(struct events *e, struct nego *n, uid_t uid, gid_t gid);

/* An event: gets its number here and goes to all readers. */
void events_emit(struct events *e, const struct msg *m);

/* Something of the SA stream, for sinks that show it. */
void events_show(struct events *e, const struct msg *m);

/* One message to one reader. False: it is gone. */
bool sink_send(struct sink *s, const struct msg *m);

#endif
