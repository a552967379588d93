/* SPDX-License-Identifier: ISC */
/*
 * The message table: every kind and every key that travels between programs, in one place. From it
 * come the structs of messages.h, both codecs, messages.cddl and the tables of ike-messages(5).
 * A row is  F(TYPE, name, flag, "what it is");  on the wire underscores of a name are dashes, and
 * one at its end is left out.
 * flag: REQ must be there; OPT is left out when zero or empty, and zero or empty when absent.
 * TYPE SECRET is octets that are redacted unless asked for. Types: see messages.h.
 */
#ifndef BASE_MESSAGE_TABLE_H
#define BASE_MESSAGE_TABLE_H

#include "message_saved.h"

/* K(kind, "wire name", "what it is"); the fields of a kind are MSG_FIELDS_kind */
#define MSG_KINDS(K) \
	K(hello, "hello", "first message of each side on a connection or stream") \
	K(path, "path", "addresses and encapsulation shared by SAs; sent again when they change") \
	K(sa_begin, "sa-begin", "opens the description of one SA, in one direction") \
	K(sa_selectors, "sa-selectors", "traffic selectors of an SA; may be repeated, adds up") \
	K(sa_keys, "sa-keys", "keys of an SA") \
	K(sa_commit, "sa-commit", "the SA is described: install it, all or nothing") \
	K(sa_outbound, "sa-outbound", "send under this SA from now on, not its predecessor") \
	K(sa_delete, "sa-delete", "end an SA") \
	K(trap, "trap", "report traffic for these selectors with acquire") \
	K(inner, "inner", "addresses, DNS and routes of the inner side") \
	K(bye, "bye", "the sender is ending") \
	K(stray, "stray", "a datagram that reached the wrong program of a shared port") \
	K(holds, "holds", "ids of SAs that the data plane has") \
	K(seen, "seen", "first authentic packet on a new inbound SA") \
	K(switched, "switched", "the kernel has the last datagram under the predecessor") \
	K(expire, "expire", "an SA reached a limit") \
	K(acquire, "acquire", "a packet met a trap") \
	K(silent, "silent", "we send on a path and hear nothing") \
	K(moved, "moved", "authentic packets of a path come from elsewhere") \
	K(unknown_spi, "unknown-spi", "ESP packets come for an SA that nobody told of") \
	K(path_mtu, "path-mtu", "the largest datagram a path takes") \
	K(stats, "stats", "counters of one SA") \
	K(ike_sa, "ike-sa", "event: an IKE_SA is up; answer to list") \
	K(child_sa, "child-sa", "event: a CHILD_SA is up; answer to list") \
	K(rekeyed, "rekeyed", "event: an SA was replaced by a rekey") \
	K(roamed, "roamed", "event: an IKE_SA uses other outer addresses from now on") \
	K(down, "down", "event: an IKE_SA or CHILD_SA has ended") \
	K(refused, "refused", "event or feedback: something was refused, and why") \
	K(warning, "warning", "event: something an operator should know") \
	K(retry, "retry", "event: a peer could not be reached, and when the next try is") \
	K(captive_portal, "captive-portal", "event: this network wants to be asked first") \
	K(counters, "counters", "event: totals since the start") \
	K(exchange, "exchange", "event: one IKE message sent or received, for ladders") \
	K(keylog, "keylog", "keys of an IKE_SA for a network analyser") \
	K(lost, "lost", "events were dropped for a slow reader") \
	K(subscribe, "subscribe", "request: send events from now on") \
	K(list, "list", "request: all SAs as events, then done") \
	K(rekey, "rekey", "request: replace an SA now") \
	K(terminate, "terminate", "request: end IKE_SAs, or one CHILD_SA") \
	K(up, "up", "request: ask for the CHILD_SAs that are wanted and not there") \
	K(reload, "reload", "request: read the connections anew") \
	K(done, "done", "answer: the request was carried out") \
	K(error, "error", "answer: the request failed") \
	K(cancel, "cancel", "the request is not wanted any more") \
	K(sign, "sign", "request: sign these octets") \
	K(signed_, "signed", "answer to sign") \
	K(verify, "verify", "request: is this the certificate of that peer?") \
	K(verified, "verified", "answer to verify") \
	K(resolve, "resolve", "request: the addresses of a host name") \
	K(resolved, "resolved", "answer to resolve") \
	K(fetch, "fetch", "request to the spawner: what a URL answers") \
	K(fetched, "fetched", "answer to fetch") \
	K(prompt, "prompt", "request: ask the user") \
	K(answer, "answer", "answer to prompt") \
	K(link, "link", "request to ike-ifconf: set up an interface") \
	K(address, "address", "request to ike-ifconf: add an inner address") \
	K(route, "route", "request to ike-ifconf: add a route") \
	K(rule, "rule", "request to ike-ifconf: add a routing rule") \
	K(take, "take", "request to a keeper: these descriptors, by name") \
	K(taken, "taken", "answer of a keeper, with the descriptors attached in this order") \
	K(record, "record", "first of a record: an engine as it was made") \
	K(record_conn, "record-conn", "a connection of it; its files follow") \
	K(record_file, "record-file", "a file that the connection names") \
	K(input, "input", "what went into the engine; of a message, that follows") \
	K(output, "output", "a datagram that came out") \
	K(handover, "handover", "to a successor: a data plane; paths and SAs follow, then done") \
	K(sa_state, "sa-state", "to a successor: where an SA is; ends its description") \
	MSG_KINDS_SAVED(K)

