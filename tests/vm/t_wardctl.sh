#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which wardctl's device verbs are tried (see
# tests/e2e/wardctl.sh). The modules are in /lib/ward, not loaded. What the host
# shall look at leaves as "# file NAME BASE64" between the results.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh

hold_session() { # hold_session USER: an open session; its process in $holder
	as "$1" sh -c 'exec 3<>/dev/ward; echo $$ >/tmp/t/holder; exec sleep 300' &
	tries=0
	while [ ! -s $D/holder ] && [ $tries -lt 1800 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	holder=$(cat $D/holder)
	rm -f $D/holder
}

drop_session() {
	kill "$holder"
	wait
}

has_tsm() {
	[ -e /lib/ward/tsmsim.ko ]
}

without_module() {
	try 6 'not loaded' 'status without the module' wardctl status
	tell_json status-error wardctl status
	try 6 '^ok    machine .*AWS EC2: Amazon EC2, m6a.large' 'doctor: an Amazon machine' \
		wardctl doctor
	grep -q 'mend: .*AmdSevSnp=enabled' $D/out
	result $? 'doctor: ... and how Amazon makes a confidential one'
	try 6 '^fail  module-loaded' 'doctor names the missing module' wardctl doctor
	try 6 'not installed\|no ward module' 'module status: nothing there' wardctl module status
	try 6 'not allowed' 'module load: not for the worker' \
		as worker wardctl module load /lib/ward/ward.ko
	try 6 'another kernel\|damaged' 'module load: not a module' wardctl module load /bin/busybox
	try 0 'state: *live' 'module load: from a file' wardctl module load /lib/ward/ward.ko
	try 0 'state: *live' 'module load: again is success' wardctl module load /lib/ward/ward.ko
	tell_json module-status wardctl module status
}

access_to_device() {
	try 6 'EACCES' 'doctor: the mode refuses' as worker wardctl doctor
	try 6 'group ward' 'report: permission denied, with the mend' \
		as worker wardctl report --random $D/r0 $D/q0
	[ ! -e $D/r0 ] && [ ! -e $D/q0 ]
	result $? 'report: nothing written'
	chgrp ward /dev/ward
	try 0 'uid 1001 may open it' 'doctor: the worker may' as worker wardctl doctor
	try 6 'EACCES' 'doctor: the stranger may not' as stranger wardctl doctor
	try 0 'abi: *1' 'status: everybody may ask' as stranger wardctl status
	tell_json status wardctl status
	try 0 'only root is told; whom' "doctor: a kernel's policy is not for the worker" \
		as worker wardctl doctor
}

no_provider() {
	if has_tsm; then
		try 6 'no TSM' 'provider set: no TSM provider' wardctl provider set tsm
	else
		try 6 'no TSM' 'provider set: a kernel without TSM' wardctl provider set tsm
		try 6 'has no TSM report interface, which came with 6.7' \
			'doctor: why this kernel has no evidence' wardctl doctor
	fi
	try 6 'provider set tsm' 'report: no provider, with the mend' \
		as worker wardctl report --random $D/r1 $D/q1
	[ ! -e $D/r1 ]
	result $? 'report: no report written'
	try 0 'attached: *no' 'provider show: none' wardctl provider show
}

with_provider() {
	insmod /lib/ward/tsmsim.ko
	try 6 '^fail  provider-link' 'doctor: the link is missing' wardctl doctor
	try 6 'mend: run it as root' 'provider set: not for the worker' \
		as worker wardctl provider set tsm
	try 0 'link: *made' 'provider set' wardctl provider set tsm
	try 0 'link: *made' 'provider set: again is success' wardctl provider set tsm
	try 0 'link: *made' 'provider set: nothing to do, for anybody' \
		as worker wardctl provider set tsm
	try 6 'mend: run it as root' 'provider set: no option for the worker' \
		as worker wardctl provider set tsm --privlevel 1
	try 6 'mend: run it as root' 'provider unset: not for the worker' \
		as worker wardctl provider unset
	try 0 'simulated' 'provider show: says that it is simulated' wardctl provider show
	try 6 'root' 'provider show: not for the worker' as worker wardctl provider show
	wardctl doctor >$D/out 2>$D/err
	result $? 'doctor: nothing fails any more'
	grep -q '^warn  provider-name .*simulator' $D/out
	result $? 'doctor: warns of the simulator'
	chmod 0666 /dev/tpm0 2>/dev/null || mknod -m 0666 /dev/tpm0 c 10 224
	try 0 '/dev/tpm0: mode 0666' 'doctor: finds an open quote interface' wardctl doctor
	rm -f /dev/tpm0
	tell_json doctor wardctl doctor
}

reports() {
	try 0 'simulated-snp' 'report: by the worker' \
		as worker wardctl report --random --bundle $D/b $D/r $D/q
	tell report $D/r
	tell request $D/q
	tell bundle $D/b
	tell_json report-json as worker wardctl report --bundle $D/b2 $D/r2 $D/q
	try 0 'report' 'report: another purpose' \
		as worker wardctl report --purpose channel --bundle $D/b3 $D/r3 $D/q
	tell channel $D/b3
	try 6 'receipt\|holds\|invalid\|argument' 'report: a receipt of a session that is not sealed' \
		as worker sh -c "wardctl report --purpose receipt $D/r4 $D/q; c=\$?; [ \$c = 1 ] && c=6; exit \$c"
	try 6 'write' 'report: where nothing can be written' \
		as worker wardctl report /proc/r $D/q
	tell_json provider wardctl provider show
}

sessions() {
	hold_session worker
	try 0 ' 1001 ' 'session list: root sees the worker' wardctl session list
	try 0 ' 1001 ' 'session list: the worker sees his own' as worker wardctl session list
	try 0 'No session is open' 'session list: the stranger sees none' \
		as stranger wardctl session list
	tell_json sessions wardctl session list
	try 0 ' 1001 ' 'mem list' wardctl mem list
	tell_json mem wardctl mem list
	try 0 'level: *low' 'pressure' as stranger wardctl pressure
	try 0 '^low ' 'pressure --follow: the state at the start' \
		wardctl pressure --follow --interval 10 --count 1
	ID=$(wardctl session list -o json | sed -n 's/.*"session": "\([0-9a-f]*\)".*/\1/p' | head -n 1)
}

# Where the policy allows it the report is over the bytes of the request themselves.
raw_report_data() {
	try 5 'this user may ask for release,report' 'report --raw: denied unless allowed' \
		as worker wardctl report --raw --random $D/r10 $D/q10
	wardctl policy set --others all,raw >/dev/null
	try 0 'report data: ' 'report --raw: where the policy allows it' \
		as worker wardctl report --raw --random $D/r10 $D/q10
	try 0 'the same' 'report --raw: the report is over the request' \
		sh -c "dd if=$D/r10 bs=1 skip=80 count=64 2>/dev/null | cmp - $D/q10 && echo the same"
	try 0 ' attest-ok  *.* raw ' 'events: raw report data are called so' \
		wardctl events --last 40
	tell_json raw as worker wardctl report --raw $D/r10 $D/q10
	try 5 'the machine must have mem-encrypt' 'report: a machine that the policy refuses' \
		sh -c "wardctl policy set --others all --posture mem-encrypt -q
			as worker wardctl report $D/r9 $D/q"
	try 5 'the process is dumpable' 'report: a process that the policy refuses' \
		sh -c "wardctl policy set --others all --refuse dumpable -q
			as worker wardctl report $D/r9 $D/q"
}

# Who may ask for evidence; what is latched stays until the module is loaded again.
policies() {
	try 6 'CAP_SYS_ADMIN' 'policy show: not for the worker' as worker wardctl policy show
	try 6 'CAP_SYS_ADMIN' 'policy set: not for the worker' \
		as worker wardctl policy set --others all
	try 0 'hash: *0000000000000000' 'policy show: none was set' wardctl policy show
	try 0 'name: *worker' 'policy set: a user, a group, by name and number' \
		wardctl policy set --others none --group 970=report --user worker=release,report
	tell_json policy wardctl policy show
	if has_tsm; then
		try 5 'no rule names .* others may ask for nothing' \
			'report: denied to whom no rule names' wardctl report $D/r9 $D/q
		try 5 'this user may ask for release,report' 'report: for a purpose that no rule allows' \
			as worker wardctl report --purpose channel $D/r9 $D/q
		try 0 'simulated-snp' 'report: for one that a rule allows' \
			as worker wardctl report $D/r9 $D/q
		raw_report_data
	fi
	configured_policy
	try 0 'latches' 'policy set: latched' wardctl policy set --others all --latch rules
	try 6 'the kernel says: the rules are latched' 'policy set: what a latch forbids' \
		wardctl policy set --others none --latch rules
	try 6 'the kernel says: a latch that is set' 'policy set: no latch is lifted' \
		wardctl policy set --others all
	try 6 'mend: repeat --latch rules' 'policy set: how to go on with a latch' \
		wardctl policy set --others all
	try 0 '^  - rules' 'policy set: with the latch repeated' \
		wardctl policy set --others all --latch rules
	printf '[policy]\nothers = all\n' >$D/policy.conf
	try 6 'config apply: .policy.: latched (rules)' 'config apply: a latch that it lacks' \
		wardctl config apply --from $D/policy.conf policy
	printf 'latch = rules\n' >>$D/policy.conf
	try 0 '^  - policy' 'config apply: the same policy with its latch, again' \
		wardctl config apply --from $D/policy.conf policy
	try 0 '^ok    kernel-policy .*0 rules' 'doctor: the policy that holds' \
		sh -c 'wardctl doctor; true'
	try 0 '^fail  kernel-policy .*init-on-free' 'doctor: a policy that this machine cannot meet' \
		sh -c 'wardctl policy set --others all --latch rules --posture init-on-free -q; wardctl doctor
			wardctl policy set --others all --latch rules -q'
}

# What happened, asked for and followed; two limits make two records.
records() {
	try 6 'events --session ID' "events: everybody's are not for the worker" \
		as worker wardctl events
	try 0 ' 1  session-open ' "events: the worker's own session" \
		as worker wardctl events --session "$ID"
	try 6 'denied\|not allowed\|EPERM' 'events: not of another user' \
		as other wardctl events --session "$ID"
	try 6 'no such session' 'events: of no session' \
		wardctl events --session 00112233445566778899aabbccddeeff
	try 0 ' machine  *1  module ' 'events: the global chain from its start' \
		wardctl events --global --count 1
	tell_json events wardctl events --session "$ID"
	short=$(echo "$ID" | cut -c 1-8)
	try 0 ' 1  session-open ' 'events: 8 digits of a session' \
		as worker wardctl events --session "$short"
	try 6 'no such session is open' 'events: 8 digits of no session' \
		wardctl events --session 00112233
	wardctl limits set --session none -q
	try 0 ' limit  *each-session .* no limit ' 'events: kinds of limit, and none, in words' \
		wardctl events --last 1
	[ "$(wc -l <$D/out)" = 1 ]
	result $? 'events --last: so many, the newest'
	wardctl events -o json >$D/json 2>$D/err
	last=$(sed -n 's/.*"event_seq": \([0-9]*\).*/\1/p' $D/json | tail -n 1)
	timeout 200 wardctl events --follow --from "$last" --count 3 -o json >$D/followed 2>$D/err &
	followed=$!
	lines 1 $D/followed
	wardctl limits set --session 1M -q
	wardctl limits set --session none -q
	wait $followed
	result $? 'events --follow: ends after its count'
	tell followed $D/followed
}

keep() { # everything that can be held, until it is taken away; its process in $keeper
	rm -f $D/keeper
	as worker touch $D/keeper
	as worker keeper $D/keeper &
	keeper=$!
	lines 1 $D/keeper
}

limits() {
	try 6 'CAP_SYS_ADMIN' 'limits show: not for the worker' as worker wardctl limits show
	try 6 'CAP_SYS_ADMIN' 'limits set: not for the worker' \
		as worker wardctl limits set --session 1M
	try 0 'each session: *1048576' 'limits set: each session' wardctl limits set --session 1M
	try 6 'limits set' 'mem selftest: what a limit refuses, and the mend' \
		as worker wardctl mem selftest
	try 1 'the kernel says: .*0 bytes' "limits set: the kernel's own words" \
		wardctl limits set --global 0
	try 0 'each session: *1048576' 'limits set: what is refused changes nothing' \
		wardctl limits show
	try 0 'user: *8388608' 'limits set: one user, by name' \
		wardctl limits set --session none --user worker 8M
	try 0 'user: *8388608' 'limits show: one user, by number' wardctl limits show --user 1001
	try 0 'limit user: *8388608' "pressure --mine: a user's own limit, for the user" \
		as worker wardctl pressure --mine
	try 0 'limit user: *-' 'pressure --mine: not of another user' wardctl pressure --mine
	try 0 'each user: *16777216' 'limits set: each user' wardctl limits set --each-user 16m
	tell_json limits wardctl limits show --user worker
	try 0 'each user: *-' 'limits set: none' wardctl limits set --each-user none
	try 0 'user: *-' 'limits set: none for one user' wardctl limits set --user 1001 none
}

# How fast evidence may be asked for.
paces() {
	try 6 'CAP_SYS_ADMIN' 'pace show: not for the worker' as worker wardctl pace show
	try 6 'CAP_SYS_ADMIN' 'pace set: not for the worker' \
		as worker wardctl pace set --call-burst 9
	wardctl pace show -o json >$D/pace
	try 0 'user burst: *9' 'pace set' wardctl pace set --call-interval 250 --user-burst 9
	tell_json pace wardctl pace show
	try 0 'call interval ms: *250' 'provider show: has the same' wardctl provider show
	wardctl pace set --call-interval "$(sed -n 's/.*"call_interval_ms": \([0-9]*\).*/\1/p' $D/pace)" \
		--user-burst "$(sed -n 's/.*"user_burst": \([0-9]*\).*/\1/p' $D/pace)" -o json >$D/out 2>$D/err
	cmp $D/out $D/pace >>$D/err
	result $? 'pace set: back to what it was'
}

# /etc/ward, as ward-setup.service and ward-provider.service have it applied.
configuration() {
	mkdir -p /etc/ward/ward.conf.d
	cat >/etc/ward/ward.conf <<-'EOM'
		[limits]
		each-user = 16M
		user.worker = 8M
		[pace]
		user-burst = 9
	EOM
	try 0 'verdict: *ok' 'config check' as worker wardctl config check
	try 6 'CAP_SYS_ADMIN' 'config apply: not for the worker' \
		as worker wardctl config apply limits
	try 0 '^  - pace' 'config apply' wardctl config apply limits pace policy
	try 0 'user: *8388608' "config apply: one user's limit" wardctl limits show --user worker
	try 0 'each user: *16777216' "config apply: each user's" wardctl limits show
	try 0 'user burst: *9' 'config apply: pace' wardctl pace show
	printf '[limits]\neach-user = 1M\nnonsense = 1\n' >/etc/ward/ward.conf.d/x.conf
	try 7 'x.conf:3: ' 'config apply: an error is told with its place' wardctl config apply
	try 0 'each user: *16777216' 'config apply: ... and nothing is applied' wardctl limits show
	rm /etc/ward/ward.conf.d/x.conf
	configured_provider
	rm -r /etc/ward
	wardctl limits set --each-user none -q
	wardctl limits set --user worker none -q
	wardctl pace set --user-burst 64 -q
}

configured_policy() {
	printf '[policy]\nothers = none\nuser.worker = report,receipt\n' >$D/policy.conf
	try 0 '^  - policy' 'config apply: policy' wardctl config apply --from $D/policy.conf policy
	try 0 'name: *worker' 'config apply: ... is in force' wardctl policy show
}

configured_provider() {
	if has_tsm; then
		wardctl provider unset -q
		try 0 'link: *made' 'config apply provider: the link is made' \
			wardctl config apply provider
		try 0 'link: *made' 'config apply provider: again is success' \
			wardctl config apply provider
	else
		try 0 'link: *no' 'config apply provider: no TSM, nothing to do' \
			wardctl config apply provider
		printf '[provider]\ntsm = yes\n' >/etc/ward/ward.conf.d/tsm.conf
		try 6 'no TSM' 'config apply provider: ... unless it must be' \
			wardctl config apply provider
	fi
}

# Levels as they change, told by the kernel to root, seen by looking as a stranger.
levels() {
	keep
	timeout 200 wardctl pressure --follow --count 3 -o json >$D/told 2>$D/err &
	told=$!
	timeout 200 as stranger wardctl pressure --follow --interval 20 --count 3 -o json >$D/seen 2>>$D/err &
	seen=$!
	timeout 200 as stranger wardctl pressure --follow --interval 10000 --count 2 -o json >$D/late 2>>$D/err &
	late=$!
	lines 1 $D/told
	lines 1 $D/seen
	lines 1 $D/late
	wardctl limits set --global 5M -q
	lines 2 $D/told
	lines 2 $D/seen
	try 0 'level: *medium' 'pressure: medium, by a lower limit' wardctl pressure
	try 0 'ram.total  *[0-9]' 'pressure: figures of the machine, with their sources' \
		wardctl pressure
	grep -q 'kexec.loaded .*/sys/kernel/kexec_loaded (reported)' $D/out
	result $? 'pressure: what user space read is marked as reported'
	tell_json gauge wardctl pressure
	wardctl limits set --global none -q
	wait $told && wait $seen && wait $late
	result $? 'pressure --follow: ends after its count'
	tell told $D/told
	tell seen $D/seen
	tell late $D/late
	kill "$(cat $D/keeper)"
	wait $keeper
	rm -f $D/keeper
}

# What each buffer is, and its end by an administrator.
buffers() {
	keep
	try 0 'r.xc3.xb6ws .x5c 1$' 'mem list: a label, escaped' wardctl mem list
	try 0 ' b  *16384 ' 'mem list: class B' as worker wardctl mem list
	try 0 ' -V ' 'mem list: what is volatile' wardctl mem list
	try 0 ' S- ' 'mem list: what is shared' wardctl mem list
	tell_json mem-held wardctl mem list
	tell_json pressure-held as stranger wardctl pressure
	wardctl mem list -o json | grep -c '"id"' >$D/out
	grep -q '^4$' $D/out
	result $? 'mem list: all four buffers'
	as stranger wardctl mem list -o json >$D/out 2>$D/err
	! grep -q '"id"' $D/out
	result $? 'mem list: none of them for a stranger'
	ID=$(wardctl mem list -o json | sed -n 's/.*"session": "\([0-9a-f]*\)".*/\1/p' | tail -n 1)
	try 6 'CAP_SYS_ADMIN' 'session revoke: not for its owner' \
		as worker wardctl session revoke "$ID"
	try 6 'no such session' 'session revoke: no such session' \
		wardctl session revoke 00112233445566778899aabbccddeeff
	kill -0 "$(cat $D/keeper)"
	result $? 'session revoke: what is refused changes nothing'
	try 0 'state: *revoked' 'session revoke: by 10 digits' \
		wardctl session revoke "$(echo "$ID" | cut -c 1-10)"
	wait $keeper
	result $? 'session revoke: the next access of the owner gives SIGBUS'
	rm -f $D/keeper
}

selftest() {
	try 0 ' 0 do not hold' 'mem selftest: as root' wardctl mem selftest
	grep -q '^holds  *kcore' $D/out
	result $? 'mem selftest: root sees kcore'
	sed 's/^/# selftest: /' $D/out
	try 0 ' 0 do not hold' 'mem selftest: as the worker' as worker wardctl mem selftest
	grep -q '^not tried  *kcore .*root only' $D/out
	result $? 'mem selftest: what could not be tried, and why'
	try 6 'group ward' 'mem selftest: not without the device' as stranger wardctl mem selftest
	tell_json selftest wardctl mem selftest
	try 0 'No session is open' 'mem selftest: leaves no session' wardctl session list
}

# What protected memory costs a training, beside the other kinds that this kernel has.
bench_train() {
	awk 'BEGIN { print "a,y"; for (i = 0; i < 300; i++)
		printf "%d,%d\n", i * 7919 % 1000, (i * 7919 % 1000 + i * 104729 % 500 > 700) }' >$D/table.csv
	echo '{"ward-plan":1,"name":"n","features":[{"column":"a"}],"label":{"column":"y","above":0},
		"split":{"rule":"every","every":5},"runs":[{"name":"m","method":"sgd","epochs":3}]}' >$D/plan.json
	set -- wardctl bench train --plan $D/plan.json --data $D/table.csv --rounds 2
	try 0 '^ward  *[0-9.]' 'bench train: ward memory is measured' as worker "$@"
	grep -q '^Weights: the same in every' $D/out
	result $? 'bench train: the same training in each memory'
	try 6 'device cgroup\|not permitted\|denied\|EACCES' 'bench train: who may not open the device is told so' \
		as stranger "$@" --memory ward
	mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
	wardctl bench train --plan $D/plan.json --data $D/table.csv --rounds 1 --png $D/bars.png \
		-o json >$D/json 2>$D/err
	result $? 'bench train: as root, with a picture'
	tell bench-train $D/json
	tell bench-bars $D/bars.png
	try 0 'No session is open' 'bench train: leaves no session' wardctl session list
}

