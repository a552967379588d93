/* SPDX-License-Identifier: ISC */
#include "invariant.h"

#define LONG_NS (170000 * MS)
#define OVERHEAD 32  /* IPv4, UDP and the marker ahead of a message */

void net_clear(struct world *w)
{
	for (int i = 0; i < WORLD_NODES; i++)
		for (int k = 0; k < WORLD_NODES; k++)
			w->weather[i][k] = (struct weather){ .delay_ms = 10 };
}

static bool has(const struct node *n, const struct ip *a)
{
	for (size_t i = 0; i < n->n_addresses; i++)
		if (ip_eq(&n->addresses[i], a))
			return true;
	return false;
}

int net_owner(const struct world *w, const struct endpoint *at)
{
	for (unsigned int i = 0; i < w->setup.nodes; i++) {
		const struct node *n = &w->nodes[i];

		if (n->nat.ip.len ? ip_eq(&n->nat.ip, &at->ip) : has(n, &at->ip))
			return (int)i;
	}
	return -1;
}

/* Does it get there, and how does it look there? The number of who gets it, or -1. */
static int carry(struct node *from, const struct ike_path *sent, struct ike_path *seen)
{
	struct endpoint source = sent->local, to = sent->remote;
	int owner = net_owner(from->world, &to);
	struct node *n = owner < 0 ? NULL : &from->world->nodes[owner];

	if (!n || source.ip.len != to.ip.len || !has(from, &source.ip))
		return -1;
	if (!source.port)
		source.port = 4500;
	if (from->nat.ip.len) {
		from->inside = source;
		from->nat.port = from->nat_port;
		source = from->nat;
	}
	if (n->nat.ip.len) {
		if (!n->nat.port || to.port != n->nat.port)
			return -1;
		to = n->inside;
		if (!has(n, &to.ip))
			return -1;
	}
	*seen = (struct ike_path){ to, source, sent->shared };
	return owner;
}

static uint64_t delay_ns(struct world *w, const struct weather *x)
{
	return (x->delay_ms + (x->jitter_ms ? world_dice(w, x->jitter_ms + 1) : 0)) * MS;
}

static bool chance(struct world *w, uint8_t per_cent)
{
	return per_cent && world_dice(w, 100) < per_cent;
}

static void lost(struct node *from, int to, bool datagram)
{
	struct world *w = from->world;
	struct pair *p;

	if (datagram)
		w->tally.lost++;
	for (int i = 0; i < (int)w->setup.nodes; i++) {
		if (i == from->number || (to >= 0 && i != to))
			continue;
		p = world_pair(w, from->number, i);
		p->lost++;
		p->lost_ns = w->now.ns;
	}
}

/* What no key protects is believed as it comes: the handshake fails. */
static void corrupted(struct node *from, int to, struct span datagram)
{
	struct ike_header h;

	lost(from, to, true);
	if (ike_header_decode(datagram, &h) || h.exchange == IKE_SA_INIT)
		world_trouble(from, to);
}

static void put(struct node *from, int to, const struct ike_path *seen, struct span octets,
		uint64_t after)
{
	struct world *w = from->world;
	struct happening *h = queue_add(w, ON_DATAGRAM, to, after);

	h->path = *seen;
	buf_add(&h->bytes, octets);
	if (h->bytes.n && chance(w, w->weather[from->number][to].corrupt)) {
		h->bytes.p[world_dice(w, (uint32_t)h->bytes.n)] ^= 1 << world_dice(w, 8);
		corrupted(from, to, octets);
	}
}

static bool fits(const struct fault *f, int from, int to, const struct ike_header *h)
{
	bool response = h->flags & IKE_FLAG_RESPONSE;

	return f->n && f->from == from && f->to == to &&
	       (!f->exchange || f->exchange == h->exchange) && (f->any || f->response == response);
}

/* What is to be done to this one datagram, NULL: nothing. */
static struct fault *fault_for(struct world *w, int from, int to, struct span datagram)
{
	struct ike_header h;

