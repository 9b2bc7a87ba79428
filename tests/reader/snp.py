# SPDX-License-Identifier: MIT
"""doc/formats.md section 4: SNP reports and their certificates."""
import struct

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from . import certs
from .refused import need

GUIDS = {"c0b406a4a803495297433fb6014cd0ae": "ark", "4ab7b379bbac4fe4a02f05aef327c782": "ask",
         "63da758de6644564adc5f4b93be8accd": "vcek", "a8074bc2a25a483eaae639c045a0b8a1": "vlek"}
# Bytes that a version leaves reserved: versions from, to, offsets from, to (AMD 56860)
RESERVED = ((2, 5, 0x4c, 0x50), (2, 2, 0x188, 0x18b), (2, 5, 0x18b, 0x1a0), (2, 5, 0x1eb, 0x1ec),
            (2, 5, 0x1ef, 0x1f0), (2, 4, 0x1f8, 0x208), (2, 5, 0x208, 0x2a0))
AMD = "1.3.6.1.4.1.3704.1."
CPUS = {"Milan": ((0x19, range(0x10)),), "Genoa": ((0x19, range(0x10, 0x20)), (0x19, range(0xa0, 0xb0))),
        "Turin": ((0x1a, range(0x20)),)}
# Which byte of the TCB is which extension's; of Turin
TCB = ({0: "3.1", 1: "3.2", 6: "3.3", 7: "3.8"}, {0: "3.9", 1: "3.1", 2: "3.2", 3: "3.3", 7: "3.8"})
UNSIGNED = ((0x2a0 + 48, 0x2e8), (0x2e8 + 48, 1184))


def table(aux):
    out, at = {}, 0
    while aux:
        entry = aux[at:at + 24]
        need(len(entry) == 24 and at < 32 * 24, "the table has no end")
        at += 24
        if not any(entry):
            break
        offset, size = struct.unpack_from("<II", entry, 16)
        need(at <= offset and offset + size <= len(aux), "an entry outside of the table")
        if entry[:16].hex() in GUIDS:
            out[GUIDS[entry[:16].hex()]] = aux[offset:offset + size]
    return out


def check_form(report):
    need(len(report) == 1184, "a report of another size")
    version, policy = struct.unpack_from("<IxxxxQ", report)
    algorithm, key_info = (struct.unpack_from("<I", report, at)[0] for at in (0x34, 0x48))
    need(2 <= version <= 5 and algorithm == 1, "version or algorithm")
    need(policy >> 17 & 1 and not policy >> 26, "the guest policy's bits")
    need(not key_info >> 5, "key_info's bits")
    for least, most, at, end in RESERVED:
        need(not least <= version <= most or not any(report[at:end]), f"bytes {at:#x} ff. are reserved")
    for at, end in UNSIGNED:
        need(not any(report[at:end]), f"bytes {at:#x} ff. of the report, which nobody signed")
    kind = key_info >> 2 & 7
    need(kind in (0, 1), "signing key")
    return ("vcek", "vlek")[kind]


def issuer(cert, given, roots):
    """By name and signature, among @given (DER, read when those before did not do), then @roots"""
    for source in (certs.load(der) if isinstance(der, bytes) else der for der in (*given, *roots)):
        if certs.same_name(source.subject, cert.issuer) and certs.is_ca(source) and certs.signed_by(cert, source):
            return source
    need(False, f"nobody issued {cert.subject.rfc4514_string()}")
    return None


def chain(found, kind, roots, now):
    need(found.get(kind), "no VCEK or VLEK")
    vek = certs.load(found[kind])
    given = [found[n] for n in ("ask", "ark") if found.get(n)]
    ask = issuer(vek, given, roots)
    ark = issuer(ask, given, roots)
    for cert in (vek, ask, ark):
        certs.check_extensions(cert)
    need(not certs.is_ca(vek), "the VEK is a CA")
    need(isinstance(vek.public_key().curve, ec.SECP384R1), "the VEK's curve")
    need(any(certs.same_key(ark, root) for root in roots), "a root that nobody named")
    need(ark in roots or (certs.same_name(ark.subject, ark.issuer) and certs.signed_by(ark, ark)), "no self-signed root")
    for cert in (vek, ask, ark):
        certs.check_window(cert, now)
    return vek


def levels(value, word):
    need(value[:1] == b"\x02" and value[1:2] in (b"\1", b"\2") and len(value) == 2 + value[1], "no INTEGER", word)
    number = int.from_bytes(value[2:], "big", signed=True)
    need(0 <= number <= 255 and (len(value) == 3 or number > 127), "a level out of range", word)
    return number


def issued_for(cert):
    """Product, levels by the byte of the TCB, and the chip's id or None"""
    word = "certificate-damaged"
    found = {e.oid.dotted_string[len(AMD):]: e.value.value for e in cert.extensions
             if e.oid.dotted_string.startswith(AMD)}
    name = found.get("2", b"")
    product = name[2:].split(b"-")[0].decode("latin-1")
    need(name[:2] == bytes([0x16, len(name) - 2]) and product in CPUS, "an unknown product", "product-mismatch")
    tcb = {at: levels(found.get(ext, b""), word) for at, ext in TCB[product == "Turin"].items()}
    need(("4" in found) != ("5" in found), "both of chip and operator, or neither", word)
    chip = found.get("4")
    need(chip is None or len(chip) == (8 if product == "Turin" else 64), "a chip id of another length", word)
    return product, tcb, chip


def check_issued(report, vek, kind):
    product, tcb, chip = issued_for(vek)
    need((kind == "vlek") == (chip is None), "the other kind of key", "key-kind-mismatch")
    if report[0] > 2:
        need(any(report[0x188] == family and report[0x189] in models for family, models in CPUS[product]),
             f"not of {product}", "product-mismatch")
    for at, level in tcb.items():
        need(report[0x180 + at] == level, f"byte {at} of the TCB", "tcb-mismatch")
    need(chip is None or not any(report[0x1a0:0x1e0]) or report[0x1a0:0x1e0] == chip.ljust(64, b"\0"),
         "another chip", "chip-mismatch")


def verify(report, found, world):
    """@found: certificates in DER by their names"""
    kind = check_form(report)
    vek = chain(found, kind, world.roots, world.now)
    signature = report[0x2a0:0x2a0 + 48] + report[0x2e8:0x2e8 + 48]
    certs.check_signed(vek.public_key(), signature, report[:0x2a0], hashes.SHA384(), "signature-invalid", "little")
    check_issued(report, vek, kind)
    return report[0x90:0xc0]


def check(piece, want, world):
    report = piece["data"]
    check_form(report)
    measured = verify(report, table(piece["aux"]), world)
    need(report[0x50:0x90] == want, "the report signs other claims", "report-data-mismatch")
    need(int.from_bytes(report[0x30:0x34], "little") <= 3, "a VMPL that no policy accepts")
    return measured
