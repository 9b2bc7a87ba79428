#!/bin/bash
# SPDX-License-Identifier: MIT
# The Python package in a guest: those of its tests that are over the module, an example that gets keys from a
# broker on this machine, whose policy pins uid and what was declared, trains with NumPy and
# leaves receipts, which are verified here; and what is in the guest's memory before and after.
# The TEE is simulated. TAP on stdout.
# shellcheck disable=SC2034
set -euo pipefail
cd "$(dirname "$0")/../.."
TOP=$PWD
VM=tests/vm
OUT=build/run/python
BIN=$(realpath "${BIN:-build/bin}")
PYTHON=${PYTHON:-/usr/bin/python3}
EXPIRE=600
. tests/e2e/tried.bash
. tests/e2e/ui.bash
. tests/e2e/owner.bash

die() {
	echo "python.sh: $*" >&2
	exit 1
}

# What on-hold's command is: this script, with what to do.
if [ "${1:-}" = --held ]; then
	dir=$2
	shift 3
	build/tests/e2e/marker_scan --seed "$(cat "$dir/seed")" --ram "$WARD_RAM" "$@" >&2
	exit
fi

trap 'owner_stop; rm -f $OUT/*/ram' EXIT

# Python, its library, NumPy and pytest as this machine has them, below DIR/lib.
python_tree() { # DIR
	local dir=$1 name from
	mkdir -p "$dir/python3.11" "$dir/python3/dist-packages"
	tar -C /usr/lib/python3.11 --exclude=__pycache__ --exclude=test --exclude=idlelib \
		--exclude='lib2to3' --exclude=ensurepip --exclude='config-3*' -cf - . | tar -C "$dir/python3.11" -xf -
	# Links of Debian's out of the library (sitecustomize) lead nowhere in the guest.
	find "$dir/python3.11" -type l -delete
	for name in numpy pytest _pytest pluggy packaging iniconfig attr attrs more_itertools py; do
		from=/usr/lib/python3/dist-packages/$name
		[ -d "$from" ] || continue
		tar -C "$(dirname "$from")" --exclude=__pycache__ --exclude=tests -cf - "$name" |
			tar -C "$dir/python3/dist-packages" -xf -
	done
	find "$dir" -type d -empty -exec touch {}/.kept \;
}

# The libraries that extensions lean on: each extension is a program to tests/vm/guest.
extensions() { # DIR: fills ARGS
	local so
	while read -r so; do
		if ldd "$so" | grep '=>' | grep -vqE 'libc\.so|libm\.so'; then
			ARGS+=(--program "$so:/lib/${so#"$1"/}")
		fi
	done < <(find "$1" -name '*.so')
}

register() { # what logistic.py declares, by its owner's reckoning
	PYTHONPATH=$TOP/build/python PYTHONDONTWRITEBYTECODE=1 "$PYTHON" -m ward declare "$1" \
		--packages ward | sed -n 's/.*"declared": "\([0-9a-f]*\)".*/\1/p'
}

# Two hospitals' data sets, of scikit-learn's table where it is, as safetensors.
data_sets() { # DIR
	local i
	mkdir -m 700 "$1/plain"
	(cd "$1/plain" && PYTHONPATH=$TOP/build/python "$PYTHON" - "$TOP" <<-'PYTHON')
		import csv, subprocess, sys
		import numpy as np
		from ward import safetensors
		top = sys.argv[1]
		listed = subprocess.run([f"{top}/tests/datasets/tables.sh", "--set", "breast", "."],
		                        check=True, capture_output=True, text=True).stdout
		tables = []
		for line in listed.splitlines():
		    path, label, missing, rows = line.split("\t")
		    with open(path, newline="") as file:
		        rows = list(csv.reader(file))
		    at = rows[0].index(label)
		    tables.append((np.array([[float(v) for i, v in enumerate(r) if i != at] for r in rows[1:]]),
		                   np.array([float(r[at]) for r in rows[1:]])))
		for n, part in enumerate((tables[0::2], tables[1::2])):
		    safetensors.save(f"site{n}", {"x": np.concatenate([x for x, _ in part]),
		                                  "y": np.concatenate([y for _, y in part])})
	PYTHON
	: >"$1/owner/sites"
	for i in 0 1; do
		"$BIN/wardctl" -q dataset encrypt --chunk 65536 --new-key "$1/owner/site$i.key" --name "site$i" \
			"$1/plain/site$i" "$1/owner/site$i.wds"
		printf 'site%d\t%s\t%s\t-\n' $i "$1/owner/site$i.wds" "$1/owner/site$i.key" >>"$1/owner/sites"
	done
	rm -r "$1/plain"
}

