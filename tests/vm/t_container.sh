#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which workers run in containers (see tests/e2e/container.sh).
# Their bundles are in /c, made by tests/e2e/container_bundle.py; ward is loaded.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

# Evidence by the kernel's own report entry, or by wardd outside the containers.
provide() {
	if [ -e /lib/ward/tsmsim.ko ]; then
		insmod /lib/ward/tsmsim.ko measurement="$(cat /data/measurement)" &&
			wardctl provider set tsm >&2
		return
	fi
	insmod /lib/ward/sevsim.ko measurement="$(cat /data/measurement)" || return
	wardd --exclusive --backend sev-guest,simulated 2>$D/wardd &
	tries=0
	until grep -q bound $D/wardd; do
		tries=$((tries + 1))
		[ $tries -lt 1800 ] || return
		sleep 0.1
	done
}

prepare() {
	minor=$(cut -d: -f2 /sys/class/misc/ward/dev)
	sed -i "s/4242/$minor/" /c/*/config.json
	mkdir -p /out
	chown worker:ward /out
	chmod 1777 /out
	# What the worker's own engine makes its containers from must be the worker's to read.
	chmod -R a+rX /c
}

# An initramfs is no file system that pivot_root() could leave.
contain() { # NAME
	timeout 200 runc --root /run/runc run --no-pivot --bundle "/c/$1" "$1"
}

# crun, as podman calls it for a user; the user has no cgroup to give.
contain_rootless() {
	mkdir -p /tmp/crun
	chown worker:ward /tmp/crun
	as worker env XDG_RUNTIME_DIR=/tmp/crun timeout 200 \
		crun --root /tmp/crun --cgroup-manager=disabled run --no-pivot \
		--bundle /c/rootless rootless
}

whole_job() {
	mkdir -p /out/results
	chown worker:ward /out/results
	try 0 receipt 'a worker in a container gets the keys, trains, seals' contain hospital
	for f in /out/results/*; do
		tell "${f##*/}" "$f"
	done
	rm -rf /out/results
}

inside() {
	try 0 'CapEff:.0000000000000000' 'inside: no capability' contain look
	grep -q 'NoNewPrivs:.1' $D/out
	result $? 'inside: no new privileges'
	grep -q '^root: read-only' $D/out
	result $? 'inside: its root is read-only'
	# Those that every container has, and ward.
	[ "$(sed -n 's/^node: //p' $D/out | sort | xargs)" = "full null random tty urandom ward zero" ]
	result $? 'inside: of all devices only ward is passed in'
}

refused() {
	try 5 wrong-uid "another uid's container gets no key" contain other-uid
	try 5 wrong-cgroup 'a container of another cgroup gets no key' contain other-cgroup
	try 6 'device cgroup' 'no device rule: wardctl names the device cgroup' contain no-rule
	try 6 'EPERM: a device cgroup .*refuses' 'no device rule: so does doctor' contain no-rule-doctor
	grep -q 'mend: .*podman: --device /dev/ward' $D/out
	result $? 'no device rule: ... and how to allow it'
	try 6 'device cgroup' 'no device rule: ward-train names it, too' contain no-rule-train
	try 6 'In a container: pass it in' 'no device: doctor says so' contain no-device
}

# 48 MiB for the container's processes and their protected memory together.
limited() {
	try 0 '^held [1-4][0-9]* MiB, then: out of memory' "protected memory counts towards memory.max" \
		contain small
	grep -q '^oom_kill 0' $D/out
	result $? 'memory.max: nobody was killed'
	held=$(sed -n 's/^held \([0-9]*\) MiB.*/\1/p' $D/out)
	[ "${held:-0}" -ge 24 ] && [ "${held:-0}" -lt 48 ]
	result $? "memory.max: 48 MiB let $held MiB be protected"
	try 0 'live a: *0$' 'memory.max: all of it is free again' wardctl mem list
}

# Its evidence, for the host to judge.
namespaces() { # NAME COMMAND...
	name=$1
	shift
	try 0 . "$name: evidence from a container with a user namespace of its own" "$@"
	tell "$name.ward" "/out/$name.ward"
}

provide >$D/out 2>$D/err
result $? 'the simulated TEE gives evidence'
prepare
whole_job
inside
refused
limited
namespaces private contain private
namespaces rootless contain_rootless
exit $failed
