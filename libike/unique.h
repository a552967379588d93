/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine, as responder: what the IKE_SAs that an identity has mean for a new one of the
 * same identity and connection. INITIAL_CONTACT (RFC 7296 2.4) voids them, and a connection may say
 * more: enum ike_unique.
 */
#ifndef IKE_UNIQUE_H
#define IKE_UNIQUE_H

#include "engine.h"

/* The peer is proven. False: it is not let in, which it has been told. Inner addresses of those
 * that will go are free for it. */
bool ike_unique_admit(struct ike_engine *e, struct ike_sa *sa);
/* It is up: those it replaces go. `initial`: it has made its first contact. */
void ike_unique_settle(struct ike_engine *e, struct ike_sa *sa, bool initial);

#endif
