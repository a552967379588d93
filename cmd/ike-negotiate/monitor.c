/* SPDX-License-Identifier: ISC */
#include "nego.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmd/lib/fail.h>

#include "watch.h"

/* A change comes in pieces: the kernel is asked a little after the first, and not too often. */
#define SETTLE_MS 5
#define PAUSE_MS 50
#define PEERS 32
#define SLEPT_NS 500000000ull  /* less is no sleep */

static uint64_t clock_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t slept(void)
{
	return clock_of(CLOCK_BOOTTIME) - clock_of(CLOCK_MONOTONIC);
}

void monitor_open(struct monitor *m, struct nego *n)
{
	int err = rtnl_open(&m->rtnl);

	m->n = n;
	m->sleep_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	m->events_fd = err ? -1 : rtnl_events();
	m->slept_ns = slept();
	if (m->events_fd < 0)
		cmd_say("changes of addresses will not be seen: no rtnetlink: %s",
			strerror(err ? err : errno));
}

/* ---- which addresses there are ---- */

static bool is_any(const struct ip *a)
{
	return ip_eq(a, &(struct ip){ .len = a->len });
}

/* The shared socket can send from there. */
static bool bound_to(const struct nego *n, const struct ip *a)
{
	const struct ip *b = &n->sockets.v[0].bound.ip;

	return is_any(b) ? b->len == 16 || b->len == a->len : ip_eq(b, a);
}

struct peers { struct ike_peer v[PEERS]; size_t n; };

/* With peers of its family, one of them can be reached from there. */
static bool leads_somewhere(struct monitor *m, const struct peers *p, const struct ip *a)
{
	uint16_t port = m->n->sockets.v[0].bound.port;
	struct rtnl_way way;
	bool any = false;

	for (size_t i = 0; i < p->n; i++) {
		if (p->v[i].at.ip.len != a->len)
			continue;
		any = true;
		if (rtnl_way(&m->rtnl, a, port, &p->v[i].at, &way))
			return true;
	}
	return !any;
}

/* The kernel takes it for a peer as it is reached now, or for one of a family that none has. */
static bool is_best(const struct rtnl_way *ways, const struct peers *p, const struct ip *a)
{
	bool used = false;

	for (size_t i = 0; i < p->n; i++)
		used |= p->v[i].used && p->v[i].at.ip.len == a->len;
	for (size_t i = 0; i < p->n; i++)
		if ((p->v[i].used || !used) && ip_eq(&ways[i].source, a))
			return true;
	return false;
}

static size_t choose(struct monitor *m, const struct rtnl_addresses *all, const struct peers *p,
		     struct ike_local out[IKE_LOCALS])
{
	struct rtnl_way ways[PEERS];
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		if (!rtnl_way(&m->rtnl, NULL, m->n->sockets.v[0].bound.port, &p->v[i].at, &ways[i]))
			ways[i].source.len = 0;
	for (int old = 0; old < 2; old++) {
		for (size_t i = 0; i < all->n && n < IKE_LOCALS; i++) {
			const struct rtnl_address *a = &all->v[i];

			if (a->old == old && bound_to(m->n, &a->ip) &&
			    (!a->tunnel || dial_left_from(m->n, &a->ip)) &&
			    leads_somewhere(m, p, &a->ip))
				out[n++] = (struct ike_local){ a->ip, is_best(ways, p, &a->ip) };
		}
	}
	return n;
}

/* At the start the peers are those of --to. */
static void find_peers(struct nego *n, struct peers *p)
{
	p->n = ike_engine_peers(n->engine, p->v, PEERS);
	if (!p->n)
		p->n = dial_peers(n, p->v, PEERS);
}

/* Are these others than last time? They are noted. */
static bool differ(struct monitor *m, const struct ike_local *v, size_t n)
{
	bool other = n != m->n_last;

	for (size_t i = 0; i < n && !other; i++)
		other = !ip_eq(&v[i].ip, &m->last[i].ip) || v[i].best != m->last[i].best;
	for (size_t i = 0; i < n; i++)
		m->last[i] = v[i];
	m->n_last = n;
	return other;
}

void monitor_look(struct monitor *m)
{
	struct ike_local local[IKE_LOCALS];
	struct ike_now now = nego_now();
	struct rtnl_addresses all = { .n = 0 };
	struct peers peers;
	size_t n;

	m->looked_ms = uv_now(&m->n->loop);
	if (m->events_fd < 0 || !rtnl_addresses(&m->rtnl, &all))
		return;
	find_peers(m->n, &peers);
	n = choose(m, &all, &peers, local);
	m->changed |= differ(m, local, n);
	if (m->n->o.from)
		return;  /* stays where it was put */
	record_addresses(&m->n->record, now, local, n);
	ike_engine_addresses(m->n->engine, now, local, n);
	nego_drain(m->n);
}

/* ---- when ---- */

static void on_timer(uv_timer_t *timer)
{
	struct monitor *m = timer->data;

	m->waiting = m->changed = false;
	monitor_look(m);
	if (m->changed)
		dial_network_changed(m->n);
}

static void on_events(void *ctx, int events)
{
	struct monitor *m = ctx;
	uint64_t since = uv_now(&m->n->loop) - m->looked_ms;

	(void)events;
	if (!rtnl_drained(m->events_fd) || m->waiting)
		return;
	m->waiting = true;
	uv_timer_start(&m->timer, on_timer, since + SETTLE_MS < PAUSE_MS ? PAUSE_MS - since :
									  SETTLE_MS, 0);
}

static void resumed(struct monitor *m)
{
	struct ike_now now;

	monitor_look(m);
	now = nego_now();
	record_input(&m->n->record, now, "resumed", NULL);
	ike_engine_resumed(m->n->engine, now);
	nego_drain(m->n);
	dial_network_changed(m->n);
}

/* The kernel cancels this timer whenever the wall clock jumps, and so after each suspend. */
static void arm_sleep(const struct monitor *m)
{
	struct itimerspec never = { .it_value = { .tv_sec = INT32_MAX } };

	(void)timerfd_settime(m->sleep_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			      NULL);
}

static void on_sleep(void *ctx, int events)
{
	struct monitor *m = ctx;
	uint64_t ticks, before = m->slept_ns;

	(void)events;
	if (read(m->sleep_fd, &ticks, sizeof ticks) < 0 && errno == EAGAIN)
		return;
	arm_sleep(m);
	m->slept_ns = slept();
	if (m->slept_ns - before >= SLEPT_NS)
		resumed(m);
}

/* Stopped and continued, as by a debugger or a frozen session: time has passed unseen too. */
static void on_continued(uv_signal_t *signal, int number)
{
	(void)number;
	resumed(signal->data);
}

void monitor_watch(struct monitor *m)
{
	uv_loop_t *loop = &m->n->loop;

	uv_timer_init(loop, &m->timer);
	uv_signal_init(loop, &m->continued);
	m->timer.data = m->continued.data = m;
	if (uv_signal_start(&m->continued, on_continued, SIGCONT))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot take signals");
	if (m->events_fd >= 0) {
		m->events = watch_new(loop, m->events_fd, on_events, m);
		watch_for(m->events, WATCH_READ);
	}
	if (m->sleep_fd < 0)
		return;
	m->sleep = watch_new(loop, m->sleep_fd, on_sleep, m);
	watch_for(m->sleep, WATCH_READ);
	arm_sleep(m);
}
