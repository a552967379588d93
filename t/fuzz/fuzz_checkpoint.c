/* SPDX-License-Identifier: ISC */
/*
 * A record of a checkpoint, as it may be in a file: the first octet chooses the side, the rest is
 * taken or refused. What is taken is written again, taken up from that by another engine, and lives
 * for some hours of timers.
 */
#include <stdlib.h>

#include <libike/ike.h>

#define HOUR 3600000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct side {
	struct ike_engine *engine;
	struct ike_conn conn;
	struct ike_config config;
	struct arena arena;
	struct buf record;      /* the newest it has put out */
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void open_side(struct side *s, bool client, uint32_t incarnation, struct ike_now now)
{
	static const struct prefix pool = { .ip = { .len = 4, .b = { 10, 3, 0, 0 } }, .bits = 24 };
	struct buf why = { 0 };

	*s = (struct side){ .config = { .checkpoint = true, .incarnation = incarnation } };
	s->conn.name = client ? "a" : "b";
	s->conn.psk = s->conn.mobike = true;
	s->conn.psk_value = span_str("secret");
	require(!ike_proposals_parse(span_str("default"), IKE_PROTO_IKE, &s->arena, &s->conn.ike,
				     &why) &&
		!ike_proposals_parse(span_str("default"), IKE_PROTO_ESP, &s->arena, &s->conn.esp,
				     &why) &&
		!ike_ident_parse(span_str(client ? "client.test" : "gw.test"), &s->arena,
				 &s->conn.local_id) &&
		!ike_ident_parse(span_str("%any"), &s->arena, &s->conn.remote_id));
	s->conn.responder = !client;
	s->conn.pools = &pool;
	s->conn.n_pools = !client;
	s->config.conns = &s->conn;
	s->config.n_conns = 1;
	require(!ike_engine_new(&s->config, now, &s->engine));
	buf_free(&why);
}

static void close_side(struct side *s)
{
	ike_engine_free(s->engine);
	buf_free(&s->record);
	arena_drop(&s->arena);
}

static void drain(struct side *s)
{
	struct ike_out out;

	while (ike_engine_next(s->engine, &out))
		if (out.to == IKE_TO_CHECKPOINT && out.record.n) {
			buf_clear(&s->record);
			buf_add(&s->record, out.record);
		}
}

static void live(struct side *s, struct ike_now *now)
{
	struct msg holds = { .kind = MSG_K_holds };

	ike_engine_link(s->engine, *now, IKE_LINK_UP);
	ike_engine_message(s->engine, *now, &holds);
	drain(s);
	for (int i = 0; i < 64 && ike_engine_deadline(s->engine) != UINT64_MAX; i++) {
		uint64_t at = ike_engine_deadline(s->engine);

		if (at > now->ns && at - now->ns > HOUR)
			break;
		now->ns = at > now->ns ? at : now->ns;
		ike_engine_time(s->engine, *now);
		drain(s);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ike_now now = { .ns = 100 * HOUR, .wall_ms = 1800000000000 };
	bool client = size && data[0] & 1;
	struct side s, again;

	open_side(&s, client, 1000000, now);
	if (!size || ike_engine_restore(s.engine, now, span_of(data + 1, size - 1))) {
		require(ike_engine_idle(s.engine));
		close_side(&s);
		return 0;
	}
	live(&s, &now);
	if (s.record.n) {
		open_side(&again, client, 1000001, now);
		require(!ike_engine_restore(again.engine, now, buf_span(&s.record)));
		close_side(&again);
	}
	close_side(&s);
	return 0;
}
