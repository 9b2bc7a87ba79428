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

# The debug kernel's leak detector: what nothing in memory points at any more. It
# takes an object for lost only when it is five seconds old and two scans in a row
# found it so and unchanged. Status 1 and the reports as comments if there is any.
lost() {
	sleep 6
	echo scan >/sys/kernel/debug/kmemleak &&
		echo scan >/sys/kernel/debug/kmemleak || return 1
	sed 's/^/# /' /sys/kernel/debug/kmemleak
	! grep -q . /sys/kernel/debug/kmemleak
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
exit 0
