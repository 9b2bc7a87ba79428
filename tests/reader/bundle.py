# SPDX-License-Identifier: MIT
"""doc/formats.md sections 2 and 4: the bundle's form, its path, the report data."""
import hashlib

from .cbor import is_bytes, whole
from .refused import need

KEYS = ["path", "claims", "events", "version", "evidence"]
PIECE = ["aux", "tee", "data", "manifest", "provider"]


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def is_word(text):
    return isinstance(text, str) and 1 <= len(text) <= 31 and all(" " <= c <= "~" for c in text)


def check_piece(piece):
    need(isinstance(piece, dict) and list(piece) == PIECE, "wrong keys in evidence")
    need(is_word(piece["tee"]) and is_word(piece["provider"]), "tee or provider")
    need(is_bytes(piece["data"], 1, 32768), "data")
    need(is_bytes(piece["aux"], 0, 65536) and is_bytes(piece["manifest"], 0, 65536), "aux, manifest")


def read(data):
    need(len(data) <= 1 << 20, "more than 1 MiB")
    b = whole(data, ordered=True)
    need(isinstance(b, dict) and list(b) == KEYS, "wrong keys")
    need(type(b["version"]) is int and b["version"] == 1, "version")
    need(is_bytes(b["claims"], 1024, 1024), "claims have another size")
    need(isinstance(b["events"], list) and isinstance(b["evidence"], list), "no lists")
    need(all(isinstance(e, bytes) and len(e) in (32, 128) for e in b["events"]), "an event's length")
    need(1 <= len(b["evidence"]) <= 8, "pieces of evidence")
    for piece in b["evidence"]:
        check_piece(piece)
    path = b["path"]
    need(isinstance(path, list) and len(path) == 3 and isinstance(path[2], list), "path")
    need(all(type(n) is int for n in path[:2]) and 1 <= path[1] <= 64 and path[0] < path[1], "leaf")
    need(all(is_bytes(n, 64, 64) for n in path[2]), "nodes")
    return b


def root_of(leaf, index, leaves, path):
    """Bottom up, level by level: not the algorithm that RFC 9162 gives."""
    node, nodes = leaf, list(path)
    while leaves > 1:
        if leaves % 2 == 0 or index != leaves - 1:
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
