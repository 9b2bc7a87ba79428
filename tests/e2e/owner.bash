# SPDX-License-Identifier: MIT
# The owners' side of the demo, on the host: tables, keys, policy, broker. Sourced.

CHUNK=4096

# Four tables; $DEMO/owner/sites lists name, data set, key and table of each.
owner_encrypt() {
	local owner=$DEMO/owner path label missing rows name options
	mkdir -m 700 "$owner/tables"
	(umask 077 && exec "$TOP/tests/datasets/tables.sh" "${SET[@]}" "$owner/tables") \
		>"$owner/tables.tsv" 2>"$DEMO/log/tables" ||
		die "no tables: $(tail -n 1 "$DEMO/log/tables")"
	: >"$owner/sites"
	while IFS=$'\t' read -r path label missing rows; do
		name=$(basename "$path" .csv)
		options=(--table --label "$label")
		[ "$missing" = - ] || options+=(--missing "$missing")
		"$BIN/wardctl" -q dataset encrypt --new-key "$owner/$name.key" --name "$name" \
			--chunk $CHUNK "${options[@]}" "$path" "$owner/$name.wds" ||
			die "$name was not encrypted"
		printf '%s\t%s\t%s\t%s\n' "$name" "$owner/$name.wds" "$owner/$name.key" "$path" \
			>>"$owner/sites"
		ui_say "$(printf '%-12s %4d patients, %6d bytes, key %s' "$name" "$rows" \
			"$(stat -c %s "$owner/$name.wds")" "$name.key")"
	done <"$owner/tables.tsv"
	if [ -e "$owner/cleveland.wds" ]; then
		cp "$TOP/userspace/worker/plans/heart.json" "$owner/plan.json"
	else
		cp "$TOP/userspace/worker/plans/wdbc.json" "$owner/plan.json"
	fi
}

# The broker's certificate is in the measured initrd: kept, so that the initrd's
# bytes, and with them its cache, last as long.
owner_tls() {
	local dir=$TOP/build/demo/tls
	if ! openssl x509 -in "$dir/broker.pem" -checkend 86400 -noout >/dev/null 2>&1; then
		mkdir -p "$dir"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
			-subj "/CN=ward demo broker" -addext "subjectAltName=IP:10.0.2.100" \
			-keyout "$dir/broker.key" -out "$dir/broker.new" >"$DEMO/log/tls" 2>&1 ||
			die "openssl made no certificate: $(tail -n 1 "$DEMO/log/tls")"
		chmod 600 "$dir/broker.key"
		mv "$dir/broker.new" "$dir/broker.pem"
	fi
	cp -p "$dir/broker.pem" "$dir/broker.key" "$DEMO/owner/"
}

# measure KERNEL INITRD CMDLINE: what a TEE's launch digest would cover
measure() {
	{
		openssl dgst -sha384 -binary "$1"
		openssl dgst -sha384 -binary "$2"
		printf %s "$3" | openssl dgst -sha384 -binary
	} | openssl dgst -sha384 -r | cut -d' ' -f1
}

# declared PLAN: the register after the worker declared the plan
declared() {
	{
		head -c 64 /dev/zero
		openssl dgst -sha512 -binary "$1"
	} | openssl dgst -sha512 -r | cut -d' ' -f1
}

# For whom a key is released: uid and gid of the demo's guest, unless $JOB_UID says.
owner_policy() {
	cat >"$DEMO/owner/policy.json" <<-POLICY
		{
			"ward-policy": 1,
			"purpose": "release",
			"measurement": ["$1"],
			"uid": [${JOB_UID:-1001}],
			"gid": [${JOB_UID:-970}],
			"declared": ["$(declared "$DEMO/owner/plan.json")"],
			"keys": "${KEYS:-any}",
			"allow_tee": ["simulated-snp"]
		}
	POLICY
	"$BIN/wardctl" policy check "$DEMO/owner/policy.json" >"$DEMO/log/policy" 2>&1 ||
		die "the policy is damaged: $(tail -n 1 "$DEMO/log/policy")"
}

owner_broker() {
	local owner=$DEMO/owner name dataset key comma='' i
	{
		printf '{\n\t"ward-broker": 1,\n\t"listen": "127.0.0.1:0",\n'
		printf '\t"tls": {"certificate": "broker.pem", "key": "broker.key"},\n'
		printf '\t"policy": "policy.json",\n\t"roots": ["%s"],\n' "$TOP/build/tsmsim/ark.pem"
		printf '\t"release_log": "release.log",\n\t"session_timeout": %d,\n' "$EXPIRE"
		printf '\t"resources": {'
		while IFS=$'\t' read -r name dataset key _; do
			printf '%s\n\t\t"default/dataset/%s": {"file": "%s", "key": "%s"}' "$comma" \
				"$name" "${dataset##*/}" "${key##*/}"
			comma=,
		done <"$owner/sites"
		printf '\n\t}\n}\n'
	} >"$owner/broker.json"
	# It is read below, perhaps before the broker's own process has opened it.
	: >"$DEMO/log/broker.out"
	"$BIN/ward-broker" --config "$owner/broker.json" >"$DEMO/log/broker.out" \
		2>"$DEMO/log/broker" &
	BROKER=$!
	for ((i = 0; i < 100; i++)); do
		PORT=$(sed -n 's/^listening on .*://p' "$DEMO/log/broker.out")
		[ -z "$PORT" ] || return 0
		kill -0 $BROKER 2>/dev/null || break
		sleep 0.1
	done
	die "ward-broker did not start: $(tail -n 1 "$DEMO/log/broker")"
}

owner_stop() {
	[ -n "${BROKER:-}" ] || return 0
	kill "$BROKER" 2>/dev/null || :
	wait "$BROKER" 2>/dev/null || :
	BROKER=
}

releases() {
	if [ -e "$DEMO/owner/release.log" ]; then wc -l <"$DEMO/owner/release.log"; else echo 0; fi
}
