#!/bin/bash
# SPDX-License-Identifier: MIT
# residue-matrix on every kernel that is tested. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=build/residue-matrix
mkdir -p "$out"
count=0
bad=0
for kernel in ${KERNELS:-6.12 6.1 newest}; do
	tests/e2e/residue-matrix "$kernel" >"$out/$kernel.tap" || bad=1
	# Numbered on, since each kernel's results begin with 1.
	while IFS= read -r line; do
		case $line in
		"ok "* | "not ok "*)
			count=$((count + 1))
			echo "${line%%ok *}ok $count - ${line#* - }"
			;;
		"#"*) echo "$line" ;;
		esac
	done <"$out/$kernel.tap"
done
echo "1..$count"
exit $bad
