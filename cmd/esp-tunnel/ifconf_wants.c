/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "ifconf_plan.h"

static bool prefix_eq(const struct prefix *a, const struct prefix *b)
{
	return a->bits == b->bits && ip_eq(&a->ip, &b->ip);
}

static bool add_prefixes(struct prefix **v, size_t *n, const struct msg_prefixes *more)
{
	struct prefix *bigger = realloc(*v, (*n + more->n + 1) * sizeof **v);

	if (!bigger)
		return false;
	*v = bigger;
	for (size_t i = 0; i < more->n; i++) {
		size_t k = 0;

		while (k < *n && !prefix_eq(&bigger[k], &more->v[i]))
			k++;
		if (k == *n)
			bigger[(*n)++] = more->v[i];
	}
	return true;
}

static bool add_ips(struct ip **v, size_t *n, const struct msg_addrs *more)
{
	struct ip *bigger = realloc(*v, (*n + more->n + 1) * sizeof **v);

	if (!bigger)
		return false;
	*v = bigger;
	for (size_t i = 0; i < more->n; i++) {
		size_t k = 0;

		while (k < *n && !ip_eq(&bigger[k], &more->v[i]))
			k++;
		if (k == *n)
			bigger[(*n)++] = more->v[i];
	}
	return true;
}

void want_clear(struct want *w)
{
	free(w->addresses);
	free(w->routes);
	free(w->outer);
	w->addresses = w->routes = NULL;
	w->outer = NULL;
	w->n_addresses = w->n_routes = w->n_outer = 0;
}

static void drop(struct want **at)
{
	struct want *w = *at;

	*at = w->next;
	want_clear(w);
	free(w);
}

void wants_free(struct want **all)
{
	while (*all)
		drop(all);
}

static struct want *want_of(struct want **all, uint64_t owner)
{
	struct want *w = *all;

	while (w && (w->owner != owner || w->orphan))
		w = w->next;
	if (w)
		return w;
	w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->owner = owner;
	w->next = *all;
	*all = w;
	return w;
}

static bool other_addresses(const struct want *w, const struct msg_prefixes *m)
{
	if (!m->n || !w->n_addresses)
		return false;
	for (size_t i = 0; i < m->n; i++) {
		if (i >= w->n_addresses || !prefix_eq(&w->addresses[i], &m->v[i]))
			return true;
	}
	return m->n != w->n_addresses;
}

static bool merge(struct want *w, const struct msg_prefixes *addresses,
		  const struct msg_prefixes *routes, const struct msg_addrs *outer)
{
	return add_prefixes(&w->addresses, &w->n_addresses, addresses)
	       && add_prefixes(&w->routes, &w->n_routes, routes)
	       && add_ips(&w->outer, &w->n_outer, outer);
}

bool wants_add(struct want **all, const struct msg_inner *m)
{
	struct want *w = want_of(all, m->owner);

	if (!w)
		return false;
	if (m->owner ? !w->open : other_addresses(w, &m->addresses))
		want_clear(w);
	w->open = m->more;
	return merge(w, &m->addresses, &m->routes, &m->outer);
}

void wants_orphan(struct want *all)
{
	for (; all; all = all->next)
		all->orphan = true;
}

void wants_adopt(struct want **all, const struct msg_inner *m, bool no_sas)
{
	while (*all) {
		struct want *w = *all;

		if (w->orphan && (w->owner == m->owner ||
				  (w->n_addresses ? m->addresses.n != 0 : no_sas)))
			drop(all);
		else
			all = &w->next;
	}
}

bool wants_merge(const struct want *all, struct want *out)
{
	bool ok = true;

	*out = (struct want){ 0 };
	for (; ok && all; all = all->next)
		ok = merge(out, &(struct msg_prefixes){ all->addresses, all->n_addresses },
			   &(struct msg_prefixes){ all->routes, all->n_routes },
			   &(struct msg_addrs){ all->outer, all->n_outer });
	return ok;
}
