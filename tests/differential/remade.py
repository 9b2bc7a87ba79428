# SPDX-License-Identifier: MIT
"""Real evidence under keys of our own: its certificates again with other keys, and what they sign.

With them the fields of a report or quote can be changed, and lists of what is revoked made. Keys
are drawn once for a build folder and kept there; signatures differ from run to run.
"""
import datetime
import hashlib
import struct
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=48)
PRODUCT = "1.3.6.1.4.1.3704.1.2"
PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


class Keys:
    def __init__(self, build):
        self.folder = Path(build) / "keys"
        self.folder.mkdir(parents=True, exist_ok=True)

    def get(self, name):
        """@name's first part says what kind: rsa, p256, p384"""
        path = self.folder / f"{name}.pem"
        if path.exists():
            return serialization.load_pem_private_key(path.read_bytes(), None)
        kind = name.split("-")[0]
        key = (rsa.generate_private_key(65537, 4096) if kind == "rsa" else
               ec.generate_private_key({"p256": ec.SECP256R1, "p384": ec.SECP384R1}[kind]()))
        path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
        return key

    def root(self, name, der):
        """Keep a root where the programs find it, and give it back"""
        (self.folder / f"root-{name}.pem").write_bytes(
            x509.load_der_x509_certificate(der).public_bytes(PEM))
        return der

    def roots(self):
        return sorted(str(p) for p in self.folder.glob("root-*.pem"))


def again(cert, key, signer):
    """@cert for @key, by @signer: all else as it was, but for what names keys"""
    b = x509.CertificateBuilder(cert.issuer, cert.subject, key.public_key(), cert.serial_number or 1,
                                cert.not_valid_before_utc, cert.not_valid_after_utc)
    for e in cert.extensions:
        value = e.value
        if e.oid.dotted_string == PRODUCT and value.value == b"\x16\x05Genoa":
            # go-sev-guest 0.13 knows no VCEK without a stepping
            value = x509.UnrecognizedExtension(e.oid, b"\x16\x08Genoa-B1")
        if isinstance(value, x509.SubjectKeyIdentifier):
            value = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        if isinstance(value, x509.AuthorityKeyIdentifier):
            value = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        b = b.add_extension(value, e.critical)
    by_rsa = isinstance(signer, rsa.RSAPrivateKey)
    hash_ = hashes.SHA384() if by_rsa else hashes.SHA256()
    return b.sign(signer, hash_, rsa_padding=PSS if by_rsa else None).public_bytes(DER)


def raw(signature, size, order):
    r, s = utils.decode_dss_signature(signature)
    return r.to_bytes(size, order) + s.to_bytes(size, order)


class Snp:
    """A report's chain again: parts as cases.py has them"""

    def __init__(self, keys, name, parts):
        vek, ask, ark = (x509.load_der_x509_certificate(der) for der in parts[1:4])
        line = ask.subject.rfc4514_string().split("CN=")[1].split(",")[0].lower()
        self.ark_key, self.ask_key = keys.get("rsa-ark"), keys.get(f"rsa-{line}")
        self.key = keys.get("p384-vek")
        self.ark = keys.root(f"{line}", again(ark, self.ark_key, self.ark_key))
        self.chain = [again(vek, self.key, self.ask_key), again(ask, self.ask_key, self.ark_key), self.ark]
        self.name, self.report = name, parts[0]

    def sign(self, report):
        body = bytes(report[:0x2a0])
        sig = raw(self.key.sign(body, ec.ECDSA(hashes.SHA384())), 72, "little")
        return body + sig + bytes(1184 - 0x2a0 - len(sig))


