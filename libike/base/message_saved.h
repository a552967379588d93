/* SPDX-License-Identifier: ISC */
/*
 * The part of the message table that describes checkpoints: what of an IKE_SA with its CHILD_SAs
 * outlives the program that keeps it. One IKE_SA is a sequence of these, saved-ike first. Times are
 * ns of CLOCK_BOOTTIME: a checkpoint is good for the boot it was made in.
 */
#ifndef BASE_MESSAGE_SAVED_H
#define BASE_MESSAGE_SAVED_H

#define MSG_KINDS_SAVED(K) \
	K(saved_ike, "saved-ike", "checkpoint: an IKE_SA, its keys and counters; more follows") \
	K(saved_peer, "saved-peer", "of it: who the peer is and what it was given") \
	K(saved_times, "saved-times", "of it: when something is due") \
	K(saved_path, "saved-path", "of it: outer addresses (RFC 4555)") \
	K(saved_request, "saved-request", "of it: our request under way") \
	K(saved_response, "saved-response", "of it: the answer that a repeated request gets") \
	K(saved_want, "saved-want", "of it: a CHILD_SA that we keep up") \
	K(saved_child, "saved-child", "of it: a CHILD_SA, whose keys the data plane has")

#define MSG_FIELDS_saved_ike(F) \
	F(UINT, version, REQ, "of this form, 1") \
	F(UINT, items, REQ, "how many messages it is, this one among them") \
	F(UINT, incarnation, REQ, "of the IVs used so far") \
	F(UINT, id, REQ, "id that events name") \
	F(UINT, path, REQ, "id of the path") \
	F(UINT, heir, OPT, "id of the path of who took over its CHILD_SAs") \
	F(TEXT, conn, REQ, "name of the connection") \
	F(UINT, state, REQ, "its state") \
	F(BOOL, initiator, OPT, "we are the original initiator") \
	F(BOOL, client, OPT, "and of the first of its line") \
	F(SPI, spi_i, REQ, "SPI of the initiator") \
	F(SPI, spi_r, REQ, "SPI of the responder") \
	F(UINT, encr, REQ, "encryption transform") \
	F(UINT, encr_bits, OPT, "its key length") \
	F(UINT, integ, OPT, "integrity transform") \
	F(UINT, prf, REQ, "PRF transform") \
	F(UINT, ke, OPT, "key exchange method") \
	F(SECRET, keys, REQ, "SK_d, SK_ai, SK_ar, SK_ei, SK_er, SK_pi, SK_pr") \
	F(UINT, next, OPT, "message ID of our next request") \
	F(UINT, due, OPT, "the lowest of the peer's that is not answered") \
	F(UINT, ours, OPT, "size of our window") \
	F(UINT, theirs, OPT, "size of the peer's") \
	F(BOOL, fragments, OPT, "the peer takes fragments") \
	F(UINT, fragment, OPT, "octets of an IP datagram of ours") \
	F(UINTS, tasks, OPT, "requests to come: a kind, an id and a time each") \
	F(BOOL, replaced, OPT, "it was rekeyed and awaits its Delete") \
	F(UINT, rival_by, OPT, "path of what the peer's rekey made while ours was under way") \
	F(UINT, rival_of, OPT, "of that one: path of what it may replace") \
	F(BYTES, rival_nonce, OPT, "the lowest nonce of its exchange") \
	F(UINT, busy, OPT, "TEMPORARY_FAILURE was the answer so often in a row") \
	F(UINT, busy_since, OPT, "and since then") \
	F(BOOL, leaving, OPT, "our Delete is due or out") \
	F(BOOL, path_told, OPT, "the data plane knows the path") \
	F(BOOL, inner_told, OPT, "the data plane has routes for it") \
	F(UINT, end, OPT, "why it is going down") \
	F(TEXT, end_why, OPT, "the same for people")
