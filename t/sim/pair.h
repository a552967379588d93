/* SPDX-License-Identifier: ISC */
/*
 * Two engines on a virtual wire with a virtual clock: A initiates, B responds. The wire loses,
 * repeats and delays as told; signers, verifiers and data planes are simulated. For tests only.
 */
#ifndef SIM_PAIR_H
#define SIM_PAIR_H

#include <libike/ike.h>
#include <openssl/evp.h>

#include "rand.h"

#define SIM_SAS 256

struct sim_sa {
	uint64_t id, child;
	uint32_t spi;
	bool in, committed, outbound, gone;
	uint64_t lingers_ns;   /* gone, it still opens packets until then */
	struct buf key, integ_key;
};

struct sim_side {
	const char *name;
	struct sim_rand rand;
	struct ike_engine *engine;
	struct ike_conn conn;
	struct ike_config config;
	struct endpoint at;
	struct arena arena;
	struct sim_sa sas[SIM_SAS];
	size_t n_sas;
	unsigned int all_sas, transport_sas;  /* ever begun */
	/* one word for each output, in order: "commit-in", "datagram" ... */
	struct buf log;
	struct msg *last[MSG_KIND_COUNT];  /* the last event of each kind, and `inner` */
	unsigned int count[MSG_KIND_COUNT];
	EVP_PKEY *key;
	struct span spki, peer_spki;
	bool bad_signer, bad_verifier, no_feedback;
	struct ike_credential credential;
	struct span alg;
	struct msg_path path;              /* as the data plane has it */
};

struct sim_datagram;
struct sim_links;

struct sim {
	struct sim_side a, b;
	struct ike_now now;
	struct sim_datagram *wire, **wire_tail;
	/* several addresses (links.h), what becomes of datagrams between them; NULL: one each */
	struct sim_links *links;
	bool (*carry)(struct sim_links *l, bool from_a, const struct ike_path *sent,
		      struct ike_path *seen);
	/* another datagram instead, appended to `out`; false: as it is. NULL: all are */
	bool (*alter)(struct sim *s, struct sim_side *from, struct span datagram, struct buf *out);
	/* lose_nth: drop datagram number n (1-based); repeat: copies */
	struct endpoint nat;                  /* A is behind a NAT: seen as coming from here */
	unsigned int keepalives;              /* of the NAT, by either side */
	unsigned int sent, lose_nth, repeat;
	bool lose_all;
	bool idle;                            /* sim_start() does not let A initiate */
	size_t mtu;                           /* longer IP datagrams get lost; 0: none do */
	size_t largest;                       /* IP datagram that was sent */
	/* per cent; delay added at random, so that order is lost */
	unsigned int loss, jitter_ms;
	uint64_t dice;                        /* state of what decides that */
	uint64_t transcript;                  /* hash of all that was sent */
	/* sees each datagram before it is on the wire; true: takes it off */
	bool (*tap)(struct sim *s, bool from_a, struct span datagram);
	void (*engine_call)(bool entering);   /* around each call into an engine, may be NULL */
	struct sim_keeper *keeper;            /* restart.h, may be NULL */
	/* Is told of each output first; true: that engine is gone, and another in its place. */
	bool (*on_output)(struct sim *s, struct sim_side *side, const struct ike_out *out);
	struct buf first_from_a;              /* the first datagram, for replays */
};

/* Default: PSK, pool and address request. Change conns between init and start. */
void sim_init(struct sim *s, uint64_t seed);
void sim_with_certificates(struct sim *s);
/* Its keys are taken over; each side signs by alg, and trusts the other. */
void sim_with_keys(struct sim *s, EVP_PKEY *a, EVP_PKEY *b, const char *alg);
void sim_proposals(struct sim_side *side, const char *ike, const char *esp);
void sim_ts(struct sim_side *side, const char *local, const char *remote);
void sim_start(struct sim *s);       /* engines, links, A initiates */
/* One side's engine, freed before, made anew; A initiates. */
void sim_again(struct sim *s, struct sim_side *side);
/* Runs what is due until nothing is left to do before `ms` milliseconds from now have passed. */
void sim_run(struct sim *s, uint64_t ms);
void sim_request(struct sim *s, struct sim_side *side, const struct msg *m);
void sim_inject(struct sim *s, struct sim_side *to, struct span datagram);
void sim_inject_by(struct sim *s, struct sim_side *to, const struct ike_path *path,
		   struct span datagram);
void sim_drain(struct sim *s);       /* takes the outputs of both engines */
uint32_t sim_dice(struct sim *s, uint32_t n);  /* 0 to n - 1, from the seed */
void sim_end(struct sim *s);

/* Each SA that one side sends under is held by the other with the same SPI and keys; the number. */
size_t sim_agree(const struct sim *s);
/* Live SAs of one side. */
size_t sim_live(const struct sim_side *side);
const char *sim_log(struct sim_side *side);

#endif
