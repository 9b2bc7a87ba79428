// SPDX-License-Identifier: MIT
/* Check: is there a TPM, where evidence comes by way of one. */
#include <string.h>

#include "doctor.h"

static void say_none(struct doctor *d)
{
	const struct machine *m = &d->machine;

	if (m->paravisor || m->cloud == CLOUD_AZURE)
		doctor_say(d, "tpm", DOCTOR_FAIL,
			   "modprobe tpm_crb tpm_tis; if there is none then, create the machine anew"
			   " with --enable-vtpm true",
			   "none: evidence of an Azure machine comes through its vTPM alone");
	else if (m->cloud == CLOUD_GOOGLE)
		doctor_say(d, "tpm", DOCTOR_WARN,
			   "modprobe tpm_crb tpm_tis; if there is none then, stop the machine and"
			   " update it with --shielded-vtpm",
			   "none: what was booted after the firmware stays unmeasured");
	else
		doctor_say(d, "tpm", DOCTOR_OK, NULL, "none; launch evidence does without");
}

void doctor_tpm(struct doctor *d)
{
	char version[16];

	if (!machine_there(d->from, "/sys/class/tpm/tpm0")) {
		say_none(d);
		return;
	}
	machine_line(d->from, "/sys/class/tpm/tpm0/tpm_version_major", version, sizeof(version));
	if (!strcmp(version, "1"))
		doctor_say(d, "tpm", DOCTOR_WARN, "give the machine a TPM 2.0",
			   "tpm0 is a TPM 1.2: nothing of ward's can use it");
	else
		doctor_say(d, "tpm", DOCTOR_OK, NULL, "tpm0");
}
