#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes the vectors of IKE's cryptography in this folder from what others have published.

    make.py WYCHEPROOF STRONGSWAN

are checkouts of github.com/C2SP/wycheproof and github.com/strongswan/strongswan; the latter quotes
numbers of NIST and of RFCs. What is computed here (MODP groups, keys of rekeyed SAs) is computed by
Python's integers and hmac. Fields are hex, one vector a line, "-" for nothing.
"""
import hashlib
import hmac
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
HASHES = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


def write(name, head, rows):
    text = "".join(f"# {line}\n" for line in head)
    (HERE / name).write_text(text + "".join(" ".join(row) + "\n" for row in rows))


def field(octets):
    return octets.hex() if octets else "-"


# ---- strongSwan's C ----

def quoted(strongswan, name):
    """The vectors of a file up to those that strongSwan made itself, as dicts."""
    path = "src/libstrongswan/plugins/test_vectors/test_vectors"
    text = (strongswan / path / f"{name}.c").read_text()
    text = re.split(r"self.made|defined by ourself", text)[0]
    for body in re.findall(r"_vector_t \w+ = \{(.*?)\n\};", text, re.S):
        found = {"alg": re.search(r"\.(?:alg|method) = (\w+)", body)[1]}
        for key, value in re.findall(r"\.(\w+)\s*= chunk_from_chars\((.*?)\)", body, re.S):
            found[key] = bytes(int(x, 16) for x in re.findall(r"0x(\w\w)", value))
        for key, value in re.findall(r'\.(\w+)\s*= ((?:\s*"[^"]*")+)', body):
            value = "".join(re.findall(r'"([^"]*)"', value))
            found[key] = value.encode().decode("unicode_escape").encode("latin-1")
        for key, value in re.findall(r"\.(\w+) = (?:\w+, \.arg\.prf = )?(PRF_\w+|\d+)", body):
            found[key] = value
        found["prf"] = (re.search(r"PRF_HMAC_(\w+)", body) or [None, None])[1]
        yield found


def prf(name, key, data):
    return hmac.new(key, data, name).digest()


def prf_plus(name, key, seed, n):
    out = block = b""
    for i in range(1, 256):
        block = prf(name, key, block + seed + bytes([i]))
        out += block
        if len(out) >= n:
            return out[:n]


def kdf(strongswan):
    firsts = [v for v in quoted(strongswan, "kdf_prf") if v["prf"] in HASHES]
    seconds = {v["key"]: v for v in quoted(strongswan, "kdf_prf_plus") if v["prf"] in HASHES}
    rows = []
    for v in firsts:
        second, name = seconds[v["out"]], HASHES[v["prf"]]
        nonces, spis, dkm = v["salt"], second["salt"][-16:], second["out"]
        assert second["salt"][:-16] == nonces
        half = len(nonces) // 2
        size = hashlib.new(name).digest_size
        # A rekey with the same nonces and SPIs, and the secret from behind; a CHILD_SA likewise.
        d, other = dkm[:size], v["key"][::-1]
        again = prf_plus(name, prf(name, d, other + nonces), nonces + spis, 160)
        child = prf_plus(name, d, nonces, 72)
        child_ke = prf_plus(name, d, other + nonces, 72)
        rows.append([name] + [field(x) for x in (
            nonces[:half], nonces[half:], v["key"], spis, v["out"], dkm, again, child, child_ke)])
    write("kdf", [
        "IKEv2 keys (RFC 7296 2.14, 2.17, 2.18): PRF NI NR G^IR SPIS SKEYSEED DKM REKEYED CHILD CHILD-KE",
        "Up to DKM: NIST CAVP (SP 800-135), with nonces of the least and the greatest length.",
        "Behind it: by Python's hmac, for a new g^ir that is the old one from its last octet to its first.",
    ], rows)


# ---- AEADs and CTR ----

def cipher_name(mode, key, icv):
    return f"aes{8 * key}{mode}{icv}"


def aead(strongswan):
    rows = []
    for name, mode, salt in (("aes_gcm", "gcm", 4), ("aes_ccm", "ccm", 3)):
        for v in quoted(strongswan, name):
            icv, key = int(v["alg"].split("ICV")[1]), len(v["key"]) - salt
            text = len(v["cipher"]) - icv
            rows.append([cipher_name(mode, key, icv)] + [field(x) for x in (
                v["key"], v["iv"], v.get("adata"), v.get("plain"), v["cipher"][:text], v["cipher"][text:])])
    for v in quoted(strongswan, "aes_ctr"):
        rows.append([cipher_name("ctr", len(v["key"]) - 4, "")] + [field(x) for x in (
            v["key"], v["iv"], b"", v["plain"], v["cipher"], b"")])
    write("aead", [
        "Ciphers: CIPHER KEY-AND-SALT IV AAD PLAINTEXT CIPHERTEXT TAG",
        "GCM: McGrew and Viega's specification; CCM with nonces of 11 octets: NIST CAVS, by way of Linux;",
        "CTR: RFC 3686.",
    ], rows)


def wycheproof(folder, name):
    return json.loads((folder / "testvectors_v1" / f"{name}_test.json").read_text())


def few(tests, most):
    """Of each set of flags, and of the good and the bad ones, the first few."""
    seen = {}
    for group, test in tests:
        key = (tuple(test["flags"]), test["result"])
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= most:
            yield group, test


def tests_of(data, keep=lambda group: True):
    return [(g, t) for g in data["testGroups"] if keep(g) for t in g["tests"]]


def wycheproof_aead(folder):
    rows = []
    for name, mode, iv, salt in (("aes_gcm", "gcm", 96, 4), ("aes_ccm", "ccm", 88, 3),
                                 ("chacha20_poly1305", None, 96, 4)):
        data = tests_of(wycheproof(folder, name), lambda g: g["ivSize"] == iv and g["tagSize"] == 128)
        for g, t in few(data, 24):
            key, nonce = bytes.fromhex(t["key"]), bytes.fromhex(t["iv"])
            cipher = cipher_name(mode, len(key), 16) if mode else "chacha20poly1305"
            good = t["result"] == "valid"
            rows.append([cipher, field(key + nonce[:salt]), field(nonce[salt:]), t["aad"] or "-",
                         (t["msg"] or "-") if good else "refused", t["ct"] or "-", t["tag"]])
    write("wycheproof-aead", ["Wycheproof, as the file aead; PLAINTEXT refused: it does not open."], rows)


# ---- key exchange ----

def arctan(inverse, bits):
    x = (1 << bits) // inverse
    total, n, sign = x, 3, -1
    while x:
        x //= inverse * inverse
        total += sign * (x // n)
        n, sign = n + 2, -sign
    return total


def modp_prime(bits, add):
    """RFC 3526: 2^n - 2^(n-64) - 1 + 2^64 * ([2^(n-130) pi] + add)."""
    more = bits + 64
    pi = 4 * (4 * arctan(5, more) - arctan(239, more))
    return 2**bits - 2**(bits - 64) - 1 + 2**64 * ((pi >> (more - (bits - 130))) + add)


MODP = {"modp2048": (2048, 124476), "modp3072": (3072, 1690314), "modp4096": (4096, 240904),
        "modp6144": (6144, 929484), "modp8192": (8192, 4743158)}
ECP = {"ECP_256_BIT": "ecp256", "ECP_384_BIT": "ecp384", "ECP_521_BIT": "ecp521", "ECP_256_BP": "ecp256bp",
       "ECP_384_BP": "ecp384bp", "ECP_512_BP": "ecp512bp", "CURVE_25519": "x25519", "CURVE_448": "x448"}


def modp(group):
    bits, add = MODP[group]
    p, size = modp_prime(bits, add), bits // 8
    a, b = (int.from_bytes(hashlib.shake_256(f"{group} {who}".encode()).digest(64), "big") for who in "ab")
    while pow(2, a * b, p) >> (bits - 8):  # until the secret begins with a zero octet, which stays
        b += 1
    return [group, f"{a:x}".zfill(128), f"{b:x}".zfill(128)] + [
        x.to_bytes(size, "big").hex() for x in (pow(2, a, p), pow(2, b, p), pow(2, a * b, p))]


def ke(strongswan):
    rows = [modp(group) for group in MODP]
    for name in ("ecp", "ecpbp", "curve25519", "curve448"):
        for v in quoted(strongswan, name):
            if v["alg"] not in ECP:
                continue
            half = len(v["seed"]) // 2
            rows.append([ECP[v["alg"]]] + [field(x) for x in (
                v["seed"][:half], v["seed"][half:], v["pub_i"], v["pub_r"], v["shared"])])
    write("ke", [
        "Key exchange: GROUP I R G^I G^R G^IR, with I and R the private keys",
        "ECP: RFC 5903 8 and RFC 5114; brainpool: RFC 6932 and RFC 7027; Curve25519 and Curve448: RFC 7748,",
        "RFC 8031; MODP: by Python's pow() with primes by the formula of RFC 3526, the secret with a zero in front.",
    ], rows)


def point(group, test, size, data):
    """x | y of an uncompressed point, or None where our wire form could not carry it."""
    public = bytes.fromhex(test["public"])
    if group["encoding"] == "asn":
        good = next(bytes.fromhex(t["public"]) for _, t in data if t["result"] == "valid")
        ahead = good[:len(good) - 2 * size - 1]
        if not public.startswith(ahead):
            return None
        public = public[len(ahead):]
    if not public or public[0] != 4:
        return None
    return public[1:]


def ecdh(folder, name, ours, size, rows):
    data = tests_of(wycheproof(folder, name))
    for g, t in few(data, 5):
        peer = point(g, t, size, data)
        if peer is None:
            continue
        private = bytes.fromhex(t["private"]).lstrip(b"\0").rjust(size, b"\0")
        good = t["result"] != "invalid"
        rows.append([ours, private.hex(), peer.hex() or "-", t["shared"] if good else "refused"])


def xdh(folder, name, rows):
    for _, t in few(tests_of(wycheproof(folder, name)), 5):
        zero = not t["shared"].strip("0")
        rows.append([name, t["private"], t["public"] or "-",
                     "refused" if zero or t["result"] == "invalid" else t["shared"]])


def wycheproof_ke(folder):
    rows = []
    for name, ours, size in (("ecdh_secp256r1_ecpoint", "ecp256", 32), ("ecdh_secp384r1_ecpoint", "ecp384", 48),
                             ("ecdh_secp521r1_ecpoint", "ecp521", 66), ("ecdh_brainpoolP256r1", "ecp256bp", 32),
                             ("ecdh_brainpoolP384r1", "ecp384bp", 48), ("ecdh_brainpoolP512r1", "ecp512bp", 64)):
        ecdh(folder, name, ours, size, rows)
    xdh(folder, "x25519", rows)
    xdh(folder, "x448", rows)
    write("wycheproof-ke", [
        "Wycheproof: GROUP PRIVATE PEER G^IR, or refused. Points as IKE carries them; a secret of zeros is refused,",
        "as RFC 8031 wants it.",
    ], rows)


# ---- signatures ----

SIGNATURES = [
    # file, name of the algorithm, method of IKE: 14, or a classic one
    ("ecdsa_secp256r1_sha256", "ecdsa-sha256", 14), ("ecdsa_secp384r1_sha384", "ecdsa-sha384", 14),
    ("ecdsa_secp521r1_sha512", "ecdsa-sha512", 14), ("ecdsa_secp256r1_sha256_p1363", "ecdsa-sha256", 9),
    ("ecdsa_secp384r1_sha384_p1363", "ecdsa-sha384", 10), ("ecdsa_secp521r1_sha512_p1363", "ecdsa-sha512", 11),
    ("ed25519", "ed25519", 14), ("ed448", "ed448", 14),
    ("rsa_pss_2048_sha256_mgf1_32", "rsa-pss-sha256", 14), ("rsa_pss_2048_sha256_mgf1_0", "rsa-pss-sha256", 0),
    ("rsa_pss_2048_sha384_mgf1_48", "rsa-pss-sha384", 14), ("rsa_pss_4096_sha512_mgf1_64", "rsa-pss-sha512", 14),
    ("rsa_signature_2048_sha256", "rsa-sha256", 14), ("rsa_signature_2048_sha384", "rsa-sha384", 14),
    ("rsa_signature_2048_sha512", "rsa-sha512", 14), ("rsa_signature_2048_sha256", "rsa-sha256", 1),
]


def wycheproof_sig(folder):
    rows, key = [], None
    for name, alg, method in SIGNATURES:
        for g, t in few(tests_of(wycheproof(folder, name)), 3):
            if g["publicKeyDer"] != key:
                key = g["publicKeyDer"]
                rows.append(["key", key])
            good = t["result"] == "valid" and method  # 0: a salt of another length is not ours
            # The missing NULL in an RSA signature (RFC 8017 A.2.4) is refused by OpenSSL.
            good = good and "MissingNull" not in t["flags"] or False
            rows.append(["good" if good else "bad", str(method or 14), alg, t["msg"] or "-", t["sig"] or "-"])
    write("wycheproof-sig", [
        "Wycheproof: key SPKI, then for it: good|bad METHOD ALG MESSAGE SIGNATURE (methods 9 to 11: r | s)",
    ], rows)


if __name__ == "__main__":
    WYCHEPROOF, STRONGSWAN = map(pathlib.Path, sys.argv[1:3])
    kdf(STRONGSWAN)
    aead(STRONGSWAN)
    ke(STRONGSWAN)
    wycheproof_aead(WYCHEPROOF)
    wycheproof_ke(WYCHEPROOF)
    wycheproof_sig(WYCHEPROOF)
