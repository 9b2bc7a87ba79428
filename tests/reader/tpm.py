# SPDX-License-Identifier: MIT
"""doc/formats.md section 11: quotes of a TPM, of keys of elliptic curves and of RSA."""
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from . import certs, eventlog
from .cbor import is_bytes, whole
from .refused import Refused, need

DATA = ["ak", "pcrs", "quote", "shared", "version", "signature"]
AUX = ["ak_cert", "ek_cert", "ima_log", "event_log", "ima_log_size", "event_log_size"]
ALGS = {0xb: ("sha256", hashes.SHA256), 0xc: ("sha384", hashes.SHA384), 0xd: ("sha512", hashes.SHA512)}
CURVES = {3: (ec.SECP256R1, 32), 4: (ec.SECP384R1, 48), 5: (ec.SECP521R1, 66)}
# TPMA_OBJECT: fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign; and decrypt
WANTED, UNWANTED = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 16 | 1 << 18, 1 << 17


class Fields:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(self.at + n <= len(self.data), "cut short")
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def sized(self):
        return self.take(self.number(2))

    def end(self):
        need(self.at == len(self.data), "bytes follow")


def scheme(f, wanted):
    """A signing key's: no symmetric algorithm, a scheme that signs, its hash"""
    need(f.number(2) == 0x10, "a symmetric algorithm", "ak-unfit")
    kind, alg = f.number(2), f.number(2)
    need(kind in wanted and alg in ALGS, "scheme", "ak-unfit")
    return kind, alg


def public(raw):
    f = Fields(raw)
    kind = f.number(2)
    need(f.number(2) in ALGS, "a name's hash")
    attributes = f.number(4)
    need(attributes & WANTED == WANTED and not attributes & UNWANTED, "attributes", "ak-unfit")
    f.sized()
    if kind == 0x23:
        signs = scheme(f, (0x18,))
        curve, size = CURVES.get(f.number(2), (None, 0))
        need(curve and f.number(2) == 0x10, "curve or KDF", "ak-unfit")
        point = f.sized().rjust(size, b"\0") + f.sized().rjust(size, b"\0")
        f.end()
        return signs, ec.EllipticCurvePublicKey.from_encoded_point(curve(), b"\4" + point)
    need(kind == 1, "kind of key", "ak-unfit")
    signs = scheme(f, (0x14, 0x16))
    bits, exponent, modulus = f.number(2), f.number(4), f.sized()
    f.end()
    need(2048 <= bits <= 4096 and exponent in (0, 65537) and len(modulus) * 8 == bits, "RSA", "ak-unfit")
    return signs, rsa.RSAPublicNumbers(65537, int.from_bytes(modulus, "big")).public_key()


def check_signature(signs, key, raw, message, maybe_bare=False):
    if maybe_bare and signs[0] == 0x14 and len(raw) == (key.key_size + 7) // 8:
        raw = b"".join(n.to_bytes(2, "big") for n in (*signs, len(raw))) + raw
    f = Fields(raw)
    need((f.number(2), f.number(2)) == signs, "another scheme than the key's")
    hash_ = ALGS[signs[1]][1]()
    if signs[0] == 0x18:
        size = (key.curve.key_size + 7) // 8
        r, s = f.sized(), f.sized()
        f.end()
        need(len(r) <= size and len(s) <= size, "r or s")
        return certs.check_signed(key, r.rjust(size, b"\0") + s.rjust(size, b"\0"), message, hash_,
                                  "signature-invalid")
    signature = f.sized()
    f.end()
    pad = padding.PKCS1v15() if signs[0] == 0x14 else padding.PSS(padding.MGF1(hash_), padding.PSS.AUTO)
    try:
        return key.verify(signature, message, pad, hash_)
    except InvalidSignature as e:
        raise Refused("the signature does not hold", "signature-invalid") from e


def quoted(raw):
    """extraData, bank, number of registers and their digest"""
    f = Fields(raw)
    need((f.number(4), f.number(2)) == (0xff544347, 0x8018), "no quote", "quote-unfit")
    f.sized()
    extra = f.sized()
    f.take(17)                         # clock
    f.take(8)                          # firmware
    need(f.number(4) == 1, "several banks", "quote-unfit")
    bank = f.number(2)
    selected = f.take(f.number(1))
    digest = f.sized()
    f.end()
    need(any(selected), "no register", "quote-unfit")
    need(bank != 4, "SHA-1's bank", "pcr-bank-refused")
    need(bank in ALGS, "bank", "pcr-bank-refused")
    chosen = [n for n in range(8 * len(selected)) if selected[n // 8] >> n % 8 & 1]
    return extra, bank, chosen, digest


def read_aux(aux, td=False):
    a = whole(aux, ordered=True)
    keys = AUX[:3] + ["td_quote"] + AUX[3:] if td and isinstance(a, dict) and "td_quote" in a else AUX
    need(isinstance(a, dict) and list(a) == keys, "wrong keys in aux")
    need(all(is_bytes(a[k], 0, 16384) for k in AUX[:2]), "certificates")
    need(all(isinstance(a[k], bytes) for k in AUX[2:4]), "logs")
    need(all(type(a[k]) is int for k in AUX[4:]), "sizes")
    need("td_quote" not in a or is_bytes(a["td_quote"], 1, 32768), "td_quote")
    for log in ("ima_log", "event_log"):
        need(a[f"{log}_size"] >= len(a[log]), "a log longer than it is said to be")
    return a


def read_data(data, hcl=False):
    d = whole(data, ordered=True)
    need(isinstance(d, dict) and list(d) == DATA[:1] + ["hcl"] * hcl + DATA[1:], "wrong keys in data")
    need(all(is_bytes(d[k], 1, 2048) for k in ("ak", "quote", "signature")), "lengths")
    need(not hcl or is_bytes(d["hcl"], 1, 16384), "hcl")
    need(isinstance(d["pcrs"], list) and 1 <= len(d["pcrs"]) <= 24, "pcrs")
    need(all(is_bytes(p, 20, 64) for p in d["pcrs"]), "pcrs")
    need(d["shared"] in (0, 1) and d["version"] == 1, "shared or version")
    return d


def check_quote(d, aux, want):
    signs, key = public(d["ak"])
    check_signature(signs, key, d["signature"], d["quote"], "hcl" in d)
    extra, bank, chosen, digest = quoted(d["quote"])
    need(extra == hashlib.sha256(want).digest(), "over other claims", "report-data-mismatch")
    size = hashlib.new(ALGS[bank][0]).digest_size
    need(len(d["pcrs"]) == len(chosen) and all(len(p) == size for p in d["pcrs"]), "other registers",
         "pcr-digest-mismatch")
    need(hashlib.new(ALGS[signs[1]][0], b"".join(d["pcrs"])).digest() == digest, "other values",
         "pcr-digest-mismatch")
    if aux["event_log_size"] == len(aux["event_log"]):
        eventlog.check(aux["event_log"], bank, dict(zip(chosen, d["pcrs"])))


def check(piece, want, _):
    check_quote(read_data(piece["data"]), read_aux(piece["aux"]), want)
