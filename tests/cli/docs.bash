# SPDX-License-Identifier: MIT
# docs_run [PAGE...]: run the blocks of commands that run on this machine, a page's in
# one directory under $D; a result a line. Sourced; BIN is absolute.

docs_block() { # SCRIPT PAGE LINE STATUS
	local dir=$D/pages/${2//\//_} got=0
	mkdir -p "$dir"
	(cd "$dir" && PATH=$BIN:$PATH timeout 60 bash -eu "$1" </dev/null) >"$D/said" 2>&1 || got=$?
	if [ "$got" = "$4" ]; then
		echo "ok $2:$3 runs"
	else
		echo "not ok $2:$3 runs"
		echo "# exit status $got, not $4"
		tail -n 15 "$D/said" | sed 's/^/# /'
	fi
}

docs_run() {
	local scripts list script page line status
	scripts=$(mktemp -d "$D/scripts.XXXXXX")
	list=$(python3 tests/cli/docs.py scripts here "$scripts" "$@") || return
	[ -n "$list" ] || return 0
	while IFS=$'\t' read -r script page line status; do
		docs_block "$scripts/$script" "$page" "$line" "$status"
	done <<<"$list"
}
