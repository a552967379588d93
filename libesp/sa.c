/* SPDX-License-Identifier: ISC */
#include "sa.h"

#include <stdlib.h>

#define SPI_RESERVED 255  /* RFC 4303 2.1 */

static enum ike_err take_selectors(const struct selector *from, size_t n, struct esp_ts **out,
				   size_t *n_out)
{
	if (!n)
		return IKE_E_INPUT;
	*out = calloc(n, sizeof **out);
	if (!*out)
		return IKE_E_MEMORY;
	*n_out = n;
	for (size_t i = 0; i < n; i++) {
		if (!esp_ts_of(&from[i], &(*out)[i]))
			return IKE_E_INPUT;
	}
	return IKE_OK;
}

enum ike_err esp_sa_new(struct esp_crypto *c, const struct esp_sa_spec *spec, struct esp_sa **out)
{
	struct esp_sa *sa;
	enum ike_err err;

	*out = NULL;
	if (spec->spi <= SPI_RESERVED || !spec->suite)
		return IKE_E_INPUT;
	sa = calloc(1, sizeof *sa);
	if (!sa)
		return IKE_E_MEMORY;
	sa->id = spec->id;
	sa->child = spec->child;
	sa->dir = spec->dir;
	sa->spi = spec->spi;
	sa->esn = spec->esn;
	sa->hard = spec->hard;
	esp_window_init(&sa->window, spec->window);
	err = take_selectors(spec->local, spec->n_local, &sa->local, &sa->n_local);
	if (!err)
		err = take_selectors(spec->remote, spec->n_remote, &sa->remote, &sa->n_remote);
	if (!err)
		err = esp_key_make(c, spec->suite, spec->dir == ESP_OUT, spec->key,
				   spec->integ_key, &sa->key);
	if (err) {
		esp_sa_free(sa);
		return err;
	}
	*out = sa;
	return IKE_OK;
}

void esp_sa_free(struct esp_sa *sa)
{
	if (!sa)
		return;
	esp_key_free(&sa->key);
	free(sa->local);
	free(sa->remote);
	free(sa);
}

bool esp_sa_match(const struct esp_sa *sa, const struct esp_flow *f)
{
	bool in = sa->dir == ESP_IN;
	const struct esp_addr *ours = in ? &f->dst : &f->src, *theirs = in ? &f->src : &f->dst;
	uint16_t our_port = in ? f->dport : f->sport, their_port = in ? f->sport : f->dport;

	return esp_ts_match(sa->remote, sa->n_remote, f, theirs, their_port)
	       && esp_ts_match(sa->local, sa->n_local, f, ours, our_port);
}

static bool same(const struct esp_ts *a, size_t n, const struct esp_ts *b, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!esp_ts_eq(&a[i], &b[i]))
			return false;
	}
	return true;
}

bool esp_sa_same_selectors(const struct esp_sa *a, const struct esp_sa *b)
{
	return same(a->local, a->n_local, b->local, b->n_local)
	       && same(a->remote, a->n_remote, b->remote, b->n_remote);
}

static enum esp_level level_of(uint64_t used, uint64_t limit)
{
	if (!limit)
		return ESP_FRESH;
	if (used >= limit)
		return ESP_HARD;
	return used >= limit - limit / 8 ? ESP_SOFT : ESP_FRESH;
}

enum esp_level esp_sa_level(const struct esp_sa *sa, uint64_t now, const char **why)
{
	uint64_t last = sa->esn ? UINT64_MAX : UINT32_MAX;
	const struct { enum esp_level level; const char *why; } limits[] = {
		{ sa->hard.until && now >= sa->hard.until ? ESP_HARD : ESP_FRESH, "time" },
		{ level_of(sa->count.bytes, sa->hard.bytes), "bytes" },
		{ level_of(sa->count.packets, sa->hard.packets), "packets" },
		{ level_of(sa->dir == ESP_OUT ? sa->seq : sa->window.top, last), "sequence" }
	};
	size_t worst = 0;

	for (size_t i = 1; i < sizeof limits / sizeof *limits; i++) {
		if (limits[i].level > limits[worst].level)
			worst = i;
	}
	if (why)
		*why = limits[worst].why;
	return limits[worst].level;
}
