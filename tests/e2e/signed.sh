#!/bin/bash
# SPDX-License-Identifier: MIT
# Kernels that take signed modules only, and a module signed at image build: a guest
# with module.sig_enforce=1, and one whose firmware (OVMF under emulation) has Secure
# Boot on and the builder's certificate in db, which is what Azure's gallery, Google's
# signature database and Amazon's UEFI data come to. The kernel is Debian's, signed once
# more with the same key. What shim would leave for a machine owner's key is planted in
# the firmware's variables: no shim runs here. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/signed
BIN=$(realpath "${BIN:-build/bin}")
SERIES=${SERIES:-6.12}
VARS=/usr/share/OVMF/OVMF_VARS_4M.fd
. tests/harness/results.sh
. tests/e2e/tried.bash

for tool in sbsign openssl; do
	command -v $tool >/dev/null || {
		echo "1..0 # SKIP $tool is missing (package sbsigntool)"
		exit 0
	}
done
[ -r $VARS ] || {
	echo "1..0 # SKIP no UEFI firmware (package ovmf)"
	exit 0
}

new_key() { # NAME COMMON-NAME
	openssl req -new -x509 -nodes -days 3650 -newkey rsa:2048 -subj "/CN=$2/" \
		-keyout "$OUT/$1.key" -out "$OUT/$1.pem" 2>/dev/null
	openssl x509 -in "$OUT/$1.pem" -outform DER -out "$OUT/$1.der"
}

sign() { # NAME: ward.ko with that key
	"$sign_file" sha256 "$OUT/$1.key" "$OUT/$1.der" "$kmod/ward.ko" "$OUT/ward-$1.ko"
}

# One byte of the code, where the signature does not look for itself.
change() { # FROM TO
	cp "$1" "$2"
	other_byte "$2" 4096
}

rm -rf $OUT
mkdir -p $OUT
kmod=$(dirname "$($VM/module "$SERIES" | tail -n 1)")
entry=$($VM/kernels path "$SERIES")
sign_file=$(find "$entry/headers/usr/lib" -path '*/scripts/sign-file' | head -n 1)
new_key db 'test image builder'
new_key mok 'test machine owner'
new_key foreign 'test stranger'
for key in db mok foreign; do
	sign $key
done
cp "$kmod/ward.ko" $OUT/ward-unsigned.ko
change $OUT/ward-db.ko $OUT/ward-changed.ko
sbsign --key $OUT/db.key --cert $OUT/db.pem --output $OUT/vmlinuz "$entry/vmlinuz" 2>/dev/null
$VM/uefi-vars $VARS $OUT/vars PK=$OUT/db.der KEK=$OUT/db.der db=$OUT/db.der MokListRT=$OUT/mok.der
args=()
for key in unsigned db mok foreign changed; do
	args+=(--ko "$OUT/ward-$key.ko")
done
$VM/guest "$SERIES" --out $OUT/initrd --script $VM/t_signed.sh --file $VM/try.sh:/lib/ward/try.sh \
	--lib-path "$(realpath build/lib)" --program "$BIN/wardctl:/bin/wardctl" \
	--program /sbin/depmod:/opt/depmod "${args[@]}" >&2

{
	tried sig-enforce $OUT/sig-enforce $VM/run "$SERIES" $OUT/initrd --dir $OUT/sig-enforce \
		--timeout 900 --append "module.sig_enforce=1 no_timer_check" || :
	tried secure-boot $OUT/secure-boot $VM/run "$SERIES" $OUT/initrd --dir $OUT/secure-boot \
		--timeout 900 --append no_timer_check --secure-boot $OUT/vars --kernel $OUT/vmlinuz || :
} | numbered
