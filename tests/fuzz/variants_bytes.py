# SPDX-License-Identifier: MIT
"""Seeds of binary formats, for variants.py: a field that is what it never should be, a file of
each. Signatures do not hold; what reads them comes before what checks them."""
import base64
import json
import os

# ---- CBOR, as it is written: a node is (head, children); head is bytes -------------------------


def head(major, n):
    for width, mark in ((0, None), (1, 24), (2, 25), (4, 26), (8, 27)):
        if width == 0 and n < 24:
            return bytes([major << 5 | n])
        if width and n < 1 << 8 * width:
            return bytes([major << 5 | mark]) + n.to_bytes(width, "big")
    raise ValueError(n)


class Raw(bytes):
    """CBOR already."""


class Map(list):
    """Pairs, in their order."""

    def put(self, key, value):
        made = Map(p for p in self if p[0] != key)
        return made if value is None else Map(sorted(list(made) + [(key, value)], key=lambda p: enc(p[0])))


def enc(v):
    if isinstance(v, Raw):
        return bytes(v)
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v)) + v.encode()
    if isinstance(v, Map):
        return head(5, len(v)) + b"".join(enc(k) + enc(x) for k, x in v)
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(enc, v))
    if isinstance(v, tuple):
        return head(6, v[0]) + enc(v[1])
    return b"\xf6"


def dec(data, at=0):
    """Value and where it ends; of definite lengths, but for maps."""
    major, n = data[at] >> 5, data[at] & 31
    at += 1
    if 24 <= n < 28:
        width = 1 << n - 24
        n, at = int.from_bytes(data[at:at + width], "big"), at + width
    if major < 2:
        return (n if major == 0 else -1 - n), at
    if major < 4:
        body = data[at:at + n]
        return (body if major == 2 else body.decode()), at + n
    if major == 6:
        value, at = dec(data, at)
        return (n, value), at
    if major == 7:
        return None, at
    made = Map() if major == 5 else []
    while (n == 31 and data[at] != 0xff) or (n != 31 and len(made) < n):
        value, at = dec(data, at)
        if major == 5:
            other, at = dec(data, at)
            value = (value, other)
        made.append(value)
    return made, at + (n == 31)


def pair(first, second):
    return len(first).to_bytes(2, "big") + first + second


def unpair(data):
    n = int.from_bytes(data[:2], "big")
    return data[2:2 + n], data[2 + n:]


# What a reader that passes over it has to get through.
ODD = [b"\x9f\x01\x02\xff", b"\xbf\x01\x02\xff", b"\x82\x01\xff", b"\xa1\x01\xff", b"\x9f\xff", b"\xbf\xff",
       b"\xff", b"\x9f\x01", b"\xbf\x01", b"\x82\x01", b"\x81" * 9 + b"\x01", b"\xa1\x01" * 9 + b"\x01",
       b"\xc1\x01", b"\xc1\x81\x01", b"\x1b" + b"\xff" * 8, b"\x3b" + b"\xff" * 8, b"\x5f\x41\x00\xff",
       b"\xf5", b"\xfb" + bytes(8), b"\xbb" + b"\xff" * 8, b"\x9b" + b"\xff" * 8, b"\x9f\x9f\xff\xff",
       b"\x81\x9f\xff", b"\x9f\x81\xff\xff", b"\xa0", b"\x80", b"\x18\x01"]
LABELS = [b"\x1b" + b"\xff" * 8, b"\x3b" + b"\xff" * 8, b"\x3b\x7f" + b"\xff" * 7, b"\x61a", b"\x41a", b"\xff", b"\x01"]


