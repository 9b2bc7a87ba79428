#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""commands.py OUT: how user space is compiled, as make says it, into OUT.

OUT/compile_commands.json is for clang's tools; OUT/flags has a line for each file, the
compiler's words without its own name and what it would write, quoted for a shell.
"""
import json
import os
import shlex
import subprocess
import sys


def commands():
    said = subprocess.run(["make", "-Bn", "V=1", "DEPS=skip", "userspace"], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    for line in said.replace("\\\n", " ").splitlines():
        if " -c -o " in line:
            yield shlex.split(line)


def bare(words):
    """Without the compiler's name, -MMD -MP -c -o OBJECT."""
    at = words.index("-MMD")
    return words[1:at] + words[-1:]


def main():
    out = sys.argv[1]
    every = list(commands())
    if not every:
        sys.exit("make names no file to compile")
    with open(os.path.join(out, "compile_commands.json"), "w", encoding="utf-8") as file:
        json.dump([{"directory": os.getcwd(), "file": words[-1], "arguments": words}
                   for words in every], file, indent=0)
    with open(os.path.join(out, "flags"), "w", encoding="utf-8") as file:
        file.writelines(shlex.join(bare(words)) + "\n" for words in every)


main()