class Td:
    """A quote of version 4 again: PCK's chain, quoting enclave, attestation key"""

    def __init__(self, keys, name, quote):
        self.name, self.quote = name, quote
        start, end = quote.find(b"-----BEGIN"), quote.rfind(b"-----END CERTIFICATE-----") + 25
        pck, ca, root = sorted(x509.load_pem_x509_certificates(quote[start:end]),
                               key=lambda c: [word in str(c.subject) for word in ("Root", " CA")])
        root_key, ca_key = keys.get("p256-root"), keys.get("p256-ca")
        pck_key, self.key = keys.get("p256-pck"), keys.get("p256-attest")
        made = (again(pck, pck_key, ca_key), again(ca, ca_key, root_key), again(root, root_key, root_key))
        keys.root("intel", made[2])
        text = b"".join(x509.load_der_x509_certificate(der).public_bytes(PEM) for der in made)
        numbers = self.key.public_key().public_numbers()
        point = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        at = 632 + 4 + 64 + 64 + 6
        auth = quote[at + 450:at + 450 + struct.unpack_from("<H", quote, at + 448)[0]]
        qe = quote[at:at + 320] + hashlib.sha256(point + auth).digest() + bytes(32)
        qe += raw(pck_key.sign(qe, ec.ECDSA(hashes.SHA256())), 32, "big")
        inner = qe + struct.pack("<H", len(auth)) + auth + struct.pack("<HI", 5, len(text)) + text
        self.rest = point + struct.pack("<HI", 6, len(inner)) + inner

    def sign(self, signed):
        rest = raw(self.key.sign(bytes(signed), ec.ECDSA(hashes.SHA256())), 32, "big") + self.rest
        return bytes(signed) + struct.pack("<I", len(rest)) + rest


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def revocations(r, snp, now):
    """One list of what is revoked, drawn by @r: mostly the ARK's, with or without the chain in it"""
    ask, ark = (x509.load_der_x509_certificate(der) for der in snp.chain[1:])
    vek = x509.load_der_x509_certificate(snp.chain[0])
    issuer = r.choices((ark.subject, ask.subject, vek.subject), (18, 1, 1))[0]
    key = r.choices((snp.ark_key, snp.ask_key), (12, 1))[0]
    b = x509.CertificateRevocationListBuilder(issuer, when(now - r.choice((1, 86400, 86400, 86400, -3600))),
                                              when(now + r.choice((86400,) * 6 + (0, -1, 1, -3600))))
    serials = {r.randrange(1, 1 << r.choice((8, 17, 64, 159))) for _ in range(r.choice((0, 0, 1, 3)))}
    serials |= {cert.serial_number for cert, odds in ((ask, .15), (ark, .05), (vek, .15)) if r.random() < odds}
    for serial in sorted(serials):
        e = x509.RevokedCertificateBuilder(serial, when(now - r.choice((3600, -3600))))
        if r.random() < 0.2:
            e = e.add_extension(x509.CRLReason(r.choice((x509.ReasonFlags.key_compromise,
                                                         x509.ReasonFlags.certificate_hold))), r.random() < 0.1)
        b = b.add_revoked_certificate(e.build())
    if r.random() < 0.5:
        whose = r.choices((snp.ark_key, snp.ask_key), (9, 1))[0].public_key()
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(whose), False)
    if r.random() < 0.5:
        b = b.add_extension(x509.CRLNumber(r.randrange(1 << 20)), False)
    if r.random() < 0.05:
        b = b.add_extension(x509.DeltaCRLIndicator(1), True)
    how = r.choices((PSS, padding.PKCS1v15()), (12, 1))[0]
    hash_ = r.choices((hashes.SHA384(), hashes.SHA256()), (12, 1))[0]
    if how is PSS and not isinstance(hash_, hashes.SHA384):
        how = padding.PSS(mgf=padding.MGF1(hash_), salt_length=32)
    return b.sign(key, hash_, rsa_padding=how).public_bytes(DER)


def damaged(r, der):
    data = bytearray(der)
    what = r.choices(("as it is", "bit", "cut", "more", "none"), (14, 2, 1, 1, 1))[0]
    if what == "bit":
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    elif what == "cut":
        del data[r.randrange(len(data)):]
    elif what == "more":
        data += bytes(r.randrange(1, 4))
    elif what == "none":
        data.clear()
    return what, bytes(data)


def lists(snp, now, count, r):
    """Lists of what is revoked: (what was done, the list). Signing takes time: each is used often"""
    pool = [revocations(r, snp, now) for _ in range(min(count, 500))]
    for _ in range(count):
        yield damaged(r, r.choice(pool))
