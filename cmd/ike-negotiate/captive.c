/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <string.h>

#include <cmd/lib/fail.h>

#include "outcome.h"

#define APART_MS 5000
#define PATIENCE_MS 15000  /* a request that old has been forgotten */
#define FEW_OCTETS 256     /* what a good answer may say beside 200 */

void captive_check(struct nego *n)
{
	struct msg m = { .kind = MSG_K_fetch };
	struct captive *c = &n->captive;
	uint64_t now = uv_now(&n->loop);
	bool soon = c->asked_ms && now - c->asked_ms < (c->request ? PATIENCE_MS : APART_MS);

	if (!n->o.captive_url || soon)
		return;
	c->request = nego_request(n);
	c->asked_ms = now;
	m.fetch.id = c->request;
	m.fetch.deadline_ms = PATIENCE_MS;
	m.fetch.url = span_str(n->o.captive_url);
	if (spawner_ask(&n->spawner, &m))
		c->request = 0;
}

static bool lets_us_through(const struct msg_fetched *m)
{
	return m->code == 204 || (m->code == 200 && m->octets <= FEW_OCTETS);
}

static void tell(struct nego *n, const struct msg_fetched *got)
{
	struct msg m = { .kind = MSG_K_captive_portal };
	const char *where = n->captive.location;
	char text[1200];

	(void)snprintf(text, sizeof text,
		       "this network has a portal: %s answers with status %u%s%s",
		       n->o.captive_url, (unsigned int)got->code,
		       *where ? " and sends us to " : "", where);
	m.captive_portal.time = nego_now().wall_ms;
	m.captive_portal.url = span_str(n->o.captive_url);
	m.captive_portal.code = got->code;
	m.captive_portal.location = got->location;
	m.captive_portal.sentence = span_str(text);
	cmd_say("%s", text);
	cmd_hint("open a page with a browser, agree, and the tunnel comes up by itself");
	outcome_event(n, &m);
}

static void judge(struct nego *n, const struct msg_fetched *m)
{
	struct captive *c = &n->captive;

	if (lets_us_through(m)) {
		c->told = false;
		return;
	}
	if (c->told && c->code == m->code && span_is(m->location, c->location))
		return;
	c->told = true;
	c->code = m->code;
	(void)snprintf(c->location, sizeof c->location, "%.*s", (int)m->location.n,
		       (const char *)m->location.p);
	tell(n, m);
}

void captive_answer(struct nego *n, const struct msg *m)
{
	struct captive *c = &n->captive;
	uint64_t id = m->kind == MSG_K_fetched ? m->fetched.id : m->error.id;

	if (!c->request || id != c->request)
		return;
	c->request = 0;
	if (m->kind == MSG_K_fetched)
		judge(n, &m->fetched);
}
