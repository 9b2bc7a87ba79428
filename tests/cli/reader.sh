#!/bin/bash
# SPDX-License-Identifier: MIT
# The second reader, tests/reader/, of doc/formats.md alone: it and wardctl accept and refuse the
# same bundles and receipts, as they are and mutated (fixed seed). TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
export PYTHONDONTWRITEBYTECODE=1

if ! python3 -c 'import cryptography' 2>"$D/err"; then
	skip 'second reader' 'python3-cryptography is not installed'
	finish
fi
make -s build/tests/mkevidence >"$D/err" 2>&1 && build/tests/mkevidence "$D" 2>"$D/err"
result $? 'evidence of a simulated guest'
[ "$failed" -eq 0 ] || finish
python3 tests/reader/agree.py "$BIN/wardctl" "$D" 2000 >"$D/out" 2>"$D/err"
result $? "a second reader agrees: $(tail -n 1 "$D/out" | cut -d : -f 1)"

# ---- cards ---------------------------------------------------------------------------
echo '{"ward-policy":1,"accept_unmeasured":true,"allow_tee":["simulated-snp"]}' >"$D/any.json"
card() { # STATUS BUNDLE TEXT: what both make of the card
	local ward=0 reader=0 want=$1
	"$BIN/wardctl" verify bundle "$D/$2" --root "$D/ark.pem" --policy "$D/any.json" \
		--card "$D/card/model-n.json" >"$D/out" 2>"$D/err" || ward=1
	PYTHONPATH=tests python3 -m reader.card "$D/card/model-n.json" "$D/$2" "$D/ark.pem" \
		>>"$D/out" 2>>"$D/err" || reader=1
	[ "$ward$reader" = "$want$want" ] || echo "wardctl $ward, reader $reader" >>"$D/err"
	[ "$ward$reader" = "$want$want" ]
	result $? "a card and both readers: $3"
}
restored() { # COMMAND...: on the folder, which is put back
	rm -rf "$D/card"
	cp -r "$D/kept" "$D/card"
	[ $# -eq 0 ] || (cd "$D/card" && "$@")
}
cp -r "$D/card" "$D/kept"
card 0 card.ward 'vouched for'
card 1 card-other-plan.ward 'another plan was declared'
card 1 release.ward 'evidence of another purpose'
restored sed -i 's/trial/trail/' model-n.json
card 1 card.ward 'a word of it was changed'
restored truncate -s -1 model-n.json
card 1 card.ward 'its last byte is gone'
restored truncate -s 0 model-n.onnx
card 1 card.ward 'another model stands beside it'
restored rm model-n.safetensors
card 1 card.ward 'a model is gone'
restored
card 0 card.ward 'put back'
finish
