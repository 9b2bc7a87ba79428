# SPDX-License-Identifier: MIT
"""Aimed mutations: what is changed is signed anew, by the keys that mkevidence leaves beside a bundle, so
that both readers read what stands behind the signature; or is a part that others would seldom hit.
Lengths stay, so that the bundle's do.
"""
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from . import bundle, certs, chain, cose, snp
from .cbor import encoded, whole
from .refused import Refused

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


def nodes_of(index, leaves):
    """How many nodes lead from a leaf to its tree's root"""
    count = 0
    while leaves > 1:
        count += leaves % 2 == 0 or index != leaves - 1
        index, leaves = index // 2, (leaves + 1) // 2
    return count


# Where claims have lengths, words that few values may have, and bytes that must be zero
ODD = ((0, 16), (16, 80), (144, 192), (228, 232), (308, 312), (352, 356), (528, 560), (704, 712), (752, 760),
       (832, 840), (892, 896), (916, 920), (936, 1024), (584, 704), (0, 1024))


class Account:
    """What the kernel's module accounts for: claims, path and records. The head, REPORTDATA and the report's
    signature are made anew, so that nothing but the part itself can be wrong
    """

    def __init__(self, top, _):
        self.vek = key_of(top / "release.key")

    @staticmethod
    def claims(r, b):
        raw = bytearray(b["claims"])
        at = twist(r, raw, *r.choice(ODD))
        b["claims"] = bytes(raw)
        return f"byte {at} of the claims"

    @staticmethod
    def path(r, b):
        leaves = r.choice((1, 2, 3, 7, 8, 63, 64, 65, r.randrange(1, 65)))
        index = r.randrange(leaves + (r.randrange(8) == 0))
        count = max(0, nodes_of(index, leaves) + r.choice((0, 0, 0, -1, 1)))
        b["path"] = [index, leaves, [r.randbytes(64) for _ in range(count)]]
        return f"leaf {index} of {leaves} with {count} nodes"

    @staticmethod
    def record(r, b):
        n = r.randrange(len(b["events"]))
        event = bytearray(b["events"][n])
        at = twist(r, event, *r.choice(((0, 16), (0, len(event)), (len(event) - 8, len(event)))))
        b["events"][n] = bytes(event)
        head = chain.start(b["claims"])
        for entry in b["events"]:
            head = chain.link(head, entry)
        b["claims"] = b["claims"][:760] + head + b["claims"][792:]
        return f"byte {at} of record {n}"

    def sign(self, b):
        report = bytearray(b["evidence"][0]["data"])
        try:
            report[0x50:0x90] = bundle.report_data(b)
        except Refused:		# there is no such place in a tree
            pass
        report[0x2a0:0x330] = rs(self.vek, report[:0x2a0], hashes.SHA384(), 72, "little")
        b["evidence"][0]["data"] = bytes(report)

    def mutate(self, r, data):
        b = bundle.read(data)
        what = r.choice([self.claims, self.path] + [self.record] * bool(b["events"]))(r, b)
        self.sign(b)
        return encoded(b), what + ", signed anew"
