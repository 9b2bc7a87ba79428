#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the rows of P16 from what tests/bench/train_guest.sh said, on stdin.

The guest's clock counts instructions: a millisecond is a million of them. Exit status 1 where
there is no figure.
"""
import json
import sys

MOST = 1.01


def main():
    text = sys.stdin.read()
    if "{" not in text:
        print(f"train: no figure: {text.strip()}", file=sys.stderr)
        return 1
    memory = {m["memory"]: m for m in json.loads(text[text.index("{"):])["memories"]}
    ward, plain = memory["ward"], memory["plain"]
    if not ward["measured"]:
        print(f"train: no figure: {ward['not_measured'][0]['why']}", file=sys.stderr)
        return 1
    for name, m in (("plain", plain), ("ward", ward)):
        print(f"{'P16 an epoch in ' + name + ' memory, millions of instructions':<64} "
              f"{m['ms']['per_epoch']:>12.3f}")
    ratio = ward["to_plain"]["training"]
    print(f"{'P16 epoch in ward memory / in plain memory':<64} {ratio:>12.4f}  <= {MOST:<7} "
          f"{'met' if ratio <= MOST else 'NOT MET'}")
    whole = ward["to_plain"]["total"]
    print(f"{'P16 all of the training, session and memory with it / plain':<64} {whole:>12.4f}")
    return 0


sys.exit(main())
