#!/bin/bash
# SPDX-License-Identifier: MIT
# Parts of tests/hw/run that need no guest: what it takes out of a result, and how each
# kind of evidence is judged and pinned, with made evidence under roots of the test's.
# TAP on stdout. The whole of it: tests/e2e/hw.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

# checks TEXT: Python on stdin, with the parts imported
checks() {
	{
		echo 'import json, os, pathlib, sys'
		echo 'sys.path.insert(0, "tests/hw"); sys.dont_write_bytecode = True'
		echo "D = pathlib.Path('$D')"
		cat
	} | timeout 120 python3 - >"$D/out" 2>"$D/err"
	result $? "$1"
}

checks "names, addresses and ids go, whatever they stand in" <<'PYTHON'
import redact
r = redact.Redactor()
chip = bytes(range(64)).hex()
r.add("user", "drhouse")
r.add("host name", "clinic-7")
r.add_named({"report": {"chip_id": chip, "report_id_ma": "ff" * 32}})
dirty = {"a": ["drhouse@clinic-7 saw 10.1.2.3, 52:54:00:12:34:56", f"GET /vcek/v1/Turin/{chip[:16]}?x"],
         "b": {"chip_id": chip, "home": "/home/DrHouse/x", "c": "kernel 6.12.95-1, 127.0.0.1"}}
clean = r.clean(dirty)
text = json.dumps(clean)
for gone in ("drhouse", "DrHouse", "clinic-7", "10.1.2.3", "52:54", chip, chip[:16]):
    assert gone not in text, (gone, text)
assert "6.12.95-1" in text and "127.0.0.1" in text, text
assert "ff" * 32 not in r.values, "a report id of ones is none"
assert {k["what"] for k in r.summary()} >= {"user", "chip id", "address", "MAC address"}
assert not r.left(clean)
PYTHON

checks "what names a TPM, an image or its owner goes as well, by a hash" <<'PYTHON'
import redact
r = redact.Redactor()
ids = {n: (bytes([i]) + bytes(range(31))).hex() for i, n in enumerate(
    ("ak_sha256", "id_key_digest", "author_key_digest", "host_data", "family_id", "image_id"))}
key = bytes(range(7, 39)).hex()
dirty = {"evidence": [{"tpm": {"ak_sha256": ids["ak_sha256"]}, "report": ids}],
         "verdict": {"tpm": {"ak": {"sha256": key, "bits": 2048}}, "zero": {"image_id": "00" * 16}},
         "words": f"the key {key} is not named"}
r.add_named(dirty)
text = json.dumps(r.clean(dirty))
for gone in (*ids.values(), key):
    assert gone not in text, (gone, text)
assert "00" * 16 in text and "TPM key sha256:" in text, text
assert not r.left(r.clean(dirty))
PYTHON

checks "what names a platform, a VM or an enclave goes, where it stands and inside of other words" <<'PYTHON'
import redact
r = redact.Redactor()
dirty = {"tdx": {"pck": {"ppid": bytes(range(16)).hex()}, "user_data": bytes(range(20)).hex()},
         "azure": {"vm_id": "26F8BC30-774E-4290-8E7A-535F3B672AEE"},
         "nitro": {"module_id": "i-0123456789abcdef0-enc0fedcba9876543210",
                   "chain": {"key": "CN=i-0123456789abcdef0-enc0fedcba9876543210.eu-west-1.aws"}}}
r.add_named(dirty)
text = json.dumps(r.clean(dirty))
for gone in (bytes(range(16)).hex(), bytes(range(20)).hex(), "26F8BC30", "enc0fedcba", "0123456789"):
    assert gone not in text, (gone, text)
assert "eu-west-1.aws" in text and not r.left(r.clean(dirty))
PYTHON

checks "what the worker left is no link to a file of root's" <<'PYTHON'
import redact
(D / "secret").write_bytes(b"root's")
(D / "request").symlink_to(D / "secret")
assert redact.read_file(D / "secret") == b"root's"
try:
    redact.read_file(D / "request")
    raise SystemExit("it was read")
except OSError:
    pass
PYTHON

checks "root hands over in a folder of its own, whatever the worker's has" <<'PYTHON'
import types
import job
owner, worker = D / "owner", D / "worker"
owner.mkdir(); worker.mkdir()
(D / "victim").write_text("untouched")
for name in ("made-up.wds", "plan.json", "broker.pem"):
    (owner / name).write_text(name)
    (worker / name).symlink_to(D / "victim")
class Ward:
    def run(self, *args, **_):
        self.args = [str(a) for a in args]
        return types.SimpleNamespace(code=0, out="", seconds=0)
ward = Ward()
job.train(ward, owner, worker, 1)
assert (D / "victim").read_text() == "untouched"
plan = ward.args[ward.args.index("--plan") + 1]
assert pathlib.Path(plan).read_text() == "plan.json", plan
PYTHON

checks "a user whose name is a part of words takes no words apart" <<'PYTHON'
import redact
r = redact.Redactor()
r.add("user", "ed")
assert r.text("attested by ed, released") == "attested by [user], released"
PYTHON

checks "what is left in a result is noticed" <<'PYTHON'
import redact
r = redact.Redactor()
r.add("host name", "clinic-7")
assert r.left({"x": ["on clinic-7"]}) == ["host name"]
PYTHON

# The program and the verifier are real; the evidence is of other purpose, time and worker.
cat >"$D/real.py" <<'PYTHON'
import json, os, pathlib, subprocess
import job
import machine

