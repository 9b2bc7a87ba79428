#!/bin/bash
# SPDX-License-Identifier: MIT
# What the README shows must exist: its C compiles and links, its targets and
# verbs are there.
set -u
cd "$(dirname "$0")/../.." || exit 1
bin=${BIN:-build/bin}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
failed=0

check() { # DESCRIPTION STATUS [FILE]: the file says why
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		[ ! -s "${3:-/dev/null}" ] || sed 's/^/# /' "$3"
		failed=1
	fi
}

echo "TAP version 13"
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' README.md >"$dir/example.c"
cat >>"$dir/example.c" <<'EOM'

int main(void)
{
	uint8_t *bundle;
	size_t len;

	return prove((const uint8_t *)"a nonce!", 8, &bundle, &len);
}
EOM
${CC:-cc} -Wall -Wextra -Werror -Iinclude/uapi -Iuserspace/lib -o "$dir/example" "$dir/example.c" \
	-Lbuild/lib -lward >"$dir/log" 2>&1
check "the worker in the README compiles and links" $? "$dir/log"

while read -r target; do
	make -n "$target" DEPS=skip >"$dir/log" 2>&1
	check "make $target exists" $? "$dir/log"
done < <(awk '/^```/ { on = !on; next } on' README.md | grep -oE '^make [a-z-]+' | cut -d' ' -f2 | sort -u)

"$bin/wardctl" help >"$dir/help" 2>&1
# shellcheck disable=SC2016 # backquotes of Markdown
while read -r verb; do
	grep -qE "(^| )$verb( |$)" "$dir/help"
	check "wardctl $verb exists" $? "$dir/help"
done < <(grep -ohE '`wardctl [a-z]+|bin/wardctl [a-z]+' README.md | awk '{ print $2 }' | sort -u)

# shellcheck disable=SC2016
while read -r file; do
	[ -e "$file" ]
	check "$file is there" $?
done < <(grep -oE '`(doc|kmod|include|userspace|tests)/[A-Za-z0-9_./-]+`' README.md | tr -d '`' | sort -u)

echo "1..$n"
exit $failed
