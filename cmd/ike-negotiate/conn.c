/* SPDX-License-Identifier: ISC */
#include "conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>

static _Noreturn void no_memory(void)
{
	cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
}

static void *array(struct conn *c, size_t n, size_t size)
{
	void *v = arena_array(&c->arena, n ? n : 1, size);

	if (!v)
		no_memory();
	return v;
}

static struct span copy(struct conn *c, struct span s)
{
	struct span d = arena_dup(&c->arena, s);

	if (s.n && !d.n)
		no_memory();
	return d;
}

static struct ike_ident identity(struct conn *c, const char *option, const char *text)
{
	struct ike_ident id = { 0 };

	if (ike_ident_parse(span_str(text), &c->arena, &id))
		cmd_fail(IKE_E_CONFIG,
			 "vpn.example.org, me@example.org, 10.0.0.1, \"CN=x, O=y\", @#c0ffee or "
			 "%any",
			 "%s %s: not an identity", option, text);
	return id;
}

static struct ike_proposals proposals(struct conn *c, const char *option, const char *text,
				      uint8_t protocol)
{
	struct ike_proposals p = { 0 };
	struct buf why = { 0 };
	enum ike_err err;

	if (!text)
		text = "default";
	err = ike_proposals_parse(span_str(text), protocol, &c->arena, &p, &why);
	buf_add_uint(&why, 1, 0);
	if (err)
		cmd_fail(err == IKE_E_MEMORY ? err : IKE_E_CONFIG,
			 "as in aes256gcm16-prfsha384-x25519; \"default\" is a good choice",
			 "%s %s: %s", option, text,
			 why.bad ? "out of memory" : (const char *)why.p);
	buf_free(&why);
	return p;
}

static struct ike_ts_list selectors(struct conn *c, const char *option, const struct cmd_list *list)
{
	struct ike_ts_list ts = { array(c, list->n, sizeof *ts.v), list->n };

	for (size_t i = 0; i < list->n; i++)
		if (!selector_parse(span_str(list->v[i]), &ts.v[i]))
			cmd_fail(IKE_E_CONFIG, "10.0.0.0/8, 10.0.0.1-10.0.0.9, 10.0.0.0/8[tcp/80]",
				 "%s %s: not a traffic selector", option, list->v[i]);
	return ts;
}

static bool is_transport(const struct options *o)
{
	bool yes = o->mode && !strcmp(o->mode, "transport");

	if (o->mode && !yes && strcmp(o->mode, "tunnel"))
		cmd_fail(IKE_E_CONFIG, NULL, "--mode %s: neither tunnel nor transport", o->mode);
	if (yes && (o->request_address || o->pool.n))
		cmd_fail(IKE_E_CONFIG, "leave the inner address out",
			 "--mode transport is between the outer addresses");
	return yes;
}

static enum ike_unique uniqueness(const char *word)
{
	static const char *const words[] = { "no", "never", "replace", "keep" };
	size_t i = 0;

	while (word && i < sizeof words / sizeof *words && strcmp(word, words[i]))
		i++;
	if (i == sizeof words / sizeof *words)
		cmd_fail(IKE_E_CONFIG, "no, never, replace or keep",
			 "--unique %s: not a policy", word);
	return (enum ike_unique)i;
}

/* "TS,TS=TS,TS"; a side left out is as without its option. */
static struct ike_ts_list child_side(struct conn *c, const char *whole, struct span text)
{
	struct ike_ts_list ts = { array(c, text.n + 1, sizeof *ts.v), 0 };

	while (text.n) {
		const uint8_t *comma = memchr(text.p, ',', text.n);
		struct span one = span_of(text.p, comma ? (size_t)(comma - text.p) : text.n);
		size_t used = one.n + (comma != NULL);

		text = span_of(text.p + used, text.n - used);
		if (!selector_parse(one, &ts.v[ts.n++]))
			cmd_fail(IKE_E_CONFIG, "--child 10.2.0.0/24=10.4.0.0/24,10.5.0.0/24",
				 "--child %s: %.*s is not a traffic selector", whole, (int)one.n,
				 (const char *)one.p);
	}
	return ts;
}

static void children(struct conn *c, const struct options *o)
{
	struct ike_pair *v = array(c, o->child.n, sizeof *v);

	for (size_t i = 0; i < o->child.n; i++) {
		const char *text = o->child.v[i];
		size_t middle = strcspn(text, "=");

		if (!text[middle] || !text[middle + 1])
			cmd_fail(IKE_E_CONFIG, "--child 10.2.0.0/24=10.4.0.0/24, our side first",
				 "--child %s: not two sides with = between", text);
		v[i].local = child_side(c, text, span_of((const uint8_t *)text, middle));
		v[i].remote = child_side(c, text, span_str(text + middle + 1));
	}
	c->c.more = v;
	c->c.n_more = o->child.n;
}

static struct prefix *prefixes(struct conn *c, const char *option, const struct cmd_list *list)
{
	struct prefix *v = array(c, list->n, sizeof *v);

