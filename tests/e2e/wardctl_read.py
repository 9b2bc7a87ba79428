#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads what t_wardctl.sh handed out: JSON of the verbs, a report, bundles.

Written from doc/formats.md and AMD 56860 alone, and against none of ward's
libraries. Prints a TAP line for each check.
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import json_members  # noqa: E402: it is beside the other tests of the command line

series, ktap, out = sys.argv[1:4]
files, texts, failed = {}, {}, False
for line in open(ktap, errors="replace"):
    found = re.match(r"# file (\S+) (\S*)$", line)
    if found:
        files[found.group(1)] = base64.b64decode(found.group(2))
    found = re.match(r"# text (\S+) (\S+)$", line)
    if found:
        texts[found.group(1)] = found.group(2)


def check(text, good):
    global failed
    failed = failed or not good
    print(f"{'ok' if good else 'not ok'} {series}: {text}")


class Cbor:
    """RFC 8949 section 4.2.1, the part that bundles use; strict."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def head(self):
        first = self.data[self.at]
        self.at += 1
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info
        size = {24: 1, 25: 2, 26: 4, 27: 8}[info]
        value = int.from_bytes(self.data[self.at:self.at + size], "big")
        self.at += size
        assert value >= {1: 24, 2: 1 << 8, 4: 1 << 16, 8: 1 << 32}[size], "not shortest"
        return major, value

    def take(self, length):
        assert self.at + length <= len(self.data), "truncated"
        self.at += length
        return self.data[self.at - length:self.at]

    def item(self):
        major, value = self.head()
        if major == 0:
            return value
        if major == 2:
            return self.take(value)
        if major == 3:
            return self.take(value).decode("ascii")
        if major == 4:
            return [self.item() for _ in range(value)]
        assert major == 5, f"major type {major}"
        result, before = {}, b""
        for _ in range(value):
            start = self.at
            key = self.item()
            encoded = self.data[start:self.at]
            assert before < encoded, "keys out of order"
            before = encoded
            result[key] = self.item()
        return result


def bundle_of(name):
    reader = Cbor(files[name])
    bundle = reader.item()
    assert reader.at == len(files[name]), "bytes after the end"
    return bundle


def sha512(*parts):
    return hashlib.sha512(b"".join(parts)).digest()


def report_data(bundle):
    """Section 2: the root of the tree, then REPORTDATA."""
    index, leaves, path = bundle["path"]
    node = sha512(b"\0", bundle["claims"])
    last = leaves - 1
    for sibling in path:
        if index & 1 or index == last:
            node = sha512(b"\1", sibling, node)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = sha512(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    return sha512(b"WARD-CLAIMS-V1\0", node)


def claims_of(bundle):
    c = bundle["claims"]
    size, version, purpose, nonce_len = struct.unpack_from("<4I", c, 0)
    return {
        "ok": (size, version) == (1024, 1), "purpose": purpose, "nonce": c[16:16 + nonce_len],
        "binding": c[80:144], "instance": c[144:160], "session": c[160:176],
        "subject": c[176:192], "uid": struct.unpack_from("<I", c, 192 + 16)[0],
        "tee": struct.unpack_from("<I", c, 552)[0],
        "live": struct.unpack_from("<Q", c, 584)[0],
        "state": struct.unpack_from("<I", c, 704)[0],
        "seq": struct.unpack_from("<Q", c, 752)[0], "head": c[760:792],
    }


def chain_head(claims, records):
    head = hashlib.sha256(b"WARD-CHAIN-V1\0" + claims["instance"] + claims["subject"]).digest()
    heads = [head]
    for record in records:
        digest = hashlib.sha256(b"\0" + record).digest()
        head = hashlib.sha256(b"\1" + head + digest).digest()
        heads.append(head)
    return heads


# What each file is a verb's result of, by its heading in doc/json.md.
SCHEMAS = {
    "status": "status", "module-status": "module status", "doctor": "doctor",
    "provider": "provider show", "pace": "pace show", "policy": "policy show",
    "sessions": "session list", "mem": "mem list", "mem-held": "mem list",
    "selftest": "mem selftest", "limits": "limits show", "gauge": "pressure",
    "pressure-held": "pressure", "told": "pressure --follow", "seen": "pressure --follow",
    "late": "pressure --follow", "events": "events", "followed": "events --follow",
    "report-json": "report", "raw": "report --raw", "status-error": "error",
    "receipt-json": "receipt export", "receipts-json": "receipt export --log",
    "bench-train": "bench train",
}
WITH_TSM = ("doctor", "provider", "report-json", "raw", "receipt-json", "receipts-json")


def schemas():
    for name, heading in SCHEMAS.items():
        if name not in files and name in WITH_TSM:
            continue  # where there is no TSM
        wrong = []
        for value in json_members.objects(files[name].decode()):
            wrong += json_members.differences(heading, value)
        for line in sorted(set(wrong)):
            print(f"# {name}: {line}")
        check(f"{name}: as doc/json.md has '{heading}'", not wrong)


def verbs():
    status = json.loads(files["status"])
    check("status -o json", status["schema"] == 1 and status["abi"] == 1 and len(status["instance"]) == 32
          and len(status["build_id"]) == 40 and status["memory"]["level"] == "low"
          and status["memory"]["live_a"] == 0 and isinstance(status["posture"], list))
    check("status -o json: every feature and fact has a name, and each fact one place",
          not any(w.startswith("unknown") for k in ("features", "posture", "posture_false",
                                                    "posture_not_known") for w in status[k])
          and len(set(status["posture"] + status["posture_false"]
                      + status["posture_not_known"])) == 8
          and len(status["posture"] + status["posture_false"] + status["posture_not_known"]) == 8)
    pace = json.loads(files["pace"])
    check("pace show -o json", pace["call_interval_ms"] == 250 and pace["user_burst"] == 9
          and set(pace) == {"call_interval_ms", "call_burst", "user_interval_ms", "user_burst",
                            "cooldown_ms"})
    module = json.loads(files["module-status"])
    check("module status -o json", module["loaded"] is True and module["state"] == "live"
          and module["kernel"].startswith(series if series != "newest" else ""))
    sessions = json.loads(files["sessions"])["sessions"]
    check("session list -o json", len(sessions) == 1 and sessions[0]["uid"] == 1001
          and sessions[0]["state"] == "open" and sessions[0]["records"] >= 1)
    mem = json.loads(files["mem"])
    check("mem list -o json", len(mem["sessions"]) == 1 and mem["total"]["live_a"] == 0)


def held():
    mem = json.loads(files["mem-held"])
    by = {b["label"]: b for b in mem["buffers"]}
    rows, cache, loader, io = (by[k] for k in (r"r\xc3\xb6ws \x5c 1", "cache", "loader", "io"))
    check("mem list -o json: each buffer of the session",
          len(mem["buffers"]) == 4 and len(mem["sessions"]) == 1
          and all(b["session"] == mem["sessions"][0]["session"] and b["uid"] == 1001
                  and b["lease_ns"] is None for b in mem["buffers"]))
    check("mem list -o json: class, sizes, state",
          rows["class"] == "a" and rows["length"] == rows["present"] == 4 << 20
          and rows["huge"] <= rows["length"] and rows["mapped"] == 1 and not rows["shared"]
          and cache["volatile"] and not rows["volatile"] and loader["shared"]
          and io["class"] == "b" and io["length"] == 16384)
    check("mem list -o json: protection obtained",
          {"wiped", "no-swap", "no-fork", "no-dump", "no-gup", "no-kcore", "unmapped", "clean"}
          == set(rows["protection"]) and "no-gup" not in io["protection"]
          and {"wiped", "no-fork", "no-dump"} <= set(io["protection"]))
    total = mem["total"]
    check("mem list -o json: the total is the sum",
          total["live_a"] == (4 << 20) + 2 * 65536 and total["live_b"] == 16384)
    tests = json.loads(files["selftest"])
    states = [c["state"] for c in tests["checks"]]
    check("mem selftest -o json", tests["do_not_hold"] == states.count("does-not-hold") == 0
          and tests["hold"] == states.count("holds") >= 14
          and tests["not_tried"] == states.count("not-tried")
          and all(c["text"] and c["promise"] for c in tests["checks"]))


def pressure():
    limits = json.loads(files["limits"])
    check("limits show -o json", limits["uid"] == 1001 and limits["user"] == 8 << 20
          and limits["each_session"] is None)
    gauge = json.loads(files["gauge"])
    names = {f["name"]: f for f in gauge["figures"]}
    check("pressure -o json: level, limits, stalls", gauge["level"] == "medium"
          and gauge["limit"] == 5 << 20 and gauge["waiting"] == 0
          and all(0 <= gauge[k]["avg10"] <= 100 for k in ("some", "full")))
    check("pressure -o json: every figure has a source, and the right mark",
          all(f["source"] for f in names.values()) and not names["ram.total"]["reported"]
          and names["kexec.loaded"]["reported"]
          and names["kexec.loaded"]["source"] == "/sys/kernel/kexec_loaded")
    told, seen, late = ([json.loads(line) for line in files[n].decode().splitlines()]
                        for n in ("told", "seen", "late"))
    for name, rows, by in (("told by the kernel", told, "kernel"), ("seen by looking", seen, "looking")):
        check(f"pressure --follow -o json: {name}",
              [r["level"] for r in rows] == ["low", "medium", "low"]
              and [r["change"] - rows[0]["change"] for r in rows] == [0, 1, 2]
              and all(r["missed"] == 0 and r["told_by"] == by for r in rows))
    check("pressure --follow -o json: what came and went between two looks is told as missed",
          len(late) == 2 and late[1]["change"] - late[0]["change"] == late[1]["missed"] + 1)
    own = json.loads(files["events"])
    check("events -o json: a session's chain from its first record",
          own["missed"] == 0 and [r["seq"] for r in own["records"]] == [1]
          and own["records"][0]["type"] == "session-open"
          and own["records"][0]["reason_name"] is None and own["records"][0]["uid"] == 1001
          and own["records"][0]["detail"].startswith(own["records"][0]["session"]))
    rows = [json.loads(line) for line in files["followed"].decode().splitlines()]
    check("events --follow -o json: each record as it is made, none missed",
          [r["event_seq"] - rows[0]["event_seq"] for r in rows] == [0, 1, 2]
          and [r["type"] for r in rows[1:]] == ["limit", "limit"]
          and [r["reason"] for r in rows[1:]] == ["3", "3"]
          and [r["reason_name"] for r in rows[1:]] == ["each-session", "each-session"]
          and rows[1]["bytes"] == 1 << 20 and int(rows[2]["bytes"]) == (1 << 64) - 1
          and all(r["missed_before"] == 0 and r["session"] is None for r in rows[1:]))
    policy = json.loads(files["policy"])
    check("policy show -o json: rules by uid, then by gid; the hash of formats.md section 10",
          policy["purposes"] == [] and policy["rules"] == [
              {"uid": 1001, "name": "worker", "purposes": ["release", "report"]},
              {"gid": 970, "name": "ward", "purposes": ["report"]}]
          and policy["hash"] == hashlib.sha256(
              b"WARD-POLICY-V1\0" + struct.pack("<IIQII", 0, 0, 0, 0, 2)
              + struct.pack("<IIII", 0, 1001, 2 | 32, 0)
              + struct.pack("<IIII", 1, 970, 32, 0)).hexdigest())


def bench():
    result = json.loads(files["bench-train"])
    memory = {m["memory"]: m for m in result["memories"]}
    why = {w["what"]: w["why"] for w in memory["ward"]["not_measured"]}
    check("bench train -o json: plain, mlocked and ward memory are measured, with the same weights",
          result["same_weights"] and len(memory) == 4
          and all(memory[k]["measured"] and memory[k]["ms"]["total"] > 0
                  and memory[k]["counts"]["epochs"] == 3 for k in ("plain", "mlocked", "ward")))
    secret = memory["secret"]
    check("bench train -o json: so is memfd_secret, or why the kernel has none",
          secret["measured"] or series == "6.1"
          and "secretmem.enable=1" in secret["not_measured"][0]["why"])
    check("bench train -o json: system calls are counted",
          memory["ward"]["counts"]["system_calls"] > memory["plain"]["counts"]["system_calls"] > 0)
    if series == "6.1":  # which has no evidence
        check("bench train -o json: why there is no evidence", why["attestation"])
    else:
        check("bench train -o json: evidence and receipt took their time",
              memory["ward"]["ms"]["attestation"] > 0 and "attestation" not in why
              and memory["plain"]["ms"]["attestation"] is None)
    for name in ("bench-train", "bench-bars"):
        with open(f"{out}/{name}", "wb") as file:
            file.write(files[name])
    bars = pathlib.Path(__file__).resolve().parents[1] / "cli/bench_bars.py"
    check("bench train --png: bars as long as the figures say",
          subprocess.run([sys.executable, bars, f"{out}/bench-bars", f"{out}/bench-train"],
                         check=False).returncode == 0)


def evidence():
    doctor = json.loads(files["doctor"])
    check("doctor -o json: nothing fails", doctor["failures"] == 0 and doctor["warnings"] > 0)
    report = json.loads(files["report-json"])
    check("report -o json", report["tee"] == "simulated-snp" and report["evidence_bytes"] == 1184)
    provider = json.loads(files["provider"])
    check("provider show -o json", provider["attached"] is True and provider["tee"] == "simulated"
          and provider["requests_served"] >= 3 and provider["failed_calls"] == 0)
    one = provider["providers"][0]
    check("provider show -o json: every provider", len(provider["providers"]) == 1
          and one["name"] == "tsmsim" and one["kind"] == "tsm" and one["primary"] is True
          and one["tee"] == "simulated" and one["beside"] is False
          and one["calls"] == provider["calls"])
    bundle = bundle_of("bundle")
    claims = claims_of(bundle)
    check("bundle: deterministic, claims of size 1024, version 1", claims["ok"])
    check("bundle: nonce is the request, bound by its hash",
          claims["nonce"] == files["request"] and len(files["request"]) == 64
          and claims["binding"] == sha512(b"WARD-REPORT-V1\0", files["request"]))
    check("bundle: purpose report, uid of the worker, simulated TEE",
          claims["purpose"] == 5 and claims["uid"] == 1001 and claims["tee"] == 255)
    one = bundle["evidence"][0]
    check("bundle: carries the report that was written",
          one["data"] == files["report"] and len(one["data"]) == 1184)
    check("bundle: labelled simulated", one["tee"].startswith("simulated"))
    check("report data in the report are those of the claims",
          files["report"][0x50:0x90] == report_data(bundle))
    heads = chain_head(claims, bundle["events"])
    check("bundle: the chain from the first record ends at the head of the claims",
          claims["seq"] == len(heads) - 1 and heads[-1] == claims["head"])
    check("another purpose is in the claims", claims_of(bundle_of("channel"))["purpose"] == 2)


def receipt():
    claims = claims_of(bundle_of("receipt"))
    release, dataset = bytes(range(16)), bytes(range(16, 32))
    nonce = release + dataset
    check("receipt: of the ended session, nothing live",
          claims["purpose"] == 3 and claims["subject"].hex() == texts["subject"]
          and claims["state"] & 2 and claims["live"] == 0)
    check("receipt: owner's nonce, bound to release and data set",
          claims["nonce"] == nonce and claims["binding"] ==
          sha512(b"WARD-RECEIPT-V1\0", release, dataset, nonce))
    check("receipt: for its owner without records", bundle_of("receipt")["events"] == [])
    root = bundle_of("receipt-root")
    heads = chain_head(claims_of(root), root["events"])
    check("receipt: for root with all records, the last that of its end",
          len(heads) - 1 == claims["seq"] == claims_of(root)["seq"] >= 2
          and heads[-1] == claims_of(root)["head"] == claims["head"]
          and struct.unpack_from("<H", root["events"][-1], 4)[0] == 3)


def write_out():
    """For the owner's side: bundle, request, receipt and the release's line."""
    release, dataset = bytes(range(16)), bytes(range(16, 32))
    os.makedirs(f"{out}/receipts", exist_ok=True)
    files[f"receipts/{release.hex()}.ward"] = files["range"]
    for name in ("bundle", "request", "receipt", "receipt-root", "log",
                 f"receipts/{release.hex()}.ward"):
        with open(f"{out}/{name}", "wb") as file:
            file.write(files[name])
    with open(f"{out}/line", "w", encoding="ascii") as file:
        json.dump({
            "version": 1, "time": "2026-01-01T00:00:00Z", "resource": "a/b/c",
            "dataset": dataset.hex(), "release": release.hex(),
            "receipt_nonce": (release + dataset).hex(), "session": texts["subject"],
            "instance": claims_of(bundle_of("receipt"))["instance"].hex(), "uid": 1001,
            "measurement": "0" * 96, "evidence_sha256": "0" * 64}, file)


schemas()
verbs()
bench()
held()
pressure()
if "bundle" in files:
    evidence()
if "receipt" in files:
    receipt()
    write_out()
sys.exit(failed)
