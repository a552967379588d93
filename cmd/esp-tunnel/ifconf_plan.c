/* SPDX-License-Identifier: ISC */
#include "ifconf_plan.h"

#include <stdlib.h>

#include <cmd/lib/udp.h>

#define TABLE_MAIN 254
#define TABLE_FIRST 45000       /* tables of this many tunnels */
#define TABLES 16384
#define PRIORITY_OUTER 20500    /* before the main table's 32766 */
#define PRIORITY_INNER 20501
#define METRIC_FALLBACK 4278198272u  /* behind every route people make */
#define UDP 17

static void add(struct plan *p, const struct msg *m)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 32;
		struct msg *v = realloc(p->v, cap * sizeof *v);

		if (!v) {
			p->bad = true;
			return;
		}
		p->v = v;
		p->cap = cap;
	}
	p->v[p->n++] = *m;
}

void plan_free(struct plan *p)
{
	free(p->v);
	*p = (struct plan){ 0 };
}

static bool swallows(const struct prefix *route, const struct want *m)
{
	for (size_t i = 0; i < m->n_outer; i++) {
		if (ip_in_prefix(&m->outer[i], route))
			return true;
	}
	return !route->bits;
}

/* The same for the same name, so that after a crash the new routes stand before the unreachable
 * ones that were left, and not behind them in another table. */
static uint64_t own_table(const char *tun)
{
	uint64_t hash = 0;

	for (; *tun; tun++)
		hash = hash * 31 + (uint8_t)*tun;
	return TABLE_FIRST + hash % TABLES;
}

static uint64_t table_for(const struct tunnel *t, const struct want *m)
{
	for (size_t i = 0; i < m->n_routes; i++) {
		if (swallows(&m->routes[i], m))
			return own_table(t->tun.name);
	}
	return 0;
}

/* The leased address of the route's family, for the source of our own packets. */
static struct ip source_for(const struct want *m, const struct prefix *route)
{
	for (size_t i = 0; i < m->n_addresses; i++) {
		if (m->addresses[i].ip.len == route->ip.len)
			return m->addresses[i].ip;
	}
	return (struct ip){ 0 };
}

static void add_routes(struct tunnel *t, const struct want *m, uint64_t table, bool fallback,
		       struct plan *out)
{
	for (size_t i = 0; i < m->n_routes; i++) {
		struct msg r = { .kind = MSG_K_route, .route = {
			.to = m->routes[i], .table = table } };

		if (fallback) {
			r.route.type = span_str("unreachable");
			r.route.metric = METRIC_FALLBACK;
		} else {
			r.route.link = span_str(t->tun.name);
			r.route.source = source_for(m, &m->routes[i]);
		}
		add(out, &r);
	}
}

static void add_addresses(struct tunnel *t, const struct want *m, struct plan *out)
{
	for (size_t i = 0; i < m->n_addresses; i++) {
		struct msg a = { .kind = MSG_K_address, .address = {
			.link = span_str(t->tun.name), .prefix = m->addresses[i] } };

		add(out, &a);
	}
}

/* Our own datagrams pass by the main table; so does other UDP to the peers (port 500, a ping of
 * another client), and nothing else does. */
static void add_rules(struct tunnel *t, const struct want *m, uint64_t table, uint64_t family,
		      struct plan *out)
{
	struct msg r = { .kind = MSG_K_rule, .rule = {
		.priority = PRIORITY_OUTER, .family = family, .table = TABLE_MAIN,
		.protocol = UDP } };

	for (size_t i = 0; i < t->ports.n; i++) {
		r.rule.sport = t->ports.v[i].port;
		add(out, &r);
	}
	r.rule.sport = 0;
	for (size_t i = 0; i < m->n_outer; i++) {
		if ((m->outer[i].len == 4) != (family == 4))
			continue;
		r.rule.to = prefix_host(&m->outer[i]);
		add(out, &r);
	}
	r.rule = (struct msg_rule){ .priority = PRIORITY_INNER, .family = family, .table = table };
	add(out, &r);
}

static bool has_family(const struct want *m, uint8_t len)
{
	for (size_t i = 0; i < m->n_routes; i++) {
		if (m->routes[i].ip.len == len)
			return true;
	}
	return false;
}

/* All addresses of that family go through the tunnel. */
static bool has_all(const struct want *m, uint8_t len)
{
	for (size_t i = 0; i < m->n_routes; i++) {
		if (m->routes[i].ip.len == len && !m->routes[i].bits)
			return true;
	}
	return false;
}

/* Everything of one family goes through the tunnel, so nothing of the other shall go past it: what
 * the tunnel does not take of it is unreachable, but for the way to the peers and to neighbours. */
static void add_barrier(struct tunnel *t, const struct want *m, uint64_t table, uint8_t len,
			struct plan *out)
{
	struct msg all = { .kind = MSG_K_route, .route = {
		.to = { .ip = { .len = len } }, .type = span_str("unreachable"), .table = table,
		.metric = METRIC_FALLBACK } };
	struct msg near = { .kind = MSG_K_rule, .rule = {
		.priority = PRIORITY_OUTER, .family = 6, .table = TABLE_MAIN,
		.to = { { 16, { 0xfe, 0x80 } }, 10 } } };

	add(out, &all);
	if (len == 16)
		add(out, &near);
	if (!has_family(m, len))
		add_rules(t, m, table, len == 4 ? 4 : 6, out);
}

static void add_barriers(struct tunnel *t, const struct want *m, uint64_t table, struct plan *out)
{
	bool four = has_all(m, 4), six = has_all(m, 16);

	if (four == six || !strcmp(t->opt.other_family, "open"))
		return;
	if (six || cmd_udp_has_ipv6())
		add_barrier(t, m, table, six ? 4 : 16, out);
}

bool plan_make(struct tunnel *t, const struct want *m, struct plan *out)
{
	uint64_t table = table_for(t, m);

	*out = (struct plan){ 0 };
	if (!strcmp(t->opt.on_down, "block"))
		add_routes(t, m, table, true, out);
	add_addresses(t, m, out);
	add_routes(t, m, table, false, out);
	if (table && has_family(m, 4))
		add_rules(t, m, table, 4, out);
	if (table && has_family(m, 16))
		add_rules(t, m, table, 6, out);
	if (table)
		add_barriers(t, m, table, out);
	if (out->bad)
		plan_free(out);
	return !out->bad && (out->n || !m->n_routes);
}

/* As octets, since a struct has padding; a request's id is not part of what it asks. */
static struct buf octets_of(const struct msg *m)
{
	struct msg copy = *m;
	struct buf b = { 0 };

	copy.link.id = 0;
	if (msg_to_cbor(&copy, false, &b))
		buf_clear(&b);
	return b;
}

bool plan_has(const struct plan *p, const struct msg *m)
{
	struct buf a = octets_of(m);
	bool found = false;

	for (size_t i = 0; !found && i < p->n; i++) {
		struct buf b = octets_of(&p->v[i]);

		found = a.n && span_eq(buf_span(&a), buf_span(&b));
		buf_free(&b);
	}
	buf_free(&a);
	return found;
}

void plan_set_remove(struct msg *m)
{
	if (m->kind == MSG_K_address)
		m->address.remove = true;
	else if (m->kind == MSG_K_route)
		m->route.remove = true;
	else if (m->kind == MSG_K_rule)
		m->rule.remove = true;
}
