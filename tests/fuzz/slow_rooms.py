# SPDX-License-Identifier: MIT
"""What takes long by design outside of the verifier: a family for each target, for slow.py."""
import os

import slow_fetch

WARD_CONF = 64 << 10    # FILE_MAX of config_read.c
BROKER_CONF = 192 << 10  # CONFIG_MAX
PAIR = 0xffff           # of fuzz_split()


def le(n, width):
    return n.to_bytes(width, "little")


def until(cap, head, piece, tail=""):
    """As many pieces, by their number, as fit between head and tail."""
    out, n, left = [], 0, cap - len(head) - len(tail)
    while left >= len(piece(n)):
        out.append(piece(n))
        left -= len(out[-1])
        n += 1
    return head + ("" if isinstance(head, str) else b"").join(out) + tail


def ward_conf():
    yield "unknown", until(WARD_CONF, "[limits]\n", lambda n: "%x=\n" % n)
    yield "unknown-value", until(WARD_CONF, "[limits]\n", lambda n: "%x=1\n" % n)
    yield "users", until(WARD_CONF, "[limits]\n", lambda n: "user.%d=1M\n" % n)
    yield "rules", until(WARD_CONF, "[policy]\nothers=all\n", lambda n: "group.%d=all\n" % n)
    yield "again", until(WARD_CONF, "[limits]\n", lambda n: "global=1\n")
    yield "sections", until(WARD_CONF, "", lambda n: "[%x]\n" % n)
    yield "empty", "\n" * WARD_CONF
    yield "names", until(WARD_CONF, "[policy]\n", lambda n: "user.x%x=all\n" % n)
    yield "backends", "[wardd]\nbackend=" + "vtpm " * 13000
    yield "sources", "[fetch]\nsource=" + "kds " * 16000
    three = until(WARD_CONF, "[limits]\n", lambda n: "%x=\n" % n).encode()
    yield "three", b"\xff".join([three, three, three.replace(b"limits", b"policy")])


def broker_conf():
    head = ('{"ward-broker":1,"listen":"127.0.0.1:0","tls":{"certificate":"c","key":"k"},'
            '"policy":"p","release_log":"r","resources":{')
    one = '"%s":{"dataset":"000102030405060708090a0b0c0d0e0f","key":"k"}'
    yield "resources", head + ",".join(one % ("a/b/%d" % n) for n in range(1024)) + "}}"
    yield "longest", until(BROKER_CONF, head + one % "a/b/c", lambda n: "," + one % ("a/b/%0150d" % n), "}}")
    yield "unknown", until(BROKER_CONF, "{", lambda n: '"%x":0,' % n, '"x":0}')
    yield "inner", until(BROKER_CONF, head + '"a/b/c":{', lambda n: '"%x":0,' % n, '"x":0}}}')
    yield "deep", "[" * 2040 + "]" * 2040
    yield "blanks", " " * (BROKER_CONF - 2) + "{}"
    yield "digits", '{"ward-broker":' + "9" * (BROKER_CONF - 20) + "}"
    yield "fraction", '{"ward-broker":0.' + "1" * (BROKER_CONF - 20) + "}"
    yield "roots", until(BROKER_CONF, '{"roots":[', lambda n: '"x",', '"x"]}')


def firmware():
    """A table full of entries, each of which leads to 64 sections."""
    metadata = bytes.fromhex("666588dc4a989847a75e5585a7bf67cc")
    table = bytes.fromhex("de82b596b21ff745baeaa366c55a082d")
    sections = b"ASEV" + le(16 + 64 * 12, 4) + le(1, 4) + le(64, 4) + \
        (le(0x800000, 4) + le(0x1000, 4) + le(1, 4)) * 64
    entries = 0xffff // 22 - 1
    behind = 32 + 18 + 22 * entries
    one = le(behind + len(sections), 4) + le(22, 2) + metadata
    image = sections + one * entries + le(18 + 22 * entries, 2) + table + bytes(32)
    yield "entries", bytes(-len(image) % 4096) + image


def tcg(pcr, kind, data):
    return le(pcr, 4) + le(kind, 4) + le(1, 4) + le(11, 2) + bytes(32) + le(len(data), 4) + data


def boots(seed_image):
    body = b"Spec ID Event03\0" + bytes(8) + le(1, 4) + le(11, 2) + le(32, 2) + b"\0"
    head = le(0, 4) + le(3, 4) + bytes(20) + le(len(body), 4) + body
    for name, one in (
            ("sections", lambda n: tcg(11, 13, (".%06x" % n).encode())),
            ("texts", lambda n: tcg(11, 13, b"." + b"x" * 159)),
            ("images", lambda n: tcg(4, 0x80000003, bytes(16))),
            ("no-data", lambda n: tcg(4, 4, b""))):
        log = until(PAIR, head, one, b"")
        yield name, len(log).to_bytes(2, "big") + log + seed_image


def programs():
    """As many sections as there may be, in the worst order, with nothing in them."""
    image = bytearray(0x400 + 96 * 40 + 512 * 96)
    image[:2] = b"MZ"
    image[0x3c:0x40] = le(0x80, 4)
    image[0x80:0x84] = b"PE\0\0"
    image[0x86:0x88] = le(96, 2)
    image[0x94:0x96] = le(240, 2)
    image[0x98:0x9a] = le(0x20b, 2)
    image[0x98 + 60:0x98 + 64] = le(0x98 + 240 + 96 * 40, 4)
    for n in range(96):
        at = 0x98 + 240 + 40 * n
        image[at:at + 8] = (".%06x" % n).encode() + b"\0"
        image[at + 16:at + 24] = le(512, 4) + le(len(image) - 512 * (n + 1), 4)
    yield "sections", bytes(image)


def families(seeds, made_crl):
    read = lambda *name: open(os.path.join(seeds, *name), "rb").read()
    return (("wardconf", ward_conf()), ("brokerconf", broker_conf()),
            ("ovmf", firmware()),
            ("boot", boots(read("pe", "uki"))), ("pe", programs()), ("fetch", slow_fetch.family(read, made_crl)))
