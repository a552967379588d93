/* SPDX-License-Identifier: ISC */
/* Inside the engine: requests, responses, retransmission, and the handlers the rules name. */
#ifndef IKE_EXCHANGE_H
#define IKE_EXCHANGE_H

#include "engine.h"

/* exchange.c: what is sent, and sent again (RFC 7296 2.1, 2.2; window.h) */
void ike_build_request(struct ike_sa *sa, struct arena *a, uint8_t exchange, struct ike_build *b);
void ike_build_response(struct ike_sa *sa, struct arena *a, uint8_t exchange, struct ike_build *b);
/* Takes r, also when it fails. NULL: no memory. */
IKE_NODISCARD enum ike_err ike_send_request(struct ike_engine *e, struct ike_sa *sa,
					    struct ike_request *r, const struct ike_build *b);
/* Answers the request that is being answered, see ike_window. */
IKE_NODISCARD enum ike_err ike_send_response(struct ike_engine *e, struct ike_sa *sa,
					     const struct ike_build *b);
void ike_respond_error(struct ike_engine *e, struct ike_sa *sa, uint8_t exchange, uint16_t notify,
		       struct span data);
/* SET_WINDOW_SIZE: what we take, into the messages that make an IKE_SA; what the peer does. */
void ike_window_add(const struct ike_engine *e, struct ike_build *b);
void ike_window_told(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);
/* fragment_in.c (RFC 7383 2.3, 2.6) */
void ike_fragments_agree(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);
/* Those kept of the peer's requests: of that one, of all. */
void ike_fragments_drop(struct ike_engine *e, struct ike_sa *sa, uint32_t id);
void ike_fragments_drop_all(struct ike_engine *e, struct ike_sa *sa);
/* Takes a fragment. IKE_OK: with it the message is whole, and p. IKE_E_RETRY: that was all. */
IKE_NODISCARD enum ike_err ike_fragment_take(struct ike_engine *e, struct ike_sa *sa,
					     const struct ike_path *path, struct ike_packet *p,
					     struct arena *a);
/* The peer asks again what was answered. False: not kept. */
bool ike_answer_again(struct ike_engine *e, struct ike_sa *sa, const struct ike_path *path,
		      uint32_t id);
void ike_retransmit(struct ike_engine *e, struct ike_sa *sa);
uint64_t ike_request_deadline(const struct ike_sa *sa);

/* tasks.c */
/* Queues what is to be asked of the peer; goes when the window lets it. False: already queued. */
bool ike_task_add(struct ike_engine *e, struct ike_sa *sa, enum ike_task_kind kind, uint64_t child);
bool ike_task_add_at(struct ike_sa *sa, struct ike_task t);
/* Sends what may go now. Tasks that change the IKE_SA wait until no request is under way. */
void ike_task_run(struct ike_engine *e, struct ike_sa *sa);
struct ike_line ike_task_line(const struct ike_engine *e, struct ike_task t);
/* When the next one may go that may not yet. */
uint64_t ike_task_deadline(const struct ike_engine *e, const struct ike_sa *sa);

/* rules.c: the protocol as a table */
struct ike_in;
void ike_dispatch(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in);
const char *ike_state_name(enum ike_state s);

/* What a handler gets; it answers IKE_OK and the row's next state is entered, unless it has set
 * one. */
struct ike_in {
	const struct ike_path *path;
	struct ike_packet *p;
	struct arena *a;
	struct ike_request *request;  /* that p answers; NULL: p is a request */
};
typedef enum ike_err ike_handler(struct ike_engine *e, struct ike_sa *sa, struct ike_in *in);

ike_handler ike_init_request, ike_init_response, ike_init_redo;          /* sa_init*.c */
/* ike_auth*.c */
ike_handler ike_auth_request, ike_auth_childless, ike_auth_incomplete;
ike_handler ike_auth_response, ike_auth_refused;
ike_handler ike_child_request, ike_child_response, ike_create_refused;   /* create_child.c */
ike_handler ike_rekey_request, ike_rekey_response;                       /* rekey.c */
ike_handler ike_info_request, ike_info_response, ike_busy_request;       /* info.c */

