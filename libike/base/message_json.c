/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <time.h>

#include "json.h"
#include "message_rows.h"

#define JSON_SAFE (UINT64_C(1) << 53)  /* integers up to here survive a double */
#define TIME_MAX UINT64_C(253402300799999)  /* the last millisecond of 9999 */

struct dec {
	struct arena *arena;
	bool redacted;
};

static struct span text_of(const json_t *v)
{
	return json_is_string(v) ? span_of(json_string_value(v), json_string_length(v))
				 : span_of(NULL, 0);
}

/* Decimal, no sign, no leading zero. */
static bool parse_decimal(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 20 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned int digit = (unsigned int)s.p[i] - '0';

		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = 10 * v + digit;
	}
	*out = v;
	return true;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool parse_spi(struct span s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.n < 3 || s.n > 18 || s.p[0] != '0' || s.p[1] != 'x')
		return false;
	for (size_t i = 2; i < s.n; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return false;
		v = v << 4 | (uint64_t)digit;
	}
	*out = v;
	return true;
}

/* The number that n digits from i on make; -1 if they are none. */
static int digits(struct span s, size_t i, size_t n)
{
	int v = 0;

	for (; n--; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v = 10 * v + (s.p[i] - '0');
	}
	return v;
}

/* "2026-11-21T07:21:25.123Z", the fraction may be missing */
static bool parse_time(struct span s, uint64_t *out)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	struct tm tm = { 0 }, back;
	int ms;
	time_t t;

	if ((s.n != sizeof form - 1 && s.n != sizeof form - 5) || s.p[s.n - 1] != 'Z')
		return false;
	for (size_t i = 0; i < s.n - 1; i++)
		if (form[i] != 'd' ? s.p[i] != (uint8_t)form[i] : s.p[i] < '0' || s.p[i] > '9')
			return false;
	tm.tm_year = digits(s, 0, 4) - 1900;
	tm.tm_mon = digits(s, 5, 2) - 1;
	tm.tm_mday = digits(s, 8, 2);
	tm.tm_hour = digits(s, 11, 2);
	tm.tm_min = digits(s, 14, 2);
	tm.tm_sec = digits(s, 17, 2);
	ms = s.n == sizeof form - 1 ? digits(s, 20, 3) : 0;
	back = tm;
	t = timegm(&back);
	*out = (uint64_t)t * 1000 + (uint64_t)ms;
	return t >= 0 && back.tm_mon == tm.tm_mon && back.tm_mday == tm.tm_mday &&
	       back.tm_hour == tm.tm_hour && back.tm_min == tm.tm_min && back.tm_sec == tm.tm_sec;
}

static enum ike_err get_uint(const json_t *v, uint64_t *out)
{
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = (uint64_t)json_integer_value(v);
		return IKE_OK;
	}
	return json_is_string(v) && parse_decimal(text_of(v), out) ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_text(struct dec *d, const json_t *v, struct span *out)
{
	if (!json_is_string(v))
		return IKE_E_INPUT;
	*out = arena_dup(d->arena, text_of(v));
	return out->n == json_string_length(v) ? IKE_OK : IKE_E_MEMORY;
}

static enum ike_err get_hex(struct dec *d, const json_t *v, struct span *out)
{
	struct span s = text_of(v);
	uint8_t *p;

	if (!json_is_string(v) || s.n % 2)
		return IKE_E_INPUT;
	p = arena_alloc(d->arena, s.n / 2);
	if (!p)
		return IKE_E_MEMORY;
	for (size_t i = 0; i < s.n; i++) {
		int digit = hex_digit(s.p[i]);

		if (digit < 0)
			return IKE_E_INPUT;
		p[i / 2] = (uint8_t)(p[i / 2] << 4 | digit);
	}
	*out = span_of(s.n ? p : NULL, s.n / 2);
	return IKE_OK;
}

static enum ike_err get_rows(struct dec *d, const struct msg_row *rows, size_t n,
			     const json_t *object, void *base);

static enum ike_err verdict(bool ok)
{
	return ok ? IKE_OK : IKE_E_INPUT;
}

static enum ike_err get_value(struct dec *d, enum msg_type type, const json_t *v, void *out)
{
	const struct msg_row *rows;
	size_t n;

