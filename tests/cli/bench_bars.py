#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a picture of `wardctl bench train --png` and holds its bars against its JSON.

  bench_bars.py PICTURE.png RESULT.json

Written from the PNG specification alone: signature, check sums, rows. A bar is a run of rows in
which the colours of the parts begin where the axis is; each part must be as long as the JSON
says, to the pixel that is rounded. Exit status 1 and a line for each that is not.
"""
import json
import struct
import sys
import zlib

LEFT = 110      # where bars begin
PARTS = {       # in the order of a bar
    "compute": (0x00, 0x72, 0xB2),
    "decrypt": (0x56, 0xB4, 0xE9),
    "system_calls": (0xE6, 0x9F, 0x00),
    "memory": (0xD5, 0x5E, 0x00),
    "attestation": (0x00, 0x9E, 0x73),
}
BAR = 20        # rows of one


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "no PNG"
    at = 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        (crc,) = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        assert crc == zlib.crc32(kind + body), f"{kind}: check sum"
        yield kind, body
        at += 12 + length
    assert at == len(data) and kind == b"IEND", "bytes behind the end"


def picture(path):
    """Rows of (r, g, b)."""
    with open(path, "rb") as f:
        parts = list(chunks(f.read()))
    assert parts[0][0] == b"IHDR"
    width, height, depth, colour, packed, filters, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    assert (depth, colour, packed, filters, interlace) == (8, 2, 0, 0, 0), "another kind of PNG"
    raw = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    assert len(raw) == height * (1 + 3 * width), "rows of another length"
    rows = []
    for y in range(height):
        row = raw[y * (1 + 3 * width):(y + 1) * (1 + 3 * width)]
        assert row[0] == 0, "a filter that is not read here"
        rows.append([tuple(row[i:i + 3]) for i in range(1, len(row), 3)])
    return rows


def runs(row):
    """{part: pixels} of the bar in a row, or {} where there is none."""
    names = {rgb: name for name, rgb in PARTS.items()}
    found, x = {}, LEFT
    while x < len(row) and row[x] in names:
        found[names[row[x]]] = found.get(names[row[x]], 0) + 1
        x += 1
    return found


def bars(rows):
    """Each bar once, from the top: what its rows have alike."""
    found, last, same = [], {}, 0
    for row in rows + [[(255, 255, 255)] * len(rows[0])]:
        now = runs(row)
        if now == last:
            same += 1
            continue
        if last and same == BAR:
            found.append(last)
        last, same = now, 1
    return found


def panel(memories, drawn, names):
    """One panel's bars against their parts; the scale is that of the longest bar."""
    wrong = []
    shares = [m["ms"]["total"] / sum(m["ms"][name] or 0 for name in PARTS) for m in memories]
    lengths = [[(m["ms"][name] or 0) * share for name in names] for m, share in zip(memories, shares)]
    longest = max(range(len(lengths)), key=lambda i: sum(lengths[i]))
    scale = sum(drawn[longest].values()) / sum(lengths[longest])
    if sum(drawn[longest].values()) < 300:
        wrong.append("the longest bar does not fill its panel")
    for memory, ms, bar in zip(memories, lengths, drawn):
        for name, part in zip(names, ms):
            if abs(bar.get(name, 0) - part * scale) > 2:
                wrong.append(f"{memory['memory']}: {name} is {bar.get(name, 0)} pixels,"
                             f" not {part * scale:.1f}")
        if set(bar) - set(names):
            wrong.append(f"{memory['memory']}: a part that does not belong here")
    return wrong


def main():
    rows = picture(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as f:
        memories = [m for m in json.load(f)["memories"] if m["measured"]]
    drawn = bars(rows)
    names = list(PARTS)
    if len(drawn) != 2 * len(memories):
        print(f"{len(drawn)} bars for {len(memories)} kinds of memory")
        return 1
    wrong = panel(memories, drawn[:len(memories)], names)
    wrong += panel(memories, drawn[len(memories):], names[2:])
    print("\n".join(wrong) or f"{len(drawn)} bars as the figures say")
    return bool(wrong)


sys.exit(main())
