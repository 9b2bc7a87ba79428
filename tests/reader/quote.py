# SPDX-License-Identifier: MIT
"""doc/formats.md section 12: quotes of a TD, and of an enclave."""
import hashlib
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import certs
from .refused import need

QE_VENDOR = bytes.fromhex("939a7233f79c4ca9940a0db3957f0607")
BODIES = {(3, 0): {None: 384}, (4, 0x81): {None: 584}, (5, 0x81): {2: 584, 3: 648}}
SGX_EXTENSION = "1.2.840.113741.1.13.1"


# Of an SGX report: what lies between its fields
ZERO = ((20, 32), (96, 128), (160, 192), (262, 304))


def check_enclave(report):
    for at, end in ZERO:
        need(not any(report[at:end]), f"bytes {at} ff. of an enclave's report")


def take(data, at, n):
    need(at + n <= len(data), "cut short")
    return data[at:at + n], at + n


def sized(data, at, form):
    raw, at = take(data, at, struct.calcsize(form))
    *kind, size = struct.unpack(form, raw)
    body, at = take(data, at, size)
    return (kind[0] if kind else None), body, at


def body_of(q, version, tee):
    need((version, tee) in BODIES, "version or TEE")
    kind, size, at = None, None, 48
    if version == 5:
        need(len(q) >= 54, "cut short")
        kind, size = struct.unpack_from("<HI", q, 48)
        at = 54
    want = BODIES[version, tee].get(kind)
    need(want and size in (None, want), "the body's type or size")
    return take(q, at, want)


def check_head(q):
    need(len(q) >= 48, "cut short")
    version, kind, tee, reserved = struct.unpack_from("<HHII", q)
    need(kind == 2 and q[12:28] == QE_VENDOR, "kind of key, or whose enclave")
    need(version == 3 or not reserved, "bytes 8 to 11")
    return version, tee


def parse(q):
    version, tee = check_head(q)
    body, end = body_of(q, version, tee)
    _, rest, _ = sized(q, end, "<I")        # what follows is not looked at
    signature, at = take(rest, 0, 64)
    key, at = take(rest, at, 64)
    if version != 3:
        kind, inner, at = sized(rest, at, "<HI")
        need(kind == 6 and at == len(rest), "outer certification data")
        rest, at = inner, 0
    report, at = take(rest, at, 384)
    report_signature, at = take(rest, at, 64)
    _, auth, at = sized(rest, at, "<H")
    kind, text, at = sized(rest, at, "<HI")
    need(at == len(rest), "sizes do not fit")
    need(kind not in (1, 2, 3), "no certificates", "pck-absent")
    need(kind == 5, "certification data of another type")
    check_enclave(report)
    if tee == 0:
        check_enclave(body)
    return tee, body, q[:end], signature, key, report, report_signature, auth, text


def issuer_of(cert, others):
    for c in others:
        if certs.same_name(c.subject, cert.issuer) and certs.signed_by(cert, c, ec.SECP256R1, hashes.SHA256):
            return c
    need(False, f"nobody issued {cert.subject.rfc4514_string()}")
    return None


def chain(text, world):
    found = certs.of_pem(text)
    leaves = [c for c in found if not certs.is_ca(c)
              and certs.extensions(c) and any(e.oid.dotted_string == SGX_EXTENSION for e in c.extensions)]
    need(len(leaves) == 1, "no certificate of a platform, or several")
    ca = issuer_of(leaves[0], found + world.roots)
    root = issuer_of(ca, found + world.roots)
    need(certs.is_ca(ca) and certs.is_ca(root), "an issuer that is no CA")
    need(certs.same_name(root.subject, root.issuer) and certs.signed_by(root, root, ec.SECP256R1, hashes.SHA256), "root")
    need(any(certs.same_key(root, r) for r in world.roots), "a root that nobody named")
    for cert in (leaves[0], ca, root):
        certs.check_extensions(cert)
        certs.check_window(cert, world.now)
    return leaves[0].public_key()


def verify(piece, world):
    """The body of a quote that holds"""
    tee, body, signed, signature, key, report, report_signature, auth, text = parse(piece["data"])
    need((tee == 0) == (piece["tee"] == "sgx"), "a quote of another kind")
    pck = chain(text, world)
    certs.check_signed(pck, report_signature, report, hashes.SHA256(), "qe-signature-invalid")
    need(report[320:384] == hashlib.sha256(key + auth).digest() + bytes(32), "another key", "qe-hash-mismatch")
    attestation = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + key)
    certs.check_signed(attestation, signature, signed, hashes.SHA256(), "signature-invalid")
    return body


def check(piece, want, world):
    body = verify(piece, world)
    tee = piece["tee"] == "tdx"
    at = 520 if tee else 320
    need(body[at:at + 64] == want, "over other claims", "report-data-mismatch")
    return body[136:184] if tee else body[64:96]