#define MSG_FIELDS_hello(F) \
	F(UINT, version, REQ, "version of the message set, 1") \
	F(TEXT, role, OPT, "control, data, signer, ifconf or keeper") \
	F(TEXT, instance, OPT, "this run of the sender: random, lowercase hex") \
	F(TEXT, link, OPT, "path of the link socket") \
	F(SECRET, token, OPT, "to be repeated by who connects to the link, 16 octets") \
	F(ENDPOINTS, ports, OPT, "UDP addresses in use; the first is the one shared with ESP") \
	F(UINT, workers, OPT, "number of ESP workers") \
	F(TEXTS, can, OPT, "ciphers and features") \
	F(KEYS, keys, OPT, "keys that a signer has")
#define MSG_FIELDS_path(F) \
	F(UINT, id, REQ, "id of the path") \
	F(ENDPOINT, local, REQ, "our outer address and port") \
	F(ENDPOINT, remote, REQ, "the peer's outer address and port") \
	F(BOOL, encap, OPT, "ESP in UDP (RFC 3948)") \
	F(BOOL, behind_nat, OPT, "we are behind a NAT: send keepalives")
#define MSG_FIELDS_sa_begin(F) \
	F(UINT, id, REQ, "id of the SA, never used again") \
	F(UINT, child, REQ, "id of the CHILD_SA it belongs to; rekeying keeps it") \
	F(TEXT, dir, REQ, "in or out") \
	F(SPI, spi, REQ, "SPI in the packets") \
	F(UINT, path, REQ, "id of the path") \
	F(TEXT, mode, REQ, "tunnel or transport") \
	F(TEXT, cipher, REQ, "encryption, as in proposals: aes256gcm16") \
	F(TEXT, integ, OPT, "integrity, as in proposals: sha256; none with AEAD") \
	F(BOOL, esn, OPT, "extended sequence numbers (RFC 4304)") \
	F(UINT, window, OPT, "replay window in packets") \
	F(TEXT, peer, OPT, "identity of the peer, for people") \
	F(UINT, limit_ms, OPT, "hard limit: milliseconds from the commit") \
	F(UINT, limit_bytes, OPT, "hard limit: octets of inner packets") \
	F(UINT, limit_packets, OPT, "hard limit: packets")
#define MSG_FIELDS_sa_selectors(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(SELECTORS, local, OPT, "our side") \
	F(SELECTORS, remote, OPT, "the peer's side")
