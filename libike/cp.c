/* SPDX-License-Identifier: ISC */
/* Configuration payload (RFC 7296 2.19, 3.15): inner addresses and DNS; what `inner` tells. */
#include "child.h"
#include "conns.h"
#include "exchange.h"
#include "wants.h"

#define MAX_ATTRIBUTES 64
#define ROUTES_MAX 512  /* of one peer */
#define AT_ONCE 64      /* a message on a pipe is short (DESIGN "sizes") */

/* A payload that is filled. */
struct filling {
	struct arena *a;
	struct ike_payload *p;
	struct ike_cp_attribute *v;
};

static struct filling cp(struct ike_build *b, uint8_t type)
{
	struct filling f = { b->a, ike_add(b, IKE_P_CP), NULL };

	f.v = arena_array(b->a, MAX_ATTRIBUTES, sizeof *f.v);
	if (!f.v)
		b->bad = true;
	f.p->cp.type = type;
	f.p->cp.v = f.v;
	return f;
}

static void put(const struct filling *f, uint16_t type, struct span value)
{
	if (f->v && f->p->cp.n < MAX_ATTRIBUTES)
		f->v[f->p->cp.n++] = (struct ike_cp_attribute){ type, value };
}

/* The attributes of one family; with IPv6 an address has its prefix length behind it. */
struct family {
	unsigned int flag;
	uint8_t len, address_n;
	uint16_t address, dns, subnet;
};

static const struct family families[] = {
	{ IKE_ADDRESS_4, 4, 4, IKE_CFG_INTERNAL_IP4_ADDRESS, IKE_CFG_INTERNAL_IP4_DNS,
	  IKE_CFG_INTERNAL_IP4_SUBNET },
	{ IKE_ADDRESS_6, 16, 17, IKE_CFG_INTERNAL_IP6_ADDRESS, IKE_CFG_INTERNAL_IP6_DNS,
	  IKE_CFG_INTERNAL_IP6_SUBNET },
};
#define FAMILIES (sizeof families / sizeof *families)

static struct span with_length(struct arena *a, const struct prefix *p, bool mask);

/* Who authenticates again wants the address it has (ike_cp_wish); others take what they get. */
static struct span wish_of(const struct ike_sa *sa, const struct family *f, struct arena *a)
{
	for (size_t i = 0; i < FAMILIES && sa->reauth.follows; i++)
		if (sa->leases[i].ip.len == f->len)
			return f->len == 4 ? ip_span(&sa->leases[i].ip) :
					     with_length(a, &sa->leases[i], false);
	return span_of(NULL, 0);
}

void ike_cp_wish(struct ike_sa *sa, const struct ike_sa *old)
{
	for (size_t i = 0; i < old->n_leases; i++)
		sa->leases[i] = old->leases[i];
}

void ike_cp_request(const struct ike_sa *sa, struct ike_build *b)
{
	struct filling f = cp(b, IKE_CFG_REQUEST);

	for (size_t i = 0; i < FAMILIES; i++) {
		if (!(sa->conn->request_address & families[i].flag))
			continue;
		put(&f, families[i].address, wish_of(sa, &families[i], b->a));
		put(&f, families[i].dns, span_of(NULL, 0));
	}
	put(&f, IKE_CFG_INTERNAL_DNS_DOMAIN, span_of(NULL, 0));
}

static const struct ike_cp_attribute *asked(const struct ike_payload *c, uint16_t type)
{
	for (size_t i = 0; c && i < c->cp.n; i++)
		if (c->cp.v[i].type == type)
			return &c->cp.v[i];
	return NULL;
}

/* The address an attribute holds; len 0: none. */
static struct ip address_of(const struct family *f, struct span value)
{
	struct ip none = { .len = 0 };

	return value.n >= f->len && value.n <= f->address_n ? ip_of(span_of(value.p, f->len)) :
							      none;
}

static bool leased(const struct ike_sa *sa, const struct ip *ip)
{
	for (size_t i = 0; i < sa->n_leases; i++)
		if (ip_eq(&sa->leases[i].ip, ip))
			return true;
	return false;
}

