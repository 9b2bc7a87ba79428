#!/bin/bash
# SPDX-License-Identifier: MIT
# DKMS on Debian 12, from the package: for its kernel and, when that comes, for its
# backport; signed with a key that does not stay; and where something is wrong. The other
# kernels and flavours: make dkms-matrix. TAP on stdout.
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP a chroot needs root"
	exit 0
fi
for tool in dpkg-buildpackage dh_dkms; do
	command -v "$tool" >/dev/null || {
		echo "1..0 # SKIP $tool is missing"
		exit 0
	}
done
exec "$top/tests/dkms/in-chroot" bookworm install