#define MSG_FIELDS_sa_keys(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(SECRET, key, REQ, "encryption key, with the salt behind it where the cipher has one") \
	F(SECRET, integ_key, OPT, "integrity key")
#define MSG_FIELDS_sa_commit(F) \
	F(UINT, id, REQ, "id of the SA")
#define MSG_FIELDS_sa_outbound(F) \
	F(UINT, id, REQ, "id of the SA")
#define MSG_FIELDS_sa_delete(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(UINT, linger_ms, OPT, "an inbound SA still opens packets for so long")
#define MSG_FIELDS_trap(F) \
	F(UINT, id, REQ, "id of the trap") \
	F(SELECTORS, local, OPT, "our side") \
	F(SELECTORS, remote, OPT, "the peer's side")
#define MSG_FIELDS_inner(F) \
	F(UINT, owner, OPT, "whose it is: replaces what was said for the same; 0: adds up") \
	F(PREFIXES, addresses, OPT, "inner addresses of the tunnel interface") \
	F(ADDRS, dns, OPT, "DNS servers") \
	F(TEXTS, domains, OPT, "DNS domains") \
	F(PREFIXES, routes, OPT, "what is reached through the tunnel") \
	F(ADDRS, outer, OPT, "outer addresses of peers, never routed into the tunnel") \
	F(UINT, mtu, OPT, "MTU of the tunnel interface") \
	F(BOOL, more, OPT, "more of the same owner follows in the next message")
#define MSG_FIELDS_bye(F) \
	F(UINT, status, OPT, "exit status of the sender; the receiver takes it over") \
	F(TEXT, sentence, OPT, "why") \
	F(TEXT, hint, OPT, "what to do about it") \
	F(BOOL, stop, OPT, "on a link: the data plane is to stop too")
#define MSG_FIELDS_stray(F) \
	F(ENDPOINT, from, REQ, "source of the datagram") \
	F(ENDPOINT, to, REQ, "its destination, ours") \
	F(BYTES, datagram, REQ, "the UDP payload, marker included")
#define MSG_FIELDS_holds(F) \
	F(UINTS, ids, OPT, "ids of SAs") \
	F(BOOL, more, OPT, "more follow in the next message")
#define MSG_FIELDS_seen(F) \
	F(UINT, id, REQ, "id of the inbound SA")
#define MSG_FIELDS_switched(F) \
	F(UINT, id, REQ, "id of the outbound SA in use now")
#define MSG_FIELDS_expire(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(TEXT, level, REQ, "soft or hard") \
	F(TEXT, why, OPT, "time, bytes, packets or sequence")
#define MSG_FIELDS_acquire(F) \
	F(UINT, trap, REQ, "id of the trap") \
	F(SELECTOR, local, OPT, "of the packet") \
	F(SELECTOR, remote, OPT, "of the packet")
#define MSG_FIELDS_silent(F) \
	F(UINT, path, REQ, "id of the path") \
	F(UINT, since_ms, REQ, "how long nothing was heard")
#define MSG_FIELDS_moved(F) \
	F(UINT, path, REQ, "id of the path") \
	F(ENDPOINT, to, REQ, "where packets come from now")
#define MSG_FIELDS_unknown_spi(F) \
	F(SPI, spi, REQ, "SPI of the packet") \
	F(ENDPOINT, from, REQ, "where it came from")
#define MSG_FIELDS_path_mtu(F) \
	F(UINT, path, REQ, "id of the path") \
	F(UINT, mtu, REQ, "octets, IP header included")
#define MSG_FIELDS_stats(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(TEXT, dir, OPT, "in or out") \
	F(SPI, spi, OPT, "its SPI") \
	F(UINT, packets, OPT, "packets sealed or opened") \
	F(UINT, bytes, OPT, "octets of inner packets") \
	F(UINT, bad_icv, OPT, "packets that failed authentication") \
	F(UINT, replayed, OPT, "packets seen before or too old") \
	F(UINT, selector_mismatch, OPT, "packets outside the selectors")
