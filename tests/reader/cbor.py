# SPDX-License-Identifier: MIT
"""CBOR in the forms that doc/formats.md has: bundles (section 4) and COSE messages."""
from .refused import need


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value


class Cbor:
    """Shortest forms, no key twice. @ordered: deterministic, text keys alone, neither tags nor
    negative numbers; @loose: maps of indefinite length, too."""

    def __init__(self, data, ordered=False, loose=False):
        self.data, self.at, self.ordered, self.loose = data, 0, ordered, loose

    def take(self, n):
        need(self.at + n <= len(self.data), f"cut short at {self.at}")
        self.at += n
        return bytes(self.data[self.at - n:self.at])

    def head(self):
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if low < 24 or low == 31:
            return major, None if low == 31 else low
        need(low < 28, "reserved length")
        value = int.from_bytes(self.take(1 << (low - 24)), "big")
        need(value >= (24 if low == 24 else 1 << (4 << (low - 24))), "not the shortest form")
        return major, value

    def key(self, found, last, depth):
        start = self.at
        key = self.item(depth)
        raw = bytes(self.data[start:self.at])
        need(isinstance(key, (int, str)) and key not in found, "a key twice, or of another type")
        if self.ordered:
            need(isinstance(key, str) and (len(raw), raw) > (len(last), last), f"key {key} out of order")
        return key, raw

    def pairs(self, count, depth):
        found, last = {}, b""
        need(self.ordered or count is None or count <= 48, "more than 48 pairs")
        while count is None or len(found) < count:
            if count is None and self.data[self.at:self.at + 1] == b"\xff":
                self.at += 1
                break
            key, last = self.key(found, last, depth)
            found[key] = self.item(depth)
            need(self.ordered or len(found) <= 48, "more than 48 pairs")
        return found

    def item(self, depth=0):
        need(depth <= 8, "more than 8 levels")
        major, value = self.head()
        need(value is not None or (major == 5 and self.loose), "indefinite length")
        need(not self.ordered or major in (0, 2, 3, 4, 5), f"major type {major}")
        if major < 2:
            return value if major == 0 else -1 - value
        if major < 4:
            piece = self.take(value)
            return piece if major == 2 else piece.decode(errors="surrogateescape")
        if major == 4:
            need(value <= len(self.data), "cut short")
            return [self.item(depth + 1) for _ in range(value)]
        if major == 5:
            return self.pairs(value, depth + 1)
        if major == 6:
            return Tag(value, self.item(depth + 1))
        need(value == 22, "a simple value that is not null")
        return None


def whole(data, ordered=False, loose=False):
    reader = Cbor(data, ordered, loose)
    value = reader.item()
    need(reader.at == len(data), "bytes after the end")
    return value


def encoded(value):
    """The other way round, maps in the order that they have; for tests that change a bundle"""
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        size = next(k for k in (0, 1, 2, 3) if n < 1 << (8 << k))
        return bytes([major << 5 | 24 + size]) + n.to_bytes(1 << size, "big")
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encoded, value))
    if isinstance(value, int):
        return head(0, value)
    raw = value if isinstance(value, bytes) else value.encode(errors="surrogateescape")
    return head(2 if isinstance(value, bytes) else 3, len(raw)) + raw


def is_bytes(value, least, most):
    return isinstance(value, bytes) and least <= len(value) <= most
