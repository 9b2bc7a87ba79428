# SPDX-License-Identifier: MIT
"""doc/formats.md section 3: records and the chain that they make."""
import hashlib
import struct

from .refused import need

TYPES = dict(enumerate((
    "session-open", "session-seal", "session-end", "buf-alloc", "buf-pin", "buf-wipe",
    "buf-unpin", "measure", "attest-ok", "attest-fail", "level", "provider", "link",
    "module", "lease", "revoke", "power", "limit", "breaker", "policy", "key-pair",
    "key-import", "key-end"), start=1))
WIPE = 6


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def check_record(record, number):
    size, kind, _, seq = struct.unpack_from("<IHHQ", record)
    need(size == 128 and kind and seq and not any(record[120:]), "not a record")
    need(seq == number, f"record {seq} where {number} belongs", "chain-broken")


def start(claims):
    return sha256(b"WARD-CHAIN-V1\x00", claims[144:160], claims[176:192])


def link(head, entry):
    """The head after a record, or after the digest of one that is withheld"""
    return sha256(b"\x01", head, sha256(b"\x00", entry) if len(entry) == 128 else entry)


def state(bundle):
    """absent, gap or complete"""
    raw, events = bundle["claims"], bundle["events"]
    seq, head = struct.unpack_from("<Q", raw, 752)[0], raw[760:792]
    need(len(events) <= seq, "more records than the head has", "chain-broken")
    if not events and seq:
        return "absent"
    h = start(raw)
    for n, entry in enumerate(events):
        if len(entry) == 128:
            check_record(entry, seq - len(events) + n + 1)
        h = link(h, entry)
    if len(events) < seq:
        return "gap"
    need(h == head, "the records do not lead to the attested head", "chain-broken")
    return "complete"


def wiped(bundle):
    """What the records of wipes sum up to: buffers, bytes; None where records are withheld"""
    if any(len(e) != 128 for e in bundle["events"]):
        return None
    wipes = [e for e in bundle["events"] if struct.unpack_from("<H", e, 4)[0] == WIPE]
    return len(wipes), sum(struct.unpack_from("<Q", e, 32)[0] for e in wipes)