owner() {
	mkdir -p "$DEMO"/{log,owner,data}
	data_sets "$DEMO"
	owner_tls
	cp examples/python/logistic.py tests/e2e/residue.py "$DEMO/data/"
	cat >"$DEMO/owner/policy.json" <<-POLICY
		{"ward-policy": 1, "measurement": ["$MEASUREMENT"], "uid": [1001], "keys": "kernel",
		 "declared": ["$(register "$DEMO/data/logistic.py")"], "allow_tee": ["simulated-snp"]}
	POLICY
	owner_broker
	cp "$DEMO"/owner/*.wds "$DEMO/owner/broker.pem" "$DEMO/data/"
	printf %s "$MEASUREMENT" >"$DEMO/measurement"
	od -An -N6 -tu8 /dev/urandom | tr -d ' ' >"$DEMO/seed"
}

image() { # SERIES
	local kmod ARGS=()
	kmod=$(dirname "$($VM/module "$1" | tail -n 1)")
	$VM/module "$1" --what tsmsim >&2
	python_tree "$DEMO/lib"
	mkdir -p "$DEMO/py" "$DEMO/tests"
	cp -r build/python/ward "$DEMO/py/"
	cp tests/python/{conftest,test_guest,test_buffer,test_arena,test_loader}.py "$DEMO/tests/"
	extensions "$DEMO/lib"
	$VM/guest "$1" --out "$DEMO/initrd" --script $VM/t_python.sh \
		--file $VM/try.sh:/lib/ward/try.sh --lib-path "$(realpath build/lib)" \
		--program "$BIN/wardctl:/bin/wardctl" --program "$(readlink -f "$PYTHON"):/bin/python3" \
		--tree "$DEMO/lib:/lib" --tree "$DEMO/py:/py" --tree "$DEMO/tests:/tests" \
		--tree "$DEMO/data:/data" "${ARGS[@]}" --program build/python/ward/_ward.abi3.so:/py/ward/_ward.abi3.so \
		--load "$kmod/ward.ko" --ko "$kmod/tsmsim.ko" >&2
}

receipt() {
	expect 0 "$1: the receipt for $name verifies, what was declared pinned" 'ok (simulated)' \
		"$BIN/wardctl" receipt verify --root build/tsmsim/ark.pem --complete \
		--release "$DEMO/owner/line" --policy "$DEMO/owner/policy.json" "$DEMO/receipt-$name.ward"
	expect 0 "$1: ... and by the package, with its figures" 'bytes [1-9][0-9]* keys [1-9]' \
		env PYTHONPATH=build/python "$PYTHON" -c '
import sys, ward
r = ward.verify_receipt(sys.argv[1], sys.argv[2], policy=sys.argv[3], roots=[sys.argv[4]], complete=True)
print("bytes", r.bytes, "keys", r.keys_destroyed)' \
		"$DEMO/receipt-$name.ward" "$DEMO/owner/line" "$DEMO/owner/policy.json" build/tsmsim/ark.pem
}

one_guest() { # SERIES
	local held="tests/e2e/python.sh --held '$TOP/$OUT/$1' x"
	DEMO=$TOP/$OUT/$1
	rm -rf "$DEMO"
	owner >&2
	image "$1"
	tried "$1" "$DEMO" $VM/run "$1" "$DEMO/initrd" --dir "$DEMO" --mem 1536 --timeout 1200 \
		--append "$PATIENCE" --port "$PORT" --ram "$DEMO/ram" --resume \
		--fw-cfg "seed=$DEMO/seed" --fw-cfg "measurement=$DEMO/measurement" \
		--fw-cfg "ark.pem=$TOP/build/tsmsim/ark.pem" \
		--hold held --on-hold "$held --found 1 --found 2 --found 3" \
		--hold left --on-hold "$held" \
		--hold control --on-hold "$held --found 4" \
		--hold ended --on-hold "$held --found 4" || return 0
	owner_stop
	each_release "$1" 2 receipt
}

echo "TAP version 13"
if [ ! -e build/python/ward/_ward.abi3.so ] || ! "$PYTHON" -c 'import numpy, pytest' 2>/dev/null ||
	[ ! -d /usr/lib/python3.11 ]; then
	echo "ok 1 - Python in a guest # SKIP no Python 3.11 of Debian's with NumPy and pytest here"
	echo "1..1"
	exit
fi
make -s e2e-programs tsmsim-keys >&2
mkdir -p $OUT
MEASUREMENT=$(openssl dgst -sha384 -r tests/e2e/python.sh | cut -d' ' -f1)
BROKER=
for series in ${PYTHON_KERNELS:-6.12}; do
	one_guest "$series"
done | numbered
