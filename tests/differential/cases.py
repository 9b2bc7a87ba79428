# SPDX-License-Identifier: MIT
"""Cases for the differential run: real evidence by parts, and its mutations.

A case is (kind, time, [part...]); ward.c has the form in which it goes to the programs.
"""
import hashlib
import random
import struct
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

SAME = 0xffffffff

# Kind: its parts; those in PINNED nobody but ward and the reference looks at.
PARTS = {
    "snp": ("report", "vek", "ask", "ark"),
    "tdx": ("quote",), "sgx": ("quote",),
    "tpm": ("ak", "quote", "signature", "pcrs", "size"),
    "nitro": ("document",), "cca": ("token", "key"),
    "nvidia-gpu": ("report", "chain"),
    "azure-snp": ("hcl", "ak", "quote", "signature", "pcrs", "size", "vek", "ask", "ark"),
    "azure-tdx": ("hcl", "ak", "quote", "signature", "pcrs", "size", "td_quote"),
    "snp-policy": ("report", "vek", "ask", "ark", "report_data", "policy", "options"),
    "tdx-policy": ("quote", "report_data", "policy", "options"),
    "snp-crl": ("report", "vek", "ask", "ark", "list"),
}

# Fields worth more than chance: (part, offset, length).
FIELDS = {
    "snp": [(0, 0, 4), (0, 8, 8), (0, 0x30, 4), (0, 0x34, 4), (0, 0x40, 8), (0, 0x48, 4),
            (0, 0x180, 8), (0, 0x188, 3), (0, 0x1a0, 64), (0, 0x1e0, 8), (0, 0x2a0, 48),
            (0, 0x2a0, 72), (0, 0x2e8, 48), (0, 0x2e8, 72), (0, 0x330, 368)],
    "tdx": [(0, 0, 2), (0, 2, 2), (0, 4, 4), (0, 12, 16), (0, 48, 6), (0, 632, 4), (0, 636, 64),
            (0, 700, 64), (0, 764, 6), (0, 770, 384), (0, 1154, 64), (0, 1218, 2), (0, 1252, 6)],
    "sgx": [(0, 0, 2), (0, 2, 2), (0, 12, 16), (0, 432, 4), (0, 436, 64), (0, 500, 64),
            (0, 564, 384), (0, 948, 64), (0, 1012, 2), (0, 1046, 6)],
    "tpm": [(0, 0, 2), (0, 2, 2), (0, 4, 4), (1, 0, 6), (2, 0, 2), (2, 2, 2), (2, 4, 2)],
    "nvidia-gpu": [(0, 0, 4), (0, 4, 32), (0, 37, 5), (0, 42, 3)],
    "azure-snp": [(0, 0, 4), (0, 4, 4), (0, 8, 4), (0, 12, 20), (0, 32, 4), (0, 1216, 20),
                  (0, 112, 64), (3, 0, 8)],
    "azure-tdx": [(0, 0, 4), (0, 4, 4), (0, 8, 4), (0, 12, 20), (0, 32, 4), (0, 1216, 20),
                  (0, 160, 64), (3, 0, 8)],
}


def pem_certs(data):
    return [c.public_bytes(serialization.Encoding.DER) for c in x509.load_pem_x509_certificates(data)]


def tpmt_public(key):
    """TPMT_PUBLIC of an RSA key that came without its TPM's words: restricted, RSASSA."""
    head = bytes.fromhex("0001000b00050072000000100014000b080000000000") + b"\x01\x00"
    return head + key.public_numbers().n.to_bytes(256, "big")


BANKS = {4: "sha1", 0xb: "sha256", 0xc: "sha384"}


def replay(log, bank, size):
    """Registers 0 to 23 after a crypto agile event log (TCG PFP section 10)."""
    pcrs = [b"\0" * size] * 17 + [b"\xff" * size] * 6 + [b"\0" * size]
    at = 32 + struct.unpack_from("<I", log, 28)[0]
    while at + 8 <= len(log):
        pcr, kind, count = struct.unpack_from("<III", log, at)
        if pcr > 23:
            break
        at += 12
        for _ in range(count):
            alg = struct.unpack_from("<H", log, at)[0]
            n = {4: 20, 0xb: 32, 0xc: 48, 0xd: 64}[alg]
            if alg == bank and kind != 3:
                name = BANKS[bank]
                pcrs[pcr] = hashlib.new(name, pcrs[pcr] + log[at + 2:at + 2 + n]).digest()
            at += 2 + n
        at += 4 + struct.unpack_from("<I", log, at)[0]
    return pcrs