def cose(_):
    for alg, n in ((-7, 64), (-35, 96), (-36, 132)):
        prot, sig = enc(Map([(1, alg)])), b"\x01" * n
        for i, odd in enumerate(ODD):
            yield "odd-%d-%d" % (n, i), enc((18, [prot, Map([(99, Raw(odd))]), b"x", sig]))
            yield "odd-value-%d-%d" % (n, i), enc((18, [enc(Map([(1, alg), (99, Raw(odd))])), Map(), b"x", sig]))
        for i, label in enumerate(LABELS):
            yield "label-%d-%d" % (n, i), enc((18, [prot, Map([(Raw(label), 1)]), b"x", sig]))
        for i, beside in enumerate(([(1, alg)], [(2, [1])], [(1, alg), (2, [1])], [(n, n) for n in range(100, 149)])):
            yield "beside-%d-%d" % (n, i), enc((18, [prot, Map(beside), b"x", sig]))
        for size in (0, 255, 256, 65535, 65536):
            yield "long-%d-%d" % (n, size), enc((18, [prot, Map(), bytes(size), sig]))
        many = Map([(n, 1) for n in range(1000, 1060)])
        yield "many-%d" % n, enc((18, [prot, many, b"x", sig]))
    for half in (31, 32, 33, 48, 66):
        for x, y in ((half, half), (half, 32), (32, half), (half, 0)):
            for crv in (1, 2, 3, 4):
                yield "key-%d-%d-%d" % (x, y, crv), enc(Map([(1, 2), (-1, crv), (-2, b"\1" * x), (-3, b"\1" * y)]))


def nitro(get):
    message, _ = dec(get("nitro", "document"))
    message = message[1] if isinstance(message, tuple) else message
    payload, _ = dec(message[2])
    whole = lambda p: enc(message[:2] + [p if isinstance(p, bytes) else enc(p)] + message[3:])
    pcrs = dict(payload)["pcrs"]
    for i, label in enumerate((-1, 32, 1 << 40, "a", b"a")):
        yield "pcr-%d" % i, whole(payload.put("pcrs", Map(list(pcrs) + [(label, bytes(48))])))
    for i in range(3):
        yield "no-pcr-%d" % i, whole(payload.put("pcrs", pcrs.put(i, None)))
    yield "pcr-short", whole(payload.put("pcrs", pcrs.put(0, bytes(47))))
    yield "pcrs-many", whole(payload.put("pcrs", Map((n, bytes(48)) for n in range(49))))
    yield "pcrs-none", whole(payload.put("pcrs", Map()))
    for i, odd in enumerate(ODD):
        for name in ("pcrs", "cabundle", "nonce", "later"):
            yield "%s-%d" % (name, i), whole(payload.put(name, Raw(odd)))
    open_map = lambda m: Raw(b"\xbf" + b"".join(enc(k) + enc(v) for k, v in m) + b"\xff")
    yield "open-pcrs", whole(payload.put("pcrs", open_map(pcrs)))
    yield "open-more", whole(enc(open_map(payload))[:-1])
    yield "open-many", whole(payload.put("pcrs", open_map([(n, bytes(48)) for n in range(49)])))
    for n, name in ((0, "no-bundle"), (1, "one-bundle"), (40, "many-bundle")):
        yield name, whole(payload.put("cabundle", [dict(payload)["certificate"]] * n))


def cca(get):
    tag, halves = dec(get("cca", "cmw"))[0]
    for name in (44234, 44241):
        for i, odd in enumerate(ODD):
            for n, value in enumerate(([263, dict(halves)[name][1], Raw(odd)], [Raw(odd), dict(halves)[name][1]],
                                       [263, Raw(odd)], Raw(odd))):
                yield "half-%d-%d-%d" % (name, i, n), enc((tag, halves.put(name, value)))
    yield "long", enc((tag, halves)) + bytes(33 << 10)
    yield "half-long", enc((tag, halves.put(44234, [263, bytes(33 << 10)])))


# ---- a TPM's piece ----------------------------------------------------------------------------


def be(n, width):
    return n.to_bytes(width, "big")


