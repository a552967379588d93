/* SPDX-License-Identifier: ISC */
#include "control.h"

#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <cmd/lib/fail.h>
#include <libike/base/reader.h>

#include "ifconf.h"
#include "keylog.h"
#include "link.h"
#include "packets.h"
#include "sas.h"
#include "takeover.h"

#define DRAFTS_MAX 64       /* SAs begun and not committed */
#define DRAFT_OCTETS 65536
#define SELECTORS_MAX 255

static struct draft **draft_at(struct tunnel *t, uint64_t id)
{
	struct draft **at = &t->drafts;

	while (*at && (*at)->begin->id != id)
		at = &(*at)->next;
	return at;
}

static void draft_free(struct draft **at)
{
	struct draft *d = *at;

	*at = d->next;
	free(d->local);
	free(d->remote);
	arena_drop(&d->arena);
	free(d);
}

void control_free(struct tunnel *t)
{
	while (t->drafts)
		draft_free(&t->drafts);
	free((void *)(uintptr_t)t->ports.v);
}

static void on_begin(struct tunnel *t, const struct msg *m)
{
	struct draft **at = draft_at(t, m->sa_begin.id), *d;
	const struct msg *copy;
	size_t n = 0;

	if (*at)
		draft_free(at);
	for (d = t->drafts; d; d = d->next)
		n++;
	d = n < DRAFTS_MAX ? calloc(1, sizeof *d) : NULL;
	if (d) {
		d->arena = (struct arena){ .secret = true, .limit = DRAFT_OCTETS };
		copy = msg_dup(m, &d->arena);
		if (copy) {
			d->begin = &copy->sa_begin;
			d->next = t->drafts;
			t->drafts = d;
			return;
		}
		arena_drop(&d->arena);
		free(d);
	}
	tell_refused(t, m->sa_begin.id, IKE_E_MEMORY, "no memory for an SA");
}

static bool append(struct selector **to, size_t *n, const struct msg_selectors *from)
{
	struct selector *more;

	if (*n + from->n > SELECTORS_MAX)
		return false;
	more = realloc(*to, (*n + from->n + 1) * sizeof **to);
	if (!more)
		return false;
	*to = more;
	for (size_t i = 0; i < from->n; i++)
		more[(*n)++] = from->v[i];
	return true;
}

static void on_selectors(struct tunnel *t, const struct msg *m)
{
	struct draft **at = draft_at(t, m->sa_selectors.id), *d = *at;

	if (!d)
		return;
	if (append(&d->local, &d->n_local, &m->sa_selectors.local)
	    && append(&d->remote, &d->n_remote, &m->sa_selectors.remote))
		return;
	tell_refused(t, m->sa_selectors.id, IKE_E_SELECTORS, "too many selectors");
	draft_free(at);
}

static void on_keys(struct tunnel *t, const struct msg *m)
{
	struct draft *d = *draft_at(t, m->sa_keys.id);
	const struct msg *copy = d ? msg_dup(m, &d->arena) : NULL;

	if (copy)
		d->keys = &copy->sa_keys;
	/* the record still has the keys, which now stand in locked memory */
	OPENSSL_cleanse(t->link.raw.p, t->link.raw.n);
}

static void on_commit(struct tunnel *t, const struct msg *m)
{
	struct draft **at = draft_at(t, m->sa_commit.id);
	const char *why = "";
	enum ike_err err;

	if (!*at) {
		tell_refused(t, m->sa_commit.id, IKE_E_INPUT, "sa-commit without sa-begin");
		return;
	}
	if (t->link.lasting && sa_is_there(t, m->sa_commit.id)) {
		draft_free(at);  /* said twice by who was killed in between: it goes on as it is */
		return;
	}
	err = sa_install(t, *at, &why);
	if (err) {
		tell_refused(t, m->sa_commit.id, err, why);
	} else {
		keylog_sa(t, *at);
		takeover_keep(t, *at, &note_of(esp_sad_id(t->sad, m->sa_commit.id))->kept);
	}
	draft_free(at);
	packets_retry(t);
}

struct esp_sa *control_commit(struct tunnel *t, uint64_t id)
{
	struct draft **at = draft_at(t, id);
	const char *why = "";
	enum ike_err err = *at ? sa_install(t, *at, &why) : IKE_E_INPUT;
	struct esp_sa *sa = err ? NULL : esp_sad_id(t->sad, id);

	if (sa) {
		keylog_sa(t, *at);
		takeover_keep(t, *at, &note_of(sa)->kept);
	}
	if (*at)
		draft_free(at);
	return sa;
}