#define MSG_FIELDS_saved_peer(F) \
	F(UINT, id_type, REQ, "type of its identity") \
	F(BYTES, id_data, OPT, "that identity") \
	F(TEXT, peer_auth, OPT, "how it proved itself") \
	F(TEXT, our_auth, OPT, "how we did") \
	F(BOOL, has_expected, OPT, "an identity was wanted there") \
	F(UINT, expected_type, OPT, "its type") \
	F(BYTES, expected_data, OPT, "that identity") \
	F(BOOL, expected_pattern, OPT, "it is a pattern") \
	F(BOOL, pool, OPT, "its addresses are of a pool of ours") \
	F(PREFIXES, leases, OPT, "inner addresses") \
	F(ADDRS, dns, OPT, "DNS servers") \
	F(TEXTS, domains, OPT, "DNS domains") \
	F(UINT, follows, OPT, "path of the IKE_SA it is to replace") \
	F(UINT, followed, OPT, "path of the one that is to replace it") \
	F(BOOL, anew, OPT, "the peer may have one more, that we do not know") \
	F(UINT, tries, OPT, "failed authentications in a row")
#define MSG_FIELDS_saved_times(F) \
	F(UINT, began, OPT, "its handshake began") \
	F(UINT, since, REQ, "it is up since") \
	F(UINT, rekey, OPT, "soft end") \
	F(UINT, expire, OPT, "hard end") \
	F(UINT, keepalive, OPT, "the next NAT keepalive") \
	F(UINT, hinted, OPT, "an INVALID_SPI was believed") \
	F(UINT, told, OPT, "an INVALID_SPI was sent") \
	F(UINT, auth, OPT, "when the peers were authenticated") \
	F(UINT, reauth_own, OPT, "to authenticate again, by the connection") \
	F(UINT, reauth_granted, OPT, "the same by the peer's word") \
	F(UINT, reauth_at, OPT, "to authenticate again") \
	F(UINT, reauth_end, OPT, "the peer has to by then") \
	F(UINT, reauth_step, OPT, "the new one waits so long for the data plane")
#define MSG_FIELDS_saved_path(F) \
	F(ENDPOINT, local, OPT, "our address") \
	F(ENDPOINT, remote, REQ, "the peer's") \
	F(BOOL, shared, OPT, "by the socket shared with ESP") \
	F(BOOL, nat_us, OPT, "we are behind a NAT") \
	F(BOOL, nat_peer, OPT, "the peer is") \
	F(BOOL, encap, OPT, "ESP in UDP") \
	F(BOOL, mobike, OPT, "both sides have said MOBIKE_SUPPORTED") \
	F(BOOL, natt, OPT, "the peer has sent NAT_DETECTION_*") \
	F(BOOL, update, OPT, "UPDATE_SA_ADDRESSES is due") \
	F(BOOL, announce, OPT, "our additional addresses are due") \
	F(BOOL, check, OPT, "COOKIE2 is due") \
	F(BOOL, hold, OPT, "until it is answered the data plane stays at the path before") \
	F(ENDPOINT, before_local, OPT, "before the last move: our address") \
	F(ENDPOINT, before_remote, OPT, "before the last move: the peer's") \
	F(BOOL, before_shared, OPT, "and whether shared with ESP") \
	F(ADDRS, peer, OPT, "further addresses of the peer") \
	F(ADDR, met, OPT, "where a client met it") \
	F(BYTES, nat_seen, OPT, "NAT_DETECTION_DESTINATION_IP as last answered") \
	F(UINT, refusals, OPT, "of updates, in a row") \
	F(UINT, update_id, OPT, "above the peer's newest update that was taken")
