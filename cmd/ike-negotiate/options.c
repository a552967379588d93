/* SPDX-License-Identifier: ISC */
#include "options.h"

#include <stdio.h>
#include <string.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/opt_value.h>
#include <libike/window.h>

#include "spawner_fetch.h"

#define COOKIE_THRESHOLD 32

#define OPT(name, arg, type, member, help) \
	{ name, arg, help, type, offsetof(struct options, member), 0, 0 }
#define NUMBER(name, arg, max, member, help) \
	{ name, arg, help, CMD_NUMBER, offsetof(struct options, member), 0, max }

/* Options of one connection: on the command line, or each of them in a file of --conn. */
static const struct cmd_opt conn_table[] = {
	OPT("to", "HOST[:PORT]", CMD_LIST, to, "negotiate with this peer, or the next one"),
	OPT("retry", "up|never|forever", CMD_TEXT, retry, "call again (up: once it was up)"),
	OPT("id", "ID", CMD_TEXT, id, "our identity (default: of the certificate)"),
	OPT("peer-id", "ID", CMD_TEXT, peer_id, "the peer's (default: host of --to)"),
	OPT("peer-address", "CIDR,...", CMD_COMMAS, peer_address, "where it may come from"),
	OPT("local-address", "CIDR,...", CMD_COMMAS, local_address, "where it must come to"),
	OPT("ca", "FILE|DIR", CMD_LIST, ca, "trusted CA certificates"),
	OPT("cert", "FILE", CMD_TEXT, cert, "our certificate and its chain"),
	OPT("key", "FILE", CMD_TEXT, key, "our key: short for the signer card-sign file:FILE"),
	OPT("p12", "FILE", CMD_TEXT, p12, "our key and certificates in a PKCS #12 file"),
	OPT("signer", "COMMAND", CMD_TEXT, signer, "the helper that signs for us"),
	OPT("psk-file", "FILE", CMD_TEXT, psk_file, "pre-shared key in place of certificates"),
	OPT("secrets", "FILE", CMD_TEXT, secrets, "pre-shared keys by identity, one a line"),
	OPT("allow-rsa-sha1", NULL, CMD_FLAG, allow_rsa_sha1,
	    "RSA with SHA-1 for peers that know no better"),
	OPT("ike", "PROPOSAL,...", CMD_TEXT, ike, "IKE_SA proposals (default: default)"),
	OPT("esp", "PROPOSAL,...", CMD_TEXT, esp, "CHILD_SA proposals (default: default)"),
	OPT("local-ts", "TS,...", CMD_COMMAS, local_ts, "traffic selectors, our side"),
	OPT("remote-ts", "TS,...", CMD_COMMAS, remote_ts, "traffic selectors, the peer's side"),
	OPT("child", "TS,...=TS,...", CMD_LIST, child, "a further CHILD_SA: our side = the peer's"),
	OPT("mode", "tunnel|transport", CMD_TEXT, mode, "of CHILD_SAs (tunnel)"),
	OPT("childless", NULL, CMD_FLAG, childless, "no CHILD_SA in IKE_AUTH, if the peer can"),
	OPT("request-address", "[=4|6|both]", CMD_OPTIONAL, request_address,
	    "ask for inner addresses"),
	OPT("pool", "CIDR,...", CMD_COMMAS, pool, "inner addresses to lease"),
	OPT("dns", "ADDR,...", CMD_COMMAS, dns, "DNS servers to hand out"),
	OPT("dns-domain", "NAME,...", CMD_COMMAS, dns_domain, "DNS domains to hand out"),
	OPT("encap", "yes", CMD_TEXT, encap, "ESP in UDP"),
	OPT("mobike", "yes|no", CMD_TEXT, mobike, "move when addresses change (yes)"),
	OPT("return-check", "after|before|no", CMD_TEXT, return_check,
	    "is a peer where it moves to (after)"),
	OPT("child-lifetime", "T", CMD_TIME, child_lifetime_ms, "rekey a CHILD_SA after (1h)"),
	OPT("ike-lifetime", "T", CMD_TIME, ike_lifetime_ms, "rekey an IKE_SA after (4h)"),
	OPT("unique", "WORD", CMD_TEXT, unique, "of an identity: no, never, replace or keep"),
	{ "per-id", "N", "IKE_SAs of an identity at once (1000)", CMD_NUMBER,
	  offsetof(struct options, per_id), 1, 1000000 },
	OPT("reauth", "T", CMD_TIME, reauth_ms, "authenticate again after (never)"),
	OPT("auth-lifetime", "T", CMD_TIME, auth_lifetime_ms, "peers authenticate again within"),
	OPT("liveness", "T", CMD_TIME, liveness_ms, "ask a silent peer after (30s)"),
};

