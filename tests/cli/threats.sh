#!/bin/bash
# SPDX-License-Identifier: MIT
# doc/security.md's table of threats and its table of others' bugs: each test that they name is
# there, and what the checker is there to see it sees. TAP on stdout.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT

clean 'threats, tests and CVEs fit together, and every test that a page names is there' < <(
	python3 tests/cli/threats.py . 2>&1
)

seen() { # seen TEXT SED SAYS: doc/security.md so changed is told
	rm -rf "$D/top"
	mkdir "$D/top"
	cp -r doc README.md SECURITY.md "$D/top/"
	ln -s "$PWD/tests" "$D/top/tests"
	sed -i -E "$2" "$D/top/doc/security.md"
	! cmp -s doc/security.md "$D/top/doc/security.md" &&
		! python3 tests/cli/threats.py "$D/top" >"$D/out" 2>"$D/err" && grep -q "$3" "$D/out"
	result $? "seen: $1"
}
seen 'a test that is not there' 's,tests/kernel/test_receipt.c,tests/kernel/test_recipe.c,' 'test_recipe.c, which is not there'
seen 'a threat without a test' '/^\| R \| who held data/s,`,,g' 'no test: who held data'
seen 'a threat without a word on what remains' '/^\| E \| an unprivileged/s,\| root \|,| |,' 'a column is empty'
seen 'a CVE that its test does not name' 's,CVE-2024-0582,CVE-2024-0583,' 'CVE-2024-0583'
seen 'a kind of threat that is left out' '/^\| R \|/d' 'none of the kind R'
finish
