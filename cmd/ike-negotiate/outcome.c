/* SPDX-License-Identifier: ISC */
#include "outcome.h"

#include <stdarg.h>
#include <stdio.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>

void outcome_set(struct outcome *o, int status, const char *sentence, const char *hint)
{
	if (o->set)
		return;
	o->set = true;
	o->status = status;
	(void)snprintf(o->sentence, sizeof o->sentence, "%s", sentence);
	(void)snprintf(o->hint, sizeof o->hint, "%s", hint ? hint : "");
}

void outcome_say(struct nego *n)
{
	const struct outcome *o = &n->outcome;

	if (!o->status)
		return;
	cmd_say("%s", o->sentence);
	if (*o->hint)
		cmd_hint("%s", o->hint);
}

/* What to do where the engine knows nothing better. */
const char *outcome_hint(uint64_t status)
{
	static const struct { enum ike_err err; const char *hint; } table[] = {
		{ IKE_E_NO_ANSWER, "is it the right host, and do UDP 500 and 4500 get there?" },
		{ IKE_E_NO_PROPOSAL, "--ike and --esp say what we offer, -v shows it" },
		{ IKE_E_AUTH_OURS, "--id and the key must be what the peer knows" },
		{ IKE_E_AUTH_THEIRS, "--peer-id, --ca or the shared key must fit the peer" },
		{ IKE_E_SELECTORS, "--local-ts and --remote-ts must meet what the peer allows" },
		{ IKE_E_ADDRESS, "the gateway has no address left for us, or gives none" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if ((uint64_t)ike_err_exit(table[i].err) == status)
			return table[i].hint;
	return "";
}

/* Ends for what a peer or the engine said, its text as it came. */
static void end_for(struct nego *n, uint64_t status, const struct endpoint *peer,
		    struct span sentence, struct span hint)
{
	char text[512], cure[512], address[INET_TEXT];
	const char *who = endpoint_text(peer, address);

	(void)snprintf(text, sizeof text, "%s: %.*s", who, (int)sentence.n,
		       (const char *)sentence.p);
	if (!hint.n)
		hint = span_str(outcome_hint(status));
	(void)snprintf(cure, sizeof cure, "%.*s", (int)hint.n, (const char *)hint.p);
	nego_end(n, (int)status, text, cure);
}

static void on_hold(uv_timer_t *timer)
{
	nego_end(timer->data, 0, "was up, as asked by --once", NULL);
}

void outcome_up(struct nego *n, uint64_t ike)
{
	if (n->up)
		return;
	n->up = true;
	n->up_ike = ike;
	if (n->calls)
		cmd_ready(n->o.ready_fd);
	if (n->o.once)
		uv_timer_start(&n->hold_timer, on_hold, n->o.hold_ms, 0);
}

/* A refusal decides for a responder that was to do it once. */
static void is_refused(struct nego *n, const struct msg_refused *m)
{
	char peer[INET_TEXT] = "";

	if (m->status && n->o.once) {
		end_for(n, m->status, &m->peer, m->sentence, m->hint);
		return;
	}
	if (m->peer.ip.len)
		(void)endpoint_text(&m->peer, peer);
	cmd_say("%s%s%.*s", peer, *peer ? ": " : "", (int)m->sentence.n,
		(const char *)m->sentence.p);
	if (m->hint.n)
		cmd_hint("%.*s", (int)m->hint.n, (const char *)m->hint.p);
}

void outcome_event(struct nego *n, const struct msg *m)
{
	events_emit(&n->events, m);
	ladder_event(&n->ladder, m);
	if (m->kind == MSG_K_child_sa)
		outcome_up(n, m->child_sa.ike);
	if (!dial_event(n, m) && m->kind == MSG_K_refused)
		is_refused(n, &m->refused);
}

void outcome_keylog(struct nego *n, const struct msg_keylog *m)
{
	if (!keylog_write(&n->keylog, m))
		nego_warn(n, "keylog", "keys with %.*s cannot be logged", (int)m->cipher.n,
			  (const char *)m->cipher.p);
}

void nego_warn(struct nego *n, const char *reason, const char *fmt, ...)
{
	struct msg m = { .kind = MSG_K_warning };
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	m.warning.time = nego_now().wall_ms;
	m.warning.reason = span_str(reason);
	m.warning.sentence = span_str(text);
	cmd_say("%s", text);
	outcome_event(n, &m);
}
