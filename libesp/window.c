/* SPDX-License-Identifier: ISC */
#include "window.h"

void esp_window_init(struct esp_window *w, uint32_t size)
{
	*w = (struct esp_window){ .size = size ? size : ESP_WINDOW_DEFAULT };
	if (w->size > ESP_WINDOW_MAX)
		w->size = ESP_WINDOW_MAX;
}

static uint64_t *word_of(struct esp_window *w, uint64_t seq)
{
	return &w->bits[(seq / 64) % ESP_WINDOW_WORDS];
}

bool esp_window_fresh(const struct esp_window *w, uint64_t seq)
{
	if (!seq)
		return false;
	if (seq > w->top)
		return true;
	if (w->top - seq >= w->size)
		return false;
	return !(w->bits[(seq / 64) % ESP_WINDOW_WORDS] >> (seq % 64) & 1);
}

void esp_window_mark(struct esp_window *w, uint64_t seq)
{
	if (seq > w->top) {
		uint64_t from = w->top / 64, to = seq / 64;

		if (to - from > ESP_WINDOW_WORDS)
			from = to - ESP_WINDOW_WORDS;
		for (uint64_t i = from + 1; i <= to; i++)
			w->bits[i % ESP_WINDOW_WORDS] = 0;
		w->top = seq;
	}
	*word_of(w, seq) |= (uint64_t)1 << (seq % 64);
}

uint64_t esp_window_extend(const struct esp_window *w, uint32_t low)
{
	uint64_t high = w->top >> 32;
	uint32_t top = (uint32_t)w->top;
	uint32_t bottom = top - (w->size - 1);  /* wraps below zero on purpose */

	if (top >= w->size - 1)                 /* the window lies within one half */
		high += low < bottom;
	else if (high && low >= bottom)         /* it reaches back into the half before */
		high--;
	return high << 32 | low;
}
