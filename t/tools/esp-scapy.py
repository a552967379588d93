#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# esp-scapy.py CAPTURE SAS: opens the ESP packets of a capture by scapy, with the keys of a file `sas` of
# esp-matrix.pl. Prints a line "NAME opened|refused IP|IPv6 DESTINATION" for each packet of an SA that
# scapy 2.5 can do: AES-GCM-16, AES-CCM, ChaCha20-Poly1305; AES-CBC and AES-CTR with HMAC-SHA2, these
# without ESN, which it does not put into their ICVs.
import re
import sys

from scapy.all import IP, UDP, IPv6, rdpcap
from scapy.layers.ipsec import ESP, IPSecIntegrityError, SecurityAssociation

HMAC = {'sha256': 'SHA2-256-128', 'sha384': 'SHA2-384-192', 'sha512': 'SHA2-512-256'}


def association(spi, name, key, hmac_key=''):
    """The SA of a line, None if scapy cannot do it."""
    suite, _, outer, esn = name.split(':')
    how = {'crypt_key': bytes.fromhex(key), 'esn_en': esn == '1'}
    if re.fullmatch('aes[0-9]+gcm16', suite):
        how['crypt_algo'] = 'AES-GCM'
    elif re.fullmatch('aes[0-9]+ccm[0-9]+', suite):
        how['crypt_algo'] = 'AES-CCM'
        how['crypt_icv_size'] = int(suite.split('ccm')[1])
    elif suite == 'chacha20poly1305':
        how['crypt_algo'] = 'CHACHA20-POLY1305'
    elif '-' in suite and esn == '0':
        cipher, hmac = suite.split('-')
        how['crypt_algo'] = 'AES-CTR' if cipher.endswith('ctr') else 'AES-CBC'
        how.update(auth_algo=HMAC[hmac], auth_key=bytes.fromhex(hmac_key))
    else:
        return None
    header = IP() if outer == '4' else IPv6()
    return SecurityAssociation(ESP, spi=int(spi, 16), tunnel_header=header, **how)


def main():
    sas = {}
    with open(sys.argv[2], encoding='ascii') as lines:
        for words in map(str.split, lines):
            sas[int(words[0], 16)] = words[1], association(*words)
    for packet in rdpcap(sys.argv[1]):
        if UDP not in packet or packet[UDP].dport != 4500:
            continue
        octets = bytes(packet[UDP].payload)
        name, sa = sas.get(int.from_bytes(octets[:4], 'big'), (None, None))
        if not sa:
            continue
        whole = IP(proto=50) if IP in packet else IPv6(nh=50)
        try:
            inner = sa.decrypt(whole / ESP(octets))
            print(name, 'opened', inner.name, inner.dst)
        except IPSecIntegrityError:
            print(name, 'refused')


main()