def tpm(get):
    """TPMT_PUBLIC: type, name, attributes, policy, symmetric, scheme, hash, then what the type has."""
    none = b""
    rsa = dec(unpair(get("tpm", "rsassa"))[0])[0]
    ecc = dec(unpair(get("tpm", "ecdsa"))[0])[0]
    ak, start = dict(rsa)["ak"], 10 + 6
    bits, exponent, n = ak[start:start + 2], ak[start + 2:start + 6], ak[start + 8:]
    sized = lambda b: be(len(b), 2) + b
    for i, tail in enumerate((bits + exponent + sized(n + b"\1"), bits + exponent + sized(n[:-1]),
                              bits + be(65537, 4) + sized(n), bits + be(3, 4) + sized(n),
                              be(1024, 2) + exponent + sized(n[:128]), be(8192, 2) + exponent + sized(n * 4),
                              be(2049, 2) + exponent + sized(n), bits + exponent + sized(b"\1" + n[1:]),
                              bits + exponent + sized(b"\x80" + bytes(255)), bits + exponent + sized(none))):
        yield "rsa-key-%d" % i, pair(enc(rsa.put("ak", ak[:start] + tail)), none)
    ak = dict(ecc)["ak"]
    x, y = ak[start + 6:start + 38], ak[start + 40:]
    for i, (curve, kdf, one, two) in enumerate((
            (3, 16, none, y), (3, 16, x, none), (3, 16, b"\0" + x, y), (3, 16, x, b"\0" + y), (3, 16, x[1:], y),
            (1, 16, x, y), (4, 16, x, y), (5, 16, x, y), (3, 32, x, y), (3, 16, y, x), (3, 16, bytes(32), bytes(32)))):
        made = ak[:start] + be(curve, 2) + be(kdf, 2) + sized(one) + sized(two)
        yield "ecc-key-%d" % i, pair(enc(ecc.put("ak", made)), none)
    for kind, piece in (("rsa", rsa), ("ecc", ecc)):
        was = dict(piece)["signature"]
        for i, made in enumerate((
                b"\0\x14" + was[2:], b"\0\x16" + was[2:], b"\0\x18" + was[2:], was[:2] + b"\0\4" + was[4:],
                was[:2] + b"\0\x0c" + was[4:], was[:4] + sized(b"\1" * 257), was[:4] + sized(b"\1" * 5),
                was[:4] + sized(b"\1" * 33) + sized(b"\1" * 32), was[:4] + sized(b"\1" * 32) + sized(b"\1" * 33),
                was[:4] + sized(none) + sized(none), b"\1" * 256, was[4:], was[6:])):
            yield "%s-signature-%d" % (kind, i), pair(enc(piece.put("signature", made)), none)
        quote = dict(piece)["quote"]
        for at in range(len(quote)):
            for value in (0, 0xff):
                made = quote[:at] + bytes([value]) + quote[at + 1:]
                if len(quote) - at < 50 and made != quote:
                    yield "%s-quote-%d-%d" % (kind, at, value), pair(enc(piece.put("quote", made)), none)
    full = [("ak_cert", none), ("ek_cert", none), ("ima_log", none), ("td_quote", b"\4"), ("event_log", none),
            ("ima_log_size", 0), ("event_log_size", 0)]
    for i, (name, _) in enumerate(full):
        for n, wrong in enumerate((none, b"x" * 16385, -1, "x", Raw(b"\xff"))):
            made = Map((k, wrong if k == name else v) for k, v in full)
            for kept in (made, made.put("td_quote", None)):
                yield "aux-%d-%d-%d" % (i, n, len(kept)), pair(enc(ecc), enc(kept))


# ---- AMD, Azure, NVIDIA ------------------------------------------------------------------------


def patched(data, *changes):
    made = bytearray(data)
    for at, new in changes:
        made[at:at + len(new)] = new
    return bytes(made)


def le(n, width):
    return n.to_bytes(width, "little")


def snp(get):
    for version in ("v2", "v3", "v5"):
        for family, model in ((0x19, 0), (0x19, 0x0f), (0x19, 0x11), (0x19, 0xa0), (0x19, 0x50), (0x1a, 2),
                              (0x1a, 0x1f), (0x1a, 0x20), (0x17, 1)):
            yield "%s-%x-%x" % (version, family, model), patched(get("snp", version), (0x188, bytes([family, model])))
    report = unpair(get("gpu", "hopper"))[0]
    yield "gpu", report
    for at in (0, 1, 37, 38):
        yield "gpu-%d" % at, patched(report, (at, b"\xee"))


