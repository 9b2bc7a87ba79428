#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl measure, against tests/cli/measure.py, which was written from the same
# specifications and shares nothing with it. Known digests of others' are in
# tests/unit/test_wardctl_measure_snp.c. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-build/bin}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
W=$BIN/wardctl
PY=tests/cli/measure.py

as_told() { # HEADING ARGUMENT...: the members are those of doc/json.md
	local heading=$1
	shift
	"$W" -o json "$@" >"$D/json" 2>"$D/err" &&
		python3 tests/cli/json_members.py "$heading" "$D/json" >"$D/out" 2>"$D/err"
	result $? "json.md, $heading: ${*//$D\//}"
}

refused() { # CODE WORDS ARGUMENT...
	local code=$1 words=$2 got=0
	shift 2
	"$W" "$@" >"$D/out" 2>"$D/err" || got=$?
	[ "$got" = "$code" ] && grep -q -- "$words" "$D/err"
	result $? "refused ($code, $words): ${*//$D\//}"
}

# ---- snp

head -c 70000 /dev/urandom >"$D/kernel"
head -c 3000000 /dev/urandom >"$D/initrd"
for kind in plain odd no-hashes; do
	python3 $PY ovmf "$D/$kind.fd" $kind
done

snp() { # OVMF VMM VCPUS TYPE SIGNATURE FEATURES [CMDLINE]: both say the same
	local args=(--ovmf "$1" --vmm "$2" --vcpus "$3" --guest-features "$6") with=()
	[ -z "$4" ] || args+=(--vcpu-type "$4")
	if [ $# -gt 6 ]; then
		args+=(--kernel "$D/kernel" --initrd "$D/initrd" --append "$7")
		with=("$D/kernel" "$D/initrd" "$7")
	fi
	"$W" -o json measure snp "${args[@]}" >"$D/json" 2>"$D/err" &&
		python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["measurement"][0])' \
			"$D/json" >"$D/got" &&
		python3 $PY snp "$1" "$2" "$3" "$5" "$6" ${with[@]+"${with[@]}"} >"$D/want" &&
		diff "$D/got" "$D/want" >"$D/out"
	result $? "measure snp: $(basename "$1") $2 $3 $4 features $6${7+ with a kernel}: as computed by another"
}

for vmm in qemu ec2 gce; do
	type=EPYC-Milan
	[ $vmm = qemu ] || type=
	for image in plain odd; do
		snp "$D/$image.fd" $vmm 1 "$type" a00f11 1 'console=ttyS0 root=/dev/vda'
		snp "$D/$image.fd" $vmm 3 "$type" a00f11 21 ''
	done
	snp "$D/no-hashes.fd" $vmm 2 "$type" a00f11 1
done
snp "$D/plain.fd" qemu 2 0xb00f21 b00f21 1
if [ -r /usr/share/ovmf/OVMF.fd ]; then
	snp /usr/share/ovmf/OVMF.fd qemu 4 EPYC-Genoa-v1 a10f10 1
else
	skip 'measure snp: of the OVMF that is installed' 'ovmf is not installed'
fi

SNP=(measure snp --ovmf "$D/plain.fd" --vcpus "1,2" --vcpu-type EPYC)
KERNEL=(--kernel "$D/kernel" --initrd "$D/initrd" --append x)
as_told 'measure snp' "${SNP[@]}"
as_told 'measure snp' "${SNP[@]}" "${KERNEL[@]}"
one() { "$W" "${SNP[@]}" "$@" | sed -n 2p; }
before=$(one "${KERNEL[@]}")
other_byte "$D/initrd" 1234567
[ -n "$before" ] && [ "$before" != "$(one "${KERNEL[@]}")" ]
result $? 'measure snp: one byte of the initrd makes another digest'
[ "$(one "${KERNEL[@]}")" != "$(one "${KERNEL[@]}" --append y)" ]
result $? 'measure snp: so does the command line'
"$W" -o json "${SNP[@]}" "${KERNEL[@]}" |
	python3 -c 'import json, sys; print(json.dumps({"ward-policy": 1, "measurement": json.load(sys.stdin)["measurement"]}))' \
		>"$D/policy" && "$W" policy check "$D/policy" >"$D/out" 2>"$D/err" &&
	! grep -q guest-unmeasured "$D/out"
