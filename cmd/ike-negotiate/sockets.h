/* SPDX-License-Identifier: ISC */
/*
 * The UDP sockets of IKE. The first is shared with ESP (RFC 3948): four zero octets before every
 * IKE message, added and removed here. The others carry bare IKE messages (port 500).
 */
#ifndef NEGO_SOCKETS_H
#define NEGO_SOCKETS_H

#include <sys/types.h>

#include <libike/ike.h>

struct nego;
struct options;
struct watch;

#define SOCKETS_MAX 8

struct sockets {
	struct nego *n;
	struct socket {
		int fd;
		bool shared;
		struct endpoint bound;
		struct watch *watch;
		struct sockets *all;
	} v[SOCKETS_MAX];
	size_t count;
	bool adopted;     /* handed over to us */
	uint64_t unsent;  /* datagrams that the kernel refused */
};

/* --listen: the addresses, 500 and 4500 of each. Ends the program on failure (64, 71, 77). */
void sockets_listen(struct sockets *s, const struct options *o);

/*
 * --to: an ephemeral port shared with ESP and one for the fallback, or what was handed over as
 * ike4500 and ike500. Without --from they reach peers of both families. Ends the program on failure
 * (64, 71).
 */
void sockets_initiate(struct sockets *s, const struct options *o);

/*
 * The ways to `remote`, whose port 0 means 4500 with a fallback to 500. IKE_E_CONFIG: our sockets
 * are of the other family (--from, or as handed over); IKE_E_NO_ANSWER: there is no route.
 */
struct ways { struct ike_path path, fallback; bool has_fallback; };
IKE_NODISCARD enum ike_err sockets_ways(const struct sockets *s, const struct endpoint *remote,
					struct ways *out);

/* Where datagrams to `remote` leave from: what the routing table says to a socket that never
 * sends. False: there is no way. */
bool sockets_source(const struct endpoint *remote, struct ip *out);

/* The sockets belong to this uid from now on, so that a data plane of it can join. */
void sockets_give(struct sockets *s, uid_t uid, gid_t gid);

void sockets_watch(struct sockets *s, struct nego *n);
void sockets_send(struct sockets *s, const struct ike_path *path, struct span datagram);

#endif
