/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>

#include "apply.h"

__attribute__((format(printf, 4, 5)))
static enum ike_err refuse(struct setup *c, enum ike_err err, const char *hint,
			   const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->sentence, sizeof c->sentence, fmt, ap);
	va_end(ap);
	c->hint = hint;
	return err;
}

/* What a message is about, for people. */
static const char *about(const struct msg *m, char *out, size_t n)
{
	char text[INET_TEXT];

	switch (m->kind) {
	case MSG_K_link:
		snprintf(out, n, "interface %.*s", (int)m->link.name.n,
			 (const char *)m->link.name.p);
		break;
	case MSG_K_address:
		snprintf(out, n, "address %s of %.*s", prefix_text(&m->address.prefix, text),
			 (int)m->address.link.n, (const char *)m->address.link.p);
		break;
	case MSG_K_route:
		snprintf(out, n, "%sroute %s", span_is(m->route.type, "unreachable") ?
			 "unreachable " : "", prefix_text(&m->route.to, text));
		break;
	default:
		snprintf(out, n, "rule of priority %u", (unsigned int)m->rule.priority);
		break;
	}
	return out;
}

static enum ike_err kernel_refused(struct setup *c, const struct msg *m, int err)
{
	const char *said = nl_said(&c->nl);
	char what[128];

	about(m, what, sizeof what);
	if (err == EPERM || err == EACCES)
		return refuse(c, IKE_E_PERMISSION, "grant CAP_NET_ADMIN; without root: "
			      "unshare -U --map-current-user --keep-caps -n",
			      "cannot set %s: permission denied", what);
	if (err == ENODEV)
		return refuse(c, IKE_E_NO_INPUT, NULL, "cannot set %s: no such interface", what);
	return refuse(c, IKE_E_SYSTEM, NULL, "cannot set %s: %s%s%s", what, strerror(err),
		      *said ? ": " : "", said);
}

/* The interface a message names; empty if it names none. */
static struct span link_of(const struct msg *m)
{
	switch (m->kind) {
	case MSG_K_link: return m->link.name;
	case MSG_K_address: return m->address.link;
	case MSG_K_route: return m->route.link;
	default: return span_of(NULL, 0);
	}
}

static int find_link(struct setup *c, const struct msg *m, struct nl_link *out)
{
	struct span name = link_of(m);
	char text[IF_NAMESIZE];

	*out = (struct nl_link){ 0 };
	if (name.n == 0)
		return 0;
	if (name.n >= IF_NAMESIZE)
		return ENODEV;
	snprintf(text, sizeof text, "%.*s", (int)name.n, (const char *)name.p);
	return nl_get_link(&c->nl, text, out);
}

/* The change that a message asks for, made or taken back. */
static int change(struct setup *c, const struct msg *m, uint32_t index, bool add)
{
	switch (m->kind) {
	case MSG_K_address: return nl_address(&c->nl, &m->address, index, add);
	case MSG_K_route: return nl_route(&c->nl, &m->route, index, add);
	case MSG_K_rule: return nl_rule(&c->nl, &m->rule, add);
	default: break;
	}
	if (m->link.mtu)
		return nl_set_mtu(&c->nl, index, (uint32_t)m->link.mtu);
	return nl_set_up(&c->nl, index, add);
}

/* Notes how to go back, then goes. */
static enum ike_err journalled(struct setup *c, const struct msg *back, const struct msg *m,
			       uint32_t index, int *err)
{
	enum ike_err noted = journal_add(&c->journal, back, index);

	if (noted)
		return refuse(c, noted, "is the file system of the journal full?",
			      "cannot write the journal");
	*err = change(c, m, index, true);
	if (*err && journal_strike(&c->journal, c->journal.count - 1))
		return refuse(c, IKE_E_CREATE, NULL, "cannot write the journal");
	return IKE_OK;
}

static enum ike_err set_link(struct setup *c, const struct msg *m, const struct nl_link *was)
{
	struct msg go = { .kind = MSG_K_link }, back;
	enum ike_err failed = IKE_OK;
	int err = 0;

	go.link.name = m->link.name;
	back = go;
	if (m->link.mtu && m->link.mtu != was->mtu) {
		go.link.mtu = m->link.mtu;
		back.link.mtu = was->mtu;
		failed = journalled(c, &back, &go, was->index, &err);
		go.link.mtu = back.link.mtu = 0;
	}
	if (m->link.up && !was->up && !failed && !err)
		failed = journalled(c, &back, &go, was->index, &err);
	return failed ? failed : err ? kernel_refused(c, m, err) : IKE_OK;
}

static bool stands(struct setup *c, const struct msg *m, uint32_t index)
{
	switch (m->kind) {
	case MSG_K_address: return nl_has_address(&c->nl, &m->address, index);
	case MSG_K_route: return nl_has_route(&c->nl, &m->route, index);
	default: return true;  /* rules are told apart by all they say */
	}
}

/* Ours already (of an earlier process, say): then only the kernel may have lost it. */
static enum ike_err add_again(struct setup *c, const struct msg *m, uint32_t index, size_t at)
{
	struct change *known = &c->journal.v[at];
	int err = change(c, m, index, true);

	if (err && err != EEXIST)
		return kernel_refused(c, m, err);
	if (index == known->index) {
		return IKE_OK;
	}
	if (journal_strike(&c->journal, at) || journal_add(&c->journal, m, index))
		return refuse(c, IKE_E_CREATE, NULL, "cannot write the journal");
	return IKE_OK;
}

static enum ike_err add(struct setup *c, const struct msg *m, uint32_t index)
{
	long known = journal_find(&c->journal, m);
	enum ike_err failed;
	char what[128];
	int err = 0;