/* The same identity, authenticating again beside its IKE_SA, keeps the address it names. Another
 * client of its name names none, and gets its own. */
static bool shared(const struct ike_engine *e, const struct ike_sa *sa, const struct ip *wish)
{
	for (struct ike_sa *o = ike_sa_of_peer(e, sa, NULL); o && wish->len;
	     o = ike_sa_of_peer(e, sa, o))
		if (leased(o, wish))
			return true;
	return false;
}

/* Responder: takes an address of each family that the peer asks for and we have. It gets what is to
 * be had; nothing at all is a refusal. */
enum ike_err ike_cp_lease(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p,
			  struct buf *why)
{
	const struct ike_payload *c = ike_find(p, IKE_P_CP);
	struct ike_pool *pool = ike_conn_pool(e, sa->conn);
	enum ike_err err = IKE_OK;
	bool any = false;

	if (pool && !c && !sa->conn->remote_ts.n && ike_find(p, IKE_P_TSI)) {
		buf_add_str(why, "peer asks for no inner address, and is to have nothing else");
		return IKE_E_ADDRESS;
	}
	if (!c || c->cp.type != IKE_CFG_REQUEST || !pool)
		return IKE_OK;
	sa->pool = pool;
	for (size_t i = 0; i < FAMILIES && err != IKE_E_MEMORY; i++) {
		const struct family *f = &families[i];
		const struct ike_cp_attribute *at = asked(c, f->address);
		struct prefix *l = &sa->leases[sa->n_leases];
		struct ip wish;

		if (!at)
			continue;
		any = true;
		wish = address_of(f, at->value);
		l->ip = wish;
		err = shared(e, sa, &wish) ? IKE_OK : !ike_pool_has(pool, f->len) ? IKE_E_ADDRESS :
			ike_pool_take(pool, span_str(sa->identity), f->len, &wish, &l->ip);
		if (err)
			continue;
		*l = prefix_host(&l->ip);
		sa->n_leases++;
	}
	if (err == IKE_E_MEMORY)
		return err;
	return any && !sa->n_leases ? IKE_E_ADDRESS : IKE_OK;
}

void ike_cp_reclaim(const struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_pool *pool = ike_conn_pool(e, sa->conn);
	bool ours = pool != NULL;

	for (size_t i = 0; ours && i < sa->n_leases; i++)
		ours = ike_pool_reclaim(pool, span_str(sa->identity), &sa->leases[i].ip);
	sa->pool = ours ? pool : NULL;
}

void ike_cp_release(const struct ike_engine *e, struct ike_sa *sa)
{
	for (size_t i = 0; sa->pool && i < sa->n_leases; i++)
		if (!shared(e, sa, &sa->leases[i].ip))
			ike_pool_give(sa->pool, &sa->leases[i].ip);
	sa->n_leases = 0;
}

/* An address and its prefix length, or for `mask` (IPv4) its netmask. */
static struct span with_length(struct arena *a, const struct prefix *p, bool mask)
{
	struct buf b = { 0 };
	struct span s;

	buf_add(&b, ip_span(&p->ip));
	if (mask)
		buf_add_uint(&b, 4, p->bits ? UINT32_MAX << (32 - p->bits) : 0);
	else
		buf_add_uint(&b, 1, p->bits);
	s = arena_dup(a, buf_span(&b));
	buf_free(&b);
	return s;
}

/* What lies behind us, for a client that routes by it (RFC 7296 3.15.2). */
static void put_subnets(const struct ike_sa *sa, const struct family *f, const struct filling *out)
{
	struct prefix nets[16];
	size_t n = ike_ts_prefixes(&sa->conn->local_ts, nets, 16);

	for (size_t i = 0; i < n; i++)
		if (nets[i].ip.len == f->len)
			put(out, f->subnet, with_length(out->a, &nets[i], f->len == 4));
}

