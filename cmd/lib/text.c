/* SPDX-License-Identifier: ISC */
/* Messages as lines for people: events in words, all else as name=value. */
#include <time.h>

#include <libike/base/message_rows.h>

#include "stream.h"

/* Can it stand without quotes around it? */
static bool is_bare(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] == '"' || s.p[i] == '=')
			return false;
	return s.n != 0;
}

/* Text that a peer may have chosen: no control character reaches a terminal, C1 ones included. */
static void add_plain(struct buf *b, struct span s)
{
	for (size_t n; s.n; s = span_of(s.p + n, s.n - n)) {
		bool bad;

		n = msg_utf8(s);
		bad = n == 0 || s.p[0] < 0x20 || s.p[0] == 0x7f ||
		      (n == 2 && s.p[0] == 0xc2 && s.p[1] < 0xa0);
		buf_add(b, bad ? span_str("?") : span_of(s.p, n));
		n = n ? n : 1;
	}
}

static void add_value(struct buf *b, enum msg_type type, const void *v, bool secrets)
{
	struct buf json = { 0 };
	struct span s;

	if (type == MSG_T_TEXT) {
		s = *(const struct span *)v;
		buf_add_str(b, is_bare(s) ? "" : "\"");
		add_plain(b, s);
		buf_add_str(b, is_bare(s) ? "" : "\"");
		return;
	}
	(void)msg_json_value(&json, type, v, secrets);
	s = buf_span(&json);
	if (s.n >= 2 && s.p[0] == '"')
		s = span_of(s.p + 1, s.n - 2);
	buf_add(b, s);
	b->bad |= json.bad;
	buf_free(&json);
}

static void add_field(struct buf *b, enum msg_type type, const void *field, bool secrets)
{
	enum msg_type item = msg_item_type(type);
	struct msg_items list;

	if (!item) {
		add_value(b, type, field, secrets);
		return;
	}
	list = msg_items_get(field);
	for (size_t i = 0; i < list.n; i++) {
		buf_add_str(b, i ? "," : "");
		add_value(b, item, (const uint8_t *)list.v + i * msg_type_size(item), secrets);
	}
}

/* "sa-begin id=7 child=1 dir=in ..." */
static void add_all(const struct msg *m, bool secrets, struct buf *b)
{
	const struct msg_row *rows;
	size_t n = msg_rows(m->kind, &rows);
	char name[MSG_NAME_MAX];

	buf_add_str(b, msg_kind_name(m->kind));
	for (size_t i = 0; i < n; i++) {
		if (!msg_row_present(&rows[i], &m->hello))
			continue;
		buf_printf(b, " %s=", msg_wire_name(rows[i].name, name));
		add_field(b, rows[i].type, msg_field(m, &rows[i]), secrets);
	}
}

/* The field of that C name; NULL when the kind has none or it is empty. */
static const void *field(const struct msg *m, const char *name, enum msg_type *type)
{
	const struct msg_row *rows;
	size_t n = msg_rows(m->kind, &rows);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		*type = rows[i].type;
		return msg_row_present(&rows[i], &m->hello) ? msg_field(m, &rows[i]) : NULL;
	}
	return NULL;
}

/* What stands before the field, the field, and what stands behind it; nothing when it is empty. */
static void add(struct buf *b, const struct msg *m, const char *before, const char *name,
		const char *after)
{
	enum msg_type type = MSG_T_NONE;
	const void *v = field(m, name, &type);

	if (!v)
		return;
	buf_add_str(b, before);
	if (type == MSG_T_TEXT)
		add_plain(b, *(const struct span *)v);
	else
		add_field(b, type, v, false);
	buf_add_str(b, after);
}

static void add_head(struct buf *b, const struct msg *m)
{
	enum msg_type type = MSG_T_NONE;
	const uint64_t *ms = field(m, "time", &type);
	char text[32] = "";
	struct tm tm;
	time_t t;

	if (ms) {
		t = (time_t)(*ms / 1000);
		if (localtime_r(&t, &tm) && strftime(text, sizeof text, "%H:%M:%S", &tm))
			buf_printf(b, "%s.%03u ", text, (unsigned int)(*ms % 1000));
	}
	add(b, m, "[", "conn", "] ");
	if (!field(m, "peer", &type)) {
		add(b, m, "", "identity", ": ");
		return;
	}
	add(b, m, "", "peer", "");
	add(b, m, " (", "identity", ")");
	buf_add_str(b, ": ");
}

