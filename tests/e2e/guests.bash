# SPDX-License-Identifier: MIT
# The demo's guests: their initrds, their runs, the stream of what they say. Sourced.

# An emulated guest on a busy machine is slow, and stands still while its memory
# is searched: that is no stall of its kernel.
PATIENCE="rcupdate.rcu_cpu_stall_timeout=200 watchdog_thresh=60"
# As tests/vm/run gives it to the kernel; the guest checks that it is in force.
CMDLINE="console=ttyS0 panic=-1 quiet $PATIENCE"
SAID_IN_ALL=65		# lines that a guest of four sites says, for the bar

# initrd WARD_KO: path of an initrd with that module, from the cache if its
# inputs are the same
initrd() {
	local cache=$TOP/build/demo/cache inputs key out
	inputs=("$TOP"/tests/vm/{guest,init.sh,as.c} "$TOP/tests/e2e/story"
		"$BIN"/{wardctl,wardd,ward-train} "$TOP"/build/lib/lib*.so.0
		"$TOP"/build/tests/e2e/{hoard,attack,kernelpages} "$1" "$KO/$SIMULATOR.ko"
		"$DEMO/owner/plan.json" "$DEMO/owner/broker.pem" "$ENTRY/version")
	key=$(cat "${inputs[@]}" | sha256sum | cut -c1-16)
	out=$cache/initrd-$key
	if [ ! -e "$out" ]; then
		mkdir -p "$cache"
		find "$cache" -name 'initrd-*' -mtime +3 -delete
		"$TOP/tests/vm/guest" "$SERIES" --out "$out" --script "$TOP/tests/e2e/story" \
			--program "$BIN/wardctl" --program "$BIN/ward-train" \
			--program "$BIN/wardd" \
			--program "$TOP/build/tests/e2e/hoard" \
			--program "$TOP/build/tests/e2e/attack" \
			--program "$TOP/build/tests/e2e/kernelpages" \
			--load "$1" --ko "$KO/$SIMULATOR.ko" \
			--file "$DEMO/owner/plan.json:/data/plan.json" \
			--file "$DEMO/owner/broker.pem:/data/broker.pem" >&2
	fi
	echo "$out"
}

# Another ward.ko: the same code, one section more, other bytes.
other_module() {
	mkdir -p "$DEMO/other"
	echo "not the module that was measured" >"$DEMO/other/note"
	objcopy --add-section .ward.other="$DEMO/other/note" "$KO/ward.ko" "$DEMO/other/ward.ko"
	echo "$DEMO/other/ward.ko"
}

# hand_in PART MEASUREMENT: what the guest reads as /fw/NAME
hand_in() {
	local dir=$DEMO/fw-$1 name dataset
	mkdir -p "$dir"
	printf %s "$1" >"$dir/part"
	printf %s "$2" >"$dir/measurement"
	printf %s "$CMDLINE" >"$dir/cmdline"
	printf %s "$WORKER_OPTIONS" >"$dir/worker-options"
	printf %s $((EXPIRE + 3)) >"$dir/expire"
	printf %s "default/dataset/$(head -n 1 "$DEMO/owner/sites" | cut -f1)" >"$dir/resource"
	FW=()
	if [ "$1" = story ]; then
		while IFS=$'\t' read -r name dataset _ _; do
			FW+=(--fw-cfg "$name.wds=$dataset")
		done <"$DEMO/owner/sites"
	fi
	for name in part measurement cmdline worker-options expire resource; do
		FW+=(--fw-cfg "$name=$dir/$name")
	done
}

# guest PART INITRD OPTIONS...: boot in the background; GUEST is its pid. Its
# memory is a file of ours, and holds what the guest holds.
guest() {
	local part=$1 image=$2
	shift 2
	mkdir -p "$DEMO/guest-$part"
	: >"$DEMO/guest-$part/ktap"
	(umask 077 && exec "$TOP/tests/vm/run" "$SERIES" "$image" --dir "$DEMO/guest-$part" \
		--append "$PATIENCE" --timeout "$TIMEOUT" --port "$PORT" "${FW[@]}" "$@") \
		>"$DEMO/log/guest-$part" 2>&1 &
	GUEST=$!
}

# follow PART HANDLER: call it with each line that the guest says, until it ends
follow() {
	local line part='' status since=$SECONDS said=0
	while :; do
		status=0
		IFS= read -r -t 0.5 line || status=$?
		# When time is up, what came of a line so far is in $line.
		line=$part$line
		part=
		if [ $status -gt 128 ]; then
			part=$line
			ui_bar $said "$SAID_IN_ALL" "the guest works, $((SECONDS - since)) s"
			continue
		fi
		[ $status = 0 ] || break
		said=$((said + 1))
		line=${line%$'\r'}
		case $line in
		"WARD-FILE "*)
			# shellcheck disable=SC2086
			take_file $line
			;;
		"WARD-STORY "*)
			line=${line#WARD-STORY }
			"$2" "${line%% *}" "${line#* }"
			;;
		"WARD-HOLD "*) "$2" hold "${line#WARD-HOLD }" ;;
		esac
	done < <(tail -n +1 -s 0.2 --pid="$GUEST" -F "$DEMO/guest-$1/ktap" 2>/dev/null)
}

take_file() { # WARD-FILE NAME BASE64
	case $2 in
	*/* | .*) die "the guest sent a file named $2" ;;
	esac
	base64 -d <<<"$3" >"$DEMO/results/$2.new" && mv "$DEMO/results/$2.new" "$DEMO/results/$2"
}

# The runs end their own QEMU when they are told to end.
guest_stop() {
	local job
	for job in ${STORY:-} ${OTHER:-}; do
		kill "$job" 2>/dev/null || :
		wait "$job" 2>/dev/null || :
	done
}