static const struct cmd_opt table[] = {
	OPT("listen", "ADDR[:PORT]", CMD_LIST, listen, "answer peers (ports 500 and 4500)"),
	OPT("from", "ADDR[:PORT]", CMD_TEXT, from, "our outer address with --to"),
	OPT("conn", "FILE|DIR", CMD_LIST, conn, "connections, one a file; the above: defaults"),
	OPT("psk-fd", "N", CMD_FD, psk_fd, "pre-shared key from a descriptor"),
	OPT("key-password-fd", "N", CMD_FD, key_password_fd, "the password of --key"),
	OPT("p12-password-fd", "N", CMD_FD, p12_password_fd, "the password of --p12"),
	NUMBER("fragment", "BYTES", 65535, fragment,
	       "cut IKE messages to datagrams of that size (1280)"),
	{ "retransmit", "T", "first wait for an answer (500ms)", CMD_TIME,
	  offsetof(struct options, retransmit_ms), 10, 60000 },
	NUMBER("retransmit-tries", "N", 20, retransmit_tries, "how often to ask again (6)"),
	NUMBER("cookie-threshold", "N", 1000000, cookie_threshold,
	       "ask for cookies beyond so many half-open (32)"),
	{ "window", "N", "requests of a peer at once (8)", CMD_NUMBER,
	  offsetof(struct options, window), 1, IKE_WINDOW_MAX },
	OPT("captive-url", "URL", CMD_TEXT, captive_url,
	    "ask it for a portal while no peer is reached"),
	OPT("link", "PATH", CMD_TEXT, link, "data planes connect here; stdout carries events"),
	OPT("events", "FILE|fd:N", CMD_TEXT, events, "append events"),
	OPT("control", "PATH", CMD_TEXT, control, "socket for ike-ctl"),
	OPT("keylog", "DIR", CMD_TEXT, keylog, "IKE keys for a network analyser"),
	OPT("record", "FILE", CMD_TEXT, record, "all that goes into the engine, and comes out"),
	OPT("record-secrets", NULL, CMD_FLAG, record_secrets,
	    "with keys, so that it can be played again"),
	OPT("checkpoint", "FILE", CMD_TEXT, checkpoint,
	    "with --link: killed and started again, go on"),
	OPT("ready-fd", "N", CMD_FD, ready_fd, "a newline here when serving"),
	OPT("once", NULL, CMD_FLAG, once, "end when up, or refused"),
	OPT("hold", "T", CMD_TIME, hold_ms, "with --once: stay up so long"),
	OPT("run-dir", "DIR", CMD_TEXT, run_dir, "where sockets go"),
	OPT("user", "NAME", CMD_TEXT, user, "run as (default: ikebana if it exists)"),
};

#define N_CONN (sizeof conn_table / sizeof *conn_table)

static const struct cmd_program program = {
	.name = "ike-negotiate",
	.synopsis =
		"--to HOST | --listen ADDR  [OPTION ...]  [| esp-tunnel ...]",
	.summary = "speaks IKEv2 as initiator or responder; stdout tells a data plane what to do",
	.opts = table,
	.n_opts = sizeof(table) / sizeof(table[0]),
	.conn_opts = conn_table,
	.n_conn_opts = N_CONN,
	.messages = true,
};

