# SPDX-License-Identifier: MIT
"""python3 -m reader.audit EXPORT KEY.pem [HEAD]: doc/formats.md section 15, by itself. Status 0 and
the number of records when the chain holds; else one line on stderr."""
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .refused import need

MEMBERS = ["seq", "time", "event", "result", "peer", "client", "resource", "evidence_sha256",
           "policy_sha256", "session", "instance", "uid", "measurement", "release", "use", "line_sha256",
           "since", "total", "counts"]


def read(text, key, head=None):
    """The records of an export; raises what need() raises, or ValueError, InvalidSignature."""
    records, before = [], bytes(32)
    need(text.endswith("\n") or not text, "the last line has no end")
    for number, line in enumerate(text.splitlines(), start=1):
        entry = json.loads(line)
        need(set(entry) == {"record", "head", "signature"}, f"line {number}: other members")
        record = json.loads(entry["record"])
        need(record["seq"] == number, f"line {number}: record {record['seq']}")
        places = [MEMBERS.index(m) for m in record]
        need(places == sorted(places), f"line {number}: members in another order")
        before = hashlib.sha256(b"WARD-AUDIT-V1\0" + before +
                                hashlib.sha256(entry["record"].encode()).digest()).digest()
        need(before.hex() == entry["head"], f"line {number}: another head")
        key.verify(bytes.fromhex(entry["signature"]), before)
        records.append(record)
    need(head is None or before.hex() == head, "another end")
    return records


def main(export, pem, head=None):
    with open(export, encoding="utf-8", newline="\n") as f, open(pem, "rb") as k:
        print(len(read(f.read(), load_pem_public_key(k.read()), head)))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Exception, InvalidSignature) as e:
        sys.exit(f"reader: {type(e).__name__} {e}")