D = pathlib.Path(__file__).parent
NONCE = "11" * 32
policy = job.policy


def as_made(path, ward, members, **more):
    # A paravisor's report is signed by the simulated chip here.
    tees = members["allow_tee"] + (["simulated-snp"] if "azure-snp" in members["allow_tee"] else [])
    return policy(path, ward, {**members, "allow_tee": tees}, **dict(more, purpose="release"))


job.policy = as_made


class Ward:
    """Judges as the run does, but for evidence that was asked for to release."""
    uid = gid = 1000

    def __init__(self, verify=(), fetch=()):
        self.more, self.asked = {"verify": verify, "fetch": fetch}, []

    def run(self, name, *args, timeout=60, **_):
        args = ["release" if a == "report" else str(a) for a in args]
        self.asked.append(args)
        for verb, more in self.more.items():
            args = args + list(more) if verb in args else args
        done = subprocess.run([os.environ["BIN"] + "/" + name, *args], capture_output=True,
                              text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
        return machine.Said(done, 0)

    def evidence(self, name):
        path = str(D / name)
        return {"path": path, "nonce": NONCE,
                "shown": self.run("wardctl", "-o", "json", "display", path).json()}
PYTHON
BIN=$(realpath "${BIN:-build/bin}")
export BIN
build/tests/mkevidence "$D" >"$D/out" 2>"$D/err"
result $? 'evidence of every kind is made'

checks "each kind is judged, pinned to its own launch, and another launch then refused" <<'PYTHON'
sys.path.insert(0, str(D))
import real, provider
kinds = {
    # evidence: root, folder, more words, what another launch differs in, refused as
    "release.ward": ("ark.pem", None, [], ("measurement",), "measurement-mismatch"),
    "td.ward": ("intel-root.pem", None, [], ("tdx", "rtmr2"), "measurement-mismatch"),
    "azure-snp.ward": ("ark.pem", D / "azure", [], ("azure", "pcrs", "sha256", "4"), "pcr-mismatch"),
    "azure-tdx.ward": ("azure-root.pem", None, [], ("tdx", "mrtd"), "measurement-mismatch"),
    "nitro.ward": ("nitro-root.pem", None, ["--at", "document"], ("nitro", "pcrs", "0"), "pcr-mismatch"),
    "tpm.ward": ("ark.pem", None, [], ("tpm", "pcrs", "sha256", "4"), "pcr-mismatch"),
}
for name, (root, folder, more, way, word) in kinds.items():
    ward = real.Ward(verify=more)
    evidence = ward.evidence(name)
    v = provider.judge(ward, evidence, [D / root], folder, D, True)
    assert v["judged"] and v["verdict"]["verdict"] == "ok" and v["verdict"]["measured"], (name, v)
    assert bool(v["collateral"]) == bool(folder), (name, v["collateral"])
    at = v["pinned"]
    for step in way[:-1]:
        at = at[step]
    at[way[-1]] = ["e" * len(at[way[-1]][0])]
    said = provider.look(ward, evidence, v["pinned"], [D / root], folder, D)
    assert said["verdict"] == word, (name, said)
    # A root that nobody named ends it, whatever the evidence says of itself. A TPM's key is pinned.
    v = provider.judge(ward, evidence, [], folder, D, True)
    assert name == "tpm.ward" or v["verdict"]["verdict"] == "chain-untrusted", (name, v)
PYTHON

checks "evidence of a debug guest is refused, and nothing is pinned for it" <<'PYTHON'
sys.path.insert(0, str(D))
import real, provider
ward = real.Ward()
v = provider.judge(ward, ward.evidence("debug.ward"), [D / "ark.pem"], None, D, True)
assert v["verdict"]["verdict"] == "debug-allowed" and "measurement" not in v["pinned"], v
PYTHON

checks "certificates are asked for as wardctl takes it, and without them it is said what is missing" <<'PYTHON'
sys.path.insert(0, str(D))
import real, machine, provider
ward = real.Ward(fetch=["--offline"])
try:
    provider.fetched(ward, ward.evidence("azure-snp.ward"), D / "none")
    raise SystemExit("no refusal")
except machine.Refused as why:
    assert "--collateral DIR" in str(why) and "could not be had" in str(why), why
asked = [a for a in ward.asked if "fetch" in a]
assert len(asked) == 1 and asked[0][:2] == ["fetch", "vcek"], asked
# As it would go on: this verb takes those words, too.
said = ward.run("wardctl", "fetch", "ca", "--cache", D / "cache", "pem", D / "none", "-r", D / "azure-snp.ward")
assert said.code == 3, (said.code, said.err)
v = provider.judge(ward, ward.evidence("azure-snp.ward"), [D / "ark.pem"], None, D, False)
assert not v["judged"] and "--collateral DIR" in v["why"], v
v = provider.judge(ward, ward.evidence("azure-snp.ward"), [D / "ark.pem"], None, D, True)
assert not v["judged"] and v["verdict"]["verdict"] == "collateral-missing", v
PYTHON

checks "evidence that says nothing to pin it to is collected, not judged" <<'PYTHON'
sys.path.insert(0, str(D))
import real, provider
ward = real.Ward()
v = provider.judge(ward, ward.evidence("cca.ward"), [], None, D, True)
assert v["judged"] is False and "pinned to" in v["why"], v
PYTHON
finish