static void needs(bool given, bool other, const char *what, const char *with)
{
	if (given && !other)
		cmd_fail(IKE_E_USAGE, NULL, "%s goes with %s only", what, with);
}

static void excludes(bool a, bool b, const char *what)
{
	if (a && b)
		cmd_fail(IKE_E_USAGE, "leave one of them out", "%s exclude each other", what);
}

/* A descriptor is read once, at the start; connections of --conn have secrets of their own, and are
 * read again. */
static void not_again(bool given, const struct options *o, const char *what, const char *cure)
{
	if (given && o->conn.n)
		cmd_fail(IKE_E_USAGE, cure,
			 "%s and --conn exclude each other: a descriptor is read once, connections "
			 "are read again", what);
}

static void check_program(const struct options *o)
{
	struct fetch_url url;

	if (!o->conn.n && !o->to.n && !o->listen.n)
		cmd_fail(IKE_E_USAGE, "--to vpn.example.org, or --listen 0.0.0.0",
			 "neither --to nor --listen is given");
	excludes(o->to.n, o->listen.n, "--to and --listen");
	excludes(o->to.n, o->conn.n, "--to and --conn");
	not_again(o->psk_fd >= 0, o, "--psk-fd", "psk-file or secrets in its file");
	not_again(o->key_password_fd >= 0, o, "--key-password-fd",
		  "signer 'card-sign serve --key file:FILE --askpass CMD' in its file");
	not_again(o->p12_password_fd >= 0, o, "--p12-password-fd",
		  "signer 'card-sign serve --key p12:FILE --askpass CMD' in its file");
	needs(o->unique, o->listen.n, "--unique", "--listen");
	needs(o->per_id, o->listen.n, "--per-id", "--listen");
	needs(o->reauth_ms, o->to.n || o->conn.n, "--reauth", "--to");
	needs(o->auth_lifetime_ms, o->listen.n, "--auth-lifetime", "--listen");
	needs(o->childless, o->to.n || o->conn.n, "--childless", "--to");
	needs(o->from, o->to.n || o->conn.n, "--from", "--to");
	needs(o->hold_ms, o->once, "--hold", "--once");
	needs(o->captive_url, o->to.n || o->conn.n, "--captive-url", "--to");
	if (o->captive_url && !fetch_url(o->captive_url, &url))
		cmd_fail(IKE_E_USAGE, "http://HOST[:PORT]/PATH, which answers 204",
			 "--captive-url %s: not a URL of http", o->captive_url);
	needs(o->checkpoint, o->link, "--checkpoint", "--link");
	needs(o->record_secrets, o->record, "--record-secrets", "--record");
	needs(o->p12_password_fd >= 0, o->p12, "--p12-password-fd", "--p12");
	needs(o->key_password_fd >= 0, o->key, "--key-password-fd", "--key");
}

static void check_roles(const struct options *o)
{
	needs(o->retry, o->to.n, "--retry", "--to");
	needs(o->request_address, o->to.n, "--request-address", "--to");
	needs(o->pool.n, !o->to.n, "--pool", "--listen");
	needs(o->dns.n, !o->to.n, "--dns", "--listen");
	needs(o->dns_domain.n, !o->to.n, "--dns-domain", "--listen");
	if (!o->to.n && !o->listen.n)
		cmd_fail(IKE_E_CONFIG, "to HOST in the file, or --listen beside --conn",
			 "this connection neither calls a peer nor can be called");
}

static void check_encap(const char *encap)
{
	if (!encap || !strcmp(encap, "yes"))
		return;
	if (!strcmp(encap, "auto") || !strcmp(encap, "no"))
		cmd_fail(IKE_E_CONFIG, "leave --encap out: ESP always travels in UDP",
			 "--encap %s: raw ESP is not supported yet", encap);
	cmd_fail(IKE_E_USAGE, NULL, "--encap %s: not one of yes, auto, no", encap);
}

