/* SPDX-License-Identifier: ISC */
#include "transport.h"

void ike_transport_ask(bool wanted, struct ike_build *b)
{
	if (wanted)
		ike_add_notify(b, IKE_N_USE_TRANSPORT_MODE, span_of(NULL, 0));
}

enum ike_err ike_transport_check(bool wanted, const struct ike_packet *p, struct buf *why)
{
	bool said = ike_find_notify(p, IKE_N_USE_TRANSPORT_MODE) != NULL;

	if (wanted == said)
		return IKE_OK;
	buf_add_str(why, wanted ? "peer does not agree to transport mode" :
				  "peer chose transport mode, which was not asked for");
	return wanted ? IKE_E_POLICY : IKE_E_PROTOCOL;
}

enum ike_err ike_transport_choose(const struct ike_sa *sa, const struct ike_packet *p,
				  bool *transport, struct buf *why)
{
	bool asked = ike_find_notify(p, IKE_N_USE_TRANSPORT_MODE) != NULL;

	*transport = asked && sa->conn->transport;
	if (asked || !sa->conn->transport)
		return IKE_OK;
	buf_add_str(why, "peer asks for tunnel mode, and only transport mode is allowed");
	return IKE_E_NO_PROPOSAL;
}

static struct ike_ts_list at_address(const struct ike_ts_list *l, const struct ip *ip,
				     struct arena *a)
{
	struct ike_ts_list out = ike_ts_dup(l, a);

	for (size_t i = 0; i < out.n; i++)
		if (ip_eq(&out.v[i].first, &out.v[i].last) && out.v[i].first.len == ip->len)
			out.v[i].first = out.v[i].last = *ip;
	return out;
}

struct ike_pair ike_transport_seen(const struct ike_sa *sa, const struct ike_pair *asked,
				   struct arena *a)
{
	struct ike_pair seen = *asked;

	if (sa->nat_peer)
		seen.remote = at_address(&asked->remote, &sa->path.remote.ip, a);
	if (sa->nat_us)
		seen.local = at_address(&asked->local, &sa->path.local.ip, a);
	return seen;
}

struct ike_ts_list ike_transport_said(const struct ike_ts_list *agreed,
				      const struct ike_ts_list *asked, struct arena *a)
{
	if (!asked->n || !ip_eq(&asked->v[0].first, &asked->v[0].last))
		return *agreed;
	return at_address(agreed, &asked->v[0].first, a);
}

struct ike_ts_list ike_transport_side(const struct ike_ts_list *l, const struct ip *outer,
				      struct arena *a)
{
	struct prefix p = prefix_host(outer);
	struct ike_ts_list host = { arena_alloc(a, sizeof *host.v), 1 }, out;

	if (!host.v)
		return (struct ike_ts_list){ 0 };
	host.v[0] = selector_of_prefix(&p);
	out = ike_ts_narrow(&host, l, a);
	return out.n ? out : host;
}
