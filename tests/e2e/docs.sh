#!/bin/bash
# SPDX-License-Identifier: MIT
# Commands of the README and of doc/ that are marked <!-- run in the guest -->: one
# guest runs them all, as root, with ward loaded and a simulated TEE. What else the
# marks are: tests/cli/docs.py. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/docs
BIN=$(realpath "${BIN:-build/bin}")
export BIN
. tests/e2e/tried.bash

guest() {
	local kmod=$1 program programs=()
	for program in wardctl wardd ward-train ward-broker; do
		programs+=(--program "$BIN/$program:/bin/$program")
	done
	$VM/guest 6.12 --out $OUT/initrd --script $VM/t_docs.sh --file $VM/try.sh:/lib/ward/try.sh \
		--lib-path "$(realpath build/lib)" "${programs[@]}" --tree $OUT/scripts:/data/docs \
		--load "$kmod/ward.ko" --load "$kmod/tsmsim.ko" >&2
	tried 6.12 $OUT $VM/run 6.12 $OUT/initrd --dir $OUT --append "$PATIENCE" --timeout 900 || :
}

echo "TAP version 13"
rm -rf $OUT/scripts
mkdir -p $OUT/scripts
python3 tests/cli/docs.py scripts guest $OUT/scripts >$OUT/list
if [ ! -s $OUT/list ]; then
	echo "ok 1 - commands in a guest # SKIP no page has one"
	echo "1..1"
	exit
fi
mv $OUT/list $OUT/scripts/list
KMOD=$(dirname "$($VM/module 6.12 | tail -n 1)")
make -s tsmsim-keys >&2
$VM/module 6.12 --what tsmsim >&2
guest "$KMOD" | numbered
