// SPDX-License-Identifier: MIT
/*
 * Checks: who but ward reaches the interfaces that give quotes. Whoever does can
 * get a report over data of his own choice, so that evidence says less about
 * ward's claims.
 */
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor.h"

static const char *const interfaces[] = {
	"/dev/sev-guest",
	"/dev/tdx_guest",
	"/dev/nsm",
	"/dev/tpm[0-9]*",
	"/dev/tpmrm[0-9]*",
	"/sys/kernel/config/tsm/report",
};

static unsigned int look(struct doctor *d, const char *path)
{
	char mend[256];
	struct stat st;

	if (stat(path, &st))
		return 0;
	/* A directory of configfs is open to look at; writing needs its owner. */
	if (st.st_mode & (S_ISDIR(st.st_mode) ? 0022 : 0066) || st.st_uid) {
		snprintf(mend, sizeof(mend), "chown root:root %s; chmod go-rwx %s; a udev rule keeps"
			 " it so", path, path);
		doctor_say(d, "quote-interface", DOCTOR_WARN, mend,
			   "%s: mode %04o, uid %u, gid %u: others than root may get quotes", path,
			   (unsigned int)st.st_mode & 07777, (unsigned int)st.st_uid,
			   (unsigned int)st.st_gid);
	} else {
		doctor_say(d, "quote-interface", DOCTOR_OK, NULL, "%s: root only", path);
	}
	return 1;
}

void doctor_quote_interfaces(struct doctor *d)
{
	unsigned int found = 0;
	size_t i, j;

	for (i = 0; i < sizeof(interfaces) / sizeof(interfaces[0]); i++) {
		glob_t paths;

		if (glob(interfaces[i], GLOB_NOSORT, NULL, &paths))
			continue;
		for (j = 0; j < paths.gl_pathc; j++)
			found += look(d, paths.gl_pathv[j]);
		globfree(&paths);
	}
	if (!found)
		doctor_say(d, "quote-interface", DOCTOR_OK, NULL, "none on this machine");
}
