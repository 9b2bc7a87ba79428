#!/bin/bash
# SPDX-License-Identifier: MIT
# `wardctl explain` has every code that ward gives: it is held against the headers,
# the sources and ward-broker(8). TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

"$BIN/wardctl" -o json explain >"$D/all" 2>"$D/err"
result $? 'explain: lists them all'

python3 - "$D/all" >"$D/tap" 2>"$D/err" <<'PY'
import collections
import errno
import glob
import json
import re
import sys

known = collections.defaultdict(dict)
doc = json.load(open(sys.argv[1]))
rows = doc["reasons"] + doc["codes"]
for row in rows:
    known[row["kind"]].setdefault(row["reason"], []).append(row)
headers = {f: open(f).read() for f in glob.glob("include/uapi/linux/*.h")}
uapi = "\n".join(headers.values())
sources = "\n".join(open(f).read() for f in glob.glob("userspace/wardctl/*.c")
                    if "/codes" not in f)


def check(text, missing, least=1, found=0):
    good = not missing and found >= least
    print(f"{'ok' if good else 'not ok'} - {text}"
          + ("" if good else f" # {found} looked at; missing: {sorted(missing)}"))


def enumerators(prefix, text=uapi):
    """NAME: value, of enumerators and of flags."""
    plain = re.findall(rf"^\t{prefix}([A-Z_]+) = (\d+)", text, re.M)
    return {name.lower().replace("_", "-"): int(value) for name, value in plain}


def held(kind, wanted):
    return [w for w, n in wanted.items() if not any(r["code"] == n for r in known[kind].get(w, []))]


def compare(kind, text, wanted, least):
    check(text, held(kind, wanted), least, len(wanted))


compare("event", "every type of record, by its name and number", enumerators("WARD_EVENT_"), 20)
compare("end", "every end of a buffer", enumerators("WARD_END_"), 10)
levels = {w: r["code"] for w, rs in known["event-reason"].items() for r in rs if r["of"] == ["level"]}
compare("event-reason", "every level", enumerators("WARD_LEVEL_"), 3)
check("levels: none that the header does not have", set(levels) - set(enumerators("WARD_LEVEL_")), 1, 1)
latches = {n.lower(): 1 << int(b) for n, b in
           re.findall(r"#define WARD_LATCH_([A-Z]+)\t\(1u << (\d)\)", uapi)}
compare("event-reason", "every latch of the policy", latches, 3)
breaker = enumerators("WARD_BREAKER_IS_")
compare("provider-state", "every state of the breaker", breaker, 3)
compare("provider-state", "every kind of provider", enumerators("WARD_PROVIDER_"), 2)

# Whatever has a number in the headers is explained, or goes in and never comes out.
NAMED = {  # prefix: kind, of
    "EVENT": ("event", None), "END": ("end", ...), "LEVEL": ("event-reason", "level"),
    "LATCH": ("event-reason", "policy"), "BREAKER_IS": ("provider-state", "breaker"),
    "PROVIDER": ("provider-state", "provider"), "PURPOSE": ("value", "purpose"),
    "CLASS": ("value", "class"), "TEE": ("value", "tee"), "EXE": ("value", "executable"),
    "ADVISE": ("value", "advisory"), "PROTECT": ("value", "protection"),
    "NOTICE": ("value", "notice"), "DENIED": ("value", "denied"),
    "POSTURE": ("fact", "posture"), "FEATURE": ("fact", "feature"), "STATE": ("fact", "session"),
}
GIVEN = {"CMD", "BUF", "BUF_IS", "KEY", "KEY_USE", "PIN", "AGENT", "LEASE", "GENL_CMD", "A"}
WORDS = {"tombstone": "ended", "lockdown-conf": "lockdown-confidentiality"}
numbered = [(n, int(v)) for n, v in re.findall(r"^\tWARD_([A-Z0-9_]+) = (\w+)", uapi, re.M)
            if v.isdigit()]
numbered += [(n, 1 << int(v) if n.startswith("LATCH") else int(v)) for n, v in
             re.findall(r"^#define WARD_([A-Z0-9_]+)\s+\(1u(?:ll)? << (\d+)\)", uapi, re.M)]