RELEASE=000102030405060708090a0b0c0d0e0f
DATASET=101112131415161718191a1b1c1d1e1f
NONCE=$RELEASE$DATASET

receipts() {
	cat >$D/line <<-LINE
		{"version":1,"dataset":"$DATASET","release":"$RELEASE",
		 "receipt_nonce":"$NONCE","session":"$ID"}
	LINE
	try 6 'still open' 'receipt export: not while it lives' \
		as worker wardctl receipt export --line $D/line $D/receipt
	drop_session
	try 6 'another' 'receipt export: not of another user' \
		as other wardctl receipt export --line $D/line $D/receipt
	[ ! -e $D/receipt ]
	result $? 'receipt export: nothing written'
	try 0 'simulated' 'receipt export: of an ended session' \
		as worker wardctl receipt export --line $D/line $D/receipt
	grep -q '^records: *absent' $D/out
	result $? "receipt export: its records are not its owner's to have any more"
	tell receipt $D/receipt
	echo "# text subject $ID"
	try 0 '^records: *complete' 'receipt export: root may for everybody, and finds the records' \
		wardctl receipt export --session "$ID" --release $RELEASE --dataset $DATASET \
		--nonce $NONCE $D/receipt2
	tell receipt-root $D/receipt2
	tell_json receipt-json wardctl receipt export --line $D/line $D/receipt2
}