	if (!w->n_faults || ike_header_decode(datagram, &h))
		return NULL;
	for (size_t i = 0; i < w->n_faults; i++) {
		if (!fits(&w->faults[i], from, to, &h))
			continue;
		w->faults[i].n--;
		return &w->faults[i];
	}
	return NULL;
}

/* False: it is dealt with. */
static bool faulty(struct node *from, int to, const struct ike_path *seen, struct span datagram)
{
	struct world *w = from->world;
	const struct fault *f = fault_for(w, from->number, to, datagram);
	uint64_t after = delay_ns(w, &w->weather[from->number][to]);
	struct buf other = { 0 };

	if (!f)
		return true;
	switch (f->what) {
	case FAULT_DROP:
		lost(from, to, true);
		return false;
	case FAULT_REPEAT:
		put(from, to, seen, datagram, after + 5 * MS);
		return true;
	case FAULT_HOLD:
		put(from, to, seen, datagram, after + f->arg * MS);
		return false;
	case FAULT_CORRUPT:
		buf_add(&other, datagram);
		other.p[other.n - 1] ^= 1;
		corrupted(from, to, datagram);
		break;
	case FAULT_STRIP:
	case FAULT_REFUSE:
		edit_datagram(from, f, datagram, &other);
		break;
	}
	put(from, to, seen, buf_span(&other), after);
	buf_free(&other);
	return false;
}

void net_datagram(struct node *from, const struct ike_path *path, struct span datagram)
{
	struct world *w = from->world;
	struct ike_path seen;
	int to = carry(from, path, &seen);
	const struct weather *x = to < 0 ? NULL : &w->weather[from->number][to];

	if (datagram.n <= 1)
		return;  /* a NAT keepalive: it has opened the NAT, that is all */
	w->tally.datagrams++;
	w->transcript = set_mix(w->transcript, set_hash(datagram.p, datagram.n) ^ w->now.ns);
	invariant_check(w, ON_SENT, &(struct occurrence){ .node = from, .datagram = datagram });
	if (to < 0 || x->cut || (x->mtu && datagram.n + OVERHEAD > x->mtu) || chance(w, x->loss)) {
		lost(from, to, true);
		return;
	}
	if (!faulty(from, to, &seen, datagram))
		return;
	put(from, to, &seen, datagram, delay_ns(w, x));
	if (chance(w, x->repeat))
		put(from, to, &seen, datagram, delay_ns(w, x) + MS);
}

static void put_packet(struct node *from, int to, const struct ike_path *seen,
		       const struct plane_sa *sa)
{
	struct world *w = from->world;
	const struct weather *x = &w->weather[from->number][to];
	struct happening *h = queue_add(w, ON_PACKET, to, delay_ns(w, x));

	h->path = *seen;
	h->packet.spi = sa->spi;
	h->packet.key = sa->key;
	h->packet.seq = sa->seq;
	h->packet.number = w->number;
	h->packet.orphan = sa->orphan;
	/* The other end may not have it: it was told in an answer that got lost, for minutes. */
	h->packet.ahead = sa->first || w->now.ns - sa->since_ns > LONG_NS;
	h->packet.from = from->number;
	h->packet.broken = chance(w, x->corrupt);
	w->tally.inner_lost += h->packet.broken;
}

void net_packet(struct node *from, struct plane_sa *sa, const struct plane_path *path)
{
	struct world *w = from->world;
	struct ike_path sent = { path->local, path->remote, true }, seen;
	int to = carry(from, &sent, &seen);
	const struct weather *x = to < 0 ? NULL : &w->weather[from->number][to];

	w->tally.inner_sent++;
	w->number++;
	sa->seq++;
	if (to < 0 || x->cut || chance(w, x->loss)) {
		w->tally.inner_lost++;
		lost(from, to, false);
		return;
	}
	put_packet(from, to, &seen, sa);
	if (chance(w, x->repeat))
		put_packet(from, to, &seen, sa);
}
