/* SPDX-License-Identifier: ISC */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cmd/lib/fail.h>
#include <cmd/lib/fds.h>
#include <libike/iana.h>

#include "outcome.h"
#include "seeded.h"
#include "verify.h"
#include "watch.h"

#define NS 1000000000ull
#define STOP_MS 3000  /* for Deletes to be answered */

struct ike_now nego_now(void)
{
	struct timespec up, wall;

	clock_gettime(CLOCK_BOOTTIME, &up);
	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct ike_now){ (uint64_t)up.tv_sec * NS + (uint64_t)up.tv_nsec,
				 (uint64_t)wall.tv_sec * 1000 + (uint64_t)wall.tv_nsec / 1000000 };
}

static void finish(struct nego *n)
{
	if (n->finished)
		return;
	n->finished = true;
	outcome_say(n);
	checkpoint_end(&n->checkpoint);
	data_bye(&n->data, n->outcome.status, n->outcome.sentence, n->outcome.hint);
	uv_stop(&n->loop);
}

static void arm(struct nego *n)
{
	/* What is taken up again waits for what the data plane holds. */
	uint64_t at = n->begun ? ike_engine_deadline(n->engine) : UINT64_MAX;
	struct itimerspec t = { { 0, 0 }, { 0, 0 } };

	if (at != UINT64_MAX) {
		t.it_value.tv_sec = (time_t)(at / NS);
		t.it_value.tv_nsec = (long)(at % NS);
		if (!at)
			t.it_value.tv_nsec = 1;
	}
	if (timerfd_settime(n->clock->fd, TFD_TIMER_ABSTIME, &t, NULL))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot set the timer: %s", strerror(errno));
}

static void give(struct nego *n, const struct ike_out *out)
{
	switch (out->to) {
	case IKE_TO_PEER:
		record_output(&n->record, out);
		sockets_send(&n->sockets, &out->path, out->datagram);
		break;
	case IKE_TO_DATA: data_send(&n->data, out->msg); break;
	case IKE_TO_SIGNER: signers_send(n, out->msg); break;
	case IKE_TO_VERIFIER: verify_answer(n, &out->msg->verify); break;
	case IKE_TO_CHECKPOINT: checkpoint_put(&n->checkpoint, out); break;
	case IKE_TO_KEYLOG: outcome_keylog(n, &out->msg->keylog); break;
	case IKE_TO_EVENTS:
		if (!control_answer(&n->control, out->msg))
			outcome_event(n, out->msg);
		break;
	}
}

void nego_drain(struct nego *n)
{
	struct ike_out out;

	if (n->draining || n->finished)
		return;
	n->draining = true;
	while (!data_blocked(&n->data) && ike_engine_next(n->engine, &out))
		give(n, &out);
	n->draining = false;
	arm(n);
	if (n->stopping && ike_engine_idle(n->engine))
		finish(n);
}

void nego_message(struct nego *n, const struct msg *m)
{
	struct ike_now now = nego_now();

	record_message(&n->record, now, m);
	ike_engine_message(n->engine, now, m);
	nego_drain(n);
}

/* A request of IKE_SA_INIT, as far as its header tells: a handshake may begin. */
static bool is_first(struct span d)
{
	return d.n > 19 && d.p[18] == IKE_SA_INIT && !(d.p[19] & IKE_FLAG_RESPONSE);
}

void nego_datagram(struct nego *n, const struct ike_path *path, struct span datagram)
{
	struct ike_now now;

	if (is_first(datagram) && reload_hold(&n->reload, path, datagram))
		return;
	now = nego_now();
	record_datagram(&n->record, now, path, datagram);
	ike_engine_datagram(n->engine, now, path, datagram);
	nego_drain(n);
}

void nego_link(struct nego *n, enum ike_link link)
{
	static const char *const words[] = { "none", "up", "lost" };
	struct ike_now now = nego_now();

	record_input(&n->record, now, "link",
		     &(struct msg_input){ .link = span_str(words[link]) });
	ike_engine_link(n->engine, now, link);
	nego_drain(n);
}