log_line() { # log_line SESSION RELEASE TIME: as a broker writes it
	zero=$(printf %064d 0)
	echo "{\"version\":1,\"time\":\"$3\",\"resource\":\"a/b/c\",\"dataset\":\"$DATASET\"," \
		"\"release\":\"$2\",\"receipt_nonce\":\"$NONCE\",\"session\":\"$1\"," \
		"\"instance\":\"$instance\",\"uid\":1001,\"measurement\":\"$(printf %096d 0)\"," \
		"\"evidence_sha256\":\"$zero\"}"
}

# Those of a time: of the session that ended, and of one that is still open.
receipts_of_a_time() {
	hold_session worker
	instance=$(wardctl status -o json | sed -n 's/.*"instance": "\([0-9a-f]*\)".*/\1/p')
	open=$(wardctl session list -o json | sed -n 's/.*"session": "\([0-9a-f]*\)".*/\1/p' | head -n 1)
	log_line "$ID" $RELEASE 2026-01-01T00:00:00Z >$D/log
	log_line "$open" $DATASET 2026-01-01T01:00:00Z >>$D/log
	try 6 'not exported: *1' 'receipt export --log: one is still open' \
		wardctl receipt export --log $D/log $D/receipts
	grep -q 'state: *no-session' $D/out && grep -q '^exported: *1' $D/out &&
		[ -e $D/receipts/$RELEASE.ward ] && [ ! -e $D/receipts/$DATASET.ward ]
	result $? 'receipt export --log: what can be had is taken all the same'
	try 0 '^exported: *1' 'receipt export --log: until a time' \
		wardctl receipt export --log $D/log --until 2026-01-01T01:00:00Z $D/receipts
	try 1 'nothing could be said' 'receipt export --log: a time without a release' \
		wardctl receipt export --log $D/log --since 2026-01-02T00:00:00Z $D/receipts
	try 6 'no-permission' "receipt export --log: not of another user's session" \
		as other wardctl receipt export --log $D/log --until 2026-01-01T01:00:00Z $D/other
	tell_json receipts-json wardctl receipt export --log $D/log $D/receipts
	tell log $D/log
	tell range $D/receipts/$RELEASE.ward
	drop_session
}