	if (known >= 0)
		return add_again(c, m, index, (size_t)known);
	/* An address has no mark that tells ours from others: so it is looked for before. */
	if (m->kind == MSG_K_address && stands(c, m, index))
		return IKE_OK;
	failed = journalled(c, m, m, index, &err);
	if (failed || !err)
		return failed;
	if (err != EEXIST)
		return kernel_refused(c, m, err);
	if (stands(c, m, index))
		return IKE_OK;
	return refuse(c, IKE_E_CREATE, "see ip route show table all, ip rule show",
		      "%s is there already, and leads elsewhere", about(m, what, sizeof what));
}

static bool gone(int err)
{
	return err == ENODEV || err == ESRCH || err == ENOENT || err == EADDRNOTAVAIL;
}

/* Takes back the change at that place; one whose interface is another by now is gone with it. */
static enum ike_err undo(struct setup *c, size_t at)
{
	const struct change *known = &c->journal.v[at];
	const struct msg *m = known->m;
	struct nl_link link;
	int err = find_link(c, m, &link);

	if (!err && link.index == known->index)
		err = change(c, m, link.index, false);
	if (err && !gone(err))
		return kernel_refused(c, m, err);
	if (journal_strike(&c->journal, at))
		return refuse(c, IKE_E_CREATE, NULL, "cannot write the journal");
	return IKE_OK;
}

static enum ike_err take_away(struct setup *c, const struct msg *m)
{
	struct msg added = *m;
	char what[128];
	long known;

	if (m->kind == MSG_K_address)
		added.address.remove = false;
	else if (m->kind == MSG_K_route)
		added.route.remove = false;
	else
		added.rule.remove = false;
	known = journal_find(&c->journal, &added);
	if (known < 0)
		return refuse(c, IKE_E_NO_INPUT, "what others added is not removed here",
			      "%s was not added here", about(m, what, sizeof what));
	return undo(c, (size_t)known);
}

static enum ike_err nonsense(struct setup *c, const char *what)
{
	return refuse(c, IKE_E_INPUT, "ike-messages(5) lists the fields", "%s", what);
}

static enum ike_err check_route(struct setup *c, const struct msg_route *r)
{
	bool fence = span_is(r->type, "unreachable"), way = r->link.n || r->via.len;

	if (r->type.n && !fence && !span_is(r->type, "unicast"))
		return nonsense(c, "a route is unicast or unreachable");
	if (fence && way)
		return nonsense(c, "an unreachable route has neither link nor via");
	if (!fence && !way)
		return nonsense(c, "a route needs a link or via");
	if ((r->via.len && r->via.len != r->to.ip.len) ||
	    (r->source.len && r->source.len != r->to.ip.len))
		return nonsense(c, "a route mixes IPv4 and IPv6");
	if (r->table > UINT32_MAX || r->metric > UINT32_MAX)
		return nonsense(c, "a number of the route is too large");
	return IKE_OK;
}

static enum ike_err check_rule(struct setup *c, const struct msg_rule *r)
{
	uint8_t len = r->family == 4 ? 4 : 16;

	if (r->family != 4 && r->family != 6)
		return nonsense(c, "the family of a rule is 4 or 6");
	if ((r->to.ip.len && r->to.ip.len != len) || (r->from.ip.len && r->from.ip.len != len))
		return nonsense(c, "a rule mixes IPv4 and IPv6");
	if (r->protocol > 255 || r->sport > 65535 || r->dport > 65535 || r->suppress_prefix > 129 ||
	    r->priority > UINT32_MAX || r->table > UINT32_MAX)
		return nonsense(c, "a number of the rule is too large");
	return IKE_OK;
}

static enum ike_err check(struct setup *c, const struct msg *m)
{
	switch (m->kind) {
	case MSG_K_route: return check_route(c, &m->route);
	case MSG_K_rule: return check_rule(c, &m->rule);
	default: break;
	}
	if (m->kind == MSG_K_link && m->link.mtu > 65535)
		return nonsense(c, "an MTU is 65535 at most");
	return IKE_OK;
}

static bool removes(const struct msg *m)
{
	return (m->kind == MSG_K_address && m->address.remove) ||
	       (m->kind == MSG_K_route && m->route.remove) ||
	       (m->kind == MSG_K_rule && m->rule.remove);
}

enum ike_err setup_apply(struct setup *c, const struct msg *m)
{
	enum ike_err failed = check(c, m);
	struct nl_link link;
	int err;

	if (failed)
		return failed;
	if (removes(m))
		return take_away(c, m);
	err = find_link(c, m, &link);
	if (err)
		return kernel_refused(c, m, err);
	failed = m->kind == MSG_K_link ? set_link(c, m, &link) : add(c, m, link.index);
	c->asked |= !failed;
	return failed;
}

static bool is_fence(const struct msg *m)
{
	return m->kind == MSG_K_route && span_is(m->route.type, "unreachable");
}

enum ike_err setup_undo(struct setup *c, enum undo what)
{
	enum ike_err err, last = IKE_OK;
	bool fenced = false;

	if (what == UNDO_RUN && !c->asked)
		return IKE_OK;
	for (size_t i = 0; i < c->journal.count; i++)
		fenced |= is_fence(c->journal.v[i].m);
	for (size_t i = c->journal.count; i-- > 0;) {
		const struct change *known = &c->journal.v[i];

		if (what == UNDO_BUT_FENCE &&
		    (is_fence(known->m) || (fenced && known->m->kind == MSG_K_rule)))
			continue;
		err = undo(c, i);
		if (err)
			last = err;
	}
	return last;
}
