#!/bin/bash
# SPDX-License-Identifier: MIT
# What protected memory costs in the 6.12 guest, counted in instructions:
# prints the table of mem_cost.c. WARD_BENCH_SERIES names another kernel.
set -euo pipefail
cd "$(dirname "$0")/../.."
SERIES=${WARD_BENCH_SERIES:-6.12}
DIR=build/bench/mem_cost-$SERIES
VM=tests/vm

mkdir -p "$DIR"
KO=$("$VM/module" "$SERIES" | tail -n 1)
"${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -static -Iinclude/uapi \
	-o "$DIR/mem_cost" tests/bench/mem_cost.c
cat >"$DIR/script" <<'SCRIPT'
#!/bin/sh
# SPDX-License-Identifier: MIT
echo "kernel $(uname -r)"
mem_cost
SCRIPT
"$VM/guest" "$SERIES" --out "$DIR/initrd" --script "$DIR/script" \
	--load "$KO" --program "$DIR/mem_cost"
"$VM/run" "$SERIES" "$DIR/initrd" --dir "$DIR/run" --icount --print --timeout 900 |
	grep -v '^WARD-LAST-WORD'
