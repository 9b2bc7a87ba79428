#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow.py SEEDS DIR: inputs that take long by design, as large as each cap lets them be,
in DIR/TARGET/NAME; SEEDS are the fuzzers' (tests/fuzz/seeds.c), of which they are made."""
import base64
import copy
import json
import os
import subprocess
import sys
import tempfile

import slow_rooms

POLICY = 64 << 10       # WV_POLICY_MAX
JSON = 64 << 10         # STORE_JSON_MAX
JWKS = 128 << 10        # WV_JWKS_MAX
ITEM = 96 << 10        # STORE_CRL_MAX
LOG = 512 << 10          # WV_TCGLOG_MAX
BUNDLE = 1 << 20        # WV_BUNDLE_MAX
EVENTS = 16384


def fill(head, piece, tail, cap):
    """As many pieces, by their number, as fit between head and tail."""
    out, n, left = [], 0, cap - len(head) - len(tail)
    while left >= len(piece(n)):
        out.append(piece(n))
        left -= len(out[-1])
        n += 1
    return head + (b"" if isinstance(head, bytes) else "").join(out) + tail


# ---- policies ----------------------------------------------------------------

HEAD = '{"ward-policy":1,'


def members(piece, tail='"tpm":{}}', cap=POLICY):
    return fill(HEAD, piece, tail, cap)


def values(key, value, count=1024, last=None):
    body = ",".join(value(n) for n in range(count))
    return '"%s":[%s%s]' % (key, body, "," + last if last else "")


def public_key(curve):
    """SubjectPublicKeyInfo, in base64."""
    pem = subprocess.run(["openssl", "ecparam", "-name", curve, "-genkey", "-noout"],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "ec", "-pubout", "-outform", "DER"],
                         check=True, capture_output=True, input=pem).stdout
    return base64.b64encode(der).decode()


def keys(curve):
    key = '{"public_key":"%s"}' % public_key(curve)
    many = ",".join([key] * 16)
    return HEAD + '"cca":{"platform_keys":[%s]},"psa":{"keys":[%s]}}' % (many, many)


def policies():
    digit = lambda n: "%096x" % n
    yield "unknown", members(lambda n: '"%04x":0,' % n)
    yield "near", members(lambda n: '"accept_unmeasure%04x":0,' % n)
    yield "near-longest", members(lambda n: '"%040x":0,' % n)
    yield "duplicate", members(lambda n: '"%04x":0,' % n, '"0000":0}')
    yield "lines", HEAD + "\n" * (POLICY - 40) + '"tpmm":{}}'
    yield "deep-lists", HEAD + '"tpm":' + "[" * 2040 + "]" * 2040 + "}"
    yield "deep-objects", HEAD + '"tpm":' + '{"a":' * 2040 + "0" + "}" * 2040 + "}"
    yield "unclosed", HEAD + '"tpm":' + "[" * (POLICY - 40)
    yield "digits", HEAD + '"max_age":' + "9" * (POLICY - 60) + "}"
    yield "fraction", HEAD + '"max_age":0.' + "1" * (POLICY - 60) + "}"
    yield "escapes", HEAD + '"tpm":"' + "\\u00e9" * 10900 + '"}'
    yield "values", HEAD + ",".join(values(k, lambda n: str(n)) for k in ("uid", "gid")) + "}"
    yield "values-last", HEAD + values("uid", str, 1023, '"x"') + "}"
    yield "digests", HEAD + values("measurement", lambda n: '"%s"' % digit(n), 650) + "}"
    yield "names", HEAD + values("uid", lambda n: '{"name":"n%d","value":%d}' % (n, n)) + "}"
    yield "names-last", HEAD + values("uid", lambda n: '{"name":"n%d","value":%d}' % (n, n), 1023,
                                      '{"nam":"x"}') + "}"
    yield "paths", HEAD + values("cgroup", lambda n: '"/%d"' % n) + "}"
    yield "words", HEAD + values("posture", lambda n: '"init-on-free"') + "}"
    yield "keys-p256", keys("prime256v1")
    yield "keys-p521", keys("secp521r1")


# ---- collateral --------------------------------------------------------------

def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + \
        n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + size + body


def parse(data, at=0):
    """Tag, start of the body, end, of the element at @at."""
    n, at2 = data[at + 1], at + 2
    if n & 0x80:
        at2 += n & 0x7f
        n = int.from_bytes(data[at + 2:at2], "big")
    return data[at], at2, at2 + n


def crl(seed, entry, cap):
    """The seed's list with as many entries as fit."""
    parts, at = [], parse(seed, parse(seed)[1])[1]
    end = parse(seed, parse(seed)[1])[2]
    while at < end:
        nxt = parse(seed, at)[2]
        parts.append(seed[at:nxt])
        at = nxt
    rest = seed[end:]
    entries = fill(b"", entry, b"", cap - len(seed) - 40)
    # version, algorithm, issuer, two times; then the entries, then extensions
    parts[5:6] = [der(0x30, entries)]
    return der(0x30, der(0x30, b"".join(parts)) + rest)


