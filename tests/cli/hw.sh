#!/bin/bash
# SPDX-License-Identifier: MIT
# Parts of tests/hw/run that need no guest: what it takes out of a result, and how it
# fetches certificates, from a double of AMD's service and without a network. TAP on
# stdout. The whole of it: tests/e2e/hw.sh.
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
	} | WARD_HW_KDS=http://127.0.0.1:9 timeout 60 python3 - >"$D/out" 2>"$D/err"
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

checks "no network: a plain sentence" <<'PYTHON'
import machine, provider
report = {"product": "milan", "signing_key": "vcek", "chip_id": "ab" * 64, "reported_tcb": {}}
try:
    provider.collateral(report, D / "none")
    raise SystemExit("no refusal")
except machine.Refused as why:
    assert "no network" in str(why) and "--collateral" in str(why), why
PYTHON

checks "a VLEK's certificate is not asked for" <<'PYTHON'
import machine, provider
try:
    provider.collateral({"signing_key": "vlek", "chip_id": "00"}, D / "none")
    raise SystemExit("no refusal")
except machine.Refused as why:
    assert "--collateral" in str(why), why
PYTHON

checks "certificates are asked for by product, chip and TCB, and kept as wardctl reads them" <<'PYTHON'
import http.server, threading
import provider
asked = []
class Double(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        end = b"-----END CERTIFICATE-----"
        body = b"ask " + end + b"\nark " + end + b"\n" if "chain" in self.path else b"der"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Double)
threading.Thread(target=server.serve_forever, daemon=True).start()
provider.KDS = f"http://127.0.0.1:{server.server_port}"
tcb = {"bootloader": 3, "tee": 0, "snp": 8, "microcode": 115, "fmc": 1}
chip = bytes(range(64)).hex()
milan = {"product": "milan", "signing_key": "vcek", "chip_id": chip, "reported_tcb": tcb}
folder = provider.collateral(milan, D / "certs")
assert asked == [f"/vcek/v1/Milan/{chip}?blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115",
                 "/vcek/v1/Milan/cert_chain"], asked
assert (folder / "vcek.der").read_bytes() == b"der"
assert (folder / "ask.pem").read_text().startswith("ask\n-----END")
assert (folder / "ark.pem").read_text().startswith("ark\n-----END")
provider.collateral(dict(milan, product="turin"), D / "certs")
assert asked[2] == f"/vcek/v1/Turin/{chip[:16]}?fmcSPL=01&blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115"
PYTHON

checks "evidence that no verifier judges is collected, not judged" <<'PYTHON'
import types
import provider
class Ward:
    def run(self, *_):
        return types.SimpleNamespace(json=lambda: {
            "verdict": "evidence-unsupported", "meaning": "of a kind that is not verified"})
v = provider.judge(Ward(), {"path": "x", "nonce": "00"}, "p", [], None, D, True)
assert v["judged"] is False and v["why"] == "of a kind that is not verified", v
PYTHON

checks "collateral is used where the evidence's own certificates do not do, and it is told" <<'PYTHON'
import types
import provider
class Ward:
    def run(self, *args):
        word = "ok" if self.own or "--collateral" in args else "collateral-missing"
        return types.SimpleNamespace(json=lambda: {"verdict": word, "meaning": word})
evidence = {"path": "x", "nonce": "00", "shown": {}}
ward = Ward()
for own, given, judged, beside in ((True, "dir", True, False), (False, "dir", True, True),
                                   (False, None, False, True)):
    ward.own = own
    v = provider.judge(ward, evidence, "p", [], given, D, True)
    assert (v["judged"], v["beside"]) == (judged, beside), (own, given, v)
PYTHON
finish
