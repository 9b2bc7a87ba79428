# SPDX-License-Identifier: MIT
# The demo's steps. The guest goes through its part without a pause; what it says
# is read as it comes, and moves the steps on. Sourced.

# clock NAME: the seconds since the last call are NAME's
clock() {
	echo $((SECONDS - ${CLOCK:-0})) >"$DEMO/times/$1"
	CLOCK=$SECONDS
}

# ---- before the first step ------------------------------------------------------

build_modules() {
	"$TOP/tests/vm/module" "$SERIES" && "$TOP/tests/vm/module" "$SERIES" --what $SIMULATOR
}

step_build() {
	printf '\n[build]\n'
	ui_run "programs" make -C "$TOP" -j"$(nproc)" e2e-programs
	ui_run "guest kernel $SERIES" "$TOP/tests/vm/kernels" fetch "$SERIES"
	ENTRY=$("$TOP/tests/vm/kernels" path "$SERIES")
	VERSION=$(cat "$ENTRY/version")
	ui_run "ward.ko and $SIMULATOR.ko for Linux $VERSION" build_modules
	KO=$TOP/build/kmod/$VERSION
	echo "$VERSION" >"$DEMO/kernel"
	clock build
}

# ---- 1 ------------------------------------------------------------------------------

make_images() {
	initrd "$KO/ward.ko" >"$DEMO/image"
	initrd "$(other_module)" >"$DEMO/other-image"
}

step_owners() {
	ui_step "Owners encrypt their tables; a broker keeps the keys"
	owner_encrypt
	owner_tls
	ui_run "guest images" make_images
	MEASUREMENT=$(measure "$ENTRY/vmlinuz" "$(cat "$DEMO/image")" "$CMDLINE")
	owner_policy "$MEASUREMENT"
	owner_broker
	ui_say "policy: uid 1001, this plan, measurement ${MEASUREMENT:0:16}... (simulated)"
	ui_say "modules are not signature-checked in this guest; the measurement"
	ui_say "covers ward.ko in the initrd"
	ui_say "ward-broker: TLS on 127.0.0.1:$PORT, all that the guest can reach"
	clock owners
}

# ---- 2 to 5: what the guest says ------------------------------------------------------

step_guest() {
	local search="'$TOP/tests/e2e/on-hold'"
	ui_step "A worker proves itself, gets keys, trains, wipes, seals"
	hand_in story "$MEASUREMENT"
	guest story "$(cat "$DEMO/image")" --mem $MEM --ram "$DEMO/ram" --resume \
		--hold live --on-hold "$search live" \
		--hold wiped --on-hold "$search wiped" \
		--hold control --on-hold "$search control"
	STORY=$GUEST
	AT=worker
	follow story on_story
	ui_clear
	wait "$STORY" || guest_failed story
	STORY=
	[ "$AT" = end ] || guest_failed story
}

guest_failed() {
	ui_clear
	tail -n 5 "$DEMO/log/guest-$1" >&2
	die "the guest did not do its part: ${FAILED:-no reason given} (see $DEMO/guest-$1)"
}

on_story() {
	case $1 in
	booted) ui_say "guest: Linux $2, simulated TEE, network: 1 TCP port" ;;
	ready) on_ready "$2" ;;
	step) on_step "$2" ;;
	hold) on_hold_word "$2" ;;
	holding) send_holding ;;
	held) ui_say "control: a plain program held the same data (${2#hoard: }) and was killed" ;;
	refusal) on_refusal "$2" ;;
	failed) FAILED=$2 ;;
	end) AT=end ;;
	esac
}

on_ready() {
	clock boot
	case $1 in
	tsmsim) ui_say "evidence: the kernel's own report entry (simulated)" ;;
	sevsim) ui_say "evidence: wardd, from a double of /dev/sev-guest (simulated)" ;;
	*) die "the guest's evidence is of $1" ;;
	esac
}

# Of the worker's steps people see the text, programs keep the line.
on_step() {
	local text
	printf '%s\n' "$1" >>"$DEMO/results/steps"
	text=$("$TOP/tests/e2e/figures" --text "$1")
	[ -z "$text" ] || ui_say "$text"
}