result $? 'measure snp: what it prints is a member of a policy'

refused 7 'no place for the hashes' measure snp --ovmf "$D/no-hashes.fd" --vcpus 1 --vcpu-type EPYC "${KERNEL[@]}"
grep -q 'mend:.*AmdSev' "$D/err"
result $? '... and what to do'
head -c 4096 /dev/zero >"$D/zero"
refused 7 'no table of GUIDs' measure snp --ovmf "$D/zero" --vcpus 1 --vcpu-type EPYC
head -c 5000 "$D/plain.fd" >"$D/cut"
refused 7 'whole pages' measure snp --ovmf "$D/cut" --vcpus 1 --vcpu-type EPYC
refused 1 'needed' measure snp --ovmf "$D/plain.fd"
refused 1 'vcpus takes' measure snp --ovmf "$D/plain.fd" --vcpus 0
refused 1 'vcpus takes' measure snp --ovmf "$D/plain.fd" --vcpus 1,
refused 1 'vcpus takes' measure snp --ovmf "$D/plain.fd" --vcpus 4097
refused 1 'vcpu-type is needed' measure snp --ovmf "$D/plain.fd" --vcpus 1
refused 1 'vcpu-type takes' measure snp --ovmf "$D/plain.fd" --vcpus 1 --vcpu-type Xeon
refused 1 'guest-features takes' "${SNP[@]}" --guest-features g
refused 1 'vmm takes' "${SNP[@]}" --vmm kvm
refused 1 'go with --kernel' "${SNP[@]}" --initrd "$D/initrd"
refused 1 'No such file' "${SNP[@]}" --kernel "$D/none"
refused 1 'not an option' "${SNP[@]}" --frob
refused 1 'too many' "${SNP[@]}" more

# ---- log

python3 $PY log "$D/log"
as_told 'measure log' measure log "$D/log"
for bank in sha256 sha384; do
	"$W" -o json measure log "$D/log" | python3 -c '
import json, sys
for r in json.load(sys.stdin)["registers"]:
    if r["bank"] == sys.argv[1]:
        print(r["pcr"], r["value"])' $bank >"$D/got"
	python3 $PY registers "$D/log" $bank | diff "$D/got" - >"$D/out" && [ -s "$D/got" ]
	result $? "measure log: registers of $bank as another program replays them"
done
"$W" measure log "$D/log" >"$D/out" && grep -q 'EV_EVENT_TAG  *LOADED_IMAGE::LoadOptions' "$D/out" &&
	grep -q 'EV_EFI_VARIABLE_DRIVER_CONFIG  *PK$' "$D/out" && grep -q 'an image of 4711 bytes' "$D/out"
result $? 'measure log: what events say of themselves'
head -c -1 "$D/log" >"$D/cut"
refused 7 'is cut' measure log "$D/cut"
refused 7 'does not begin' measure log /bin/sh
: >"$D/empty"
refused 7 'does not begin' measure log "$D/empty"
refused 1 'one file is expected' measure log
refused 1 'one file is expected' measure log --td

# A TD's log, in a table that zeroes or 0xff fill up.
for pad in 00 ff; do
	python3 $PY ccel "$D/ccel" $pad >"$D/want"
	"$W" -o json measure log --td "$D/ccel" >"$D/ccel.json" 2>"$D/err" &&
		jq -r '.tdx | to_entries[] | "\(.key) \(.value[0])"' "$D/ccel.json" | diff "$D/want" - >"$D/out" &&
		[ "$(wc -l <"$D/want")" = 3 ]
	result $? "measure log --td: RTMRs as another program replays them, $pad behind the log"
