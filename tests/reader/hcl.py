# SPDX-License-Identifier: MIT
"""doc/formats.md section 11: the report of Azure's paravisor, and the quote of its vTPM."""
import base64
import hashlib
import json
import math
import re
import struct

from cryptography.hazmat.primitives.asymmetric import rsa

from . import quote, snp, tpm
from .cbor import is_bytes
from .refused import need

TEXT_AT, REPORT = 1236, slice(32, 1216)
HASHES = {1: "sha256", 2: "sha384", 3: "sha512"}
KINDS = {"azure-snp": 2, "azure-tdx": 4}
# Where the report data are in the hardware's report
DATA_AT = {2: 0x50, 4: 128}
SETTINGS = {"secure-boot": bool, "tpm-enabled": bool, "tpm-persisted": bool, "console-enabled": bool,
            "vmUniqueId": str, "root-cert-thumbprint": str}
# Of a TDREPORT: body's offset, its own, length; the last two of TD 1.5 alone
SAME = ((0, 264, 120), (120, 512, 400), (520, 128, 64), (584, 384, 16), (600, 912, 48))
TD_ZERO = ((3, 16), (192, 224), (400, 512), (960, 1024))


def damaged(condition, text):
    need(condition, text, "hcl-damaged")


def pairs(found):
    damaged(len({k for k, _ in found}) == len(found), "a member twice")
    damaged(not any("\0" in k or any(0xd800 <= ord(c) < 0xe000 for c in k) for k, _ in found), "a name")
    return dict(found)


def walk(value):
    if isinstance(value, dict):
        return all(walk(v) for v in value.values())
    if isinstance(value, list):
        return all(walk(v) for v in value)
    if isinstance(value, str):
        return "\0" not in value and not any(0xd800 <= ord(c) < 0xe000 for c in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -1 << 63 <= value < 1 << 63


def read_json(raw):
    try:
        text = json.loads(raw.decode(), object_pairs_hook=pairs)
    except (ValueError, RecursionError) as e:
        damaged(False, f"no JSON: {e}")
    damaged(isinstance(text, dict) and walk(text), "no object, or a value that is not one")
    return text


def number_of(text):
    damaged(isinstance(text, str) and re.fullmatch("[A-Za-z0-9_-]+", text) and len(text) % 4 != 1, "no base64url")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    damaged(base64.urlsafe_b64encode(raw).rstrip(b"=") == text.encode(), "bits behind the last byte")
    return int.from_bytes(raw, "big")


def signer(text):
    keys = text.get("keys")
    damaged(isinstance(keys, list), "no keys")
    named = [k for k in keys if isinstance(k, dict) and k.get("kid") == "HCLAkPub"]
    damaged(len(named) == 1 and named[0].get("kty") == "RSA", "not one key that signs")
    damaged(number_of(named[0].get("e")) == 65537, "another exponent")
    return number_of(named[0].get("n"))


def check_settings(text):
    vm = text.get("vm-configuration", {})
    damaged(isinstance(vm, dict), "settings")
    for name, kind in SETTINGS.items():
        damaged(name not in vm or isinstance(vm[name], kind), name)
    said = text.get("user-data", "0" * 128)
    damaged(isinstance(said, str) and re.fullmatch("[0-9a-fA-F]{128}", said), "user-data")


def read(hcl):
    """The hardware's report, its kind, and the modulus that it vouches for"""
    damaged(len(hcl) >= TEXT_AT and hcl[:4] == b"HCLA", "no report of a paravisor's")
    version, size = struct.unpack_from("<II", hcl, 4)
    whole, form, kind, hash_, n = struct.unpack_from("<IIIII", hcl, 1216)
    damaged(version in (1, 2) and form == 1 and kind in DATA_AT and hash_ in HASHES, "versions, kind or hash")
    damaged(whole == 20 + n and size == TEXT_AT + n <= len(hcl) and not any(hcl[size:]), "lengths")
    damaged(kind == 2 or not any(hcl[32 + 1024:1216]), "something follows the TDREPORT")
    raw, report = hcl[TEXT_AT:size], hcl[REPORT]
    want = hashlib.new(HASHES[hash_], raw).digest().ljust(64, b"\0")
    need(report[DATA_AT[kind]:DATA_AT[kind] + 64] == want, "over other runtime data", "runtime-mismatch")
    text = read_json(raw)
    modulus = signer(text)
    check_settings(text)
    return report, kind, modulus


def check_tdreport(report, td_quote, world):
    def mine(condition, text):
        need(condition, text, "tdreport-mismatch")
    need(report[0] == 0x81 and not report[1] and report[2] < 2 and not any(any(report[a:b]) for a, b in TD_ZERO),
         "its type, or reserved bytes", "evidence-damaged")
    mine(hashlib.sha384(report[256:495]).digest() == report[32:80], "its first digest")
    mine(hashlib.sha384(report[512:1024]).digest() == report[80:128], "its second digest")
    body = quote.verify({"tee": "tdx", "data": td_quote}, world)
    for at, own, length in SAME:
        mine(at >= len(body) or body[at:at + length] == report[own:own + length], f"byte {own}")
    return body[136:184]


def check(piece, want, world):
    d = tpm.read_data(piece["data"], hcl=True)
    aux = tpm.read_aux(piece["aux"], piece["tee"] == "azure-tdx")
    report, kind, modulus = read(d["hcl"])
    damaged(kind == KINDS[piece["tee"]], "another kind of hardware")
    signs, key = tpm.public(d["ak"])
    tpm.check_signature(signs, key, d["signature"], d["quote"], True)
    need(isinstance(key, rsa.RSAPublicKey) and key.public_numbers().n == modulus, "another key", "ak-mismatch")
    tpm.check_quote(d, aux, want)
    if kind == 4:
        need(is_bytes(aux.get("td_quote"), 1, 32768), "no quote", "collateral-missing")
        return check_tdreport(report[:1024], aux["td_quote"], world)
    measured = snp.verify(report, world.given, world)
    need(not any(report[0x30:0x34]), "not the paravisor's", "vmpl-refused")
    return measured