/* sa_init.c, init_respond.c */
/* An IKE_SA_INIT request: cookies, retransmissions, then a new IKE_SA (answered; NULL: none). */
struct ike_sa *ike_init_first(struct ike_engine *e, const struct ike_path *path,
			      struct ike_packet *p, struct arena *a);
/* An answer that leaves no state behind: one notify, in clear. */
void ike_init_refuse(struct ike_engine *e, const struct ike_path *path, const struct ike_header *h,
		     uint16_t notify, struct span data);
void ike_init_version(struct ike_engine *e, const struct ike_path *path,
	const struct ike_header *h);
IKE_NODISCARD enum ike_err ike_init_send(struct ike_engine *e, struct ike_sa *sa);
/* race.c: takes its place in a race; is it decided; the first that is answered; whom to meet */
struct ike_attempt;
bool ike_race_enter(struct ike_sa *sa, const struct ike_attempt *a);
bool ike_race_decided(const struct ike_engine *e, uint64_t race);
void ike_race_won(struct ike_engine *e, const struct ike_sa *sa);
void ike_race_follow(struct ike_sa *sa, const struct ike_sa *old);
const struct ike_ident *ike_race_peer(const struct ike_sa *sa);
/* ike_auth.c: a helper's answer */
void ike_auth_signed(struct ike_engine *e, struct ike_sa *sa, struct span signature);
void ike_auth_verified(struct ike_engine *e, struct ike_sa *sa, const struct msg_verified *v);
void ike_auth_helper_error(struct ike_engine *e, struct ike_sa *sa, const struct msg_error *m);
/* ike_auth.c, for both roles */
IKE_NODISCARD enum ike_err ike_auth_prove_us(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_check_peer(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_send(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_ask(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_answer(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_finish(struct ike_engine *e, struct ike_sa *sa);
IKE_NODISCARD enum ike_err ike_auth_keep(struct ike_sa *sa, struct ike_in *in);
void ike_auth_add(const struct ike_sa *sa, struct ike_build *b, bool id_and_certs);
void ike_auth_fail(struct ike_engine *e, struct ike_sa *sa, enum ike_err err, const char *reason,
		   struct span sentence, struct span hint);
void ike_sa_up(struct ike_engine *e, struct ike_sa *sa);
/* natt.c (RFC 7296 2.23) */
void ike_natd_add(struct ike_engine *e, const struct ike_sa *sa, const struct ike_path *path,
		  struct ike_build *b);
void ike_natd_check(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in);
/* Who is behind a NAT, and whether ESP goes in UDP; false: the message does not say. */
bool ike_natd_read(struct ike_engine *e, struct ike_sa *sa, const struct ike_in *in);
/* info.c */
IKE_NODISCARD enum ike_err ike_info_send(struct ike_engine *e, struct ike_sa *sa,
					 struct ike_task task);
/* create_child.c, rekey.c */
IKE_NODISCARD enum ike_err ike_rekey_child_send(struct ike_engine *e, struct ike_sa *sa,
						uint64_t in_id);
IKE_NODISCARD enum ike_err ike_new_child_send(struct ike_engine *e, struct ike_sa *sa,
					      int want);
IKE_NODISCARD enum ike_err ike_rekey_ike_send(struct ike_engine *e, struct ike_sa *sa);
/* requests.c */
void ike_gateway_routes(struct ike_engine *e);
/* cp.c (RFC 7296 2.19) */
void ike_cp_request(const struct ike_sa *sa, struct ike_build *b);
IKE_NODISCARD enum ike_err ike_cp_lease(struct ike_engine *e, struct ike_sa *sa,
					const struct ike_packet *p,
					struct buf *why);
/* Its addresses are free again. */
void ike_cp_release(const struct ike_engine *e, struct ike_sa *sa);
/* Restored: its leases are taken again where they are of a pool of ours. */
void ike_cp_reclaim(const struct ike_engine *e, struct ike_sa *sa);
void ike_cp_wish(struct ike_sa *sa, const struct ike_sa *old);  /* the same addresses again */
void ike_cp_reply(const struct ike_sa *sa, struct ike_build *b);
void ike_cp_accept(struct ike_sa *sa, const struct ike_packet *p);
void ike_inner_tell(struct ike_engine *e, struct ike_sa *sa);

#endif
