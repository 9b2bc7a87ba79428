# SPDX-License-Identifier: MIT
"""doc/formats.md section 4: Nitro documents, CCA and PSA tokens, bare and in bundles.

Bare ones are read without a policy and a clock: a Nitro document at its own time.
"""
import base64
import datetime
import hashlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from . import certs
from .cbor import Tag, whole
from .refused import Refused, need

ALGS = {-7: (ec.SECP256R1, hashes.SHA256, 32), -35: (ec.SECP384R1, hashes.SHA384, 48),
        -36: (ec.SECP521R1, hashes.SHA512, 66)}
SHA2 = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


def to_be_signed(protected, payload):
    def text(b):
        n = len(b)
        head = bytes([0x40 | n]) if n < 24 else bytes([0x58, n]) if n < 256 else b"\x59" + n.to_bytes(2, "big")
        return head + b
    return b"\x84\x6aSignature1" + text(protected) + text(b"") + text(payload)


class Sign1:
    def __init__(self, message, loose=False):
        need(isinstance(message, list) and len(message) == 4, "no COSE_Sign1")
        self.protected, unprotected, self.payload, self.signature = message
        header = whole(self.protected)
        need(set(unprotected).isdisjoint({1, 2}) and 2 not in header, "headers in the wrong place")
        need(header.get(1) in ALGS, "an algorithm that is not known")
        self.curve, self.hash, self.half = ALGS[header[1]]
        self.claims = whole(self.payload, loose=loose)

    def check(self, key):
        need(isinstance(key.curve, self.curve), "a key on another curve")
        need(len(self.signature) == 2 * self.half, "a signature of another length")
        r, s = (int.from_bytes(self.signature[i:i + self.half], "big") for i in (0, self.half))
        try:
            key.verify(utils.encode_dss_signature(r, s), to_be_signed(self.protected, self.payload), ec.ECDSA(self.hash()))
        except (InvalidSignature, ValueError) as e:
            raise Refused("the signature does not hold") from e


def chain(leaf, bundle, root, at):
    """From the leaf by issuer to the root's key: ECDSA with SHA-2"""
    cert, depth = leaf, 0
    while True:
        certs.check_extensions(cert)
        certs.check_window(cert, at)
        need(certs.is_ca(cert) == (depth > 0), f"{cert.subject}: CA or not")
        if certs.same_key(cert, root):
            return
        issuers = [c for c in bundle + [root] if certs.same_name(c.subject, cert.issuer) and c != cert]
        need(issuers and depth < 8, f"nobody issued {cert.subject}")
        need(certs.signed_by(cert, issuers[0], ec.EllipticCurve, SHA2), f"{cert.subject} is not its issuer's")
        cert, depth = issuers[0], depth + 1


