/* SPDX-License-Identifier: ISC */
#include "restart.h"

#include <libike/base/reader.h>

#include <stdio.h>
#include <stdlib.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "sim: %s\n", what);
	abort();
}

static void record_set(struct sim_keeper *k, struct sim_record *r)
{
	size_t i = 0;

	while (i < k->n && k->v[i].key != r->key)
		i++;
	if (i == k->n) {
		must(k->n < SIM_RECORDS, "too many records");
		k->v[k->n++].key = r->key;
	}
	buf_free(&k->v[i].bytes);
	k->v[i].bytes = r->bytes;
	r->bytes = (struct buf){ 0 };
	if (!k->v[i].bytes.n)
		k->v[i] = k->v[--k->n];
}

/* All of a group are kept, or none. */
static void record_take(struct sim_keeper *k, const struct ike_out *out)
{
	struct sim_record *r = &k->group[k->n_group++];

	must(k->n_group < SIM_RECORDS, "too large a group of records");
	*r = (struct sim_record){ .key = out->ike };
	buf_add(&r->bytes, out->record);
	if (out->more)
		return;
	for (size_t i = 0; i < k->n_group; i++)
		record_set(k, &k->group[i]);
	k->n_group = 0;
}

static void hold(struct sim *s, struct sim_side *side)
{
	struct msg m = { .kind = MSG_K_holds };
	uint64_t ids[SIM_SAS];
	size_t n = 0;

	for (size_t i = 0; i < side->n_sas; i++)
		if (side->sas[i].committed && !side->sas[i].gone)
			ids[n++] = side->sas[i].id;
	m.holds.ids = (struct msg_uints){ ids, n };
	ike_engine_message(side->engine, s->now, &m);
}

void sim_restart(struct sim *s)
{
	struct sim_keeper *k = s->keeper;
	struct sim_side *side = k->side;
	enum ike_err err;

	for (size_t i = 0; i < k->n_group; i++)
		buf_free(&k->group[i].bytes);
	k->n_group = 0;
	k->kills++;
	ike_engine_free(side->engine);
	side->config.incarnation++;
	side->config.first_id = (uint64_t)side->config.incarnation << 32;
	must(!ike_engine_new(&side->config, s->now, &side->engine), "no engine");
	for (size_t i = 0; i < k->n; i++) {
		err = ike_engine_restore(side->engine, s->now, buf_span(&k->v[i].bytes));
		k->refused += err != IKE_OK;
	}
	ike_engine_link(side->engine, s->now, IKE_LINK_UP);
	hold(s, side);
}

static uint64_t number(struct span s, size_t at, size_t n)
{
	struct rd r = rd_of(s);

	rd_skip(&r, at);
	return rd_uint(&r, n);
}

/* A message ID stands for one message, an IV for one datagram (RFC 7296 2.2, RFC 5282 3). */
static void watch(struct sim_keeper *k, struct sim_side *from, struct span d)
{
	struct sim_sent n = { .from = from, .spi_i = number(d, 0, 8), .spi_r = number(d, 8, 8),
			      .iv = number(d, 32, 8), .id = (uint32_t)number(d, 20, 4),
			      .response = number(d, 19, 1) & 0x20, .hash = 0xcbf29ce484222325u };

	if (d.n < 60 || number(d, 16, 1) != 46)
		return;
	for (size_t i = 0; i < d.n; i++)
		n.hash = (n.hash ^ d.p[i]) * 0x100000001b3u;
	for (size_t i = 0; i < k->n_sent; i++) {
		const struct sim_sent *o = &k->sent[i];

		if (o->from != n.from || o->spi_i != n.spi_i || o->spi_r != n.spi_r ||
		    o->hash == n.hash)
			continue;
		k->repeated_ids += o->id == n.id && o->response == n.response;
		k->repeated_ivs += o->iv == n.iv;
	}
	must(k->n_sent < SIM_DATAGRAMS, "too many datagrams");
	k->sent[k->n_sent++] = n;
}

static bool opens(const struct sim_sa *in, uint32_t spi, uint64_t now)
{
	return in->in && in->committed && in->spi == spi && (!in->gone || in->lingers_ns > now);
}

static bool can_open(const struct sim_side *x, const struct sim_side *peer, uint64_t now)
{
	for (size_t i = 0; i < x->n_sas; i++) {
		const struct sim_sa *o = &x->sas[i];
		bool held = !o->outbound || o->gone;

		for (size_t j = 0; !held && j < peer->n_sas; j++)
			held = opens(&peer->sas[j], o->spi, now);
		if (!held)
			return false;
	}
	return true;
}

static bool on_output(struct sim *s, struct sim_side *side, const struct ike_out *out)
{
	struct sim_keeper *k = s->keeper;

	k->lost += !can_open(&s->a, &s->b, s->now.ns) || !can_open(&s->b, &s->a, s->now.ns);
	if (side == k->side && !k->dead && k->die_at && ++k->outputs == k->die_at) {
		k->dead = true;
		sim_restart(s);
		return true;
	}
	if (out->to == IKE_TO_PEER)
		watch(k, side, out->datagram);
	if (out->to == IKE_TO_CHECKPOINT && side == k->side)
		record_take(k, out);
	return false;
}

void sim_keep(struct sim *s, struct sim_keeper *k, struct sim_side *side)
{
	*k = (struct sim_keeper){ .side = side };
	s->keeper = k;
	s->on_output = on_output;
	side->config.checkpoint = true;
	side->config.incarnation = 1;
}

void sim_keeper_end(struct sim_keeper *k)
{
	for (size_t i = 0; i < k->n; i++)
		buf_free(&k->v[i].bytes);
	for (size_t i = 0; i < k->n_group; i++)
		buf_free(&k->group[i].bytes);
	k->n = k->n_group = 0;
}