unloading() {
	hold_session worker
	if has_tsm; then
		try 6 'provider unset' 'module unload: the link holds it' wardctl module unload
		try 0 'link: *not-made' 'provider unset' wardctl provider unset
		try 0 'link: *not-made' 'provider unset: again is success' wardctl provider unset
	fi
	try 6 'session list' 'module unload: a session holds it' wardctl module unload
	drop_session
	try 6 'not allowed' 'module unload: not for the worker' as worker wardctl module unload
	try 0 'loaded: *no' 'module unload' wardctl module unload
	try 6 'not loaded' 'module unload: nothing to unload' wardctl module unload
	try 0 'state: *live' 'module load: with a parameter' \
		wardctl module load /lib/ward/ward.ko "limit=$((64 << 20))"
	try 0 'limit: *67108864' 'status: the limit that was set' wardctl status
	try 0 'loaded: *no' 'module unload: for good' wardctl module unload
	! has_tsm || rmmod tsmsim
}

echo "# program wardctl"
without_module
access_to_device
no_provider
if has_tsm; then
	with_provider
	reports
fi
sessions
records
policies
if has_tsm; then
	receipts
	receipts_of_a_time
else
	drop_session
fi
buffers
limits
paces
configuration
levels
selftest
bench_train
unloading
echo "1..$n"
echo "# exit wardctl $failed"
exit $failed
