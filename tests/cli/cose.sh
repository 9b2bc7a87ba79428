#!/bin/bash
# SPDX-License-Identifier: MIT
# Bare Nitro documents, CCA and PSA tokens: wardctl display and verify evidence, as text
# and as JSON. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s build/tests/mkcose >"$D/err" 2>&1 && build/tests/mkcose "$D" 2>"$D/err"
result $? 'documents and tokens under keys of this run'
[ "$failed" -eq 0 ] || finish

# want CODE WORD ARGUMENT...: exit code and verdict
want() {
	local code=$1 word=$2 got
	shift 2
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null
	got=$?
	[ $got -eq "$code" ] && grep -qE "^verdict: +$word\$" "$D/out"
	result $? "$(echo "$*" | sed "s,$D/,,g"): $code $word"
}

# shows TEXT ARGUMENT...: exit code 0, and TEXT on stdout
shows() {
	local text=$1
	shift
	"$W" "$@" >"$D/out" 2>"$D/err" </dev/null && grep -q -- "$text" "$D/out"
	result $? "$(echo "$*" | sed "s,$D/,,g") shows '$text'"
}

asked=a5$(printf '00%.0s' {1..63})
other=a6$(printf '00%.0s' {1..63})
image=$(printf '10%.0s' {1..48})
echo "{\"ward-policy\":1,\"nitro\":{\"pcrs\":{\"0\":[{\"name\":\"image 7\",\"value\":\"$image\"}]}}}" \
	>"$D/nitro.json"
nitro="--policy $D/nitro.json --root $D/root.pem --at document"
cca="--policy $D/cca.json"
psa="--policy $D/psa.json"

# shellcheck disable=SC2086
{
	shows 'evidence of kind nitro' display "$D/nitro.cbor"
	shows '"module_id": "i-0123456789abcdef0' -o json display "$D/nitro.cbor"
	want 0 ok verify evidence "$D/nitro.cbor" $nitro --nonce "$asked"
	shows 'measured: *yes' verify evidence "$D/nitro.cbor" $nitro
	shows 'nitro.pcrs.0: image 7' verify evidence "$D/nitro.cbor" $nitro
	shows " 0 $image" verify evidence "$D/nitro.cbor" $nitro
	want 2 report-data-mismatch verify evidence "$D/nitro.cbor" $nitro --nonce "$other"
	want 5 debug-allowed verify evidence "$D/nitro-debug.cbor" $nitro
	want 2 signature-invalid verify evidence "$D/nitro-unsigned.cbor" $nitro
	want 2 chain-untrusted verify evidence "$D/nitro.cbor" --policy "$D/nitro.json" --at document
	want 2 certificate-expired verify evidence "$D/nitro.cbor" --policy "$D/nitro.json" \
		--root "$D/root.pem" --at 2026-01-02T00:00:00Z
	want 5 tee-refused verify evidence "$D/nitro.cbor" --policy "$D/cca.json" \
		--root "$D/root.pem" --at document
	want 5 guest-unmeasured verify evidence "$D/nitro.cbor" --root "$D/root.pem" --at document
	grep -q '^because: *payload.pcrs: the policy pins neither register 0' "$D/out"
	result $? '... without a policy, with what one would have to pin'

	shows 'evidence of kind cca' display "$D/cca.cbor"
	want 0 ok verify evidence "$D/cca.cbor" $cca --nonce "$asked"
	shows 'measured: *yes' verify evidence "$D/cca.cbor" $cca
	shows 'RMM 1.2.3 b2b2' verify evidence "$D/cca.cbor" $cca
	shows 'key named by the policy' verify evidence "$D/cca.cbor" $cca
	want 2 report-data-mismatch verify evidence "$D/cca.cbor" $cca --nonce "$other"
	want 2 binder-mismatch verify evidence "$D/cca-two-halves.cbor" $cca
	want 2 platform-key-untrusted verify evidence "$D/cca.cbor" --policy "$D/nitro.json"

	shows 'evidence of kind psa' display "$D/psa.cbor"
	want 0 ok verify evidence "$D/psa.cbor" $psa --nonce "$asked"
	shows 'client: *-7' verify evidence "$D/psa.cbor" $psa
	want 5 lifecycle-refused verify evidence "$D/psa-retired.cbor" $psa
	"$W" verify evidence "$D/psa.cbor" $psa --at document >"$D/out" 2>"$D/err"
	[ $? -eq 1 ] && grep -q 'no time that its own' "$D/err"
	result $? 'a token of which no signature tells the time: no-own-time'

	"$W" -o json verify evidence "$D/nitro.cbor" $nitro >"$D/v-nitro.json" 2>"$D/err"
	"$W" -o json verify evidence "$D/cca.cbor" $cca >"$D/v-cca.json" 2>>"$D/err"
	"$W" -o json verify evidence "$D/psa.cbor" $psa >"$D/v-psa.json" 2>>"$D/err"
}
python3 - "$D" <<'PYTHON' >"$D/out" 2>"$D/err"
import json, sys
n, c, p = (json.load(open(f"{sys.argv[1]}/v-{k}.json"))[k] for k in ("nitro", "cca", "psa"))
assert n["user_data"].startswith("a500") and n["nonce"] is None and not n["debug"]
assert n["chain"]["root"] == "aws.nitro-enclaves" and n["chain"]["named_root"]
assert list(n["pcrs"])[:3] == ["0", "1", "2"] and len(n["pcrs"]) == 16
assert c["platform"]["lifecycle"] == "secured" and c["platform"]["key"]["trust"] == "pinned"
assert [s["type"] for s in c["platform"]["sw_components"]] == ["BL", "RMM"]
assert c["realm"]["rem"][3] == "33" * 32 and c["realm"]["challenge"].startswith("a500")
assert p["client_id"] == -7 and p["boot_seed"] == "5e" * 32 and p["lifecycle_claim"] == "0x3001"
PYTHON
result $? 'the verdict as JSON has what the evidence says'

