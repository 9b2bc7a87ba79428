#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays a TPM's event log (TCG PC Client PFP, crypto agile), to compare with.

  tcglog_read.py FILE           each event, then every register that it extends
  tcglog_read.py FILE KTAP      the same, and the registers that a guest printed as
                                "PCR bank number hex" are compared with the replay;
                                exit status 1 where one differs or none is there

Written from the TCG's text, shares nothing with ward's own reader.
"""
import hashlib
import struct
import sys

BANKS = {0x4: "sha1", 0xB: "sha256", 0xC: "sha384", 0xD: "sha512"}
NO_ACTION = 3


def header(log):
    pcr, kind = struct.unpack_from("<II", log, 0)
    size = struct.unpack_from("<I", log, 28)[0]
    body = log[32:32 + size]
    if pcr or kind != NO_ACTION or body[:16] != b"Spec ID Event03\0":
        raise SystemExit("not a crypto-agile event log")
    count = struct.unpack_from("<I", body, 24)[0]
    sizes = dict(struct.unpack_from("<HH", body, 28 + 4 * i) for i in range(count))
    return 32 + size, sizes


def events(log):
    at, sizes = header(log)
    while at < len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        at += 12
        digests = {}
        for _ in range(count):
            alg = struct.unpack_from("<H", log, at)[0]
            digests[alg] = log[at + 2:at + 2 + sizes[alg]]
            at += 2 + sizes[alg]
        size = struct.unpack_from("<I", log, at)[0]
        yield pcr, kind, digests, log[at + 4:at + 4 + size]
        at += 4 + size
    if at != len(log):
        raise SystemExit("the log ends inside an event")


def replay(log):
    values, locality = {}, 0
    for pcr, kind, digests, data in events(log):
        if kind == NO_ACTION:
            if data[:16] == b"StartupLocality\0":
                locality = data[16]
            continue
        for alg, digest in digests.items():
            name = BANKS.get(alg)
            if not name:
                continue
            start = bytes(len(digest) - 1) + bytes([locality if pcr == 0 else 0])
            old = values.get((name, pcr), start)
            values[name, pcr] = hashlib.new(name, old + digest).digest()
    return values


def compare(values, ktap):
    wrong = seen = 0
    for line in open(ktap, encoding="utf-8", errors="replace"):
        words = line.split()
        if len(words) != 4 or words[0] != "PCR":
            continue
        expected = values.get((words[1], int(words[2])))
        if expected is None:
            continue
        seen += 1
        if expected.hex() != words[3].lower():
            wrong += 1
            print(f"differs: {words[1]} {words[2]}: {words[3]}, the log says {expected.hex()}")
    print(f"{seen} registers of the guest compared")
    return 0 if seen and not wrong else 1


def main():
    with open(sys.argv[1], "rb") as f:
        log = f.read()
    for pcr, kind, digests, data in events(log):
        print(f"{pcr} {kind:08x} {digests.get(0xB, b'').hex()} {data[:48]!r}")
    values = replay(log)
    for (bank, pcr), value in sorted(values.items()):
        print(f"{bank} {pcr} {value.hex()}")
    return compare(values, sys.argv[2]) if len(sys.argv) > 2 else 0


if __name__ == "__main__":
    sys.exit(main())
