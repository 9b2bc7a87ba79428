#!/bin/bash
# SPDX-License-Identifier: MIT
# wardctl seal and unseal: a software TPM (swtpm), keys, rollback, a kill at every system
# call. TAP on stdout. BIN names the directory of the programs.
set -u
BIN=$(realpath "${BIN:-build/bin}")
W=$BIN/wardctl
HERE=$(realpath "$(dirname "$0")")
D=$(mktemp -d) || exit 1
tpm='' second=''
trap '[ -z "$tpm" ] || kill "$tpm"; [ -z "$second" ] || kill "$second"; rm -rf "$D"' EXIT
# shellcheck source=tests/harness/results.sh
. "$HERE/../harness/results.sh"
# shellcheck source=tests/harness/swtpm.sh
. "$HERE/../harness/swtpm.sh"
cd "$D" || exit 1

want() { # CODE WORD TEXT COMMAND...: exit code, and a word on stdout or stderr
	local code=$1 word=$2 text=$3 got

	shift 3
	"$@" >"$D/out" 2>"$D/err"
	got=$?
	[ "$got" -eq "$code" ] || echo "# exit code $got, not $code" >>"$D/err"
	[ "$got" -eq "$code" ] && { [ -z "$word" ] || cat "$D/out" "$D/err" | grep -q -- "$word"; }
	result $? "$text"
}

same() { # TEXT FILE...: they hold the plaintext
	local text=$1 f

	shift
	for f; do
		cmp -s plain "$f" || { result 1 "$text"; return; }
	done
	result 0 "$text"
}

head -c 200000 /dev/urandom >plain
(umask 077; head -c 32 /dev/urandom >key; head -c 32 /dev/urandom >other)

# ---- keys and people --------------------------------------------------------------
openssl genpkey -algorithm X25519 -out id.pem 2>/dev/null
chmod 600 id.pem
openssl pkey -in id.pem -pubout -out id.pub
want 0 "can't be told from" 'sealed for a key and a person; rollback is not noticed, and said' \
	"$W" seal --key key --to id.pub plain s
want 0 '' 'opened by the key' "$W" unseal --key key s a
want 0 '' 'and by the person' "$W" unseal --identity id.pem s b
same 'both got it whole' a b
[ "$(stat -c %a a) $(stat -c %a s)" = '600 600' ]
result $? 'modes are 0600'
want 2 'it takes the data key; or the private key' 'another key: what it takes is said' \
	"$W" unseal --key other s c
[ ! -e c ]
result $? 'and nothing is written'
want 0 '' 'sealed from a pipe' sh -c "cat plain | '$W' seal --key key --name 'a name' - p"
want 0 '' 'opened' "$W" unseal --key key p c
same 'it is whole' c
want 0 '"needs"' 'info shows what each recipient needs' "$W" -o json dataset info s
want 1 'name who may open it' 'nobody named' "$W" seal plain x
want 1 'is the input or a key' 'an output in place of its key' "$W" seal --key key plain key
"$W" -q dataset encrypt --key key plain wds
want 1 'dataset decrypt' 'what was not sealed is not unsealed' "$W" unseal --key key wds x
other_byte p 60000
want 7 'chunk 0' 'a changed byte' "$W" unseal --key key p x
[ ! -e x ]
result $? 'and nothing is written'
want 6 'no TPM is there' 'no TPM' "$W" seal --tpm --tcti unix:none plain x
want 6 'no SEV-SNP guest' 'no SNP guest' "$W" seal --snp --device none plain x
want 1 'between 0 and 23\|0 to 23' 'a PCR that is none' "$W" seal --tpm --pcr 24 plain x
want 1 'takes words of' 'a word that binds nothing' "$W" seal --snp --bind shoe plain x
want 1 'go together' 'a broker without roots' "$W" seal --broker https://x/a/b/c plain x
want 1 'must be https' 'a broker that is none' "$W" seal --broker http://x --ca id.pub plain x

# ---- whose counter counts ------------------------------------------------------------
${CC:-cc} -D_GNU_SOURCE -I"$HERE/../../userspace/lib" -I"$HERE/../../include/uapi" -o sealed "$HERE/sealed.c" -L"$BIN/../lib" \
	-lward -Wl,-rpath,"$BIN/../lib" &&
	./sealed key '{"counter":{"broker":"https://127.0.0.1:9/a/b/c","version":1}}' counted
result $? 'a file whose versions a broker counts'
want 1 'counted at https://127.0.0.1:9/a/b/c' "another key's counter is not asked for them" \
	"$W" unseal --key key --broker https://127.0.0.1:9/x/y/z --ca id.pub counted x
want 6 '/dev/ward' 'its own is' \
	"$W" unseal --key key --broker https://127.0.0.1:9/a/b/c --ca id.pub counted x

# ---- large files pass through -------------------------------------------------------
# most MEBIBYTES: the most memory in KiB that sealing and opening of such a file takes
most() {
	truncate -s "$1M" large && python3 - "$W" <<-'PYTHON'
		import resource, subprocess, sys
		for args in ["seal", "--key", "key", "large", "l"], ["unseal", "--key", "key", "l", "large.back"]:
		    subprocess.run([sys.argv[1], "-q", *args], check=True)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	PYTHON
}
small=$(most 4) && large=$(most 256) && cmp -s large large.back && [ "$large" -le $((small + 2048)) ]
result $? "256 MiB take no more memory than 4 MiB (${large:-?} KiB, ${small:-?} KiB)"
rm -f large large.back l

# openssl enc, which guides recommend for this, cannot do it at all.
! openssl enc -aes-256-gcm -pbkdf2 -pass file:key -in plain -out enc >out 2>err && grep -qi 'AEAD ciphers not supported' out err
result $? 'openssl enc -aes-256-gcm refuses: AEAD ciphers not supported'

