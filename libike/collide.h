/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: requests of both sides about the same thing at once (RFC 7296 2.8, 2.25). What
 * the peer asks, while we do what, and what it is answered; what has no line is answered as ever.
 *
 *     the peer asks to       while we                         answer                   RFC 7296
 *     create a CHILD_SA      rekey the IKE_SA                 TEMPORARY_FAILURE        2.25.2
 *                            close it, have rekeyed it        TEMPORARY_FAILURE        2.8.2
 *                            create or rekey CHILD_SAs        as ever; both stay       1.3.1
 *     rekey a CHILD_SA       rekey it                         as ever; the redundant   2.8.1
 *                                                             one is closed by nonces
 *                            close it, have replaced it       TEMPORARY_FAILURE        2.25.1
 *                            lack it                          CHILD_SA_NOT_FOUND       2.25.1
 *                            lack it, an answer is due that   TEMPORARY_FAILURE        2.25
 *                            may bring it
 *                            rekey or close the IKE_SA        TEMPORARY_FAILURE        2.25.2
 *     close a CHILD_SA       close it, lack it                no Delete payload        2.25.1
 *                            rekey it                         Delete payload, as ever  2.25.1
 *                            rekey the IKE_SA                 Delete payload, as ever  2.25.2
 *     rekey the IKE_SA       rekey it                         as ever; the redundant   2.8.2
 *                                                             one is closed by nonces
 *                            create, rekey, close CHILD_SAs   TEMPORARY_FAILURE        2.25.1
 *                            close it, have rekeyed it        TEMPORARY_FAILURE        2.8.2
 *     close the IKE_SA       rekey it                         as ever; our rekey is    2.25.2
 *                                                             forgotten, or the peer's
 *                                                             one stands
 *                            close it                         as ever; ours forgotten  2.25.2
 *
 * Of two SAs that replace the same one, the one made with the lowest of the four nonces is deleted
 * by who asked for it; who asked for the other deletes the replaced one. An IKE_SA of the peer's
 * making beside which our own rekey is under way is a rival (rekey.c): it inherits when ours is
 * refused, when it wins by nonces, when the peer deletes the old IKE_SA or says anything but a
 * Delete under the rival.
 *
 * Who is answered TEMPORARY_FAILURE asks again after 1 to 4 s, each time later, and gives the
 * IKE_SA up when that has gone on for five minutes. CHILD_SA_NOT_FOUND ends ours; what is wanted is
 * asked for from scratch.
 */
#ifndef IKE_COLLIDE_H
#define IKE_COLLIDE_H

#include "child.h"

enum ike_asked { IKE_ASKED_CREATE = 1, IKE_ASKED_REKEY = 2, IKE_ASKED_REKEY_IKE = 4 };

/* The notify that refuses it, or 0. `child`: the one to be rekeyed, NULL: not there. */
uint16_t ike_collision(const struct ike_sa *sa, enum ike_asked asked,
		       const struct ike_child *child);

/* We were answered TEMPORARY_FAILURE: the task waits for its next turn, or it has been enough. */
void ike_busy_later(struct ike_engine *e, struct ike_sa *sa, struct ike_task t);
/* Any other answer. */
void ike_busy_over(struct ike_sa *sa);

#endif
