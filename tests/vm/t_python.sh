#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which Python runs (see tests/e2e/python.sh): the package's own tests
# over the module, an example with a broker on the host, and what is left in memory.
# shellcheck source=tests/vm/try.sh
. /lib/ward/try.sh
export PYTHONPATH=/py:/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

# Their results are numbered here.
suite() {
	cp -r /tests $D/tests
	chown -R worker:ward $D/tests
	cd $D/tests || return
	as worker env WARD_PY_GUEST=1 WARD_TAP=$D/tap WARD_PY_ROOT=/fw/ark.pem \
		WARD_PY_MEASUREMENT="$(cat /fw/measurement)" \
		python3 -m pytest -q -p no:cacheprovider . >$D/out 2>$D/err
	status=$?
	cd /
	grep '^1\.\.[1-9]' $D/tap >/dev/null
	result $? "the package's tests come to their end"
	[ $status -eq 0 ] || failed=1
	while read -r line; do
		case $line in
		"ok "* | "not ok "*)
			n=$((n + 1))
			echo "${line%%ok *}ok $n ${line#*- }"
			;;
		"#"*) echo "# err: ${line#?}" ;;
		esac
	done <$D/tap
}

example() {
	mkdir -m 777 $D/results
	try 0 '^569 patients, accuracy 0.9[5-9].*, 2 receipts' 'keys by a broker, trained in ward memory, receipts' \
		as worker python3 /data/logistic.py --broker https://10.0.2.100:8443 --ca /data/broker.pem \
		--out $D/results site0=/data/site0.wds site1=/data/site1.wds
	for f in "$D"/results/*; do
		tell "${f##*/}" "$f"
	done
	sed 's/300/301/' /data/logistic.py >$D/logistic.py
	chmod 755 $D/logistic.py
	try 1 "wrong-declared" 'a script that was changed gets no key' \
		as worker python3 $D/logistic.py --broker https://10.0.2.100:8443 --ca /data/broker.pem \
		--out $D/results site0=/data/site0.wds
	try 1 "wrong-uid" "another user's gets none" \
		as other python3 /data/logistic.py --broker https://10.0.2.100:8443 --ca /data/broker.pem \
		--out $D/results site0=/data/site0.wds
}

reached() { # WORD: the program has come there
	tries=0
	until grep -q "^$1\$" $D/said || [ $tries -ge 1200 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
	grep -q "^$1\$" $D/said
	result $? "the program comes to: $1"
}

residue() {
	mkfifo $D/go
	chmod 666 $D/go
	: >$D/said
	chmod 666 $D/said
	# Open at both ends from here on, so that nobody waits for the other.
	exec 4<>$D/go
	as worker python3 /data/residue.py "$(cat /fw/seed)" <$D/go >$D/said 2>$D/err &
	program=$!
	for word in held left control; do
		reached $word
		hold $word
		echo go >&4
	done
	wait $program
	result $? 'the program ends as it should'
	exec 4>&-
	hold ended
}

insmod /lib/ward/tsmsim.ko measurement="$(cat /fw/measurement)" && wardctl provider set tsm >$D/out 2>$D/err
result $? 'the simulated TEE gives evidence'
suite
example
residue
exit $failed