#define MSG_FIELDS_event(F) \
	F(UINT, seq, OPT, "number of the event in this run") \
	F(TIME, time, OPT, "wall time") \
	F(UINT, ike, OPT, "id of the IKE_SA") \
	F(TEXT, conn, OPT, "name of the connection") \
	F(ENDPOINT, peer, OPT, "the peer's outer address") \
	F(TEXT, identity, OPT, "the peer's identity, proven or claimed")
#define MSG_FIELDS_ike_sa(F) \
	MSG_FIELDS_event(F) \
	F(ENDPOINT, local, OPT, "our outer address") \
	F(TEXT, our_identity, OPT, "our identity") \
	F(TEXT, role, OPT, "initiator or responder") \
	F(SPI, spi_i, OPT, "SPI of the initiator") \
	F(SPI, spi_r, OPT, "SPI of the responder") \
	F(TEXT, proposal, OPT, "chosen transforms") \
	F(TEXT, auth, OPT, "how the peer proved itself") \
	F(TEXT, our_auth, OPT, "how we proved ourselves") \
	F(ADDRS, addresses, OPT, "inner addresses assigned") \
	F(ADDRS, dns, OPT, "DNS servers that the peer told us") \
	F(UINT, handshake_us, OPT, "microseconds from the first message to up") \
	F(UINT, age_ms, OPT, "since it was established")
#define MSG_FIELDS_child_sa(F) \
	MSG_FIELDS_event(F) \
	F(UINT, child, OPT, "id of the CHILD_SA") \
	F(SPI, spi_in, OPT, "SPI of packets to us") \
	F(SPI, spi_out, OPT, "SPI of packets to the peer") \
	F(TEXT, proposal, OPT, "chosen transforms") \
	F(TEXT, mode, OPT, "tunnel or transport") \
	F(SELECTORS, local_ts, OPT, "traffic selectors, our side") \
	F(SELECTORS, remote_ts, OPT, "traffic selectors, the peer's side") \
	F(BOOL, encap, OPT, "ESP in UDP") \
	F(UINT, age_ms, OPT, "since it was established")
#define MSG_FIELDS_rekeyed(F) \
	MSG_FIELDS_event(F) \
	F(TEXT, what, REQ, "ike, child, or auth: the IKE_SA, by full authentication") \
	F(UINT, child, OPT, "id of the CHILD_SA") \
	F(SPI, spi_i, OPT, "of the new IKE_SA") \
	F(SPI, spi_r, OPT, "of the new IKE_SA") \
	F(SPI, spi_in, OPT, "of the new CHILD_SA") \
	F(SPI, spi_out, OPT, "of the new CHILD_SA") \
	F(TEXT, by, OPT, "us or peer") \
	F(TEXT, proposal, OPT, "chosen transforms")
#define MSG_FIELDS_roamed(F) \
	MSG_FIELDS_event(F) \
	F(ENDPOINT, local, OPT, "our outer address") \
	F(ENDPOINT, old_peer, OPT, "the peer's outer address before") \
	F(ENDPOINT, old_local, OPT, "ours before") \
	F(TEXT, by, OPT, "us or peer: who moved") \
	F(TEXT, sentence, OPT, "why")
#define MSG_FIELDS_down(F) \
	MSG_FIELDS_event(F) \
	F(TEXT, what, OPT, "ike or child") \
	F(UINT, child, OPT, "id of the CHILD_SA") \
	F(UINT, status, OPT, "exit status that goes with the reason") \
	F(TEXT, reason, OPT, "one word") \
	F(TEXT, sentence, OPT, "why")
#define MSG_FIELDS_refused(F) \
	MSG_FIELDS_event(F) \
	F(UINT, id, OPT, "feedback: id of the SA refused") \
	F(UINT, status, OPT, "exit status that goes with the reason") \
	F(TEXT, reason, OPT, "one word") \
	F(TEXT, sentence, OPT, "why") \
	F(TEXT, hint, OPT, "what to do about it") \
	F(UINT, count, OPT, "how many alike since the last one")
