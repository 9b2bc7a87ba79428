#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which tests/hw/run is tried (see tests/e2e/hw.sh). The tree's
# part that it needs is in /hw; names and addresses are planted that no result may hold.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh
export PYTHONHOME=/usr PYTHONDONTWRITEBYTECODE=1
RUN=/hw/tests/hw/run
cd $D || exit 1
# It asks at a terminal, which the console is.
exec </dev/null

plant() {
	hostname clinic-seven.example.test
	echo clinic-seven >/etc/hostname
	echo 'drhouse:x:1500:1500:Gregory Planted:/home/drhouse:/bin/sh' >>/etc/passwd
	echo 0123456789abcdef0123456789abcdef >/etc/machine-id
	ip addr add 192.0.2.77/24 dev lo
	ip -6 addr add 2001:db8::77/64 dev lo
	export SUDO_USER=drhouse
}

# Nothing may be left of a run that was refused.
refused() { # WORDS TEXT COMMAND...
	words=$1 what=$2
	shift 2
	rm -f $D/result.json
	try 1 "$words" "refused: $what" "$@"
	[ "$(wc -l <$D/err)" -le 3 ] && ! grep -q Traceback $D/err
	result $? "refused: $what: in a plain sentence"
	[ ! -e $D/result.json ]
	result $? "refused: $what: nothing is written"
}

refusals() {
	refused 'not root' 'not root' as worker $RUN --out $D/result.json
	refused 'install the packages' 'no ward' $RUN --installed --out $D/result.json
	refused 'make deb' 'no packages to install' $RUN --install --out $D/result.json
	refused 'module is not loaded, and could not be' 'no module' $RUN --out $D/result.json
	insmod /lib/ward/ward.ko
	chgrp ward /dev/ward
	refused 'shows no TEE' 'no TEE' $RUN --out $D/result.json
	insmod /lib/ward/tsmsim.ko
	refused 'is simulated' 'a simulator that was not named' $RUN --out $D/result.json
}

attached() {
	/hw/build/bin/wardctl -o json provider show | grep -q '"attached": true'
}

whole() {
	try 0 'verdict: ok (simulated)' 'the whole run, simulated' \
		$RUN --simulated --out $D/result.json --root /hw/ark.pem
	! attached
	result $? 'the link that the run made is gone'
	[ "$(stat -c %a $D/result.json)" = 600 ]
	result $? 'the result is its owner'\''s alone'
	tell result.json $D/result.json
}

# Evidence that a provider gives already is taken from there, and it stays.
raw() {
	/hw/build/bin/wardctl -q provider set tsm
	try 0 'verdict: ok (simulated)' 'once more, with the evidence in it' \
		$RUN --simulated --raw-evidence --no-bench --out $D/raw.json --root /hw/ark.pem
	attached
	result $? 'a link that was there before stays'
	tell raw.json $D/raw.json
	find /tmp -maxdepth 1 -name 'ward-hw-*' >$D/out
	[ ! -s $D/out ]
	result $? 'no temporary directory is left, with its keys'
}

# A verdict that is none: the chain ends at a root that nobody named.
other_root() {
	try 2 'did not work: verdict: chain-untrusted' 'a verdict that refuses is a result, too' \
		$RUN --simulated --no-bench --out $D/other.json --root /hw/other.pem
	grep -q '"the evidence was refused"' $D/other.json
	result $? '... and nothing is released on it'
}

plant
refusals
whole
raw
other_root
exit $failed
