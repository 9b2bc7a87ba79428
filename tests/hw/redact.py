# SPDX-License-Identifier: MIT
"""Takes out of a result what names a machine, its owner or its chip.

What cannot be guessed (a chip's id) is replaced by a hash, so that two results of one
chip can be told to be so; what can be guessed (names, addresses) is replaced by its kind.
Before a result is written, all of it is searched once more for what was taken out.
"""
import base64
import grp
import hashlib
import ipaddress
import json
import os
import pathlib
import pwd
import re
import socket
import subprocess

# Members of foreign JSON that name a chip, a guest or its owner, whatever they hold.
BY_NAME = {"chip_id": "chip id", "report_id": "report id", "report_id_ma": "report id",
           "ak_sha256": "TPM key", "id_key_digest": "owner's key", "author_key_digest": "owner's key",
           "host_data": "host data", "family_id": "image id", "image_id": "image id",
           "ppid": "platform id", "user_data": "quote's user data", "module_id": "enclave id",
           "vm_id": "VM id", "root_cert_thumbprint": "VM's certificate",
           "runtime_sha256": "VM's runtime data"}
SERIALS = ("product_serial", "product_uuid", "board_serial", "chassis_serial",
           "chassis_asset_tag", "board_asset_tag")
QUAD = re.compile(r"(?<![\w.])(?!127\.)\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d|\w)")
MAC = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def first_line(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def read_file(path):
    """What the worker wrote: a file of its own, not one that a link in its folder leads to."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        return file.read()


def hash_of(value):
    return "sha256:" + hashlib.sha256(b"ward-hw-result" + value.encode()).hexdigest()[:16]


def host_names():
    names = {socket.gethostname(), first_line("/etc/hostname"),
             first_line("/proc/sys/kernel/hostname")}
    names |= {name.split(".")[0] for name in names}
    return names - {"", "localhost", "(none)"}


def user_names():
    """People's: of the one who called sudo, and of all who can log in here."""
    names = {os.environ.get(v, "") for v in ("SUDO_USER", "LOGNAME", "USER")}
    homes = set()
    for user in pwd.getpwall():
        if 1000 <= user.pw_uid < 65534:
            names |= {user.pw_name, user.pw_gecos.split(",")[0]}
            homes.add(user.pw_dir)
    names |= {group.gr_name for group in grp.getgrall() if 1000 <= group.gr_gid < 65534}
    return {n for n in names if len(n) > 1} - {"root", "ward"}, homes - {"/", "/root", "/tmp", ""}


def addresses():
    try:
        said = subprocess.run(["ip", "-o", "addr"], capture_output=True, text=True, timeout=10,
                              check=False).stdout
    except OSError:
        said = ""
    found = set(re.findall(r"inet6? ([0-9a-fA-F.:]+)", said))
    for line in first_line("/proc/net/if_inet6").splitlines():
        found.add(str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))))
    return {a for a in found if not ipaddress.ip_address(a).is_loopback}


def macs():
    return {first_line(p) for p in pathlib.Path("/sys/class/net").glob("*/address")} - {
        "", "00:00:00:00:00:00"}


def serials():
    found = {first_line(f"/sys/class/dmi/id/{name}") for name in SERIALS}
    found |= {first_line("/etc/machine-id"), first_line("/proc/sys/kernel/random/boot_id")}
    dull = {"", "none", "not specified", "default string", "to be filled by o.e.m."}
    return {s for s in found if s.lower() not in dull and len(s) > 3}


class Redactor:
    """What is to go, and how often it went."""

    def __init__(self):
        self.values = {}        # text: (kind, what stands in its place)
        self.counts = {}

    def add(self, kind, value, hashed=False):
        if value and value not in self.values:
            self.values[value] = (kind, f"[{kind} {hash_of(value)}]" if hashed else f"[{kind}]")

    def add_machine(self):
        people, homes = user_names()
        for kind, values in (("host name", host_names()), ("home", homes), ("user", people),
                             ("address", addresses()), ("MAC address", macs())):
            for value in values:
                self.add(kind, value)
        for value in serials():
            self.add("serial", value, hashed=True)

    def add_named(self, value):
        """What foreign JSON holds under a name that gives it away."""
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in BY_NAME and isinstance(inner, str) and len(set(inner)) > 2:
                    self.add_hex(BY_NAME[name], inner)
                if name == "ak" and isinstance(inner, dict) and inner.get("sha256"):
                    self.add_hex("TPM key", inner["sha256"])
                self.add_named(inner)
        elif isinstance(value, list):
            for inner in value:
                self.add_named(inner)

    def add_hex(self, kind, text):
        self.add(kind, text, hashed=True)
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            return
        for form in (raw.hex(":"), base64.b64encode(raw).decode()):
            self.add(kind, form, hashed=True)
        if kind == "chip id":   # Turin's is short: what KDS is asked for, and a URL would show
            self.add(kind, raw[:8].hex(), hashed=True)

    def replace(self, pattern, kind, instead, text):
        text, n = pattern.subn(lambda _: instead, text)
        if n:
            self.counts[kind] = self.counts.get(kind, 0) + n
        return text

    def text(self, text):
        for value in sorted(self.values, key=len, reverse=True):
            kind, instead = self.values[value]
            text = self.replace(bounded(value), kind, instead, text)
        for pattern, kind in ((MAIL, "mail address"), (MAC, "MAC address"), (QUAD, "address")):
            text = self.replace(pattern, kind, f"[{kind}]", text)
        return text

    def clean(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.clean(v) for v in value]
        if isinstance(value, dict):
            return {k: self.clean(v) for k, v in value.items()}
        return value

    def left(self, value):
        """Kinds of what is still in the text of @value: none, or it is not written."""
        text = json.dumps(value, ensure_ascii=False)
        return sorted({kind for known, (kind, _) in self.values.items()
                       if bounded(known).search(text)})

    def summary(self):
        return [{"what": kind, "places": n} for kind, n in sorted(self.counts.items())]


def bounded(value):
    """@value where it is no part of a longer word: a user may be called "ward"."""
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])", re.I)
