#!/bin/bash
# SPDX-License-Identifier: MIT
# What image/build and the Ansible role say of a call that makes no sense, before anything
# is made. TAP on stdout. That they work: tests/image/check, tests/image/root.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh
export WARD_CACHE=$D/cache

# says CODE WORDS ARGUMENT...: exit code, and what stands in either place
says() {
	local code=$1 words=$2 got=0
	shift 2
	timeout 60 image/build "$@" >"$D/out" 2>"$D/err" </dev/null || got=$?
	[ "$got" = "$code" ] && cat "$D/out" "$D/err" | grep -q -- "$words"
	result $? "image/build ${*//$D\//}: $words"
}

says 0 '^  build SUITE' --help
says 1 'no suite is named'
says 1 "no image of suite 'jessie': bookworm or trixie" jessie
says 1 "'extra' is not an option" trixie extra
says 1 '--debs needs a directory' trixie --debs
says 1 'no package ward-dkms in' trixie --out "$D/image" --debs "$D/none"
mkdir "$D/empty"
says 1 'no package ward-dkms in' trixie --out "$D/image" --debs "$D/empty"
[ "$(id -u)" = 0 ] || says 1 'need root' trixie --out "$D/image"
[ ! -e "$D/none" ] && [ ! -e "$D/image" ] && [ ! -e "$D/cache" ]
result $? 'nothing was made by any of that'

# The role, on this machine, and no further than the packages.
role() { # role PACKAGES: exit code of a dry run
	ANSIBLE_LOCAL_TEMP=$D/ansible ANSIBLE_REMOTE_TEMP=$D/ansible timeout 60 \
		ansible-playbook -i localhost, -c local --check -e ansible_become=false \
		-e ansible_distribution=Debian -e ansible_distribution_major_version=12 \
		-e ward_image=true -e "ward_packages=$1" ansible/ward.yml >"$D/out" 2>"$D/err" </dev/null
}

if command -v ansible-playbook >/dev/null; then
	! role "$D/none" && grep -q "no libward0_.*.deb in $D/none: ward_packages names" "$D/out"
	result $? 'the role refuses a directory that is not there'
	touch "$D/empty/libward0_1_amd64.deb" "$D/empty/ward-tools_1_amd64.deb"
	! role "$D/empty" && grep -q "no ward-dkms_.*.deb in $D/empty" "$D/out"
	result $? '... and one that lacks a package'
else
	skip 'the role refuses a directory without packages' 'ansible-playbook is missing'
fi
finish
