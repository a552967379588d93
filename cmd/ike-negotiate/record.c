/* SPDX-License-Identifier: ISC */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>

#include "nego.h"
#include "seeded.h"

#define RECORD_VERSION 1

void record_open(struct record *r, struct nego *n, uid_t uid, gid_t gid)
{
	const char *path = n->o.record;

	*r = (struct record){ .n = n, .fd = -1, .secrets = n->o.record_secrets };
	if (!path)
		return;
	cmd_private_place("--record", path);
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (r->fd < 0)
		cmd_fail(IKE_E_CREATE, errno == EEXIST ? "a record is a file of its own" : NULL,
			 "cannot make --record %s: %s", path, strerror(errno));
	if (fchmod(r->fd, 0600) || (geteuid() == 0 && fchown(r->fd, uid, gid)))
		cmd_fail(IKE_E_CREATE, NULL, "cannot give away %s: %s", path, strerror(errno));
}

OSSL_LIB_CTX *record_libctx(struct record *r)
{
	OSSL_LIB_CTX *libctx;

	if (r->fd < 0 || !r->secrets)
		return NULL;
	libctx = RAND_priv_bytes(r->seed, sizeof r->seed) == 1 ? seeded_new(r->seed) : NULL;
	if (!libctx)
		cmd_fail(IKE_E_CRYPTO, NULL, "no randomness for --record-secrets");
	return libctx;
}

static void end(struct record *r, const char *why)
{
	close(r->fd);
	r->fd = -1;
	nego_warn(r->n, "record", "the record ends here: %s", why);
}

static void put(struct record *r, const struct msg *m)
{
	struct buf b = { 0 };
	ssize_t done;

	if (r->fd < 0)
		return;
	if (msg_to_cbor(m, r->secrets, &b)) {
		end(r, "a message cannot be written");
	} else {
		done = write(r->fd, b.p, b.n);
		if (done != (ssize_t)b.n)
			end(r, done < 0 ? strerror(errno) : "no room");
	}
	if (b.p)
		OPENSSL_cleanse(b.p, b.n);
	buf_free(&b);
}

void record_begin(struct record *r, const struct ike_config *config, struct ike_now now)
{
	struct msg m = { .kind = MSG_K_record };

	m.record.version = RECORD_VERSION;
	m.record.now = now.ns;
	m.record.wall = now.wall_ms;
	m.record.first_id = config->first_id;
	m.record.cookie_threshold = config->cookie_threshold;
	m.record.cookies_always = config->cookies_always;
	m.record.window = config->window;
	m.record.fragment = config->fragment;
	m.record.no_fragments = config->no_fragments;
	m.record.retransmit_ms = config->retransmit_ms;
	m.record.retransmit_tries = config->retransmit_tries;
	m.record.trace = config->trace;
	m.record.keylog = config->keylog;
	if (r->secrets)
		m.record.seed = span_of(r->seed, sizeof r->seed);
	put(r, &m);
	OPENSSL_cleanse(r->seed, sizeof r->seed);
}

/* ---- connections ---- */

struct settings {
	struct arena arena;
	struct span *v;
	size_t n;
};

static void setting(void *ctx, const char *name, const char *value)
{
	struct settings *s = ctx;
	const char *text = arena_printf(&s->arena, "%s=%s", name, value);

	if (s->n < OPTIONS_SETTINGS_MAX && text)
		s->v[s->n++] = span_str(text);
}

static void put_file(struct record *r, const char *option, const char *path, struct span octets)
{
	bool hidden = !strcmp(option, "psk-file") || !strcmp(option, "secrets");
	struct msg m = { .kind = MSG_K_record_file };

	m.record_file.option = span_str(option);
	m.record_file.path = span_str(path);
	*(hidden ? &m.record_file.secret : &m.record_file.octets) = octets;
	put(r, &m);
}

void record_conn(struct record *r, struct conn *c)
{
	struct msg m = { .kind = MSG_K_record_conn };
	struct msg_record_conn *i = &m.record_conn;
	struct settings s = { 0 };
	const struct ike_credential *own = c->c.credential;

	if (r->fd < 0)
		return;
	i->name = span_str(c->c.name);
	i->known = c->recorded;
	c->recorded = true;
	if (i->known) {
		put(r, &m);
		return;
	}
	s.v = arena_array(&s.arena, OPTIONS_SETTINGS_MAX, sizeof *s.v);
	if (!s.v)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	options_each(&c->load->o, setting, &s);
	i->path = span_str(c->load->path);
	i->settings = (struct msg_spans){ s.v, s.n };
	if (own) {
		i->key = own->key;
		i->algs = (struct msg_spans){ own->algs, own->n_algs };
		i->certs = (struct msg_spans){ own->certs, own->n_certs };
	}
	put(r, &m);
	for (size_t k = 0; k < c->load->n_files; k++)
		put_file(r, c->load->files[k].option, c->load->files[k].path,
			 c->load->files[k].octets);
	if (c->load->o.psk_fd >= 0)
		put_file(r, "psk-file", NULL, secret_span(&c->psk));
	arena_drop(&s.arena);
}

/* ---- inputs and outputs ---- */

void record_input(struct record *r, struct ike_now now, const char *what,
		  const struct msg_input *in)
{
	struct msg m = { .kind = MSG_K_input };

	if (in)
		m.input = *in;
	m.input.what = span_str(what);
	m.input.now = now.ns;
	m.input.wall = now.wall_ms;
	put(r, &m);
}

void record_message(struct record *r, struct ike_now now, const struct msg *m)
{
	record_input(r, now, "message", NULL);
	put(r, m);
}

void record_datagram(struct record *r, struct ike_now now, const struct ike_path *path,
		     struct span datagram)
{
	record_input(r, now, "datagram",
		     &(struct msg_input){ .local = path->local, .remote = path->remote,
					  .shared = path->shared, .datagram = datagram });
}

void record_attempt(struct record *r, struct ike_now now, const struct ike_attempt *a)
{
	struct msg_input in = { .conn = a->conn, .local = a->path.local, .remote = a->path.remote,
				.shared = a->path.shared, .race = a->race };

	if (a->fallback) {
		in.fallback_local = a->fallback->local;
		in.fallback_remote = a->fallback->remote;
	}
	if (a->peer_id) {
		in.id_type = a->peer_id->type;
		in.id_data = a->peer_id->data;
		in.id_pattern = a->peer_id->pattern;
	}
	record_input(r, now, "attempt", &in);
}

void record_abandon(struct record *r, struct ike_now now, uint64_t race)
{
	record_input(r, now, "abandon", &(struct msg_input){ .race = race });
}

void record_addresses(struct record *r, struct ike_now now, const struct ike_local *v, size_t n)
{
	struct ip all[IKE_LOCALS], best[IKE_LOCALS];
	size_t n_best = 0;

	for (size_t i = 0; i < n; i++) {
		all[i] = v[i].ip;
		if (v[i].best)
			best[n_best++] = v[i].ip;
	}
	record_input(r, now, "addresses",
		     &(struct msg_input){ .addresses = { all, n }, .best = { best, n_best } });
}

void record_output(struct record *r, const struct ike_out *out)
{
	struct msg m = { .kind = MSG_K_output };

	m.output.local = out->path.local;
	m.output.remote = out->path.remote;
	m.output.shared = out->path.shared;
	m.output.datagram = out->datagram;
	put(r, &m);
}
