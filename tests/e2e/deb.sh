#!/bin/bash
# SPDX-License-Identifier: MIT
# The Debian packages: built twice to the same bytes, nothing for lintian to say,
# installed on Debian 12, the programs run, and purged without a trace. TAP on stdout.
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP a chroot needs root"
	exit 0
fi
# Of several names command -v is content with one.
for tool in dpkg-buildpackage dh_apparmor dh_dkms lintian; do
	command -v "$tool" >/dev/null || {
		echo "1..0 # SKIP $tool is missing"
		exit 0
	}
done

work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
D=$work
. "$top/tests/harness/results.sh"
cp "$top/tests/harness/results.sh" "$work/"

# The second build stands elsewhere and hours later, as far as it can tell.
"$top/tests/deb-build" "$work/one" >"$work/out" 2>&1
result $? "the packages are built"
TZ=Pacific/Kiritimati TMPDIR=$work "$top/tests/deb-build" "$work/two" >"$work/out" 2>&1
result $? "and once more, in another place and time zone"
(cd "$work/one" && sha256sum -- *.deb) >"$work/sums"
(cd "$work/two" && sha256sum -c "$work/sums") >"$work/out" 2>&1
result $? "both have the same bytes"
lintian -EI --pedantic --fail-on error,warning,info,pedantic --allow-root \
	"$work"/one/*.changes >"$work/out" 2>&1
result $? "lintian has nothing to say"

# Unpacked, since the chroot below has no Python.
for package in python3-ward libward0; do
	dpkg -x "$work/one/$package"_*.deb "$work/unpacked"
done
LD_LIBRARY_PATH=$(echo "$work"/unpacked/usr/lib/*-linux-*) PYTHONDONTWRITEBYTECODE=1 \
	PYTHONPATH=$work/unpacked/usr/lib/python3/dist-packages \
	/usr/bin/python3 -c 'import ward; print(ward.verify.__doc__[:5])' >"$work/out" 2>&1 &&
	grep -q Judge "$work/out"
result $? "the Python package imports"
[ "$(dpkg-deb -f "$work/one"/python3-ward_*.deb Depends | grep -c 'python3 (>= 3.11~)')" = 1 ]
result $? "... and asks for the Python whose ABI it has"

cat >"$work/inside" <<'INSIDE'
set -u
cd "$1"
D=.
. ./results.sh >/dev/null	# its first line was said
count=$2
# What is there: names alone of what dpkg and others keep a log of.
there() {
	find / -xdev \( -path /proc -o -path /dev -o -path /mnt -o -path /tmp -o -path "$PWD" \) \
		-prune -o ! -path '/var/cache/*' ! -path '/var/log/*' -print | sort
}

export DEBIAN_FRONTEND=noninteractive
there >before
dpkg -i one/libward0_*.deb one/libward-dev_*.deb one/ward-tools_*.deb one/ward-dkms_*.deb >out 2>&1
result $? "they install, with what they depend on"
dkms status >out 2>&1
grep -q '^ward/.*: added' out
result $? "DKMS knows the module (what it builds: tests/e2e/dkms.sh)"
getent group ward >out
result $? "the group ward is there"
getent passwd ward-broker >out
result $? "the broker's user is there"
for program in wardctl wardd ward-broker ward-train; do
	{ "$program" --version && ldd "$(command -v "$program")"; } >out 2>&1 && ! grep -q 'not found' out
	result $? "$program runs"
done
wardctl config check >out 2>&1 && grep -q /etc/ward/ward.conf out
result $? "the configuration that is installed is sound"
printf '#include <libward.h>\n#include <wardverify.h>\nint main(void) { return !ward_strerror(-1); }\n' >use.c
gcc -Wall -Werror -o use use.c -lward -lwardverify >out 2>&1 && ./use >>out 2>&1
result $? "a program is built with libward-dev, and runs"
dpkg -P ward-dkms ward-tools libward-dev libward0 >out 2>&1
result $? "they are purged"
there >after
diff before after >out
# Group and user stay: files may belong to them. depmod and DKMS keep what is their own.
grep '^[<>]' out | grep -vE \
	-e ' /(etc/(group|gshadow|passwd|shadow)-?|etc/\.pwd\.lock|var/lib/dpkg/.*|var/lib/systemd.*)$' \
	-e ' /(usr/)?lib/modules/[^/]*/modules\.[a-z.]*$' -e ' /var/lib/dkms/mok\.(key|pub)$' >left
cp left out
! [ -s left ]
result $? "nothing is left"
finish
INSIDE
"$top/tests/vm/chroot" scratch bookworm-dkms "$work" -- bash "$work/inside" "$work" "$count" || failed=1
exit "$((failed > 0))"
