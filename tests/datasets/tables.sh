#!/bin/bash
# SPDX-License-Identifier: MIT
# tables.sh [--set heart|breast] DIR: four sites' tables, as CSV with a header line.
#
# The four hospitals of the UCI heart disease data where that folder is present,
# else the Wisconsin diagnostic breast cancer data out of Debian's package
# python3-sklearn (fetched by name, unpacked into the cache, not installed), cut
# into four sites: row i goes to site i mod 4. The same input gives the same bytes.
#
# On stdout one line per table: path, label, mark of a missing value ('-' = none),
# rows; tab separated. Exit 3 when neither set can be had.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cache=${WARD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ward}
heart_columns=age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num
hospitals=(cleveland hungarian switzerland va)

die() {
	echo "tables.sh: $1" >&2
	exit "${2:-1}"
}

# The folder that holds uci_heart_disease, if any does.
find_heart() {
	local d
	for d in ${WARD_DATASETS:+"$WARD_DATASETS"} "$cache/datasets" "$root/../shared/datasets"; do
		[ -r "$d/uci_heart_disease/processed.cleveland.data" ] || continue
		echo "$d"
		return 0
	done
	return 1
}

check_sum() { # check_sum FOLDER FILE: against SOURCES
	local want have
	want=$(awk -F'\t' -v f="$2" '$1 == f { print $2 }' "$here/SOURCES")
	have=$(sha256sum <"$1/$2" | cut -d' ' -f1)
	[ "$want" = "$have" ] || die "$1/$2 is not the file that SOURCES names: $have" 7
}

# put FILE: stdin becomes FILE, whole or not at all
put() {
	cat >"$1.$$.tmp" && mv "$1.$$.tmp" "$1"
}

describe() { # describe FILE LABEL MISSING
	printf '%s\t%s\t%s\t%d\n' "$1" "$2" "$3" "$(($(wc -l <"$1") - 1))"
}

heart() { # heart FOLDER OUT
	local h
	for h in "${hospitals[@]}"; do
		check_sum "$1" "uci_heart_disease/processed.$h.data"
		{
			echo "$heart_columns"
			awk 'NF' "$1/uci_heart_disease/processed.$h.data"
		} | put "$2/$h.csv"
		describe "$2/$h.csv" num '?'
	done
}

# Path of breast_cancer.csv in the cache; fetched first where it is not there yet.
fetch_breast() {
	local to=$cache/datasets/breast_cancer.csv work
	if [ -s "$to" ]; then
		echo "$to"
		return
	fi
	mkdir -p "$cache/datasets"
	work=$(mktemp -d "$cache/datasets/fetch.XXXXXX")
	# shellcheck disable=SC2064
	trap "rm -rf '$work'" EXIT
	echo "fetching Debian's package python3-sklearn for its table of breast cancer data" >&2
	(cd "$work" && apt-get download -q -o APT::Sandbox::User="$(id -un)" python3-sklearn >&2) ||
		die "python3-sklearn can't be downloaded; is there a network, did apt-get update run?" 3
	dpkg -x "$work"/python3-sklearn_*.deb "$work/x"
	work=$(find "$work/x" -path '*sklearn/datasets/data/breast_cancer.csv' | head -n 1)
	[ -n "$work" ] || die "python3-sklearn holds no breast_cancer.csv" 3
	put "$to" <"$work"
	echo "$to"
}

breast_columns() {
	local f p s=
	for p in mean error worst; do
		for f in radius texture perimeter area smoothness compactness concavity \
			concave_points symmetry fractal_dimension; do
			s+=${p}_$f,
		done
	done
	echo "${s}benign"
}

breast() { # breast OUT
	local file i
	file=$(fetch_breast)
	# its first line counts rows and features and names the classes
	[ "$(head -n 1 "$file" | tr -d '\r')" = 569,30,malignant,benign ] ||
		die "$file doesn't begin as sklearn's table does" 7
	for i in 0 1 2 3; do
		{
			breast_columns
			awk -v site="$i" 'NR > 1 && NF && (NR - 2) % 4 == site { sub(/\r$/, ""); print }' "$file"
		} | put "$1/site$i.csv"
		describe "$1/site$i.csv" benign -
	done
}

set=
if [ "${1:-}" = --set ]; then
	set=${2:-}
	shift 2 || die "--set takes heart or breast"
fi
[ $# -eq 1 ] || die "usage: tables.sh [--set heart|breast] DIR"
out=$1
mkdir -p "$out"
case $set in
heart)
	folder=$(find_heart) || die "uci_heart_disease is not here; WARD_DATASETS names the folder that holds it" 3
	heart "$folder" "$out"
	;;
breast)
	breast "$out"
	;;
'')
	if folder=$(find_heart); then heart "$folder" "$out"; else breast "$out"; fi
	;;
*)
	die "there is no set '$set'"
	;;
esac
