/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: authentication anew, make before break (RFC 7296 2.8.3, RFC 4478). A client
 * makes a new IKE_SA with all its CHILD_SAs beside the one in place, sends under the new ones, then
 * deletes the old. The numbers people know, of the IKE_SA and of the lines of CHILD_SAs, go over to
 * the new one. When that does not come up, the old one stays.
 */
#ifndef IKE_REAUTH_H
#define IKE_REAUTH_H

#include "child.h"

/* An IKE_SA is authenticated: when the next time is due, by the connection or by what the peer's
 * IKE_AUTH says. */
void ike_reauth_start(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *auth);
/* The connection has changed: the times are counted anew from when it was authenticated, and a
 * client is told what is left (RFC 4478: 0 when nothing is). */
void ike_reauth_follow(struct ike_engine *e, struct ike_sa *sa, const struct ike_conn *was);
/* As responder: how long we believe it, into our IKE_AUTH or INFORMATIONAL. */
void ike_reauth_lifetime_add(const struct ike_engine *e, const struct ike_sa *sa,
			     struct ike_build *b);
/* The peer says how long it believes us: AUTH_LIFETIME, if p has one; the last word counts. */
void ike_reauth_lifetime(struct ike_engine *e, struct ike_sa *sa, const struct ike_packet *p);

void ike_reauth_time(struct ike_engine *e, struct ike_sa *sa);
uint64_t ike_reauth_deadline(const struct ike_sa *sa);
/* The new IKE_SA, or the data plane about it, has got on: it may be time to leave the old one. */
void ike_reauth_step(struct ike_engine *e, struct ike_sa *sa);
/* Either of both ends. True: that is no news for anybody, the other one goes on. */
bool ike_reauth_lost(struct ike_engine *e, struct ike_sa *sa);
/* The CHILD_SA under another IKE_SA of the same peer whose place a new one takes: its line goes on.
 * NULL: it begins one. */
struct ike_child *ike_reauth_line(const struct ike_engine *e, const struct ike_sa *sa,
				  const struct ike_child_in *in);

#endif
