/* SPDX-License-Identifier: ISC */
/*
 * One ESP SA in one direction (RFC 4301 4.1, RFC 4303): keys, sequence number or replay window,
 * selectors, hard limits, counters. It alone knows what its numbers were: nothing else may seal
 * under its key. Time is ns of any clock that never goes back; not thread-safe.
 */
#ifndef ESP_SA_H
#define ESP_SA_H

#include "crypto.h"
#include "flow.h"
#include "table.h"
#include "window.h"

enum esp_dir { ESP_IN, ESP_OUT };

/* Hard limits; 0: none besides the sequence number's. */
struct esp_limits {
	uint64_t until;    /* ns */
	uint64_t bytes;    /* octets of inner packets */
	uint64_t packets;
};

struct esp_counts {
	uint64_t packets, bytes;  /* sealed or opened; octets of inner packets */
	uint64_t bad_icv, replayed, mismatch, malformed, expired;
};

struct esp_sa {
	uint64_t id, child;
	enum esp_dir dir;
	uint32_t spi;
	bool esn;
	struct esp_limits hard;
	struct esp_counts count;
	uint64_t seq;              /* out: the last number used */
	struct esp_window window;  /* in */
	struct esp_ts *local, *remote;
	size_t n_local, n_remote;
	struct esp_key key;
	void *user;                /* of the program */
	/* kept by sad.c */
	/* out: when it began to send, as a running number; 0: it does not */
	uint64_t switched;
	struct esp_route *routes;
	struct esp_link by_id, by_spi, by_child;
	struct esp_sa *next, *prev;
};

struct esp_sa_spec {
	uint64_t id, child;
	enum esp_dir dir;
	uint32_t spi;
	const struct esp_suite *suite;
	bool esn;
	uint32_t window;           /* packets; 0: ESP_WINDOW_DEFAULT */
	struct span key, integ_key;
	const struct selector *local, *remote;
	size_t n_local, n_remote;
	struct esp_limits hard;
};

/* IKE_E_INPUT: reserved SPI, key of a wrong length, no or broken selectors. */
IKE_NODISCARD enum ike_err esp_sa_new(struct esp_crypto *c, const struct esp_sa_spec *spec,
				      struct esp_sa **out);
void esp_sa_free(struct esp_sa *sa);

/* Does the packet of this flow belong into the SA, in its direction? */
bool esp_sa_match(const struct esp_sa *sa, const struct esp_flow *f);
/* Same selectors, in the same order? */
bool esp_sa_same_selectors(const struct esp_sa *a, const struct esp_sa *b);

/* SOFT: seven eighths of a limit in octets, packets or sequence numbers are used. HARD: nothing
 * more is sealed or opened. *why (may be NULL): time, bytes, packets or sequence. */
enum esp_level { ESP_FRESH, ESP_SOFT, ESP_HARD };
enum esp_level esp_sa_level(const struct esp_sa *sa, uint64_t now, const char **why);

#endif
