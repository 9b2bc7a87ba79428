#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The ioctls of include/uapi and what a caller fills in of their structs.

  table.py c HEADERS                the rows that grammar.c includes
  table.py compare TEXT HEADERS FROZEN   what of the headers the syzlang description in TEXT
                                    lacks, and what of its numbers and widths (those of
                                    tests/cli/abi.frozen) is not theirs; status 1 if anything

The kind of a member follows from its type and its name, which the headers keep to.
"""
import glob
import re
import sys

MEMBER = re.compile(r"^\t(__\w+)\s+(\w+)(?:\[([^\]]+)\])?;", re.M)
LENGTHS = {"length", "count", "limit", "threshold", "chunk", "offset", "src_len", "index"}


def read(headers):
    text = "".join(open(f).read() for f in sorted(glob.glob(f"{headers}/linux/ward*.h")))
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def structs(text):
    """{name: [(type, member, array)]}"""
    return {m[1]: MEMBER.findall(m[2])
            for m in re.finditer(r"^struct (ward_\w+) \{\n(.*?)^\};", text, re.M | re.S)}


def ioctls(text):
    """[(name, number, struct)]"""
    numbers = dict(re.findall(r"^\tWARD_CMD_(\w+) = (0x[0-9a-f]+),", text, re.M))
    return [(n, int(at, 16), f"ward_{n.lower()}") for n, at in numbers.items()]


def kind(ctype, name, array):
    if name.startswith("out_"):
        return None
    if array:
        return "BYTES"
    if name in ("size", "flags"):
        return name.upper()
    if name.endswith("_fd"):
        return "BUFFER"
    if name == "addr" or name == "src" or name.endswith("_addr"):
        return "ADDRESS"
    if name.endswith("_ns"):
        return "TIME"
    if name.endswith("_len") or name in LENGTHS:
        return "LENGTH"
    return {"cookie": "COOKIE"}.get(name, "SMALL")


def rows(text):
    members = structs(text)
    for name, number, struct in ioctls(text):
        print(f'IOCTL({name}, {struct})')
        for ctype, member, array in members[struct]:
            if k := kind(ctype, member, array):
                print(f"\tFIELD({struct}, {member}, ARG_{k})")
        new = any(m == "out_fd" for _, m, _ in members[struct])
        print(f"END_IOCTL_NEW({struct})" if new else "END_IOCTL")


def width(ctype):
    """Bytes of a syzlang type, of those that are used here."""
    if m := re.match(r"array\[int8, (\d+)\]", ctype):
        return int(m[1])
    if m := re.search(r"\bint(8|16|32|64)\b(?!\])|, int(32|64)\]", ctype.split("(")[0]):
        return int(m[1] or m[2]) // 8
    return {"fd_": 4, "vma64": 8, "ptr64": 8, "ward_session_id": 16}.get(
        re.match(r"fd_|\w+", ctype)[0])


def struct_lacks(syz, struct, members, sizes):
    got = re.search(rf"^{struct} \{{\n(.*?)^\}}", syz, re.M | re.S)
    said = re.findall(r"^\t(\w+)\t(.*)$", got[1], re.M) if got else []
    if [m for m, _ in said] != [m for _, m, _ in members]:
        yield f"{struct}'s members are {' '.join(m for _, m, _ in members)}"
    for member, ctype in said:
        if width(ctype) != sizes.get(f"{struct}.{member}"):
            yield f"{struct}.{member} has {sizes.get(f'{struct}.{member}')} bytes, not {width(ctype)}"


def commands_lack(syz, text):
    for at, command in enumerate(re.findall(r"^\t(WARD_GENL_CMD_\w+),", text, re.M)):
        if command.endswith(("UNSPEC", "NTF")):
            continue
        if not re.search(rf"genlmsghdr_t\[{command}\]", syz):
            yield f"no message with {command}"
        if not re.search(rf"^define {command}\s+{at}$", syz, re.M):
            yield f"{command} is {at}, and not said to be"


def lacking(syz, text, sizes):
    """Lines, one for each thing that the description and the headers disagree on."""
    members = structs(text)
    for name, number, struct in ioctls(text):
        if not re.search(rf"^ioctl\$WARD_{name}\(.*ptr\[\w+, {struct}\]", syz, re.M):
            yield f"no ioctl$WARD_{name} with a pointer to {struct}"
        got = re.search(rf"^define WARD_{name}\s+(\w+)", syz, re.M)
        if not got or int(got[1], 0) != (ord("W") << 8 | number):
            yield f"WARD_{name} is 0x{ord('W') << 8 | number:x}, and not said to be"
        yield from struct_lacks(syz, struct, members[struct], sizes)
    for struct in "ward_notice", "ward_agent_request":
        yield from struct_lacks(syz, struct, members[struct], sizes)
    for flag in re.findall(r"^#define (WARD_(?:BUF|PIN|LEASE|AGENT|LATCH)_\w+)\s+\(1u << \d+\)", text, re.M):
        if "_IS_" not in flag and not re.search(rf"^\w+ = .*\b{flag}\b", syz, re.M):
            yield f"flag {flag} is nowhere"
    yield from commands_lack(syz, text)


def members_of(frozen):
    rows = (line.split() for line in open(frozen) if not line.startswith("#"))
    return {r[0]: int(r[2]) for r in rows if len(r) == 3}


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "c":
        print("/* SPDX-License-Identifier: MIT */")
        rows(read(sys.argv[2]))
        return 0
    if len(sys.argv) == 5 and sys.argv[1] == "compare":
        said = list(lacking(open(sys.argv[2]).read(), read(sys.argv[3]), members_of(sys.argv[4])))
        print("\n".join(said), end="\n" if said else "")
        return bool(said)
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main())
