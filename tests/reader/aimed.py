# SPDX-License-Identifier: MIT
"""Aimed mutations: what is changed is signed anew, by the keys that mkevidence leaves beside a bundle, so
that both readers read what stands behind the signature; or is a part that others would seldom hit.
Lengths stay, so that the bundle's do.
"""
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from . import bundle, certs, cose, snp
from .cbor import whole

AMD_OID = bytes.fromhex("2b060104019c7801")


def key_of(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


def twist(r, data, at, end):
    """A byte of [@at, @end), or a bit of it"""
    n = r.randrange(at, end)
    data[n] ^= 1 << r.randrange(8) if r.randrange(2) else r.randrange(1, 256)
    return n


def rs(key, message, hash_, size, order):
    pair = utils.decode_dss_signature(key.sign(bytes(message), ec.ECDSA(hash_)))
    return b"".join(n.to_bytes(size, order) for n in pair)


class Launch:
    """A report of SNP's, or its certificate"""

    def __init__(self, top, name):
        self.vek, self.ask = key_of(top / f"{name}.key"), key_of(top / "ask.key")

    def report(self, r, report):
        report = bytearray(report)
        at = twist(r, report, *r.choice(((0, 0x50), (0x90, 0x2a0), (0x180, 0x1e0))))
        report[0x2a0:0x330] = rs(self.vek, report[:0x2a0], hashes.SHA384(), 72, "little")
        return bytes(report), f"byte {at:#x} of a report, signed anew"

    def certificate(self, r, der):
        der = bytearray(der)
        _, end = certs.element(der, certs.element(der)[0])
        at = twist(r, der, der.index(AMD_OID), end)
        signed = self.ask.sign(bytes(der[certs.element(der)[0]:end]), certs.PSS, hashes.SHA384())
        return bytes(der[:-512] + signed), f"byte {at} of a VCEK, signed anew"

    def mutate(self, r, data):
        piece = bundle.read(data)["evidence"][0]
        found = snp.table(piece["aux"])
        old = r.choice((piece["data"], found.get("vcek") or found["vlek"]))
        new, what = self.report(r, old) if old == piece["data"] else self.certificate(r, old)
        return data.replace(old, new), what


class EventLog:
    """A TPM's log, which nothing signs"""

    def __init__(self, *_):
        pass

    def mutate(self, r, data):
        old = whole(bundle.read(data)["evidence"][0]["aux"], ordered=True)["event_log"]
        new = bytearray(old)
        at = twist(r, new, 0, len(new))
        return data.replace(old, bytes(new)), f"byte {at} of the event log"


class Gpu:
    """A GPU's report"""

    def __init__(self, top, name):
        self.key = key_of(top / f"{name}.key")

    def mutate(self, r, data):
        old = bundle.read(data)["evidence"][1]["data"]
        new = bytearray(old)
        behind = 45 + int.from_bytes(old[42:45], "little")
        at = twist(r, new, *r.choice(((0, 4), (37, 60), (behind + 32, len(old) - 96))))
        new[-96:] = rs(self.key, new[:-96], hashes.SHA384(), 48, "big")
        return data.replace(old, bytes(new)), f"byte {at} of a GPU's report, signed anew"


class Psa:
    """A PSA token, signed by a key on P-256: headers and claims"""

    def __init__(self, top, name):
        self.key = key_of(top / f"{name}.key")

    def mutate(self, r, data):
        old = bundle.read(data)["evidence"][1]["data"]
        protected, _, payload, _ = whole(old).value
        new = bytearray(payload)
        at = twist(r, new, 0, len(new))
        signed = cose.to_be_signed(protected, bytes(new))
        signature = rs(self.key, signed, hashes.SHA256(), 32, "big")
        made = old[:-64].replace(payload, bytes(new)) + signature
        return data.replace(old, made), f"byte {at} of a token, signed anew"


class Azure:
    """A paravisor's report: runtime data and all else, over which the SNP report is signed"""

    def __init__(self, top, _):
        self.vek = key_of(top / "release.key")

    def mutate(self, r, data):
        old = whole(bundle.read(data)["evidence"][0]["data"], ordered=True)["hcl"]
        new = bytearray(old)
        size = int.from_bytes(old[8:12], "little")
        at = twist(r, new, *r.choice(((0, 32), (1216, 1240), (1236, size), (size - 200, size))))
        new[32 + 0x50:32 + 0x70] = hashlib.sha256(new[1236:size]).digest()
        report = new[32:1216]
        new[32 + 0x2a0:32 + 0x330] = rs(self.vek, report[:0x2a0], hashes.SHA384(), 72, "little")
        return data.replace(old, bytes(new)), f"byte {at} of a paravisor's report, signed anew"


class TdReport:
    """A TDREPORT, which nothing signs, its digests made anew"""

    def __init__(self, *_):
        pass

    def mutate(self, r, data):
        old = whole(bundle.read(data)["evidence"][0]["data"], ordered=True)["hcl"]
        new = bytearray(old)
        at = twist(r, new, 32, r.choice((64, 300, 1216)))
        if r.randrange(2):
            new[64:112] = hashlib.sha384(new[32 + 256:32 + 495]).digest()
            new[112:160] = hashlib.sha384(new[32 + 512:32 + 1024]).digest()
        return data.replace(old, bytes(new)), f"byte {at - 32} of a TDREPORT"
