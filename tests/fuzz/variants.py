#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""variants.py SEEDS: more seeds of JSON formats, which mutations of bytes seldom reach. Policies
with each member of doc/policy.schema.json, by its examples; and each member of every JSON
document among SEEDS once absent and once of each kind that it is not; and those of
variants_bytes.py."""
import copy
import json
import os
import sys

import variants_bytes

WRONG = [None, True, 0, -1, 1 << 40, "", "x", "0" * 63 + "g", [], [None], ["x", "x"], {}, {"x": 1}]
SCHEMA = json.load(open("doc/policy.schema.json"))


def resolve(s):
    while "$ref" in s:
        s = {**SCHEMA["$defs"][s["$ref"].rsplit("/", 1)[1]], **{k: v for k, v in s.items() if k != "$ref"}}
    return s


def wrapped(path, value):
    for key in reversed(path):
        value = [value] if key is None else {key: value}
    return {"ward-policy": 1, **value}


def members(schema, path=()):
    """Path and schema of each member, however deep."""
    schema = resolve(schema)
    for key, sub in schema.get("properties", {}).items():
        yield path + (key,), resolve(sub)
        yield from members(sub, path + (key,))
    if "items" in schema:
        yield from members(schema["items"], path + (None,))


def policies():
    everything = {"ward-policy": 1}
    for path, schema in members(SCHEMA):
        for example in schema.get("examples", []):
            yield wrapped(path, example)
            if len(path) == 1:
                everything[path[0]] = example
        for wrong in WRONG:
            yield wrapped(path, wrong)
    yield everything
    for key in list(everything):
        yield {k: v for k, v in everything.items() if k != key}
        yield from changed({"ward-policy": 1, key: everything[key]}, [None])


def places(value, path=()):
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, sub in inner:
        if isinstance(key, int) and key > 1:
            continue
        yield path + (key,)
        yield from places(sub, path + (key,))


def changed(doc, wrongs):
    for path in places(doc):
        for wrong in wrongs + ["absent"]:
            made = copy.deepcopy(doc)
            at = made
            for key in path[:-1]:
                at = at[key]
            if wrong == "absent":
                del at[path[-1]]
            else:
                at[path[-1]] = wrong
            yield made


def write(folder, docs):
    seen = set()
    for doc in docs:
        text = json.dumps(doc, separators=(",", ":"))
        if text not in seen:
            seen.add(text)
            with open(os.path.join(folder, "json-%04d" % len(seen)), "w") as f:
                f.write(text)


def main():
    seeds = sys.argv[1]
    write(os.path.join(seeds, "policy"), policies())
    for target, names in (("collateral", ("tdx", "sgx", "td-qe", "qe")), ("azure", ("text",)),
                          ("release", ("line",)), ("token", ("jwks",)),
                          ("plan", ("levels", "hash", "folds", "rows", "course"))):
        folder = os.path.join(seeds, target)
        docs = [json.load(open(os.path.join(folder, n))) for n in names]
        write(folder, (made for d in docs for made in changed(d, [None, -1, 1 << 40, "", "x", {}, []])))
    variants_bytes.make(seeds)


main()
