/* SPDX-License-Identifier: ISC */
#include "ts.h"

struct ike_ts_list ike_ts_dup(const struct ike_ts_list *l, struct arena *a)
{
	struct ike_ts_list out = { arena_array(a, l->n, sizeof *out.v), l->n };

	if (!out.v || !l->n)
		return (struct ike_ts_list){ 0 };
	for (size_t i = 0; i < l->n; i++)
		out.v[i] = l->v[i];
	return out;
}

/* Adds s unless one there contains it; those it contains go. */
static void merge(struct ike_ts_list *l, const struct selector *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (selector_in(s, &l->v[i]))
			return;
	for (size_t i = 0; i < l->n; i++)
		if (!selector_in(&l->v[i], s))
			l->v[kept++] = l->v[i];
	l->v[kept++] = *s;
	l->n = kept;
}

struct ike_ts_list ike_ts_narrow(const struct ike_ts_list *ours, const struct ike_ts_list *theirs,
				 struct arena *a)
{
	struct ike_ts_list out = { 0 };
	struct selector meet;

	if (!ours->n || !theirs->n || ours->n > SIZE_MAX / theirs->n)
		return out;
	out.v = arena_array(a, ours->n * theirs->n, sizeof *out.v);
	for (size_t i = 0; out.v && i < theirs->n; i++)
		for (size_t k = 0; k < ours->n; k++)
			if (selector_meet(&ours->v[k], &theirs->v[i], &meet))
				merge(&out, &meet);
	if (out.n > IKE_TS_MAX)
		out.n = IKE_TS_MAX;
	return out;
}

bool ike_ts_inside(const struct ike_ts_list *a, const struct ike_ts_list *b)
{
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;

		while (k < b->n && !selector_in(&a->v[i], &b->v[k]))
			k++;
		if (k == b->n)
			return false;
	}
	return a->n > 0;
}

bool ike_ts_same(const struct ike_ts_list *a, const struct ike_ts_list *b)
{
	return a->n == b->n && ike_ts_inside(a, b) && ike_ts_inside(b, a);
}

void ike_ts_text(const struct ike_ts_list *l, struct buf *out)
{
	char text[INET_TEXT];

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_add_str(out, ", ");
		buf_add_str(out, selector_text(&l->v[i], text));
	}
}

/* The largest prefix that begins at `first` and ends at or before `last`. */
static struct prefix head(const struct ip *first, const struct ip *last)
{
	struct prefix best = prefix_host(first), wider = best;
	struct ip a, z;

	while (wider.bits) {
		wider.bits--;
		prefix_range(&wider, &a, &z);
		if (!ip_eq(&a, first) || ip_cmp(&z, last) > 0)
			break;
		best = wider;
	}
	return best;
}

size_t ike_ts_prefixes(const struct ike_ts_list *l, struct prefix *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct ip at = l->v[i].first, a, z;

		while (n < max && ip_cmp(&at, &l->v[i].last) <= 0) {
			out[n] = head(&at, &l->v[i].last);
			prefix_range(&out[n++], &a, &z);
			at = z;
			if (!ip_next(&at))
				break;
		}
	}
	return n;
}