def entry(n, extensions=b""):
    return der(0x30, der(2, (n | 1 << 23).to_bytes(4, "big")[1:].rjust(4, b"\1")) +
               der(0x17, b"260101000000Z") + extensions)


def smallest(n):
    return der(0x30, der(2, bytes([1 + n % 127])) + der(0x17, b"260101000000Z"))


REASON = der(0x30, der(0x30, der(6, b"\x55\x1d\x15") + der(4, der(10, b"\1"))))
ISSUER = der(0x30, der(0x30, der(6, b"\x55\x1d\x1d") + der(4, der(0x30, der(0x82, b"a")))))


def pem(what, data):
    text = base64.encodebytes(data).decode()
    return "-----BEGIN %s-----\n%s-----END %s-----\n" % (what, text, what)


def tcb_info(seed, grow, key="tcbInfo", cap=JSON):
    """The seed's document after grow(document, n): the largest n of which it fits."""
    def made(n):
        d = copy.deepcopy(seed)
        grow(d[key], n)
        return json.dumps(d, separators=(",", ":"))
    low, high = 1, 1 << 15
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (mid, high) if len(made(mid)) <= cap else (low, mid)
    return made(low)


def more_levels(d, n):
    first = d["tcbLevels"][0]
    high = copy.deepcopy(first)
    for c in high["tcb"]["sgxtcbcomponents"]:
        c["svn"] = 255
    d["tcbLevels"] = [high] * n + d["tcbLevels"]


def more_advisories(d, n):
    last = d["tcbLevels"][-1]
    last["advisoryIDs"] = ["INTEL-SA-%05d" % i for i in range(n)]


def more_outdated(d, n):
    d["tcbLevels"] = [dict(d["tcbLevels"][-1], tcbStatus="OutOfDate")] * n


def more_modules(d, n):
    if "tdxModuleIdentities" in d:
        d["tdxModuleIdentities"] = [{"id": "TDX_FF"}] * n + d["tdxModuleIdentities"]


def more_unknown(d, n):
    d.update({"%04x" % i: 0 for i in range(n)})


SET = 128 << 10         # WV_COLLATERAL_BYTES_MAX
CERTS = 40              # WV_COLLATERAL_CERTS_MAX


def short_certs(count):
    """Of which the most fit: reading one costs the same, however long it is."""
    with tempfile.TemporaryDirectory() as dir_:
        name = os.path.join(dir_, "key")
        for n in range(count):
            yield subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                                  "ec_paramgen_curve:secp384r1", "-nodes", "-keyout", name, "-subj", "/CN=%d" % n,
                                  "-outform", "DER"], check=True, capture_output=True).stdout


