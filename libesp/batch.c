/* SPDX-License-Identifier: ISC */
#include "batch.h"

#include "octets.h"

enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41, NEXT_NONE = 59 };

const char *esp_verdict_text(enum esp_verdict v)
{
#define ESP_VERDICT_TEXT(name, text) text,
	static const char *const texts[] = { ESP_VERDICTS_OF(ESP_VERDICT_TEXT) };
#undef ESP_VERDICT_TEXT

	return v < ESP_VERDICTS ? texts[v] : "unknown";
}

/* Padding 1, 2, 3 ..., its length, the next header (RFC 4303 2.4). */
static struct span make_trailer(const struct esp_suite *s, const struct esp_out *o,
				uint8_t out[ESP_TRAILER_MAX])
{
	size_t pad = (s->align - (o->head.n + o->body.n + 2) % s->align) % s->align;

	for (size_t i = 0; i < pad; i++)
		out[i] = (uint8_t)(i + 1);
	out[pad] = (uint8_t)pad;
	out[pad + 1] = o->head.p[0] >> 4 == 6 ? NEXT_IPV6 : NEXT_IPV4;
	return span_of(out, pad + 2);
}

static enum esp_verdict seal(struct esp_out *o, uint64_t now)
{
	uint8_t trailer[ESP_TRAILER_MAX];
	struct esp_plain in = { o->head, o->body, { NULL, 0 } };
	size_t n = o->head.n + o->body.n;
	struct esp_sa *sa = o->sa;
	uint32_t high;

	if (!o->head.n)
		return ESP_V_MALFORMED;
	if (esp_sa_level(sa, now, NULL) == ESP_HARD) {
		sa->count.expired++;
		return ESP_V_EXPIRED;
	}
	sa->seq++;
	high = (uint32_t)(sa->seq >> 32);
	esp_put32(o->to, sa->spi);
	esp_put32(o->to + 4, (uint32_t)sa->seq);
	in.trailer = make_trailer(sa->key.suite, o, trailer);
	if (esp_key_seal(&sa->key, o->to, &in, sa->seq, sa->esn ? &high : NULL))
		return ESP_V_FAILED;
	sa->count.packets++;
	sa->count.bytes += n;
	o->n = esp_sealed_size(sa->key.suite, n);
	return ESP_V_OK;
}

size_t esp_seal_batch(struct esp_out *v, size_t n, uint64_t now)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].n = 0;
		v[i].verdict = v[i].sa ? seal(&v[i], now) : ESP_V_NO_SA;
		done += v[i].verdict == ESP_V_OK;
	}
	return done;
}

/* Takes padding and what the sender added for traffic flow confidentiality (RFC 4303 2.7) away. */
static enum esp_verdict strip(struct esp_in *i, struct esp_flow *flow)
{
	const struct esp_suite *s = i->sa->key.suite;
	uint8_t *text = i->p + ESP_HEADER + s->iv, next;
	size_t n = i->n - ESP_HEADER - s->iv - s->icv, pad;

	pad = text[n - 2];
	next = text[n - 1];
	if (pad + 2 > n)
		return ESP_V_MALFORMED;
	for (size_t k = 0; k < pad; k++) {
		if (text[n - 2 - pad + k] != k + 1)  /* RFC 4303 2.4: should be inspected */
			return ESP_V_MALFORMED;
	}
	if (next == NEXT_NONE)
		return ESP_V_DUMMY;
	if ((next != NEXT_IPV4 && next != NEXT_IPV6)
	    || !esp_flow_of(span_of(text, n - 2 - pad), flow)
	    || flow->family != (next == NEXT_IPV4 ? 4 : 6))
		return ESP_V_MALFORMED;
	i->inner = text;
	i->inner_n = flow->size;
	return ESP_V_OK;
}

static bool well_sized(const struct esp_in *i)
{
	const struct esp_suite *s = i->sa->key.suite;
	size_t fixed = ESP_HEADER + (size_t)s->iv + s->icv;

	return i->n >= fixed + s->align && (i->n - fixed) % s->align == 0;
}

/* Authentic, fresh and decrypted? Marks the number as seen. */
static enum esp_verdict unlock(struct esp_in *i, uint64_t now)
{
	struct esp_sa *sa = i->sa;
	uint64_t seq = esp_get32(i->p + 4);
	uint32_t high;

	if (sa->esn)
		seq = esp_window_extend(&sa->window, (uint32_t)seq);
	high = (uint32_t)(seq >> 32);
	if (esp_sa_level(sa, now, NULL) == ESP_HARD)
		return ESP_V_EXPIRED;
	if (!well_sized(i))
		return ESP_V_MALFORMED;
	if (!esp_window_fresh(&sa->window, seq))
		return ESP_V_REPLAYED;
	if (esp_key_open(&sa->key, i->p, i->n, sa->esn ? &high : NULL))
		return ESP_V_BAD_ICV;
	esp_window_mark(&sa->window, seq);
	return ESP_V_OK;
}

static enum esp_verdict open(struct esp_in *i, uint64_t now)
{
	struct esp_flow flow;
	enum esp_verdict v = unlock(i, now);

	if (v)
		return v;
	i->sa->count.packets++;
	v = strip(i, &flow);
	if (v)
		return v;
	if (!esp_sa_match(i->sa, &flow))
		return ESP_V_MISMATCH;
	i->sa->count.bytes += i->inner_n;
	return ESP_V_OK;
}

static void count(struct esp_counts *c, enum esp_verdict v)
{
	c->bad_icv += v == ESP_V_BAD_ICV;
	c->replayed += v == ESP_V_REPLAYED;
	c->mismatch += v == ESP_V_MISMATCH;
	c->malformed += v == ESP_V_MALFORMED;
	c->expired += v == ESP_V_EXPIRED;
}

size_t esp_open_batch(const struct esp_sad *d, struct esp_in *v, size_t n, uint64_t now)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].inner = NULL;
		v[i].inner_n = 0;
		v[i].sa = v[i].n >= ESP_HEADER ? esp_sad_in(d, esp_get32(v[i].p)) : NULL;
		if (!v[i].sa) {
			v[i].verdict = v[i].n >= ESP_HEADER ? ESP_V_NO_SA : ESP_V_MALFORMED;
			continue;
		}
		v[i].verdict = open(&v[i], now);
		count(&v[i].sa->count, v[i].verdict);
		done += v[i].verdict == ESP_V_OK;
	}
	return done;
}