def with_aggregate(log, bank, size):
    """The same, and in register 10 the boot_aggregate of Linux 5.4: by SHA-1 in every bank"""
    pcrs = replay(log, bank, size)
    boot = hashlib.sha256(b"".join(replay(log, 0xb, 32)[:10])).digest()
    entry = (b"\x28\0\0\0sha256:\0" + boot + b"\x0f\0\0\0boot_aggregate").ljust(4 + 40 + 4 + 15, b"\0")
    name = BANKS[bank]
    pcrs[10] = hashlib.new(name, pcrs[10] + hashlib.sha1(entry).digest().ljust(size, b"\0")).digest()
    return pcrs


class Vectors:
    def __init__(self, folder):
        self.folder = Path(folder)

    def read(self, name):
        return (self.folder / name).read_bytes()

    def all(self):
        """name -> (kind, time, parts)"""
        out = {}
        for maker in (self.snp, self.intel, self.tpm, self.cose, self.gpu, self.azure):
            out.update(maker())
        return out

    def snp(self):
        for name, vek, line in (
                ("milan-v2", "milan-v2-vcek", "milan"), ("milan-v2-debug", "milan-v2-debug-vcek", "milan"),
                ("milan-v3", "milan-v3-vcek", "milan"), ("genoa-v3", "genoa-v3-vcek", "genoa"),
                ("milan-v3-vlek-aws", "milan-v3-vlek-aws-vlek", "milan-vlek"),
                ("genoa-v3-tsm", "genoa-v3-tsm-vcek", "genoa"), ("genoa-v5", "genoa-v5-vcek", "genoa"),
                ("turin-v5", "turin-v5-vcek", "turin"),
                ("milan-v2", "neg-milan-v2-vcek-invalid-legacy", "milan"),
                ("milan-v2", "neg-milan-v2-vcek-invalid-new", "milan")):
            chain = pem_certs(self.read(f"snp/trust-{line}-chain.pem"))
            cert = self.certificate(f"snp/{vek}.der")
            yield f"snp/{vek if vek.startswith('neg-') else name}", (
                "snp", self.within(cert), [self.read(f"snp/{name}-report.bin"), cert, *chain])

    def certificate(self, name):
        data = self.read(name)
        return pem_certs(data)[0] if data.startswith(b"-----") else data

    def within(self, der):
        cert = x509.load_der_x509_certificate(der)
        return int(cert.not_valid_before_utc.timestamp()) + 86400

    def intel(self):
        for kind, names in (
                ("tdx", ("v4-spr-50806f", "v4-gcp-00806f", "v4-b0c06f", "v4-00a06d",
                         "v4-debug-50806f", "v5-90c06f", "v5-90c06f-alibaba")),
                ("sgx", ("v3-00a067", "v3-debug-00606a", "v3-certtype3-ppid",
                         "v3-chain-order-00906e", "neg-v3-corrupt-00906e"))):
            for name in names:
                quote = self.read(f"{kind}/{name}.bin")
                start = quote.find(b"-----BEGIN")
                now = 1751328000
                if start >= 0:
                    end = quote.rfind(b"-----END CERTIFICATE-----") + 25
                    now = max(self.within(der) for der in pem_certs(quote[start:end]))
                yield f"{kind}/{name}", (kind, now, [quote])

    def tpm(self):
        key = serialization.load_der_public_key(self.read("tpm/generic-rsa-ak.spki.der"))
        yield "tpm/generic-rsa", ("tpm", 1767225600, [
            tpmt_public(key), self.read("tpm/generic-rsa-quote.msg"),
            self.read("tpm/generic-rsa-quote.sig"), self.read("tpm/generic-rsa-pcrs.bin"), b"\x20"])
        cos = "tpm/gce-cos85-nonce9009-"
        log = self.read(cos + "eventlog.bin")
        for n, bank, size in ((0, 4, 20), (1, 0xb, 32), (2, 0xc, 48)):
            yield f"{cos}q{n}", ("tpm", 1767225600, [
                self.read(cos + "ak.tpmt_public"), self.read(f"{cos}q{n}.msg"),
                self.read(f"{cos}q{n}.sig"), b"".join(with_aggregate(log, bank, size)), bytes([size])])

    def cose(self):
        for name, now in (("prod-nonce-userdata", 1668034320), ("neg-bad-sig", 1668034320),
                          ("debug-zero-pcrs", 1723799509), ("prod-2023", 1695899307),
                          ("prod-2025", 1766678659)):
            yield f"nitro/{name}", ("nitro", now, [self.read(f"nitro/{name}.cbor")])
        for name, key in (("fvp-example", "tfa-p384"), ("rmm-01", "tfa-p384"),
                          ("draft-ffm-00", "tfa-p384"), ("p256-02", "p256")):
            spki = serialization.load_pem_public_key(self.read(f"cca/cpak-{key}.pem")).public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            yield f"cca/{name}", ("cca", 1767225600, [self.read(f"cca/{name}.cbor"), spki])

    def gpu(self):
        for name in ("hopper-h100", "blackwell", "neg-hopper-badsig", "hopper-certhold"):
            yield f"gpu/{name}", ("nvidia-gpu", 1767225600, [
                self.read(f"gpu/{name}-report.bin"), self.read(f"gpu/{name}-chain.pem")])

    def azure(self):
        for name, line, quote in (
                ("snp-milan", "milan", ""), ("snp-genoa", "genoa", ""), ("snp-milan-v2report", "milan", ""),
                ("snp-milan-v2report", "milan", "neg-snp-milan-v2report-wrongak"), ("tdx", None, "")):
            key = serialization.load_pem_public_key(self.read(f"azure/{name}-ak.pem"))
            parts = [self.read(f"azure/{name}-hcl.bin"), tpmt_public(key)]
            parts += [self.read(f"azure/{quote or name}-{what}") for what in ("quote.msg", "quote.sig")]
            parts.append(self.read(f"azure/{name}-pcrs.bin"))
            parts.append(b"\x20")
            if line:
                vek = self.certificate(f"azure/{name}-vcek.der")
                parts += [vek, *pem_certs(self.read(f"snp/trust-{line}-chain.pem"))]
                yield f"azure/{quote or name}", ("azure-snp", self.within(vek), parts)
            else:
                td = self.read("azure/tdx-tdquote.bin")
                certs = td[td.find(b"-----BEGIN"):td.rfind(b"-----END CERTIFICATE-----") + 25]
                yield f"azure/{name}", ("azure-tdx", max(map(self.within, pem_certs(certs))), parts + [td])