#define MSG_FIELDS_warning(F) \
	MSG_FIELDS_event(F) \
	F(TEXT, reason, OPT, "one word") \
	F(TEXT, sentence, OPT, "what") \
	F(TEXT, hint, OPT, "what to do about it") \
	F(UINT, count, OPT, "how many alike since the last one")
#define MSG_FIELDS_retry(F) \
	MSG_FIELDS_event(F) \
	F(UINT, status, OPT, "exit status that goes with the reason") \
	F(TEXT, sentence, OPT, "why") \
	F(TEXT, hint, OPT, "what to do about it") \
	F(UINT, failures, OPT, "tries that failed, one after the other") \
	F(UINT, wait_ms, OPT, "milliseconds until the next try; absent: there is none") \
	F(TIME, next, OPT, "wall time of the next try")
#define MSG_FIELDS_captive_portal(F) \
	MSG_FIELDS_event(F) \
	F(TEXT, url, OPT, "what was asked for") \
	F(UINT, code, OPT, "status of the HTTP answer") \
	F(TEXT, location, OPT, "where it sends us") \
	F(TEXT, sentence, OPT, "what")
#define MSG_FIELDS_counters(F) \
	F(UINT, seq, OPT, "number of the event in this run") \
	F(TIME, time, OPT, "wall time") \
	F(UINT, ike_sas, OPT, "IKE_SAs that are up") \
	F(UINT, half_open, OPT, "IKE_SAs that are not up yet") \
	F(UINT, child_sas, OPT, "CHILD_SAs") \
	F(UINT, datagrams_in, OPT, "IKE datagrams received") \
	F(UINT, datagrams_out, OPT, "IKE datagrams sent") \
	F(UINT, retransmits, OPT, "requests sent again") \
	F(UINT, malformed, OPT, "datagrams that were no IKE message") \
	F(UINT, bad_icv, OPT, "messages that failed their integrity check") \
	F(UINT, replayed, OPT, "messages outside the window") \
	F(UINT, unknown_spi, OPT, "messages for no IKE_SA") \
	F(UINT, cookies_sent, OPT, "COOKIE answers")
#define MSG_FIELDS_exchange(F) \
	MSG_FIELDS_event(F) \
	F(TEXT, dir, REQ, "in or out") \
	F(TEXT, exchange, REQ, "IKE_SA_INIT, IKE_AUTH, ...") \
	F(BOOL, response, OPT, "a response") \
	F(UINT, message_id, OPT, "message ID") \
	F(TEXTS, payloads, OPT, "payloads in their order, as in RFC 7296: SA, KE, N(COOKIE)") \
	F(UINT, bytes, OPT, "octets of the datagram, or of all its fragments") \
	F(UINT, fragments, OPT, "how many fragments it went in (RFC 7383)") \
	F(UINT, retransmit, OPT, "how often it was sent before") \
	F(TEXT, note, OPT, "what it says, for people") \
	F(ENDPOINT, local, OPT, "our outer address")
#define MSG_FIELDS_keylog(F) \
	F(SPI, spi_i, REQ, "SPI of the initiator") \
	F(SPI, spi_r, REQ, "SPI of the responder") \
	F(TEXT, cipher, REQ, "encryption, as in proposals") \
	F(TEXT, integ, OPT, "integrity, as in proposals") \
	F(SECRET, sk_ei, REQ, "encryption key of the initiator, salt behind it") \
	F(SECRET, sk_er, REQ, "encryption key of the responder, salt behind it") \
	F(SECRET, sk_ai, OPT, "integrity key of the initiator") \
	F(SECRET, sk_ar, OPT, "integrity key of the responder")
#define MSG_FIELDS_lost(F) \
	F(UINT, n, REQ, "how many")
#define MSG_FIELDS_subscribe(F) \
	F(UINT, id, OPT, "of the request") \
	F(TEXTS, kinds, OPT, "kinds of events wanted; none given: all but exchange") \
	F(UINT, since, OPT, "from this sequence number on, as far as still kept")
