#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Which lines of kmod/ were run.

  table.py [--lines] DISK:OBJECTS...   a row for each file: its lines that do something, how
                    many of them were run, and all of them; with --lines also those that
                    were not, as file:line: text

DISK is what tests/coverage/wardgcov.c wrote, OBJECTS the directory of the sources and
objects that ward.ko was made of; figures of several runs are added up. GCOV of the
environment is the compiler's own gcov. Status 1 where a file of kmod/ has no figures: then
the others' are worth nothing.
"""
import collections
import glob
import json
import os
import struct
import subprocess
import sys
import tempfile


def files(data):
    """(name, bytes) of each .gcda, up to the zeroes that end the disk."""
    at = 0
    while at + 4 <= len(data):
        n, = struct.unpack_from("<I", data, at)
        if n == 0 or n > 4096:
            return
        name = data[at + 4:at + 4 + n].decode()
        length, = struct.unpack_from("<I", data, at + 4 + n)
        at += 8 + n
        yield name, data[at:at + length]
        at += length


def count(disk, objects, lines):
    """Adds to {file of kmod/: {line: how often}}."""
    gcov = os.environ.get("GCOV", "gcov")
    with tempfile.TemporaryDirectory() as work:
        for name, data in files(open(disk, "rb").read()):
            base = os.path.basename(name)[:-5]
            with open(f"{work}/{base}.gcda", "wb") as f:
                f.write(data)
            note = f"{objects}/kmod/{base}.gcno"
            if not os.path.exists(note):
                continue	# ward.mod.o
            os.symlink(os.path.abspath(note), f"{work}/{base}.gcno")
            out = subprocess.run([gcov, "-j", "-t", f"{base}.gcda"], cwd=work, check=True,
                                 capture_output=True, text=True).stdout
            for doc in filter(None, out.splitlines()):
                for f in json.loads(doc)["files"]:
                    if os.path.basename(os.path.dirname(f["file"])) != "kmod":
                        continue
                    for line in f["lines"]:
                        lines[os.path.basename(f["file"])][line["line_number"]] += line["count"]


def show(lines):
    total = run = 0
    print(f"{'file':<22} {'lines':>6} {'run':>6} {'%':>6}")
    for name in sorted(lines):
        n, hit = len(lines[name]), sum(c > 0 for c in lines[name].values())
        total, run = total + n, run + hit
        print(f"{name:<22} {n:>6} {hit:>6} {100 * hit / n:>6.1f}")
    print(f"{'all':<22} {total:>6} {run:>6} {100 * run / max(total, 1):>6.1f}")


def unreached(lines, objects):
    for name in sorted(lines):
        text = open(f"{objects}/kmod/{name}").read().split("\n")
        for at, times in sorted(lines[name].items()):
            if not times:
                print(f"{name}:{at}: {text[at - 1].strip()}")


def main():
    runs = [a.split(":") for a in sys.argv[1:] if a != "--lines"]
    if not runs or any(len(r) != 2 for r in runs):
        print(__doc__, file=sys.stderr)
        return 2
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for disk, objects in runs:
        count(disk, objects, lines)
    objects = runs[0][1]
    show(lines)
    missing = [os.path.basename(f) for f in glob.glob(f"{objects}/kmod/*.c")
               if not lines.get(os.path.basename(f))]
    for name in sorted(missing):
        print(f"table.py: no figures of {name}: was it built by module --gcov?", file=sys.stderr)
    if "--lines" in sys.argv:
        unreached(lines, objects)
    return bool(missing)


sys.exit(main())
