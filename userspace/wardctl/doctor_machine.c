// SPDX-License-Identifier: MIT
/* Check: whose machine this is. What a cloud lacks for evidence is mended in its own words. */
#include "doctor.h"

void doctor_machine(struct doctor *d)
{
	const struct machine *m = &d->machine;
	const char *cloud = machine_cloud_text(m->cloud);

	if (m->cloud == CLOUD_NITRO)
		doctor_say(d, "machine", DOCTOR_OK, NULL,
			   "%s: /dev/nsm and no firmware tables", cloud);
	else if (cloud)
		doctor_say(d, "machine", DOCTOR_OK, NULL, "%s: %s, %s (DMI)", cloud, m->vendor,
			   m->product);
	else if (m->vendor[0])
		doctor_say(d, "machine", DOCTOR_OK, NULL,
			   "none of the clouds that are known here: %s, %s (DMI)", m->vendor,
			   m->product);
	else
		doctor_say(d, "machine", DOCTOR_OK, NULL, "it has no firmware tables (DMI)");
}
