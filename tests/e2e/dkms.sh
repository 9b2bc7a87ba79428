#!/bin/bash
# SPDX-License-Identifier: MIT
# DKMS on Debian 12: add, build, install and remove ward for the distribution's
# kernel and for its backport, in a chroot that holds their headers. TAP on
# stdout. The chroot itself is never written to.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP a chroot needs root"
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT

if ! make -s -C "$top" install-dkms DESTDIR="$work/dest" >"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo "not ok 1 make install-dkms"
	echo "1..1"
	exit 1
fi
id=$("$top/tests/vm/module" --build-id)

# Runs in the chroot. What DKMS writes goes to memory: its tree and the modules'
# directories, which the headers packages filled with links only.
cat >"$work/inside" <<'INSIDE'
set -u
work=$1 id=$2
n=0
failed=0
result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
		tail -n 25 "$work/out" | sed 's/^/# /'
	fi
}

mkdir -p /mnt/modules
cp -a /lib/modules/. /mnt/modules/
mount -t tmpfs none /var/lib/dkms
mount --bind /mnt/modules /lib/modules
mkdir /mnt/src
cp -a /usr/src/. /mnt/src/ 2>/dev/null
cp -r "$work"/dest/usr/src/ward-* /mnt/src/
mount --bind /mnt/src /usr/src
version=$(ls -d /usr/src/ward-* | sed 's,.*/ward-,,')
ward=ward/$version

dkms add "$ward" >"$work/out" 2>&1
result $? "dkms add $ward"
for kernel in $(ls /lib/modules | sort -V); do
	series=$(echo "$kernel" | cut -d. -f1-2)
	dkms build "$ward" -k "$kernel" >"$work/out" 2>&1 ||
		cat "/var/lib/dkms/ward/$version/build/make.log" >>"$work/out"
	log=$(find /var/lib/dkms/ward -name make.log -path "*$kernel*")
	[ -n "$log" ] && ! grep -iE 'warning: |error' "$log" >>"$work/out"
	result $? "$series: dkms build, without a warning"
	dkms install "$ward" -k "$kernel" >"$work/out" 2>&1
	result $? "$series: dkms install"
	ko=$(find "/lib/modules/$kernel/updates" -name 'ward.ko*')
	[ -n "$ko" ] && modinfo -F vermagic "$ko" | grep -q "^$kernel " &&
		[ "$(modinfo -F version "$ko")" = "$version" ]
	result $? "$series: the installed module is of this kernel and version $version"
	grep -aqF "$id" "${ko:-/dev/null}" || xz -dc "$ko" 2>/dev/null | grep -aqF "$id"
	result $? "$series: the module knows the id of its sources"
done
dkms build "$ward" -k 5.10.0-1-amd64 --kernelsourcedir "/lib/modules/$kernel/build" >"$work/out" 2>&1
[ $? -ne 0 ] && grep -q BUILD_EXCLUSIVE "$work/out"
result $? "5.10 is refused by name, before compiling"
dkms remove "$ward" --all >"$work/out" 2>&1
result $? "dkms remove"
! find /lib/modules/ -name 'ward.ko*' | grep . >"$work/out"
result $? "nothing is left"
echo "1..$n"
exit $failed
INSIDE
"$top/tests/vm/chroot" run bookworm-dkms "$work" -- bash "$work/inside" "$work" "$id"
