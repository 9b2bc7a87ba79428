#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""judge.py TOOL: of the findings on stdin, those that tests/static/suppressed does not name.

A line there is TOOL PATH ID COUNT # REASON: so many findings of that file whose line has
the ID. PATH * and COUNT * mean every file, and any number of findings, none too. One more than
COUNT is a finding; one less is a suppression that is out of date, and is told as well.
"""
import os
import sys


class Rule:
    def __init__(self, line, number):
        words, _, reason = line.partition(" # ")
        fields = words.split()
        if len(fields) != 4 or not reason.strip():
            sys.exit(f"tests/static/suppressed:{number}: not TOOL PATH ID COUNT # REASON")
        self.tool, self.path, self.id, count = fields
        self.left = None if count == "*" else int(count)
        self.number = number

    def takes(self, finding):
        """Whether it names this finding, and has one to spare."""
        path = finding.partition(":")[0]
        if self.path not in ("*", path) or self.id not in finding:
            return False
        if self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True

    def stale(self):
        return bool(self.left)


def rules(tool):
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "suppressed"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip() and not line.startswith("#"):
                rule = Rule(line, number)
                if rule.tool == tool:
                    yield rule


def main():
    known = list(rules(sys.argv[1]))
    for finding in sorted(set(sys.stdin.read().splitlines())):
        if not any(rule.takes(finding) for rule in known):
            print(finding)
    for rule in known:
        if rule.stale():
            print(f"tests/static/suppressed:{rule.number}: suppresses less than it says: take it out")


main()
