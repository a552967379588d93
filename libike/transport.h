/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: transport mode (RFC 7296 1.3.1). Both sides must say USE_TRANSPORT_MODE; the
 * selectors are the outer addresses. A connection has one mode for all its CHILD_SAs: one for
 * transport mode refuses tunnel mode, one for tunnel mode answers with it.
 */
#ifndef IKE_TRANSPORT_H
#define IKE_TRANSPORT_H

#include "child.h"

/* As initiator: asks for it when it is wanted, and does the answer fit? */
void ike_transport_ask(bool wanted, struct ike_build *b);
IKE_NODISCARD enum ike_err ike_transport_check(bool wanted, const struct ike_packet *p,
					       struct buf *why);

/* As responder: the mode for what the peer asks. IKE_E_NO_PROPOSAL: not ours. */
IKE_NODISCARD enum ike_err ike_transport_choose(const struct ike_sa *sa, const struct ike_packet *p,
						bool *transport, struct buf *why);

/*
 * Behind a NAT the peer names addresses as it sees them: in their place stand those of its packet
 * (RFC 7296 2.23.1). `said` gives its own back, for the answer.
 */
struct ike_pair ike_transport_seen(const struct ike_sa *sa, const struct ike_pair *asked,
				   struct arena *a);
struct ike_ts_list ike_transport_said(const struct ike_ts_list *agreed,
				      const struct ike_ts_list *asked, struct arena *a);

/* What of a side's selectors is at its outer address; all of that address when nothing is. */
struct ike_ts_list ike_transport_side(const struct ike_ts_list *l, const struct ip *outer,
				      struct arena *a);

#endif
