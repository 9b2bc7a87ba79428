#!/bin/sh
# SPDX-License-Identifier: MIT
# /script of the guest in which tests/bench/run counts what an epoch takes in ward's memory and
# in plain memory: a clock of that guest counts instructions. The result of wardctl bench train.
exec 2>&1
insmod /lib/ward/ward.ko || exit
# As tests/bench/guest.sh has it.
sleep 5
echo 0 >/proc/sys/vm/compaction_proactiveness
mkdir -p /tmp/t
cd /tmp/t || exit
awk 'BEGIN {
	for (j = 0; j < 13; j++)
		printf "c%d,", j
	print "y"
	for (i = 0; i < 4000; i++) {
		sum = 0
		for (j = 0; j < 13; j++) {
			x = (i * (7919 * (j + 1) + 2 * j) % 2000) / 1000 - 1
			sum += x
			printf "%.4f,", x
		}
		print (sum > 0)
	}
}' >table.csv
columns=$(awk 'BEGIN { for (j = 0; j < 13; j++) printf "%s{\"column\":\"c%d\"}", j ? "," : "", j }')
cat >plan.json <<-EOM
	{"ward-plan":1,"name":"bench","features":[$columns],"label":{"column":"y","above":0},
	"split":{"rule":"every","every":5},"runs":[{"name":"m","method":"adam","hidden":[8],"epochs":10}]}
EOM
exec wardctl bench train --plan plan.json --data table.csv --memory plain,ward --rounds 5 \
	--no-attest -o json
