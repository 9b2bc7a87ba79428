#!/bin/bash
# SPDX-License-Identifier: MIT
# --explain: each rule of a policy with what was expected and found; the verdict is the
# same with and without it, over all evidence that the tests make, sound and unsound,
# under all their policies. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
W=$BIN/wardctl
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? 'evidence of a simulated guest'
[ $failed -eq 0 ] || finish

# What a policy says against what the claims say: several rules that do not hold.
strict=$D/strict.json
cat >"$strict" <<'JSON'
{ "ward-policy": 1, "allow_tee": ["simulated-snp"], "accept_unmeasured": true,
  "uid": [{ "name": "trainer", "value": 1000 }, 7], "gid": [42], "purpose": "release",
  "posture": ["exclusive"], "lease_max": 60, "max_age": 1, "userns_level_max": 0,
  "ledger": { "class_b": "refuse" }, "module": { "min_version": "65535.0.0" } }
JSON

# ---- the verdict does not depend on who looks on

python3 - "$W" "$D" >"$D/out" 2>"$D/err" <<'PY'
import json, pathlib, re, subprocess, sys
wardctl, d = sys.argv[1], pathlib.Path(sys.argv[2])
SAME = ("verdict", "ok", "code", "exit_code", "field", "offset", "text", "meaning", "mend", "simulated")

def ask(*words):
    done = subprocess.run([wardctl, "-o", "json", *map(str, words)], capture_output=True, text=True)
    # A second may pass between the two.
    return done.returncode, json.loads(re.sub(r"asked for [-0-9T:]+Z", "asked for now", done.stdout))

pairs = refused = several = 0
policies = [p for p in sorted(d.glob("*.json")) if '"ward-policy"' in p.read_text() and p.name != "bad.json"]
assert len(policies) >= 5, policies
for evidence in sorted(d.glob("*.ward")):
    for policy in policies:
        words = ["verify", "bundle", evidence, "--policy", policy, "--root", d / "ark.pem"]
        plain, told = ask(*words), ask(*words, "--explain")
        where = f"{evidence.name} under {policy.name}"
        assert plain[0] == told[0], where
        if "error" in plain[1]:
            assert plain == told, where
            continue
        for name in SAME:
            assert plain[1].get(name) == told[1].get(name), f"{where}: {name}"
        assert "rules" not in plain[1], where
        rules = told[1]["rules"]
        bad = [r for r in rules if not r["held"]]
        pairs += 1
        refused += not told[1]["ok"]
        several += len(bad) > 1
        # Accepted = every rule held; and a rule that is the reason is the first that does not.
        assert not (told[1]["ok"] and bad), where
        assert not bad or bad[0]["reason"] == told[1]["verdict"], f"{where}: {bad[0]} is not the verdict"
        assert policy.name != "strict.json" or told[1]["field"] == "bundle" or rules or not told[1]["ok"], where
assert pairs >= 100 and refused >= 50 and several >= 5, (pairs, refused, several)
print(f"{pairs} verdicts, {refused} refusals, {several} with several rules that do not hold")
PY
result $? 'with and without: the same verdict, field, text and exit code'
sed 's/^/# /' "$D/out"

# ---- what is shown

OK=(--policy "$D/policy.json" --root "$D/ark.pem")
"$W" verify bundle "$D/release.ward" --policy "$strict" --root "$D/ark.pem" --explain >"$D/out" 2>"$D/err"
[ $? -eq 5 ]
result $? 'several rules that do not hold: refused'
line() { grep -qE -- "^ +- $1" "$D/out"; }
for text in 'ok +uid +expected 1000 \(trainer\) or 7, found 1000$' 'NO +gid +expected 42, found [0-9]+: wrong-gid$' \
	'NO +posture +expected exclusive, found .*: posture-refused' 'NO +lease_max .*found no lease: lease-refused' \
	'NO +max_age .*: evidence-(old|future)' 'NO +module.min_version .*65535.0.0.*: module-refused' \
	'ok +purpose +expected release, found release'; do
	line "$text"
	result $? "text: $text"
done
grep -qE '^verdict: +wrong-gid' "$D/out"
result $? '... and the first of them is the verdict'
F=$(printf 'f%.0s' {1..128})
jq --arg f "$F" '.declared = [$f, ($f | gsub("f"; "e"))]' "$strict" >"$D/declared.json"
"$W" verify bundle "$D/release.ward" --policy "$D/declared.json" --root "$D/ark.pem" --explain >"$D/out" 2>"$D/err"
line 'NO +declared +expected f{128}\.\.\., found [0-9a-f]{128}: '
result $? 'a digest of 64 bytes stands there whole, and of a list that there is more'
"$W" receipt verify "$D/receipt.ward" "${OK[@]}" --release "$D/log.json" --explain >"$D/out" 2>"$D/err" &&
	grep -q '^rules:' "$D/out" && line 'ok +measurement '
result $? 'a receipt: its rules'
"$W" receipt verify "$D" "${OK[@]}" --log "$D/log.json" --explain >"$D/out" 2>"$D/err"
[ $? -eq 1 ] && grep -q 'goes with one receipt' "$D/err"
result $? '... of many none'
"$W" verify attestation "$D" "$D/report.bin" --root "$D/ark.pem" --explain >"$D/out" 2>"$D/err"
line 'ok +allow_debug '
result $? 'bare evidence: its rules'

# ---- policy check

"$W" policy check "$D/policy.json" --explain "$D/release.ward" --root "$D/ark.pem" >"$D/out" 2>"$D/err"
[ $? -eq 0 ] && grep -qE '^verdict: +ok' "$D/out" && line 'ok +measurement'
result $? 'policy check with evidence: the verdict and each rule'
"$W" policy check --explain "$strict" "$D/release.ward" --root "$D/ark.pem" >"$D/out" 2>"$D/err"
[ $? -eq 5 ]
result $? '... and its exit code'
"$W" policy check "$strict" --explain >"$D/out" 2>"$D/err" && line 'module.min_version +"65535.0.0"' &&
	line 'uid +\[\{"name":"trainer","value":1000\},7\]'
result $? 'policy check without: the rules as they stand'
"$W" policy check "$strict" "$D/release.ward" >"$D/out" 2>"$D/err"
[ $? -eq 1 ] && grep -q 'goes with --explain' "$D/err"
result $? 'evidence without --explain is misuse'
"$W" policy check "$strict" --policy "$strict" >"$D/out" 2>"$D/err"
[ $? -eq 1 ] && grep -q 'without --policy' "$D/err"
result $? 'so is a second policy'
echo '{"ward-policy":1,"uids":[1]}' >"$D/slip.json"
"$W" policy check "$D/slip.json" --explain "$D/release.ward" >"$D/out" 2>"$D/err"
[ $? -eq 7 ] && grep -q "did you mean 'uid'" "$D/err"
result $? 'a policy that is none is refused first'
finish