def table(get):
    made = get("table", "der")
    entry = made[:24]
    for n in (31, 32, 33):
        yield "entries-%d" % n, entry[:16] + le(24 * (n + 1), 4) + le(0, 4) + \
            b"".join(entry[:16] + le(24 * (n + 1), 4) + le(0, 4) for _ in range(n - 1)) + bytes(24)
    yield "no-end", entry[:16] + le(24, 4) + le(0, 4)


RUNTIME = 32 + 1184     # behind the header and the report


def hcl(get):
    for kind in ("snp", "tdx"):
        made = get("hcl", kind)
        numbers = [int.from_bytes(made[RUNTIME + 4 * i:RUNTIME + 4 * i + 4], "little") for i in range(5)]
        for i, changes in enumerate((
                [(0, b"X")], [(4, le(0, 4))], [(4, le(9, 4))], [(8, le(1, 4))], [(RUNTIME, le(0, 4))],
                [(RUNTIME, le(numbers[0] + 1, 4))], [(RUNTIME + 4, le(2, 4))], [(RUNTIME + 8, le(3, 4))],
                [(RUNTIME + 8, le(2, 4))], [(RUNTIME + 8, le(4, 4))], [(RUNTIME + 12, le(0, 4))],
                [(RUNTIME + 12, le(2, 4))], [(RUNTIME + 12, le(3, 4))], [(RUNTIME + 12, le(4, 4))],
                [(RUNTIME + 16, le(1, 4))], [(RUNTIME + 16, le(1 << 31, 4))], [(len(made) - 1, b"\1")])):
            yield "%s-%d" % (kind, i), patched(made, *changes)
        yield kind + "-long", made + bytes(17 << 10)
        yield kind + "-more", made + b"\0\1"
        for n in (3, 31, 600, RUNTIME + 10):
            yield "%s-cut-%d" % (kind, n), made[:n]


def azure(_):
    """Runtime data alone."""
    number = lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")
    key = {"kid": "HCLAkPub", "kty": "RSA", "e": "AQAB", "n": number(b"\xc1" * 256)}
    zeroes = number(b"\0\0" + b"\xc1" * 254)
    for i, change in enumerate(({"n": zeroes}, {"n": "AAAA"}, {"n": "A" * 4000}, {"n": "*"}, {"n": ""}, {"e": "AAEAAQ"},
                                {"e": "Aw"}, {"e": "AQAC"}, {"kty": "EC"}, {"kid": "x"})):
        yield "key-%d" % i, json.dumps({"keys": [dict(key, **change)]}).encode()
    yield "keys-two", json.dumps({"keys": [key, key]}).encode()
    for n in (16, 17):
        yield "keys-%d" % n, json.dumps({"keys": [key] + [{}] * (n - 1)}).encode()
    for i, text in enumerate(("a", "a" * 63, "a" * 64, "\x1f", "\x7f", "\u00e9", 1)):
        for name in ("vmUniqueId", "root-cert-thumbprint"):
            yield "%s-%d" % (name, i), json.dumps({"keys": [key], "vm-configuration": {name: text}}).encode()
    for i, data in enumerate(("0" * 128, "0" * 127, "0" * 127 + "g", "", 1)):
        yield "user-data-%d" % i, json.dumps({"keys": [key], "user-data": data}).encode()


def gpu(get):
    first, second = unpair(get("gpu", "hopper"))
    at = 37 + 8     # of the first measurement: index, specification, size, type, length
    for i, change in enumerate(((at, b"\0"), (at + 1, b"\0"), (at + 2, le(3, 2)), (at + 5, le(0, 2)))):
        yield "block-%d" % i, pair(patched(first, change), second)
    yield "block-empty", pair(patched(first, (at + 2, le(3, 2)), (at + 5, le(0, 2))), second)
    yield "block-wide", pair(patched(first, (at + 2, le(103, 2)), (at + 5, le(100, 2))), second)
    yield "long", pair(first + bytes(33 << 10), b"")
    yield "no-certs", pair(first, b"")