	for (size_t i = 0; i < list->n; i++)
		if (!prefix_parse(span_str(list->v[i]), &v[i]))
			cmd_fail(IKE_E_CONFIG, "192.0.2.0/24, 2001:db8::/32, or an address",
				 "%s %s: not a network", option, list->v[i]);
	return v;
}

static void pools(struct conn *c, const struct options *o)
{
	struct prefix *v = array(c, o->pool.n, sizeof *v);

	for (size_t i = 0; i < o->pool.n; i++)
		if (!prefix_parse(span_str(o->pool.v[i]), &v[i]))
			cmd_fail(IKE_E_CONFIG, "--pool 10.99.0.0/24,2001:db8:99::/64",
				 "--pool %s: not a network", o->pool.v[i]);
	for (size_t i = 0; i < o->pool.n; i++)
		for (size_t k = 0; k < i; k++)
			if (ip_in_prefix(&v[i].ip, &v[k]) || ip_in_prefix(&v[k].ip, &v[i]))
				cmd_fail(IKE_E_CONFIG, NULL, "--pool %s and %s overlap",
					 o->pool.v[k], o->pool.v[i]);
	c->c.pools = v;
	c->c.n_pools = o->pool.n;
}

/* Of --request-address, which alone means IPv4. */
static unsigned int families(const char *text)
{
	if (!text)
		return 0;
	if (!*text || !strcmp(text, "4"))
		return IKE_ADDRESS_4;
	if (!strcmp(text, "6"))
		return IKE_ADDRESS_6;
	if (!strcmp(text, "both"))
		return IKE_ADDRESS_4 | IKE_ADDRESS_6;
	cmd_fail(IKE_E_USAGE, NULL, "--request-address=%s: not one of 4, 6, both", text);
}

static bool is_domain(const char *s)
{
	return *s && strlen(s) <= 253 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       strlen(s);
}

static void names(struct conn *c, const struct options *o)
{
	struct ip *dns = array(c, o->dns.n, sizeof *dns);
	struct span *domains = array(c, o->dns_domain.n, sizeof *domains);

	for (size_t i = 0; i < o->dns.n; i++)
		if (!ip_parse(span_str(o->dns.v[i]), &dns[i]))
			cmd_fail(IKE_E_CONFIG, NULL, "--dns %s: not an address", o->dns.v[i]);
	for (size_t i = 0; i < o->dns_domain.n; i++) {
		domains[i] = span_str(o->dns_domain.v[i]);
		if (!is_domain(o->dns_domain.v[i]))
			cmd_fail(IKE_E_CONFIG, NULL, "--dns-domain %s: not a domain name",
				 o->dns_domain.v[i]);
	}
	c->c.dns = dns;
	c->c.n_dns = o->dns.n;
	c->c.domains = domains;
	c->c.n_domains = o->dns_domain.n;
}

static void targets(struct conn *c, const struct options *o)
{
	c->hosts = array(c, o->to.n, sizeof *c->hosts);
	c->n_hosts = o->to.n;
	for (size_t i = 0; i < o->to.n; i++) {
		dial_host_parse(o->to.v[i], &c->arena, &c->hosts[i]);
		c->hosts[i].id = identity(c, "--to", c->hosts[i].name);
	}
	if (!dial_retry_parse(o->retry, &c->retry))
		cmd_fail(IKE_E_USAGE, NULL, "--retry %s: not one of up, never, forever", o->retry);
}

static enum ike_check return_check(const char *word)
{
	if (!word || !strcmp(word, "after"))
		return IKE_CHECK_AFTER;
	return strcmp(word, "before") ? IKE_CHECK_NO : IKE_CHECK_BEFORE;
}

void conn_of_options(struct conn *c, const struct options *o)
{
	const char *peer = o->peer_id;

	targets(c, o);
	if (!peer)
		peer = o->to.n ? c->hosts[0].name : "%any";
	c->c.name = o->to.n && !c->load->path ? c->hosts[0].name : c->load->name;
	c->c.remote_id = identity(c, "--peer-id", peer);
	if (o->id)
		c->c.local_id = identity(c, "--id", o->id);
	if (c->c.local_id.pattern)
		cmd_fail(IKE_E_CONFIG, NULL, "--id %s: our own identity cannot be a pattern",
			 o->id);
	c->c.ike = proposals(c, "--ike", o->ike, IKE_PROTO_IKE);
	c->c.esp = proposals(c, "--esp", o->esp, IKE_PROTO_ESP);
	c->c.local_ts = selectors(c, "--local-ts", &o->local_ts);
	c->c.remote_ts = selectors(c, "--remote-ts", &o->remote_ts);
	children(c, o);
	c->c.childless = o->childless;
	c->c.request_address = families(o->request_address);
	pools(c, o);
	c->c.peers = prefixes(c, "--peer-address", &o->peer_address);
	c->c.n_peers = o->peer_address.n;
	c->c.locals = prefixes(c, "--local-address", &o->local_address);
	c->c.n_locals = o->local_address.n;
	names(c, o);
	c->c.encap = IKE_ENCAP_YES;
	c->c.allow_rsa_sha1 = o->allow_rsa_sha1;
	c->c.mobike = !o->mobike || !strcmp(o->mobike, "yes");
	c->c.check = return_check(o->return_check);
	c->c.ike_lifetime_ms = o->ike_lifetime_ms;
	c->c.child_lifetime_ms = o->child_lifetime_ms;
	c->c.transport = is_transport(o);
	c->c.unique = uniqueness(o->unique);
	c->c.per_id = o->per_id;
	c->c.reauth_ms = o->reauth_ms;
	c->c.auth_lifetime_ms = o->auth_lifetime_ms;
	c->c.liveness_ms = o->liveness_ms;
	c->c.responder = !o->to.n;
	if (o->ca.n)
		conn_trust(c, o);
	if (o->cert)
		conn_chain(c, o);
}

