#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""t/fuzz/make_seeds.py DIR: inputs for the targets of play.h and for fuzz_sig, each of one purpose,
into DIR/peer, DIR/stranger and DIR/sig. Many reach nothing that others do not: t/fuzz/pick_seeds
makes these, and picks those worth keeping."""
import os
import subprocess
import sys

UP, CERTS, COOKIES, NARROW, LINKLESS, SEVERAL, GROUPS, NAT = (1 << i for i in range(8))
EARLY, LIAR_B = 64, 128
TO_A, SEALED, RESPONSE, WAIT, REKEY, HOUR, AHEAD, MESSAGE = (1 << i for i in range(8))
WAYS = """plain transport replacing keeping several_at_once childless no_encap check_before
check_not both_families no_pool networks secrets no_secret other_name short_lived no_fragments
half_open_few pfs nothing_in_common other_esp certificate_wanted signer_fails verifier_refuses
from_elsewhere strong_groups counter_mode not_awaited links links_checked gateway
gateway_of_others transport_refused transport_wanted""".split()
SA, KE, IDI, IDR, CERT, CERTREQ, AUTH, NONCE, N, D, V, TSI, TSR, SK, CP, EAP = range(33, 49)
INIT, IKE_AUTH, CREATE, INFO = range(34, 38)
(NOT, SINGLE, NO_ADDRESS, TS_BAD, TEMPORARY, BAD_SYNTAX, NO_PROPOSAL, BAD_KE, AUTH_FAILED,
 NO_MORE, CHILD_NOT_FOUND) = 1, 34, 36, 38, 43, 7, 14, 17, 24, 35, 44
(INITIAL, MORE_TS, NATD_SRC, NATD_DST, COOKIE, TRANSPORT, REKEY_SA, MOBIKE, IP4, IP6, NO_OTHERS,
 UPDATE, COOKIE2, NO_NATS, LIFETIME, REDIRECT, CHILDLESS, FRAGMENTS, HASHES) = (
     16384, 16386, 16388, 16389, 16390, 16391, 16393, 16396, 16397, 16398, 16399, 16400, 16401,
     16402, 16403, 16407, 16418, 16430, 16431)

seeds = {"peer": {}, "stranger": {}, "sig": {}}


def u(width, n):
    return (n & ((1 << 8 * width) - 1)).to_bytes(width, "big")


def step(flags, octets=b""):
    return u(1, flags) + u(2, len(octets)) + octets


def wait(flags=WAIT):
    return step(flags)


# Messages in CBOR.
def cbor(x):
    def head(major, n):
        for short, width in ((24, 0), (1 << 8, 1), (1 << 16, 2), (1 << 32, 4), (1 << 64, 8)):
            if n < short:
                code = {0: n, 1: 24, 2: 25, 4: 26, 8: 27}[width]
                return u(1, major << 5 | code) + (u(width, n) if width else b"")
    if isinstance(x, bool):
        return b"\xf5" if x else b"\xf4"
    if isinstance(x, int):
        return head(0, x)
    if isinstance(x, bytes):
        return head(2, len(x)) + x
    if isinstance(x, str):
        return head(3, len(x)) + x.encode()
    if isinstance(x, list):
        return head(4, len(x)) + b"".join(map(cbor, x))
    return head(5, len(x)) + b"".join(cbor(k) + cbor(v) for k, v in x.items())


def say(flags, kind, **fields):
    return step(MESSAGE | flags, cbor({"kind": kind, **{k.replace("_", "-"): v
                                                        for k, v in fields.items()}}))


def fail(n):
    return step(MESSAGE | SEALED, u(2, n))


# What is altered (alter.h).
def which(w):
    return u(1, 0) + u(2, w) if w >= 256 else u(1, w)


def out(w):
    return u(1, 0) + which(w)


def put(w, at, octets):
    return u(1, 1) + which(w) + u(1, at) + u(1, len(octets)) + octets


def body(w, octets):
    return u(1, 2) + which(w) + u(2, len(octets)) + octets


def add(kind, octets, flags=0):
    return u(1, 3) + u(1, kind) + u(1, flags) + u(2, len(octets)) + octets


def retype(w, kind):
    return u(1, 4) + which(w) + u(1, kind)


def cut(w, n):
    return u(1, 5) + which(w) + u(1, n)


def exchange(n):
    return u(1, 6) + u(1, n)


def twice(w):
    return u(1, 7) + which(w)


def notify(kind, data=b"", protocol=0, spi=b""):
    return add(N, u(1, protocol) + u(1, len(spi)) + u(2, kind) + spi + data)


def alone(*changes):
    """All payloads go, these come."""
    return b"".join(out(1) for _ in range(30)) + b"".join(changes)


def alter(flags, after, *changes):
    return step(MESSAGE | RESPONSE | flags, u(1, after) + b"".join(changes))


def call(flags, what, about=0):
    return step(MESSAGE | AHEAD | flags, u(1, what) + u(1, about))


ADDRESSES, RESUMED, LINK, CONNECTIONS, STOP, ANOTHER, ABANDON, WIRE, ASK = range(9)


# IKE messages in clear.
def message(kind, payloads, flags=8, spi_i=1, spi_r=0, number=0, version=0x20):
    text = b""
    for i, (_, content) in enumerate(payloads):
        text += u(1, payloads[i + 1][0] if i + 1 < len(payloads) else 0) + b"\0"
        text += u(2, 4 + len(content)) + content
    return (u(8, spi_i) + u(8, spi_r) + u(1, payloads[0][0] if payloads else 0) + u(1, version) +
            u(1, kind) + u(1, flags) + u(4, number) + u(4, 28 + len(text)) + text)


def n_of(kind, data=b"", protocol=0, spi=b""):
    return N, u(1, protocol) + u(1, len(spi)) + u(2, kind) + spi + data


def transform(last, kind, number, bits=0):
    attribute = u(2, 0x800E) + u(2, bits) if bits else b""
    return (u(1, 0 if last else 3) + b"\0" + u(2, 8 + len(attribute)) + u(1, kind) + b"\0" +
            u(2, number) + attribute)


def sa_of(protocol, spi, transforms, number=1):
    text = b"".join(transform(i + 1 == len(transforms), *t) for i, t in enumerate(transforms))
    return SA, (b"\0\0" + u(2, 8 + len(spi) + len(text)) + u(1, number) + u(1, protocol) +
                u(1, len(spi)) + u(1, len(transforms)) + spi + text)


IKE_SUITE = [(1, 20, 128), (2, 5), (4, 31)]
ESP_SUITE = [(1, 20, 128), (5, 0)]


def ts_of(kind, first, last, protocol=0, ports=(0, 65535)):
    return kind, (u(1, 1) + b"\0\0\0" + u(1, 7) + u(1, protocol) + u(2, 16) + u(2, ports[0]) +
                  u(2, ports[1]) + bytes(first) + bytes(last))


ANY_I = ts_of(TSI, [0] * 4, [255] * 4)
ANY_R = ts_of(TSR, [0] * 4, [255] * 4)
PUBLIC = bytes(range(9, 41))
KE_X25519 = KE, u(2, 31) + b"\0\0" + PUBLIC
NI = NONCE, bytes(range(32))


def seal(flags, kind, payloads):
    return step(SEALED | flags, message(kind, payloads))


def fragment(flags, kind, number, total, octets, first=N):
    m = (u(8, 1) + u(8, total << 8 | number) + u(1, first) + b"\x20" + u(1, kind) + b"\x08" +
         u(4, 0) + u(4, 28 + len(octets)) + octets)
    return step(SEALED | RESPONSE | AHEAD | flags, m)


def seed(targets, name, how, way, *steps):
    flags = 0
    for part in way.split("+"):
        flags |= {"early": EARLY, "liar_b": LIAR_B}.get(part) or WAYS.index(part)
    for t in targets.split():
        assert name not in seeds[t], name
        seeds[t][name] = u(1, how) + u(1, flags) + b"".join(steps)


BOTH = "peer stranger"
SIDES = (("a", TO_A), ("b", 0))


def each_way():
    for way in WAYS:
        seed("peer", f"way-{way}", 0, way + "+early", wait(), wait(HOUR), wait(HOUR))
        seed("peer", f"way-{way}-certificates", CERTS, way + "+early", wait())
        seed("peer", f"way-{way}-several", SEVERAL | NARROW, way + "+early", wait(), wait(HOUR))
        seed("stranger", f"liar-a-{way}", 0, way + "+early", wait())
        seed("stranger", f"liar-b-{way}", 0, way + "+early+liar_b", wait())
        seed("stranger", f"liar-a-{way}-certificates", CERTS, way + "+early", wait())
        seed("stranger", f"liar-b-{way}-certificates", CERTS | NARROW, way + "+early+liar_b",
             wait())
        seed("stranger", f"up-{way}", UP, way, wait(), wait(HOUR))
    for how in (COOKIES, NARROW | CERTS, LINKLESS, SEVERAL, GROUPS, NAT, 255 & ~UP):
        seed(BOTH, f"how-{how}", how, "plain+early", wait(), wait(HOUR))


def initiating():
    """What answers IKE_SA_INIT, and what asks it."""
    changes = {
        "cookie": alone(notify(COOKIE, b"c" * 20)),
        "cookie-empty": alone(notify(COOKIE)),
        "cookie-long": alone(notify(COOKIE, b"c" * 65)),
        "group": alone(notify(BAD_KE, u(2, 14))),
        "group-same": alone(notify(BAD_KE, u(2, 31))),
        "group-short": alone(notify(BAD_KE, b"\0")),
        "no-proposal": alone(notify(NO_PROPOSAL)),
        "syntax": alone(notify(BAD_SYNTAX)),
        "unknown-error": alone(notify(8000)),
        "unknown-status": alone(notify(50000)),
        "redirect": alone(notify(REDIRECT, b"\x03\x07gw.test" + b"n" * 16)),
        "redirect-4": alone(notify(REDIRECT, b"\x01\x04\x0a\0\0\1")),
        "redirect-6": alone(notify(REDIRECT, b"\x02\x10" + b"\xfd" * 16)),
        "redirect-bad": alone(notify(REDIRECT, b"\x03\x07gw test")),
        "redirect-short": alone(notify(REDIRECT, b"\x03\xff")),
        "nothing": alone(),
        "no-nonce": out(NONCE), "no-ke": out(KE), "no-sa": out(SA), "nonce-short": cut(NONCE, 8),
        "nonce-long": body(NONCE, b"n" * 257), "two-nonces": twice(NONCE),
        "ke-short": cut(KE, 12), "ke-zero": body(KE, u(2, 31) + b"\0\0" + bytes(32)),
        "ke-other": put(KE, 0, u(2, 19)), "ke-unknown": put(KE, 0, u(2, 999)),
        "sa-cut": cut(SA, 9), "sa-other": body(SA, sa_of(1, b"", [(1, 12, 256)])[1]),
        "sa-esp": body(SA, sa_of(3, b"spi4", ESP_SUITE)[1]),
        "sa-strange": put(SA, 12, b"\x80\x77"),
        "no-hashes": out(HASHES), "no-fragments": out(FRAGMENTS), "hashes-odd": body(
            HASHES, u(1, 0) + u(1, 0) + u(2, HASHES) + b"\0\2\0\3\0"),
        "hashes-many": body(HASHES, b"\0\0" + u(2, HASHES) + b"\0\2" * 9),
        "hashes-512": body(HASHES, b"\0\0" + u(2, HASHES) + b"\0\4"),
        "no-natd": out(NATD_SRC) + out(NATD_DST), "natd-other": put(NATD_SRC, 5, b"other") +
        put(NATD_DST, 5, b"other"), "natd-short": cut(NATD_SRC, 10),
        "natd-src": put(NATD_SRC, 5, b"other"), "natd-dst": put(NATD_DST, 5, b"other"),
        "critical": add(99, b"what", 0x80), "unknown": add(99, b"what"), "exchange": exchange(37),
        "no-childless": out(CHILDLESS), "certreq": add(CERTREQ, b"\x04" + b"h" * 20),
        "misplaced": add(TSI, ANY_I[1]),
    }
    for name, c in changes.items():
        for side, to in SIDES:
            seed(BOTH, f"init-to-{side}-{name}", 0, "plain+early", alter(to, 0, c), wait())
            seed(BOTH, f"init-to-{side}-{name}-certificates", CERTS, "plain+early",
                 alter(to, 0, c), wait())
    seed(BOTH, "init-cookies-for-ever", 0, "plain+early",
         *[alter(TO_A, i, alone(notify(COOKIE, b"c" * 20))) for i in range(6)], wait())
    for way in ("no_encap", "childless", "transport", "gateway", "not_awaited"):
        for name in ("natd-other", "no-natd", "no-childless", "no-hashes", "natd-src", "natd-dst"):
            for side, to in SIDES:
                seed(BOTH, f"init-to-{side}-{name}-{way}", 0, way + "+early",
                     alter(to, 0, changes[name]), wait())
    raw = {
        "good": message(INIT, [sa_of(1, b"", IKE_SUITE), KE_X25519, NI]),
        "other-suite": message(INIT, [sa_of(1, b"", [(1, 12, 256), (2, 5), (3, 12), (4, 14)]),
                                      KE_X25519, NI]),
        "other-group": message(INIT, [sa_of(1, b"", IKE_SUITE), (KE, u(2, 14) + b"\0\0" + PUBLIC),
                                      NI]),
        "with-id": message(INIT, [sa_of(1, b"", IKE_SUITE), KE_X25519, NI], number=1),
        "response": message(INIT, [n_of(COOKIE, b"c")], flags=0x20),
        "no-spi": message(INIT, [sa_of(1, b"", IKE_SUITE), KE_X25519, NI], spi_i=0),
        "version-1": message(INIT, [n_of(1)], version=0x10),
        "version-3": message(INIT, [n_of(1)], version=0x30),
        "version-3-response": message(INIT, [n_of(1)], version=0x30, flags=0x20),
        "short": b"123", "hint-ike": message(INFO, [n_of(4)], flags=0x20, spi_r=1),
        "hint-esp": message(INFO, [n_of(11, b"spi4")], spi_i=0),
        "hint-esp-short": message(INFO, [n_of(11, b"spi")], spi_i=0),
        "unknown-ike": message(INFO, [(SK, b"s" * 40)], spi_r=2),
        "unknown-ike-response": message(INFO, [(SK, b"s" * 40)], spi_r=2, flags=0x20),
        "cookie-wrong": message(INIT, [n_of(COOKIE, b"c" * 36), sa_of(1, b"", IKE_SUITE),
                                       KE_X25519, NI]),
        "no-nonce": message(INIT, [sa_of(1, b"", IKE_SUITE), KE_X25519]),
    }
    for name, m in raw.items():
        for side, to in SIDES:
            for how in (UP, 0, COOKIES | NARROW, UP | COOKIES | NARROW):
                seed(BOTH, f"raw-to-{side}-{name}-{how}", how, "plain", step(to, m),
                     step(to | WAIT, m), step(to | WAIT, m))
    many = [message(INIT, [sa_of(1, b"", IKE_SUITE), KE_X25519, NI], spi_i=i) for i in range(2, 11)]
    for way in ("half_open_few", "plain", "no_pool", "gateway"):
        seed(BOTH, f"many-half-open-{way}", 0, way, *[step(0, m) for m in many], wait(HOUR))
        seed(BOTH, f"many-half-open-{way}-narrow", NARROW, way, *[step(0, m) for m in many], wait())


def authenticating():
    """What IKE_AUTH says, in both directions: the second message of each side."""
    changes = {
        "no-auth": out(AUTH), "auth-other": put(AUTH, 4, b"other"), "auth-cut": cut(AUTH, 4),
        "method-rsa": put(AUTH, 0, b"\1"), "method-14": put(AUTH, 0, b"\x0e"),
        "method-psk": put(AUTH, 0, b"\2"), "method-null": put(AUTH, 0, b"\x0d"),
        "method-ecdsa": put(AUTH, 0, b"\x09"),
        "no-id": out(IDI) + out(IDR), "id-other": put(IDI, 4, b"x") + put(IDR, 4, b"x"),
        "id-empty": cut(IDI, 4) + cut(IDR, 4), "id-ip": put(IDI, 0, b"\1") + put(IDR, 0, b"\1"),
        "id-gn": put(IDI, 0, b"\x0a") + put(IDR, 0, b"\x0a"),
        "id-gn-dns": body(IDI, b"\x0a\0\0\0\x82\x0bclient.test"),
        "id-key": put(IDI, 0, b"\x0b") + put(IDR, 0, b"\x0b"),
        "idr-other": body(IDR, b"\2\0\0\0other.test"), "idr-bad": body(IDR, b"\1\0\0\0x"),
        "no-idr": out(IDR),
        "no-sa": out(SA), "no-ts": out(TSI) + out(TSR), "no-child": out(SA) + out(TSI) + out(TSR),
        "only-id": out(AUTH) + out(SA), "sa-cut": cut(SA, 7),
        "sa-none": body(SA, sa_of(3, b"spi4", [(1, 12, 256), (3, 12), (5, 0)])[1]),
        "sa-zero-spi": body(SA, sa_of(3, bytes(4), ESP_SUITE)[1]),
        "sa-short-spi": body(SA, sa_of(3, b"ab", ESP_SUITE)[1]),
        "sa-ike": body(SA, sa_of(1, b"", IKE_SUITE)[1]),
        "ts-other": body(TSI, ts_of(TSI, [10, 99, 0, 0], [10, 99, 0, 9])[1]) +
        body(TSR, ts_of(TSR, [10, 98, 0, 0], [10, 98, 0, 9])[1]),
        "ts-one": body(TSR, ts_of(TSR, [10, 1, 0, 9], [10, 1, 0, 9], 6, (80, 80))[1]),
        "tsi-any": body(TSI, ANY_I[1]), "tsr-any": body(TSR, ANY_R[1]),
        "ts-v6": body(TSR, u(1, 1) + b"\0\0\0\x08\0" + u(2, 40) + b"\0\0\xff\xff" + bytes(16) +
                      b"\xff" * 16),
        "no-cp": out(CP), "cp-empty": body(CP, b"\1\0\0\0"), "cp-reply": put(CP, 0, b"\2"),
        "cp-set": put(CP, 0, b"\3"),
        "cp-wish": body(CP, b"\1\0\0\0\0\1\0\4\x0a\3\0\x63\0\x08\0\0\0\7\0\0"),
        "cp-wish-6": body(CP, b"\1\0\0\0\0\x08\0\x11" + b"\xfd\1" + bytes(13) + b"\2\x7e"),
        "cp-lease": body(CP, b"\2\0\0\0\0\1\0\4\x0a\3\0\x63\0\3\0\4\x0a\1\0\x35\0\x19\0\6a.test"),
        "cp-lease-6": body(CP, b"\2\0\0\0\0\x08\0\x11" + b"\xfd\1" + bytes(14) + b"\x40" +
                           b"\0\x0a\0\x10" + b"\xfd" * 16),
        "cp-lease-bad": body(CP, b"\2\0\0\0\0\1\0\3\x0a\3\0\0\3\0\2\x0a\1\0\x19\0\4a te"),
        "cp-lease-none": body(CP, b"\2\0\0\0\0\1\0\0"),
        "cp-lease-zero": body(CP, b"\2\0\0\0\0\1\0\4\0\0\0\0"),
        "cp-dns-many": body(CP, b"\2\0\0\0\0\1\0\4\x0a\3\0\x63" + b"\0\3\0\4\x0a\1\0\x35" * 9 +
                            b"\0\x19\0\6a.test" * 9),
        "initial": notify(INITIAL), "no-initial": out(INITIAL), "transport": notify(TRANSPORT),
        "no-transport": out(TRANSPORT), "no-mobike": out(MOBIKE), "mobike": notify(MOBIKE),
        "no-nats": notify(NO_NATS, b"1" * 12), "no-no-nats": out(NO_NATS),
        "addresses": notify(IP4, b"\xc6\x33\x64\7") + notify(IP6, b"\x20\1\x0d\xb8" + bytes(12)) +
        notify(IP4, bytes(4)) + notify(IP4, b"\x7f\0\0\1") + notify(IP6, bytes(15) + b"\1") +
        notify(IP4, b"\xa9\xfe\0\1") + notify(IP4, b"abc"),
        "lifetime": notify(LIFETIME, u(4, 600)), "lifetime-short": notify(LIFETIME, b"12"),
        "lifetime-none": notify(LIFETIME, u(4, 0)),
        "redirect": notify(REDIRECT, b"\3\7gw.test"),
        "refused": alone(notify(AUTH_FAILED)), "refused-other": alone(notify(BAD_SYNTAX)),
        "refused-redirect": alone(notify(REDIRECT, b"\3\7gw.test")),
        "refused-status": alone(notify(50000)), "nothing": alone(),
        "child-no-proposal": out(SA) + out(TSI) + out(TSR) + notify(NO_PROPOSAL),
        "child-ts": out(SA) + out(TSI) + out(TSR) + notify(TS_BAD),
        "child-address": out(SA) + out(TSI) + out(TSR) + notify(NO_ADDRESS),
        "child-cp": out(SA) + out(TSI) + out(TSR) + notify(37),
        "child-single": out(SA) + out(TSI) + out(TSR) + notify(SINGLE),
        "child-more": out(SA) + out(TSI) + out(TSR) + notify(NO_MORE),
        "child-other": out(SA) + out(TSI) + out(TSR) + notify(8000),
        "more-ts": notify(MORE_TS), "critical": add(99, b"", 0x80), "eap": add(EAP, b"\1\0\0\4"),
        "delete": add(D, b"\1\0\0\0"), "no-cert": out(CERT),
        "cert-url": put(CERT, 0, b"\x0c"), "cert-twice": twice(CERT),
        "exchange": exchange(CREATE), "vendor": add(V, b"v"), "auth-twice": twice(AUTH),
        "certreq": add(CERTREQ, b"\x04" + b"h" * 20), "certreq-odd": add(CERTREQ, b"\x04abc"),
    }
    ways = {
        "no_encap": ("no-nats", "no-no-nats", "no-mobike", "addresses"),
        "childless": ("no-child", "child-other", "initial", "no-auth"),
        "transport": ("no-transport", "ts-other", "ts-one", "child-ts"),
        "both_families": ("cp-wish", "cp-wish-6", "cp-lease", "cp-lease-6", "cp-lease-bad",
                          "cp-empty", "cp-set", "cp-lease-none", "cp-dns-many", "cp-lease-zero",
                          "no-cp", "child-address"),
        "networks": ("ts-other", "ts-one", "tsi-any", "tsr-any", "child-single", "child-ts",
                     "child-no-proposal", "more-ts", "ts-v6"),
        "gateway": ("id-other", "idr-other", "no-idr", "method-14", "method-rsa", "idr-bad",
                    "id-gn-dns"),
        "no_pool": ("no-cp", "cp-set", "ts-one", "ts-v6"),
        "replacing": ("no-initial", "initial"), "keeping": ("no-initial", "lifetime"),
        "secrets": ("id-other", "id-key"), "pfs": ("sa-none",),
        "other_name": ("id-other", "id-gn"),
        "links": ("addresses", "no-mobike"),
    }
    for side, to in SIDES:
        for name, c in changes.items():
            seed(BOTH, f"auth-to-{side}-{name}", 0, "plain+early", alter(to, 1, c), wait(),
                 wait(HOUR))
            seed(BOTH, f"auth-to-{side}-{name}-certificates", CERTS, "plain+early",
                 alter(to, 1, c), wait())
            seed(BOTH, f"auth-to-{side}-{name}-several", SEVERAL | LINKLESS, "plain+early",
                 alter(to, 1, c), wait(), wait(HOUR))
        for way, names in ways.items():
            for name in names:
                seed(BOTH, f"auth-to-{side}-{name}-{way}", 0, way + "+early",
                     alter(to, 1, changes[name]), wait(), wait(HOUR))
    seed(BOTH, "auth-no-hashes-classic", CERTS, "plain+early", alter(0, 0, out(HASHES)),
         alter(TO_A, 0, out(HASHES)), wait())
    for kind in (IKE_AUTH, CREATE, INFO):
        payloads = [(IDI, b"\2\0\0\0client.test"), (AUTH, b"\2\0\0\0" + b"m" * 32),
                    sa_of(3, b"spi4", ESP_SUITE), ANY_I, ANY_R]
        seed(BOTH, f"half-open-seal-{kind}", 0, "plain", seal(0, kind, payloads), wait())
        seed(BOTH, f"half-open-ahead-{kind}", 0, "plain", seal(AHEAD, kind, payloads), wait())
        for number, total, n in ((1, 2, 9), (2, 2, 9), (3, 2, 9), (1, 1, 9), (1, 200, 600),
                                 (0, 2, 9), (1, 2, 0)):
            seed(BOTH, f"half-open-fragment-{kind}-{number}-{total}-{n}", 0, "plain",
                 fragment(0, kind, number, total, b"f" * n), wait(),
                 fragment(0, kind, number, total, b"f" * n), wait(HOUR))
    whole = message(0, [(IDI, b"\2\0\0\0client.test"), (AUTH, b"\2\0\0\0" + b"m" * 32)])[28:]
    for first in (IDI, N, 99):
        seed(BOTH, f"half-open-fragments-whole-{first}", 0, "plain",
             fragment(0, IKE_AUTH, 1, 2, whole[:20], first),
             fragment(0, IKE_AUTH, 2, 2, whole[20:], 0), wait())
        seed(BOTH, f"half-open-fragments-turned-{first}", 0, "plain",
             fragment(0, IKE_AUTH, 2, 2, whole[20:], 0),
             fragment(0, IKE_AUTH, 1, 2, whole[:20], first), wait())
        seed(BOTH, f"half-open-fragments-smaller-{first}", 0, "plain",
             fragment(0, IKE_AUTH, 1, 2, whole[:20], first),
             fragment(0, IKE_AUTH, 1, 3, whole[:10], first),
             fragment(0, IKE_AUTH, 2, 3, whole[10:20], 0),
             fragment(0, IKE_AUTH, 3, 3, whole[20:], 0), wait())
    seed(BOTH, "half-open-critical-fragments", 0, "plain",
         fragment(0, IKE_AUTH, 1, 2, u(1, 0) + b"\x80" + u(2, 8), 99),
         fragment(0, IKE_AUTH, 2, 2, b"what", 0), wait())
    for i, what in enumerate(("signed", "verified", "error")):
        for side, to in SIDES:
            fields = ({"signature": b"no"}, {"spki": b"no"}, {"code": 69, "sentence": "gone"})[i]
            for number in (1, 2):
                seed(BOTH, f"helper-{what}-to-{side}-{number}", CERTS, "plain",
                     say(to, what, id=number, **fields), wait())


def children():
    """CREATE_CHILD_SA: what is asked of a side, what answers it."""
    asked = {
        "new": [sa_of(3, b"spi4", ESP_SUITE), NI, ANY_I, ANY_R],
        "one": [sa_of(3, b"spi5", ESP_SUITE), NI, ts_of(TSI, [10, 3, 0, 1], [10, 3, 0, 1]),
                ts_of(TSR, [10, 1, 0, 1], [10, 1, 0, 1], 6)],
        "reverse": [sa_of(3, b"spi7", ESP_SUITE), NI, ANY_I,
                    ts_of(TSR, [10, 3, 0, 1], [10, 3, 0, 1])],
        "elsewhere": [sa_of(3, b"spi6", ESP_SUITE), NI,
                      ts_of(TSI, [10, 9, 0, 1], [10, 9, 0, 1]), ANY_R],
        "pfs": [sa_of(3, b"spi8", ESP_SUITE + [(4, 31)]), NI, KE_X25519, ANY_I, ANY_R],
        "pfs-other": [sa_of(3, b"spi8", [(1, 20, 128), (4, 31), (5, 0)]), NI,
                      (KE, u(2, 19) + b"\0\0" + PUBLIC * 2), ANY_I, ANY_R],
        "pfs-bad": [sa_of(3, b"spi8", [(1, 20, 128), (4, 19), (5, 0)]), NI,
                    (KE, u(2, 19) + b"\0\0" + PUBLIC * 2), ANY_I, ANY_R],
        "pfs-missing": [sa_of(3, b"spi8", [(1, 20, 128), (4, 19), (5, 0)]), NI, ANY_I, ANY_R],
        "no-proposal": [sa_of(3, b"spi9", [(1, 12, 256), (3, 12), (5, 0)]), NI, ANY_I, ANY_R],
        "zero-spi": [sa_of(3, bytes(4), ESP_SUITE), NI, ANY_I, ANY_R],
        "short-nonce": [sa_of(3, b"spi4", ESP_SUITE), (NONCE, b"n"), ANY_I, ANY_R],
        "transport": [n_of(TRANSPORT), sa_of(3, b"spi4", ESP_SUITE), NI, ANY_I, ANY_R],
        "rekey-nothing": [n_of(REKEY_SA, b"", 3, b"none"), sa_of(3, b"spi4", ESP_SUITE), NI,
                          ANY_I, ANY_R],
        "rekey-badly": [n_of(REKEY_SA, b"", 3, b"no"), sa_of(3, b"spi4", ESP_SUITE), NI, ANY_I,
                        ANY_R],
        "ike": [sa_of(1, b"12345678", IKE_SUITE), NI, KE_X25519],
        "ike-zero-spi": [sa_of(1, bytes(8), IKE_SUITE), NI, KE_X25519],
        "ike-short-spi": [sa_of(1, b"123", IKE_SUITE), NI, KE_X25519],
        "ike-other-group": [sa_of(1, b"12345678", IKE_SUITE), NI,
                            (KE, u(2, 14) + b"\0\0" + PUBLIC)],
        "ike-no-proposal": [sa_of(1, b"12345678", [(1, 12, 256), (2, 6), (3, 13), (4, 20)]), NI,
                            KE_X25519],
        "ike-short-nonce": [sa_of(1, b"12345678", IKE_SUITE), (NONCE, b"n"), KE_X25519],
        "ike-zero-ke": [sa_of(1, b"12345678", IKE_SUITE), NI,
                        (KE, u(2, 31) + b"\0\0" + bytes(32))],
        "nothing": [n_of(50000)], "refusal": [n_of(NO_MORE)],
    }
    for way in ("plain", "transport", "networks", "pfs", "both_families", "no_pool",
                "transport_refused"):
        for side, to in SIDES:
            for name, payloads in asked.items():
                seed("peer", f"child-to-{side}-{name}-{way}", UP, way, seal(to, CREATE, payloads),
                     seal(to | WAIT, CREATE, payloads))
                if way == "plain":
                    seed("peer", f"child-to-{side}-{name}-linkless", UP | LINKLESS | NARROW, way,
                         seal(to, CREATE, payloads), wait(HOUR))
                    seed("peer", f"child-to-{side}-{name}-rekeying", UP, way,
                         say(to, "rekey", what="ike"), seal(to | WAIT, CREATE, payloads))
                    seed("peer", f"child-to-{side}-{name}-rekeying-child", UP, way,
                         step(MESSAGE | to, cbor({"kind": "rekey"})),
                         seal(to | WAIT, CREATE, payloads))
                    seed("peer", f"child-to-{side}-{name}-ending", UP, way,
                         say(to, "terminate"), seal(to | WAIT, CREATE, payloads))
    answers = {
        "no-more": alone(notify(NO_MORE)), "temporary": alone(notify(TEMPORARY)),
        "not-found": alone(notify(CHILD_NOT_FOUND, b"", 3, b"spi4")),
        "no-proposal": alone(notify(NO_PROPOSAL)), "ts": alone(notify(TS_BAD)),
        "single": alone(notify(SINGLE)), "group": alone(notify(BAD_KE, u(2, 19))),
        "group-31": alone(notify(BAD_KE, u(2, 31))),
        "group-unknown": alone(notify(BAD_KE, u(2, 999))), "group-short": alone(notify(BAD_KE)),
        "unknown": alone(notify(8000)), "status": alone(notify(50000)), "nothing": alone(),
        "no-sa": out(SA), "no-nonce": out(NONCE), "no-ts": out(TSI), "sa-cut": cut(SA, 6),
        "nonce-short": cut(NONCE, 3), "no-ke": out(KE), "ke-zero": put(KE, 4, bytes(32)),
        "ke-other": put(KE, 0, u(2, 20)), "ke-short": cut(KE, 7),
        "sa-other": body(SA, sa_of(3, b"spi4", [(1, 12, 256), (3, 12), (5, 0)])[1]),
        "sa-zero-spi": put(SA, 8, bytes(8)), "transport": notify(TRANSPORT),
        "no-transport": out(TRANSPORT), "no-rekey": out(REKEY_SA),
        "ts-other": body(TSI, ts_of(TSI, [10, 99, 0, 0], [10, 99, 0, 9])[1]),
        "tsr-other": body(TSR, ts_of(TSR, [10, 99, 0, 0], [10, 99, 0, 9])[1]),
        "tsr-wide": body(TSR, ANY_R[1]) + body(TSI, ANY_I[1]),
        "more-ts": notify(MORE_TS), "critical": add(99, b"", 0x80),
        "ike-instead": alone(add(SA, sa_of(1, b"12345678", IKE_SUITE)[1]), add(*NI),
                             add(*KE_X25519)),
        "child-instead": alone(add(SA, sa_of(3, b"spi4", ESP_SUITE)[1]), add(*NI), add(*ANY_I),
                               add(*ANY_R)),
        "exchange": exchange(INFO),
    }
    for side, to in SIDES:
        for what, way in (("child", "plain"), ("ike", "plain"), ("child", "pfs"),
                          ("child", "transport"), ("child", "networks")):
            for name, c in answers.items():
                seed("peer", f"{what}-answer-to-{side}-{name}-{way}", UP, way,
                     alter(to, 0, c), say(to, "rekey", what=what), wait(), wait(HOUR))
                seed("peer", f"{what}-question-to-{side}-{name}-{way}", UP, way,
                     alter(to, 0, c), say(to ^ TO_A, "rekey", what=what), wait(), wait(HOUR))
    for name, c in answers.items():
        seed("peer", f"second-child-answer-{name}", SEVERAL, "networks+early",
             alter(TO_A, 2, c), wait(), wait(HOUR))
        seed("peer", f"second-child-answer-{name}-plain", SEVERAL, "plain+early",
             alter(TO_A, 2, c), wait(), say(TO_A, "up"), wait(HOUR))
    for what in ("child", "ike"):
        for how in (UP, UP | SEVERAL, UP | LINKLESS, UP | NARROW, UP | GROUPS):
            seed("peer", f"both-rekey-{what}-{how}", how, "plain", say(TO_A, "rekey", what=what),
                 say(0, "rekey", what=what), wait(), wait(HOUR))
            seed("peer", f"both-rekey-{what}-{how}-pfs", how, "pfs",
                 say(TO_A, "rekey", what=what), say(0, "rekey", what=what), wait(), wait())
            seed("peer", f"rekey-{what}-and-other-{how}", how, "plain",
                 say(TO_A, "rekey", what=what),
                 say(0, "rekey", what="ike" if what == "child" else "child"), wait(), wait())
            seed("peer", f"rekey-{what}-and-end-{how}", how, "plain",
                 say(TO_A, "rekey", what=what), say(0, "terminate"), wait(), wait())
            seed("peer", f"rekey-{what}-lost-{how}", how, "plain", call(0, WIRE, 8 | 2 | 4),
                 say(TO_A, "rekey", what=what), say(0, "rekey", what=what), wait(), wait(HOUR))
    seed("peer", "many-children", UP, "plain",
         *[seal(0, CREATE, [sa_of(3, u(4, 1000 + i), ESP_SUITE), NI, ANY_I, ANY_R])
           for i in range(8)], wait(HOUR))


def telling():
    """INFORMATIONAL, with MOBIKE."""
    told = {
        "nothing": [], "delete-ike": [(D, b"\1\0\0\0")], "delete-none": [(D, b"\3\4\0\1none")],
        "delete-many": [(D, b"\3\4\0\7" + b"none" * 7)],
        "delete-odd": [(D, b"\3\3\0\1abc")], "delete-ah": [(D, b"\2\4\0\1abcd")],
        "failed": [n_of(AUTH_FAILED)], "lifetime": [n_of(LIFETIME, u(4, 60))],
        "lifetime-bad": [n_of(LIFETIME, b"123456")], "redirect": [n_of(REDIRECT, b"\3\7gw.test")],
        "invalid-spi": [n_of(11, b"spi4")], "invalid-spi-bad": [n_of(11, b"spi")],
        "update": [n_of(UPDATE)],
        "update-nat": [n_of(UPDATE), n_of(NATD_SRC, b"s" * 20), n_of(NATD_DST, b"d" * 20)],
        "update-no-nats": [n_of(UPDATE), n_of(NO_NATS, b"n" * 12)],
        "addresses": [n_of(IP4, b"\xc6\x33\x64\7"), n_of(IP6, b"\x20\1\x0d\xb8" + bytes(12))],
        "addresses-none": [n_of(NO_OTHERS)], "cookie2": [n_of(COOKIE2, b"c" * 16)],
        "cookie2-short": [n_of(COOKIE2, b"c")], "vendor": [(V, b"v")],
        "cp": [(CP, b"\1\0\0\0")], "critical": [(99, b"")], "sa": [sa_of(1, b"", IKE_SUITE)],
    }
    for way in ("plain", "no_encap", "check_before", "check_not", "links", "from_elsewhere",
                "transport", "replacing"):
        for side, to in SIDES:
            for name, payloads in told.items():
                seed("peer", f"told-{side}-{name}-{way}", UP, way, seal(to, INFO, payloads),
                     seal(to | WAIT, INFO, payloads), wait(HOUR))
                if way == "plain":
                    seed("peer", f"told-{side}-{name}-nat", UP | NAT, way,
                         seal(to, INFO, payloads), call(TO_A, WIRE), seal(to | WAIT, INFO, payloads))
                    seed("peer", f"told-{side}-{name}-rekeying", UP, way,
                         say(to, "rekey", what="ike"), seal(to, INFO, payloads), wait())
                    seed("peer", f"told-{side}-{name}-deleting", UP, way, call(0, WIRE, 1),
                         say(to, "terminate"), call(0, WIRE), seal(to | WAIT, INFO, payloads))
            for number, total, n in ((1, 2, 9), (2, 2, 9), (1, 1, 9), (1, 250, 900)):
                seed("peer", f"told-{side}-fragment-{number}-{total}-{way}", UP, way,
                     fragment(to, INFO, number, total, b"f" * n), wait(),
                     fragment(to, INFO, number, total, b"f" * n),
                     seal(to | WAIT, INFO, []))
    answers = {
        "cookie2": put(COOKIE2, 4, b"other"), "no-cookie2": out(COOKIE2),
        "unacceptable": notify(40), "nat": notify(41), "natd": put(NATD_DST, 5, b"other"),
        "natd-src": put(NATD_SRC, 5, b"other"), "no-natd": out(NATD_DST) + out(NATD_SRC),
        "failed": notify(AUTH_FAILED), "nothing": alone(), "critical": add(99, b"", 0x80),
        "exchange": exchange(CREATE), "as-is": b"",
    }
    for way in ("plain", "links", "no_encap", "links_checked", "check_before", "check_not"):
        for which_list in range(8):
            for side, to in SIDES:
                for name, c in answers.items():
                    seed("peer", f"move-{side}-{which_list}-{name}-{way}", UP, way,
                         call(TO_A, ADDRESSES, 0), call(0, ADDRESSES, 5), alter(to, 0, c),
                         call(to, ADDRESSES, which_list), wait(), call(to, ADDRESSES, 1), wait(),
                         wait(HOUR))
    for way in ("plain", "links", "no_encap", "links_checked"):
        for name, c in answers.items():
            for side, to in SIDES:
                seed("peer", f"resumed-{side}-{name}-{way}", UP | NAT, way,
                     call(to, ADDRESSES, 5), alter(to, 0, c), call(to, RESUMED), wait(),
                     call(0, WIRE, 1), call(to, RESUMED), wait(HOUR))
        for i in range(8):
            seed("peer", f"moving-{i}-{way}", UP, way, call(TO_A, ADDRESSES, 1),
                 call(0, ADDRESSES, 6), call(TO_A, ADDRESSES, i), say(TO_A, "rekey", what="ike"),
                 call(TO_A, ADDRESSES, 3), wait(), call(TO_A, ADDRESSES, 4), wait(HOUR),
                 call(TO_A, ADDRESSES, 1), wait(HOUR))
            seed("peer", f"refused-moving-{i}-{way}", UP, way, call(TO_A, ADDRESSES, 1),
                 *[alter(TO_A, j, notify(40 + i % 2)) for j in range(5)],
                 call(TO_A, ADDRESSES, i), wait(), wait(HOUR))
    for i in range(6):
        seed("peer", f"nat-comes-{i}", UP | (NAT if i % 2 else 0), ("plain", "check_before",
             "no_encap")[i // 2], call(0, WIRE, 32), say(TO_A, "rekey", what="ike"), wait(),
             call(0, WIRE, 0), say(0, "rekey", what="child"), wait(HOUR))


def own_side():
    """What the data plane, helpers and administrators say, and what is called."""
    here = [b"\xc0\0\2\2", 40000]
    there = [b"\xc0\0\2\1", 4500]
    far = [b"\xc6\x33\x64\7", 4500]
    for side, to in SIDES:
        for i in range(1, 9):
            for kind, fields in (("seen", {}), ("switched", {}), ("stats", {"packets": 5}),
                                 ("expire", {"level": "soft"}), ("expire", {"level": "hard"}),
                                 ("refused", {"sentence": "no room"})):
                name = f"{kind}-{fields.get('level', '')}{side}-{i}"
                seed("peer", name, UP, "plain", say(to | WAIT, kind, id=i, **fields),
                     say(to | WAIT, kind, id=i, **fields))
                seed("peer", f"{name}-transport", UP, "transport",
                     say(to | WAIT, kind, id=i, **fields), wait(HOUR))
                seed("peer", f"{name}-rekeying", UP | LINKLESS, "plain",
                     say(to, "rekey", what="child"), say(to | WAIT, kind, id=i, **fields))
            seed("peer", f"silent-{side}-{i}", UP, "plain",
                 say(to | WAIT, "silent", path=i, since_ms=5))
            seed("peer", f"silent-{side}-{i}-links", UP, "links", call(to, ADDRESSES, 1),
                 say(to | WAIT, "silent", path=i, since_ms=5), call(0, WIRE, 1),
                 say(to | HOUR, "silent", path=i, since_ms=5))
            for way in ("plain", "check_not", "from_elsewhere", "check_before"):
                for how in (UP, UP | NAT):
                    seed("peer", f"moved-{side}-{i}-{way}-{how}", how, way,
                         say(to | WAIT, "moved", path=i, to=far), wait(HOUR))
        for how in (UP, UP | SEVERAL):
            for ids in ([], [1, 2, 3, 4, 5, 6, 7, 8]):
                seed("peer", f"holds-{side}-{len(ids)}-{how}", how, "plain", call(to, LINK, 2),
                     wait(), call(to, LINK, 1), say(to, "holds", ids=ids, more=True),
                     say(to | WAIT, "holds", ids=ids), call(to, LINK, 0), wait(HOUR))
            seed("peer", f"asked-{side}-{how}", how, "plain", say(to, "list", id=7), wait(),
                 call(to, ASK), say(to, "up"), wait(), say(to, "terminate", identity="x"),
                 say(to | WAIT, "terminate", identity="gw.test"), call(to, ASK))
            for child in range(1, 9):
                seed("peer", f"terminate-{side}-{child}-{how}", how, "plain",
                     say(to | WAIT, "terminate", child=child), say(to | WAIT, "up"),
                     say(to | WAIT, "terminate", ike=child), wait(HOUR))
        seed(BOTH, f"unknown-spi-{side}", UP, "plain",
             say(to | WAIT, "unknown-spi", spi=77, **{"from": there if to else here}),
             say(to | WAIT, "unknown-spi", spi=78, **{"from": far}))
        for i in range(32):
            seed("peer", f"connections-{side}-{i}", UP | SEVERAL, "plain",
                 call(to, CONNECTIONS, i), wait(), say(to, "rekey"), wait(), wait(HOUR))
            seed("peer", f"connections-{side}-{i}-gateway", UP, "gateway",
                 call(to, CONNECTIONS, i), wait(), wait(HOUR))
            seed(BOTH, f"another-{side}-{i}", UP, "plain", call(to, ANOTHER, i),
                 call(to, ANOTHER, i ^ 1), wait(), call(to, ABANDON, i), wait())
            seed(BOTH, f"another-{side}-{i}-first", 0, "plain+early", call(to, ANOTHER, i),
                 call(to, ANOTHER, i ^ 1), call(to, ABANDON, i), wait())
            for way in ("replacing", "keeping", "several_at_once", "links"):
                seed("peer", f"another-{side}-{i}-{way}", UP, way, call(0, WIRE, 32 * (i & 1)),
                     alter(0, 1, (out(INITIAL), notify(INITIAL))[i >> 1 & 1]),
                     call(to, ANOTHER, i | 16), wait(), call(to, ANOTHER, i | 16), wait(HOUR))
        for how in (UP, 0, UP | SEVERAL, CERTS):
            seed("peer", f"stop-{side}-{how}", how, "plain", call(to, STOP), wait(),
                 call(to, ANOTHER, 16), wait(HOUR))
        for i in (1, 2, 8, 16, 64, 128, 192):
            seed(BOTH, f"wire-{side}-{i}", CERTS | NARROW, "plain+early", call(to, WIRE, i),
                 wait(), say(to, "rekey", what="ike"), wait(HOUR))
            seed("peer", f"wire-{side}-{i}-up", UP | SEVERAL, "short_lived", call(to, WIRE, i),
                 wait(), say(to, "rekey", what="ike"), wait(HOUR), wait(HOUR))
    for way in ("replacing", "keeping", "several_at_once", "short_lived"):
        for how in (UP, UP | SEVERAL, UP | LINKLESS, UP | CERTS):
            seed("peer", f"again-{way}-{how}", how, way, wait(HOUR))
            seed("peer", f"again-{way}-{how}-rekey", how, way, say(TO_A, "rekey", what="ike"),
                 wait(), say(0, "rekey", what="child"), wait(HOUR), say(TO_A, "terminate"), wait())
            for name, c in (("refused", alone(notify(AUTH_FAILED))), ("no-sa", out(SA)),
                            ("redirect", alone(notify(REDIRECT, b"\3\7gw.test"))),
                            ("init", alone(notify(NO_PROPOSAL)))):
                for after in range(4):
                    seed("peer", f"again-{way}-{how}-{name}-{after}", how, way,
                         alter(TO_A, after, c), wait(HOUR), wait())


def failing():
    """The n-th allocation fails."""
    does = {
        "rekey-child": say(TO_A | WAIT, "rekey", what="child"),
        "rekey-ike": say(TO_A | WAIT, "rekey", what="ike"),
        "rekey-by-b": say(WAIT, "rekey", what="ike"), "delete": say(TO_A | WAIT, "terminate"),
        "list": say(TO_A, "list"), "another": call(TO_A, ANOTHER, 16) + wait(),
        "moved": call(TO_A, ADDRESSES, 0) + call(TO_A, ADDRESSES, 2) + wait(),
        "resumed": call(TO_A, RESUMED) + wait(), "told": seal(WAIT, INFO, [n_of(UPDATE)]),
        "child": seal(WAIT, CREATE, [sa_of(3, b"spi4", ESP_SUITE), NI, ANY_I, ANY_R]),
        "fragment": fragment(0, INFO, 1, 2, b"f" * 9) + wait(), "hour": wait(HOUR),
        "connections": call(TO_A, CONNECTIONS, 3) + wait(),
        "connections-b": call(0, CONNECTIONS, 5) + wait(),
    }
    for n in list(range(1, 120)) + list(range(120, 400, 7)):
        for name, what in does.items():
            seed("peer", f"fail-{n}-{name}", UP | (SEVERAL if n % 2 else 0),
                 ("plain", "pfs", "replacing")[n % 3], fail(n), what)
        for how in (0, CERTS, NARROW | CERTS | GROUPS):
            seed(BOTH, f"fail-{n}-first-{how}", how, ("plain", "both_families", "gateway",
                 "childless", "transport")[n % 5] + "+early", fail(n), wait())
        seed(BOTH, f"fail-{n}-liar", 0, "plain+early+liar_b", fail(n), wait())


def der(tag, *content):
    octets = b"".join(content)
    n = len(octets)
    size = u(1, n) if n < 128 else b"\x81" + u(1, n) if n < 256 else b"\x82" + u(2, n)
    return u(1, tag) + size + octets


def oid(text):
    return bytes.fromhex(text)


NULL = b"\5\0"
RSA_OID = oid("06092a864886f70d010101")
PSS_OID = oid("06092a864886f70d01010a")
MGF1_OID = oid("06092a864886f70d010108")
SHA = {"256": oid("0609608648016503040201"), "384": oid("0609608648016503040202"),
       "512": oid("0609608648016503040203"), "1": oid("06052b0e03021a")}


def pss(sha="256", mgf="256", salt=32, trailer=None, null=NULL, mgf_oid=MGF1_OID):
    hash_of = der(0x30, SHA[sha], null)
    fields = der(0xA0, hash_of), der(0xA1, der(0x30, mgf_oid, der(0x30, SHA[mgf], null))), der(
        0xA2, der(2, u(1, salt)))
    more = b"" if trailer is None else der(0xA3, der(2, u(1, trailer)))
    return der(0x30, PSS_OID, der(0x30, *fields, more))


ALGS = {"ed25519": der(0x30, oid("06032b6570")), "ed448": der(0x30, oid("06032b6571"))}
for bits, salt, last in (("256", 32, "2"), ("384", 48, "3"), ("512", 64, "4")):
    ALGS["ecdsa-sha" + bits] = der(0x30, oid("06082a8648ce3d04030" + last))
    ALGS["rsa-pss-sha" + bits] = pss(bits, bits, salt)
    ALGS["rsa-sha" + bits] = der(
        0x30, oid("06092a864886f70d0101" + {"256": "0b", "384": "0c", "512": "0d"}[bits]), NULL)


def signature(name, method, spki, octets, data, sha1=0):
    seeds["sig"][name] = (u(1, method) + u(1, sha1) + u(2, len(spki)) + spki + u(2, len(octets)) +
                          octets + data)


def rsa_key(bits, exponent):
    number = der(2, b"\0" + b"\xc5" * (bits // 8)) + der(2, exponent)
    return der(0x30, der(0x30, RSA_OID, NULL), der(3, b"\0", der(0x30, number)))


def curve_key(name):
    made = subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                           "ec_paramgen_curve:" + name], stdout=subprocess.PIPE, check=True)
    return subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=made.stdout,
                          stdout=subprocess.PIPE, check=True).stdout


def signatures():
    """The first good and bad ones of each kind in t/vectors, and what no key there fits."""
    path = os.path.join(os.path.dirname(__file__), "../vectors/wycheproof-sig")
    seen, keys, good = {}, {}, {}
    with open(path, encoding="ascii") as f:
        for line in f:
            w = line.split()
            if w[:1] == ["key"]:
                spki = bytes.fromhex(w[1])
            if w[:1] not in (["good"], ["bad"]) or seen.get(tuple(w[:3]), 0) > 1:
                continue
            verdict, method, alg = w[:3]
            number = seen[(verdict, method, alg)] = seen.get((verdict, method, alg), 0) + 1
            octets, sig = (b"" if x == "-" else bytes.fromhex(x) for x in w[3:5])
            ahead = u(1, len(ALGS[alg])) + ALGS[alg] if method == "14" else b""
            signature(f"{verdict}-{method}-{alg}-{number}", int(method), spki, octets, ahead + sig)
            if verdict == "good":
                keys[alg] = spki
                good[alg] = (spki, octets, sig)
    p256 = keys["ecdsa-sha256"]
    for name, spki in (("none", b""), ("garbage", b"\x30\x03\2\1\0"), ("behind", keys[
            "ed25519"] + b"\0"), ("bits", p256[:25] + b"\1" + p256[26:]),
                       ("off-curve", p256[:-1] + b"\0"), ("rsa-1024", rsa_key(1024, b"\3")),
                       ("rsa-even", rsa_key(2048, b"\4")), ("rsa-one", rsa_key(2048, b"\1")),
                       ("p224", curve_key("secp224r1")), ("k1", curve_key("secp256k1")),
                       ("p521", curve_key("secp521r1")), *keys.items()):
        for method in (0, 1, 9, 10, 14):
            for alg in ("rsa-sha256", "rsa-pss-sha256", "ecdsa-sha256", "ed25519"):
                ahead = u(1, len(ALGS[alg])) + ALGS[alg] if method == 14 else b""
                signature(f"key-{name}-{method}-{alg}", method, spki, b"octets", ahead + b"s" * 64)
    spki, octets, sig = good["rsa-pss-sha256"]
    for name, alg in (("trailer", pss(trailer=1)), ("trailer-2", pss(trailer=2)),
                      ("no-null", pss(null=b"")), ("salt", pss(salt=20)), ("mgf", pss(mgf="384")),
                      ("sha1", pss("1", "1", 20)), ("mgf-other", pss(mgf_oid=SHA["1"])),
                      ("bare", der(0x30, PSS_OID)), ("empty", der(0x30, PSS_OID, der(0x30))),
                      ("null", der(0x30, PSS_OID, NULL)), ("odd", der(0x30, PSS_OID, b"\2\1\1")),
                      ("unknown", der(0x30, SHA["1"])), ("none", b""), ("no-der", b"\xff\xff"),
                      ("ecdsa", ALGS["ecdsa-sha256"]), ("ed25519", ALGS["ed25519"])):
        signature("pss-" + name, 14, spki, octets, u(1, len(alg)) + alg + sig)
    spki, octets, sig = good["rsa-sha256"]
    bare = ALGS["rsa-sha256"][:-2]
    bare = b"\x30" + u(1, len(bare) - 2) + bare[2:]
    for name, alg in (("no-null", bare), ("null-twice", der(0x30, bare[2:], NULL, NULL)),
                      ("behind", bare + b"\0"), ("integer", der(0x30, bare[2:], b"\2\1\0"))):
        signature("rsa-" + name, 14, spki, octets, u(1, len(alg)) + alg + sig)
    sha1 = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt",
                           "rsa_keygen_bits:2048"], stdout=subprocess.PIPE, check=True).stdout
    with open("/dev/shm/fuzz-seeds-key", "wb") as f:
        f.write(sha1)
    made = subprocess.run(["openssl", "dgst", "-sha1", "-sign", f.name], input=b"octets",
                          stdout=subprocess.PIPE, check=True).stdout
    os.unlink(f.name)
    public = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=sha1,
                            stdout=subprocess.PIPE, check=True).stdout
    for allowed in (0, 1):
        signature(f"sha1-{allowed}", 1, public, b"octets", made, allowed)
        for data in (b"\0", b"", b"\2\3", b"\4\5" + der(0x30, der(2, b"\1"), der(2, b"\2"))):
            signature(f"signer-{allowed}-{data.hex()}", 14, p256, b"octets", data, allowed)
            signature(f"signer-der-{allowed}-{data.hex()}", 9, p256, b"octets",
                      der(0x30, der(2, b"\1"), der(2, b"\2")) + data, allowed)


for make in (signatures, each_way, initiating, authenticating, children, telling, own_side, failing):
    make()
for target, all_of_it in seeds.items():
    os.makedirs(os.path.join(sys.argv[1], target), exist_ok=True)
    for name, octets in all_of_it.items():
        with open(os.path.join(sys.argv[1], target, name), "wb") as f:
            f.write(octets)
