#!/bin/bash
# SPDX-License-Identifier: MIT
# What configures machines, tried on the root of an image (Debian 12): cloud-init's user
# data by its own schema, the Ansible role run for real by Debian's ansible-core, whose
# ssh is a program that enters that root. TAP on stdout. WARD_DEBS: a directory that has
# ward's packages already.
#
# No service manager runs there, so what the role does on a running machine alone
# (load, start) is not part of this.
set -uo pipefail
TOP=$(cd "$(dirname "$0")/../.." && pwd)
. "$TOP/tests/vm/lib.sh"
. "$TOP/image/lib.sh"

absent() {
	echo "1..0 # SKIP $1"
	exit 0
}

[ "$(id -u)" = 0 ] || absent "the image's root needs root"
[ "$(host_codename)" = bookworm ] || absent "ansible-core of another release than Debian 12's"
for tool in ansible-playbook mmdebstrap dpkg-buildpackage; do
	command -v $tool >/dev/null || absent "$tool is missing"
done

D=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
trap 'rm -rf --one-file-system "$D"' EXIT
trap 'exit 130' INT TERM
. "$TOP/tests/harness/results.sh"

# The last argument of an ssh is the command.
make_ssh() {
	cat >"$D/ssh" <<-SSH
		#!/bin/bash
		exec chroot "$D/layer/root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root \\
			sh -c "\${!#}"
	SSH
	chmod +x "$D/ssh"
}

configure() {
	cat >"$D/ansible.cfg" <<-CFG
		[defaults]
		roles_path = $TOP/ansible/roles
		retry_files_enabled = false
		localhost_warning = false
		local_tmp = $D/tmp
		remote_tmp = /tmp/.ansible
		[ssh_connection]
		ssh_executable = $D/ssh
		pipelining = true
		transfer_method = piped
	CFG
	cat >"$D/vars.yml" <<-VARS
		ansible_python_interpreter: /usr/bin/python3
		ward_packages: $D/debs
		ward_image: true
		ward_ca: $D/ca.pem
		ward_jobs:
		  - {name: site, uid: 890, options: "--broker https://broker.example:8443"}
	VARS
	echo "image ansible_connection=ssh ansible_host=image.invalid ansible_become=false" >"$D/inventory"
	echo "a certificate" >"$D/ca.pem"
}

# Both runs in one mount of the root: the second finds what the first one made.
cat >"$D/twice" <<'TWICE'
set -u
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 none tmp
mount -t tmpfs -o mode=755 none run
cd "$1"
export ANSIBLE_CONFIG=$1/ansible.cfg ANSIBLE_NOCOLOR=1
for run in first second; do
	timeout 900 ansible-playbook -i inventory -e @vars.yml "$2" >$run 2>&1
	echo $? >$run.status
done
TWICE

ran() { # ran RUN EXPRESSION-OF-RECAP
	[ "$(cat "$D/$1.status")" = 0 ] && grep -qE "^image .*$2" "$D/$1"
}

installed() {
	local root=$D/layer/upper
	[ -n "$(find "$root/lib/modules" "$root/usr/lib/modules" -name 'ward.ko*' 2>/dev/null)" ] &&
		[ -e "$root/usr/bin/wardctl" ] && cmp "$D/ca.pem" "$root/etc/ward/train/ca.pem" &&
		grep -q '^u ward-site 890 ' "$root/etc/sysusers.d/ward-jobs.conf" &&
		grep -q '^ward-site:x:890:' "$root/etc/passwd" &&
		grep -q '^ward:.*ward-site' "$root/etc/group" &&
		grep -q '^WARD_TRAIN=--broker https://broker.example:8443$' "$root/etc/ward/train/site.env"
}

if command -v ansible-lint >/dev/null; then
	(cd "$TOP" && ansible-lint --offline -q --nocolor ansible) >"$D/out" 2>&1
	result $? "ansible-lint has nothing to say"
else
	skip "ansible-lint has nothing to say" "ansible-lint is missing"
fi
if [ -n "${WARD_DEBS:-}" ]; then
	mkdir "$D/debs" && cp "$WARD_DEBS"/*.deb "$D/debs/"
else
	"$TOP/image/build" bookworm --only-packages --debs "$D/debs" --out "$D" >"$D/out" 2>&1
fi
result $? "packages for it"
make_ssh
configure
BASE=$(base image bookworm "$D/debs")
enter "$BASE" "$D/layer" "$TOP/examples" cloud-init schema \
	--config-file /mnt/cloud-init/ward.yaml >"$D/out" 2>&1
result $? "cloud-init finds its user data valid"
merged "$BASE" "$D/layer" bash "$D/twice" "$D" "$TOP/ansible/ward.yml" >"$D/out" 2>&1
cat "$D/first" >>"$D/out"
ran first 'changed=[1-9].*unreachable=0 +failed=0'
result $? "the first run installs and configures"
installed
result $? "module, programs, certificate, user and job are in the root"
cp "$D/second" "$D/out"
ran second 'changed=0 +unreachable=0 +failed=0'
result $? "the second run changes nothing"
finish