static void on_outbound(struct tunnel *t, const struct msg *m)
{
	struct esp_sa *sa = esp_sad_id(t->sad, m->sa_outbound.id);

	if (!sa || sa->dir != ESP_OUT)
		tell_refused(t, m->sa_outbound.id, IKE_E_INPUT, "no such outbound SA");
	else if (sa_switch(t, sa))
		tell_refused(t, m->sa_outbound.id, IKE_E_MEMORY, "no memory to switch to an SA");
}

static void on_delete(struct tunnel *t, const struct msg *m)
{
	struct esp_sa *sa = esp_sad_id(t->sad, m->sa_delete.id);

	if (sa)
		sa_linger(t, sa, m->sa_delete.linger_ms * 1000000);
}

static void on_bye(struct tunnel *t, const struct msg *m, enum source from)
{
	if (from == FROM_LINK && !m->bye.stop)
		return;
	t->end = true;
	t->status = (int)(m->bye.status & 127);
}

static void keep_ports(struct tunnel *t, const struct msg_endpoints *ports)
{
	struct endpoint *v = calloc(ports->n + 1, sizeof *v);

	if (!v)
		cmd_fail(IKE_E_MEMORY, NULL, "no memory for ports");
	for (size_t i = 0; i < ports->n; i++)
		v[i] = ports->v[i];
	free((void *)(uintptr_t)t->ports.v);
	t->ports = (struct msg_endpoints){ v, ports->n };
}

void control_hello(struct tunnel *t, const struct msg_hello *m)
{
	struct link *l = &t->link;
	struct rd r = rd_of(m->instance);

	if (m->version != MSG_VERSION)
		cmd_fail(IKE_E_INPUT, "install both programs from the same release",
			 "ike-negotiate speaks version %llu of the messages, not %d",
			 (unsigned long long)m->version, MSG_VERSION);
	if (m->instance.n >= sizeof l->theirs)
		cmd_fail(IKE_E_INPUT, NULL, "hello with an overlong instance");
	while (t->drafts)
		draft_free(&t->drafts);  /* what an earlier connection left half described */
	if (l->theirs[0] && !span_is(m->instance, l->theirs))
		sas_orphan(t);
	for (size_t i = 0; i < sizeof l->theirs; i++)
		l->theirs[i] = 0;
	rd_copy(&r, l->theirs, m->instance.n);
	keep_ports(t, &m->ports);
}

void control_message(struct tunnel *t, const struct msg *m, enum source from)
{
	if (m->redacted)
		cmd_fail(IKE_E_INPUT, "let the writer of the stream use --with-secrets",
			 "the SA stream is redacted: a key is \"(secret)\"");
	switch (m->kind) {
	case MSG_K_hello: control_hello(t, &m->hello); break;
	case MSG_K_path: path_set(t, &m->path); break;
	case MSG_K_sa_begin: on_begin(t, m); break;
	case MSG_K_sa_selectors: on_selectors(t, m); break;
	case MSG_K_sa_keys: on_keys(t, m); break;
	case MSG_K_sa_commit: on_commit(t, m); break;
	case MSG_K_sa_outbound: on_outbound(t, m); break;
	case MSG_K_sa_delete: on_delete(t, m); break;
	case MSG_K_trap: trap_set(t, &m->trap); break;
	case MSG_K_inner: ifconf_apply(t, &m->inner); break;
	case MSG_K_stray: packets_stray(t, &m->stray); break;
	case MSG_K_bye: on_bye(t, m, from); break;
	default: break;  /* kinds for others */
	}
}

/* DESIGN "the data plane outlives the control plane". */
static void stream_ended(struct tunnel *t)
{
	t->stream.fd = -1;
	if (esp_sad_count(t->sad))
		cmd_say("ike-negotiate is gone: running on until the SAs reach their limits");
	else if (!t->committed)
		cmd_fail(IKE_E_HELPER, NULL, "the SA stream ended before any SA");
}

static void drain_stream(struct tunnel *t)
{
	struct msg m;
	enum ike_err err = IKE_OK;

	while (!t->end && t->stream.fd >= 0 && err == IKE_OK) {
		err = cmd_recv(&t->stream, &m);
		if (err == IKE_OK)
			control_message(t, &m, FROM_STREAM);
	}
	if (err == IKE_E_NO)
		stream_ended(t);
	else if (err && err != IKE_E_RETRY)
		cmd_fail(err, NULL, "cannot read the SA stream");
}

void control_drain(struct tunnel *t)
{
	struct msg m;

	drain_stream(t);
	while (!t->end && link_receive(t, &m) == IKE_OK)
		control_message(t, &m, FROM_LINK);
}
