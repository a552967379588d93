/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: its connections, which of them a peer is for, and the pools they share. At
 * IKE_SA_INIT addresses tell, and proposals; at IKE_AUTH identities and the way of proof.
 */
#ifndef IKE_CONNS_H
#define IKE_CONNS_H

#include "engine.h"

/* Replaces the set, see ike_engine_connections(). IKE_E_MEMORY: nothing has changed. */
IKE_NODISCARD enum ike_err ike_conns_set(struct ike_engine *e, const struct ike_conn *const *v,
					 size_t n);
void ike_conns_free(struct ike_engine *e);

/* The connection of that name as it is now, NULL: there is none any more. */
const struct ike_conn *ike_conn_now(const struct ike_engine *e, const struct ike_conn *c);

/* The same one, perhaps before and after it was changed? */
bool ike_conn_same(const struct ike_conn *a, const struct ike_conn *b);

/* An IKE_SA that is up goes by the connection as it is now, once no request of its is out; one
 * whose connection is gone, or not for its peer any more, is deleted. */
void ike_conn_follow(struct ike_engine *e, struct ike_sa *sa);

/* Does it answer peers, and those who come this way? */
bool ike_conn_takes(const struct ike_conn *c, const struct ike_path *path);

/* The most specific connection for who the peer of sa says it is, whom it wants to meet (idr, of
 * type IKE_ID_ANY: whoever) and how it proves itself; one for another proof if there is no other;
 * NULL: none. */
const struct ike_conn *ike_conn_meet(const struct ike_engine *e, const struct ike_sa *sa,
				     const struct ike_ident *idr, bool psk);

/* May what was agreed on for the IKE_SA serve this connection? `why`: why not. */
bool ike_conn_allows(const struct ike_conn *c, const struct ike_suite *suite, struct buf *why);

/* The CAs of all connections that this way may lead to, for CERTREQ; empty: none, or no memory. */
struct span ike_conns_cas(const struct ike_engine *e, const struct ike_path *path,
			  struct arena *a);

/* The pool of a connection, NULL without. Connections with the same networks share one. */
struct ike_pool *ike_conn_pool(const struct ike_engine *e, const struct ike_conn *c);

#endif