def nitro(data, trust, now=None):
    message = Sign1(whole(data), True)
    c = message.claims
    need(c["digest"] == "SHA384" and all(len(v) == 48 for v in c["pcrs"].values()), "not SHA384")
    leaf = certs.load(c["certificate"])
    at = now or datetime.datetime.fromtimestamp(c["timestamp"] // 1000, datetime.timezone.utc)
    chain(leaf, [certs.load(d) for d in c["cabundle"]],
          x509.load_pem_x509_certificate(trust), at)
    message.check(leaf.public_key())
    plain = {k: v.hex() if v else None for k, v in c.items() if k in ("user_data", "nonce", "public_key")}
    return plain | {"module_id": c["module_id"], "timestamp_ms": c["timestamp"],
                    "pcrs": {str(k): v.hex() for k, v in c["pcrs"].items()},
                    "debug": not any(any(c["pcrs"][n]) for n in range(3))}


def components(found):
    names = {1: "type", 2: "measurement", 4: "version", 5: "signer", 6: "hash"}
    return [{names[k]: v.hex() if isinstance(v, bytes) else v for k, v in one.items() if k in names}
            for one in found]


def software(c, old):
    """Old tokens may say that none was measured instead"""
    if old and c.get(-75007) == 1 and -75006 not in c:
        return []
    return components(c[-75006 if old else 2399])


def platform(c, old=False):
    key = (lambda n: {265: -75000, 256: -75009, 2395: -75002, 2396: -75003, 2399: -75006}[n]) if old else int
    need(len(c[key(2396)]) == 32 and len(c[key(256)]) == 33 and c[key(256)][0] == 1, "ids of another form")
    return {"profile": c[key(265)], "implementation_id": c[key(2396)].hex(), "instance_id": c[key(256)].hex(),
            "lifecycle_claim": f"0x{c[key(2395)]:04x}", "sw_components": software(c, old)}


def public(trust):
    return serialization.load_der_public_key(base64.b64decode(trust))


def point_of(claim, has_profile):
    if not has_profile:
        return claim
    k = whole(claim)
    need(k[1] == 2 and k[-1] in (1, 2, 3), "no COSE_Key of type EC2")
    return b"\x04" + k[-2] + k[-3]


def cca(data, trust):
    top = whole(data)
    need(isinstance(top, Tag) and top.number in (399, 907), "no CCA token")
    halves = [top.value[n] if top.number == 399 else top.value[n][1] for n in (44234, 44241)]
    tagged = [whole(h) for h in halves]
    need(all(isinstance(t, Tag) and t.number == 18 for t in tagged), "a half without its tag")
    first, second = (Sign1(t.value) for t in tagged)
    p, r = first.claims, second.claims
    first.check(public(trust))
    need(hashlib.new(r[44240].replace("-", ""), r[44237]).digest() == p[10], "halves of two tokens")
    curve = {97: ec.SECP384R1, 65: ec.SECP256R1, 133: ec.SECP521R1}
    point = point_of(r[44237], 265 in r)
    second.check(ec.EllipticCurvePublicKey.from_encoded_point(curve[len(point)](), point))
    need(len(r[10]) == 64 and len(r[44239]) == 4, "claims of another length")
    return {"platform": platform(p) | {"config": p[2401].hex()},
            "realm": {"challenge": r[10].hex(), "personalization": r[44235].hex(), "rim": r[44238].hex(),
                      "rem": [m.hex() for m in r[44239]], "hash": r[44236], "key_hash": r[44240]}}


# Secured, and the two of debugging
LIFECYCLES = (0x30, 0x40, 0x50)
PSA_PROFILES = ("tag:psacertified.org,2023:psa#tfm", "PSA_IOT_PROFILE_1")


def psa(data, trust):
    top = whole(data)
    need(isinstance(top, Tag) and top.number == 18, "no tagged COSE_Sign1")
    message = Sign1(top.value)
    c = message.claims
    message.check(public(trust))
    old = c.get(-75000) == PSA_PROFILES[1]
    need(old or isinstance(c[265], str), "no profile")
    need(old or c[265] == PSA_PROFILES[0], "another profile", "evidence-unsupported")
    return platform(c, old) | {"nonce": c[-75008 if old else 10].hex(), "client_id": c[-75001 if old else 2394]}


KINDS = {"nitro": nitro, "cca": cca, "psa": psa}
FAULTS = (Refused, KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def check_nitro(piece, want, world):
    root = [r for r in world.roots if "nitro" in r.subject.rfc4514_string()]
    need(root, "no root")
    said = nitro(piece["data"], root[0].public_bytes(serialization.Encoding.PEM), world.now)
    need(said["user_data"] == want.hex(), "over other claims", "report-data-mismatch")
    return bytes.fromhex(said["pcrs"]["0"])


def check_cca(piece, want, world):
    said = cca(piece["data"], world.arm_key)
    need(said["realm"]["challenge"] == want.hex(), "over other claims", "report-data-mismatch")
    return bytes.fromhex(said["realm"]["rim"])


def check_psa(piece, want, world):
    said = psa(piece["data"], world.psa_key)
    need(int(said["lifecycle_claim"], 16) >> 8 in LIFECYCLES, "a state that no policy here accepts")
    nonce = bytes.fromhex(said["nonce"])
    need(nonce == (hashlib.sha256(want).digest() if len(nonce) == 32 else want), "over other claims",
         "report-data-mismatch")