#define MSG_FIELDS_saved_request(F) \
	F(UINT, id, OPT, "its message ID") \
	F(UINT, task, REQ, "what it is for") \
	F(UINT, child, OPT, "id of what it is about") \
	F(BYTES, flight, REQ, "its datagrams") \
	F(ENDPOINT, local, OPT, "our address") \
	F(ENDPOINT, remote, REQ, "the peer's") \
	F(BOOL, shared, OPT, "by the socket shared with ESP") \
	F(BYTES, nonce, OPT, "our nonce") \
	F(UINT, group, OPT, "key exchange method") \
	F(SECRET, private, OPT, "our private value of it") \
	F(BYTES, public, OPT, "our public value") \
	F(UINT, spi, OPT, "our SPI, of a CHILD_SA") \
	F(SPI, ike_spi, OPT, "our SPI, of an IKE_SA") \
	F(UINT, in_id, OPT, "id that the inbound SA is to have") \
	F(UINT, out_id, OPT, "id that the outbound SA is to have") \
	F(UINT, old, OPT, "inbound id of what it replaces") \
	F(UINT, want, OPT, "which wanted one it is for, from 1") \
	F(SELECTORS, local_ts, OPT, "our side") \
	F(SELECTORS, remote_ts, OPT, "the peer's side") \
	F(UINT, tries, OPT, "answers that asked for another group") \
	F(BOOL, moved, OPT, "it went by several pairs of addresses") \
	F(BYTES, cookie2, OPT, "its COOKIE2") \
	F(UINTS, gone, OPT, "SPIs that the peer has deleted already")
#define MSG_FIELDS_saved_response(F) \
	F(UINT, id, OPT, "its message ID") \
	F(BYTES, flight, REQ, "its datagrams")
#define MSG_FIELDS_saved_want(F) \
	F(UINT, at, OPT, "when to ask for it") \
	F(UINT, tries, OPT, "refused so often") \
	F(BOOL, refused, OPT, "by its last answer") \
	F(BOOL, single, OPT, "with one pair of selectors only") \
	F(BOOL, off, OPT, "not wanted any more") \
	F(SELECTORS, remote, OPT, "routed to the tunnel")
#define MSG_FIELDS_saved_child(F) \
	F(UINT, id, REQ, "id of the line of CHILD_SAs") \
	F(UINT, in_id, REQ, "id of the inbound SA") \
	F(UINT, out_id, REQ, "id of the outbound SA") \
	F(UINT, spi_in, REQ, "inbound SPI") \
	F(UINT, spi_out, REQ, "outbound SPI") \
	F(UINT, state, OPT, "its state") \
	F(UINT, encr, REQ, "encryption transform") \
	F(UINT, encr_bits, OPT, "its key length") \
	F(UINT, integ, OPT, "integrity transform") \
	F(UINT, ke, OPT, "key exchange method") \
	F(BOOL, esn, OPT, "extended sequence numbers") \
	F(SELECTORS, local, REQ, "our side") \
	F(SELECTORS, remote, REQ, "the peer's side") \
	F(UINT, packets, OPT, "that have come in") \
	F(UINT, active, OPT, "the last came in") \
	F(UINT, since, OPT, "it is there since") \
	F(UINT, rekey, OPT, "soft end") \
	F(UINT, expire, OPT, "hard end") \
	F(UINT, switch_at, OPT, "sending begins at the latest") \
	F(UINT, delete_at, OPT, "its Delete goes out at the latest") \
	F(UINT, old, OPT, "inbound id of its predecessor") \
	F(UINT, waits_for, OPT, "outbound id whose switched is awaited") \
	F(BYTES, nonce, OPT, "lowest nonce of its exchange") \
	F(BOOL, transport, OPT, "transport mode") \
	F(BOOL, switched, OPT, "the data plane sends under it") \
	F(BOOL, sends, OPT, "its line sends under it") \
	F(BOOL, dormant, OPT, "another one of its line sends") \
	F(BOOL, by_us, OPT, "we have asked for it") \
	F(BOOL, over, OPT, "the end of its line is told") \
	F(UINT, want, OPT, "which wanted one it is, from 1")

#endif