def edges(parts):
    """Seconds at which some certificate in the parts begins or ends to be valid."""
    out = set()
    for part in parts:
        ders = [part] if part[:2] == b"\x30\x82" else []
        start = part.find(b"-----BEGIN CERTIFICATE")
        if start >= 0:
            end = part.rfind(b"-----END CERTIFICATE-----") + 25
            try:
                ders += pem_certs(part[start:end])
            except ValueError:
                pass
        for der in ders:
            try:
                cert = x509.load_der_x509_certificate(der)
            except ValueError:
                continue
            out |= {int(cert.not_valid_before_utc.timestamp()), int(cert.not_valid_after_utc.timestamp())}
    return sorted(out) or [0, 1 << 31]


def pick_part(r, kind, parts):
    while True:
        i = r.randrange(len(parts))
        if PARTS[kind][i] == "size":
            continue
        return 0 if r.random() < 0.4 else i


def mutate(r, name, base, swaps, times):
    """One case out of @base: what was done to it, and (kind, time, parts)"""
    kind, now, parts = base
    parts = list(parts)
    i = pick_part(r, kind, parts)
    data = bytearray(parts[i])
    what = r.choices(("bit", "byte", "cut", "more", "field", "swap", "time", "two"),
                     (40, 20, 10, 4, 14, 4, 4, 4))[0]
    if what == "time":
        return ("time", -1, 0), (kind, r.choice(times) + r.choice((-1, 0, 1)), parts)
    at = r.randrange(len(data))
    if what in ("bit", "two"):
        data[at] ^= 1 << r.randrange(8)
        if what == "two":
            data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    elif what == "byte":
        data[at] = (data[at] + 1 + r.randrange(255)) & 255
    elif what == "cut":
        del data[at:]
    elif what == "more":
        data += bytes(r.choice((0, r.randrange(256))) for _ in range(r.choice((1, 2, 16, 64))))
    elif what == "field" and kind in FIELDS:
        i, at, n = r.choice(FIELDS[kind])
        data = bytearray(parts[i])
        value = r.choice((b"\0" * n, b"\xff" * n, b"\x01" + b"\0" * (n - 1), b"\0" * (n - 1) + b"\x01",
                          r.randbytes(n), bytes(data[at:at + n])[::-1]))
        data[at:at + n] = value
    else:
        other = r.choice(swaps[kind])
        i = min(i, len(other[1][2]) - 1)
        what, data = "swap", bytearray(other[1][2][i])
        at = 0
    parts[i] = bytes(data)
    return (what, i, at), (kind, now, parts)


def cases(vectors, name, count, seed):
    """The vector itself, then @count mutations of it: (what was done, case)"""
    base = vectors[name]
    swaps = {}
    for other, case in vectors.items():
        swaps.setdefault(case[0], []).append((other, case))
    r = random.Random(f"{seed}/{name}")
    times = edges(base[2])
    yield ("none", -1, 0), base
    for _ in range(count):
        yield mutate(r, name, base, swaps, times)


def encode(case, first):
    kind, now, parts = case
    out = [kind.encode().ljust(16, b"\0"), struct.pack("<qH", now, len(parts))]
    for i, part in enumerate(parts):
        if first is not None and first[i] == part:
            out.append(struct.pack("<I", SAME))
        else:
            out += [struct.pack("<I", len(part)), part]
    return b"".join(out)