static void secrets(struct conn *c)
{
	const struct load_file *file = load_file(c->load, "secrets");
	const char *why = "";
	size_t line = 0;
	enum ike_err err = ike_secrets_read(file->octets, &c->secrets, &line, &why);

	if (err)
		cmd_fail(err, "ID[,ID] psk VALUE; VALUE is \"text\", 0xHEX or 0sBASE64",
			 "%s:%zu: %s", file->path, line, why);
	c->c.psk = true;
	c->c.secrets = c->secrets;
}

void conn_psk(struct conn *c, const struct options *o)
{
	const struct load_file *file = load_file(c->load, "psk-file");
	const char *why = "";
	enum ike_err err = IKE_OK;

	if (o->secrets) {
		secrets(c);
		return;
	}
	if (file)
		err = secret_set(&c->psk, file->octets);
	else if (o->psk_fd >= 0)  /* read once, and never loaded again */
		err = cmd_read_secret_fd(o->psk_fd, &c->psk, &why);
	else
		return;
	if (err)
		cmd_fail(err, NULL, "cannot read the pre-shared key: %s", why);
	if (!c->psk.n)
		cmd_fail(IKE_E_CONFIG, "head -c 32 /dev/urandom | base64 >FILE makes one",
			 "the pre-shared key is empty");
	c->c.psk = true;
	c->c.psk_value = secret_span(&c->psk);
}

static bool key_fits(const struct msg_key_item *key, struct span cert)
{
	struct buf spki = { 0 };
	bool fits = !pki_cert_spki(cert, &spki) && span_eq(buf_span(&spki), key->spki);

	buf_free(&spki);
	return fits;
}

/* The key of our certificate; without --cert the first one that comes with its own. */
static const struct msg_key_item *choose(struct conn *c, const struct msg_hello *hello)
{
	for (size_t i = 0; i < hello->keys.n; i++) {
		const struct msg_key_item *key = &hello->keys.v[i];

		if (c->chain.n ? key_fits(key, c->chain.v[0]) : key->cert.n != 0)
			return key;
	}
	return NULL;
}

bool conn_fits(struct conn *c, const struct msg_hello *hello, const char **why)
{
	*why = c->chain.n ? "its certificate does not belong to the signer's key" :
			    "the signer has no certificate";
	return choose(c, hello) != NULL;
}

void conn_signer(struct conn *c, const struct options *o, const struct msg_hello *hello)
{
	const struct msg_key_item *key = choose(c, hello);
	struct span *algs;

	if (!key && c->chain.n)
		cmd_fail(IKE_E_CONFIG, "the first certificate of --cert must be that of the key",
			 "the certificate in %s does not belong to the signer's key", o->cert);
	if (!key)
		cmd_fail(IKE_E_CONFIG, o->p12 ? "export it with the certificate of the key" :
						"--cert FILE",
			 "no certificate, and the signer has none");
	c->credential.key = signer_key_id(c->signer, key->id);
	algs = array(c, key->algs.n, sizeof *algs);
	for (size_t i = 0; i < key->algs.n; i++)
		algs[i] = copy(c, key->algs.v[i]);
	c->credential.algs = algs;
	c->credential.n_algs = key->algs.n;
	if (!c->chain.n) {
		struct span *certs = array(c, 1 + key->chain.n, sizeof *certs);

		certs[0] = copy(c, key->cert);
		for (size_t i = 0; i < key->chain.n; i++)
			certs[i + 1] = copy(c, key->chain.v[i]);
		c->chain = (struct pki_certs){ certs, 1 + key->chain.n };
	}
	c->credential.certs = c->chain.v;
	c->credential.n_certs = c->chain.n;
	c->c.credential = &c->credential;
	if (!o->id)
		c->c.local_id = conn_cert_identity(c, c->credential.certs[0]);
}

struct conn *conn_new(struct load *l)
{
	struct conn *c = calloc(1, sizeof *c);

	if (!c)
		no_memory();
	load_blame(l);
	c->load = l;
	c->at_engine = &c->c;
	conn_of_options(c, &l->o);
	conn_psk(c, &l->o);
	load_blame(NULL);
	return c;
}

void conn_free(struct conn *c)
{
	if (!c)
		return;
	secret_free(&c->psk);
	ike_secrets_free(c->secrets);
	pki_trust_free(c->trust);
	buf_free(&c->hashes);
	arena_drop(&c->arena);
	free(c->stamps);
	load_free(c->load);
	free(c);
}