# ---- TPM ------------------------------------------------------------------------------
if command -v swtpm >/dev/null; then
	mkdir tpm
	swtpm_start tpm sock
	tpm=$!
	at=(--tcti "unix:$D/sock")
	want 0 '' 'sealed to a TPM' "$W" seal --tpm "${at[@]}" plain t
	want 0 'PCRs 0,2,4,7 (SHA-256)' 'info says which PCRs' "$W" dataset info t
	want 0 '' 'and opened' "$W" unseal "${at[@]}" t a
	same 'whole' a
	want 0 '' 'sealed to the TPM alone, whatever was booted' \
		"$W" seal --tpm --pcr none "${at[@]}" plain none
	want 0 '' 'SHA-384 PCRs' "$W" seal --tpm --bank sha384 --pcr 0,23 "${at[@]}" plain t384
	want 0 '' 'with an auth value, or for a key' \
		"$W" seal --tpm --auth other --key key "${at[@]}" plain auth
	want 5 'asks for one' 'an auth value is missing' "$W" unseal "${at[@]}" auth x
	want 5 'not the one' 'an auth value is wrong' "$W" unseal --auth key "${at[@]}" auth x
	want 0 '' 'an auth value is right' "$W" unseal --auth other "${at[@]}" auth b
	want 0 '' 'the key opens it without' "$W" unseal --key key "${at[@]}" auth c
	same 'whole' b c
	want 0 '' 'another PCR changes' python3 "$HERE/tpm.py" sock extend 9
	want 0 '' 'which is not asked for' "$W" unseal "${at[@]}" t a
	want 0 '' 'PCR 4 changes' python3 "$HERE/tpm.py" sock extend 4
	want 0 '' 'PCR 7 changes' python3 "$HERE/tpm.py" sock extend 7
	want 5 'PCR 4,7;' 'and the TPM refuses: 4 and 7 are named' "$W" unseal "${at[@]}" t x
	want 0 '' 'what has no PCRs opens' "$W" unseal "${at[@]}" none a

	n=0x01800077
	want 0 'noticed, by the TPM' 'sealed with a counter' \
		"$W" seal --tpm --pcr none --key key --counter $n "${at[@]}" plain v
	cp v v1
	want 0 '' 'opened' "$W" unseal "${at[@]}" v a
	want 0 '' 'opened again' "$W" unseal "${at[@]}" v a
	echo newer >newer
	want 0 '' 'sealed anew' "$W" seal --tpm --pcr none --counter $n "${at[@]}" newer v
	want 0 '' 'the newer opens' "$W" unseal "${at[@]}" v b
	want 5 'it is an old file' 'the older does not' "$W" unseal "${at[@]}" v1 x
	cmp -s newer b && [ ! -e x ]
	result $? 'and is not written'
	"$W" -q seal --key key --counter $n "${at[@]}" plain k
	want 5 'it is an old file' 'nor in the hands of somebody with a key' "$W" unseal "${at[@]}" v x
	want 0 '' 'whose own opens' "$W" unseal --key key "${at[@]}" k a

	# two at a time: the first has read the counter when the second seals
	mkfifo fifo
	"$W" -q seal --key key --counter $n "${at[@]}" - early <fifo 2>early.err &
	early=$!
	exec 9>fifo
	cat plain >&9	# more than a pipe holds
	want 0 'noticed' 'somebody seals while another is at it' \
		"$W" seal --key key --counter $n "${at[@]}" newer late
	exec 9>&-
	wait $early
	[ $? -eq 5 ] && grep -q 'sealed meanwhile' early.err
	result $? 'the other is told that its file is an old one'
	want 0 '' 'and has not made the newer one old' "$W" unseal --key key "${at[@]}" late a

	# a TPM of whoever stands between, with a counter that is as far as it was
	mkdir tpm2
	swtpm_start tpm2 sock2
	second=$!
	"$W" -q seal --key key --counter $n --tcti "unix:$D/sock2" plain theirs
	want 5 'another TPM' 'the counter of another TPM does not answer for this one' \
		"$W" unseal --key key --tcti "unix:$D/sock2" v1 x
	[ ! -e x ]
	result $? 'and nothing is written'
	kill $second && second=''

	want 0 '' 'the TPM is cleared' python3 "$HERE/tpm.py" sock clear
	want 5 'another TPM' 'then nothing opens, and it says why' "$W" unseal "${at[@]}" none x
	want 5 'another TPM' 'nor with another counter' "$W" unseal --key key "${at[@]}" k x
else
	skip 'sealing to a TPM' 'swtpm is not installed'
fi

# ---- a kill at every system call, of every thread ---------------------------------------
${CC:-cc} -D_GNU_SOURCE -o killer "$HERE/killer.c" || exit 1

killed() { # WHAT CHECK COMMAND...
	local what=$1 check=$2 rc

	shift 2
	./killer was "$check" "$@" >out 2>err
	rc=$?
	sed "s/^/# $what: /" out
	result $rc "$what, killed at every system call: old or new, never else"
}

echo 'the old one' >old
"$W" -q seal --key key old was
killed 'seal' "'$W' -q unseal --key key c/f back && cmp -s back plain" \
	"$W" -q seal --key key plain c/f
bad=0
for f in kept/*; do
	[ ! -s "$f" ] || "$W" -q unseal --key key "$f" back 2>/dev/null || bad=1
done
[ $bad -eq 0 ] && [ -n "$(ls kept)" ]
result $? "what was left beside it ($(find kept -type f | wc -l)) is empty, or whole and sealed: no plaintext, no part"
"$W" -q seal --key key plain s
killed 'unseal' 'cmp -s c/f plain' "$W" -q unseal --key key s c/f

finish
