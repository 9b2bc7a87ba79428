#!/bin/bash
# SPDX-License-Identifier: MIT
# What systemd and its helpers are given: units that verify and are confined, users,
# directories, the module at boot. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

make -s install DESTDIR="$D/root" PREFIX=/usr DEPS=skip >"$D/out" 2>"$D/err"
result $? 'make install'
mkdir "$D/units"

# As systemd would run it, but for the program, which is below the scratch directory.
unit_here() { # unit_here NAME: its copy, whose name stands on stdout
	local at=$D/units/${1/@./@job.}

	sed -E "s,^(Exec[A-Za-z]+=)/usr,\1$D/root/usr," "$D/root/usr/lib/systemd/system/$1" >"$at"
	echo "$at"
}

check_unit() { # check_unit NAME
	local at
	at=$(unit_here "$1")
	systemd-analyze verify --man=no "$at" >"$D/out" 2>"$D/err"
	result $? "$1: systemd-analyze verify"
	grep -h "$(basename "$at")" "$D/out" "$D/err" >"$D/said"
	clean "$1: nothing to complain about" <"$D/said"
	# 0 to 100, lower is better: 2.0 of systemd's 10 at most.
	systemd-analyze security --offline=yes --threshold=20 --no-pager "$at" >"$D/out" 2>"$D/err"
	result $? "$1: exposed at most 2.0 ($(tail -n 1 "$D/out" | grep -oE '[0-9]+\.[0-9]+'))"
}

# Which device nodes a unit may open, in so many words.
check_devices() { # check_devices NAME DEVICE...
	local name=$1 unit=$D/root/usr/lib/systemd/system/$1
	shift
	sed -n 's/^Device\(Policy\|Allow\)=//p' "$unit" | sort >"$D/allowed"
	{
		echo closed
		for device; do echo "/dev/$device rw"; done
	} | sort | diff "$D/allowed" - >"$D/out" 2>&1
	result $? "$name: devices: ${*:-none}"
}

if command -v systemd-analyze >/dev/null; then
	for unit in "$D"/root/usr/lib/systemd/system/*.service; do
		check_unit "$(basename "$unit")"
	done
	# A unit that is open shows that the threshold is looked at.
	printf '[Service]\nExecStart=/bin/true\n' >"$D/units/open.service"
	! systemd-analyze security --offline=yes --threshold=20 --no-pager \
		"$D/units/open.service" >"$D/out" 2>"$D/err"
	result $? 'an unconfined unit is beyond the threshold'
else
	skip 'units: systemd-analyze' 'systemd-analyze is not installed'
fi
check_devices wardd.service ward sev-guest tdx_guest nsm tpm0 tpmrm0
check_devices ward-train@.service ward
check_devices ward-serve@.service ward
check_devices ward-broker.service
check_devices ward-provider.service
check_devices ward-setup.service

# A TPM that never answers holds wardd where it has looked around and begins to read.
gives_up() { # gives_up BIT: of the capabilities
	timeout 200 python3 - "${BIN:-build/bin}/wardd" "$D/tpm" "$1" <<-'PYTHON'
		import re, socket, subprocess, sys
		tpm = socket.socket(socket.AF_UNIX)
		tpm.bind(sys.argv[2])
		tpm.listen()
		tpm.settimeout(60)
		wardd = subprocess.Popen([sys.argv[1], "--backend", f"vtpm,tcti=unix:{sys.argv[2]}"])
		try:
		    asked, _ = tpm.accept()
		    asked.settimeout(60)
		    asked.recv(1)
		    with open(f"/proc/{wardd.pid}/status", encoding="ascii") as status:
		        kept = re.findall(r"^Cap(?:Inh|Prm|Eff):\t(\w+)", status.read(), re.M)
		    print(*kept)
		    assert len(kept) == 3 and not [k for k in kept if int(k, 16) >> int(sys.argv[3]) & 1]
		finally:
		    wardd.kill()
	PYTHON
}
if [ $((0x$(sed -n 's/^CapEff:\t//p' /proc/self/status) >> 19 & 1)) = 1 ]; then
	gives_up 19 >"$D/out" 2>"$D/err"
	result $? 'wardd gives up CAP_SYS_PTRACE before it reads what others wrote'
else
	skip 'wardd gives up CAP_SYS_PTRACE' 'it is not here to be given up'
fi

mkdir -p "$D/root/etc"
# Each profile is one that a unit enters, and parses; wardd's has the unit's devices.
for profile in "$D"/root/etc/apparmor.d/*; do
	name=$(basename "$profile")
	grep -qx "AppArmorProfile=-$name" "$D"/root/usr/lib/systemd/system/*.service
	result $? "AppArmor: a unit enters $name"
	if command -v apparmor_parser >/dev/null; then
		apparmor_parser --skip-kernel-load --skip-cache "$profile" >"$D/out" 2>"$D/err"
		result $? "AppArmor: $name parses"
	else
		skip "AppArmor: $name parses" 'apparmor_parser is not installed'
	fi
done
for unit in wardd ward-train@; do
	sed -n 's,^DeviceAllow=\(.*\) rw$,\1,p' "$D/root/usr/lib/systemd/system/$unit.service" | sort >"$D/unit"
	sed -nE 's,^  (/dev/[a-z_-]+)(\[0-9\]\*)? rw\,$,\1\2,p' "$D/root/etc/apparmor.d/${unit%@}" |
		sed 's/\[0-9\]\*/0/' | sort | diff "$D/unit" - >"$D/out" 2>&1
	result $? "AppArmor: ${unit%@} has the devices of its unit"
done

if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers --root="$D/root" >"$D/out" 2>"$D/err" &&
		grep -q '^ward:' "$D/root/etc/group" && grep -q '^ward-broker:' "$D/root/etc/passwd"
	result $? 'systemd-sysusers makes group ward and user ward-broker'
else
	skip 'systemd-sysusers' 'systemd-sysusers is not installed'
fi
if command -v systemd-tmpfiles >/dev/null && [ "$(id -u)" = 0 ]; then
	systemd-tmpfiles --root="$D/root" --create ward-tools.conf >"$D/out" 2>"$D/err" &&
		[ "$(stat -c %a "$D/root/etc/ward/broker")" = 750 ]
	result $? "systemd-tmpfiles makes the broker's directory, closed to others"
else
	skip 'systemd-tmpfiles' 'it is not installed, or this is not root'
fi
[ "$(grep -v '^#' "$D/root/usr/lib/modules-load.d/ward.conf")" = ward ]
result $? 'the module is named for boot'
grep -v '^#' "$D/root/lib/udev/rules.d/60-ward.rules" >"$D/out"
grep -q 'KERNEL=="ward".*OWNER="root", GROUP="ward", MODE="0660"' "$D/out"
result $? '/dev/ward is 0660 root:ward'
! grep 'sev-guest' "$D/out" | grep -qE 'MODE|GROUP|OWNER'
result $? "other nodes' modes are left alone"
finish
