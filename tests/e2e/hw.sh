#!/bin/bash
# SPDX-License-Identifier: MIT
# tests/hw/run, the script for owners of real machines, in a guest with the simulated
# TEE: the whole run, what it refuses, and that nothing of what is planted there (host
# name, user, addresses, serials, chip id) is in its result. TAP on stdout.
set -euo pipefail
cd "$(dirname "$0")/../.."
VM=tests/vm
OUT=build/run/hw
BIN=$(realpath "${BIN:-build/bin}")
. tests/e2e/tried.bash

# What the script imports, compiled for a tree whose files have no times.
python_tree() {
	local from dir=$OUT/python
	from=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
	rm -rf "$dir"
	mkdir -p "$dir"
	tar -C "$from" -c --exclude=__pycache__ --exclude='test*' --exclude=idlelib --exclude=lib2to3 \
		--exclude=tkinter --exclude=ensurepip --exclude=pydoc_data --exclude='config-*' \
		--exclude=dist-packages --exclude=asyncio --exclude=distutils . | tar -C "$dir" -x
	/usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash "$dir" >/dev/null || :
	PYTHON=(--tree "$dir:$from" --program "$(realpath /usr/bin/python3):/bin/python3")
	for so in "$dir"/lib-dynload/_{ctypes,hashlib,ssl}.*.so; do
		PYTHON+=(--program "$so:$from/lib-dynload/${so##*/}")
	done
}

image() {
	local kmod name programs=()
	kmod=$(dirname "$($VM/module 6.12 | tail -n 1)")
	make -s tsmsim-keys >&2
	$VM/module 6.12 --what tsmsim >&2
	for name in wardctl wardd ward-broker ward-train; do
		programs+=(--program "$BIN/$name:/hw/build/bin/$name")
	done
	for name in build/lib/lib*.so.0; do
		programs+=(--file "$name:/hw/$name")
	done
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 1 -subj /CN=other \
		-keyout $OUT/other.key -out $OUT/other.pem 2>/dev/null
	$VM/guest 6.12 --out $OUT/initrd --script $VM/t_hw.sh --file $VM/try.sh:/lib/ward/try.sh \
		--lib-path "$(realpath build/lib)" "${programs[@]}" "${PYTHON[@]}" \
		--program "$(command -v openssl)" --tree tests/hw:/hw/tests/hw \
		--file build/tsmsim/ark.pem:/hw/ark.pem --file $OUT/other.pem:/hw/other.pem \
		--ko "$kmod/ward.ko" --ko "$kmod/tsmsim.ko" >&2
}

# judged TEXT EXPRESSION: over r, the result, and raw, the one with the evidence
judged() {
	expect 0 "$1" yes python3 - $OUT "$2" <<-'PYTHON'
		import base64, json, pathlib, sys
		out = pathlib.Path(sys.argv[1])
		r, raw = (json.loads((out / n).read_text()) for n in ("result.json", "raw.json"))
		text = (out / "result.json").read_text().lower()
		chip = bytes.fromhex((out / "chip").read_text())
		planted = ["clinic-seven", "drhouse", "gregory", "192.0.2.77", "2001:db8::77", "sn-planted-9",
		           "0123456789abcdef0123456789abcdef", "4c4c4544-0000-2010-8020-80c04f202020",
		           chip.hex(), chip[:8].hex(), base64.b64encode(chip).decode().lower()]
		kinds = {k["what"] for k in r["redacted"]}
		print("yes" if eval(sys.argv[2]) else f"no: {sys.argv[2]}")
	PYTHON
}

results() {
	local name
	for name in result.json raw.json; do
		file_of $OUT $name
	done
	# Of the evidence, as it is in the other file.
	python3 -c 'import base64, json, sys
sys.stdout.buffer.write(base64.b64decode(json.load(open(sys.argv[1]))["evidence"]["raw"]))' \
		$OUT/raw.json >$OUT/raw.ward
	"$BIN/wardctl" -o json display $OUT/raw.ward | python3 -c 'import json, sys
print(json.load(sys.stdin)["evidence"][0]["report"]["chip_id"], end="")' >$OUT/chip
	judged 'the result says that the TEE is simulated' 'r["simulated"] and "SIMULATED" in r["label"]'
	judged 'the verdict, the key, the receipt: all ok' \
		'r["verdict"]["verdict"]["verdict"] == "ok" == r["job"]["receipt"]["verdict"] and r["job"]["released"] == 1 and not r["failures"]'
	judged 'the receipt has all its records' 'r["job"]["receipt"]["receipt"]["records"] == "complete"'
	judged 'figures of memory and of reports, marked as meaning nothing' \
		'all(x > 0 for x in r["figures"]["memory"]["ratio"].values()) and r["figures"]["attest"]["reports"] > 3 and "mean nothing" in r["figures"]["note"]'
	judged 'machine, kernel and versions' \
		'r["machine"]["kernel"].startswith("6.12") and "Planted Inc" in r["machine"]["machine"] and r["machine"]["module"]["build_id"]'
	judged 'nothing that was planted is in the result' 'not [p for p in planted if p in text]'
	judged 'the chip id was there, and is named as taken out' '"chip id" in kinds and "[chip id sha256:" in text'
	judged 'no evidence is in it' '"raw" not in r["evidence"] and "not_redacted" not in r'
	judged 'where evidence was asked for it is in, and named' \
		'raw["evidence"]["raw"] and "chip" in raw["not_redacted"][0]'
	judged 'chip and run can be told from the hash alone' \
		'r["evidence"]["shown"]["evidence"][0]["report"]["chip_id"] == raw["evidence"]["shown"]["evidence"][0]["report"]["chip_id"]'
}

echo "TAP version 13"
if ! /usr/bin/python3 -c 'import ctypes, ssl' 2>/dev/null; then
	echo "ok 1 - the script for owners of hardware # SKIP no python3 of the system's"
	echo "1..1"
	exit
fi
mkdir -p $OUT
python_tree
image
{
	if tried 6.12 $OUT $VM/run 6.12 $OUT/initrd --dir $OUT --mem 1024 --timeout 900 \
		--append "$PATIENCE" --smbios \
		'type=1,manufacturer=Planted Inc,product=One,serial=SN-PLANTED-9,uuid=4c4c4544-0000-2010-8020-80c04f202020'
	then results; fi
} | numbered
