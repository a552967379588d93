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

static struct socket *open_at(struct sockets *s, const struct endpoint *at, bool shared)
{
	struct cmd_why why;
	enum ike_err err;
	int fd = -1;

	err = shared ? cmd_udp_bind_first(at, &fd, &why) : cmd_udp_bind(at, &fd, &why);
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
	cmd_adopt_done();
}

static bool have_shared(const struct sockets *s)
{
	return s->count && s->v[0].shared;
}

static void listen_on(struct sockets *s, const char *text)
{
	struct endpoint at;

	if (!endpoint_parse(span_str(text), 0, &at))
		cmd_fail(IKE_E_USAGE, "--listen 0.0.0.0, or an address of this host",
			 "--listen %s: not an address", text);
	if (at.port != PORT_IKE && have_shared(s))
		cmd_fail(IKE_E_USAGE, "--listen 0.0.0.0 takes all addresses",
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

/* Where datagrams to `remote` leave from: what the routing table says to a socket that never
 * sends. */
static struct ip source_for(const struct endpoint *remote)
{
	struct sockaddr_storage to, from = { 0 };
	struct endpoint at = { .ip = { .len = 0 } };
	socklen_t n = sizeof from;
	int fd = socket(remote->ip.len == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[INET_TEXT];

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, endpoint_to_sockaddr(remote, &to)) ||
	    getsockname(fd, (struct sockaddr *)&from, &n) || !endpoint_of_sockaddr(&from, &at))
		cmd_fail(IKE_E_SYSTEM, "is the network up?", "no way to %s: %s",
			 ip_text(&remote->ip, text), strerror(errno));
	close(fd);
	return at.ip;
}

static struct endpoint from_of(const struct options *o, const struct endpoint *remote)
{
	struct endpoint from = { .ip = { .len = remote->ip.len } };

	if (o->from && !endpoint_parse(span_str(o->from), 0, &from))
		cmd_fail(IKE_E_USAGE, NULL, "--from %s: not an address", o->from);
	if (from.ip.len != remote->ip.len)
		cmd_fail(IKE_E_USAGE, NULL, "--from %s: of another family than the peer", o->from);
	return from;
}

static bool is_wildcard(const struct ip *a)
{
	static const struct ip none;

	return !memcmp(a->b, none.b, sizeof none.b);
}

bool sockets_towards(struct sockets *s, const struct options *o, const struct endpoint *remote,
		     struct ike_path *path, struct ike_path *fallback)
{
	struct endpoint from = from_of(o, remote), way = *remote;
	const struct socket *shared, *plain;

	adopt(s);
	if (!have_shared(s))
		(void)open_at(s, &from, true);
	if (s->count < 2)
		(void)open_at(s, &(struct endpoint){ from.ip, 0 }, false);
	shared = &s->v[0];
	plain = &s->v[1];
	way.port = remote->port ? remote->port : PORT_SHARED;
	if (is_wildcard(&from.ip))
		from.ip = source_for(&way);
	*path = (struct ike_path){ { from.ip, shared->bound.port }, way, true };
	*fallback = (struct ike_path){ { from.ip, plain->bound.port }, way, false };
	fallback->remote.port = PORT_IKE;
	if (remote->port == PORT_IKE)
		*path = *fallback;
	return !remote->port;
}

void sockets_give(struct sockets *s, uid_t uid, gid_t gid)
{
	struct stat st;

	for (size_t i = 0; i < s->count; i++) {
		if (!fstat(s->v[i].fd, &st) && st.st_uid == uid)
			continue;
		if (fchown(s->v[i].fd, uid, gid))
			cmd_fail(IKE_E_PERMISSION, NULL, "cannot hand a socket over to uid %u: %s",
				 (unsigned int)uid, strerror(errno));
	}
}
