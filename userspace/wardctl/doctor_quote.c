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

#include "../common/quote_nodes.h"
#include "doctor.h"

static unsigned int look(struct doctor *d, const char *path)
{
	char mend[256];
	struct stat st;

	if (stat(path, &st))
		return 0;
	if (quote_node_open(&st, 0)) {
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

	for (i = 0; quote_nodes[i]; i++) {
		glob_t paths;

		if (glob(quote_nodes[i], GLOB_NOSORT, NULL, &paths))
			continue;
		for (j = 0; j < paths.gl_pathc; j++)
			found += look(d, paths.gl_pathv[j]);
		globfree(&paths);
	}
	if (!found)
		doctor_say(d, "quote-interface", DOCTOR_OK, NULL, "none on this machine");
}
