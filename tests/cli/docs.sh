#!/bin/bash
# SPDX-License-Identifier: MIT
# What the README and the pages of doc/ tell people to type: each command in a fence
# is run by a test or carries a reason why not (tests/cli/docs.py, whose head says how
# a page says so). Here run those that need no module; tests/e2e/docs.sh and
# tests/e2e/story.sh run the others. TAP on stdout.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh
. tests/cli/docs.bash
BIN=$(realpath "${BIN:-build/bin}")
export BIN
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT

docs() {
	python3 tests/cli/docs.py "$@"
}

# planted TEXT WORD: a page with what stands on stdin is refused, and the word is said
planted() {
	cat >"$D/planted.md"
	! docs check "$D/planted.md" >"$D/out" 2>"$D/err" && grep -qF -- "$2" "$D/out"
	result $? "a page is refused with $1"
}

planted "a command that is neither run nor marked" "not run here: why" <<'EOM'
```sh
apt install ward-tools
```
EOM
planted "a mark without a reason" "wants a reason" <<'EOM'
<!-- not run here: no -->
```sh
apt install ward-tools
```
EOM
planted "a mark that nobody knows" "what is" <<'EOM'
<!-- run elsewhere -->
```sh
wardctl explain ok
```
EOM
planted "a fence that does not say what it holds" "say what it is" <<'EOM'
```
wardctl status
```
EOM
planted "commands that are called text" "say console" <<'EOM'
```text
$ wardctl status
```
EOM
planted "commands by indent alone" "stand in a fence" <<'EOM'
As root:

    wardctl status
EOM
planted "a verb that is not there, though it is not run" "no verb receipt print" <<'EOM'
<!-- not run here: needs a confidential VM -->
```sh
sudo wardctl receipt print x.ward
```
EOM
planted "an option that is not there" "no option --loud" <<'EOM'
<!-- run in the guest -->
```sh
wardctl provider set tsm && wardctl -q report --loud report request
```
EOM
planted "a target that is not in the Makefile" "no target everything" <<'EOM'
<!-- not run here: takes an hour of two cores -->
```sh
make everything
```
EOM
planted "a verb in its prose that is not there" "no verb frobnicate" <<'EOM'
See `wardctl frobnicate`.
EOM

# A page whose command fails must fail its run, and so one with another status.
cat >"$D/fails.md" <<'EOM'
```sh
wardctl explain there-is-no-such-code
```
<!-- run here, status 1 -->
```sh
wardctl explain there-is-no-such-code
```
<!-- first: echo planted >file -->
```console
$ cat file | \
    grep planted
planted
$ wardctl explain ok
```
EOM
docs_run "$D/fails.md" >"$D/out" 2>"$D/err"
[ "$(grep -c '^not ok' "$D/out")" = 1 ] && [ "$(grep -c '^ok' "$D/out")" = 2 ] &&
	grep -q "^not ok.*fails.md:1 " "$D/out"
result $? "a command that fails is found, one that is meant to is not"

docs check >"$D/out" 2>"$D/err"
result $? "every command in a fence is run or says why not, and is there"

while read -r line; do
	case $line in
	'ok '*) result 0 "${line#ok }" ;;
	'not ok '*) result 1 "${line#not ok }" ;;
	*) echo "$line" ;;
	esac
done < <(rm -f "$D/out" "$D/err"; docs_run)
echo "# $(docs count)"
finish
