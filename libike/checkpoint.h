/* SPDX-License-Identifier: ISC */
/*
 * Inside the engine: checkpoints (DESIGN 3.8). Whatever changes an IKE_SA that is up marks it; at
 * the end of the input one record of each that is marked comes out, before the first datagram of
 * that input: what it promises to the peer outlives us. Without `checkpoint` in the configuration a
 * mark costs a comparison. A record is an IKE_SA with its CHILD_SAs as messages of message_saved.h;
 * ike_engine_restore() is its reader.
 */
#ifndef IKE_CHECKPOINT_H
#define IKE_CHECKPOINT_H

#include "child.h"
#include "wants.h"

#define IKE_CHECKPOINT_VERSION 1

void ike_checkpoint_mark(struct ike_engine *e, struct ike_sa *sa);
/* The end of an input, or of a part of it that is whole. */
void ike_checkpoint_put(struct ike_engine *e);
/* It is freed: its record, if there is one, goes with it. */
void ike_checkpoint_forget(struct ike_engine *e, struct ike_sa *sa);

/* The key of its records. */
uint64_t ike_checkpoint_key(const struct ike_sa *sa);

/* Appends the record. IKE_E_INPUT: it has something in it that no record can hold. */
IKE_NODISCARD enum ike_err ike_checkpoint_write(const struct ike_engine *e,
						const struct ike_sa *sa, struct buf *out);

/*
 * Fields that are the same in the message and in the struct: S(in the message, in the struct). What
 * is read must fit.
 */
#define IKE_SAVED_IKE(S) \
	S(id, id) S(path, path_id) S(heir, heir) S(state, state) S(initiator, initiator) \
	S(client, client) S(spi_i, spi_i) S(spi_r, spi_r) S(next, window.next) S(due, window.due) \
	S(ours, window.ours) S(theirs, window.theirs) \
	S(fragments, fragments) S(fragment, fragment) S(replaced, replaced) S(leaving, leaving) \
	S(path_told, path_told) S(inner_told, inner_told) S(end, end) \
	S(rival_by, rival.by_peer) S(rival_of, rival.of) S(busy, busy) S(busy_since, busy_ns)
#define IKE_SAVED_SUITE(S) \
	S(encr, encr) S(encr_bits, encr_bits) S(integ, integ) S(ke, ke)
#define IKE_SAVED_PEER(S) \
	S(id_type, peer_ident.type) S(has_expected, has_expected) \
	S(expected_type, expected.type) S(expected_pattern, expected.pattern) \
	S(follows, reauth.follows) S(followed, reauth.followed) S(tries, reauth.tries) \
	S(anew, reauth.anew)
#define IKE_SAVED_TIMES(S) \
	S(began, began_ns) S(since, since_ns) S(rekey, rekey_ns) S(expire, expire_ns) \
	S(keepalive, keepalive_ns) S(hinted, hinted_ns) S(told, told_ns) \
	S(auth, reauth.auth_ns) S(reauth_own, reauth.own_ns) \
	S(reauth_granted, reauth.granted_ns) S(reauth_at, reauth.at_ns) \
	S(reauth_end, reauth.end_ns) S(reauth_step, reauth.step_ns)
#define IKE_SAVED_PATH(S) \
	S(local, path.local) S(remote, path.remote) S(shared, path.shared) \
	S(before_local, mobike.before.local) S(before_remote, mobike.before.remote) \
	S(before_shared, mobike.before.shared) S(met, mobike.met)
#define IKE_SAVED_MOBIKE(S) \
	S(nat_us, nat_us) S(nat_peer, nat_peer) S(encap, encap) S(mobike, mobike.on) \
	S(natt, mobike.natt) S(update, mobike.update) S(announce, mobike.announce) \
	S(check, mobike.check) S(hold, mobike.hold) \
	S(refusals, mobike.refusals) S(update_id, mobike.update_id)
#define IKE_SAVED_REQUEST(S) \
	S(id, id) S(task, task.kind) S(child, task.child) S(group, offer.group) \
	S(spi, offer.spi) S(ike_spi, offer.ike_spi) S(in_id, offer.in_id) \
	S(out_id, offer.out_id) S(old, offer.old) S(tries, offer.tries) S(moved, probe.moved)
#define IKE_SAVED_WANT(S) \
	S(at, at_ns) S(tries, tries) S(refused, refused) S(single, single) S(off, off)
#define IKE_SAVED_CHILD(S) \
	S(id, id) S(in_id, in_id) S(out_id, out_id) S(spi_in, spi_in) S(spi_out, spi_out) \
	S(state, state) S(encr, suite.encr) S(encr_bits, suite.encr_bits) S(integ, suite.integ) \
	S(ke, suite.ke) S(esn, suite.esn) S(packets, packets) S(active, active_ns) \
	S(since, since_ns) S(rekey, rekey_ns) S(expire, expire_ns) S(switch_at, switch_ns) \
	S(delete_at, delete_ns) S(old, old) S(waits_for, waits_for) S(transport, transport) \
	S(switched, switched) S(sends, sends) S(dormant, dormant) S(by_us, by_us) S(over, over)

#endif