	switch (type) {
	case MSG_T_BOOL:
		*(bool *)out = json_is_true(v);
		return verdict(json_is_boolean(v));
	case MSG_T_TEXT:
		return get_text(d, v, out);
	case MSG_T_SECRET:
		if (span_is(text_of(v), MSG_REDACTED)) {
			d->redacted = true;
			return IKE_OK;
		} /* fall through */
	case MSG_T_BYTES:
		return get_hex(d, v, out);
	case MSG_T_SPI:
		return verdict(parse_spi(text_of(v), out));
	case MSG_T_TIME:
		return verdict(parse_time(text_of(v), out));
	case MSG_T_ADDR:
		return verdict(ip_parse(text_of(v), out));
	case MSG_T_ENDPOINT:
		return verdict(endpoint_parse(text_of(v), 0, out));
	case MSG_T_PREFIX:
		return verdict(ifaddr_parse(text_of(v), out));
	case MSG_T_SELECTOR:
		return verdict(selector_parse(text_of(v), out));
	case MSG_T_KEY:
		n = msg_key_rows(&rows);
		return get_rows(d, rows, n, v, out);
	default:
		return get_uint(v, out);
	}
}

static enum ike_err get_field(struct dec *d, enum msg_type type, const json_t *v, void *out)
{
	enum msg_type item = msg_item_type(type);
	size_t n = json_array_size(v), size = msg_type_size(item);
	enum ike_err err = IKE_OK;
	uint8_t *items;

	if (!item)
		return get_value(d, type, v, out);
	if (!json_is_array(v))
		return IKE_E_INPUT;
	if (n == 0)
		return IKE_OK;
	items = arena_array(d->arena, n, size);
	if (!items)
		return IKE_E_MEMORY;
	msg_items_set(out, (struct msg_items){ items, n });
	for (size_t i = 0; !err && i < n; i++)
		err = get_value(d, item, json_array_get(v, i), items + i * size);
	return err;
}

static enum ike_err get_rows(struct dec *d, const struct msg_row *rows, size_t n,
			     const json_t *object, void *base)
{
	char name[MSG_NAME_MAX];
	enum ike_err err = verdict(json_is_object(object));

	for (size_t i = 0; !err && i < n; i++) {
		const json_t *v = json_object_get(object, msg_wire_name(rows[i].name, name));

		if (v)
			err = get_field(d, rows[i].type, v, (uint8_t *)base + rows[i].offset);
		else
			err = verdict(!rows[i].required);
	}
	return err;
}

static enum ike_err get_message(struct dec *d, const json_t *object, struct msg *m,
				struct span *unknown)
{
	const json_t *kind = json_object_get(object, "kind");
	const struct msg_row *rows;
	enum ike_err err;
	size_t n;

	if (!json_is_string(kind))
		return IKE_E_INPUT;
	m->kind = msg_kind_of(text_of(kind));
	n = msg_rows(m->kind, &rows);
	err = get_rows(d, rows, n, object, &m->hello);
	if (!err && !m->kind && unknown)
		err = get_text(d, kind, unknown);
	return err;
}

enum ike_err msg_of_json(struct span line, struct arena *a, struct msg *m, struct span *unknown)
{
	struct dec d = { a, false };
	struct arena values = { 0 };
	const json_t *object;
	enum ike_err err;

	*m = (struct msg){ 0 };
	if (line.n > MSG_JSON_MAX)
		return IKE_E_INPUT;
	err = json_read(line, &values, &object);
	if (!err)
		err = get_message(&d, object, m, unknown);
	arena_drop(&values);
	if (err)
		*m = (struct msg){ 0 };
	else
		m->redacted = d.redacted;
	return err;
}

/* A JSON string: quotes, backslashes and controls (C1 too) escaped, all else as it is. */
static void put_text(struct buf *b, struct span s)
{
	struct buf clean = { 0 };

	msg_add_clean(&clean, s);
	b->bad |= clean.bad;
	buf_add_str(b, "\"");
	for (size_t i = 0; i < clean.n; i++) {
		uint8_t c = clean.p[i];

		if (c < 0x20 || c == 0x7f)
			buf_printf(b, "\\u%04x", c);
		else if (c == 0xc2 && clean.p[i + 1] < 0xa0)
			buf_printf(b, "\\u%04x", clean.p[++i]);
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else
			buf_add_uint(b, 1, c);
	}
	buf_add_str(b, "\"");
	buf_free(&clean);
}

static void put_hex(struct buf *b, struct span s)
{
	static const char digit[] = "0123456789abcdef";

	buf_add_str(b, "\"");
	for (size_t i = 0; i < s.n; i++) {
		buf_add_uint(b, 1, (uint8_t)digit[s.p[i] >> 4]);
		buf_add_uint(b, 1, (uint8_t)digit[s.p[i] & 15]);
	}
	buf_add_str(b, "\"");
}

