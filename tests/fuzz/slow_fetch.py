# SPDX-License-Identifier: MIT
"""What takes `wardctl fetch` longest: answers as large as its caps let them be."""
import base64
import os
import subprocess

HEADER = 8 << 10       # CHAIN_MAX of fetch_http.c
CERTS = 16 << 10        # FETCH_PAIR_MAX of fetch.h
JSON = 64 << 10         # FETCH_JSON_MAX
CRL = 96 << 10          # FETCH_CRL_MAX
BEFORE = 1 << 20        # what the latter two were once


def der(tag, body):
    n = len(body)
    size = bytes([n]) if n < 128 else bytes([0x80 | (n.bit_length() + 7) // 8]) + \
        n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag]) + size + body


def number(raw):
    return der(2, (b"\0" if raw[0] & 0x80 else b"") + raw)


def pem(what, data):
    return b"-----BEGIN %s-----\n" % what + base64.encodebytes(data) + b"-----END %s-----\n" % what


def wide_cert(bits, exponent):
    """A CA that says it signed itself: RSA, of which nobody has the private key."""
    modulus = b"\xc1" + os.urandom(bits // 8 - 2) + b"\1"
    algorithm = der(0x30, bytes.fromhex("06092a864886f70d01010b0500"))
    name = der(0x30, der(0x31, der(0x30, bytes.fromhex("0603550403") + der(12, b"ARK-Milan"))))
    when = der(0x30, der(0x17, b"200101000000Z") + der(0x17, b"490101000000Z"))
    key = der(0x30, der(0x30, bytes.fromhex("06092a864886f70d0101010500")) +
              der(3, b"\0" + der(0x30, number(modulus) + number(exponent))))
    ca = der(0xa3, der(0x30, der(0x30, bytes.fromhex("0603551d130101ff040530030101ff"))))
    tbs = der(0x30, der(0xa0, der(2, b"\2")) + der(2, b"\1") + algorithm + name + when + name + key + ca)
    return der(0x30, tbs + algorithm + der(3, b"\0" + bytes(1) + os.urandom(bits // 8 - 1)))


def ec_cert(curve):
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:" + curve,
                           "-nodes", "-keyout", "/dev/null", "-subj", "/CN=ARK-Milan", "-days", "9000"],
                          check=True, capture_output=True)
    return made.stdout


def repeated(text, cap):
    return text * (cap // len(text))


def answer(kind, headers, body):
    return bytes([kind]) + len(headers).to_bytes(2, "big") + headers + body


def chain_of(seed):
    """Status line and the header's name, the chain, the body."""
    n = int.from_bytes(seed[1:3], "big")
    line, body = seed[3:3 + n], seed[3 + n:]
    at = line.index(b"Chain: ") + 7
    chain = line[at:].rstrip(b"\r\n")
    for mark, byte in ((b"%0A", b"\n"), (b"%20", b" "), (b"%2B", b"+"), (b"%2F", b"/"), (b"%3D", b"=")):
        chain = chain.replace(mark, byte)
    return line[:at], chain, body


def documents(seed, cap, mark):
    head, chain, body = chain_of(seed)
    one = chain[:chain.index(b"-----END CERTIFICATE-----") + 26].replace(b"\n", b"%0A")
    full = head + repeated(one, HEADER) + b"\r\n"
    at = body.index(b":{") + 2
    padded = body[:at] + b" " * (cap - len(body)) + body[at:]
    yield "json-blanks-" + mark, answer(3, full, padded)
    members, n = [], 0
    while len(body) + 10 * n < cap - 16:
        members.append(b'"%05x":0,' % n)
        n += 1
    yield "json-members-" + mark, answer(3, full, body[:at] + b"".join(members) + body[at:])


def certificates():
    for name, text in (("wide", pem(b"CERTIFICATE", wide_cert(16384, b"\xff" * 8))),
                       ("amd", pem(b"CERTIFICATE", wide_cert(4096, b"\xff" * 8))),
                       ("amd-e", pem(b"CERTIFICATE", wide_cert(4096, b"\1\0\1"))),
                       ("p384", ec_cert("P-384")), ("p521", ec_cert("P-521")),
                       ("brainpool", ec_cert("brainpoolP512r1")), ("binary", ec_cert("sect571r1"))):
        yield "ca-" + name, answer(7, b"", repeated(text, CERTS))


def lists(seed, made_crl, cap, mark):
    head, chain, body = chain_of(seed)
    full = head + repeated(chain.replace(b"\n", b"%0A"), HEADER) + b"\r\n"
    yield "crl-" + mark, answer(5, full, made_crl(body, cap))


def family(read, made_crl):
    yield from certificates()
    yield from documents(read("fetch", "tcb-info"), JSON, "now")
    yield from lists(read("fetch", "pck-crl"), made_crl, CRL, "now")
    yield from documents(read("fetch", "tcb-info"), BEFORE, "before")
    yield from lists(read("fetch", "pck-crl"), made_crl, BEFORE, "before")
