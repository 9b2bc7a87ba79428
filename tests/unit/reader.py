#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second reader of evidence bundles, written from doc/formats.md alone.

reader.py BUNDLE SHOWN ARK: reads the bundle with its own CBOR reader,
recomputes leaf, path, report data and event chain, verifies the SNP report's
signature and its certificates up to the root ARK, and compares everything with
what `wardctl -o json display` showed (SHOWN; - = don't). Status 0 when all
holds; else one line on stderr.
"""
import hashlib
import json
import struct
import sys

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils


# doc/formats.md section 3
TYPES = dict(enumerate((
    "session-open", "session-seal", "session-end", "buf-alloc", "buf-pin", "buf-wipe",
    "buf-unpin", "measure", "attest-ok", "attest-fail", "level", "provider", "link",
    "module", "lease", "revoke", "power", "limit", "breaker"), start=1))


class Refused(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Refused(text)


class Cbor:
    """Deterministic CBOR, as much of it as bundles have."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        need(self.at + n <= len(self.data), f"cut short at {self.at}")
        piece = self.data[self.at:self.at + n]
        self.at += n
        return piece

    def head(self):
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low
        need(low <= 27, f"indefinite or reserved length at {self.at}")
        size = 1 << (low - 24)
        value = int.from_bytes(self.take(size), "big")
        least = 24 if size == 1 else 1 << (4 * size)
        need(value >= least, f"not the shortest form at {self.at}")
        return major, value

    def item(self, depth=0):
        need(depth < 8, "nested too deeply")
        major, value = self.head()
        if major == 0:
            return value
        if major == 2:
            return self.take(value)
        if major == 3:
            return self.take(value).decode("utf-8")
        if major == 4:
            return [self.item(depth + 1) for _ in range(value)]
        need(major == 5, f"major type {major} at {self.at}")
        return self.map(value, depth)

    def map(self, pairs, depth):
        out, last = {}, b""
        for _ in range(pairs):
            start = self.at
            key = self.item(depth + 1)
            encoded = self.data[start:self.at]
            need(isinstance(key, str), "a key that is not text")
            need((len(encoded), encoded) > (len(last), last), f"key {key} out of order")
            last = encoded
            out[key] = self.item(depth + 1)
        return out


def read_bundle(data):
    reader = Cbor(data)
    bundle = reader.item()
    need(reader.at == len(data), "bytes follow the end")
    need(list(bundle) == ["path", "claims", "events", "version", "evidence"], "wrong keys")
    need(bundle["version"] == 1, "version")
    need(len(bundle["claims"]) == 1024, "claims have another size")
    for piece in bundle["evidence"]:
        need(list(piece) == ["aux", "tee", "data", "manifest", "provider"], "wrong keys in evidence")
    return bundle


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root_of(leaf, index, leaves, path):
    """Bottom up, level by level: not the algorithm that the library uses."""
    need(index < leaves, "no such leaf")
    node, nodes = leaf, list(path)
    while leaves > 1:
        last_alone = leaves % 2 == 1 and index == leaves - 1
        if not last_alone:
            need(nodes, "the path is too short")
            sibling = nodes.pop(0)
            left, right = (node, sibling) if index % 2 == 0 else (sibling, node)
            node = sha512(b"\x01", left, right)
        index, leaves = index // 2, (leaves + 1) // 2
    need(not nodes, "the path is too long")
    return node


def report_data(bundle):
    index, leaves, path = bundle["path"]
    leaf = sha512(b"\x00", bundle["claims"])
    return sha512(b"WARD-CLAIMS-V1\x00", root_of(leaf, index, leaves, path))


def read_claims(raw):
    """Offsets of doc/formats.md section 1."""
    u32 = lambda at: struct.unpack_from("<I", raw, at)[0]
    u64 = lambda at: struct.unpack_from("<Q", raw, at)[0]
    purposes = {1: "release", 2: "channel", 3: "receipt", 4: "seal", 5: "report"}
    need(u32(0) == 1024 and u32(4) == 1, "claims of another size or version")
    need(u32(12) <= 64 and not any(raw[16 + u32(12):80]), "nonce")
    for at, n in ((228, 4), (308, 4), (708, 4), (892, 4), (916, 4), (936, 88)):
        need(not any(raw[at:at + n]), f"byte {at} ff. must be zero")
    out = {"purpose": purposes[u32(8)], "nonce": raw[16:16 + u32(12)].hex()}
    for name, at, n in (("binding", 80, 64), ("instance", 144, 16), ("session", 160, 16),
                        ("subject", 176, 16), ("exe_digest", 360, 64), ("declared", 424, 64),
                        ("session_key", 488, 32), ("session_head", 760, 32),
                        ("lease_anchor", 720, 32), ("global_head", 800, 32),
                        ("policy_hash", 840, 32), ("build_id", 896, 20)):
        out[name] = raw[at:at + n].hex()
    for name, at in (("keys_live", 520), ("keys_destroyed", 524), ("lockdown", 556)):
        out[name] = u32(at)
    for name, at in (("taint", 544), ("live_a", 584), ("peak_a", 592), ("live_shared", 600),
                     ("peak_shared", 608), ("live_volatile", 616), ("peak_volatile", 624),
                     ("live_b", 632), ("peak_b", 640), ("alloc_buffers", 648),
                     ("alloc_bytes", 656), ("wiped_buffers", 664), ("wiped_bytes", 672),
                     ("unpinned_buffers", 680), ("unpinned_bytes", 688), ("failed", 696),
                     ("lease_deadline_ns", 712), ("session_seq", 752), ("global_seq", 792),
                     ("events_dropped", 832), ("boot_ns", 872), ("real_ns", 880),
                     ("lease_term_ns", 920), ("lease_expires_ns", 928)):
        out[name] = u64(at)
    states = {1: "sealed", 2: "ended", 4: "revoked", 8: "expired"}
    need(u32(704) < 16, "unknown state bits")
    out["state"] = [name for bit, name in states.items() if u32(704) & bit]
    out["caller"] = {"pid": u32(192), "tgid": u32(196), "start_ns": u64(200), "uid": u32(208),
                     "gid": u32(212), "own_uid": u32(216), "own_gid": u32(220),
                     "userns_level": u32(224), "cgroup_id": u64(232),
                     "cgroup_hash": raw[240:272].hex()}
    return out


def chain_state(bundle, raw):
    events = bundle["events"]
    seq, head = struct.unpack_from("<Q", raw, 752)[0], raw[760:792]
    need(len(events) <= seq, "more records than the head has")
    if not events and seq:
        return "absent"
    if len(events) < seq:
        return "gap"
    h = sha256(b"WARD-CHAIN-V1\x00", raw[144:160], raw[176:192])
    for n, entry in enumerate(events):
        need(len(entry) in (32, 128), "an event of another length")
        if len(entry) == 128:
            need(struct.unpack_from("<Q", entry, 8)[0] == n + 1, "a record out of order")
            entry = sha256(b"\x00", entry)
        h = sha256(b"\x01", h, entry)
    need(h == head, "the records do not lead to the attested head")
    return "complete"


def certificates(table):
    out, at = {}, 0
    names = {"c0b406a4a803495297433fb6014cd0ae": "ark",
             "4ab7b379bbac4fe4a02f05aef327c782": "ask", "63da758de6644564adc5f4b93be8accd": "vek"}
    while any(table[at:at + 24]):
        offset, size = struct.unpack_from("<II", table, at + 16)
        der = table[offset:offset + size]
        out[names[table[at:at + 16].hex()]] = x509.load_der_x509_certificate(der)
        at += 24
    return out


def signed_by(cert, issuer):
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
    issuer.public_key().verify(cert.signature, cert.tbs_certificate_bytes, pss, hashes.SHA384())


def check_snp(piece, want, ark):
    report, certs = piece["data"], certificates(piece["aux"])
    need(len(report) == 1184, "a report of another size")
    need(report[0x50:0x90] == want, "the report signs other claims")
    signed_by(certs["vek"], certs["ask"])
    signed_by(certs["ask"], certs["ark"])
    signed_by(certs["ark"], certs["ark"])
    need(certs["ark"].public_key().public_numbers() == ark.public_key().public_numbers(), "root")
    r = int.from_bytes(report[0x2a0:0x2a0 + 72], "little")
    s = int.from_bytes(report[0x2e8:0x2e8 + 72], "little")
    certs["vek"].public_key().verify(utils.encode_dss_signature(r, s), report[:0x2a0],
                                     ec.ECDSA(hashes.SHA384()))
    return report[0x90:0xc0].hex()


def compare(shown, bundle, claims, data, chain, measurement):
    need(shown["report_data"] == data.hex(), "display shows other report data")
    need(shown["chain"] == chain, "display shows another state of the chain")
    need(shown["path"]["index"] == bundle["path"][0], "display shows another index")
    need(shown["path"]["leaves"] == bundle["path"][1], "display shows another tree")
    need(shown["path"]["nodes"] == [n.hex() for n in bundle["path"][2]], "nodes")
    for name, value in claims.items():
        need(shown["claims"][name] == value, f"display shows another {name}")
    need(len(shown["events"]) == len(bundle["events"]), "display shows other events")
    for entry, raw in zip(shown["events"], bundle["events"]):
        if len(raw) == 128:
            need(entry["seq"] == struct.unpack_from("<Q", raw, 8)[0], "seq")
            need(entry["type"] == TYPES.get(raw[4] | raw[5] << 8, "unknown"), "type")
            need(entry["bytes"] == struct.unpack_from("<Q", raw, 32)[0], "bytes")
    need(shown["evidence"][0]["report"]["measurement"] == measurement, "measurement")


def main(path, shown_path, ark_path):
    with open(path, "rb") as f:
        bundle = read_bundle(f.read())
    with open(ark_path, "rb") as f:
        ark = x509.load_pem_x509_certificate(f.read())
    data = report_data(bundle)
    claims = read_claims(bundle["claims"])
    chain = chain_state(bundle, bundle["claims"])
    measurement = check_snp(bundle["evidence"][0], data, ark)
    if shown_path != "-":
        with open(shown_path, encoding="utf-8") as f:
            compare(json.load(f), bundle, claims, data, chain, measurement)
    print(f"report data {data.hex()[:16]}..., {len(bundle['events'])} events ({chain}), "
          f"{len(claims)} fields of the claims")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: reader.py BUNDLE SHOWN|- ARK.pem")
    try:
        main(*sys.argv[1:])
    except (Refused, InvalidSignature, KeyError, UnicodeDecodeError, struct.error) as e:
        sys.exit(f"reader: {sys.argv[1]}: {type(e).__name__} {e}")
