# SPDX-License-Identifier: MIT
"""doc/formats.md section 13: reports of NVIDIA's GPUs."""
import hashlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import certs
from .refused import need

LENGTHS = {6: (8,), 14: (4,), 20: (48,), 21: (1,), 36: (1, 2, 3, 4)}
TEXTS = (3, 15, 17, 18)
TCB_INFO, FWID = "2.23.133.5.4.1.1", "2.23.133.5.4.1"
CHAIN_MAX = 6


def damaged(condition, text):
    need(condition, text, "gpu-damaged")


def check_measurements(raw, count):
    at, last = 0, 0
    for _ in range(count):
        damaged(at + 7 <= len(raw), "a measurement is cut")
        index, form, size, _, length = struct.unpack_from("<BBHBH", raw, at)
        damaged(index > last and form == 1 and 1 <= length <= 64 and size == length + 3, "a measurement")
        last, at = index, at + 7 + length
    damaged(at == len(raw), "the measurements are not as long as is said")


def read_opaque(raw):
    at, found = 0, {}
    while at < len(raw):
        damaged(at + 4 <= len(raw), "opaque data are cut")
        kind, length = struct.unpack_from("<HH", raw, at)
        value, at = raw[at + 4:at + 4 + length], at + 4 + length
        damaged(at <= len(raw) and (kind >= 64 or kind not in found), f"type {kind}: cut, or twice")
        damaged(kind not in LENGTHS or length in LENGTHS[kind], f"type {kind}: length")
        text = value.rstrip(b"\0")
        damaged(kind not in TEXTS or (length <= 31 and all(32 <= c < 127 for c in text)), f"type {kind}: text")
        found[kind] = value
    return found


def parse(data):
    """What is signed, the signature, and the opaque data"""
    damaged(len(data) >= 79 + 96, "cut short")
    damaged(data[:4] == b"\x11\xe0\x01\xff" and data[37:39] == b"\x11\x60", "another request or answer")
    count, behind = data[41], 45 + int.from_bytes(data[42:45], "little")
    damaged(1 <= count <= 128 and behind + 34 <= len(data), "number or length of the measurements")
    check_measurements(data[45:behind], count)
    end = behind + 34 + struct.unpack_from("<H", data, behind + 32)[0]
    damaged(end + 96 == len(data), "not as long as it says")
    return data[:end], data[end:], read_opaque(data[behind + 34:end])


def signs(cert):
    """digitalSignature, and no CA's"""
    usage = [e.value for e in certs.extensions(cert) or () if isinstance(e.value, x509.KeyUsage)]
    return bool(usage and usage[0].digital_signature and not usage[0].key_cert_sign) and not certs.is_ca(cert)


def chain(found, roots, now):
    leaves = [c for c in found if signs(c)]
    need(leaves, "no certificate of a GPU's key")
    path = leaves[:1]
    while not certs.same_name(path[-1].subject, path[-1].issuer):
        issuers = [c for c in found + roots if certs.same_name(c.subject, path[-1].issuer) and certs.is_ca(c)
                   and certs.signed_by(path[-1], c, ec.SECP384R1, hashes.SHA384)]
        need(issuers and len(path) < CHAIN_MAX, "nobody issued it, or too many did")
        path.append(issuers[0])
    need(certs.signed_by(path[-1], path[-1], ec.SECP384R1, hashes.SHA384), "a root that does not sign itself")
    need(any(certs.same_key(path[-1], r) for r in roots), "a root that nobody named", "chain-untrusted")
    for cert in path:
        certs.check_extensions(cert)
        certs.check_window(cert, now)
    return path[0]


def first_fwid(info):
    """Of a DiceTcbInfo: [6] with FWIDs, each of an algorithm and a digest"""
    for tag, at, end in certs.children(info, *certs.element(info)):
        if tag == 0xa6:
            _, begin, stop = next(certs.children(info, at, end))
            parts = list(certs.children(info, begin, stop))
            return info[parts[1][1]:parts[1][2]]
    return None


def fwid_of(cert):
    said = {e.oid.dotted_string: e.value.value for e in cert.extensions
            if isinstance(e.value, x509.UnrecognizedExtension)}
    if TCB_INFO in said:
        return first_fwid(said[TCB_INFO])
    return said[FWID][-48:] if FWID in said else None


def check(piece, want, world):
    signed, signature, opaque = parse(piece["data"])
    leaf = chain(certs.of_pem(piece["aux"]), world.roots, world.now)
    certs.check_signed(leaf.public_key(), signature, signed, hashes.SHA384(), "signature-invalid")
    need(20 not in opaque or fwid_of(leaf) == opaque[20], "a key of other firmware", "fwid-mismatch")
    need(signed[4:36] == hashlib.sha256(want).digest(), "over other claims", "report-data-mismatch")
