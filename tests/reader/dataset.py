# SPDX-License-Identifier: MIT
"""Data sets, from doc/formats.md section 6 alone.

As a program: `dataset.py decrypt FILE KEY` writes the plaintext, `dataset.py recipients FILE`
a line for each recipient, `dataset.py vector` the C source of tests/unit/dataset_vector.h.
"""
import hashlib
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KINDS = 4


class Bad(Exception):
    """The file is not what the format says."""


def derive(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def key_id(kind, key):
    return hashlib.sha256(b"WARD-KEY-ID-V2\0" + bytes([kind]) + key).digest()[:16]


def need(condition, text):
    if not condition:
        raise Bad(text)


def fixed(data):
    """The header's fields, each looked at."""
    need(data[:8] == b"WARDDS2\0", "magic")
    names = ("header", "version", "id", "salt", "chunk", "slot", "length", "chunks", "rows",
             "metadata", "kind")
    h = dict(zip(names, struct.unpack_from("<II16s16sIIQQQII", data, 8)))
    need(h["version"] == 2, "version")
    need(h["header"] % 16 == 0 and 128 <= h["header"] <= 65536, "header's length")
    need(h["chunk"] in [1 << n for n in range(12, 25)], "chunk size")
    need(h["slot"] % 4096 == 0 and 4096 <= h["slot"] <= 65536, "tables' size")
    need(h["length"] <= 1 << 50, "length")
    need(h["chunks"] == -(-h["length"] // h["chunk"]), "chunks")
    need(h["kind"] < KINDS and (h["kind"] == 1) == (h["rows"] > 0), "kind")
    need(88 + h["metadata"] + 16 <= h["header"], "metadata")
    need(not any(data[88 + h["metadata"]:h["header"] - 16]), "padding")
    h["body"] = h["header"] + 2 * h["slot"]
    need(len(data) == h["body"] + h["length"] + 16 * h["chunks"], "size of the file")
    return h


def table(slot, owner):
    """(sequence, [(type, id, how, wrap)]) of one slot, or None where it is not whole."""
    magic, sequence, count, used = struct.unpack_from("<8sQII", slot)
    if magic != b"WARDTO2\0" or not 1 <= count <= 64 or not 24 <= used <= len(slot) - 32:
        return None
    if hashlib.sha256(owner + slot[:used]).digest() != slot[used:used + 32] or any(slot[used + 32:]):
        return None
    out, at = [], 24
    for _ in range(count):
        if at + 20 > used:
            return None
        kind, how, who = struct.unpack_from("<HH16s", slot, at)
        at += 20
        if not kind or how > 4096 or at + how + 48 > used:
            return None
        out.append((kind, who, slot[at:at + how], slot[at + how:at + how + 48]))
        at += how + 48
    return (sequence, out) if at == used else None


def recipients(data, h):
    slots = [data[h["header"] + n * h["slot"]:h["header"] + (n + 1) * h["slot"]] for n in (0, 1)]
    found = [t for t in (table(s, h["id"]) for s in slots) if t]
    need(found, "no table of recipients is whole")
    return max(found, key=lambda t: t[0])[1]


def content_key(data, h, key):
    salt = h["id"] + h["salt"]
    for kind, who, _, wrap in recipients(data, h):
        if kind == 1 and who == key_id(1, key):
            wrapper = AESGCM(derive(key, salt, b"WARD-WRAP-V2"))
            return wrapper.decrypt(bytes(12), wrap, h["id"])
    raise Bad("no recipient has this key")


def decrypt(data, key):
    h = fixed(data)
    try:
        cipher = AESGCM(derive(content_key(data, h, key), h["id"] + h["salt"], b"WARD-DATASET-V2"))
        sealed = h["header"] - 16
        cipher.decrypt(bytes(12), data[sealed:h["header"]], hashlib.sha256(data[:sealed]).digest())
        out = b""
        for n in range(h["chunks"]):
            at = h["body"] + n * (h["chunk"] + 16)
            end = min(at + h["chunk"] + 16, len(data))
            out += cipher.decrypt(struct.pack("<IQ", 1, n), data[at:end], None)
        return out
    except InvalidTag:
        raise Bad("a tag") from None


def make(plain, key, content, owner, salt, metadata, rows):
    """A data set of one recipient and one chunk size, its parts apart."""
    size = -(-(88 + len(metadata) + 16) // 16) * 16
    head = struct.pack("<8sII16s16sIIQQQII", b"WARDDS2\0", max(size, 128), 2, owner, salt, 4096,
                       4096, len(plain), -(-len(plain) // 4096), rows, len(metadata),
                       1 if rows else 0) + metadata
    head = head.ljust(max(size, 128) - 16, b"\0")
    cipher = AESGCM(derive(content, owner + salt, b"WARD-DATASET-V2"))
    head += cipher.encrypt(bytes(12), b"", hashlib.sha256(head).digest())
    wrapper = AESGCM(derive(key, owner + salt, b"WARD-WRAP-V2"))
    entry = struct.pack("<HH16s", 1, 0, key_id(1, key)) + wrapper.encrypt(bytes(12), content, owner)
    slot = struct.pack("<8sQII", b"WARDTO2\0", 1, 1, 24 + len(entry)) + entry
    slot += hashlib.sha256(owner + slot).digest()
    body = b"".join(cipher.encrypt(struct.pack("<IQ", 1, n), plain[n * 4096:(n + 1) * 4096], None)
                    for n in range(-(-len(plain) // 4096)))
    return head, slot, body


def counted(first, count=16):
    return bytes(range(first, first + count))


def vector():
    plain = b"a,b\n1,2.5\n-3,?\n"
    meta = b'{"columns":["a","b"],"missing":"?","delimiter":",","header":true}'
    parts = make(plain, counted(0, 32), counted(0x80, 32), counted(0x40), counted(0x60), meta, 2)
    whole = parts[0] + parts[1].ljust(4096, b"\0") * 2 + parts[2]
    assert decrypt(whole, counted(0, 32)) == plain
    for name, part in zip(("head", "table", "body"), parts):
        print(f"static const uint8_t vector_{name}[] = {{")
        for at in range(0, len(part), 12):
            print("\t" + ", ".join(f"0x{b:02x}" for b in part[at:at + 12]) + ",")
        print("};")


def main(argv):
    if argv[1:] == ["vector"]:
        vector()
        return 0
    with open(argv[2], "rb") as f:
        data = f.read()
    try:
        if argv[1] == "recipients":
            for kind, who, how, _ in recipients(data, fixed(data)):
                print(kind, who.hex(), how.hex())
            return 0
        with open(argv[3], "rb") as f:
            sys.stdout.buffer.write(decrypt(data, f.read()))
    except Bad as why:
        print(f"refused: {why}", file=sys.stderr)
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
