/* SPDX-License-Identifier: ISC */
/* Inside the engine: its state, its outputs, and what its files offer each other. */
#ifndef IKE_ENGINE_H
#define IKE_ENGINE_H

#include "base/reader.h"
#include "base/writer.h"
#include "cookie.h"
#include "pool.h"
#include "sa.h"

#define IKE_MS 1000000ull
#define IKE_S (1000 * IKE_MS)

struct ike_out_item;
struct ike_shared_pool;

/* At most so many events of a class that strangers can cause; the rest is counted. */
struct ike_limit { uint64_t since_ns, suppressed; uint32_t n; };
enum ike_noise { IKE_NOISE_MALFORMED, IKE_NOISE_ICV, IKE_NOISE_REPLAY, IKE_NOISE_SPI,
	IKE_NOISE_REFUSED, IKE_NOISE_WARNING, IKE_NOISE_IGNORED, IKE_NOISE_COUNT };

/* Answers in clear, to all and to each of some addresses (strangers.h). */
#define IKE_ANSWERED 256
struct ike_answered { uint64_t since_ns, last_ns[IKE_ANSWERED]; uint32_t n; };

struct ike_engine {
	struct ike_config config;
	struct ike_crypto *crypto;
	struct ike_now now;
	struct ike_table by_spi, by_peer, by_path, by_in, by_out, by_child_spi, by_line;
	struct ike_table by_source;        /* half-open IKE_SAs, by their peers' addresses */
	struct ike_table by_identity;      /* IKE_SAs that came up, by their peers */
	struct ike_range *ranges;          /* the peer's side of each CHILD_SA of a responder */
	struct ike_timers timers;
	struct ike_sa *sas;
	struct ike_out_item *head, **tail, *given;
	size_t queued;                     /* outputs not yet asked for */
	struct ike_out_item *mark;         /* last output before this input */
	struct ike_out_item *vouched;      /* last output that needs no record any more */
	struct ike_out_item *records;      /* last of those being put out */
	struct ike_sa *marked;             /* IKE_SAs to be saved (checkpoint.h) */
	bool restored;                     /* from records: no SA is of another engine */
	bool oom;                          /* an output was lost: this input is undone */
	unsigned long memory;              /* memory_failures() before this input */
	uint64_t next_id, seq;
	struct msg_counters count;
	struct ike_limit limits[IKE_NOISE_COUNT];
	enum ike_link link;
	struct ike_answered answered;
	size_t strangers_parts;            /* cost of all fragments kept for half-open IKE_SAs */
	struct ike_local local[IKE_LOCALS], was[IKE_LOCALS];  /* our addresses; and before */
	size_t n_local, n_was;             /* 0: not known */
	bool holds_open, stopping;
	struct ike_cookies cookies;
	uint64_t cookie_ns;
	const struct ike_conn **conns;     /* conns.c */
	size_t n_conns;
	uint64_t conns_at;                 /* counts the sets there were */
	struct ike_shared_pool *pools;
};

/* out.c: outputs and events */
void ike_emit(struct ike_engine *e, enum ike_to to, const struct msg *m);
void ike_emit_datagram(struct ike_engine *e, const struct ike_path *path, struct span datagram);
/* A message as sent: its datagrams, one behind the other (fragment.h). */
void ike_emit_flight(struct ike_engine *e, const struct ike_path *path, struct span flight);
/* Every input begins so. */
void ike_emit_begin(struct ike_engine *e, struct ike_now now);
/* Records, one group, before the first datagram since the last group of this input. */
void ike_emit_records_begin(struct ike_engine *e);
void ike_emit_record(struct ike_engine *e, uint64_t key, struct buf *record);  /* taken over */
void ike_emit_records_end(struct ike_engine *e);
void ike_emit_undo(struct ike_engine *e);
void ike_emit_free(struct ike_engine *e);
/* Fills seq, time, ike, conn, peer, identity: the head all events share. */
#define IKE_EVENT(e, sa, m, kind) ike_event_head((e), (sa), &(m)->seq, &(m)->time, &(m)->ike, \
	&(m)->conn, &(m)->peer, &(m)->identity)
void ike_event_head(struct ike_engine *e, const struct ike_sa *sa, uint64_t *seq, uint64_t *time,
		    uint64_t *ike, struct span *conn, struct endpoint *peer, struct span *identity);
void ike_event_up(struct ike_engine *e, const struct ike_sa *sa);
void ike_event_authenticated(struct ike_engine *e, const struct ike_sa *sa);
void ike_event_child(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c);
void ike_event_down(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c);
void ike_event_refused(struct ike_engine *e, const struct ike_sa *sa, enum ike_err err,
		       const char *reason, struct span sentence, struct span hint);
void ike_event_warning(struct ike_engine *e, const struct ike_sa *sa, const char *reason,
		       const char *sentence);
void ike_event_noise(struct ike_engine *e, enum ike_noise class, const struct ike_path *path,
		     const char *reason, const char *sentence);
void ike_event_rekeyed(struct ike_engine *e, const struct ike_sa *sa, const struct ike_child *c,
		       bool by_us);
/* A message for the ladder; `fragments`: sent or received in so many. */
struct ike_traced {
	const struct ike_header *h;
	const struct ike_payload *v; size_t n;
	size_t octets;
	uint16_t fragments;
	bool out;
	uint32_t retransmit;
	const char *note;
};
void ike_trace(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
	       const struct ike_traced *t);
void ike_keylog(struct ike_engine *e, const struct ike_sa *sa);

/* sa.c: making, finding, ending */
struct ike_sa *ike_sa_new(struct ike_engine *e, const struct ike_conn *conn, bool initiator,
			  const struct ike_path *path);
struct ike_sa *ike_sa_by_path(const struct ike_engine *e, uint64_t path_id);  /* alive, or NULL */
/* Gives a new IKE_SA the SPI that was promised to the peer. */
void ike_sa_spi(struct ike_engine *e, struct ike_sa *sa, uint64_t spi);
/* The next IKE_SA that is up with the same identity and connection after `o`, or the first. */
struct ike_sa *ike_sa_of_peer(const struct ike_engine *e, const struct ike_sa *sa,
			      const struct ike_sa *o);
struct ike_sa *ike_sa_find(const struct ike_engine *e, const struct ike_header *h);
uint64_t ike_spi_new(struct ike_engine *e, uint64_t peer_spi);
uint32_t ike_incarnation(const struct ike_engine *e);
void ike_sa_dead(struct ike_engine *e, struct ike_sa *sa, enum ike_err err, const char *why);
void ike_sa_free(struct ike_engine *e, struct ike_sa *sa);
void ike_handshake_free(struct ike_sa *sa);
void ike_sa_arm(struct ike_engine *e, struct ike_sa *sa);
void ike_sa_time(struct ike_engine *e, struct ike_sa *sa);
void ike_sa_tell_path(struct ike_engine *e, struct ike_sa *sa);
/* The peer's authentic messages come from elsewhere now. */
void ike_sa_move(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path);
uint64_t ike_jitter(struct ike_engine *e, uint64_t ns, unsigned int percent);

#endif
