#!/bin/bash
# SPDX-License-Identifier: MIT
# The worker in a container inside the guest: runc makes it, of an unprivileged user, with
# /dev/ward as the CDI file passes it in and no other device, no capability, no new
# privileges, a root that it cannot write to. It gets keys from a broker on this machine,
# whose policy pins uid and cgroup, trains, seals; its receipts are verified here. Others
# are refused. 6.12 (tsmsim), and 6.1 (wardd over a double of /dev/sev-guest): the TEE is
# simulated. TAP on stdout.
# shellcheck disable=SC2034
set -euo pipefail
cd "$(dirname "$0")/../.."
TOP=$PWD
VM=tests/vm
OUT=build/run/container
BIN=$(realpath "${BIN:-build/bin}")
SET=(--set breast)
EXPIRE=300
. tests/e2e/tried.bash
. tests/e2e/ui.bash
. tests/e2e/owner.bash

die() {
	echo "container.sh: $*" >&2
	exit 1
}

# What the worker runs, and what a look around inside is.
scripts() { # DIR
	{
		printf '%s \\\n' 'exec ward-train train --broker https://10.0.2.100:8443 --ca /data/broker.pem'
		cut -f1 "$DEMO/owner/sites" | sed 's,.*,--data &=/data/&.wds \\,'
		echo '--plan /data/plan.json --out /out/results --budget 256K'
	} >"$1/train"
	cat >"$1/look" <<-'LOOK'
		cat /proc/self/status
		touch /file 2>/dev/null || echo 'root: read-only'
		for node in $(find /dev -type c -o -type b); do echo "node: ${node##*/}"; done
	LOOK
}

policy() { # UID CGROUP
	cat <<-POLICY
		{"ward-policy": 1, "measurement": ["$MEASUREMENT"], "uid": [$1], "cgroup": ["$2"],
		 "declared": ["$(declared "$DEMO/owner/plan.json")"], "allow_tee": ["simulated-snp"]}
	POLICY
}

# The hospital's side, on this machine.
owner() {
	mkdir -p "$DEMO"/{log,owner,data}
	owner_encrypt
	owner_tls
	policy 1001 /ward/hospital >"$DEMO/owner/policy.json"
	policy 1002 /ward/hospital >"$DEMO/owner/other-uid.json"
	policy 1001 /ward/elsewhere >"$DEMO/owner/other-cgroup.json"
	owner_broker
	cp "$DEMO"/owner/*.wds "$DEMO/owner/plan.json" "$DEMO/owner/broker.pem" "$DEMO/data/"
	printf %s "$MEASUREMENT" >"$DEMO/data/measurement"
	head -c 64 /dev/urandom >"$DEMO/data/request"
	scripts "$DEMO/data"
}

program() { # NAME: for the guest's command line
	ARGS+=(--program "$(command -v "$1"):/bin/${1##*/}")
}

image() { # SERIES SIMULATOR
	local kmod name ARGS=()
	kmod=$(dirname "$($VM/module "$1" | tail -n 1)")
	$VM/module "$1" --what "$2" >&2
	for name in runc crun "$BIN"/{wardctl,wardd,ward-train} build/tests/e2e/contained; do
		program "$name"
	done
	python3 tests/e2e/container_bundle.py userspace/cdi/ward.json "$DEMO/c"
	find "$DEMO/c" -type d -empty -exec touch {}/.kept \;
	$VM/guest "$1" --out "$DEMO/initrd" --script $VM/t_container.sh \
		--file $VM/try.sh:/lib/ward/try.sh --lib-path "$(realpath build/lib)" "${ARGS[@]}" \
		--tree "$DEMO/c:/c" --tree "$DEMO/data:/data" \
		--load "$kmod/ward.ko" --ko "$kmod/$2.ko" >&2
}

receipt() {
	expect 0 "$1: the receipt for $name verifies, uid and cgroup pinned" 'ok (simulated)' \
		"${VERIFY[@]}" --policy "$DEMO/owner/policy.json" "$DEMO/receipt-$name.ward"
}

# receipts NAME: the hospital's verdict over what the container handed out
receipts() {
	local name
	each_release "$1" 4 receipt
	expect 5 "$1: it does not where another uid is pinned" wrong-uid \
		"${VERIFY[@]}" --policy "$DEMO/owner/other-uid.json" "$DEMO/receipt-$name.ward"
	expect 5 "$1: nor where another cgroup is" wrong-cgroup \
		"${VERIFY[@]}" --policy "$DEMO/owner/other-cgroup.json" "$DEMO/receipt-$name.ward"
}

# claims SERIES NAME UID OWN LEVEL [PATH]: who the claims of a container's evidence name
claims() {
	local hash=-
	file_of "$DEMO" "$2.ward"
	[ $# -lt 6 ] || hash=$(printf %s "$6" | sha256sum | cut -d' ' -f1)
	"$BIN/wardctl" -o json display "$DEMO/$2.ward" >"$DEMO/claims.json" || :
	expect 0 "$1: $2: uid $3 outside, $4 inside, namespace level $5${6:+, cgroup $6}" same \
		python3 - "$DEMO/claims.json" "$3 $4 $5 $hash" <<-'PYTHON'
			import json, sys
			who = json.load(open(sys.argv[1], encoding="utf-8"))["claims"]["caller"]
			wanted = sys.argv[2].split()
			have = [who["uid"], who["own_uid"], who["userns_level"], who["cgroup_hash"]]
			have = [str(h) if w != "-" else "-" for h, w in zip(have, wanted)]
			print("same" if have == wanted else f"{have} is not {wanted}")
		PYTHON
}

one_guest() { # SERIES SIMULATOR
	DEMO=$TOP/$OUT/$1
	rm -rf "$DEMO"
	owner >&2
	image "$@"
	tried "$1" "$DEMO" $VM/run "$1" "$DEMO/initrd" --dir "$DEMO" --mem 1024 --timeout 900 \
		--append "$PATIENCE" --port "$PORT" || return 0
	owner_stop
	VERIFY=("$BIN/wardctl" receipt verify --root build/tsmsim/ark.pem
		--release "$DEMO/owner/line" --complete)
	receipts "$1"
	claims "$1" private 1001 0 1 /ward/private
	claims "$1" rootless 1001 0 1
}

echo "TAP version 13"
for engine in runc crun; do
	if ! command -v $engine >/dev/null; then
		echo "ok 1 - containers # SKIP $engine is not installed"
		echo "1..1"
		exit
	fi
done
make -s e2e-programs tsmsim-keys >&2
mkdir -p $OUT
MEASUREMENT=$(openssl dgst -sha384 -r tests/e2e/container.sh | cut -d' ' -f1)
BROKER=
trap owner_stop EXIT
for series in ${KERNELS:-6.12 6.1}; do
	case $series in
	6.1) one_guest 6.1 sevsim ;;
	*) one_guest "$series" tsmsim ;;
	esac
done | numbered
