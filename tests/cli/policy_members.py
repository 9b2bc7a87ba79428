#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Do the reader of policies, doc/policy.schema.json and doc/policy.md say the same?

  policy_members.py members TRY    every name that the reader knows, tried in every object
  policy_members.py words TRY      the words of lists of words
  policy_members.py values TRY     examples are taken; values around them: the same answer
  policy_members.py doc            a row of doc/policy.md for each member, and none too many
  policy_members.py examples TRY   what stands in fences of doc/policy.md

TRY is build/tests/policy_try. Prints a line for each difference; status 1 if any.
"""
import json
import pathlib
import re
import subprocess
import sys

from json_schema import Schema

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCES = sorted((TOP / "userspace/verifier").glob("policy*.c"))
DOC = (TOP / "doc/policy.md").read_text(encoding="utf-8")
SCHEMA = Schema(json.loads((TOP / "doc/policy.schema.json").read_text(encoding="utf-8")))
MAX = 64 << 10


def tried(program, docs):
    """[(word, field, text)]: what the reader says of each document."""
    lines = "".join(json.dumps(d) + "\n" for d in docs)
    out = subprocess.run([program], input=lines, capture_output=True, text=True, check=True,
                         errors="replace").stdout.splitlines()
    assert len(out) == len(docs), f"{len(out)} answers to {len(docs)} policies"
    rows = [line.split("\t") for line in out]
    return [(row[0], row[1], row[4]) for row in rows]


def key_of(pattern):
    """A name that fits a pattern of names: those of registers."""
    for name in ("4", "1", "milan", "a"):
        if re.search(pattern, name):
            return name
    raise ValueError(f"{pattern}: which name fits?")


def steps(schema, path=()):
    """(path, schema) of every place; a path of names, and 0 for an element."""
    s = SCHEMA.resolve(schema)
    yield path, s
    for name, child in s.get("properties", {}).items():
        yield from steps(child, path + (name,))
    for pattern, child in s.get("patternProperties", {}).items():
        yield from steps(child, path + (key_of(pattern),))
    if "items" in s:
        yield from steps(s["items"], path + (0,))
    for one in s.get("anyOf", []) + s.get("oneOf", []):
        yield from steps(one, path)


def wrap(path, value):
    for step in reversed(path):
        value = [value] if step == 0 else {step: value}
    return {"ward-policy": 1} | value if isinstance(value, dict) else value


def shown(path):
    return "".join("[]" if step == 0 else f".{step}" for step in path).lstrip(".") or "the policy"


def names_of_reader():
    """{name: files}: words of lists that a reader hands to doc_known()."""
    found = {}
    for file in SOURCES:
        for body in re.findall(r"static const char \*const \w+\[\] = \{(.*?)\};", file.read_text(), re.S):
            for name in re.findall(r'"([A-Za-z0-9_-]+)"', body):
                found.setdefault(name, set()).add(file.name)
    return found


def objects():
    seen = {}
    for path, s in steps(SCHEMA.root):
        if "properties" in s or s.get("additionalProperties") is False:
            seen.setdefault(path, [set(), set()])
            seen[path][0].update(s.get("properties", {}))
            seen[path][1].update(s.get("patternProperties", {}))
    return seen


def members(program):
    """Each object is offered each name: the reader knows those of the schema, and no other."""
    names, wrong = names_of_reader(), []
    every = set(names) | {n for known, _ in objects().values() for n in known}
    assert len(every) >= 25, "the names of the reader were not found"
    offers = [(path, known, patterns, name) for path, (known, patterns) in objects().items()
              for name in sorted(every)]
    for (path, known, patterns, name), (word, field, text) in zip(
            offers, tried(program, [wrap(p, {n: None}) for p, _, _, n in offers])):
        schema = name in known or any(re.search(p, name) for p in patterns)
        unknown = field == name and (text.startswith(("unknown member", "only ")) or
                                     "is expected" in text and bool(patterns))
        # A complaint about the object itself says that nothing was looked for by that name.
        reader = not unknown and (schema or field == name)
        if reader and not schema:
            wrong.append(f"{shown(path + (name,))}: the reader knows it ({', '.join(sorted(names.get(name, ['?'])))}); "
                         f"add it to doc/policy.schema.json, with a row in doc/policy.md")
        if schema and not reader:
            wrong.append(f"{shown(path + (name,))}: is in doc/policy.schema.json, and the reader does not know it")
    return wrong


def words(program):
    places = [(p, s["enum"]) for p, s in steps(SCHEMA.root) if "enum" in s]
    wrong = []
    for (path, enum), (_, _, text) in zip(places, tried(program, [wrap(p, "no such word") for p, _ in places])):
        listed = re.search(r" (?:is|one) (?:none )?of (.*)$", text)
        if not listed or set(re.split(r", | or ", listed[1])) != set(enum):
            wrong.append(f"{shown(path)}: the reader says '{text}', the schema {', '.join(enum)}")
    return wrong


def around(v, s):
    """Values near @v, right and wrong ones."""
    yield from (None, True, False, -1, 0, 1, 2, 3, 4, 255, 256, 1.5, "", "x", "/", [], {}, [[]], {"a": 1}, [v])
    for bound in ("minimum", "maximum"):
        if bound in s:
            yield from (s[bound] - 1, s[bound], s[bound] + 1)
    if isinstance(v, str):
        yield from (v + "0", v[:-1], v.upper(), v + v, "0x" + v, v + "\n", " " + v, v[:-1] + "g", "000b" + v)
    if isinstance(v, list):
        yield from (v + v, v * 1024, v * 1025, v + [None], v + [""], v + [{}])
        for i, one in enumerate(v):
            yield from (v[:i] + [near] + v[i + 1:] for near in around(one, SCHEMA.resolve(s.get("items", {}))))
    if isinstance(v, dict):
        for k in v:
            yield {n: one for n, one in v.items() if n != k}
            child = SCHEMA.resolve(s.get("properties", {}).get(k, {}))
            yield from (v | {k: near} for near in around(v[k], child))


def values(program):
    docs, wrong, needed = [], [], []
    for path, s in steps(SCHEMA.root):
        if not path or 0 in path:
            continue
        if not {"examples", "properties", "patternProperties"} & set(s):
            wrong.append(f"{shown(path)}: has no example in doc/policy.schema.json")
        for example in s.get("examples", []):
            needed.append((path, wrap(path, example)))
            docs += [(path, wrap(path, near)) for near in around(example, s)]
    docs = [(p, d) for p, d in docs if len(json.dumps(d)) < MAX]
    for (path, doc), (word, _, text) in zip(needed, tried(program, [d for _, d in needed])):
        if word != "ok" or not SCHEMA.valid(doc):
            wrong.append(f"{shown(path)}: the reader does not take the schema's example: {text}")
    for (path, doc), (word, _, text) in zip(docs, tried(program, [d for _, d in docs])):
        if SCHEMA.valid(doc) != (word == "ok") and "can never hold" not in text:
            wrong.append(f"{shown(path)}: the reader says '{text or word}' of {json.dumps(doc)[:150]}, the schema not")
    assert len(docs) > 500, len(docs)
    return wrong + with_jsonschema([d for _, d in docs])


def with_jsonschema(docs):
    """Where python3-jsonschema is there: it agrees with tests/cli/json_schema.py. (Its "$"
    takes a line feed, ECMA's does not.)"""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return []
    Draft202012Validator.check_schema(SCHEMA.root)
    other = Draft202012Validator(SCHEMA.root)
    return [f"json_schema.py and jsonschema differ about {json.dumps(d)[:150]}"
            for d in docs if "\\n" not in json.dumps(d) and other.is_valid(d) != SCHEMA.valid(d)]


def rows():
    """{member: its cells} of the tables of doc/policy.md."""
    found = {}
    for line in DOC.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        for name in re.findall(r"`([^`]+)`", cells[0]) if len(cells) == 5 else []:
            assert name not in found, f"{name} has two rows"
            found[name] = cells
    return found


def doc():
    wrong, known, said = [], {}, rows()
    for path, s in steps(SCHEMA.root):
        name = shown(path).replace("[]", "")
        if path and path[-1] != 0 and path[-2:] not in ((0, "name"), (0, "value")):
            known.setdefault(name, s)
    for name, s in known.items():
        # Registers share one row with the object around them.
        row = said.get(name) or (said.get(name.rsplit(".", 1)[0]) if re.search(r"\.\d+$", name) else None)
        if not row:
            wrong.append(f"{name}: add a row to its section of doc/policy.md (member, type, default, meaning, refused as)")
            continue
        for word in s.get("x-refused", []):
            if f"`{word}`" not in row[4]:
                wrong.append(f"{name}: x-refused has {word}, the last column of its row in doc/policy.md not")
        for word in re.findall(r"`([a-z-]+)`", row[4]):
            if name in said and word not in s.get("x-refused", []):
                wrong.append(f"{name}: doc/policy.md says {word}, x-refused in the schema not")
        if name in said and s.get("default") is not None and json.dumps(s["default"]) not in row[2]:
            wrong.append(f"{name}: the default is {json.dumps(s['default'])}; doc/policy.md says '{row[2]}'")
    wrong += [f"{name}: doc/policy.md has a row, and the schema no such member" for name in said if name not in known]
    return wrong


def refused_words():
    """The reasons that stand in the schema, for wardctl explain."""
    return sorted({word for _, s in steps(SCHEMA.root) for word in s.get("x-refused", [])})


def examples(program):
    fences = re.findall(r"```json\n(.*?)```", DOC, re.S)
    assert len(fences) >= 3, "doc/policy.md has too few examples"
    docs = [json.loads(text) for text in fences]
    return [f"example {i + 1} of doc/policy.md: {text or 'the schema refuses it'}"
            for i, (d, (word, _, text)) in enumerate(zip(docs, tried(program, docs)))
            if word != "ok" or not SCHEMA.valid(d)]


def main():
    what, rest = sys.argv[1], sys.argv[2:]
    if what == "refused":
        print("\n".join(refused_words()))
        return 0
    wrong = {"members": members, "words": words, "values": values, "doc": doc, "examples": examples}[what](*rest)
    print("\n".join(wrong[:60]), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
