// SPDX-License-Identifier: MIT
/* Check: whom the kernel's policy gives evidence, and whether this machine may have any. */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "doctor.h"

static bool is_set(const struct ward_attest_policy *policy)
{
	static const uint8_t none[sizeof(policy->hash)];

	return memcmp(policy->hash, none, sizeof(none)) != 0;
}

static bool somebody_may(const struct ward_attest_policy *policy)
{
	uint32_t purposes = policy->purposes;
	size_t i;

	for (i = 0; i < policy->rules; i++)
		purposes |= policy->rule[i].purposes;
	return purposes != 0;
}

static void say(struct doctor *d, const struct ward_attest_policy *policy, uint64_t lacking)
{
	char names[256];

	device_names(lacking, device_postures.word, device_postures.n, names, sizeof(names));
	if (!is_set(policy))
		doctor_say(d, "kernel-policy", DOCTOR_OK, NULL,
			   "none was set: whoever may open " WARD_DEVICE
			   " may ask for evidence of every purpose");
	else if (lacking)
		doctor_say(d, "kernel-policy", DOCTOR_FAIL,
			   "make it so, or: wardctl policy set without it in --posture",
			   "it asks for what this machine does not have (%s): requests for"
			   " evidence answer EACCES", names);
	else if (!somebody_may(policy))
		doctor_say(d, "kernel-policy", DOCTOR_FAIL,
			   "wardctl policy set --others none --user NAME=PURPOSES",
			   "it lets nobody ask for evidence of any purpose");
	else
		doctor_say(d, "kernel-policy", DOCTOR_OK, NULL,
			   "%zu rules; %s may ask for evidence, too (wardctl policy show)",
			   policy->rules, policy->purposes ? "whom no rule names" : "nobody else");
}

static int look(struct doctor *d, struct ward_control *control)
{
	struct ward_status status = { .size = sizeof(status) };
	struct ward_attest_policy *policy;
	int err = ward_control_status(control, &status);

	if (!err)
		err = ward_control_policy(control, &policy);
	if (err)
		return err;
	say(d, policy, policy->posture & ~(status.posture & status.posture_known));
	ward_attest_policy_free(policy);
	return 0;
}

void doctor_policy(struct doctor *d)
{
	struct ward_control *control;
	int err = ward_control_open(&control);

	if (!err) {
		err = look(d, control);
		ward_control_close(control);
	}
	if (err == -EPERM)
		doctor_say(d, "kernel-policy", DOCTOR_SKIP, NULL,
			   "only root is told; whom it refuses gets EACCES from 'wardctl report'");
	else if (err == -EOPNOTSUPP)
		doctor_say(d, "kernel-policy", DOCTOR_SKIP, NULL,
			   "the module that is loaded has none: whoever may open " WARD_DEVICE
			   " may ask");
	else if (err)
		doctor_say(d, "kernel-policy", DOCTOR_SKIP, NULL, "no control plane to ask");
}
