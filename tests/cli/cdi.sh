#!/bin/bash
# SPDX-License-Identifier: MIT
# The CDI file by which container engines pass /dev/ward in: by the rules of the
# specification (tests/cli/cdi.py), and asking for no more than the device. What a
# container with it can do is seen in tests/e2e/container.sh. TAP on stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
CDI=userspace/cdi/ward.json
D=$(mktemp -d) || exit 1
trap 'rm -rf "$D"' EXIT
. tests/harness/results.sh

python3 tests/cli/cdi.py $CDI >"$D/out" 2>"$D/err"
result $? "the CDI file keeps the rules of the interface"

python3 - $CDI >"$D/out" 2>"$D/err" <<-'PYTHON'
	import json, sys
	spec = json.load(open(sys.argv[1], encoding="utf-8"))
	(device,) = spec["devices"]
	edits = device["containerEdits"]
	assert "containerEdits" not in spec
	assert list(edits) == ["deviceNodes"], "no mount, hook, variable or group"
	(node,) = edits["deviceNodes"]
	assert node["path"] == "/dev/ward" and node["type"] == "c"
	assert node["permissions"] == "rw", "a container has no use for mknod"
	assert node["fileMode"] == 0o666, "the container's user is not known here"
	assert "major" not in node, "its number is given at load time: engines look it up"
PYTHON
result $? "it passes in one node, to read and write, and nothing else"

# refused TEXT SED: the judge of the first result must notice
refused() {
	sed "$2" $CDI >"$D/other.json"
	! cmp -s $CDI "$D/other.json" && ! python3 tests/cli/cdi.py "$D/other.json" >"$D/out" 2>"$D/err" &&
		[ -s "$D/out" ]
	result $? "refused: $1"
}

refused "a member that nobody knows" 's/"permissions"/"permission"/'
refused "a version that was never released" 's/0\.3\.0/0.2.9/'
refused "a member of a later version" 's/"type": "c"/"hostPath": "\/dev\/ward"/'
refused "a kind without a class" 's,ward/session,ward,'
refused "a name with a blank" 's/"all"/"all of it"/'
refused "a path that is not absolute" 's,"/dev/ward",".ward",'
refused "a permission that there is not" 's/"rw"/"rwx"/'
refused "no device" 's/"devices": \[/"devices": [], "x": [/'
finish
