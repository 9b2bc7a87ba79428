# SPDX-License-Identifier: MIT
"""Policies near the truth, in ward's words and in the peers', and evidence to judge by them.

Each option is left out as often as not; where it is given, it mostly holds, and else misses by
little. Where the two can't say the same, what is drawn is what both can.
"""
import json
import struct

ABSENT = 0.6
NAMES = {  # of ward's members: offset and length in a report
    "family_id": (0x10, 16), "image_id": (0x20, 16), "measurement": (0x90, 48), "host_data": (0xc0, 32),
    "report_id": (0x140, 32), "report_id_ma": (0x160, 32), "chip_id": (0x1a0, 64)}
TOP = ("measurement", "host_data")
LEVELS = (("bootloader", 0), ("tee", 1), ("snp", 6), ("microcode", 7))
TD_NAMES = {"mrseam": 16, "mrtd": 136, "mrconfigid": 184, "mrowner": 232, "mrownerconfig": 280,
            "rtmr0": 328, "rtmr1": 376, "rtmr2": 424, "rtmr3": 472}


def given(r):
    return r.random() > ABSENT


def near(r, value, top):
    """A least number: below or at the truth, or a little above"""
    return min(max(value + r.choice((0, 0, 0, -1, -1, -5, 1, 2)), 0), top)


def other(r, data):
    data = bytearray(data)
    data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return bytes(data)


def among(r, truth):
    """Values that are accepted: the truth, mostly, alone or with another"""
    out = [truth] if r.random() < 0.9 else []
    if not out or r.random() < 0.3:
        out.append(r.choice((other(r, truth), bytes(len(truth)), r.randbytes(len(truth)))))
    r.shuffle(out)
    return [v.hex() for v in dict.fromkeys(out)]


def levels(r, raw):
    return {name: near(r, raw[at], 255) for name, at in LEVELS if given(r)} or {"snp": near(r, raw[6], 255)}


def parts_of(drawn):
    return [drawn.get(name, 0) for name, _ in LEVELS]


def snp_keys(r, report, policy, peer):
    if r.random() < 0.6:
        return
    ids, authors = report[0xe0:0x110], report[0x110:0x140]
    if given(r) or r.random() < 0.3:
        policy["id_key"] = peer["id_key"] = among(r, ids)
    if given(r):
        policy["author_key"] = peer["author_key"] = among(r, authors)
        if r.random() < 0.5:
            policy["require_author_key"] = peer["require_author_key"] = True
    peer["require_id_block"] = "id_key" in policy or "author_key" in policy


def snp_bits(r, report, policy, peer):
    guest, platform, bits = struct.unpack_from("<Q", report, 8)[0], {}, {}
    for name, bit in (("smt", 16), ("migrate_ma", 18)):
        refuse = r.random() < (0.05 if guest >> bit & 1 else 0.5)
        peer[name] = not refuse
        if refuse:
            bits[name] = False
    peer["single_socket"] = r.random() < (0.5 if guest >> 20 & 1 else 0.05)
    if peer["single_socket"]:
        bits["single_socket"] = True
    if given(r):
        abi = near(r, guest & 0xffff, 0xffff)
        peer["abi"] = abi
        bits["min_abi"] = f"{abi >> 8}.{abi & 255}"
    for name, bit in (("smt", 0), ("tsme", 1)):
        refuse = r.random() < (0.05 if report[0x40] >> bit & 1 else 0.4)
        peer["platform_" + name] = not refuse
        if refuse:
            platform[name] = False
    peer["platform"] = bool(platform)
    if bits:
        policy["guest_policy"] = bits
    if platform:
        policy["platform_info"] = platform


def snp_numbers(r, line, report, policy, snp, peer):
    if given(r):
        drawn = levels(r, report[0x180:0x188])
        policy["min_tcb"], peer["min_tcb"] = {line: drawn}, parts_of(drawn)
    if given(r):
        drawn = levels(r, report[0x1f0:0x1f8])
        snp["min_launch_tcb"], peer["min_launch_tcb"] = {line: drawn}, parts_of(drawn)
    if given(r):
        snp["min_guest_svn"] = peer["guest_svn"] = near(r, struct.unpack_from("<I", report, 4)[0], 0xffffffff)
    if given(r):
        snp["min_build"] = peer["build"] = near(r, report[0x1e8], 255)
    if given(r):
        version = near(r, report[0x1ea] << 8 | report[0x1e9], 0xffff)
        snp["min_version"], peer["version"] = f"{version >> 8}.{version & 255}", version
    peer["provisional"] = r.random() < 0.7
    snp["permit_provisional"] = peer["provisional"]


def snp(r, line, report):
    """For a report: (report data that is asked for, ward's policy, the peer's options)"""
    policy = {"ward-policy": 1, "accept_unmeasured": True, "allow_tee": ["snp", "simulated-snp"]}
    inner, peer = {}, {"lists": {}}
    vmpl = report[0x30]
    policy["vmpl_max"] = peer["vmpl_max"] = r.choice((min(vmpl, 3),) * 6 + (3, 3, 0, 1, 2))
    debug = r.random() < (0.9 if report[10] >> 3 & 1 else 0.3)
    policy["allow_debug"] = peer["debug"] = debug
    for name, (at, n) in NAMES.items():
        if r.random() < 0.2:
            (policy if name in TOP else inner)[name] = peer["lists"][name] = among(r, report[at:at + n])
    snp_keys(r, report, inner, peer)
    snp_bits(r, report, inner, peer)
    snp_numbers(r, line, report, policy, inner, peer)
    if r.random() < 0.15:
        products = [line, "turin", "genoa", "milan"]
        if report[0] >= 3:
            products += [f"{line}-{n}" for n in (report[0x18a], report[0x18a], (report[0x18a] + 1) & 15)]
        inner["product"] = peer["product"] = sorted(set(r.choices(products, k=r.choice((1, 2)))))
    policy["snp"] = inner
    return challenge(r, report[0x50:0x90]), policy, peer


