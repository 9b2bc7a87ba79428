#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A CDI file by the rules of the Container Device Interface, 0.3.0 to 1.1.0.

  cdi.py FILE      what is wrong with it, a line each; status 1 if anything is

Container engines read the file as strictly: one unknown member, and no container starts
with its devices. Written from the specification; used by tests/e2e/container_bundle.py as
well, which makes an engine's edits of a container from the same file.
"""
import json
import re
import sys

RELEASED = ("0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0")
TEXT, NUMBER, LIST, OBJECT, BOOL = str, int, list, dict, bool

# member: (type, required, first version that has it)
SPEC = {
    "cdiVersion": (TEXT, True, "0.3.0"), "kind": (TEXT, True, "0.3.0"),
    "annotations": (OBJECT, False, "0.6.0"), "devices": (LIST, True, "0.3.0"),
    "containerEdits": (OBJECT, False, "0.3.0")}
DEVICE = {
    "name": (TEXT, True, "0.3.0"), "annotations": (OBJECT, False, "0.6.0"),
    "containerEdits": (OBJECT, True, "0.3.0")}
EDITS = {
    "env": (LIST, False, "0.3.0"), "deviceNodes": (LIST, False, "0.3.0"),
    "netDevices": (LIST, False, "1.1.0"), "mounts": (LIST, False, "0.3.0"),
    "hooks": (LIST, False, "0.3.0"), "intelRdt": (OBJECT, False, "0.7.0"),
    "additionalGids": (LIST, False, "0.7.0")}
NODE = {
    "path": (TEXT, True, "0.3.0"), "hostPath": (TEXT, False, "0.5.0"),
    "type": (TEXT, False, "0.3.0"), "major": (NUMBER, False, "0.3.0"),
    "minor": (NUMBER, False, "0.3.0"), "fileMode": (NUMBER, False, "0.3.0"),
    "permissions": (TEXT, False, "0.3.0"), "uid": (NUMBER, False, "0.3.0"),
    "gid": (NUMBER, False, "0.3.0")}


def order(version):
    return [int(part) for part in version.split(".")]


def members(value, table, version, at):
    """What the table of an object says against @value."""
    if not isinstance(value, dict):
        yield f"{at}: not an object"
        return
    for name in value.keys() - table.keys():
        yield f"{at}: unknown member {name}"
    for name, (kind, required, since) in table.items():
        if name not in value:
            if required:
                yield f"{at}: {name} is missing"
        elif not isinstance(value[name], kind) or isinstance(value[name], bool) != (kind is BOOL):
            yield f"{at}: {name} has another type than {kind.__name__}"
        elif order(since) > order(version):
            yield f"{at}: {name} needs version {since}, the file says {version}"


def node(value, version, at):
    yield from members(value, NODE, version, at)
    if not str(value.get("path", "")).startswith("/"):
        yield f"{at}: path is not absolute"
    if value.get("type", "c") not in ("b", "c", "u", "p"):
        yield f"{at}: no such type of node"
    if not re.fullmatch("[rwm]*|none", value.get("permissions", "")):
        yield f"{at}: permissions are of r, w and m"


def edits(value, version, at):
    yield from members(value, EDITS, version, at)
    if not value:
        yield f"{at}: edits nothing"
    for n, one in enumerate(value.get("deviceNodes", [])):
        yield from node(one, version, f"{at}.deviceNodes[{n}]")


def kind(text):
    vendor, _, name = text.partition("/")
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    if len(vendor) > 253 or not re.fullmatch(rf"{label}(\.{label})*", vendor):
        yield "kind: what stands before / is no DNS name"
    if not re.fullmatch(r"[A-Za-z]([\w.-]{0,61}[A-Za-z0-9])?", name, re.ASCII):
        yield "kind: what stands behind / is no name"


def devices(spec, version):
    names = set()
    for n, device in enumerate(spec.get("devices", [])):
        at = f"devices[{n}]"
        yield from members(device, DEVICE, version, at)
        name = str(device.get("name"))
        if not re.fullmatch(r"[A-Za-z0-9]([\w.:-]*[A-Za-z0-9])?", name, re.ASCII):
            yield f"{at}: no name of a device: {name}"
        if name in names:
            yield f"{at}: the name {name} is there twice"
        names.add(name)
        yield from edits(device.get("containerEdits", {}), version, at)
    if not names:
        yield "devices: at least one"


def wrong(spec):
    if not isinstance(spec, dict):
        return ["not an object"]
    version = spec.get("cdiVersion")
    if version not in RELEASED:
        return [f"cdiVersion: not a released version: {version}"]
    found = list(members(spec, SPEC, version, "file"))
    found += kind(str(spec.get("kind", "")))
    found += devices(spec, version)
    if "containerEdits" in spec:
        found += edits(spec["containerEdits"], version, "containerEdits")
    return found


def main(path):
    with open(path, encoding="utf-8") as file:
        found = wrong(json.load(file))
    for line in found:
        print(f"{path}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