numbered += [(n, int(v)) for n, v in re.findall(r"^#define WARD_(LATCH_[A-Z]+)\s+(\d+)$", uapi, re.M)]
silent = []
for name, number in numbered:
    prefix = next((p for p in sorted({**NAMED, **dict.fromkeys(GIVEN)}, key=len, reverse=True)
                   if name.startswith(p + "_")), None)
    if prefix in GIVEN:
        continue
    kind, of = NAMED.get(prefix, (None, None))
    word = name[len(prefix or "") + 1:].lower().replace("_", "-")
    word = WORDS.get(word, word)
    if not any(r["code"] == number and (of is ... or (r["of"] or [None])[0] == of)
               for r in known[kind].get(word, [])):
        silent.append(f"WARD_{name}")
check("everything that has a number in the headers", set(silent), 90, len(numbered))

# The header says the reasons of a type as "for POWER: 1 suspend, 2 resume, ..."
text = re.search(r"@reason:(.*?)@seq:", headers["include/uapi/linux/ward_claims.h"], re.S).group(1)
said = {}
for kind, rest in re.findall(r"for ([A-Z]+): ([^;]*)", re.sub(r"\s*\*?\s+", " ", text)):
    numbers = {int(n) for n in re.findall(r"\b(\d)\b", rest)}
    if kind.lower() in ("power", "limit", "lease", "breaker", "provider"):
        said[kind.lower()] = numbers
for kind, numbers in said.items():
    has = {r["code"] for rs in known["event-reason"].values() for r in rs if r["of"] == [kind]}
    check(f"every reason of {kind}, and no other", numbers ^ has, 2, len(numbers))
check("types with reasons are found in the header", set(), 5, len(said))

reasons = {n.lower().replace("_", "-"): int(v) for n, v in re.findall(
    r"^\tWV_([A-Z_]+) = (\d+),", open("userspace/verifier/wardverify_reason.h").read(), re.M)}
numbers = {r["code"] for rs in known["verdict"].values() for r in rs}
check("every verdict", set(reasons.values()) - numbers, 50, len(reasons))
frozen = {line.strip() for line in open("tests/cli/verdicts.frozen") if not line.startswith("#")}
given = {f"{r['code']} {w} {r['exit_code']}" for w, rs in known["verdict"].items() for r in rs}
given |= {f"warning {w}" for w in known["warning"]}
check("verdicts and warnings as they were, number, word and exit code", frozen - given, 150, len(frozen))
check("... and a new one is in tests/cli/verdicts.frozen", given - frozen, 150, len(given))

doc = open("doc/formats.md").read()
warnings = re.search(r"^\| `warnings` \| .*$", doc, re.M).group(0).split("|")[3]
check("every warning of doc/formats.md", set(re.findall(r"`([a-z-]+)`", warnings))
      ^ set(known["warning"]), 15, len(known["warning"]))

contract = set(re.findall(r"^ \*  (E[A-Z0-9]+) +", headers["include/uapi/linux/ward.h"], re.M))
contract |= {"ENFILE"}
check("every errno of ward.h's contract, and no other", contract ^ set(known["errno"]), 25,
      len(contract))
check("errnos have their numbers", {w for w, rs in known["errno"].items()
                                    if rs[0]["code"] != getattr(errno, w)}, 25, len(known["errno"]))

# Which call gives which, as "Errors:" of its struct says; what every call gives needs no word.
always = {"ENOTTY", "EINVAL", "E2BIG", "EOPNOTSUPP", "EFAULT"}
gives, calls = set(), 0
for call, rest in re.findall(r"^ \* struct \w+ - (WARD_[A-Z_]+) on .*?\n(.*?)\*/", uapi, re.S | re.M):
    calls += 1
    errors = re.search(r"Errors: (.*?)(?:\.\n|\.$)", rest, re.S)
    for name in re.findall(r"\bE[A-Z0-9]{2,}\b", re.sub(r"\([^)]*\)", "", errors.group(1))) if errors else ():
        if name not in always:
            gives.add((call, name))
has = {(of, w) for w, rs in known["errno"].items() for of in rs[0]["of"]
       if of.startswith("WARD_") and w not in always}
