/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include <cmd/lib/tun.h>
#include <cmd/lib/udp.h>

#include "spec.h"

static enum ike_err wrong(const char *text, const char *what, struct cmd_why *why)
{
	snprintf(why->sentence, sizeof why->sentence, "%s: %s", text, what);
	why->hint = "udp4500[*N]=ADDR[:PORT], udp500=ADDR[:PORT] or tun=NAME; "
		    "an ADDR is 192.0.2.1, [2001:db8::1], 0.0.0.0 or [::]";
	return IKE_E_USAGE;
}

/* "*N" behind udp4500, or nothing. */
static bool workers(struct span text, unsigned int *n)
{
	*n = 0;
	if (text.n == 0) {
		*n = 1;
		return true;
	}
	if (text.n < 2 || text.n > 3 || text.p[0] != '*')
		return false;
	for (size_t i = 1; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		*n = *n * 10 + text.p[i] - '0';
	}
	return *n >= 1 && *n <= SPEC_WORKERS;
}

static bool starts(struct span s, const char *with)
{
	return s.n >= strlen(with) && span_is(span_of(s.p, strlen(with)), with);
}

enum ike_err spec_parse(const char *text, struct spec *out, struct cmd_why *why)
{
	const char *equals = strchr(text, '=');
	struct span key, value;
	uint16_t port = 500;

	if (!equals || !equals[1])
		return wrong(text, "no NAME=VALUE", why);
	*out = (struct spec){ .kind = SPEC_IKE };
	key = span_of(text, (size_t)(equals - text));
	value = span_str(equals + 1);
	if (span_is(key, "tun")) {
		out->kind = SPEC_TUN;
		out->tun = equals + 1;
		return IKE_OK;
	}
	if (starts(key, "udp4500")) {
		out->kind = SPEC_SHARED;
		port = 4500;
		if (!workers(span_of(key.p + 7, key.n - 7), &out->workers))
			return wrong(text, "the number of workers is 1 to 32", why);
	} else if (!span_is(key, "udp500")) {
		return wrong(text, "there is no such kind of descriptor", why);
	}
	if (!endpoint_parse(value, port, &out->at))
		return wrong(text, "that is no address and port", why);
	return IKE_OK;
}

int set_find(const struct set *s, struct span name)
{
	for (size_t i = 0; i < s->n; i++)
		if (span_is(name, s->name[i]))
			return (int)i;
	return -1;
}

/* Takes the fd, or the failure. */
static enum ike_err add(struct set *s, enum ike_err err, const char *name, int fd)
{
	if (err)
		return err;
	if (s->n == SET_MAX)
		BUG("too many descriptors");
	snprintf(s->name[s->n], sizeof s->name[s->n], "%s", name);
	s->fd[s->n++] = fd;
	return IKE_OK;
}

/* IKE's socket first: the order of binds is the slot map. */
static enum ike_err open_shared(struct set *s, const struct spec *spec, struct cmd_why *why)
{
	unsigned int slots[SPEC_WORKERS];
	struct endpoint at = spec->at;
	char name[24];
	int fd, ike;
	enum ike_err err = cmd_udp_bind_first(&at, &ike, why);

	err = add(s, err, "ike4500", ike);
	if (!err && cmd_udp_local(ike, &at))  /* port 0 has become one */
		err = IKE_E_SYSTEM;
	for (unsigned int i = 0; i < spec->workers && !err; i++) {
		slots[i] = 1 + i;
		snprintf(name, sizeof name, "esp4500.%u", i);
		err = cmd_udp_join(&at, &fd, why);
		err = add(s, err, name, fd);
	}
	return err ? err : cmd_udp_steer(ike, 0, slots, spec->workers, why);
}

enum ike_err set_open(struct set *s, const struct spec *spec, struct cmd_why *why)
{
	static const char *const first[] = { "ike4500", "ike500", "tun" };
	char got[IF_NAMESIZE];
	enum ike_err err;
	int fd;

	if (set_find(s, span_str(first[spec->kind])) >= 0)
		return wrong(first[spec->kind], "asked for twice", why);
	switch (spec->kind) {
	case SPEC_SHARED:
		return open_shared(s, spec, why);
	case SPEC_IKE:
		err = cmd_udp_bind(&spec->at, &fd, why);
		return add(s, err, "ike500", fd);
	default:
		err = cmd_tun_open(spec->tun, &fd, got, why);
		return add(s, err, "tun", fd);
	}
}