static void check_limits(const struct options *o)
{
	if (o->fragment && o->fragment < IKE_FRAGMENT_LEAST)
		cmd_fail(IKE_E_USAGE, "every IPv4 path takes 576",
			 "--fragment %u: must be 0, or from 576 to 65535",
			 (unsigned int)o->fragment);
	needs(o->cookie_threshold != COOKIE_THRESHOLD, o->listen.n, "--cookie-threshold",
	      "--listen");
}

static void check_roaming(const struct options *o)
{
	const char *m = o->mobike, *c = o->return_check;

	if (m && strcmp(m, "yes") && strcmp(m, "no"))
		cmd_fail(IKE_E_USAGE, NULL, "--mobike %s: not one of yes, no", m);
	if (c && strcmp(c, "after") && strcmp(c, "before") && strcmp(c, "no"))
		cmd_fail(IKE_E_USAGE, NULL, "--return-check %s: not one of after, before, no", c);
}

static void check_auth(const struct options *o)
{
	bool psk = o->psk_file || o->psk_fd >= 0 || o->secrets;

	excludes(o->psk_file, o->psk_fd >= 0, "--psk-file and --psk-fd");
	excludes(o->secrets, o->psk_file || o->psk_fd >= 0, "--secrets and a pre-shared key");
	excludes(o->peer_address.n, o->to.n, "--to and --peer-address");
	excludes(o->local_address.n, o->to.n, "--to and --local-address");
	excludes(o->key, o->signer, "--key and --signer");
	excludes(o->p12, o->key || o->signer, "--p12 and --key or --signer");
	excludes(o->p12, o->cert, "--p12 and --cert");
	needs(o->allow_rsa_sha1, !psk, "--allow-rsa-sha1", "certificates");
	excludes(psk, o->ca.n, "a pre-shared key and --ca");
	excludes(psk, o->cert || o->key || o->signer || o->p12,
		 "a pre-shared key and a certificate");
	if (!psk && !o->ca.n)
		cmd_fail(IKE_E_CONFIG,
			 "--ca FILE with --cert and --key, or --psk-file FILE with the shared key",
			 "neither a CA nor a pre-shared key: no peer could prove its identity");
	if (!psk && !o->key && !o->signer && !o->p12)
		cmd_fail(IKE_E_CONFIG,
			 "--key FILE, --p12 FILE, or --signer 'card-sign serve --key ...'",
			 "no key: we could not prove our identity");
	if (psk && !o->id)
		cmd_fail(IKE_E_CONFIG, "--id NAME as the peer knows us",
			 "a pre-shared key needs --id");
}

static void check_conn(const struct options *o)
{
	check_roles(o);
	check_encap(o->encap);
	check_roaming(o);
	check_auth(o);
}

void options_read(struct options *o, struct cmd_args *args, int argc, char **argv)
{
	*o = (struct options){ .psk_fd = -1, .ready_fd = -1, .key_password_fd = -1,
			       .p12_password_fd = -1, .fragment = IKE_FRAGMENT_DEFAULT,
			       .cookie_threshold = COOKIE_THRESHOLD };
	cmd_parse(&program, argc, argv, o, args);
	check_program(o);
	check_limits(o);
	if (!o->conn.n)
		check_conn(o);
}

static bool is_set(const struct cmd_opt *row, const struct options *o)
{
	const void *member = (const char *)o + row->offset;

	switch (row->type) {
	case CMD_FLAG: return *(const bool *)member;
	case CMD_TEXT:
	case CMD_OPTIONAL: return *(const char *const *)member != NULL;
	case CMD_LIST:
	case CMD_COMMAS: return ((const struct cmd_list *)member)->n != 0;
	case CMD_FD: return *(const int *)member >= 0;
	default: return *(const uint64_t *)member != 0;
	}
}

