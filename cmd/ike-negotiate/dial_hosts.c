/* SPDX-License-Identifier: ISC */
#include "dial_hosts.h"

#include <stdio.h>
#include <string.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/udp.h>

static bool is_name(const char *s)
{
	return *s && strlen(s) <= 253 &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") ==
		       strlen(s);
}

static const char *keep(struct arena *a, struct span text)
{
	const char *s = arena_str(a, text);

	if (!s)
		cmd_fail(IKE_E_MEMORY, NULL, "out of memory");
	return s;
}

static uint16_t port_of(const char *to, const char *text)
{
	struct endpoint e;
	char at[32];

	(void)snprintf(at, sizeof at, "0.0.0.0:%s", text);
	if (strlen(text) > 5 || !endpoint_parse(span_str(at), 0, &e) || !e.port)
		cmd_fail(IKE_E_USAGE, "--to HOST or --to HOST:PORT", "--to %s: not a port", to);
	return e.port;
}

/* "host:port" of a name; an address in any form is an endpoint. */
void dial_host_parse(const char *to, struct arena *a, struct dial_host *out)
{
	const char *colon = strrchr(to, ':');
	struct endpoint e;
	char text[INET_TEXT];
	struct ip wire;

	*out = (struct dial_host){ .is_name = true };
	if (cmd_endpoint_parse(to, 0, &e)) {
		*out = (struct dial_host){ .at = { e.ip }, .n = 1, .port = e.port };
		wire = ip_wire(&e.ip);
		out->name = keep(a, span_str(ip_text(&wire, text)));
		return;
	}
	out->name = keep(a, span_of(to, colon ? (size_t)(colon - to) : strlen(to)));
	if (colon)
		out->port = port_of(to, colon + 1);
	if (!is_name(out->name))
		cmd_fail(IKE_E_USAGE, "--to vpn.example.org, --to 192.0.2.1, --to [2001:db8::1]",
			 "--to %s: neither a host name nor an address", to);
}

/* The next one of the list that is of that family, from *at on; NULL: none. */
static const struct ip *of_family(const struct msg_addrs *l, uint8_t len, size_t *at)
{
	while (*at < l->n && l->v[*at].len != len)
		++*at;
	return *at < l->n ? &l->v[(*at)++] : NULL;
}

static void take_turns(struct dial_host *h, const struct msg_addrs *l)
{
	uint8_t len[2] = { l->v[0].len, l->v[0].len == 4 ? 16 : 4 };
	size_t at[2] = { 0, 0 }, turn = 0;

	h->n = 0;
	while (h->n < DIAL_ADDRESSES) {
		const struct ip *ip = of_family(l, len[turn], &at[turn]);

		turn = !turn;
		if (!ip)
			ip = of_family(l, len[turn], &at[turn]);
		if (!ip)
			return;
		h->at[h->n++] = *ip;
	}
}

void dial_host_answer(struct dial_host *h, const struct msg *m)
{
	h->request = 0;
	if (m->kind == MSG_K_resolved && m->resolved.addresses.n)
		take_turns(h, &m->resolved.addresses);
	else if (m->kind == MSG_K_error)
		(void)snprintf(h->why, sizeof h->why, "%.*s", (int)m->error.sentence.n,
			       (const char *)m->error.sentence.p);
}

bool dial_retry_parse(const char *text, enum dial_retry *out)
{
	*out = DIAL_RETRY_UP;
	if (!text || !strcmp(text, "up"))
		return true;
	*out = !strcmp(text, "never") ? DIAL_RETRY_NEVER : DIAL_RETRY_FOREVER;
	return *out == DIAL_RETRY_NEVER || !strcmp(text, "forever");
}