static bool put_time(struct buf *b, uint64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm = { 0 };
	char day[32] = "";

	if (ms > TIME_MAX || !gmtime_r(&t, &tm) ||
	    !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm))
		return false;
	buf_printf(b, "\"%s.%03uZ\"", day, (unsigned int)(ms % 1000));
	return true;
}

static void put_uint(struct buf *b, uint64_t v)
{
	buf_printf(b, v > JSON_SAFE ? "\"%llu\"" : "%llu", (unsigned long long)v);
}

static bool put_rows(struct buf *b, const struct msg_row *rows, size_t n, const void *base,
		     bool secrets);

/* Values with a text form of inet.h. */
static bool put_inet(struct buf *b, enum msg_type type, const void *v)
{
	char text[INET_TEXT];

	switch (type) {
	case MSG_T_ADDR:
		put_text(b, span_str(ip_text(v, text)));
		return ((const struct ip *)v)->len != 0;
	case MSG_T_ENDPOINT:
		put_text(b, span_str(endpoint_text(v, text)));
		return ((const struct endpoint *)v)->ip.len != 0;
	case MSG_T_PREFIX:
		put_text(b, span_str(prefix_text(v, text)));
		return msg_prefix_ok(v);
	default:
		put_text(b, span_str(selector_text(v, text)));
		return msg_selector_ok(v);
	}
}

bool msg_json_value(struct buf *b, enum msg_type type, const void *v, bool secrets)
{
	const struct msg_row *rows;
	size_t n;
	bool ok = true;

	switch (type) {
	case MSG_T_BOOL:
		buf_add_str(b, *(const bool *)v ? "true" : "false");
		return true;
	case MSG_T_TEXT:
		put_text(b, *(const struct span *)v);
		return true;
	case MSG_T_SECRET:
	case MSG_T_BYTES:
		if (type == MSG_T_SECRET && !secrets)
			put_text(b, span_str(MSG_REDACTED));
		else
			put_hex(b, *(const struct span *)v);
		return true;
	case MSG_T_SPI:
		buf_printf(b, *(const uint64_t *)v > UINT32_MAX ? "\"0x%016llx\"" : "\"0x%08llx\"",
			   (unsigned long long)*(const uint64_t *)v);
		return true;
	case MSG_T_TIME:
		return put_time(b, *(const uint64_t *)v);
	case MSG_T_ADDR:
	case MSG_T_ENDPOINT:
	case MSG_T_PREFIX:
	case MSG_T_SELECTOR:
		return put_inet(b, type, v);
	case MSG_T_KEY:
		n = msg_key_rows(&rows);
		buf_add_str(b, "{");
		ok = put_rows(b, rows, n, v, secrets);
		buf_add_str(b, "}");
		return ok;
	default:
		put_uint(b, *(const uint64_t *)v);
		return true;
	}
}

static bool put_field(struct buf *b, enum msg_type type, const void *field, bool secrets)
{
	enum msg_type item = msg_item_type(type);
	struct msg_items list;
	bool ok = true;

	if (!item)
		return msg_json_value(b, type, field, secrets);
	list = msg_items_get(field);
	buf_add_str(b, "[");
	for (size_t i = 0; ok && i < list.n; i++) {
		if (i)
			buf_add_str(b, ",");
		ok = msg_json_value(b, item, (const uint8_t *)list.v + i * msg_type_size(item),
				    secrets);
	}
	buf_add_str(b, "]");
	return ok;
}

/* "a":1,"b":2 - with a comma before the first one unless it opens its object */
static bool put_rows(struct buf *b, const struct msg_row *rows, size_t n, const void *base,
		     bool secrets)
{
	char name[MSG_NAME_MAX];
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++) {
		if (!msg_row_present(&rows[i], base))
			continue;
		buf_printf(b, "%s\"%s\":", b->n && b->p[b->n - 1] == '{' ? "" : ",",
			   msg_wire_name(rows[i].name, name));
		ok = put_field(b, rows[i].type, (const uint8_t *)base + rows[i].offset, secrets);
	}
	return ok;
}

enum ike_err msg_to_json(const struct msg *m, bool with_secrets, struct buf *out)
{
	const struct msg_row *rows;
	size_t n = msg_rows(m->kind, &rows), start = out->n;
	bool ok;

	buf_printf(out, "{\"kind\":\"%s\"", msg_kind_name(m->kind));
	ok = n && put_rows(out, rows, n, &m->hello, with_secrets);
	buf_add_str(out, "}");
	if (ok && !out->bad && out->n - start <= MSG_JSON_MAX)
		return IKE_OK;
	out->n = start;
	return out->bad ? IKE_E_MEMORY : IKE_E_INPUT;
}