static void copy(const struct cmd_opt *row, struct options *to, const struct options *from)
{
	void *member = (char *)to + row->offset;
	const void *source = (const char *)from + row->offset;

	switch (row->type) {
	case CMD_FLAG: *(bool *)member = *(const bool *)source; break;
	case CMD_TEXT:
	case CMD_OPTIONAL: *(const char **)member = *(const char *const *)source; break;
	case CMD_LIST:
	case CMD_COMMAS: *(struct cmd_list *)member = *(const struct cmd_list *)source; break;
	case CMD_FD: *(int *)member = *(const int *)source; break;
	default: *(uint64_t *)member = *(const uint64_t *)source; break;
	}
}

/* What the command line says for all connections, as far as this one says nothing: a way to prove
 * identities is taken whole or not at all. */
void options_conn_inherit(struct options *o, const struct options *from)
{
	struct options common = *from;
	bool psk = o->psk_file || o->secrets, key = o->key || o->signer || o->p12;

	if (psk || key || o->ca.n || o->cert)
		common.psk_file = common.secrets = NULL;
	if (psk)
		common.ca = (struct cmd_list){ NULL, 0 };
	if (psk)
		common.allow_rsa_sha1 = false;
	if (psk || key)
		common.cert = common.key = common.signer = common.p12 = NULL;
	else
		o->key_password_fd = from->key_password_fd;
	if (!psk && !key)
		o->p12_password_fd = from->p12_password_fd;
	for (size_t i = 0; i < N_CONN; i++)
		if (!is_set(&conn_table[i], o))
			copy(&conn_table[i], o, &common);
	o->listen = from->listen;
	o->from = from->from;
}

void options_conn_init(struct options *o)
{
	*o = (struct options){ .psk_fd = -1, .ready_fd = -1, .key_password_fd = -1,
			       .p12_password_fd = -1 };
}

void options_conn_read(struct options *o, const struct options *common, const char *path,
		       cmd_setting_fn *each, void *ctx)
{
	options_conn_init(o);
	cmd_parse_conn(&program, path, o, each, ctx);
	options_conn_inherit(o, common);
}

bool options_conn_set(struct options *o, const char *name, const char *value)
{
	char why[CMD_WHY];

	for (size_t i = 0; i < N_CONN; i++)
		if (!strcmp(conn_table[i].name, name))
			return cmd_value_set(&conn_table[i], value, o, why);
	return false;
}

void options_conn_check(const struct options *o)
{
	check_conn(o);
}

static void each_of_list(const struct cmd_opt *row, const struct cmd_list *list,
			 void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	for (size_t i = 0; i < list->n; i++)
		each(ctx, row->name, list->v[i]);
}

static void each_of_row(const struct cmd_opt *row, const struct options *o,
			void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	const void *member = (const char *)o + row->offset;
	char number[32];

	switch (row->type) {
	case CMD_FLAG: each(ctx, row->name, ""); break;
	case CMD_TEXT:
	case CMD_OPTIONAL: each(ctx, row->name, *(const char *const *)member); break;
	case CMD_LIST:
	case CMD_COMMAS: each_of_list(row, member, each, ctx); break;
	default:
		(void)snprintf(number, sizeof number, "%llu%s",
			       (unsigned long long)*(const uint64_t *)member,
			       row->type == CMD_TIME ? "ms" : "");
		each(ctx, row->name, number);
	}
}

void options_each(const struct options *o,
		  void (*each)(void *ctx, const char *name, const char *value), void *ctx)
{
	for (size_t i = 0; i < N_CONN; i++)
		if (conn_table[i].type != CMD_FD && is_set(&conn_table[i], o))
			each_of_row(&conn_table[i], o, each, ctx);
	each_of_row(&table[0], o, each, ctx);  /* --listen: who answers */
}

bool options_set(struct options *o, const char *name, const char *value)
{
	char why[CMD_WHY];

	if (!strcmp(table[0].name, name))
		return cmd_value_set(&table[0], value, o, why);
	return options_conn_set(o, name, *value ? value : NULL);
}
