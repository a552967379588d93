/* SPDX-License-Identifier: ISC */
/* Configuration payload (RFC 7296 2.19, 3.15): inner addresses and DNS; what `inner` tells. */
#include "child.h"
#include "conns.h"
#include "exchange.h"
#include "wants.h"

#define MAX_ATTRIBUTES 64
#define ROUTES_MAX 512  /* of one peer */
#define AT_ONCE 64      /* a message on a pipe is short (DESIGN "sizes") */

static struct ike_payload *cp(struct ike_build *b, uint8_t type, struct ike_cp_attribute **v)
{
	struct ike_payload *p = ike_add(b, IKE_P_CP);

	*v = arena_array(b->a, MAX_ATTRIBUTES, sizeof **v);
	if (!*v)
		b->bad = true;
	p->cp.type = type;
	p->cp.v = *v;
	return p;
}

void ike_cp_request(const struct ike_sa *sa, struct ike_build *b)
{
	struct ike_cp_attribute *v;
	struct ike_payload *p = cp(b, IKE_CFG_REQUEST, &v);

	(void)sa;
	if (!v)
		return;
	v[p->cp.n++].type = IKE_CFG_INTERNAL_IP4_ADDRESS;
	v[p->cp.n++].type = IKE_CFG_INTERNAL_IP4_DNS;
	v[p->cp.n++].type = IKE_CFG_INTERNAL_DNS_DOMAIN;
}

/* Responder: takes an address from the pool when the peer asks for one. */
enum ike_err ike_cp_lease(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p)
{
	const struct ike_payload *c = ike_find(p, IKE_P_CP);
	struct ike_pool *pool = ike_conn_pool(e, sa->conn);
	struct ip wish = { 0 };
	bool asked = false;

	if (!c || c->cp.type != IKE_CFG_REQUEST || !pool)
		return IKE_OK;
	for (size_t i = 0; i < c->cp.n; i++) {
		if (c->cp.v[i].type != IKE_CFG_INTERNAL_IP4_ADDRESS)
			continue;
		asked = true;
		wish = ip_of(c->cp.v[i].value);
	}
	if (!asked)
		return IKE_OK;
	if (!ike_pool_take(pool, span_str(sa->identity), &wish, &sa->lease))
		return IKE_E_ADDRESS;
	sa->has_lease = true;
	sa->pool = pool;
	return IKE_OK;
}

void ike_cp_reply(const struct ike_sa *sa, struct ike_build *b)
{
	const struct ike_conn *c = sa->conn;
	struct ike_cp_attribute *v;
	struct ike_payload *p = cp(b, IKE_CFG_REPLY, &v);

	if (!v)
		return;
	v[p->cp.n++] = (struct ike_cp_attribute){ IKE_CFG_INTERNAL_IP4_ADDRESS,
						  ip_span(&sa->lease) };
	for (size_t i = 0; i < c->n_dns && p->cp.n < MAX_ATTRIBUTES; i++)
		if (c->dns[i].len == 4)
			v[p->cp.n++] = (struct ike_cp_attribute){ IKE_CFG_INTERNAL_IP4_DNS,
								  ip_span(&c->dns[i]) };
	for (size_t i = 0; i < c->n_domains && p->cp.n < MAX_ATTRIBUTES; i++)
		v[p->cp.n++] = (struct ike_cp_attribute){ IKE_CFG_INTERNAL_DNS_DOMAIN,
							  c->domains[i] };
}

/* A DNS domain from the peer: letters, digits, dots, dashes. Anything else is left out. */
static bool domain_ok(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		uint8_t ch = s.p[i];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
		      (ch >= '0' && ch <= '9') || (i && (ch == '.' || ch == '-'))))
			return false;
	}
	return s.n && s.n < 254;
}

/* Initiator: notes what the peer assigned. */
void ike_cp_accept(struct ike_sa *sa, const struct ike_packet *p)
{
	const struct ike_payload *c = ike_find(p, IKE_P_CP);
	struct ip *dns;
	struct span *domains;

	if (!c || c->cp.type != IKE_CFG_REPLY)
		return;
	dns = arena_array(&sa->arena, c->cp.n + 1, sizeof *dns);
	domains = arena_array(&sa->arena, c->cp.n + 1, sizeof *domains);
	if (!dns || !domains)
		return;
	for (size_t i = 0; i < c->cp.n; i++) {
		const struct ike_cp_attribute *at = &c->cp.v[i];
		struct ip ip = ip_of(at->value);

		if (at->type == IKE_CFG_INTERNAL_IP4_ADDRESS && ip.len == 4 && !sa->has_lease) {
			sa->lease = ip;
			sa->has_lease = true;
		} else if (at->type == IKE_CFG_INTERNAL_IP4_DNS && ip.len == 4) {
			dns[sa->n_dns++] = ip;
		} else if (at->type == IKE_CFG_INTERNAL_DNS_DOMAIN && domain_ok(at->value)) {
			domains[sa->n_domains++] = arena_dup(&sa->arena, at->value);
		}
	}
	sa->dns = dns;
	sa->domains = domains;
}

/* What is routed to the tunnel for that peer: as long as a client wants it, for others as long as
 * there is a CHILD_SA. Answers the number; at most max. */
static size_t routes_of(const struct ike_sa *sa, struct prefix *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < sa->n_wants; i++)
		n += ike_ts_prefixes(&sa->wants[i].remote, out + n, max - n);
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->want == IKE_NO_WANT)
			n += ike_ts_prefixes(&c->remote, out + n, max - n);
	return n;
}

void ike_inner_tell(struct ike_engine *e, struct ike_sa *sa)
{
	struct prefix address = prefix_host(&sa->lease), to[ROUTES_MAX];
	struct msg m = { .kind = MSG_K_inner };
	size_t n = routes_of(sa, to, ROUTES_MAX), at = 0;

	/* A client's routes stay, so that nothing leaves in clear while it has no CHILD_SA; who has
	 * a lease of ours is reached by the routes of its pool. */
	if (sa->client ? !n : (sa->has_lease || (!n && !sa->inner_told)))
		return;
	m.inner.owner = sa->client ? e->owners + (uint64_t)(sa->conn - e->config.conns) :
				     sa->path_id;
	if (sa->has_lease && sa->client)
		m.inner.addresses = (struct msg_prefixes){ &address, 1 };
	m.inner.dns = (struct msg_addrs){ sa->dns, sa->n_dns };
	m.inner.domains = (struct msg_spans){ sa->domains, sa->n_domains };
	if (n)
		m.inner.outer = (struct msg_addrs){ &sa->path.remote.ip, 1 };
	do {
		m.inner.routes = (struct msg_prefixes){ to + at, n - at < AT_ONCE ? n - at :
										     AT_ONCE };
		at += m.inner.routes.n;
		m.inner.more = at < n;
		ike_emit(e, IKE_TO_DATA, &m);
		m = (struct msg){ .kind = MSG_K_inner, .inner = { .owner = m.inner.owner } };
	} while (at < n);
	sa->inner_told = n;
}