def sets(list_, tdx):
    """Whole sets, as target_collateral.c has them: of each kind as many as fit."""
    many = list(short_certs(CERTS + 15))
    left = SET - sum(len(c) for c in many[:CERTS])
    files = lambda *parts: b"\xff" + b"".join(len(p).to_bytes(2, "big") + p for p in parts)
    half = lambda n, size: crl(list_, lambda i: entry(i, ISSUER), size - n)
    levels = lambda size: tcb_info(tdx, more_levels, cap=size).encode()
    one, two = min(left // 2, 0xff00), min(left - left // 2, 0xff00)
    yield "set-lists", files(*many[:CERTS], half(0, one), half(1, two))
    yield "set-documents", files(*many[:CERTS], levels(one), levels(two))
    yield "set-over", files(levels(one), levels(two), *many[:CERTS + 1])
    text = "".join(pem("CERTIFICATE", c) for c in many[CERTS - 1:])
    left = SET - sum(len(c) for c in many[:CERTS - 1]) - len(text)
    yield "set-over-pem", files(levels(left // 2), levels(left // 2), *many[:CERTS - 1], text.encode())


def collateral(seeds):
    get = lambda name: open(os.path.join(seeds, "collateral", name), "rb").read()
    list_ = get("crl-der")
    for name, one in (("entries", entry), ("smallest", smallest),
                      ("reasons", lambda n: entry(n, REASON)),
                      ("issuers", lambda n: entry(n, ISSUER))):
        made = crl(list_, one, ITEM)
        yield "crl-" + name, made
    small = crl(list_, entry, ITEM * 3 // 4 - (8 << 10))
    yield "crl-pem", pem("X509 CRL", small)
    many = pem("X509 CRL", list_)
    yield "crl-many", many * 31
    tdx = json.loads(get("tdx"))
    for name, grow in (("levels", more_levels), ("advisories", more_advisories),
                       ("outdated", more_outdated), ("modules", more_modules),
                       ("unknown", more_unknown)):
        yield "tcb-" + name, tcb_info(tdx, grow)
    yield "qe-unknown", tcb_info(json.loads(get("td-qe")), more_unknown, "enclaveIdentity")
    yield from sets(list_, tdx)
    text = get("tdx").decode()
    yield "tcb-blanks", text[:1] + "\n" * (JSON - len(text)) + text[1:]
    yield "tcb-deep", '{"tcbInfo":' + "[" * 2040 + "]" * 2040 + "}"
    chain = get("chain").decode()
    yield "certs", (chain * 16)[:64 << 10]
    yield "pem-junk", "-----BEGIN CERTIFICATE-----\n" + "A" * (ITEM - 40)
    yield "pem-marks", ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 20000)[:ITEM - 1]


# ---- tokens ------------------------------------------------------------------

def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def tokens(seeds):
    jwks = json.load(open(os.path.join(seeds, "token", "jwks")))
    first = jwks["keys"][0]
    yield "jwks-same", json.dumps({"keys": [first] * 64})
    # A modulus as long as the signature, an exponent as long as is taken.
    odd = bytes([0xc1]) + os.urandom(len(base64.urlsafe_b64decode(first["n"] + "==")) - 2) + b"\1"
    wide = dict(first, n=b64url(odd), e=b64url(b"\xff" * 8))
    yield "jwks-wide", json.dumps({"keys": [wide] * 64})
    yield "jwks-unknown", fill('{"keys":[', lambda n: "{},", "{}]}", JWKS)
    yield "jwks-members", fill("{", lambda n: '"%05x":0,' % n, '"keys":[]}', JWKS)
    yield "jwks-deep", '{"keys":' + "[" * (JWKS - 10)
    claims = fill("{", lambda n: '"%05x":0,' % n, '"iss":""}', 44 << 10)
    token = open(os.path.join(seeds, "token", "maa")).read().split(".")
    yield "claims", ".".join([token[0], b64url(claims.encode()), token[2]])


# ---- logs, bundles, devices --------------------------------------------------

def le(n, width):
    return n.to_bytes(width, "little")


def tcg_header(algs):
    body = b"Spec ID Event03\0" + bytes(8) + le(len(algs), 4) + \
        b"".join(le(a, 2) + le(n, 2) for a, n in algs) + b"\0"
    return le(0, 4) + le(3, 4) + bytes(20) + le(len(body), 4) + body


def logs():
    for name, algs in (("sha1", [(4, 20)]), ("sha256", [(11, 32)]), ("sha512", [(13, 64)]),
                       ("all", [(4, 20), (11, 32), (12, 48), (13, 64)])):
        one = le(4, 4) + le(8, 4) + le(len(algs), 4) + \
            b"".join(le(a, 2) + b"\1" * n for a, n in algs) + le(0, 4)
        yield name, fill(tcg_header(algs), lambda n: one, b"", LOG)
    yield "none", fill(tcg_header([(4, 20), (11, 32), (12, 48), (13, 64)]),
                       lambda n: le(4, 4) + le(3, 4) + le(0, 4) + le(0, 4), b"", LOG)


def cbor(major, n):
    for width, mark in ((1, 24), (2, 25), (4, 26)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * width:
            return bytes([major << 5 | mark]) + n.to_bytes(width, "big")
    raise ValueError(n)


def bundles(seeds):
    seed = open(os.path.join(seeds, "bundle", "one"), "rb").read()
    at = seed.index(b"\x66events") + 7
    count, after = seed[at] & 31, at + 1
    assert seed[at] >> 5 == 4 and count < 24
    events = []
    for _ in range(count):
        n = {0x58: seed[after + 1]}.get(seed[after])
        assert n, hex(seed[after])
        events.append(seed[after:after + 2 + n])
        after += 2 + n
    for name, one in (("events", max(events, key=len)), ("heads", b"\x58\x20" + bytes(32))):
        n = min((BUNDLE - len(seed)) // len(one), EVENTS)
        yield name, seed[:at] + cbor(4, n) + one * n + seed[after:]


def opaque():
    yield "opaque", fill(b"", lambda n: le(1 + n % 20, 2) + le(1, 2) + b"\0", b"", 32 << 10)
    yield "opaque-empty", le(1, 2) + le(0, 2) + bytes(32 << 10)


def runtime():
    yield "members", fill("{", lambda n: '"%04x":0,' % n, '"keys":[]}', 16 << 10)
    key = '{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"%s"}' % ("_" * 683)
    yield "keys", '{"keys":[%s]}' % ",".join([key] * 16)


def main():
    seeds, top = sys.argv[1:]
    over = (("policy", POLICY), ("token", JWKS), ("bundle", BUNDLE), ("tcglog", LOG))
    families = tuple((target, [("over", b"\xa5" + b" " * cap)]) for target, cap in over) + (
                ("policy", policies()), ("collateral", collateral(seeds)), ("token", tokens(seeds)),
                ("tcglog", logs()), ("bundle", bundles(seeds)), ("gpu", opaque()),
                ("azure", runtime())) + slow_rooms.families(seeds, lambda seed, cap: crl(seed, entry, cap))
    for target, family in families:
        os.makedirs(os.path.join(top, target), exist_ok=True)
        for name, made in family:
            with open(os.path.join(top, target, name), "wb") as f:
                f.write(made if isinstance(made, bytes) else made.encode())


main()