on_hold_word() {
	case $1 in
	live) ui_say "(stopped for a moment: its memory is searched while it holds the data)" ;;
	wiped)
		clock worker
		step_receipts
		ui_step "The guest is stopped, its memory searched for rows and keys"
		other_guest
		;;
	control) ;;
	esac
}

send_holding() {
	(
		for ((i = 0; i < 100; i++)); do
			[ ! -e "$DEMO/holding" ] || break
			sleep 0.1
		done
		timeout 120 cat "$DEMO/holding" >"$DEMO/guest-story/ctl.in"
	) &
}

# ---- 3 ------------------------------------------------------------------------------------

# verify NAME RECEIPT RELEASE: status and reason into verify-NAME.json
verify() {
	local status=0
	"$BIN/wardctl" -o json receipt verify --root "$TOP/build/tsmsim/ark.pem" \
		--policy "$DEMO/owner/policy.json" --release "$3" "$2" \
		>"$DEMO/verify-$1.json" 2>"$DEMO/log/verify-$1" || status=$?
	echo $status >"$DEMO/verify-$1.status"
}

step_receipts() {
	local name first='' line i=0
	ui_step "Owners verify their receipts, offline (simulated TEE)"
	while read -r line; do
		name=${line#*\"resource\":\"}
		name=${name%%\"*}
		name=${name##*/}
		(umask 077 && printf '%s\n' "$line" >"$DEMO/owner/release-$name.json")
		verify "$name" "$DEMO/results/receipt-$name.ward" "$DEMO/owner/release-$name.json"
		ui_say "$("$TOP/tests/e2e/figures" --receipt "$DEMO" "$name")"
		i=$((i + 1))
		[ $i -gt 1 ] || first=$name
	done <"$DEMO/owner/release.log"
	[ $i -gt 0 ] || die "the broker's release log is empty"
	verify early "$DEMO/results/early.ward" "$DEMO/owner/release-$first.json"
	ui_say "before the seal: $("$TOP/tests/e2e/figures" --receipt "$DEMO" early)"
	verify foreign "$DEMO/results/foreign.ward" "$DEMO/owner/release-$first.json"
	ui_say "another session: $("$TOP/tests/e2e/figures" --receipt "$DEMO" foreign)"
	clock receipts
}

# ---- 4 and 5 ---------------------------------------------------------------------------------

# What was looked for: kinds, how many of each, one of them cut short.
show_patterns() {
	local line
	[ -e "$DEMO/residue-wiped.txt" ] || return 0
	while IFS= read -r line; do
		ui_say "$line"
	done < <(sed '/MiB searched/,$d' "$DEMO/residue-wiped.txt" | fold -s -w 72)
}

on_refusal() {
	if [ "$AT" = worker ]; then
		AT=refusals
		show_patterns
		for when in live wiped control; do
			ui_say "$("$TOP/tests/e2e/figures" --residue "$DEMO" $when)"
		done
		clock residue
		ui_step "Whatever differs is refused (simulated TEE)"
		wc -l <"$DEMO/owner/release.log" >"$DEMO/releases-before"
	fi
	printf '%s\n' "${1#* }" >"$DEMO/refusal-${1%% *}.json"
	ui_say "$("$TOP/tests/e2e/figures" --refusal "$DEMO" "${1%% *}")"
}

# The other module's guest runs beside the first one.
other_guest() {
	hand_in other "$(measure "$ENTRY/vmlinuz" "$(cat "$DEMO/other-image")" "$CMDLINE")"
	guest other "$(cat "$DEMO/other-image")" --mem 512 --smp 1
	OTHER=$GUEST
}

on_other() {
	case $1 in
	refusal) on_refusal "$2" ;;
	failed) FAILED=$2 ;;
	esac
}

step_other() {
	GUEST=$OTHER
	follow other on_other
	wait "$OTHER" || guest_failed other
	OTHER=
	wc -l <"$DEMO/owner/release.log" >"$DEMO/releases-after"
	clock refusals
}
