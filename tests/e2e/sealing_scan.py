# SPDX-License-Identifier: MIT
"""sealing_scan.py DIR: in the guest's memory ($WARD_RAM), each secret of sealing.sh and how
often it is there. What the SIMULATED firmware derives is computed here anew, out of this
build's test key and what the sealed file says, as doc/formats.md, section 6, has it."""
import base64
import hashlib
import hmac
import mmap
import os
import re
import struct
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/reader"))
import dataset  # noqa: E402

UID, CGROUP = 1001, b"/a"


def said(directory, pattern):
    ktap = (directory / "ktap").read_bytes().replace(b"\r", b"").decode(errors="replace")
    found = re.findall(pattern, ktap, re.M)
    return found[-1] if found else None


def derived(how):
    """As tests/tsmsim/sevsim.c."""
    header = (TOP / "build/tsmsim/tsmsim_key.h").read_text()
    key = bytes(int(x, 16) for x in re.findall(r"0x(..)\b", header.split("tsmsim_key[48]")[1].split("}")[0]))
    root, fields, vmpl = struct.unpack_from("<IQI", how, 4)
    assert len(key) == 48 and fields == 1 << 3
    measurement = bytes(47) + b"\x01"
    mix = b"SIMULATED KEY V1" + key + struct.pack("<8Q", root, fields, vmpl, *5 * [0]) + measurement
    return hashlib.sha384(mix).digest()[:32]


def hkdf(ikm, salt, info):
    prk = hmac.new(salt, ikm, hashlib.sha256).digest()
    return hmac.new(prk, info + b"\x01", hashlib.sha256).digest()


def secrets(directory):
    broker = (directory / "seal.key").read_bytes()
    yield "broker", broker
    kept = said(directory, r"^# file kept (\S+)$")
    if not kept:
        return
    data = base64.b64decode(kept)
    head = dataset.fixed(data)
    how = next(how for kind, _, how, _ in dataset.recipients(data, head) if kind == 4)
    key = derived(how)
    identity = struct.pack("<I", UID) + hashlib.sha256(CGROUP).digest() + \
        bytes.fromhex(said(directory, r"^# module (\S+)$"))
    secret = hkdf(key, how[32:], b"WARD-SEAL-SNP-V1\0" + how + identity)
    content = dataset.content_key(data, head, broker)
    # That these are what was used, the file itself says: the secret opens it too.
    salt = head["id"] + head["salt"]
    wrap = next(wrap for kind, _, _, wrap in dataset.recipients(data, head) if kind == 4)
    opened = dataset.AESGCM(dataset.derive(secret, salt, b"WARD-WRAP-V2")).decrypt(bytes(12), wrap, head["id"])
    assert opened == content
    yield "derived", key
    yield "secret", secret
    yield "content", content


def count(image, pattern):
    at, n = image.find(pattern), 0
    while at >= 0:
        n, at = n + 1, image.find(pattern, at + 1)
    return n


def main():
    directory = Path(sys.argv[1])
    with open(os.environ["WARD_RAM"], "rb") as f, \
            mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as image:
        print(" ".join(f"{name} {count(image, key)}" for name, key in secrets(directory)))


main()
