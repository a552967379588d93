/* SPDX-License-Identifier: ISC */
/*
 * What users write for peers and algorithms: identities, proposals, addresses, traffic selectors.
 * The first octet chooses, the rest is the text; where a second one is wanted, it stands behind a
 * line feed. Whatever is taken has a text of its own, which means the same.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include <libike/ident.h>
#include <libike/packet.h>
#include <libike/proposal.h>
#include <libike/ts.h>

#define LIST 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* `all` is what stands ahead of the line feed, the answer what stands behind. */
static struct span behind(struct span *all)
{
	const uint8_t *feed = all->n ? memchr(all->p, '\n', all->n) : NULL;
	struct span rest = { NULL, 0 };

	if (feed) {
		rest = span_of(feed + 1, all->n - (size_t)(feed + 1 - all->p));
		all->n = (size_t)(feed - all->p);
	}
	return rest;
}

static void identity(struct span text, struct arena *a)
{
	struct span second = behind(&text);
	struct ike_ident one, two, again;
	struct buf out = { 0 };

	if (ike_ident_parse(text, a, &one))
		return;
	ike_ident_text(&one, &out);
	for (size_t i = 0; i < out.n; i++)
		require(out.p[i] >= ' ' && out.p[i] <= '~');
	require(out.n && (one.pattern || ike_ident_eq(&one, &one)));
	require(ike_ident_hash(&one) == ike_ident_hash(&one));
	require(ike_ident_rank(&one) || one.pattern);
	if (!ike_ident_parse(second, a, &two) && !two.pattern && ike_ident_match(&one, &two) &&
	    !one.pattern)
		require(ike_ident_eq(&one, &two) || one.type == IKE_ID_ANY);
	/* the same identity as it comes from the wire */
	again = (struct ike_ident){ one.type, one.data, false };
	if (!one.pattern)
		require(ike_ident_eq(&one, &again) && ike_ident_match(&one, &again));
	buf_free(&out);
}

/* The SA payload of an offer and of an answer, as octets and back. */
static void payloads(const struct ike_proposals *ours, const struct ike_choice *choice,
		     struct arena *a)
{
	struct ike_build *b = arena_alloc(a, sizeof *b);
	struct span spi = choice->suite.protocol == IKE_PROTO_ESP ? span_str("spi0") : span_str("");
	struct ike_proposals answer;
	struct ike_packet p;
	struct ike_choice same;
	struct buf out = { 0 };

	require(b);
	*b = (struct ike_build){ .a = a };
	ike_sa_offer(b, ours, spi);
	ike_sa_answer(b, choice, spi);
	require(!ike_encode(b, &out) && !ike_packet_decode(buf_span(&out), a, &p) && p.n == 2);
	require(p.v[0].sa.n == ours->n && p.v[1].sa.n == 1);
	answer = (struct ike_proposals){ p.v[1].sa.v, 1 };
	require(choice->number > ours->n || ike_proposal_accept(ours, &answer, &same) ||
		same.suite.encr == choice->suite.encr);
	buf_free(&out);
}

static void offer_and_choose(struct ike_proposals *ours, struct ike_proposals *theirs,
			     struct arena *a)
{
	struct ike_proposals bare = ike_proposals_without_ke(ours, a);
	struct buf why = { 0 }, hint = { 0 };
	struct ike_choice choice, same;

	require(bare.n <= ours->n && !ike_proposals_group(&bare));
	require(!ike_proposals_group(ours) ||
		ike_proposals_has_group(ours, ike_proposals_group(ours)));
	require(ike_proposals_with_prf(ours, 2, a).n <= ours->n);
	require(ike_proposals_with_pfs(ours, a).n <= ours->n);
	if (ike_proposal_choose(ours, theirs, &choice, &why, &hint)) {
		require(why.n);
	} else {
		buf_clear(&why);
		ike_suite_text(&choice.suite, &why);
		require(why.n);
		ike_suite_cipher(&choice.suite, &why);
		(void)ike_suite_integ(&choice.suite);
		payloads(ours, &choice, a);
	}
	(void)!ike_proposal_accept(ours, theirs, &same);
	buf_free(&why);
	buf_free(&hint);
}