static void text_ike_sa(struct buf *b, const struct msg *m)
{
	add(b, m, "IKE_SA ", "ike", " ");
	buf_add_str(b, "up");
	add(b, m, ", we are ", "role", "");
	add(b, m, " ", "our_identity", "");
	add(b, m, ", ", "proposal", "");
	add(b, m, ", peer proven by ", "auth", "");
	add(b, m, ", inner address ", "addresses", "");
	if (m->ike_sa.handshake_us)
		buf_printf(b, ", in %.1f ms", (double)m->ike_sa.handshake_us / 1000);
}

static void text_child_sa(struct buf *b, const struct msg *m)
{
	add(b, m, "CHILD_SA ", "child", " ");
	buf_add_str(b, "up");
	add(b, m, ": ", "local_ts", "");
	add(b, m, " to ", "remote_ts", "");
	add(b, m, ", ", "proposal", "");
	add(b, m, ", SPI in ", "spi_in", "");
	add(b, m, " out ", "spi_out", "");
	buf_add_str(b, m->child_sa.encap ? ", in UDP" : "");
}

/* "IKE_SA 1" or "CHILD_SA 3" by what the message is about. */
static void add_subject(struct buf *b, const struct msg *m, struct span what)
{
	bool child = span_is(what, "child");

	buf_add_str(b, child ? "CHILD_SA" : "IKE_SA");
	add(b, m, " ", child ? "child" : "ike", "");
}

static void text_rekeyed(struct buf *b, const struct msg *m)
{
	add_subject(b, m, m->rekeyed.what);
	buf_add_str(b, " rekeyed");
	add(b, m, " by ", "by", "");
	add(b, m, ", ", "proposal", "");
	add(b, m, ", SPI in ", "spi_in", "");
	add(b, m, " out ", "spi_out", "");
}

static void text_down(struct buf *b, const struct msg *m)
{
	add_subject(b, m, m->down.what);
	buf_add_str(b, " ended");
	add(b, m, ": ", "sentence", "");
	add(b, m, " (", "reason", ")");
}

/* refused and warning have the same last fields */
static void text_trouble(struct buf *b, const struct msg *m)
{
	buf_add_str(b, m->kind == MSG_K_refused ? "refused" : "warning");
	add(b, m, ": ", "sentence", "");
	add(b, m, " (", "reason", ")");
	add(b, m, ", ", "count", " times");
	add(b, m, "; hint: ", "hint", "");
}

static void text_exchange(struct buf *b, const struct msg *m)
{
	const struct msg_exchange *x = &m->exchange;

	buf_add_str(b, span_is(x->dir, "in") ? "<- " : "-> ");
	add_plain(b, x->exchange);
	buf_printf(b, " %s %llu {", x->response ? "response" : "request",
		   (unsigned long long)x->message_id);
	for (size_t i = 0; i < x->payloads.n; i++) {
		buf_add_str(b, " ");
		add_plain(b, x->payloads.v[i]);
	}
	buf_add_str(b, " }");
	add(b, m, " ", "bytes", " octets");
	add(b, m, ", sent again ", "retransmit", "");
	add(b, m, ", ", "note", "");
}

static void text_bye(struct buf *b, const struct msg *m)
{
	buf_printf(b, "ended with status %llu", (unsigned long long)m->bye.status);
	add(b, m, ": ", "sentence", "");
	add(b, m, "; hint: ", "hint", "");
}

void cmd_text(const struct msg *m, bool with_secrets, struct buf *out)
{
	switch (m->kind) {
	case MSG_K_ike_sa:
		add_head(out, m);
		text_ike_sa(out, m);
		break;
	case MSG_K_child_sa:
		add_head(out, m);
		text_child_sa(out, m);
		break;
	case MSG_K_rekeyed:
		add_head(out, m);
		text_rekeyed(out, m);
		break;
	case MSG_K_down:
		add_head(out, m);
		text_down(out, m);
		break;
	case MSG_K_refused:
	case MSG_K_warning:
		add_head(out, m);
		text_trouble(out, m);
		break;
	case MSG_K_exchange:
		add_head(out, m);
		text_exchange(out, m);
		break;
	case MSG_K_bye:
		text_bye(out, m);
		break;
	default:
		add_all(m, with_secrets, out);
	}
}
