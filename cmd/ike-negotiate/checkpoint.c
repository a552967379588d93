/* SPDX-License-Identifier: ISC */
#include "checkpoint.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libike/base/reader.h>

#include "checkpoint_file.h"
#include "nego.h"

#define SLACK (64 * 1024)  /* below that a file may grow as it likes */

/* ---- what lives ---- */

static struct live *live_of(const struct checkpoint *c, uint64_t key)
{
	struct ike_node *node = ike_table_find(&c->by_key, key);

	return node ? IKE_OF(node, struct live, by_key) : NULL;
}

static void live_drop(struct checkpoint *c, struct live *l)
{
	if (l->next)
		l->next->prev = l->prev;
	*(l->prev ? &l->prev->next : &c->first) = l->next;
	ike_table_remove(&c->by_key, &l->by_key);
	c->living -= l->n;
	free(l);
}

static bool live_set(struct checkpoint *c, uint64_t key, uint64_t at, uint32_t n)
{
	struct live *l = live_of(c, key);

	if (l && !n)
		live_drop(c, l);
	if (!n)
		return true;
	if (!l) {
		l = calloc(1, sizeof *l);
		if (!l || !ike_table_add(&c->by_key, &l->by_key, key)) {
			free(l);
			return false;
		}
		l->next = c->first;
		if (l->next)
			l->next->prev = l;
		c->first = l;
	}
	c->living = c->living - l->n + n;
	l->at = at;
	l->n = n;
	return true;
}

/* Notes where the records of an entry are, which begins at `at`. */
static bool note_entry(struct checkpoint *c, struct span body, uint64_t at)
{
	struct rd r = rd_of(body);

	while (!r.bad && rd_left(&r)) {
		uint64_t key = rd_uint(&r, 8), n = rd_uint(&r, 4);
		uint64_t here = at + body.n - rd_left(&r);

		(void)rd_take(&r, n);
		if (r.bad || !live_set(c, key, here, (uint32_t)n))
			return false;
	}
	return true;
}

void checkpoint_scan(struct checkpoint *c, struct span log)
{
	struct span in = span_of(log.p + CHECKPOINT_HEADER, log.n - CHECKPOINT_HEADER), body;

	while (checkpoint_entry(&in, &body))
		if (!note_entry(c, body, (uint64_t)(body.p - log.p)))
			return;
}

/* ---- writing ---- */

static void give_up(struct checkpoint *c, const char *why)
{
	c->on = false;
	for (int i = 0; i < 2; i++)
		checkpoint_empty(&c->v[i]);
	nego_warn(c->n, "checkpoint", "no checkpoints any more: %s", why);
}

/* One group as an entry of its own. */
static bool add(struct checkpoint_file *f, struct span group)
{
	struct buf entry = { 0 };
	bool ok;

	checkpoint_entry_make(group, &entry);
	ok = !entry.bad && checkpoint_write(f->fd, f->size, buf_span(&entry));
	f->size += ok ? entry.n : 0;
	buf_wipe(&entry);
	return ok;
}

static bool copy_live(const struct checkpoint_file *from, struct checkpoint_file *to,
		      struct live *l)
{
	struct buf group = { 0 };
	uint8_t *room;
	bool ok;

	buf_add_uint(&group, 8, l->by_key.key);
	buf_add_uint(&group, 4, l->n);
	room = buf_room(&group, l->n);
	ok = room && pread(from->fd, room, l->n, (off_t)l->at) == (ssize_t)l->n;
	l->at = to->size + CHECKPOINT_ENTRY + 12;
	ok = ok && add(to, buf_span(&group));
	buf_wipe(&group);
	return ok;
}

bool checkpoint_turn(struct checkpoint *c)
{
	struct checkpoint_file *from = &c->v[c->at], *to = &c->v[!c->at];
	struct buf header = { 0 };
	bool ok = checkpoint_empty(to);

	to->size = CHECKPOINT_HEADER;
	for (struct live *l = c->first; ok && l; l = l->next)
		ok = copy_live(from, to, l);
	c->turns++;
	checkpoint_header_make(c, &header);
	ok = ok && !header.bad && checkpoint_write(to->fd, 0, buf_span(&header));
	buf_free(&header);
	if (!ok)
		return false;
	c->at = !c->at;
	return checkpoint_empty(from);
}

static void write_group(struct checkpoint *c)
{
	struct checkpoint_file *f = &c->v[c->at];
	uint64_t at = f->size + CHECKPOINT_ENTRY;

	if (c->group.bad || !add(f, buf_span(&c->group)) ||
	    !note_entry(c, buf_span(&c->group), at))
		give_up(c, "a record cannot be written");
	else if (f->size > 2 * c->living + SLACK && !checkpoint_turn(c))
		give_up(c, "the log cannot be written anew");
}

void checkpoint_put(struct checkpoint *c, const struct ike_out *out)
{
	if (!c->on)
		return;
	buf_add_uint(&c->group, 8, out->ike);
	buf_add_uint(&c->group, 4, out->record.n);
	buf_add(&c->group, out->record);
	if (out->more)
		return;
	write_group(c);
	buf_wipe(&c->group);
}

/* ---- the next one ---- */

void checkpoint_config(const struct checkpoint *c, struct ike_config *config)
{
	config->checkpoint = c->on;
	config->incarnation = c->incarnation;
}

static enum ike_err restore(struct checkpoint *c, const struct live *l, struct ike_now now)
{
	struct buf record = { 0 };
	uint8_t *room = buf_room(&record, l->n);
	enum ike_err err = IKE_E_MEMORY;

	if (room)
		err = pread(c->v[c->at].fd, room, l->n, (off_t)l->at) == (ssize_t)l->n ?
			      ike_engine_restore(c->n->engine, now, buf_span(&record)) :
			      IKE_E_SYSTEM;
	buf_wipe(&record);
	return err;
}

/* A record that nobody wants is written off: it will not be wanted later. */
void checkpoint_restore(struct checkpoint *c)
{
	struct ike_now now = nego_now();

	for (struct live *l = c->first, *next; l; l = next) {
		enum ike_err err = restore(c, l, now);

		next = l->next;
		if (!err) {
			c->restored++;
			continue;
		}
		c->refused++;
		nego_warn(c->n, "checkpoint", "an IKE_SA is not taken up again: %s",
			  err == IKE_E_CONFIG ? "its connection is gone" :
						ike_err_sentence(err));
		checkpoint_put(c, &(struct ike_out){ .ike = l->by_key.key });
	}
	if (c->restored)
		nego_warn(c->n, "restored", "%zu IKE_SAs of before are taken up again",
			  c->restored);
}

void checkpoint_end(struct checkpoint *c)
{
	for (int i = 0; c->on && i < 2; i++)
		checkpoint_empty(&c->v[i]);
	c->on = false;
	while (c->first)
		live_drop(c, c->first);
	ike_table_free(&c->by_key);
}
