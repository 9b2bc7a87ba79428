#!/bin/bash
# SPDX-License-Identifier: MIT
# The netlink family is written down three times: in the header, which rules, in
# doc/netlink/ward.yaml, and in the table of attributes that libward checks
# answers against. All three must have the same names in the same order. TAP on
# stdout.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/harness/results.sh

HEADER=include/uapi/linux/ward_netlink.h
YAML=doc/netlink/ward.yaml

header() { # PREFIX: names of an enum in order, as the specification spells them
	sed -n "s/^\t$1\([A-Z0-9_]*\),.*/\1/p" $HEADER | grep -v '^UNSPEC$' |
		tr 'A-Z_' 'a-z-'
}

attributes() {
	sed -n '/^attribute-sets:/,/^operations:/s/^      - {name: \([a-z0-9-]*\),.*/\1/p' $YAML
}

operations() {
	sed -n '/^operations:/,/^mcast-groups:/s/^      name: \([a-z-]*\)$/\1/p' $YAML
}

clean 'the specification has the attributes of the header, in order' < <(
	[ "$(attributes | wc -l)" -gt 30 ] || echo 'found hardly any'
	diff <(header WARD_A_) <(attributes) | grep '^[<>]'
)
clean 'the specification has the commands of the header, in order' < <(
	[ "$(operations | wc -l)" -ge 4 ] || echo 'found hardly any'
	diff <(header WARD_GENL_CMD_) <(operations) | grep '^[<>]'
)
clean 'every attribute that a command names is one of them' < <(
	sed -n '/^operations:/,$p' $YAML | tr '\n' ' ' | grep -oE 'attributes: \[[^]]*\]' |
		sed 's/attributes: \[//; s/\]//' | tr ', ' '\n\n' | grep . | sort -u |
		grep -vxF -f <(attributes)
)
clean 'libward checks every attribute of the header' < <(
	diff <(header WARD_A_ | grep -v '^pad$' | sort) \
		<(sed -n 's/^\t\[WARD_A_\([A-Z0-9_]*\)\].*/\1/p' userspace/lib/control_attr.c |
			tr 'A-Z_' 'a-z-' | sort) | grep '^[<>]'
)
clean 'the group is named' < <(
	group=$(sed -n 's/^#define WARD_GENL_GROUP_PRESSURE\t*"\(.*\)"/\1/p' $HEADER)
	grep -qx "      name: $group" <(sed -n '/^mcast-groups:/,$p' $YAML) || echo "$group"
)
if python3 -c 'import yaml' 2>/dev/null; then
	clean 'it is YAML' < <(python3 -c 'import yaml; yaml.safe_load(open("doc/netlink/ward.yaml"))' 2>&1)
else
	skip 'it is YAML' 'python3-yaml is not installed'
fi

finish
