/* SPDX-License-Identifier: ISC */
#include "sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <cmd/lib/udp.h>

#include "options.h"

#define PORT_IKE 500
#define PORT_SHARED 4500

static struct socket *add(struct sockets *s, int fd, bool shared)
{
	struct socket *k = &s->v[s->count];

	if (s->count == SOCKETS_MAX)
		cmd_fail(IKE_E_USAGE, NULL, "more than %d addresses to listen on", SOCKETS_MAX / 2);
	*k = (struct socket){ .fd = fd, .shared = shared };
	if (cmd_udp_local(fd, &k->bound))
		cmd_fail(IKE_E_SYSTEM, NULL, "a socket has no address: %s", strerror(errno));
	s->count++;
	return k;
}

static bool is_wildcard(const struct ip *a)
{
	return ip_eq(a, &(struct ip){ .len = a->len });
}

static enum ike_err try_at(const struct endpoint *at, bool shared, int *fd, struct cmd_why *why)
{
	return shared ? cmd_udp_bind_first(at, fd, why) : cmd_udp_bind(at, fd, why);
}

/* [::] stands for all addresses of this host: where it has no IPv6, for those of IPv4. */
static struct socket *open_at(struct sockets *s, const struct endpoint *at, bool shared)
{
	const struct endpoint four = { .ip = { .len = 4 }, .port = at->port };
	struct cmd_why why;
	int fd = -1;
	enum ike_err err = try_at(at, shared, &fd, &why);

	if (err && at->ip.len == 16 && is_wildcard(&at->ip) && !cmd_udp_has_ipv6())
		err = try_at(&four, shared, &fd, &why);
	if (err)
		cmd_fail(err, why.hint, "%s", why.sentence);
	return add(s, fd, shared);
}

static void adopt(struct sockets *s)
{
	int fd;

	if ((fd = cmd_adopt("ike4500")) >= 0)
		(void)add(s, fd, true);
	if ((fd = cmd_adopt("ike500")) >= 0)
		(void)add(s, fd, false);
	s->adopted = s->count > 0;
	cmd_adopt_done();
}

static bool have_shared(const struct sockets *s)
{
	return s->count && s->v[0].shared;
}

static void listen_on(struct sockets *s, const char *text)
{
	struct endpoint at;

	if (!cmd_endpoint_parse(text, 0, &at))
		cmd_fail(IKE_E_USAGE, "--listen ::, or an address of this host",
			 "--listen %s: not an address", text);
	if (at.port != PORT_IKE && have_shared(s))
		cmd_fail(IKE_E_USAGE, "--listen :: takes all addresses",
			 "--listen %s: only one address can be shared with ESP", text);
	if (!at.port) {
		(void)open_at(s, &(struct endpoint){ at.ip, PORT_SHARED }, true);
		at.port = PORT_IKE;
	}
	(void)open_at(s, &at, at.port != PORT_IKE);
}

void sockets_listen(struct sockets *s, const struct options *o)
{
	adopt(s);
	if (!s->count)
		for (size_t i = 0; i < o->listen.n; i++)
			listen_on(s, o->listen.v[i]);
	if (!have_shared(s))
		cmd_fail(IKE_E_USAGE, "--listen ADDR takes 500 and 4500",
			 "none of the ports listened on is shared with ESP");
}

bool sockets_source(const struct endpoint *remote, struct ip *out)
{
	struct sockaddr_storage to, from = { 0 };
	struct endpoint at = { .ip = { .len = 0 } };
	socklen_t n = sizeof from;
	int fd = socket(remote->ip.len == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known;

	if (fd < 0)
		return false;
	known = !connect(fd, (struct sockaddr *)&to, endpoint_to_sockaddr(remote, &to)) &&
		!getsockname(fd, (struct sockaddr *)&from, &n) && endpoint_of_sockaddr(&from, &at);
	close(fd);
	*out = at.ip;
	return known;
}

void sockets_initiate(struct sockets *s, const struct options *o)
{
	struct endpoint from = { .ip = { .len = 16 } };

	if (o->from && !cmd_endpoint_parse(o->from, 0, &from))
		cmd_fail(IKE_E_USAGE, "--from 192.0.2.1, --from [2001:db8::1]:4500",
			 "--from %s: not an address", o->from);
	adopt(s);
	if (!have_shared(s))
		(void)open_at(s, &from, true);
	if (s->count < 2)
		(void)open_at(s, &(struct endpoint){ from.ip, 0 }, false);
}

/* [::] reaches both families, every other address its own. */
static bool reaches(const struct endpoint *bound, const struct ip *remote)
{
	return bound->ip.len == remote->len || (bound->ip.len == 16 && is_wildcard(&bound->ip));
}

enum ike_err sockets_ways(const struct sockets *s, const struct endpoint *remote, struct ways *out)
{
	const struct endpoint *shared = &s->v[0].bound, *plain = &s->v[1].bound;
	struct endpoint way = *remote;
	struct ip from = shared->ip;

	if (!reaches(shared, &remote->ip))
		return IKE_E_CONFIG;
	way.port = remote->port ? remote->port : PORT_SHARED;
	if (is_wildcard(&from) && !sockets_source(&way, &from))
		return IKE_E_NO_ANSWER;
	out->path = (struct ike_path){ { from, shared->port }, way, true };
	out->fallback = (struct ike_path){ { from, plain->port }, way, false };
	out->fallback.remote.port = PORT_IKE;
	out->has_fallback = !remote->port && reaches(plain, &remote->ip);
	if (remote->port == PORT_IKE)
		out->path = out->fallback;
	return IKE_OK;
}

void sockets_give(struct sockets *s, uid_t uid, gid_t gid)
{
	struct stat st;

	for (size_t i = 0; i < s->count; i++) {
		if (!fstat(s->v[i].fd, &st) && st.st_uid == uid)
			continue;
		/* One handed over stays another's: a data plane gets its own from there too. */
		if (fchown(s->v[i].fd, uid, gid) && !(s->adopted && geteuid() == uid))
			cmd_fail(IKE_E_PERMISSION, NULL, "cannot hand a socket over to uid %u: %s",
				 (unsigned int)uid, strerror(errno));
	}
}