static void proposals(struct span text, uint8_t protocol, struct arena *a)
{
	struct span second = behind(&text);
	struct ike_proposals one, two, again;
	struct buf out = { 0 }, why = { 0 };

	if (ike_proposals_parse(text, protocol, a, &one, &why)) {
		require(why.n);
		buf_free(&why);
		return;
	}
	ike_proposals_text(&one, &out);
	require(out.n && !ike_proposals_parse(buf_span(&out), protocol, a, &again, &why));
	require(again.n == one.n);
	if (ike_proposals_parse(second, protocol, a, &two, &why))
		two = one;
	offer_and_choose(&one, &two, a);
	buf_free(&out);
	buf_free(&why);
}

/* Selectors by commas. */
static struct ike_ts_list list(struct span text, struct arena *a)
{
	struct ike_ts_list l = { arena_array(a, LIST, sizeof *l.v), 0 };
	struct selector again;
	char out[INET_TEXT + 1];

	require(l.v);
	while (text.n && l.n < LIST) {
		const uint8_t *comma = memchr(text.p, ',', text.n);
		size_t n = comma ? (size_t)(comma - text.p) : text.n;

		if (selector_parse(span_of(text.p, n), &l.v[l.n])) {
			require(selector_parse(span_str(selector_text(&l.v[l.n], out)), &again));
			require(selector_eq(&l.v[l.n], &again));
			l.n++;
		}
		text = comma ? span_of(comma + 1, text.n - n - 1) : span_of(NULL, 0);
	}
	return l;
}

static void selectors(struct span text, struct arena *a)
{
	struct span second = behind(&text);
	struct ike_ts_list one = list(text, a), two = list(second, a), both, copy;
	struct prefix p[300];
	struct buf out = { 0 };
	size_t n = ike_ts_prefixes(&one, p, sizeof p / sizeof *p);

	require(!one.n || (n >= 1 && ip_in_prefix(&one.v[0].first, &p[0])));
	both = ike_ts_narrow(&one, &two, a);
	require(!both.n || (ike_ts_inside(&both, &one) && ike_ts_inside(&both, &two)));
	copy = ike_ts_dup(&both, a);
	require(!both.n || ike_ts_same(&both, &copy));
	ike_ts_text(&both, &out);
	buf_free(&out);
}

static void addresses(struct span text)
{
	struct endpoint e, f;
	struct prefix p, q;
	struct ip ip, first, last;
	struct sockaddr_storage sa;
	struct selector s;
	char out[INET_TEXT + 1];

	if (ip_parse(text, &ip))
		require(ip_parse(span_str(ip_text(&ip, out)), &first) && ip_eq(&ip, &first));
	if (endpoint_parse(text, 500, &e)) {
		require(endpoint_parse(span_str(endpoint_text(&e, out)), 0, &f) &&
			endpoint_eq(&e, &f));
		require(endpoint_to_sockaddr(&e, &sa) && endpoint_of_sockaddr(&sa, &f));
		require(f.port == e.port && (f.ip.len != e.ip.len || ip_eq(&e.ip, &f.ip)));
	}
	if (prefix_parse(text, &p)) {
		require(prefix_parse(span_str(prefix_text(&p, out)), &q) && p.bits == q.bits);
		prefix_range(&p, &first, &last);
		s = selector_of_prefix(&p);
		require(ip_eq(&s.first, &first) && ip_eq(&s.last, &last));
		require(ip_in_prefix(&first, &p) && ip_in_prefix(&last, &p));
		require(prefix_of_range(&first, &last, &q) && ip_eq(&q.ip, &p.ip));
		require(!ip_next(&last) || !ip_in_prefix(&last, &p));
	}
	if (ifaddr_parse(text, &p))
		require(ip_in_prefix(&p.ip, &p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { .limit = 1 << 22 };
	struct span text = size ? span_of(data + 1, size - 1) : span_of(data, 0);

	switch (size ? data[0] : 0) {
	case 'i':
		identity(text, &a);
		break;
	case 'I':
		proposals(text, 1, &a);
		break;
	case 'E':
		proposals(text, 3, &a);
		break;
	case 't':
		selectors(text, &a);
		break;
	default:
		addresses(text);
		break;
	}
	arena_drop(&a);
	return 0;
}
