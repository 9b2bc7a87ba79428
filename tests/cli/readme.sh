#!/bin/bash
# SPDX-License-Identifier: MIT
# What the README shows must exist: its C compiles and links, its targets and
# verbs are there.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$D/example.c"
cat >>"$D/example.c" <<'EOM'

int main(void)
{
	uint8_t *bundle;
	size_t len;

	return prove((const uint8_t *)"a nonce!", 8, &bundle, &len);
}
EOM
${CC:-cc} -Wall -Wextra -Werror -Iinclude/uapi -Iuserspace/lib -o "$D/example" "$D/example.c" \
	-Lbuild/lib -lward >"$D/err" 2>&1
result $? "the worker in the README compiles and links"

while read -r target; do
	make -n "$target" DEPS=skip >"$D/err" 2>&1
	result $? "make $target exists"
done < <(awk '/^```/ { on = !on; next } on' README.md | grep -oE '^make [a-z0-9-]+' | cut -d' ' -f2 | sort -u)

"$bin/wardctl" help >"$D/help" 2>&1
# shellcheck disable=SC2016 # backquotes of Markdown
while read -r verb; do
	grep -qE "(^| )$verb( |$)" "$D/help"
	result $? "wardctl $verb exists"
done < <(grep -ohE '`wardctl [a-z]+|bin/wardctl [a-z]+' README.md | awk '{ print $2 }' | sort -u)

# shellcheck disable=SC2016
while read -r file; do
	[ -e "$file" ]
	result $? "$file is there"
done < <(grep -oE '`(doc|kmod|include|userspace|tests)/[A-Za-z0-9_./-]+`' README.md | tr -d '`' | sort -u)

finish