check("every call's errnos, and no other", gives ^ has, 40, len(gives))
check("calls are found in the headers", set(), 14, calls)

checks = set(re.findall(r'doctor_say\(\s*\w+,\s*"([a-z-]+)"', sources))
check("every check of doctor, and no other", checks ^ set(known["check"]), 25, len(checks))

device = open("userspace/wardctl/device_words.c").read()
for name, of in (("features", "feature"), ("postures", "posture")):
    words = re.findall(r'"([a-z-]+)"', re.search(
        rf"const {name}\[\] = {{(.*?)}};", device, re.S).group(1))
    has = {w: r["code"] for w, rs in known["fact"].items() for r in rs if r["of"] == [of]}
    check(f"every {of}, by its bit, and no other",
          {w for i, w in enumerate(words) if has.get(w) != i} | (set(has) - set(words)), 4, len(words))

links = re.findall(r'"([a-z-]+)"', re.search(r"link_text.*?return", open(
    "userspace/wardctl/cmd_provider.c").read(), re.S).group(0))
check("every state of the link", set(links) - set(known["provider-state"]), 5, len(links))

words = set()
for found in re.finditer(r"ctl_error\(\s*[\w>.-]+,\s*[^,]+,\s*([^,]+),", sources):
    words |= set(re.findall(r'"([a-z]+(?:-[a-z]+)*)"', found.group(1)))
words |= set(re.findall(r'"verdict", "([a-z]+-[a-z-]+)"', sources))
words |= set(re.findall(r'\{ -?E[A-Z]+, (?:EXIT_[A-Z]+, )?"([a-z-]+)",', sources))
words |= set(re.findall(r'reason = (?:[^;]*\? )?"([a-z-]+)"', sources))
words |= set(re.findall(r'reason = [^;]*: "([a-z-]+)"', sources))
errors = set(known["error"])
check("every reason of wardctl's own errors", words - errors - set(known["verdict"]), 35, len(words))
check("... and no other", errors - words - {"device"}, 1, 1)

exits = re.findall(r"^\tEXIT_[A-Z]+ = (\d),", open("userspace/wardctl/wardctl.h").read(), re.M)
check("every exit code", {f"exit-{n}" for n in exits} ^ set(known["exit-code"]), 9, len(exits))

page = open("userspace/man/ward-broker.8").read()
page = page[page.index("all with status 401, there are:"):page.index("A nonce serves one attempt")]
refusals = set(re.findall(r"^\.Cm ([a-z-]+)", page, re.M))
check("every refusal of ward-broker(8), and no other", refusals ^ set(known["broker"]), 15,
      len(refusals))

check("every one has a meaning", {r["reason"] for r in rows if not r["meaning"]}, 1, len(rows))
twice = [w for kind in known for w, rs in known[kind].items()
         if len({(r["code"], tuple(r["of"] or ())) for r in rs}) < len(rs)]
check("none is there twice", set(twice), 1, 1)
PY
result $? 'explain: the comparison ran to its end'
while read -r ok text; do
	[ "$ok" != not ] || echo "$text" >"$D/err"
	[ "$ok" = ok ]
	result $? "explain: ${text#* - }"
done <"$D/tap"

same() { # same WORD KIND: explain WORD begins with what is of this kind
	"$BIN/wardctl" -o json explain "$1" 2>"$D/err" | grep -q "\"kind\": \"$2\""
	result $? "explain $1: $2"
}

same signature-invalid verdict
same 20 verdict
same 6 exit-code
same EBUSY errno
same eagain errno
same clock check
same session-open event
same suspend event-reason
same no-module error
same token-expired broker
"$BIN/wardctl" -o json explain lease 2>"$D/err" | python3 -c '
import json, sys
doc = json.load(sys.stdin)
assert doc["kind"] == "event" and [a["kind"] for a in doc["also"]] == ["end", "value"], doc' 2>>"$D/err"
result $? 'explain: a word with several meanings has them all'
for word in nonsense 99 -1 ''; do
	"$BIN/wardctl" explain "$word" >"$D/out" 2>"$D/err"
	[ $? -eq 1 ] && grep -q 'lists them all' "$D/err"
	result $? "explain '$word': there is no such code"
done

finish