#define MSG_FIELDS_list(F) \
	F(UINT, id, OPT, "of the request")
#define MSG_FIELDS_rekey(F) \
	F(UINT, id, OPT, "of the request") \
	F(UINT, ike, OPT, "id of the IKE_SA; 0: all") \
	F(UINT, child, OPT, "id of the CHILD_SA; 0: see what") \
	F(TEXT, what, OPT, "ike: the IKE_SA itself; child: its CHILD_SAs")
#define MSG_FIELDS_terminate(F) \
	F(UINT, id, OPT, "of the request") \
	F(UINT, ike, OPT, "id of the IKE_SA; 0: see identity") \
	F(TEXT, identity, OPT, "of the peer; empty: all") \
	F(UINT, child, OPT, "id of the CHILD_SA, which alone is ended; 0: IKE_SAs are")
#define MSG_FIELDS_up(F) \
	F(UINT, id, OPT, "of the request") \
	F(UINT, ike, OPT, "id of the IKE_SA; 0: all")
#define MSG_FIELDS_reload(F) \
	F(UINT, id, OPT, "of the request") \
	F(TEXT, conn, OPT, "name of the connection; empty: all")
#define MSG_FIELDS_done(F) \
	F(UINT, id, OPT, "of the request") \
	F(UINT, n, OPT, "how many it met")
#define MSG_FIELDS_error(F) \
	F(UINT, id, OPT, "of the request") \
	F(UINT, code, REQ, "exit status of that kind of failure") \
	F(TEXT, sentence, OPT, "why") \
	F(TEXT, hint, OPT, "what to do about it")
#define MSG_FIELDS_cancel(F) \
	F(UINT, id, REQ, "of the request")
#define MSG_FIELDS_sign(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, deadline_ms, OPT, "answer within") \
	F(UINT, key, REQ, "id of the key, from hello") \
	F(TEXT, alg, REQ, "ecdsa-sha256, rsa-pss-sha256, rsa-sha256, ed25519 ...") \
	F(BYTES, octets, REQ, "what is to be signed, not its digest")
#define MSG_FIELDS_signed_(F) \
	F(UINT, id, REQ, "of the request") \
	F(BYTES, signature, REQ, "as in X.509: DER for ECDSA")
#define MSG_FIELDS_verify(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, deadline_ms, OPT, "answer within") \
	F(BLOBS, certs, REQ, "certificates in DER, the peer's first") \
	F(UINT, id_type, REQ, "type of the identity (RFC 7296 3.5)") \
	F(BYTES, id_data, REQ, "the identity that must be in the certificate") \
	F(TEXT, role, REQ, "role of the peer: initiator or responder") \
	F(TIME, wall_time, REQ, "now") \
	F(TEXT, conn, OPT, "whose connection it is")
#define MSG_FIELDS_verified(F) \
	F(UINT, id, REQ, "of the request") \
	F(BYTES, spki, OPT, "the peer's SubjectPublicKeyInfo in DER; absent: refused") \
	F(TEXT, reason, OPT, "one word: expired, unknown-ca, wrong-name, wrong-eku ...") \
	F(TEXT, sentence, OPT, "why it was refused") \
	F(TEXT, hint, OPT, "what to do about it")
#define MSG_FIELDS_resolve(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, deadline_ms, OPT, "answer within") \
	F(TEXT, host, REQ, "host name")
#define MSG_FIELDS_resolved(F) \
	F(UINT, id, REQ, "of the request") \
	F(ADDRS, addresses, OPT, "in the order to be tried")
#define MSG_FIELDS_fetch(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, deadline_ms, OPT, "answer within") \
	F(TEXT, url, REQ, "what to get, by HTTP")
#define MSG_FIELDS_fetched(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, code, OPT, "status of the HTTP answer") \
	F(TEXT, location, OPT, "where it sends us") \
	F(UINT, octets, OPT, "length of the content")
