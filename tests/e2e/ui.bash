# SPDX-License-Identifier: MIT
# What people see of the demo: steps, details, a bar on a terminal. Sourced.

UI_STEP=0
UI_STEPS=5
UI_TTY=
[ ! -t 1 ] || UI_TTY=1

ui_clear() {
	[ -z "$UI_TTY" ] || printf '\r\033[K'
}

# ui_step TITLE: the next of the five
ui_step() {
	UI_STEP=$((UI_STEP + 1))
	printf '\n[%d/%d] %s\n' "$UI_STEP" "$UI_STEPS" "$1"
}

ui_say() {
	ui_clear
	printf '      %s\n' "$*"
}

# ui_bar DONE ALL WHAT: on a terminal only
ui_bar() {
	local width=30 full
	[ -n "$UI_TTY" ] || return 0
	full=$(($1 * width / ($2 > 0 ? $2 : 1)))
	[ "$full" -le $width ] || full=$width
	printf '\r      [%s%s] %.40s\033[K' \
		"$(printf '%*s' "$full" '' | tr ' ' '#')" \
		"$(printf '%*s' $((width - full)) '' | tr ' ' '.')" "$3"
}

# ui_run WHAT COMMAND...: a long command; its output goes to a log that is shown
# only when it fails
ui_run() {
	local what=$1 log=$DEMO/log/${1//[^a-z0-9]/-} since=$SECONDS job i=0
	shift
	"$@" >"$log" 2>&1 &
	job=$!
	while kill -0 $job 2>/dev/null; do
		i=$(((i + 1) % 30))
		ui_bar $i 30 "$what, $((SECONDS - since)) s"
		sleep 0.2
	done
	if ! wait $job; then
		ui_clear
		tail -n 30 "$log" >&2
		die "$what failed (whole log: $log)"
	fi
	ui_say "$what: $((SECONDS - since)) s"
}
