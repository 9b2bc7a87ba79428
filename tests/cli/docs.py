#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Commands of README.md and doc/: each is run by a test, or says why not.

  docs.py check [PAGE...]          what stands there without being run, or is wrong
  docs.py scripts WHERE DIR [PAGE...]
                                   the blocks that run WHERE (here, guest, demo, evidence),
                                   a script each in DIR; their list, a line each: script, page,
                                   line, wanted status
  docs.py count [PAGE...]          how many commands, and where they run

A block of commands is fenced as sh, or as console where answers stand between the
commands ("$ " before each command). It is run on this machine, as it stands, the blocks
of a page in one directory that is empty at first. An HTML comment before the fence,
which no reader sees, says otherwise:

  <!-- run here, status 5 -->      another exit status than 0
  <!-- run in the guest -->        as root in a guest that has ward and a simulated TEE
  <!-- run after make demo -->     in the tree, where make demo left its files
  <!-- run with evidence -->       in a directory with evidence and certificates that the
                                   test makes (tests/cli/coming_from.sh); their root is named
                                   beside what the command says
  <!-- not run here: REASON -->    it needs hardware, an account, the network, an hour
  <!-- first: COMMANDS -->         what the test makes ready before the block; it may stand
                                   before one of the others and have several lines

Whatever is run or not: verbs and options of ward's programs, targets of make, and scripts
of the tree must exist. check prints a line for each that is wrong; status 1 if any is.
BIN names the directory of the programs (default build/bin).
"""
import functools
import os
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("BIN", TOP / "build/bin")).resolve()
SHELL = ("sh", "console")
# What may run on the machine that runs the tests: it changes nothing but files in its
# directory. Everything else belongs in the guest.
HERE = set("""wardctl ward-train ward-broker openssl cat cc cd chmod cmp cp cut diff echo false
grep head jq ls mkdir mkevidence mv od pkg-config printf python3 rm sed sha256sum sha384sum sort tail
tar test touch tr true wc xxd [""".split())
WORDS = set("if then else elif fi for while until do done in case esac { } ! time exec".split())
OURS = ("wardctl", "wardd", "ward-train", "ward-broker")
MARK = re.compile(
    r"not run here: (?P<reason>.*)|"
    r"run (?P<where>here|in the guest|after make demo|with evidence)(, status (?P<status>\d+))?")
WHERE = {"here": "here", "in the guest": "guest", "after make demo": "demo",
         "with evidence": "evidence"}


class Block:
    """A fence: where it stands, what it is, what the comment before it says."""

    def __init__(self, page, line, lang, marks):
        self.page, self.line, self.lang = page, line, lang
        self.text, self.first, self.reason = [], "", None
        self.where, self.status, self.wrong = "here", 0, []
        for mark in marks:
            self.marked(mark)

    def marked(self, mark):
        found = MARK.fullmatch(mark)
        if mark.startswith("first:"):
            self.first = mark[6:].strip() + "\n"
        elif found and found["where"]:
            self.where, self.status = WHERE[found["where"]], int(found["status"] or 0)
        elif found:
            self.where, self.reason = None, found["reason"]
            if len(self.reason) < 10:
                self.wrong.append("'not run here:' wants a reason that a reader would accept")
        elif re.match(r"(not )?run\b", mark):
            self.wrong.append(f"what is <!-- {mark} -->? tests/cli/docs.py says which there are")

    def commands(self):
        """Lines of the shell, a continued one whole, without answers and comments."""
        lines, more = [], False
        for text in self.text:
            if not more and self.lang == "console":
                if not text.startswith("$ "):
                    continue
                text = text[2:]
            if more:
                lines[-1] += "\n" + text
            elif text.strip() and not text.lstrip().startswith("#"):
                lines.append(text)
            else:
                continue
            more = text.endswith("\\")
        return lines

    def script(self):
        """The block as sh runs it: a here-document must stay as it is."""
        body = "\n".join(self.commands() if self.lang == "console" else self.text)
        return f"{self.first}{body}\n"

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages(named):
    found = named or ["README.md", "tests/hw/README.md", *sorted((TOP / "doc").rglob("*.md"))]
    for page in found:
        path = TOP / page
        yield (str(path.relative_to(TOP)) if path.is_relative_to(TOP) else str(path),
               path.read_text(encoding="utf-8").splitlines())


def comments_before(lines, at):
    """HTML comments that end just above line @at (from 0), in their order."""
    found = []
    while at > 0 and lines[at - 1].rstrip().endswith("-->"):
        end = at
        at -= 1
        while at > 0 and "<!--" not in lines[at]:
            at -= 1
        found.insert(0, "\n".join(lines[at:end]).strip()[4:-3].strip())
    return found


def blocks_of(page, lines):
    block, fence, indent = None, "", 0
    for at, line in enumerate(lines):
        opens = re.match(r"( *)(```+|~~~+) *([\w+-]*)", line)
        if block and line.strip() == fence:
            yield block
            block = None
        elif block:
            block.text.append(line[indent:] if not line[:indent].strip() else line)
        elif opens:
            indent, fence = len(opens[1]), opens[2]
            block = Block(page, at + 1, opens[3], comments_before(lines, at))
        elif re.match(r"    +(\$ |(wardctl|make|sudo|apt|podman|docker|wardd) )", line) and (
                at == 0 or not lines[at - 1].strip()) and not in_list(lines, at):
            alone = Block(page, at + 1, "indented", [])
            alone.text.append(line.strip())
            yield alone
    if block:
        block.wrong.append("this fence is never closed")
        yield block


def in_list(lines, at):
    while at > 0 and (not lines[at].strip() or lines[at].startswith(" ")):
        at -= 1
    return bool(re.match(r"([-*+]|\d+\.) ", lines[at]))


def every_block(named):
    for page, lines in pages(named):
        yield from blocks_of(page, lines)


def shell_blocks(named):
    return (b for b in every_block(named) if b.lang in SHELL)


# ---- what is wrong with a block --------------------------------------------------------


def simple_commands(text):
    """[[word]]: a rough reading of the shell, enough to see which programs it calls."""
    text = re.sub(r"<<-?\s*'?(\w+)'?.*?\n.*?^\s*\1$", "", text, flags=re.S | re.M)
    text = re.sub(r"(^|\s)#.*", "", text.replace("\\\n", " "), flags=re.M)
    quoted = re.sub(r"\\.|'[^']*'|\"(\\.|[^\"])*\"", lambda m: re.sub(r"[^\w/.-]", "_", m[0]), text)
    for part in re.split(r"\|\||&&|[|;&\n]|\$\(|`|\)", re.sub(r"\d?>&\d|[<>(]+ *\S*", " ", quoted)):
        words = part.split()
        while words and (words[0] in WORDS or re.match(r"\w+=", words[0])):
            words.pop(0)
        if words:
            yield words


def without_prefix(words):
    """The command behind sudo, nice, time and the like, and options of theirs."""
    while words and words[0] in ("sudo", "nice", "timeout", "env"):
        words = words[1:]
        while words and (words[0].startswith("-") or re.match(r"\w+=|\d+$", words[0])):
            words = words[1:]
    return words


@functools.cache
def says(*command):
    done = subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.stdout + done.stderr


@functools.cache
def verbs():
    return set(re.findall(r"^  ([a-z]+(?: [a-z][a-z-]*)?)  ", says("wardctl", "help"), re.M))


def wardctl_help(args):
    """(help of the verb, None), or (None, what is wrong)."""
    while args and args[0].startswith("-"):
        args = args[2:] if args[0] in ("-o", "--output") else args[1:]
    for n in (2, 1):
        if " ".join(args[:n]) in verbs():
            return says("wardctl", "help", *args[:n]) + "-o --output -q --quiet -h --help", None
    if not args or args[0] in ("help", "VERB"):
        return says("wardctl", "help"), None
    return None, f"wardctl has no verb {' '.join(args[:2])}"


def wrong_with_ours(program, args):
    if program == "wardctl":
        known, wrong = wardctl_help(args)
        if wrong:
            return [wrong]
    else:
        known = says(program, *(args[:1] if program == "ward-train" else ()), "--help")
    asked = [a.split("=")[0] for a in args if re.match(r"--\w", a)]
    return [f"{program} {args[0]}: there is no option {o}" for o in asked
            if not re.search(re.escape(o) + r"(?![\w-])", known)]


@functools.cache
def is_target(name):
    return not subprocess.run(["make", "-s", "-n", "DEPS=skip", name], cwd=TOP, timeout=60,
                              capture_output=True, check=False).returncode


def wrong_with_make(args):
    if any(a in ("-C", "-f") for a in args):
        return []
    return [f"there is no target {a} in the Makefile" for a in args
            if re.fullmatch(r"[a-z-]+", a) and not a.startswith("-") and not is_target(a)]


def wrong_with_command(block, words):
    program = words[0].rsplit("/", 1)[-1]
    wrong = []
    if program in OURS:
        wrong += wrong_with_ours(program, words[1:])
    elif words[0] == "make":
        wrong += wrong_with_make(words[1:])
    elif re.match(r"(\./)?tests/", words[0]) and not list(TOP.glob(words[0])):
        wrong.append(f"{words[0]} is not in the tree")
    if block.where == "here" and program not in HERE:
        wrong.append(
            f"{program} is not for the machine that runs the tests. Before the fence write "
            "<!-- run in the guest --> or <!-- not run here: why --> (or, if it changes "
            "nothing but files in its own directory, add it to HERE in tests/cli/docs.py)")
    return wrong


def wrong_with_fence(block):
    if block.lang == "indented":
        return ["commands stand in a fence: ```sh, or ```console with answers"]
    if not block.lang:
        return ["say what it is behind the fence: sh or console for commands, c, json, ..., "
                "text for anything else"]
    if block.lang in ("bash", "shell", "shell-session"):
        return [f"{block.lang}: say sh, or console where answers stand between the commands"]
    if block.lang not in SHELL and any(re.match(r"[$#] [a-z./]", t) for t in block.text):
        return [f"this holds commands, and says {block.lang}: say console"]
    return []


def wrong_with(block):
    wrong = block.wrong + wrong_with_fence(block)
    if block.lang not in SHELL:
        return wrong
    commands = block.commands()
    if not commands:
        wrong.append("no command in it: in console, '$ ' stands before each")
    for words in simple_commands(block.script()):
        words = without_prefix(words)
        if words:
            wrong += wrong_with_command(block, words)
    return wrong


def wrong_in_prose(page, lines):
    """`wardctl verb` between the fences: the verb, or its first word, must be there."""
    text = re.sub(r"^ *(```+|~~~+).*?^ *\1$", "", "\n".join(lines), flags=re.S | re.M)
    for quoted in set(re.findall(r"`wardctl ([a-z][^`]*)`", text)):
        _, wrong = wardctl_help(quoted.split())
        if wrong and not any(v.startswith(quoted + " ") for v in verbs()):
            yield f"{page}: {wrong}"


# ---- commands --------------------------------------------------------------------------


def check(named):
    wrong = [f"{b}: {w}" for b in every_block(named) for w in wrong_with(b)]
    for page, lines in pages(named):
        wrong += wrong_in_prose(page, lines)
    for line in dict.fromkeys(wrong):
        print(line)
    return 1 if wrong else 0


def scripts(where, folder, named):
    for n, block in enumerate(b for b in shell_blocks(named) if b.where == where):
        path = pathlib.Path(folder) / f"{n:03d}"
        path.write_text(block.script(), encoding="utf-8")
        print(path.name, block.page, block.line, block.status, sep="\t")


def count(named):
    places = {"here": 0, "guest": 0, "demo": 0, "evidence": 0, None: 0}
    for block in shell_blocks(named):
        places[block.where] += len(block.commands())
    print(f"{sum(places.values())} commands in fences: {places['here']} run on this machine, "
          f"{places['guest']} in a guest, {places['demo']} after make demo, "
          f"{places['evidence']} with evidence of the test's own, "
          f"{places[None]} marked as not run here")


def main(args):
    match args:
        case ["check", *named]:
            return check(named)
        case ["scripts", "here" | "guest" | "demo" | "evidence" as where, folder, *named]:
            return scripts(where, folder, named)
        case ["count", *named]:
            return count(named)
    print(__doc__, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
