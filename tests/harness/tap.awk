# SPDX-License-Identifier: MIT
# Judge streams of TAP or KTAP: tap -v prefix=NAME < STREAM
#
# The stream brackets each program:
#	# program NAME
#	(its TAP or KTAP: plan, results, "# ..." lines)
#	# exit NAME STATUS
# Out comes one flat result for each test, "ok NAME/PROGRAM/TEST", and one
# "not ok" for each program that did not keep its word: no plan, fewer or more
# results than planned, a bad exit status without a failed test, no exit.
# Status 1 if anything failed or there was no result at all.

function label(test) {
	return (prefix == "" ? "" : prefix "/") program "/" test
}

function broken(why) {
	print "not ok " label("(program)") " # " why
	failures++
	results_all++
}

function begin(name) {
	if (program != "")
		broken("no exit status: it or its guest died")
	program = name
	plans = planned = results = failed = 0
	why = ""
}

function finish(status) {
	if (!plans)
		broken("no plan")
	else if (results != planned)
		broken(results " results, " planned " planned")
	else if (status != 0 && !failed)
		broken("exit status " status " without a failed test")
	else if (status == 0 && failed)
		broken("exit status 0 with failed tests")
	program = ""
}

# cmocka says "not ok 3 # SKIP name" of a test that was skipped. Why, a result
# line says after SKIP, or a line "# skip: REASON" before it.
function result(line, ok,    name, skip) {
	name = line
	sub(/^(not )?ok[ \t]*[0-9]*[ \t]*(- )?/, "", name)
	if (sub(/^# SKIP /, "", name))
		skip = ok = 1
	else if (ok && match(name, /# *[Ss][Kk][Ii][Pp][ \t]*/)) {
		skip = 1
		if (RSTART + RLENGTH <= length(name))
			why = substr(name, RSTART + RLENGTH)
	}
	sub(/[ \t]*# .*$/, "", name)
	results++
	results_all++
	if (!ok) {
		failed++
		failures++
	}
	if (why == "")
		why = "(no reason given)"
	print (ok ? "ok " : "not ok ") label(name) (skip ? " # SKIP " why : "")
	why = ""
	fflush()
}

{ sub(/\r$/, "") }
/^# program / { begin($3); next }
/^# exit / && $3 == program { finish($4); next }
program == "" { next }
/^[ \t]*1\.\.[0-9]+/ {
	plan = $1
	sub(/^1\.\./, "", plan)
	planned += plan
	plans++
	if (plan == 0 && sub(/^.*# *[Ss][Kk][Ii][Pp][ \t]*/, "")) {
		print "ok " label("(program)") " # SKIP " $0
		results_all++
	}
	next
}
/^[ \t]*# skip: / { sub(/^[ \t]*# skip: /, ""); why = $0; next }
/^[ \t]*ok[ \t]/ { sub(/^[ \t]+/, ""); result($0, 1); next }
/^[ \t]*not ok[ \t]/ { sub(/^[ \t]+/, ""); result($0, 0); next }
/^# ok - / { next } # cmocka's name for a group that passed
/^[ \t]*#/ { print "# " label("") " " $0; fflush() }

END {
	if (program != "")
		broken("no exit status: it or its guest died")
	exit failures > 0 || results_all == 0
}
