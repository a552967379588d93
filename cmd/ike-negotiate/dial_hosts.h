/* SPDX-License-Identifier: ISC */
/*
 * The hosts of --to: as they are written, whom to meet there, their addresses and the order in
 * which these are tried.
 */
#ifndef NEGO_DIAL_HOSTS_H
#define NEGO_DIAL_HOSTS_H

#include <libike/base/arena.h>
#include <libike/base/messages.h>
#include <libike/ident.h>

#define DIAL_ADDRESSES 32

struct dial_host {
	const char *name;            /* without the port */
	uint16_t port;               /* 0: 4500, then 500 */
	struct ike_ident id;         /* the host as an identity */
	bool is_name;                /* else an address, which `at` has */
	/* Those found last: they stay when the name cannot be resolved again, as when the tunnel
	 * that DNS went through is down. */
	struct ip at[DIAL_ADDRESSES];
	size_t n;
	uint64_t request;            /* that asks for them; 0: none is under way */
	uint64_t asked_ms;
	char why[96];                /* there are none */
};

/* HOST[:PORT] of --to. Ends the program on a mistake (64); what it keeps is in `a`. */
void dial_host_parse(const char *to, struct arena *a, struct dial_host *out);

/* The answer of the spawner to its request: addresses, families taking turns (RFC 8305 4), or why
 * not. */
void dial_host_answer(struct dial_host *h, const struct msg *m);

/* --retry: end when the peer is not reached; end unless it has been; never end. */
enum dial_retry { DIAL_RETRY_UP, DIAL_RETRY_NEVER, DIAL_RETRY_FOREVER };
/* False: no such word. NULL is "up". */
bool dial_retry_parse(const char *text, enum dial_retry *out);

#endif