# The second reader, of doc/formats.md alone: the same files accepted, the same words in them,
# and the same of each file with a byte changed, cut short, or with a byte too many.
python3 - "$D" "$W" <<'PYTHON' >"$D/out" 2>"$D/err"
import json, pathlib, random, subprocess, sys
sys.path.insert(0, "tests")
from reader import cose as cose_reader

top, wardctl = pathlib.Path(sys.argv[1]), sys.argv[2]
policy = {k: json.loads((top / f"{k}.json").read_text())[k] for k in ("cca", "psa")}
trust = {"nitro": (top / "root.pem").read_bytes(),
         "cca": policy["cca"]["platform_keys"][0]["public_key"].encode(),
         "psa": policy["psa"]["keys"][0]["public_key"].encode()}
more = {"nitro": ["--root", str(top / "root.pem"), "--at", "document"], "cca": [], "psa": []}

def reader(kind, data):
    try:
        return cose_reader.KINDS[kind](data, trust[kind])
    except cose_reader.FAULTS:
        return None

def ward(kind, data):
    path = top / "changed"
    path.write_bytes(data)
    out = subprocess.run([wardctl, "-o", "json", "verify", "evidence", str(path), "--policy",
                          str(top / f"{kind}.json"), *more[kind]], capture_output=True, text=True)
    assert out.returncode in (0, 1, 2, 3, 5, 7), out
    return json.loads(out.stdout)[kind] if out.returncode == 0 else None

def within(part, whole, where):
    for k, v in part.items():
        if isinstance(v, dict):
            within(v, whole[k], f"{where}.{k}")
        else:
            assert whole[k] == v, (where, k, whole[k], v)

def changes(data, n):
    yield data
    yield data[:-1]
    yield data + b"\0"
    pick = random.Random(6)
    for _ in range(n):
        at = pick.randrange(len(data))
        yield data[:at] + bytes([data[at] ^ 1 << pick.randrange(8)]) + data[at + 1:]

tried = accepted = 0
for name in ("nitro", "nitro-unsigned", "cca", "cca-two-halves", "psa"):
    kind = name.split("-")[0]
    for data in changes((top / f"{name}.cbor").read_bytes(), 40):
        said, other = ward(kind, data), reader(kind, data)
        assert (said is None) == (other is None), (name, tried, said, other)
        if other:
            within(other, said, kind)
        tried, accepted = tried + 1, accepted + bool(said)
assert tried == 5 * 43 and accepted == 3, (tried, accepted)
PYTHON
result $? 'a second reader accepts and refuses the same, and reads the same'
finish
