#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which the kernel tests run (see check-guest).

# Between "# program" and "# exit" the harness expects a plan and results.
n=0
failed=0
result() { # result STATUS TEXT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n $2"
	else
		failed=1
		echo "not ok $n $2"
	fi
}

link_tsm() {
	mkdir /sys/kernel/config/tsm/report/ward &&
		mkdir /sys/kernel/config/ward/tsm &&
		ln -s /sys/kernel/config/tsm/report/ward /sys/kernel/config/ward/tsm/source
}

unlink_tsm() {
	rm /sys/kernel/config/ward/tsm/source &&
		rmdir /sys/kernel/config/ward/tsm &&
		rmdir /sys/kernel/config/tsm/report/ward
}

loaded() {
	grep -q '^ward ' /proc/modules
}

# What 6.12 itself loses when an allocation fails inside kmem_cache_create(), as the
# sweep over module init makes it: the name of the directory that sysfs_slab_add()
# could not make. The leak detector's report on standard input, divided: "own" keeps
# the heads of those, "others" all else.
reports() {
	awk -v want="$1" '
		function say() {
			if (block != "" && (block ~ / sysfs_slab_add\+/) == (want == "own"))
				printf "%s", want == "own" ? head "\n" : block
			block = ""
		}
		/^unreferenced object/ { say(); head = $0 }
		{ block = block $0 "\n" }
		END { say() }'
}

# The debug kernel's leak detector: what nothing in memory points at any more. It
# takes an object for lost only when it is five seconds old and two scans in a row
# found it so and unchanged. Status 1 and the reports as comments if there is any.
# The kernel's own are counted in its log, where the gate has seen their number.
lost() {
	leaks=/sys/kernel/debug/kmemleak
	sleep 6
	echo scan >$leaks && echo scan >$leaks || return 1
	cat $leaks >/tmp/leaks
	echo "dmesg-gate: the kernel itself lost $(reports own </tmp/leaks | wc -l)" >/dev/kmsg
	echo clear >$leaks
	reports others </tmp/leaks >/tmp/others
	sed 's/^/# /' /tmp/others
	! [ -s /tmp/others ]
}

echo "# program module"
loaded
result $? "loads"
test -c /dev/ward
result $? "makes /dev/ward"
if grep -q '^tsmsim ' /proc/modules; then
	link_tsm
	result $? "takes the link to a TSM report entry"
fi
echo "1..$n"
echo "# exit module $failed"

for program in /tests/*; do
	[ -x "$program" ] || continue
	echo "# program ${program##*/}"
	"$program"
	echo "# exit ${program##*/} $?"
done

# Here the reports still name the module's functions.
if [ -e /sys/kernel/debug/kmemleak ]; then
	n=0
	failed=0
	echo "# program leaks"
	lost
	result $? "no memory is lost by the tests"
	echo "1..$n"
	echo "# exit leaks $failed"
fi

n=0
failed=0
echo "# program unload"
if [ -e /sys/kernel/config/ward/tsm/source ]; then
	unlink_tsm
	result $? "lets go of the TSM report entry"
fi
tries=0
while ! rmmod ward && [ $tries -lt 50 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
loaded
result $((! $?)) "unloads"
insmod /lib/ward/ward.ko && rmmod ward
result $? "loads and unloads again"
# Without the curve, if it was there: ward does all else. A test says what it does not.
if grep -q curve25519 /proc/modules; then
	for ko in libcurve25519 curve25519_x86_64 libcurve25519_generic; do
		! grep -q "^$ko " /proc/modules || rmmod $ko
	done
	insmod /lib/ward/ward.ko && ! grep -q curve25519 /proc/modules
	result $? "loads without X25519"
	if [ -x /tests/test_key ]; then
		/tests/test_key without_them_calls_say_so | grep -q '^ok [0-9]* without_them_calls_say_so$'
		result $? "... and has no keys then"
	fi
	rmmod ward
	result $? "... and unloads"
fi
if grep -q '^tsmsim ' /proc/modules; then
	rmmod tsmsim
	result $? "tsmsim unloads"
fi
if [ -e /sys/kernel/debug/kmemleak ]; then
	lost
	result $? "no memory is lost by unloading"
fi
echo "1..$n"
echo "# exit unload $failed"
# How often each line of ward's was run (tests/coverage/run), to a disk of the host's.
if [ -e /sys/kernel/debug/wardgcov ]; then
	cat /sys/kernel/debug/wardgcov >/dev/vda && sync
fi
exit 0
