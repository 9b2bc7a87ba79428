#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""prometheus.py FILE: read Prometheus' text format 0.0.4 strictly, print "NAME{LABELS} VALUE".

Exits with 1 and a sentence at the first line that breaks a rule: HELP and TYPE before
the samples, each once; samples of a family together; names, label escapes and values
as the format has them; no sample twice; histograms cumulative, with +Inf, sum and count.
"""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s,?)*)\})? (\S+)$" % (NAME, LABEL.replace("(", "(?:").replace("(?:?:", "(?:")))
TYPES = {"counter", "gauge", "histogram"}
helps, types, seen, closed, values = {}, {}, set(), set(), {}
current = None


def wrong(number, line, why):
    sys.exit("line %d: %s: %s" % (number, why, line))


def family_of(name):
    for end in ("_bucket", "_sum", "_count"):
        if name.endswith(end) and types.get(name[:-len(end)]) == "histogram":
            return name[:-len(end)]
    return name


def comment(number, line):
    global current
    m = re.match(r"# (HELP|TYPE) (%s) (.*)$" % NAME, line)
    if not m:
        wrong(number, line, "neither HELP nor TYPE")
    kind, name, text = m.groups()
    table = helps if kind == "HELP" else types
    if name in table or name in closed:
        wrong(number, line, "a second %s" % kind)
    if kind == "TYPE" and (text not in TYPES or name not in helps):
        wrong(number, line, "a type that is unknown, or before its HELP")
    if re.search(r"\\[^\\n]|\\$", text):
        wrong(number, line, "an escape that HELP does not have")
    table[name] = text
    if kind == "TYPE":
        if current:
            closed.add(current)
        current = name


def sample(number, line):
    m = SAMPLE.match(line)
    if not m:
        wrong(number, line, "no sample")
    name, labels, value = m.group(1), m.group(2) or "", m.group(3)
    if family_of(name) != current:
        wrong(number, line, "not of the family %s" % current)
    pairs = re.findall(LABEL, labels)
    key = (name, tuple(sorted(pairs)))
    if key in seen or len(dict(pairs)) != len(pairs):
        wrong(number, line, "twice")
    seen.add(key)
    try:
        number_of = float(value)
    except ValueError:
        wrong(number, line, "no number")
    if types[current] != "gauge" and not number_of >= 0:
        wrong(number, line, "a counter below zero")
    if types[current] == "counter" and not name.endswith("_total"):
        wrong(number, line, "a counter whose name does not end in _total")
    values[name, tuple(pairs)] = number_of
    print("%s %s" % (line[:line.rindex(" ")], value))


def histograms():
    for (name, pairs), count in values.items():
        family = name[:-len("_count")]
        if not name.endswith("_count") or types.get(family) != "histogram":
            continue
        rows = [(float(dict(p)["le"]), v) for (n, p), v in values.items()
                if n == family + "_bucket" and tuple(x for x in p if x[0] != "le") == pairs]
        if rows != sorted(rows) or [v for _, v in rows] != sorted(v for _, v in rows):
            sys.exit("%s: buckets are not in order, or not cumulative" % family)
        if not rows or rows[-1] != (float("inf"), count) or (family + "_sum", pairs) not in values:
            sys.exit("%s: no +Inf that is the count, or no sum" % family)


with open(sys.argv[1], newline="") as f:
    text = f.read()
if not text.endswith("\n") or "\r" in text:
    sys.exit("the last line has no end, or there is a carriage return")
for n, each in enumerate(text[:-1].split("\n"), 1):
    comment(n, each) if each.startswith("#") else sample(n, each)
histograms()
if set(helps) != set(types) or len(types) < 5:
    sys.exit("HELP without TYPE, or too few families")
