#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""compare.py BUILD VECTORS COUNT SEED [NAME...]: the differential run.

For every vector, and COUNT mutations of it, libwardverify, the peers in Go and the reference
in Python say whether evidence is authentic; for those of asked.py COUNT policies or lists of
what is revoked, too. Each difference must be of a class that classes.py knows and
doc/differential.md explains; else the run fails, and the case is kept.
"""
import collections
import fnmatch
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import asked
import cases
import classes
import remade

HERE = Path(__file__).resolve().parent


def answers(program, path):
    with open(path, "rb") as f:
        done = subprocess.Popen(program, stdin=f, stdout=subprocess.PIPE, stderr=None)
    return done


def run(build, folder, path):
    roots = [f"{folder}/{n}" for n in ("tdx/intel-sgx-root-ca.pem", "nitro/aws-root-g1.der",
             "gpu/nvidia-device-root.pem", "snp/trust-milan-chain.pem", "snp/trust-genoa-chain.pem",
             "snp/trust-turin-chain.pem")]
    programs = {"ward": [f"{build}/ward", *remade.Keys(build).roots()], "go": [f"{build}/peers", *roots[:2]],
                "python": ["python3", f"{HERE}/reference.py", *roots]}
    started = {name: answers(argv, path) for name, argv in programs.items()}
    out = {}
    for name, process in started.items():
        out[name] = process.stdout.read().decode(errors="replace").rstrip("\n").split("\n")
        if process.wait():
            sys.exit(f"compare: {name} ended with {process.returncode}")
    if len({len(lines) for lines in out.values()}) != 1:
        sys.exit("compare: other numbers of answers: " +
                 ", ".join(f"{name} {len(lines)}" for name, lines in out.items()))
    return out


def check_doc():
    text = (HERE.parent.parent / "doc/differential.md").read_text(encoding="utf-8")
    have = set(re.findall(r"^### `([a-z0-9-]+)`", text, re.M))
    want = {c.name for c in classes.CLASSES}
    if have != want:
        sys.exit(f"compare: doc/differential.md and classes.py differ: {sorted(have ^ want)}")


def cases_of(build, vectors, name, count, seed):
    if name in vectors:
        return cases.cases(vectors, name, count, seed)
    return asked.cases(name, vectors, build, count, seed)


def vector(build, folder, vectors, name, count, seed, totals):
    done, first, unknown = [], None, []
    with tempfile.NamedTemporaryFile(dir=build, prefix="cases-") as f:
        for what, case in cases_of(build, vectors, name, count, seed):
            f.write(cases.encode(case, first))
            first = first or case[2]
            done.append((what, case))
        f.flush()
        out = run(build, folder, f.name)
    for n, (what, case) in enumerate(done):
        ward = out["ward"][n]
        totals["cases"] += 1
        totals["accepted"] += ward == "ok"
        for peer in ("go", "python"):
            theirs = out[peer][n]
            if theirs == "none":
                continue
            totals["compared"] += 1
            if (ward == "ok") == (theirs == "ok"):
                totals["agree"] += 1
                continue
            d = classes.Difference(name, case[0], peer, what, cases.PARTS[case[0]], ward, theirs,
                                   case[2], first, case[1])
            found = classes.find(d)
            if found:
                totals[found] += 1
            else:
                unknown.append((n, d))
    for n, d in unknown[:40]:
        kept = Path(build) / f"unlisted-{name.replace('/', '-')}-{n}.case"
        kept.write_bytes(cases.encode(done[n][1], None))
        print(f"NOT LISTED {name} case {n}: {d.what} ward {d.ward}; {d.peer} {d.theirs[:150]} ({kept.name})")
    return ", ".join(f"{who} {words[0][:60]}" for who, words in out.items()), len(unknown)


def main(build, folder, count, seed, *names):
    check_doc()
    vectors = cases.Vectors(folder).all()
    totals, bad, begin = collections.Counter(), 0, time.monotonic()
    every = [*vectors, *asked.name_all()]
    chosen = [name for name in every if not names or any(fnmatch.fnmatch(name, n) for n in names)]
    for name in chosen:
        start = time.monotonic()
        said, unknown = vector(build, folder, vectors, name, int(count), seed, totals)
        bad += unknown
        print(f"{name}: {said}; {time.monotonic() - start:.1f} s", flush=True)
    for key, value in sorted(totals.items()):
        print(f"  {key:28} {value}")
    print(f"differential: {len(chosen)} vectors, {totals['cases']} cases, {totals['compared']} comparisons,"
          f" {totals['agree']} agree, {bad} differences not listed; {time.monotonic() - begin:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit(__doc__.splitlines()[0])
    sys.exit(main(*sys.argv[1:]))
