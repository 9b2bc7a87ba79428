#!/bin/bash
# SPDX-License-Identifier: MIT
# The Python package on a machine without the module: verdicts, errors, types, the buffer
# protocol over a stand-in for /dev/ward (tests/cli/fakeward.c). What needs a kernel:
# tests/e2e/python.sh. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
BIN=${BIN:-$PWD/build/bin}
PYTHON=${PYTHON:-/usr/bin/python3}
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT

if [ ! -e build/python/ward/_ward.abi3.so ]; then
	echo "1..0 # SKIP no headers of $PYTHON: the package was not built"
	exit 0
fi
if ! "$PYTHON" -c 'import numpy, pytest' 2>/dev/null; then
	echo "1..0 # SKIP $PYTHON has no numpy or no pytest"
	exit 0
fi
mkdir "$D/evidence"
make -s build/tests/mkevidence build/tests/fakeward.so >&2 && build/tests/mkevidence "$D/evidence" >&2 || exit 1

# Two cores' worth of threads in each of several processes would only wait for each other.
env FAKEWARD_MEMORY=1 LD_PRELOAD="$PWD/build/tests/fakeward.so" PYTHONPATH="$PWD/build/python" \
	PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 WARD_TAP="$D/tap" \
	WARD_PY_EVIDENCE="$D/evidence" WARD_PY_WARDCTL="$BIN/wardctl" \
	timeout 500 "$PYTHON" -m pytest -q -p no:cacheprovider tests/python >"$D/out" 2>&1
status=$?
echo "TAP version 13"
cat "$D/tap"
# 1 = some failed, which they say themselves; anything else is pytest's own trouble.
if [ $status -gt 1 ] || ! grep -q '^1\.\.[1-9]' "$D/tap"; then
	echo "not ok - pytest ended with $status"
	tail -n 30 "$D/out" | sed 's/^/# /'
fi
exit $status
