#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads the bundles that t_wardd_tpm.sh handed out, and verifies their quotes.

Written from doc/formats.md and TPM 2.0 part 2 alone; openssl(1) checks the
signatures. Prints a TAP line for each check.
"""
import base64
import hashlib
import json
import os
import re
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "cli"))
import json_members

series, ktap, out = sys.argv[1:4]
files, failed = {}, False
for line in open(ktap, errors="replace"):
    found = re.match(r"# file (\S+) (\S*)$", line)
    if found:
        files[found.group(1)] = base64.b64decode(found.group(2))


def check(text, good):
    global failed
    failed = failed or not good
    print(f"{'ok' if good else 'not ok'} {series}: {text}")


def items(data):
    """All items of deterministic CBOR, RFC 8949 section 4.2.1; keys in their order."""
    at = 0

    def take(n):
        nonlocal at
        assert at + n <= len(data), "cut short"
        at += n
        return data[at - n:at]

    def head():
        first = take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24:
            return major, low
        size = {24: 1, 25: 2, 26: 4, 27: 8}[low]
        value = int.from_bytes(take(size), "big")
        assert value >= {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size], "not shortest"
        return major, value

    def item():
        major, value = head()
        if major == 0:
            return value
        if major == 2:
            return take(value)
        if major == 3:
            return take(value).decode("ascii")
        if major == 4:
            return [item() for _ in range(value)]
        assert major == 5, f"major type {major}"
        return [(item(), item()) for _ in range(value)]

    result = item()
    assert at == len(data), "bytes after the end"
    return result


def record(pairs, keys):
    assert [key for key, _ in pairs] == keys.split(), f"keys {[key for key, _ in pairs]}"
    return dict(pairs)


class Tpm:
    """Big-endian fields of a TPM structure, one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data), "cut short"
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def sized(self):
        return self.take(self.number(2))

    def end(self):
        assert self.at == len(self.data), "bytes after the end"


# Algorithm numbers: TPM 2.0 part 2, section 6.3
RSA, SHA256, NULL, RSASSA, ECDSA, ECC = 1, 0x0b, 0x10, 0x14, 0x18, 0x23
FIXED_TPM, RESTRICTED, SIGN = 1 << 1, 1 << 16, 1 << 18


def der(tag, *parts):
    body = b"".join(parts)
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([0x80 | len(length)]) + length if len(body) > 127 else length) + body


def integer(raw):
    raw = raw.lstrip(b"\0") or b"\0"
    return der(2, (b"\0" if raw[0] & 0x80 else b"") + raw)


def public_key(raw):
    """SubjectPublicKeyInfo of a TPMT_PUBLIC, and its kind."""
    t = Tpm(raw)
    kind = t.number(2)
    assert t.number(2) == SHA256
    attributes = t.number(4)
    assert attributes & FIXED_TPM and attributes & RESTRICTED and attributes & SIGN
    t.sized()
    assert t.number(2) == NULL
    assert t.number(2) == (RSASSA if kind == RSA else ECDSA) and t.number(2) == SHA256
    if kind == RSA:
        assert t.number(2) == 2048
        e, n = t.number(4) or 65537, t.sized()
        t.end()
        key = der(0x30, integer(n), integer(e.to_bytes(4, "big")))
        oid = bytes.fromhex("06092a864886f70d0101010500")
        return RSA, der(0x30, der(0x30, oid), der(3, b"\0", key))
    assert kind == ECC and t.number(2) == 3 and t.number(2) == NULL
    x, y = t.sized(), t.sized()
    t.end()
    oids = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")
    return ECC, der(0x30, der(0x30, oids), der(3, b"\0\4" + x.rjust(32, b"\0") + y.rjust(32, b"\0")))


def signature(raw, kind):
    t = Tpm(raw)
    assert t.number(2) == (RSASSA if kind == RSA else ECDSA) and t.number(2) == SHA256
    made = t.sized() if kind == RSA else der(0x30, integer(t.sized()), integer(t.sized()))
    t.end()
    return made


def openssl_verifies(spki, made, message):
    names = {"spki": spki, "signature": made, "message": message}
    for name, data in names.items():
        with open(os.path.join(out, name), "wb") as f:
            f.write(data)
    path = lambda name: os.path.join(out, name)
    return subprocess.run(
        ["openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", path("spki"), "-signature",
         path("signature"), path("message")], capture_output=True).returncode == 0