done
as_told 'measure log' measure log --td "$D/ccel"
jq '{"ward-policy": 1, tdx, purpose: "release", accept_unmeasured: true}' "$D/ccel.json" >"$D/policy" &&
	"$W" policy check "$D/policy" >"$D/out" 2>"$D/err"
result $? 'measure log --td: what it prints is a member of a policy'
refused 7 'that a TD does not have' measure log --td "$D/log"
refused 7 'event-log-damaged' measure log "$D/ccel"
head -c 300 "$D/ccel" >"$D/cut"
refused 7 'are cut' measure log --td "$D/cut"

# ---- boot: guests' own registers are compared in tests/e2e/measured.sh

printf '#### LoaderInfo: systemd-stub 252.1 ####' >"$D/magic"
printf 'ID=test\n' >"$D/osrel"
printf 'quiet root=/dev/vda' >"$D/cmdline"
python3 $PY pe "$D/linux" .text="$D/kernel"
python3 $PY pe "$D/uki" .sdmagic="$D/magic" .osrel="$D/osrel" .cmdline="$D/cmdline" \
	.initrd="$D/initrd" .linux="$D/linux"
LOG=(measure boot --log "$D/log")
as_told 'measure boot' "${LOG[@]}" --kernel "$D/linux" --initrd "$D/initrd" --append quiet
as_told 'measure boot' measure boot --uki "$D/uki"
register() { # PCR ARGUMENT...
	local pcr=$1
	shift
	"$W" -o json measure boot "$@" 2>"$D/err" | python3 -c '
import json, sys
print(json.load(sys.stdin)["tpm"]["pcrs"]["sha256"][sys.argv[1]][0])' "$pcr" 2>>"$D/err"
}
measure=/usr/lib/systemd/systemd-measure
if [ -x $measure ] && $measure --version 2>/dev/null | grep -q '^systemd 252'; then
	for phases in '' enter-initrd enter-initrd:leave-initrd:sysinit:ready; do
		want=$($measure calculate --bank=sha256 --linux="$D/linux" --osrel="$D/osrel" \
			--cmdline="$D/cmdline" --initrd="$D/initrd" --phase="$phases" 2>"$D/err" |
			sed -n 's/^11:sha256=//p')
		got=$(register 11 --uki "$D/uki" ${phases:+--phases "$phases"})
		[ -n "$want" ] && [ "$want" = "$got" ]
		result $? "measure boot: register 11 as systemd-measure computes it, phases '$phases'"
	done
else
	skip 'measure boot: register 11 as systemd-measure computes it' 'systemd-measure 252 is not installed'
fi
before=$(register 9 --log "$D/log" --initrd "$D/initrd")
other_byte "$D/initrd" 1234567
[ -n "$before" ] && [ "$before" != "$(register 9 --log "$D/log" --initrd "$D/initrd")" ]
result $? 'measure boot: one byte of the initrd makes another register 9'

refused 1 'say what' "${LOG[@]}"
refused 1 '--log is needed' measure boot --initrd "$D/initrd"
refused 1 'unified image has' "${LOG[@]}" --uki "$D/uki" --initrd "$D/initrd"
refused 1 '--phases goes with' "${LOG[@]}" --initrd "$D/initrd" --phases x
refused 1 'not an option' measure boot --frob
refused 7 'no PE image' "${LOG[@]}" --kernel "$D/initrd"
refused 7 'no PE image' measure boot --uki "$D/empty"
refused 7 'not printable' "${LOG[@]}" --append $'a\tb'
refused 7 'unified kernel image' "${LOG[@]}" --uki "$D/uki"
refused 7 'not known here' measure boot --uki "$D/linux"
refused 7 'does not begin' measure boot --log "$D/empty" --initrd "$D/initrd"
head -c 70000 "$D/uki" >"$D/cut"
refused 7 'section is cut' measure boot --uki "$D/cut"

finish