#define MSG_FIELDS_prompt(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, deadline_ms, OPT, "answer within") \
	F(TEXT, text, REQ, "what to ask") \
	F(BOOL, echo, OPT, "the answer may be shown while typed")
#define MSG_FIELDS_answer(F) \
	F(UINT, id, REQ, "of the request") \
	F(SECRET, value, REQ, "what the user gave")
#define MSG_FIELDS_link(F) \
	F(UINT, id, REQ, "of the request") \
	F(TEXT, name, REQ, "name of the interface") \
	F(UINT, mtu, OPT, "MTU") \
	F(BOOL, up, OPT, "administratively up")
#define MSG_FIELDS_address(F) \
	F(UINT, id, REQ, "of the request") \
	F(TEXT, link, REQ, "name of the interface") \
	F(PREFIX, prefix, REQ, "address and prefix length") \
	F(BOOL, remove, OPT, "remove it instead")
#define MSG_FIELDS_route(F) \
	F(UINT, id, REQ, "of the request") \
	F(PREFIX, to, REQ, "destination") \
	F(TEXT, type, OPT, "unicast (default) or unreachable") \
	F(TEXT, link, OPT, "name of the interface") \
	F(ADDR, via, OPT, "gateway") \
	F(ADDR, source, OPT, "preferred source address") \
	F(UINT, table, OPT, "routing table; 0: main") \
	F(UINT, metric, OPT, "metric") \
	F(BOOL, remove, OPT, "remove it instead")
#define MSG_FIELDS_rule(F) \
	F(UINT, id, REQ, "of the request") \
	F(UINT, priority, REQ, "priority") \
	F(UINT, family, REQ, "4 or 6") \
	F(UINT, table, REQ, "table to look up; 254 is main") \
	F(UINT, protocol, OPT, "IP protocol: 17 UDP, 6 TCP") \
	F(UINT, sport, OPT, "source port") \
	F(UINT, dport, OPT, "destination port") \
	F(PREFIX, to, OPT, "destination") \
	F(PREFIX, from, OPT, "source") \
	F(UINT, suppress_prefix, OPT, "ignore routes with prefixes up to so long, plus one") \
	F(BOOL, remove, OPT, "remove it instead")
#define MSG_FIELDS_take(F) \
	F(UINT, id, REQ, "of the request") \
	F(TEXTS, names, REQ, "names of descriptors")
#define MSG_FIELDS_taken(F) \
	F(UINT, id, REQ, "of the request") \
	F(TEXTS, names, REQ, "names of descriptors, as attached")
#define MSG_FIELDS_record(F) \
	F(UINT, version, REQ, "of the record, 1") \
	F(UINT, now, REQ, "ns of CLOCK_BOOTTIME") \
	F(TIME, wall, REQ, "wall time") \
	F(UINT, first_id, OPT, "ids of SAs and paths begin there") \
	F(UINT, cookie_threshold, OPT, "half-open IKE_SAs before cookies are asked for") \
	F(BOOL, cookies_always, OPT, "of everybody") \
	F(UINT, window, OPT, "requests of a peer at once") \
	F(UINT, fragment, OPT, "octets of an IP datagram of a fragment") \
	F(BOOL, no_fragments, OPT, "none are sent or taken") \
	F(UINT, retransmit_ms, OPT, "wait before a request is sent again") \
	F(UINT, retransmit_tries, OPT, "how often") \
	F(BOOL, trace, OPT, "exchange events were asked for") \
	F(BOOL, keylog, OPT, "keys were asked for") \
	F(SECRET, seed, OPT, "of all its randomness, 32 octets")
#define MSG_FIELDS_record_conn(F) \
	F(TEXT, name, REQ, "name of the connection") \
	F(BOOL, known, OPT, "the one of that name before, as it was: no more is said") \
	F(TEXT, path, OPT, "its file, if it has one") \
	F(TEXTS, settings, OPT, "its options, as name=value") \
	F(UINT, key, OPT, "id of our key") \
	F(TEXTS, algs, OPT, "algorithms that key can sign with, best first") \
	F(BLOBS, certs, OPT, "our certificates in DER, the key's first")
