# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# In a DKMS chroot: ward-dkms is installed, then the headers of one kernel after another,
# each of which DKMS has to find by its hook. Arguments: SERIES/FLAVOUR...
. ./lib.sh
dpkg -i debs/ward-dkms_*.deb >$D/out 2>&1
result $? "ward-dkms is installed before there is a kernel"
for pair; do
	series=${pair%/*} flavour=${pair#*/}
	if ! release=$(release_of "$series" "$flavour"); then
		skip "$pair" "this suite has no such headers"
		continue
	fi
	bring_modules "$series" "$flavour"
	timed "$release" install_headers "$series" "$flavour"
	result $? "$pair: its headers are installed"
	built "$release" "$pair"
done
dpkg -P ward-dkms >$D/out 2>&1
result $? "ward-dkms is purged"
find /lib/modules /var/lib/dkms -name 'ward*' >$D/out
clean "nothing of it is left" <$D/out
finish
