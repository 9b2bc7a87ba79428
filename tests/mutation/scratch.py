# SPDX-License-Identifier: MIT
"""A copy of the tree that faults are put into, in build/mutation/tree; it stays for the next
run, so that little is built anew."""
import fcntl
import filecmp
import os
import shutil
import subprocess
import sys

from faults import TOP

TREE = os.path.join(TOP, "build", "mutation", "tree")
# What saves building everything again: objects come with their times.
BUILT = ("flags", "obj", "lib", "tsmsim")


def tracked():
    out = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"], check=True, stdout=subprocess.PIPE)
    names = (name.decode() for name in out.stdout.split(b"\0") if name)
    return [name for name in names if os.path.isfile(os.path.join(TOP, name))]


def copy(name):
    source, target = os.path.join(TOP, name), os.path.join(TREE, name)
    if os.path.isfile(target):
        if filecmp.cmp(source, target, shallow=False):
            return
        shutil.copy(source, target)     # newer than what was built of the old one
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(source, target)


def sweep(names):
    """What the tree has no more: make takes what matches a pattern."""
    for folder, folders, files in os.walk(TREE):
        if folder == TREE:
            folders[:] = [f for f in folders if f != "build"]
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), TREE)
            if path not in names:
                os.unlink(os.path.join(TREE, path))


def alone():
    """One run at a time; the lock goes with the process."""
    os.makedirs(os.path.dirname(TREE), exist_ok=True)
    lock = os.open(os.path.dirname(TREE), os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("mutation: another run has %s: wait for its end" % TREE)


def make():
    alone()
    new = not os.path.isdir(os.path.join(TREE, "build"))
    names = tracked()
    for name in names:
        copy(name)
    sweep(set(names))
    if not new:
        return
    os.makedirs(os.path.join(TREE, "build"))
    for name in BUILT:
        if os.path.exists(os.path.join(TOP, "build", name)):
            subprocess.run(["cp", "-a", os.path.join(TOP, "build", name),
                            os.path.join(TREE, "build")], check=True)


class Planted:
    """with Planted(fault): the scratch copy has the fault."""

    def __init__(self, fault):
        self.fault = fault
        self.path = os.path.join(TREE, fault.words["in"])

    def __enter__(self):
        with open(self.path, encoding="utf-8") as f:
            self.sound = f.read()
        self.write(self.fault.apply(self.sound))

    def __exit__(self, *_):
        self.write(self.sound)

    def write(self, text):
        with open(self.path, "w", encoding="utf-8") as f:
            f.write(text)
