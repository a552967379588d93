/* SPDX-License-Identifier: ISC */
/*
 * Replay window of one inbound SA (RFC 4303 3.4.3, appendix A2). Pure arithmetic: no clock, no
 * allocation, not thread-safe. Sequence numbers are 64 bits here; without ESN the high half is 0.
 */
#ifndef ESP_WINDOW_H
#define ESP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define ESP_WINDOW_WORDS 64
/* The word that top moves into is cleared whole, so one word of the ring cannot be promised. */
#define ESP_WINDOW_MAX ((ESP_WINDOW_WORDS - 1) * 64)
#define ESP_WINDOW_DEFAULT 1024

struct esp_window {
	uint64_t top;   /* highest number seen, 0: none */
	uint32_t size;
	uint64_t bits[ESP_WINDOW_WORDS];
};

/* size 0: ESP_WINDOW_DEFAULT; at most ESP_WINDOW_MAX, larger sizes become that. */
void esp_window_init(struct esp_window *w, uint32_t size);

/* May seq be accepted? Asked before decrypting; changes nothing. Number 0 is never sent. */
bool esp_window_fresh(const struct esp_window *w, uint64_t seq);

/* Record a fresh seq as seen. Only after its packet has authenticated. */
void esp_window_mark(struct esp_window *w, uint64_t seq);

/* The whole number of a packet that carries the low half, with ESN: the one nearest the window
 * (RFC 4303 A2.2). UINT64_MAX of the last high half is never reached: the hard limit comes
 * first. */
uint64_t esp_window_extend(const struct esp_window *w, uint32_t low);

#endif
