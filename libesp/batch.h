/* SPDX-License-Identifier: ISC */
/*
 * The packet path of tunnel mode (RFC 4303 3.3, 3.4): arrays of packets in, arrays of verdicts out.
 * No allocation per packet. `now` is the clock of the SAs' limits, in ns.
 */
#ifndef ESP_BATCH_H
#define ESP_BATCH_H

#include "sad.h"

#define ESP_VERDICTS_OF(V) \
	V(OK, "ok") \
	V(NO_SA, "no SA") \
	V(MALFORMED, "malformed") \
	V(EXPIRED, "SA at its hard limit") \
	V(REPLAYED, "replayed") \
	V(BAD_ICV, "wrong ICV") \
	V(MISMATCH, "outside the selectors") \
	V(DUMMY, "dummy") \
	V(FAILED, "cryptography failed")

#define ESP_VERDICT_NAME(name, text) ESP_V_##name,
enum esp_verdict { ESP_VERDICTS_OF(ESP_VERDICT_NAME) ESP_VERDICTS };
#undef ESP_VERDICT_NAME

const char *esp_verdict_text(enum esp_verdict v);

/* A packet to be sealed, in one or two parts: segments bring new headers and share a payload. */
struct esp_out {
	struct esp_sa *sa;
	struct span head, body;  /* together an IPv4 or IPv6 packet; body may be empty */
	uint8_t *to;             /* esp_sealed_size() octets, apart from both */
	size_t n;           /* written there; 0 unless ESP_V_OK */
	enum esp_verdict verdict;
};

/* The caller has found sa by esp_sad_out(): selectors are not looked at again. Answers how many
 * are ESP_V_OK. */
size_t esp_seal_batch(struct esp_out *v, size_t n, uint64_t now);

/* A packet to be opened: SPI to ICV, in place. */
struct esp_in {
	uint8_t *p;
	size_t n;
	struct esp_sa *sa;  /* found by SPI, NULL with ESP_V_NO_SA */
	uint8_t *inner;     /* the inner packet without padding, within p */
	size_t inner_n;
	enum esp_verdict verdict;
};

size_t esp_open_batch(const struct esp_sad *d, struct esp_in *v, size_t n, uint64_t now);

#endif
