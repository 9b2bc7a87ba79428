#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which commands of the README and of doc/ run (see
# tests/e2e/docs.sh): ward is loaded, the simulated TEE attached. /data/docs/list has a
# line for each block: its script beside the list, page, line, wanted status.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

# As root nobody needs it; pages say it for those who are not.
sudo_for_root() {
	printf '#!/bin/sh\nexec "$@"\n' >/bin/sudo
	chmod 755 /bin/sudo
}

run_block() { # SCRIPT PAGE LINE STATUS: a page's blocks share a directory
	dir=$D/$(echo "$2" | tr / _)
	mkdir -p "$dir"
	got=0
	(cd "$dir" && timeout 120 sh -eu "/data/docs/$1" </dev/null) >$D/out 2>$D/err || got=$?
	[ $got -eq "$4" ] || echo "exit status $got, not $4" >>$D/err
	[ $got -eq "$4" ]
	result $? "$2:$3 runs"
}

sudo_for_root
try 0 . 'the simulated TEE is attached' wardctl provider set tsm
while IFS="$(printf '\t')" read -r script page line status; do
	run_block "$script" "$page" "$line" "$status"
done </data/docs/list
exit $failed
