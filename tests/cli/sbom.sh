#!/bin/bash
# SPDX-License-Identifier: MIT
# `make sbom`: SPDX 2.3, the same bytes each time, with every file and every library in it;
# and what the checker is there to refuse it refuses. TAP on stdout.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT
command -v dpkg-query >/dev/null && git rev-parse --git-dir >/dev/null 2>&1 || {
	skip 'the list of what ward is made of' 'it takes dpkg and git'
	finish
}

SOURCE_DATE_EPOCH=1767225600 tests/sbom/sbom.py "$D/a" >"$D/out" 2>"$D/err"
result $? 'it is made'
python3 tests/cli/sbom.py "$D/a" >"$D/out" 2>"$D/err"
result $? 'it is SPDX 2.3'
SOURCE_DATE_EPOCH=1767225600 tests/sbom/sbom.py "$D/b" >"$D/out" 2>"$D/err" && cmp "$D/a" "$D/b" >"$D/out"
result $? 'made again it is the same, byte for byte'
[ "$(jq -r .creationInfo.created "$D/a")" = 2026-01-01T00:00:00Z ]
result $? 'its time is SOURCE_DATE_EPOCH'
clean 'every file that git tracks is in it' < <(
	comm -23 <(git ls-files | while read -r f; do [ -L "$f" ] || echo "./$f"; done | sort) \
		<(jq -r '.files[].fileName' "$D/a" | sort)
)
clean 'every source file has a licence in it' < <(
	jq -r '.files[] | select(.fileTypes == ["SOURCE"] and .licenseConcluded == "NOASSERTION") | .fileName' "$D/a" |
		grep -v '^\./LICENSES/'
)
jq -e '[.relationships[] | select(.relationshipType == "DYNAMIC_LINK" and
	(.spdxElementId | endswith("libwardverify.so.0"))) | .relatedSpdxElement] |
	any(test("libssl|libcrypto")) and any(test("libcbor")) and any(test("jansson"))' "$D/a" >"$D/out" 2>"$D/err"
result $? 'libwardverify links OpenSSL, libcbor and jansson, by their packages'

refused() { # refused TEXT FILTER
	jq "$2" "$D/a" >"$D/bad" && ! cmp -s "$D/a" "$D/bad" && ! python3 tests/cli/sbom.py "$D/bad" >"$D/out" 2>"$D/err" &&
		[ -s "$D/out" ]
	result $? "refused: $1"
}
refused 'no time' 'del(.creationInfo.created)'
refused 'a member that SPDX does not have' '.packages[0].colour = "red"'
refused 'an id twice' '.files[1].SPDXID = .files[0].SPDXID'
refused 'a relation to nothing' '.relationships[0].relatedSpdxElement = "SPDXRef-None"'
refused 'a file with another digest' '.files[0].checksums[0].checksumValue = "0123456789012345678901234567890123456789"'
refused 'a licence that is not ours' '.files[0].licenseConcluded = "Beerware"'
finish
