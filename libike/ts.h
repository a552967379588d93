/* SPDX-License-Identifier: ISC */
/* Traffic selector lists: narrowing (RFC 7296 2.9) and text. */
#ifndef IKE_TS_H
#define IKE_TS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/inet.h"

struct ike_ts_list { struct selector *v; size_t n; };

#define IKE_TS_MAX 255  /* that a payload can carry */

/* The intersection of two lists, duplicates and contained ones left out, at most IKE_TS_MAX; n 0
 * when there is none or no memory. */
struct ike_ts_list ike_ts_narrow(const struct ike_ts_list *ours, const struct ike_ts_list *theirs,
				 struct arena *a);
/* Is every selector of a inside one of b? */
bool ike_ts_inside(const struct ike_ts_list *a, const struct ike_ts_list *b);
bool ike_ts_same(const struct ike_ts_list *a, const struct ike_ts_list *b);
struct ike_ts_list ike_ts_dup(const struct ike_ts_list *l, struct arena *a);
/* The prefixes that make up the addresses of a list, in order, at most max; answers the number. */
size_t ike_ts_prefixes(const struct ike_ts_list *l, struct prefix *out, size_t max);
void ike_ts_text(const struct ike_ts_list *l, struct buf *out);  /* by ", " */

#endif