# ---- certificates: what Intel's leaf says ----------------------------------------------------------


def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else b"\x82" + be(n, 2)
    return bytes([tag]) + size + body


def tree(data):
    made, at = [], 0
    while at < len(data):
        tag, n, at2 = data[at], data[at + 1], at + 2
        if n & 0x80:
            at2, n = at2 + (n & 0x7f), int.from_bytes(data[at2:at2 + (n & 0x7f)], "big")
        body = data[at2:at2 + n]
        made.append([tag, tree(body) if tag & 0x20 else body])
        at = at2 + n
    return made


def flat(nodes):
    return b"".join(der(t, b if isinstance(b, bytes) else flat(b)) for t, b in nodes)


SGX = bytes.fromhex("2a864886f84d010d01")


def certs(get):
    cert = tree(get("certs", "pck"))
    extensions = next(b for t, b in cert[0][1][0][1] if t == 0xa3)[0][1]
    at = next(i for i, (_, e) in enumerate(extensions) if e[0][1] == SGX)
    said = extensions[at][1][-1]
    members = tree(said[1])[0][1]

    def made(value):
        said[1] = value
        return flat(cert)

    def edits(nodes, whole, depth=0):
        """Each element once absent, twice, empty, of another tag, longer, cut and renamed."""
        for i, node in enumerate(list(nodes)):
            tag, body = node
            for change in ([], [node, node], [[tag, b""]], [[tag ^ 1, body]], [[5, b""]]):
                nodes[i:i + 1] = change
                yield whole()
                nodes[i:i + len(change)] = [node]
            if isinstance(body, bytes):
                for value in (body + b"\0", body[:-1], body[:-1] + b"\x7f", b"\0" + body, b"\x7f" * 5, b"\1\0\0"):
                    node[1] = value
                    yield whole()
                    node[1] = body
            elif i < 4 or depth < 2:
                yield from edits(body, whole, depth + 1)

    whole = lambda: made(flat([[0x30, members]]))
    seen = set()
    for data in list(edits(members, whole)) + [made(said[1] + b"\0"), made(b"\x30\x80"), made(b"\x31\0")]:
        if data not in seen:
            seen.add(data)
            yield "pck-%d" % len(seen), data
    made(flat([[0x30, members]]))
    extensions.append(extensions[at])
    yield "pck-twice", flat(cert)


# ---- collateral: many files at once -------------------------------------------------------------------


def files(*parts):
    """As target_collateral.c has it."""
    return b"\xff" + b"".join(be(len(p), 2) + p for p in parts)


def collateral(get):
    crl, chain, qe, td = (get("collateral", n) for n in ("crl-der", "chain", "qe", "td-qe"))
    leaves = [get("certs", n) for n in get("certs") if n.startswith("bad-")]
    distinct = [d for d in dict.fromkeys(leaves) if d[:1] == b"\x30"]
    yield "files-two", files(chain, crl, qe)
    yield "files-certs", files(*distinct[:140])
    yield "files-bytes", files(*[b"\n" * (60 << 10) + qe] * 3)
    yield "files-lists", files(*[crl] * 33)
    yield "files-documents", files(*[qe, td] * 17)
    yield "files-same", files(distinct[0], distinct[0], chain, chain)
    yield "crl-more", crl + b"\0"
    lines = base64.encodebytes(crl).decode()
    text = lambda body: ("-----BEGIN X509 CRL-----\n%s-----END X509 CRL-----\n" % body).encode()
    yield "crl-33", text(lines) * 33
    for i, body in enumerate((lines[:-8], "*" + lines, lines + "=", "", "AAAA\n", lines.replace("\n", ""))):
        yield "crl-text-%d" % i, text(body)
    yield "cert-der", distinct[0]
    yield "long", b'{"tcbInfo":' + b" " * (97 << 10) + b"{}}"
    yield "qve", qe.replace(b'"QE"', b'"QVE"')
    yield "blanks", b" \t\r\n" + qe
    yield from documents(get)


