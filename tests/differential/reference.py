# SPDX-License-Identifier: MIT
"""Signatures and chains of evidence, recomputed with python3-cryptography.

reference.py: cases on stdin (ward.c has their form), a line "ok" or "no TEXT" for each.
Written from the specifications that doc/formats.md names; nothing of ward's code is used. It
says whether evidence is authentic, not whether its fields make sense.
"""
import hashlib
import json
import struct
import sys
from datetime import datetime, timezone
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

SAME = 0xffffffff
ROOTS = set()   # SHA-256 of trusted keys (SubjectPublicKeyInfo)


class No(Exception):
    pass


def need(condition, text):
    if not condition:
        raise No(text)


def spki(cert):
    return hashlib.sha256(cert.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()


@lru_cache(maxsize=512)
def load(der):
    return x509.load_der_x509_certificate(der)


def link(cert, issuer, now):
    """@cert is @issuer's, and valid then."""
    need(cert.issuer == issuer.subject, "another issuer")
    need(cert.not_valid_before_utc <= now <= cert.not_valid_after_utc, "out of its time")
    key = issuer.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
        need(isinstance(cert.signature_algorithm_parameters, padding.PSS), "not RSASSA-PSS")
        key.verify(cert.signature, cert.tbs_certificate_bytes, pss, hashes.SHA384())
    else:
        key.verify(cert.signature, cert.tbs_certificate_bytes, ec.ECDSA(cert.signature_hash_algorithm))


@lru_cache(maxsize=512)
def chain(ders, when):
    """From the first of @ders by issuer up to a trusted key; the first one's key"""
    now = datetime.fromtimestamp(when, timezone.utc)
    certs = [load(der) for der in ders]
    at, seen = certs[0], 0
    try:
        constraints = at.extensions.get_extension_for_class(x509.BasicConstraints).value
        need(not constraints.ca, "the leaf is a CA")
    except x509.ExtensionNotFound:
        pass
    while True:
        issuers = [c for c in certs if c.subject == at.issuer]
        need(issuers, "no issuer")
        link(at, issuers[0], now)
        if issuers[0] is at or issuers[0].public_key() == at.public_key():
            need(spki(at) in ROOTS, "another root")
            return certs[0].public_key()
        at, seen = issuers[0], seen + 1
        need(seen < 10, "a circle")


def raw_ecdsa(key, signature, message, hash_):
    n = len(signature) // 2
    key.verify(utils.encode_dss_signature(int.from_bytes(signature[:n], "big"),
                                          int.from_bytes(signature[n:], "big")), message, ec.ECDSA(hash_))


def snp(parts, now, at=0):
    report, ders = parts[0], tuple(parts[1:4])
    need(len(report) == 1184, "size")
    key = chain(ders, now)
    need(struct.unpack_from("<I", report, 0x34)[0] == 1, "algorithm")
    r = int.from_bytes(report[0x2a0:0x2e8], "little")
    s = int.from_bytes(report[0x2e8:0x330], "little")
    key.verify(utils.encode_dss_signature(r, s), report[:0x2a0], ec.ECDSA(hashes.SHA384()))


def point(raw):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\4" + raw)


def quote(parts, now):
    q = parts[0]
    version, _, tee = struct.unpack_from("<HHI", q)
    need((version, tee) in ((3, 0), (4, 0x81), (5, 0x81)), "version or TEE")
    at = 48
    if version == 5:
        kind, size = struct.unpack_from("<HI", q, 48)
        need((kind, size) in ((2, 584), (3, 648)), "body")
        at = 54
    else:
        size = 584 if version == 4 else 384
    end = at + size
    rest = struct.unpack_from("<I", q, end)[0]
    s = q[end + 4:end + 4 + rest]
    need(len(s) == rest and rest > 128, "cut short")
    signature, key, s = s[:64], s[64:128], s[128:]
    if version != 3:
        kind, size = struct.unpack_from("<HI", s)
        need(kind == 6 and size == len(s) - 6, "outer certification data")
        s = s[6:]
    report, report_sig, s = s[:384], s[384:448], s[448:]
    auth = s[2:2 + struct.unpack_from("<H", s)[0]]
    s = s[2 + len(auth):]
    kind, size = struct.unpack_from("<HI", s)
    need(kind == 5 and size == len(s) - 6, "certification data")
    text = s[6:].rstrip(b"\0")
    pck = chain(tuple(pem(text)), now)
    raw_ecdsa(pck, report_sig, report, hashes.SHA256())
    need(report[320:384] == hashlib.sha256(key + auth).digest() + bytes(32), "attestation key")
    raw_ecdsa(point(key), signature, q[:end], hashes.SHA256())
    return q[at:end]


@lru_cache(maxsize=512)
def pem(text):
    return [c.public_bytes(serialization.Encoding.DER) for c in x509.load_pem_x509_certificates(text)]


HASHES = {0xb: hashes.SHA256, 0xc: hashes.SHA384, 0xd: hashes.SHA512}


def tpm(parts, bare=False):
    ak, attest, signature, pcrs, size = parts
    need(struct.unpack_from(">H", ak)[0] == 1, "only RSA is read here")
    skip = 10 + struct.unpack_from(">H", ak, 8)[0]
    sym, scheme, alg, bits, exponent, n = struct.unpack_from(">HHHHIH", ak, skip)
    modulus = ak[skip + 14:]
    need(len(modulus) == n and bits == 8 * n and sym == 0x10 and scheme == 0x14, "key")
    key = rsa.RSAPublicNumbers(exponent or 65537, int.from_bytes(modulus, "big")).public_key()
    if not bare:
        need(struct.unpack_from(">HHH", signature) == (0x14, alg, len(signature) - 6), "signature")
        signature = signature[6:]
    key.verify(signature, attest, padding.PKCS1v15(), HASHES[alg]())
    magic, kind = struct.unpack_from(">IH", attest)
    need(magic == 0xff544347 and kind == 0x8018, "no quote")
    at = 6
    for _ in range(2):
        at += 2 + struct.unpack_from(">H", attest, at)[0]
    at += 25
    need(struct.unpack_from(">I", attest, at)[0] == 1, "banks")
    selected = attest[at + 7:at + 7 + attest[at + 6]]
    at += 7 + len(selected)
    digest = attest[at + 2:at + 2 + struct.unpack_from(">H", attest, at)[0]]
    count = bin(int.from_bytes(selected, "big")).count("1")
    need(len(pcrs) == count * size[0], "another number of registers")
    h = hashes.Hash(HASHES[alg]())
    h.update(pcrs)
    need(h.finalize() == digest and at + 2 + len(digest) == len(attest), "registers")


class Cbor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(self.at + n <= len(self.data), "cut short")
        self.at += n
        return self.data[self.at - n:self.at]

    def head(self):
        first = self.take(1)[0]
        low = first & 31
        if low == 31:
            return first >> 5, None
        need(low < 28, "reserved")
        return first >> 5, low if low < 24 else int.from_bytes(self.take(1 << (low - 24)), "big")

    def item(self, depth=0):
        need(depth < 16, "too deep")
        major, n = self.head()
        if n is None:
            need(major == 5, "indefinite")
            out = {}
            while self.data[self.at:self.at + 1] != b"\xff":
                key = self.item(depth + 1)
                need(not isinstance(key, (dict, list)) and key not in out, "key")
                out[key] = self.item(depth + 1)
            self.take(1)
            return out
        if major < 2:
            return n if major == 0 else -1 - n
        if major in (2, 3):
            return self.take(n) if major == 2 else self.take(n).decode()
        if major == 4:
            return [self.item(depth + 1) for _ in range(n)]
        if major == 5:
            out = {}
            for _ in range(n):
                key = self.item(depth + 1)
                need(not isinstance(key, (dict, list)) and key not in out, "key")
                out[key] = self.item(depth + 1)
            return out
        if major == 6:
            return ("tag", n, self.item(depth + 1))
        return {20: False, 21: True, 22: None}.get(n, ("simple", n))

    def whole(self):
        out = self.item()
        need(self.at == len(self.data), "bytes follow")
        return out


ALGS = {-7: (hashes.SHA256, 32), -35: (hashes.SHA384, 48), -36: (hashes.SHA512, 66)}


def sign1(message, key):
    """A COSE_Sign1's payload, when @key signed it; without @key, its payload"""
    protected, unprotected, payload, signature = message
    need(isinstance(unprotected, dict), "no map of headers")
    alg = Cbor(protected).whole().get(1)
    need(alg in ALGS, "algorithm")
    hash_, n = ALGS[alg]
    need(isinstance(payload, bytes) and len(signature) == 2 * n, "signature's size")
    need((key.curve.key_size + 7) // 8 == n, "another curve")

    def blob(b):
        size = len(b)
        head = (bytes([0x40 | size]) if size < 24 else b"\x58" + bytes([size]) if size < 256 else
                b"\x59" + size.to_bytes(2, "big") if size < 65536 else b"\x5a" + size.to_bytes(4, "big"))
        return head + b
    raw_ecdsa(key, signature, b"\x84\x6aSignature1" + blob(protected) + b"\x40" + blob(payload), hash_())
    return payload


def nitro(parts, now):
    message = Cbor(parts[0]).whole()
    need(isinstance(message, list) and len(message) == 4, "no COSE_Sign1")
    payload = Cbor(message[2]).whole()
    key = chain((payload["certificate"], *payload["cabundle"]), now)
    sign1(message, key)


def realm_key(raw):
    if raw[:1] != b"\4":
        key = Cbor(raw).whole()
        raw = b"\4" + key[-2] + key[-3]
    curve = {65: ec.SECP256R1, 97: ec.SECP384R1, 133: ec.SECP521R1}[len(raw)]
    return ec.EllipticCurvePublicKey.from_encoded_point(curve(), raw)


def cca(parts):
    tag = Cbor(parts[0]).whole()
    need(tag[0] == "tag" and tag[1] in (399, 907), "tag")
    both = [Cbor(tag[2][n]).whole() for n in (44234, 44241)]
    for token in both:
        need(token[0] == "tag" and token[1] == 18 and len(token[2]) == 4, "no COSE_Sign1")
    platform = Cbor(sign1(both[0][2], serialization.load_der_public_key(parts[1]))).whole()
    claims = Cbor(both[1][2][2]).whole()
    sign1(both[1][2], realm_key(claims[44237]))
    name = claims[44240].replace("-", "")
    need(name in ("sha256", "sha384", "sha512"), "hash")
    need(platform[10] == hashlib.new(name, claims[44237]).digest(), "binder")


def gpu(parts, now):
    report, ders = parts[0], pem(parts[1])
    issuers = {load(der).issuer for der in ders}
    leaves = [der for der in ders if load(der).subject not in issuers]
    need(len(leaves) == 1, "no leaf")
    raw_ecdsa(chain((leaves[0], *ders), now), report[-96:], report[:-96], hashes.SHA384())


def azure(parts, now):
    hcl, ak = parts[0], parts[1]
    size, _, kind, alg, length = struct.unpack_from("<IIIII", hcl, 1216)
    text = hcl[1236:1236 + length]
    need(hcl[:4] == b"HCLA" and len(text) == length and size == length + 20, "HCL")
    digest = {1: "sha256", 2: "sha384", 3: "sha512"}[alg]
    at = 32 + {2: 0x50, 4: 128}[kind]
    need(hcl[at:at + 64] == hashlib.new(digest, text).digest().ljust(64, b"\0"), "runtime data")
    keys = json.loads(text)["keys"]
    jwk = [k for k in keys if k["kid"] == "HCLAkPub"][0]
    import base64
    n = base64.urlsafe_b64decode(jwk["n"] + "==")
    need(ak.endswith(n), "another AK")
    tpm([ak, *parts[2:6]], bare=True)
    if kind == 2:
        snp([hcl[32:1216], *parts[6:9]], now)
    else:
        body = quote([parts[6]], now)
        need(body[520:584] == hcl[at:at + 64], "another TDREPORT")
        need(body[136:184] == hcl[32 + 512 + 16:32 + 512 + 64], "another TD")


def judge(kind, now, parts):
    if kind == "snp":
        snp(parts, now)
    elif kind in ("tdx", "sgx"):
        need((parts[0][:2] == b"\3\0") == (kind == "sgx"), "another kind")
        quote(parts, now)
    elif kind == "tpm":
        tpm(parts)
    elif kind == "nitro":
        nitro(parts, now)
    elif kind == "cca":
        cca(parts)
    elif kind == "nvidia-gpu":
        gpu(parts, now)
    else:
        need({"azure-snp": 2, "azure-tdx": 4}[kind] == struct.unpack_from("<I", parts[0], 1224)[0], "kind")
        azure(parts, now)


def read_case(first):
    head = sys.stdin.buffer.read(26)
    if len(head) < 26:
        return None
    now, count = struct.unpack("<qH", head[16:])
    parts = []
    for i in range(count):
        n = struct.unpack("<I", sys.stdin.buffer.read(4))[0]
        parts.append(first[i] if n == SAME else sys.stdin.buffer.read(n))
    return head[:16].rstrip(b"\0").decode(), now, parts


def main(roots):
    for path in roots:
        with open(path, "rb") as f:
            data = f.read()
        certs = (x509.load_pem_x509_certificates(data) if data.startswith(b"-----")
                 else [x509.load_der_x509_certificate(data)])
        ROOTS.update(spki(c) for c in certs if c.subject == c.issuer)
    first = None
    while (case := read_case(first)) is not None:
        first = first or case[2]
        if case[0].endswith(("-policy", "-crl")):
            print("none")
            continue
        try:
            judge(*case)
            print("ok")
        except (No, InvalidSignature, ValueError, KeyError, TypeError, IndexError, AttributeError,
                struct.error, OverflowError, RecursionError, x509.InvalidVersion,
                x509.DuplicateExtension) as e:
            print("no", type(e).__name__, str(e).replace("\n", " "))
        except Exception as e:  # UnsupportedAlgorithm and what cryptography may add
            print("no", type(e).__name__, str(e).replace("\n", " "))


if __name__ == "__main__":
    main(sys.argv[1:])
