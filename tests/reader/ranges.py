# SPDX-License-Identifier: MIT
"""doc/formats.md section 9: receipts of a time, by the broker's release log (section 8)."""
import datetime
import json
import re

from . import appraise
from .hcl import pairs, walk
from .refused import Refused, need

HEX = {"dataset": 32, "release": 32, "receipt_nonce": 64, "session": 32, "instance": 32, "measurement": 96,
       "evidence_sha256": 64}
MEMBERS = {"version", "time", "resource", "uid", *HEX}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def seconds(text):
    need(isinstance(text, str) and TIME.fullmatch(text), "no time")
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def read_line(raw):
    """One release; Refused or ValueError where it is damaged"""
    need(1 <= len(raw) <= 8192, "a line that is empty or too long")
    line = json.loads(raw.decode(), object_pairs_hook=pairs)
    need(isinstance(line, dict) and walk(line) and set(line) == MEMBERS, "another member, or one is missing")
    need(isinstance(line["resource"], str), "resource")
    need(type(line.get("version")) is int and line["version"] == 1, "version")
    for name, length in HEX.items():
        need(isinstance(line.get(name), str) and re.fullmatch(f"[0-9a-fA-F]{{{length}}}", line[name]), name)
    need(type(line.get("uid")) is int and 0 <= line["uid"] < 1 << 32, "uid")
    return line | {name: line[name].lower() for name in HEX} | {"when": seconds(line.get("time"))}


def one(line, data, world, complete):
    """Verdict's word (refused, where formats.md names none) and the state of the records"""
    if data is None:
        return "receipt-missing", None
    release = json.dumps({k: v for k, v in line.items() if k != "when"})
    try:
        return "ok", appraise.read(data, world, release, complete)["chain"]
    except appraise.FAULTS as e:
        return getattr(e, "word", None) or "refused", None


def judge(log, since, until, find, world, complete=False):
    """What each release's receipt is, and whether the range is complete; FAULTS where the log is damaged"""
    lines = [read_line(raw) for raw in (log[:-1] if log.endswith(b"\n") else log).split(b"\n")]
    chosen = [n for n in lines if (since is None or since <= n["when"]) and (until is None or n["when"] < until)]
    need(chosen, "nothing could be said")
    said = [(n["release"], *one(n, find(n["release"]), world, complete)) for n in chosen]
    return said, "complete" if all(s[1:] == ("ok", "complete") for s in said) else "gap"


FAULTS = (Refused, ValueError, RecursionError)
