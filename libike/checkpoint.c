/* SPDX-License-Identifier: ISC */
#include "checkpoint.h"

#include "exchange.h"

static bool lasts(const struct ike_sa *sa)
{
	return sa->since_ns && (sa->state == IKE_S_UP || sa->state == IKE_S_DELETING);
}

uint64_t ike_checkpoint_key(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

void ike_checkpoint_mark(struct ike_engine *e, struct ike_sa *sa)
{
	if (!e->config.checkpoint || sa->marked)
		return;
	sa->marked = true;
	sa->marked_next = e->marked;
	e->marked = sa;
}

static void unmark(struct ike_engine *e, struct ike_sa *sa)
{
	struct ike_sa **at = &e->marked;

	if (!sa->marked)
		return;
	while (*at != sa)
		at = &(*at)->marked_next;
	*at = sa->marked_next;
	sa->marked = false;
}

/* One record, or the word that there is none any more. */
static void put(struct ike_engine *e, struct ike_sa *sa)
{
	struct buf record = { 0 };
	enum ike_err err = IKE_OK;
	bool before = sa->saved;

	if (lasts(sa))
		err = ike_checkpoint_write(e, sa, &record);
	sa->saved = record.n != 0;
	if (err == IKE_E_MEMORY)
		e->oom = true;
	else if (sa->saved || before)
		ike_emit_record(e, ike_checkpoint_key(sa), &record);
	buf_wipe(&record);
}

static void put_all(struct ike_engine *e)
{
	ike_emit_records_begin(e);
	for (struct ike_sa *sa = e->marked; sa; sa = sa->marked_next)
		put(e, sa);
	ike_emit_records_end(e);
}

void ike_checkpoint_put(struct ike_engine *e)
{
	struct ike_sa *sa;

	if (!e->marked)
		return;
	put_all(e);
	if (e->oom) {  /* what no record vouches for is not sent */
		ike_emit_undo(e);
		for (sa = e->marked; sa; sa = sa->marked_next)
			ike_sa_dead(e, sa, IKE_E_MEMORY, NULL);
		put_all(e);
		e->oom = false;
	}
	while ((sa = e->marked)) {
		e->marked = sa->marked_next;
		sa->marked = false;
	}
}

void ike_checkpoint_forget(struct ike_engine *e, struct ike_sa *sa)
{
	struct buf none = { 0 };

	unmark(e, sa);
	if (!sa->saved || !e->config.checkpoint)
		return;
	ike_emit_records_begin(e);
	ike_emit_record(e, ike_checkpoint_key(sa), &none);
	ike_emit_records_end(e);
	sa->saved = false;
}