static void put_family(const struct ike_sa *sa, const struct family *f, const struct filling *out)
{
	const struct ike_conn *c = sa->conn;

	for (size_t i = 0; i < sa->n_leases; i++)
		if (sa->leases[i].ip.len == f->len)
			put(out, f->address, f->len == 4 ? ip_span(&sa->leases[i].ip) :
						with_length(out->a, &sa->leases[i], false));
	for (size_t i = 0; i < c->n_dns; i++)
		if (c->dns[i].len == f->len)
			put(out, f->dns, ip_span(&c->dns[i]));
	if (asked(ike_find(&sa->hs->auth, IKE_P_CP), f->subnet))
		put_subnets(sa, f, out);
}

void ike_cp_reply(const struct ike_sa *sa, struct ike_build *b)
{
	const struct ike_conn *c = sa->conn;
	struct filling f = cp(b, IKE_CFG_REPLY);

	for (size_t i = 0; i < FAMILIES; i++)
		put_family(sa, &families[i], &f);
	for (size_t i = 0; i < c->n_domains; i++)
		put(&f, IKE_CFG_INTERNAL_DNS_DOMAIN, c->domains[i]);
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

static bool has_lease(const struct ike_sa *sa, uint8_t len)
{
	for (size_t i = 0; i < sa->n_leases; i++)
		if (sa->leases[i].ip.len == len)
			return true;
	return false;
}

/* An address that somebody may have: neither none, loopback nor a group. */
static bool usable(const struct ip *ip)
{
	static const struct ip loop = { 16, { [15] = 1 } };

	if (ip_eq(ip, &(struct ip){ .len = ip->len }) || ip_eq(ip, &loop))
		return false;
	return ip->len == 4 ? ip->b[0] != 127 && ip->b[0] < 224 : ip->b[0] != 0xff;
}

/* The first address of each family that we asked for. */
static void accept_lease(struct ike_sa *sa, const struct family *f, struct span value)
{
	struct ip ip = address_of(f, value);
	struct prefix *l = &sa->leases[sa->n_leases];

	if (!ip.len || !usable(&ip) || has_lease(sa, f->len) ||
	    !(sa->conn->request_address & f->flag))
		return;
	*l = prefix_host(&ip);
	if (value.n == 17 && value.p[16] && value.p[16] < 128)
		l->bits = value.p[16];
	sa->n_leases++;
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

		for (size_t k = 0; k < FAMILIES; k++)
			if (at->type == families[k].address)
				accept_lease(sa, &families[k], at->value);
			else if (at->type == families[k].dns && at->value.n == families[k].len)
				dns[sa->n_dns++] = ip_of(at->value);
		if (at->type == IKE_CFG_INTERNAL_DNS_DOMAIN && domain_ok(at->value))
			domains[sa->n_domains++] = arena_dup(&sa->arena, at->value);
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

/* Who follows a client's IKE_SA, by authentication anew or another start, owns the same: a number
 * from the name of the connection, above all ids. */
static uint64_t owner_of(const struct ike_sa *sa)
{
	uint64_t h = 0xcbf29ce484222325u;

	if (!sa->client)
		return sa->path_id;
	for (const char *p = sa->conn->name; *p; p++)
		h = (h ^ (uint8_t)*p) * 0x100000001b3u;
	return h >> 12 | 1ull << 52;
}

void ike_inner_tell(struct ike_engine *e, struct ike_sa *sa)
{
	struct prefix addresses[2], to[ROUTES_MAX];
	struct msg m = { .kind = MSG_K_inner };
	size_t n = routes_of(sa, to, ROUTES_MAX), at = 0;

	/* A client's routes stay, so that nothing leaves in clear while it has no CHILD_SA; who has
	 * a lease of ours is reached by the routes of its pool. */
	if (sa->client ? !n : (sa->n_leases || (!n && !sa->inner_told)))
		return;
	m.inner.owner = owner_of(sa);
	/* The address alone: what else its prefix covers is reached as the selectors say. */
	for (size_t i = 0; i < sa->n_leases; i++)
		addresses[i] = prefix_host(&sa->leases[i].ip);
	if (sa->client)
		m.inner.addresses = (struct msg_prefixes){ addresses, sa->n_leases };
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
