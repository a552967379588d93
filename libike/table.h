/* SPDX-License-Identifier: ISC */
/*
 * Two containers of the engine, both intrusive and flat in the number of entries: a hash table by a
 * 64-bit key (several entries may share one), and a heap of deadlines.
 */
#ifndef IKE_TABLE_H
#define IKE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ike_node {
	struct ike_node *next;
	uint64_t key;
	bool in;
};

struct ike_table {
	struct ike_node **slots;
	size_t n_slots, n;
};

/* The structure a node or timer stands in. */
#define IKE_OF(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

/* False: out of memory, nothing is changed. A node is in one table at a time. */
bool ike_table_add(struct ike_table *t, struct ike_node *n, uint64_t key);
void ike_table_remove(struct ike_table *t, struct ike_node *n);  /* no-op when it is in none */
struct ike_node *ike_table_find(const struct ike_table *t, uint64_t key);
struct ike_node *ike_table_next(const struct ike_node *n);  /* the next of the same key */
void ike_table_free(struct ike_table *t);                   /* nodes are the caller's */

struct ike_timer {
	uint64_t at;  /* ns */
	size_t slot;  /* 1-based place in the heap; 0: not armed */
};

struct ike_timers {
	struct ike_timer **v;
	size_t n, cap;
};

/* Room for n timers, so that arming never fails. */
bool ike_timers_reserve(struct ike_timers *h, size_t n);
/* UINT64_MAX disarms */
void ike_timer_set(struct ike_timers *h, struct ike_timer *t, uint64_t at);
struct ike_timer *ike_timers_first(const struct ike_timers *h);
void ike_timers_free(struct ike_timers *h);

#endif
