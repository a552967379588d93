/* SPDX-License-Identifier: ISC */
/*
 * The SAs of a data plane (RFC 4301 4.4.2), found in a time that does not grow with their number:
 * inbound by SPI, outbound by the prefixes of their remote selectors. Not thread-safe.
 */
#ifndef ESP_SAD_H
#define ESP_SAD_H

#include "sa.h"

struct esp_sad;

struct esp_sad *esp_sad_new(void);  /* NULL: out of memory */
void esp_sad_free(struct esp_sad *d);  /* with all SAs */

/* Takes the SA over. IKE_E_INPUT: an inbound SA with this SPI is there; the SA stays the caller's.
 * An id that is there already hides the older SA from esp_sad_id(). */
IKE_NODISCARD enum ike_err esp_sad_add(struct esp_sad *d, struct esp_sa *sa);
void esp_sad_remove(struct esp_sad *d, struct esp_sa *sa);  /* and frees it */

struct esp_sa *esp_sad_id(const struct esp_sad *d, uint64_t id);
struct esp_sa *esp_sad_in(const struct esp_sad *d, uint32_t spi);

/*
 * Sends under this SA from now on. *old is the outbound SA of the same child that sent until now,
 * NULL if none did; it stays in the database. Nothing has changed on IKE_E_MEMORY.
 */
IKE_NODISCARD enum ike_err esp_sad_switch(struct esp_sad *d, struct esp_sa *sa,
					  struct esp_sa **old);

/* Where a packet goes: of the sending SAs whose selectors match, the one switched to last. */
struct esp_sa *esp_sad_out(const struct esp_sad *d, const struct esp_flow *f);

/* All SAs, the latest first: esp_sad_next(d, NULL) is the first. Fetch the next before removing. */
struct esp_sa *esp_sad_next(const struct esp_sad *d, const struct esp_sa *sa);
size_t esp_sad_count(const struct esp_sad *d);

#endif
