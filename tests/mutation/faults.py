# SPDX-License-Identifier: MIT
"""The faults of *.faults: read, checked against the tree, applied to a text.

A fault is a few lines, up to an empty one or the end of the file:

    fault NAME
    in FILE
    what WENT WRONG
    test KIND/PROGRAM       of tests/: kernel/test_x, unit/test_x, cli/x.sh
     a line that stays      as in a patch, which has neither places nor numbers
    -a line that goes
    +a line that comes

What stays and what goes must be found in the file exactly once.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
WORDS = ("in", "what", "test")


class Stale(Exception):
    pass


class Fault:
    def __init__(self, name, place):
        self.name, self.place = name, place
        self.words = {}
        self.old, self.new = [], []

    def __getattr__(self, word):
        try:
            return self.__dict__["words"][word]
        except KeyError:
            raise AttributeError(word) from None

    def take(self, line):
        """One line of it."""
        mark, rest = line[0], line[1:]
        if mark in " -":
            self.old.append(rest)
        if mark in " +":
            self.new.append(rest)
        if mark in " -+":
            return
        word, _, rest = line.partition(" ")
        if word not in WORDS or word in self.words or not rest:
            raise Stale("%s: '%s' is no line of a fault" % (self.place, line))
        self.words[word] = rest

    def check(self):
        for word in WORDS:
            if word not in self.words:
                raise Stale("%s: %s has no '%s'" % (self.place, self.name, word))
        if self.old == self.new or not self.old:
            raise Stale("%s: %s changes nothing" % (self.place, self.name))

    def apply(self, text):
        """The text with the fault in it."""
        old, new = ("".join("%s\n" % line for line in lines) for lines in (self.old, self.new))
        found = [m.start() for m in re.finditer("^(?=%s)" % re.escape(old), text, re.M)]
        if len(found) != 1:
            raise Stale("%s: what %s changes stands %d times in %s, not once: write the fault anew"
                        % (self.place, self.name, len(found), self.words["in"]))
        return text[:found[0]] + new + text[found[0] + len(old):]

    def source_of_test(self):
        kind, name = self.test.split("/", 1)
        return os.path.join("tests", kind, name if kind == "cli" else name + ".c")


def read(path):
    out, fault = [], None
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f.read().split("\n"), 1):
            place = "%s:%d" % (os.path.relpath(path, TOP), number)
            if not line:
                fault = None
            elif fault:
                fault.take(line)
            elif line.startswith("fault "):
                fault = Fault(line[6:], place)
                out.append(fault)
            elif not line.startswith("#"):
                raise Stale("%s: '%s' stands outside of a fault" % (place, line))
    return out


def read_all():
    out = []
    for name in sorted(os.listdir(HERE)):
        if name.endswith(".faults"):
            out += read(os.path.join(HERE, name))
    for fault in out:
        fault.check()
    return out


def stale(faults):
    """What is wrong with them, as lines: nothing is built for it."""
    seen = set()
    for fault in faults:
        if fault.name in seen or not re.fullmatch("[a-z0-9-]+", fault.name):
            yield "%s: '%s' is no name, or another's" % (fault.place, fault.name)
        seen.add(fault.name)
        try:
            with open(os.path.join(TOP, fault.words["in"]), encoding="utf-8") as f:
                fault.apply(f.read())
        except (OSError, Stale) as e:
            yield str(e)
        if not os.path.exists(os.path.join(TOP, fault.source_of_test())):
            yield "%s: there is no %s" % (fault.place, fault.source_of_test())