def report_data(bundle):
    """Of a tree of one leaf: nobody else asked."""
    index, leaves, path = bundle["path"]
    assert (index, leaves, path) == (0, 1, [])
    leaf = hashlib.sha512(b"\0" + bundle["claims"]).digest()
    return hashlib.sha512(b"WARD-CLAIMS-V1\0" + leaf).digest()


def bundle_of(name):
    bundle = record(items(files[name]), "path claims events version evidence")
    bundle["evidence"] = [record(p, "aux tee data manifest provider") for p in bundle["evidence"]]
    assert bundle["claims"][16:80] == files["request"]
    return bundle


def quote_of(piece):
    data = record(items(piece["data"]), "ak pcrs quote shared version signature")
    t = Tpm(data["quote"])
    assert t.number(4) == 0xff544347 and t.number(2) == 0x8018
    t.sized()
    data["extra"] = t.sized()
    t.take(8 + 4 + 4 + 1 + 8)
    assert t.number(4) == 1 and t.number(2) == SHA256 and t.number(1) == 3
    data["mask"] = int.from_bytes(t.take(3), "little")
    data["digest"] = t.sized()
    t.end()
    return data


def judge_quote(name, text, mask):
    """The quote in the last piece of a bundle."""
    bundle = bundle_of(name)
    piece = bundle["evidence"][-1]
    data = quote_of(piece)
    check(f"{text}: made by vtpm, of kind tpm", (piece["tee"], piece["provider"]) == ("tpm", "vtpm"))
    kind, spki = public_key(data["ak"])
    made = signature(data["signature"], kind)
    check(f"{text}: signed by its key", openssl_verifies(spki, made, data["quote"]))
    check(f"{text}: not over anything else", not openssl_verifies(spki, made, data["quote"] + b"\0"))
    check(f"{text}: over the claims",
          data["extra"] == hashlib.sha256(report_data(bundle)).digest())
    check(f"{text}: these registers", data["mask"] == mask)
    check(f"{text}: their values",
          len(data["pcrs"]) == bin(mask).count("1") and
          data["digest"] == hashlib.sha256(b"".join(data["pcrs"])).digest())
    check(f"{text}: the key is wardd's own", data["shared"] == 0)
    return bundle, piece, data, kind


def aux_of(piece):
    return record(items(piece["aux"]), "ak_cert ek_cert ima_log event_log ima_log_size event_log_size")


bundle, piece, alone, kind = judge_quote("alone", "alone", 0xffff)
check("alone: one piece, which the claims name", len(bundle["evidence"]) == 1 and
      struct.unpack_from("<I", bundle["claims"], 552)[0] == 5)
check("alone: an ECC key", kind == ECC)
kernel = [bytes.fromhex(x) for x in files["registers"].decode().split()]
check("alone: the registers are those that the kernel reads", kernel == alone["pcrs"])
check("alone: the firmware measured something", any(any(v) for v in alone["pcrs"][:8]))
aux = aux_of(piece)
check("alone: the firmware's log is there", aux["event_log"] == files["event_log"] and
      aux["event_log_size"] == len(files["event_log"]) and len(aux["event_log"]) > 0)

second = judge_quote("second", "again", 0xffff)[2]
check("again: by the same key", second["ak"] == alone["ak"])
rsa = judge_quote("rsa", "RSA", 0x40ff)
check("RSA: an RSA key", rsa[3] == RSA)

if "both" in files:
    bundle, piece, data, _ = judge_quote("both", "beside", 0xffff)
    first = bundle["evidence"][0]
    check("beside: two pieces, the launch first",
          [p["provider"] for p in bundle["evidence"]] == ["tsmsim", "vtpm"])
    check("beside: the launch is over the same report data",
          first["data"][0x50:0x90] == report_data(bundle))
    said = json.loads(files["report"])
    check("beside: report says so", [p["provider"] for p in said["beside"]] == ["vtpm"])
    check("beside: as doc/json.md has it", not json_members.differences("report", said))
    check("beside: wardd was started anew, and so was its key", data["ak"] != alone["ak"])
sys.exit(failed)
