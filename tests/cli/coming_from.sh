#!/bin/bash
# SPDX-License-Identifier: MIT
# doc/coming-from.md: each of its commands, run in a directory with evidence that is made
# here. The root of that evidence is named beside what a command says, since readers of the
# page have AMD's. TAP on stdout.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
BIN=$(realpath "${BIN:-build/bin}")
PAGE=doc/coming-from.md
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s build/tests/mkevidence >"$D/err" 2>&1 && mkdir "$D/e" &&
	build/tests/mkevidence "$D/e" 2>"$D/err" && mkdir "$D/e/certs" "$D/e/revoked" &&
	mv "$D"/e/plain/*.bin "$D/e" && mv "$D/e/plain/revoking.pem" "$D/e/revoked/crl.pem" &&
	mv "$D"/e/plain/*.pem "$D/e/certs" && cp "$D"/e/certs/{ark,ask,vcek}.pem "$D/e/revoked"
result $? "evidence under roots of the test's own"
[ $failed -eq 0 ] || finish

# Read by bash before a script of the page.
cat >"$D/env" <<EOT
wardctl() {
	case "\$*" in
	*verify*) "$BIN/wardctl" "\$@" --root "$D/e/certs/ark.pem" --root "$D/e/intel-root.pem" ;;
	*) "$BIN/wardctl" "\$@" ;;
	esac
}
EOT

python3 tests/cli/docs.py scripts evidence "$D" "$PAGE" >"$D/list"
[ -s "$D/list" ]
result $? "the page has commands"
while IFS=$'\t' read -r script page line status; do
	got=0
	(cd "$D/e" && BASH_ENV=$D/env timeout 60 bash -eu "$D/$script") \
		>"$D/out" 2>"$D/err" </dev/null || got=$?
	[ "$got" = "$status" ]
	result $? "$page:$line: exit status $status"
done <"$D/list"
finish
