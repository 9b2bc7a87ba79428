// SPDX-License-Identifier: MIT
/* Checks: the way from the module to evidence, step by step. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "device.h"
#include "doctor.h"

#define TSM_SINCE_MAJOR 6
#define TSM_SINCE_MINOR 7

static bool kernel_has_tsm(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return true;
	return major > TSM_SINCE_MAJOR || (major == TSM_SINCE_MAJOR && minor >= TSM_SINCE_MINOR);
}

static void say_no_tsm(struct doctor *d)
{
	struct utsname name;

	uname(&name);
	if (!kernel_has_tsm())
		doctor_say(d, "tsm", DOCTOR_FAIL,
			   "boot a kernel from 6.7 on (Debian 12: linux-image-amd64 from backports)",
			   "kernel %s has no TSM report interface, which came with 6.7: requests for"
			   " evidence answer ENODEV; protected memory works", name.release);
	else
		doctor_say(d, "tsm", DOCTOR_FAIL,
			   "modprobe sev-guest (SNP) or tdx-guest (TDX); elsewhere this is no TEE guest",
			   "no TSM provider is registered: requests for evidence answer ENODEV");
}

static void check_tsm(struct doctor *d)
{
	int err = ward_provider_probe(NULL);

	if (err == -ENODEV)
		say_no_tsm(d);
	else if (err)
		doctor_say(d, "tsm", DOCTOR_SKIP, NULL,
			   "the TSM core is loaded; only root is told whether a provider is");
	else
		doctor_say(d, "tsm", DOCTOR_OK, NULL, "a provider is registered");
}

static void say_link(struct doctor *d, int state)
{
	if (state == WARD_LINK_MADE)
		doctor_say(d, "provider-link", DOCTOR_OK, NULL, "made");
	else if (state == WARD_LINK_UNMADE)
		doctor_say(d, "provider-link", DOCTOR_FAIL, "as root: wardctl provider set tsm",
			   "not made: requests for evidence answer ENODEV");
	else
		doctor_say(d, "provider-link", DOCTOR_SKIP, NULL, "an earlier step is missing");
}

static void say_name(struct doctor *d, const struct ward_provider *provider,
		     const struct ward_status *status)
{
	if (!provider->attached)
		doctor_say(d, "provider-name", DOCTOR_SKIP, NULL, "none is attached");
	else if (status->tee == WARD_TEE_SIMULATED)
		doctor_say(d, "provider-name", DOCTOR_WARN,
			   "for real evidence, a real TEE; nothing accepts this one unless it is named",
			   "%s is a simulator: its evidence proves nothing about hardware",
			   provider->name);
	else
		doctor_say(d, "provider-name", DOCTOR_OK, NULL, "%s, TEE %s", provider->name,
			   device_tee(status->tee));
}

static void check_name(struct doctor *d)
{
	struct ward_provider provider = { .size = sizeof(provider) };
	struct ward_status status = { .size = sizeof(status) };
	struct ward_control *control;
	int err = ward_control_open(&control);

	if (!err) {
		err = ward_control_provider(control, &provider);
		if (!err)
			err = ward_control_status(control, &status);
		ward_control_close(control);
	}
	if (err == -EPERM)
		doctor_say(d, "provider-name", DOCTOR_SKIP, NULL, "only root is told");
	else if (err)
		doctor_say(d, "provider-name", DOCTOR_SKIP, NULL, "no control plane to ask");
	else
		say_name(d, &provider, &status);
}

void doctor_provider(struct doctor *d)
{
	int state = ward_provider_state(NULL);

	if (state < 0) {
		doctor_say(d, "configfs", DOCTOR_SKIP, NULL, "this user cannot read it");
		return;
	}
	if (state == WARD_LINK_NO_CONFIGFS)
		doctor_say(d, "configfs", DOCTOR_FAIL,
			   "modprobe configfs; mount -t configfs none /sys/kernel/config",
			   "not mounted on /sys/kernel/config");
	else
		doctor_say(d, "configfs", DOCTOR_OK, NULL, "mounted");
	check_tsm(d);
	say_link(d, state);
	check_name(d);
}
