#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""threats.py TOP: do doc/security.md's tables hold? Each fault on a line, status 1.

Every test that a page names is there; every threat has something against it, a test and a
word on what remains; each CVE of the table stands in its kernel test, and the other way round.
"""
import glob
import os
import re
import sys

CVE = re.compile(r"CVE-\d{4}-\d+")
PATH = re.compile(r"`(tests/[A-Za-z0-9_*./{},-]+)")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def missing_paths(top):
    pages = glob.glob(os.path.join(top, "doc", "*.md"))
    for page in sorted(pages) + [os.path.join(top, name) for name in ("README.md", "SECURITY.md")]:
        for path in sorted(set(PATH.findall(read(page)))):
            if not glob.glob(os.path.join(top, path.rstrip(".,").replace("NAME", "*"))):
                yield f"{os.path.relpath(page, top)}: names {path}, which is not there"


def rows(text, heading):
    part = text.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def threat_faults(text):
    found = rows(text, "Threats, one by one")
    for letter in "STRIDE":
        if not any(row[0] == letter for row in found):
            yield f"threats: none of the kind {letter}"
    for row in found:
        if len(row) != 5 or not all(row):
            yield f"threats: a column is empty or too many: {' | '.join(row)}"
        elif not PATH.search(row[3]):
            yield f"threats: no test: {row[1]}"


def cve_faults(top, text):
    told = {}
    for bug, _, tests in rows(text, "Classes of bugs that others had"):
        for path in PATH.findall(tests):
            told.setdefault(path, set()).update(CVE.findall(bug))
    for path in sorted(glob.glob(os.path.join(top, "tests/kernel/test_cve_*.c"))):
        name = os.path.relpath(path, top)
        for one in sorted(told.get(name, set()) ^ set(CVE.findall(read(path)))):
            yield f"{name}: {one} stands in the test or in the table, not in both"


def main():
    top = sys.argv[1]
    text = read(top, "doc", "security.md")
    found = [*missing_paths(top), *threat_faults(text), *cve_faults(top, text)]
    for fault in found:
        print(fault)
    sys.exit(bool(found))


main()
