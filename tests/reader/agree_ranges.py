# SPDX-License-Identifier: MIT
"""Ranges of receipts: release logs and folders of mkevidence's receipts put together at random, read by
wardctl receipt verify --log and by the second reader.
"""
import json
import shutil
import subprocess

from reader import ranges

STATES = ("complete", "complete", "complete", "gap", "absent", "unsealed", "of another", None)


def log_line(first, number, hour):
    return json.dumps(json.loads(first) | {"release": f"{number:02x}" * 16, "time": f"2026-11-22T{hour:02}:00:00Z"})


def put(r, top, number):
    """The receipt of a release, another's, or none"""
    state = r.choice(STATES)
    if state:
        of = (number - 0x80 + 1) % 4 + 0x80 if state == "of another" else number
        name = f"{of:02x}-{'complete' if state == 'of another' else state}.ward"
        shutil.copy(top / "range" / name, top / "receipts" / f"{number:02x}{f'{number:02x}' * 15}.ward")


def scene(r, top, first):
    """A folder, a log, and the options of a time"""
    shutil.rmtree(top / "receipts", ignore_errors=True)
    (top / "receipts").mkdir()
    numbers = [0x80 + n for n in range(r.randrange(1, 5))]
    lines = []
    for hour, number in enumerate(numbers):
        put(r, top, number)
        lines.append(log_line(first, number, hour))
    log = bytearray("\n".join(lines).encode() + b"\n" * r.randrange(3))
    if r.randrange(3) == 0:
        log[r.randrange(len(log))] = r.choice(b'0129azAZ":,{}-TZ \n\\')
    (top / "range.json").write_bytes(log)
    since, until = (f"2026-11-22T{r.randrange(5):02}:{r.choice(('00', '30'))}:00Z" for _ in range(2))
    return bytes(log), since if r.randrange(2) else None, until if r.randrange(2) else None, r.randrange(3) == 0


def ward(both, log, since, until, complete):
    named = [a for p in both.roots_at for a in ("--root", str(p))]
    times = [a for name, t in (("--since", since), ("--until", until)) if t for a in (name, t)]
    done = subprocess.run([both.wardctl, "-o", "json", "receipt", "verify", str(both.top / "receipts"), "--log",
                           str(both.top / "range.json"), "--policy", str(both.top / "open.json"), *named, *times,
                           *(["--complete"] if complete else [])], capture_output=True, text=True, check=False)
    said = json.loads(done.stdout)
    if "receipts" not in said:
        return None, done.stdout
    return ([(n["release"], n["verdict"], n.get("records")) for n in said["receipts"]], said["range"]), done.stdout


def read(both, log, since, until, complete):
    def find(release):
        path = both.top / "receipts" / f"{release}.ward"
        return path.read_bytes() if path.exists() else None
    try:
        ends = [ranges.seconds(t) if t else None for t in (since, until)]
        ranges.need(None in ends or ends[0] < ends[1], "until must be after since")
        return ranges.judge(log, *ends, find, both.world(), complete)
    except ranges.FAULTS as e:
        return str(e)


def same(a, b):
    """Of a refusal, the word where formats.md has one"""
    if a is None or isinstance(b, str):
        return a is None and isinstance(b, str)
    alike = [x[0] == y[0] and (x[1] == "ok") == (y[1] == "ok") and y[1] in (x[1], "refused")
             and (x[1] != "ok" or x[2] == y[2]) for x, y in zip(a[0], b[0])]
    return len(a[0]) == len(b[0]) and all(alike) and a[1] == b[1]


def differences(r, both, count):
    first, bad, told = (both.top / "log.json").read_text(), 0, {}
    for n in range(count):
        what = scene(r, both.top, first)
        a, text = ward(both, *what)
        b = read(both, *what)
        told[a[1] if a else "nothing"] = told.get(a[1] if a else "nothing", 0) + 1
        if not same(a, b):
            bad += 1
            print(f"range {n}, {what}: reader {b}\n{text[:600]}")
    print(f"{count} ranges, {bad} differences:", ", ".join(f"{k} {v}" for k, v in sorted(told.items())))
    assert len(told) == 3, "complete ranges, gaps, and ones that nothing can be said of"
    return bad
