/* SPDX-License-Identifier: ISC */
/*
 * The protocol as a table: in a state, this message with these payloads goes to that handler, and
 * then the IKE_SA is in the next state (RFC 7296 1.2 to 1.4). Payloads may come in any order; one
 * that is known, in neither must nor may, is ignored with an event. What has no rule is dealt with
 * by ike_otherwise(). A test walks both.
 *
 * Where IKE_INTERMEDIATE (RFC 9242) and further key exchanges (RFC 9370) enter: rows of their own
 * for IKE_S_INIT_DONE, and for a state between IKE_S_INIT_SENT and IKE_S_SIGNING, each exchange
 * with the next message ID; the window is 1 until IKE_AUTH is over, and what comes in fragments is
 * taken as ever. After each the keys are made anew as a rekey makes them, with SK_d of before
 * (crypto.h, ike_keys_in.old_d); the octets of AUTH get IntAuth behind them (auth.h). Transform
 * types 6 to 12 are read like any other; a proposal that has one is passed over until then
 * (proposal.c), and such exchanges are refused. When CHILD_SAs and IKE_SAs are rekeyed,
 * IKE_FOLLOWUP_KE goes on with the offer of the request before it (window.h, ike_offer), in the
 * same line.
 */
#ifndef IKE_RULES_H
#define IKE_RULES_H

#include "exchange.h"

struct ike_rule {
	enum ike_state state;
	uint8_t exchange;
	bool response;
	uint32_t must, may;      /* bit (type - 33) for each payload type */
	ike_handler *handler;
	enum ike_state next;     /* unless the handler has entered another: waiting, up, dead */
	const char *story;
};

size_t ike_rules(const struct ike_rule **out);

/* A message without a rule: WAIT ignores it with an event, REFUSE answers INVALID_SYNTAX (and ends
 * a handshake), END gives up the IKE_SA: an authentic peer has lost its way. */
enum ike_otherwise { IKE_OTHERWISE_WAIT, IKE_OTHERWISE_REFUSE, IKE_OTHERWISE_END };
enum ike_otherwise ike_otherwise(enum ike_state state, bool response);

#endif
