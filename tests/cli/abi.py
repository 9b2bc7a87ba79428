#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The interface of the module, as numbers: what a release froze stays where it is.

  abi.py print HEADERS            a line for each struct's size, member's offset and size,
                                  and constant of include/uapi (in HEADERS/linux)
  abi.py compare FROZEN HEADERS   what of FROZEN has moved, shrunk or gone, and what is
                                  new and not written down; status 1 if anything

A struct may grow at its end; what stands in it does not move. Constants keep their values.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

# pahole's: type, name, perhaps an array's length and an alignment, offset, size
MEMBER = r"\t+.*\b(\w+)(?:\[\d+\])*(?: +__attribute__\S+)?; +/\* +(\d+) +(\d+) \*/"
CC = os.environ.get("CC", "cc")


def names(headers):
    text = "".join(open(f).read() for f in sorted(glob.glob(f"{headers}/linux/ward*.h")))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    structs = sorted(set(re.findall(r"^struct (ward_\w+) \{", text, re.M)))
    macros = re.findall(r'^#define\s+(WARD_\w+)[ \t]+(?![" \t])(.+)', text, re.M)
    enums = re.findall(r"^\t(WARD_\w+)\s*(?:=|,|$)", text, re.M)
    return structs, sorted(set([m for m, body in macros] + enums))


def includes(headers):
    return "".join(f"#include <linux/{os.path.basename(f)}>\n"
                   for f in sorted(glob.glob(f"{headers}/linux/ward*.h")))


def constants(headers, words, work):
    """NAME VALUE; of those that are numbers."""
    source, program = f"{work}/c.c", f"{work}/c"
    rows = "".join(f'\tprintf("{w} %llu\\n", (unsigned long long)({w}));\n' for w in words)
    with open(source, "w") as f:
        f.write("#include <stdio.h>\n" + includes(headers) +
                "int main(void)\n{\n" + rows + "\treturn 0;\n}\n")
    subprocess.run([CC, "-w", f"-I{headers}", "-o", program, source], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()


def layout(headers, structs, work):
    source, obj = f"{work}/s.c", f"{work}/s.o"
    with open(source, "w") as f:
        f.write(includes(headers) + "".join(f"struct {s} v_{s};\n" for s in structs))
    subprocess.run([CC, "-g", "-c", f"-I{headers}", "-o", obj, source], check=True)
    lines, struct, depth = [], None, 0
    for line in subprocess.run(["pahole", obj], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        opened = re.match(r"struct (ward_\w+) \{", line)
        if opened:
            struct = opened[1]
        elif struct and (size := re.match(r"\t/\* size: (\d+)", line)):
            lines.append(f"{struct} {size[1]}")
        elif line.startswith("}"):
            struct = None
        elif struct and (member := re.match(MEMBER, line)):
            lines.append(f"{struct}.{member[1]} {member[2]} {member[3]}")
    return lines


def printed(headers):
    structs, words = names(headers)
    with tempfile.TemporaryDirectory() as work:
        return sorted(layout(headers, structs, work)) + constants(headers, words, work)


def table(lines):
    return {l.split()[0]: [int(n) for n in l.split()[1:]] for l in lines
            if l.strip() and not l.startswith("#")}


def compare(frozen, now):
    for name, was in frozen.items():
        got = now.get(name)
        if got is None:
            yield f"{name} is gone: programs that were built with it break"
        elif len(was) == 1 and "WARD" not in name and got[0] < was[0]:
            yield f"{name} has shrunk from {was[0]} to {got[0]} bytes"
        elif got != was and (len(was) == 2 or "WARD" in name):
            yield f"{name} was {was}, is {got}: it stays as it was released"
    for name in now:
        if name not in frozen:
            yield f"{name} is new: write it down (tests/cli/abi.sh --write)"
        elif len(frozen[name]) == 1 and "WARD" not in name and now[name][0] > frozen[name][0]:
            yield f"{name} has grown: write it down (tests/cli/abi.sh --write)"


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "print":
        print("\n".join(printed(sys.argv[2])))
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "compare":
        said = list(compare(table(open(sys.argv[2])), table(printed(sys.argv[3]))))
        print("\n".join(said), end="\n" if said else "")
        return bool(said)
    print(__doc__, file=sys.stderr)
    return 2


sys.exit(main())
