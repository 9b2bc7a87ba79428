# SPDX-License-Identifier: MIT
"""Certificates, as doc/formats.md has them of AMD, Intel and AWS."""
import base64
import datetime
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from .refused import Refused, need

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.S)
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
# What stands beside a signature of AMD's: RFC 4055's RSASSA-PSS-params of those digests
PSS_OID = bytes.fromhex("06092a864886f70d01010a")
SHA384_OID = bytes.fromhex("0609608648016503040202")
MGF1_OID = bytes.fromhex("06092a864886f70d010108")


def element(data, at=0):
    """One DER element at @at: its content's begin and its end"""
    need(at + 2 <= len(data), "DER cut short")
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        n = size & 0x7f
        need(1 <= n <= 4 and begin + n <= len(data), "a length that is not DER's")
        size = int.from_bytes(data[begin:begin + n], "big")
        begin += n
    need(begin + size <= len(data), "DER cut short")
    return begin, begin + size


def algorithms(der):
    """The algorithm within the signed part, and the one beside the signature"""
    at, _ = element(der)
    inside, after = element(der, at)
    if der[inside] == 0xa0:
        inside = element(der, inside)[1]
    inside = element(der, inside)[1]
    end = element(der, after)[1]
    need(der[element(der, end)[0]] == 0, "a signature that ends within a byte")
    return der[inside:element(der, inside)[1]], der[after:end]


def load(der):
    try:
        cert = x509.load_der_x509_certificate(der)
        cert.subject, cert.issuer, cert.signature
    except Exception as e:  # cryptography has many ways of saying that it cannot read it
        raise Refused(f"a certificate that cannot be read: {e}") from e
    return cert


def of_pem(text):
    """Every certificate in it"""
    return [load(base64.b64decode(b"".join(m.split()), validate=True)) for m in PEM.findall(text.rstrip(b"\0"))]


def whole_of(cert):
    return cert.public_bytes(serialization.Encoding.DER)


def same_key(a, b):
    return a.public_key().public_numbers() == b.public_key().public_numbers()


def same_name(a, b):
    """RFC 5280 section 7.1: neither case nor the number of blanks counts"""
    def plain(name):
        return [sorted((t.oid.dotted_string, " ".join(str(t.value).lower().split())) for t in rdn)
                for rdn in name.rdns]
    return plain(a) == plain(b)


def check_window(cert, now):
    """Windows without a zone: older versions of cryptography have no other."""
    ends = [getattr(cert, f"{n}_utc", None) or getattr(cert, n).replace(tzinfo=datetime.timezone.utc)
            for n in ("not_valid_before", "not_valid_after")]
    need(ends[0] <= now <= ends[1], f"{cert.subject.rfc4514_string()} is not valid then")


def extensions(cert):
    """None where they cannot be read: cryptography has no common name for what it raises then"""
    try:
        return cert.extensions
    except Exception:
        return None


def key_of(cert):
    try:
        return cert.public_key()
    except Exception:
        return None


def children(data, at, end):
    while at < end:
        inside, after = element(data, at)
        yield data[at], inside, after
        at = after


def two_extensions(der):
    """Values of basic constraints and key usage: the others may be unreadable for being a CA"""
    tbs = next(children(der, *element(der)))
    found = {b"\x55\x1d\x13": [], b"\x55\x1d\x0f": []}
    for tag, at, end in children(der, *tbs[1:]):
        if tag != 0xa3:
            continue
        for _, begin, stop in children(der, *element(der, at)):
            parts = list(children(der, begin, stop))
            oid = der[parts[0][1]:parts[0][2]]
            if oid in found:
                found[oid].append(der[parts[-1][1]:parts[-1][2]])
    return found.values()


def signs_certificates(usage):
    """keyCertSign, bit 5, in a BIT STRING"""
    at, end = element(usage)
    return usage[0] == 3 and end == len(usage) and usage[at] < 8 and bool(usage[at + 1] & 4 & 0xff << usage[at])


def is_ca(cert):
    try:
        constraints, usage = two_extensions(whole_of(cert))
        if len(constraints) != 1 or len(usage) > 1:
            return False
        ca = constraints[0][:1] == b"\x30" and constraints[0][2:4] == b"\x01\x01" and constraints[0][4] != 0
        at, end = element(constraints[0])
        readable = end == len(constraints[0]) and all(t in (1, 2) for t, *_ in children(constraints[0], at, end))
        return ca and readable and (not usage or signs_certificates(usage[0]))
    except (Refused, IndexError, StopIteration):
        return False


def check_extensions(cert):
    need(extensions(cert) is not None and key_of(cert), "an extension or a key that cannot be read")
    need(len(cert.extensions) <= 64, "more than 64 extensions")
    for e in cert.extensions:
        need(not e.critical or not isinstance(e.value, x509.UnrecognizedExtension), "a critical extension")


def signed_by(cert, issuer, curve=None, hash_=None):
    """RSA-PSS as AMD's, or ECDSA on @curve (any) with @hash_ (SHA-2)"""
    try:
        inner, outer = algorithms(whole_of(cert))
    except Refused:
        return False
    key = key_of(issuer)
    if inner != outer:
        return False
    try:
        if curve is None:
            if not (isinstance(key, rsa.RSAPublicKey) and key.key_size == 4096 and PSS_OID in outer
                    and outer.count(SHA384_OID) == 2 and MGF1_OID in outer
                    and bytes.fromhex("a203020130") in outer):
                return False
            key.verify(cert.signature, cert.tbs_certificate_bytes, PSS, hashes.SHA384())
            return True
        used = cert.signature_hash_algorithm
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, curve):
            return False
        if not isinstance(used, hash_):
            return False
        key.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(used))
        return True
    except (InvalidSignature, ValueError):
        return False


def check_signed(key, signature, message, hash_, word, order="big"):
    """@signature: r and s, one after the other"""
    n = len(signature) // 2
    r, s = (int.from_bytes(signature[i:i + n], order) for i in (0, n))
    try:
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hash_))
    except (InvalidSignature, ValueError) as e:
        raise Refused("the signature does not hold", word) from e
