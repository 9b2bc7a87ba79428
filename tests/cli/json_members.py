#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds JSON of wardctl against the tables of doc/json.md, both ways.

  json_members.py HEADING FILE    one object, or one a line
  json_members.py --headings      the tables that there are

A member that no table has, a type that is another, and a member that is missing
are printed; exit status 1 where there is any.
"""
import json
import pathlib
import re
import sys

DOC = pathlib.Path(__file__).resolve().parents[2] / "doc/json.md"
TYPES = {
    "text": lambda v: isinstance(v, str),
    "number": lambda v: isinstance(v, int) and not isinstance(v, bool)
    or isinstance(v, str) and v.isascii() and v.isdigit() and int(v) >= 1 << 63,
    "real": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "bool": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "list": lambda v: isinstance(v, list),
    "null": lambda v: v is None,
}


def tables():
    """{heading: [(member, type)]}, as they stand."""
    found, heading = {}, None
    for line in DOC.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        row = re.match(r"\| `([^`]+)` \| ([^|]+?) \| ([^|]*?) ?\| ([^|]*?) ?\|$", line)
        if row:
            found.setdefault(heading, []).append((row.group(1), row.group(2)))
        elif line.startswith("| `"):
            raise ValueError(f"not a row of four columns: {line}")
    return found


def members(heading, every, prefix=""):
    """{path: (set of types, maybe absent)}, with what other tables are named for."""
    result = {}
    for path, kind in every[heading]:
        if path.endswith("*"):
            result.update(members(kind, every, prefix + path[:-1]))
            continue
        absent = kind.endswith(", maybe absent")
        kinds = set(kind.removesuffix(", maybe absent").split(" or "))
        assert kinds <= set(TYPES), f"{heading}: {path}: what is {kind}?"
        assert prefix + path not in result, f"{heading}: {path} stands there twice"
        result[prefix + path] = (kinds, absent)
    return result


def walk(value, path, known, wrong):
    if isinstance(value, dict):
        here = f"{path}." if path else ""
        for name, (_, absent) in known.items():
            rest = name.removeprefix(here) if name.startswith(here) else None
            if rest and not re.search(r"[.\[]", rest) and not absent and rest not in value:
                wrong.append(f"{name}: is missing")
        for name, child in value.items():
            one(child, here + name, known, wrong)
    elif isinstance(value, list):
        for child in value:
            one(child, f"{path}[]", known, wrong)


def one(value, path, known, wrong):
    if path not in known:
        wrong.append(f"{path}: is not in the table")
        return
    if not any(TYPES[kind](value) for kind in known[path][0]):
        wrong.append(f"{path}: is {json.dumps(value)[:60]}, not {' or '.join(sorted(known[path][0]))}")
        return
    walk(value, path, known, wrong)


def differences(heading, value):
    """Sentences about what differs; none = it is as the table says."""
    wrong = []
    walk(value, "", members(heading, tables()), wrong)
    return sorted(set(wrong))


def objects(text):
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines()]


def main():
    if sys.argv[1:] == ["--headings"]:
        every = tables()
        for heading in every:
            members(heading, every)
        print("\n".join(every))
        return 0
    wrong = []
    for value in objects(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")):
        wrong += differences(sys.argv[1], value)
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
