# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A software TPM for a test; sourced.

# swtpm_start DIR SOCKET: one with its state in DIR; its process is $!. Comes back when the socket is
# there, or after a minute. Whoever starts it ends it.
swtpm_start() {
	swtpm socket --tpm2 --tpmstate dir="$1" --server type=unixio,path="$2" \
		--flags not-need-init,startup-clear --log level=0 >/dev/null 2>&1 &
	swtpm_tries=0
	until [ -S "$2" ] || [ $swtpm_tries -ge 3000 ]; do
		swtpm_tries=$((swtpm_tries + 1))
		sleep 0.02
	done
}