def challenge(r, truth):
    return r.choices((b"", truth, other(r, truth)), (20, 20, 1))[0]


def td_bits(r, raw):
    value = struct.unpack("<Q", raw)[0]
    return value if r.random() < 0.9 else value ^ 1 << r.randrange(64)


def td(r, quote):
    body = quote[48:632]
    policy = {"ward-policy": 1, "accept_unmeasured": True, "allow_tee": ["tdx"]}
    inner, peer = {}, {"lists": {}}
    policy["allow_debug"] = r.random() < (0.9 if body[120] & 1 else 0.3)
    for name, at in TD_NAMES.items():
        if r.random() < 0.2:
            inner[name] = peer["lists"][name] = among(r, body[at:at + 48])
    for name, at in (("attributes", 120), ("xfam", 128)):
        if given(r):
            value = td_bits(r, body[at:at + 8])
            inner[name] = {"value": f"0x{value:x}"}
            peer[name] = struct.pack("<Q", value).hex()
    if given(r):
        least = bytes(near(r, b, 255) if r.random() < 0.3 else b for b in body[:16])
        inner["min_tee_tcb_svn"] = peer["tcb_svn"] = least.hex()
    for name, at in (("qe", 8), ("pce", 10)):
        if r.random() < 0.1:
            least = near(r, struct.unpack_from("<H", quote, at)[0], 65535)
            inner[f"min_{name}_svn"] = peer[f"{name}_svn"] = least
    if inner:
        policy["tdx"] = inner
    return challenge(r, body[520:584]), policy, peer


# ---- fields drawn anew, for evidence under keys of our own ----

def put(data, at, form, value):
    struct.pack_into("<" + form, data, at, value)


def snp_versions(r, report):
    """Mostly as firmware keeps them: reported <= committed <= current, part by part"""
    current = bytearray(max(a, b) for a, b in zip(report[0x180:0x188], report[0x38:0x40]))
    for _, at in LEVELS:
        current[at] = min(current[at] + r.choice((0, 0, 0, 1)), 255)
    if r.random() < 0.1:
        current[r.randrange(8)] = r.randrange(256)
    committed = bytearray(current)
    if r.random() < 0.3:
        committed[r.choice((0, 1, 6, 7))] = r.choice((report[0x180], r.randrange(256)))
    report[0x38:0x40], report[0x1e0:0x1e8] = current, committed
    launch = bytearray(current)
    if r.random() < 0.3:
        launch[r.choice((0, 1, 6, 7))] = r.randrange(256)
    report[0x1f0:0x1f8] = launch
    version = bytes((r.randrange(256), r.choice((51, 55, r.randrange(256))), r.choice((1, 1, 2))))
    report[0x1e8:0x1eb], report[0x1ec:0x1ef] = version, version
    if r.random() < 0.3:
        at = 0x1ec + r.randrange(3)
        report[at] = max(0, report[at] + r.choice((-1, -1, -1, 1))) & 255


def snp_fields(r, report):
    report = bytearray(report)
    put(report, 4, "I", r.choice((0, 1, 5, 5, 1 << 31, 0xffffffff)))
    guest = 1 << 17 | r.choice((0, 51, 55, 256, 0x0133))
    for bit, odds in ((16, .5), (18, .2), (19, .1), (20, .3), *((bit, .02) for bit in range(21, 26))):
        guest |= (r.random() < odds) << bit
    put(report, 8, "Q", guest if r.random() < 0.99 else guest ^ 1 << r.choice((17, 26, 63)))
    put(report, 0x30, "I", r.choice((0, 0, 0, 0, 1, 2, 3, 3) if r.random() < 0.99 else (4, 256, 0xffffffff)))
    platform = sum((r.random() < 0.4) << bit for bit in range(6))
    put(report, 0x40, "Q", platform if r.random() < 0.97 else platform | 1 << r.choice((6, 7, 8, 40)))
    report[0x48] = report[0x48] & 0xfe | (r.random() < 0.5)
    for name in ("family_id", "image_id", "host_data", "report_id", "report_id_ma"):
        at, n = NAMES[name]
        if r.random() < 0.3:
            report[at:at + n] = r.randbytes(n)
    report[0xe0:0x110] = r.randbytes(48) if r.random() < 0.8 else bytes(48)
    report[0x110:0x140] = r.randbytes(48) if report[0x48] & 1 or r.random() < 0.1 else bytes(48)
    snp_versions(r, report)
    return report


def td_fields(r, quote):
    quote = bytearray(quote[:632])
    if r.random() < 0.05:
        at = r.choice((8, 10))
        put(quote, at, "H", r.choice((1, 5, 300)))
    if r.random() < 0.3:
        quote[48 + 120] ^= 1
    if r.random() < 0.1:
        bit = r.randrange(64)
        quote[48 + r.choice((120, 128)) + bit // 8] ^= 1 << bit % 8
    for at in TD_NAMES.values():
        if r.random() < 0.2:
            quote[48 + at:48 + at + 48] = r.randbytes(48)
    for n in range(16):
        if r.random() < 0.2:
            quote[48 + n] = r.choice((0, 1, 5, 255))
    return quote


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()