void nego_begin(struct nego *n)
{
	if (n->begun)
		return;
	n->begun = true;
	uv_timer_stop(&n->begin_timer);
	sockets_watch(&n->sockets, n);
	if (!n->calls)
		cmd_ready(n->o.ready_fd);
	for (size_t i = 0; i < n->n_conns; i++)
		if (n->conns[i]->n_hosts)
			dial_begin(n, n->conns[i]);
	if (!n->dials)
		monitor_look(&n->monitor);
	nego_drain(n);
}

/* No data plane has connected in time: on without one. */
static void on_begin(uv_timer_t *timer)
{
	struct nego *n = timer->data;

	nego_link(n, n->data.mode == DATA_LINK ? IKE_LINK_LOST : IKE_LINK_NONE);
	nego_begin(n);
}

static void on_stop(uv_timer_t *timer)
{
	finish(timer->data);
}

void nego_end(struct nego *n, int status, const char *sentence, const char *hint)
{
	struct ike_now now;

	outcome_set(&n->outcome, status, sentence, hint);
	if (n->stopping)
		return;
	n->stopping = true;
	uv_timer_start(&n->stop_timer, on_stop, STOP_MS, 0);
	now = nego_now();
	record_input(&n->record, now, "stop", NULL);
	ike_engine_stop(n->engine, now);
	nego_drain(n);
}

static void on_clock(void *ctx, int events)
{
	struct nego *n = ctx;
	struct ike_now now;
	uint64_t ticks;

	(void)events;
	if (read(n->clock->fd, &ticks, sizeof ticks) < 0)
		return;  /* set anew since */
	now = nego_now();
	record_input(&n->record, now, "time", NULL);
	ike_engine_time(n->engine, now);
	nego_drain(n);
}

/* The second one does not wait for the peers. */
static void on_signal(uv_signal_t *signal, int number)
{
	struct nego *n = signal->data;

	if (number == SIGHUP) {
		if (!reload_start(&n->reload, span_of(NULL, 0)))
			nego_warn(n, "reload", "connections cannot be read now");
		return;
	}
	if (n->stopping)
		finish(n);
	else
		nego_end(n, 0, "stopped by a signal", NULL);
}

void loop_init(struct nego *n)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || uv_loop_init(&n->loop))
		cmd_fail(IKE_E_SYSTEM, NULL, "cannot make the event loop: %s", strerror(errno));
	n->clock = watch_new(&n->loop, fd, on_clock, n);
	watch_for(n->clock, WATCH_READ);
	reload_init(&n->reload, n);
	uv_timer_init(&n->loop, &n->begin_timer);
	uv_timer_init(&n->loop, &n->stop_timer);
	uv_timer_init(&n->loop, &n->hold_timer);
	n->begin_timer.data = n->stop_timer.data = n->hold_timer.data = n;
	for (size_t i = 0; i < 3; i++) {
		uv_signal_init(&n->loop, &n->signals[i]);
		n->signals[i].data = n;
		if (uv_signal_start(&n->signals[i], on_signal, numbers[i]))
			cmd_fail(IKE_E_SYSTEM, NULL, "cannot take signals");
	}
}

int loop_run(struct nego *n, int link, int control)
{
	signers_watch(n);
	reload_watch(&n->reload);
	monitor_watch(&n->monitor);
	if (control >= 0)
		control_watch(&n->control, n, control);
	uv_timer_start(&n->begin_timer, on_begin, DATA_WAIT_MS, 0);
	data_start(&n->data, link);
	uv_run(&n->loop, UV_RUN_DEFAULT);
	ike_engine_free(n->engine);
	seeded_free();
	spawner_end(&n->spawner);
	for (size_t i = 0; i < n->n_conns; i++)
		conn_free(n->conns[i]);
	free(n->conns);
	reload_free(&n->reload);
	while (n->signers)
		signer_drop(&n->signers);
	return n->outcome.status;
}