#define MSG_FIELDS_record_file(F) \
	F(TEXT, option, REQ, "the option that names it") \
	F(TEXT, path, OPT, "its path") \
	F(BYTES, octets, OPT, "what it holds") \
	F(SECRET, secret, OPT, "what it holds, of a file with secrets")
#define MSG_FIELDS_input(F) \
	F(TEXT, what, REQ, "datagram, message, time, link, attempt, abandon, addresses ...") \
	F(UINT, now, REQ, "ns of CLOCK_BOOTTIME") \
	F(TIME, wall, REQ, "wall time") \
	F(ENDPOINT, local, OPT, "of a datagram, or of an IKE_SA to begin: our address") \
	F(ENDPOINT, remote, OPT, "the peer's") \
	F(BOOL, shared, OPT, "by the socket shared with ESP") \
	F(BYTES, datagram, OPT, "IKE message, without marker") \
	F(UINT, conn, OPT, "attempt: by which connection, from 0") \
	F(ENDPOINT, fallback_local, OPT, "attempt: the way to port 500, our address") \
	F(ENDPOINT, fallback_remote, OPT, "the peer's") \
	F(UINT, race, OPT, "attempt, abandon: which race of attempts") \
	F(UINT, id_type, OPT, "attempt: type of the identity wanted there") \
	F(BYTES, id_data, OPT, "that identity") \
	F(BOOL, id_pattern, OPT, "it is a pattern") \
	F(TEXT, link, OPT, "none, up or lost") \
	F(ADDRS, addresses, OPT, "our outer addresses") \
	F(ADDRS, best, OPT, "those that the kernel would take")
#define MSG_FIELDS_output(F) \
	F(ENDPOINT, local, OPT, "our address") \
	F(ENDPOINT, remote, REQ, "the peer's") \
	F(BOOL, shared, OPT, "by the socket shared with ESP") \
	F(BYTES, datagram, REQ, "IKE message, without marker")

#define MSG_FIELDS_handover(F) \
	F(UINT, version, REQ, "of this form, 1") \
	F(TEXT, control, OPT, "the instance of ike-negotiate that described them") \
	F(UINT, mtu, REQ, "MTU of the TUN, as set last") \
	F(UINT, mtu_max, OPT, "as asked for by inner") \
	F(BOOL, mtu_of_sa, OPT, "some SA has been looked at") \
	F(BOOL, ifconf, OPT, "the second descriptor leads to ike-ifconf; the first listens")
#define MSG_FIELDS_sa_state(F) \
	F(UINT, id, REQ, "id of the SA") \
	F(UINT, seq, OPT, "the last sequence number used") \
	F(UINT, top, OPT, "the highest that has come") \
	F(BYTES, bits, OPT, "which of those below have") \
	F(UINT, until, OPT, "hard limit, ns of CLOCK_BOOTTIME") \
	F(UINT, packets, OPT, "sealed or opened") \
	F(UINT, bytes, OPT, "octets of inner packets") \
	F(UINT, bad_icv, OPT, "whose ICV was wrong") \
	F(UINT, replayed, OPT, "that had come before") \
	F(UINT, order, OPT, "of those that send: when it began to, as a running number") \
	F(BOOL, seen, OPT, "seen has been said") \
	F(UINT, told, OPT, "which limit has been") \
	F(UINT, remove_at, OPT, "it ends then, ns of CLOCK_BOOTTIME")

/* One key of a signer's hello. */
#define MSG_FIELDS_key_item(F) \
	F(UINT, id, REQ, "id of the key, for sign") \
	F(BYTES, spki, REQ, "SubjectPublicKeyInfo in DER") \
	F(TEXTS, algs, REQ, "algorithms it can sign with, best first") \
	F(BYTES, cert, OPT, "its certificate in DER") \
	F(BLOBS, chain, OPT, "further certificates, each the issuer of the one before")

#endif