STATUS = ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
          "OutOfDateConfigurationNeeded", "Revoked", "TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded", "Fine"]
ADVISORIES = [[""], ["a" * 23], ["a" * 24], ["a b"], ["\u00e9"], ["\x7f"], ["INTEL-SA-1", "INTEL-SA-1"], [1],
              ["INTEL-SA-%05d" % i for i in range(65)]]
DATES = ["2015-01-01T00:00:00Z", "2035-01-01T00:00:00Z", "2020-01-01"]


def documents(get):
    for name, outer in (("tdx", "tcbInfo"), ("sgx", "tcbInfo"), ("td-qe", "enclaveIdentity"),
                        ("qe", "enclaveIdentity")):
        text = get("collateral", name)
        levels = lambda d: d[outer]["tcbLevels"]

        def each(change):
            d = json.loads(text)
            change(d)
            return json.dumps(d, separators=(",", ":")).encode()

        for i in range(len(levels(json.loads(text)))):
            for word in STATUS:
                yield "level-%s-%d-%s" % (name, i, word), each(lambda d: levels(d)[i].update(tcbStatus=word))
            for n, ids in enumerate(ADVISORIES):
                yield "ids-%s-%d-%d" % (name, i, n), each(lambda d: levels(d)[i].update(advisoryIDs=ids))
            for n, date in enumerate(DATES):
                yield "date-%s-%d-%d" % (name, i, n), each(lambda d: levels(d)[i].update(tcbDate=date))
        for one in STATUS[:7]:
            for two in STATUS[:7]:
                yield "levels-%s-%s-%s" % (name, one, two), each(lambda d: [
                    x.update(tcbStatus=one if n % 2 else two, tcbDate=DATES[n % 2]) for n, x in enumerate(levels(d))])
        if name != "tdx":
            continue
        for one in STATUS[:7]:
            for svn in (0, 1, 3, 5, 9):
                def change(d):
                    for x in levels(d):
                        x["tcb"]["tdxtcbcomponents"][2]["svn"] = svn
                        x["tcbStatus"] = one
                    for m in d[outer].get("tdxModuleIdentities", []):
                        for x in m["tcbLevels"]:
                            x["tcbStatus"] = "OutOfDate"
                yield "patched-%s-%d" % (one, svn), each(change)


# ---- policies ------------------------------------------------------------------------------------------


def policy(_):
    with open("doc/policy.schema.json", encoding="utf-8") as f:
        text = f.read()
    at = text.index('"public_key"')
    key = next((w for w in text[at:at + 4000].split('"') if w.startswith("MFkw") or w.startswith("MHYw")), "MFkw")
    for i, said in enumerate((key, key[:-1], key[:-4], "-" + key[1:], "*" + key[1:], key[:20] + "_" + key[21:],
                              "A" * 4096, "A" * len(key), key[:44] + "A" * (len(key) - 44), "", "AAAA")):
        for where in ('"cca":{"platform_keys":[%s]}', '"psa":{"keys":[%s]}'):
            yield "key-%d-%d" % (i, len(where)), \
                ('{"ward-policy":1,' + where % json.dumps({"public_key": said}) + "}").encode()
    for i in (1, 2, 70, 200):
        yield "name-%d" % i, ('{"ward-policy":1,"%s":1}' % ("tp" + "m" * i)).encode()


def make(seeds):
    def get(target, name=None):
        """A seed, or the names of all."""
        if not name:
            return sorted(os.listdir(os.path.join(seeds, target)))
        with open(os.path.join(seeds, target, name), "rb") as f:
            return f.read()

    for family in (cose, nitro, cca, tpm, snp, table, hcl, azure, gpu, certs, collateral, policy):
        for name, data in family(get):
            with open(os.path.join(seeds, family.__name__, "bad-bytes-" + name), "wb") as f:
                f.write(data)
