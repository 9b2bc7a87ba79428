// SPDX-License-Identifier: MIT
/* Checks: the way from the module to evidence, step by step. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
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

static void say_old_kernel(struct doctor *d)
{
	struct utsname name;

	uname(&name);
	doctor_say(d, "tsm", DOCTOR_FAIL,
		   "boot a kernel from 6.7 on (Debian 12: linux-image-amd64 from backports), or run"
		   " wardd --backend sev-guest, which asks the device itself",
		   "kernel %s has no TSM report interface, which came with 6.7: requests for"
		   " evidence answer ENODEV; protected memory works", name.release);
}

/* The outermost layer that stands in the way. */
static void say_no_tsm(struct doctor *d)
{
	static const char none[] = "no TSM provider is registered";
	static const char result[] = "requests for evidence answer ENODEV";
	enum machine_tee tee = d->machine.tee;

	if (d->machine.cloud == CLOUD_NITRO)
		doctor_say(d, "tsm", DOCTOR_FAIL, "run wardd --backend nitro",
			   "%s: an enclave's evidence comes from /dev/nsm; %s", none, result);
	else if (d->machine.paravisor)
		doctor_say(d, "tsm", DOCTOR_FAIL, "run wardd --backend azure",
			   "%s, nor can one be: the paravisor has the processor's reports; %s", none,
			   result);
	else if (tee == MACHINE_SEV || tee == MACHINE_SEV_ES)
		doctor_say(d, "tsm", DOCTOR_FAIL, "see tee above",
			   "%s: no report possible without SNP; %s", none, result);
	else if (!kernel_has_tsm())
		say_old_kernel(d);
	else if (tee == MACHINE_SNP || tee == MACHINE_TDX)
		doctor_say(d, "tsm", DOCTOR_FAIL,
			   tee == MACHINE_SNP ? "modprobe sev-guest" : "modprobe tdx-guest",
			   "%s: the kernel's driver for %s is not loaded; %s", none,
			   machine_tee_text(tee), result);
	else
		doctor_say(d, "tsm", DOCTOR_FAIL,
			   "modprobe sev-guest (SNP) or tdx-guest (TDX); elsewhere this is no TEE guest;"
			   " wardd --probe tells what else gives evidence",
			   "%s: %s", none, result);
}

static void check_tsm(struct doctor *d)
{
	int err = ward_provider_probe(NULL);

	if (err == -ENODEV && d->provider.agent)
		doctor_say(d, "tsm", DOCTOR_OK, NULL, "none; the agent %s answers in its place",
			   d->provider.it.name);
	else if (err == -ENODEV && d->provider.err == -EPERM)
		doctor_say(d, "tsm", DOCTOR_SKIP, NULL,
			   "no TSM provider is registered; only root is told whether an agent answers"
			   " in its place");
	else if (err == -ENODEV)
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
	else if (d->provider.agent)
		doctor_say(d, "provider-link", DOCTOR_OK, NULL, "not made; an agent answers");
	else if (state == WARD_LINK_UNMADE && d->provider.err == -EPERM)
		doctor_say(d, "provider-link", DOCTOR_SKIP, "as root: wardctl provider set tsm",
			   "not made; only root is told whether an agent answers in its place");
	else if (state == WARD_LINK_UNMADE)
		doctor_say(d, "provider-link", DOCTOR_FAIL, "as root: wardctl provider set tsm",
			   "not made: requests for evidence answer ENODEV");
	else
		doctor_say(d, "provider-link", DOCTOR_SKIP, NULL, "an earlier step is missing");
}

static void say_name(struct doctor *d)
{
	const struct doctor_provider *p = &d->provider;

	if (!p->it.attached)
		doctor_say(d, "provider-name", DOCTOR_SKIP, NULL, "none is attached");
	else if (p->status.tee == WARD_TEE_SIMULATED)
		doctor_say(d, "provider-name", DOCTOR_WARN,
			   "for real evidence, a real TEE; nothing accepts this one unless it is named",
			   "%s is a simulator: its evidence proves nothing about hardware",
			   p->it.name);
	else
		doctor_say(d, "provider-name", DOCTOR_OK, NULL, "%s, TEE %s", p->it.name,
			   device_tee(p->status.tee));
}

static void say_breaker(struct doctor *d)
{
	const struct ward_provider *it = &d->provider.it;

	if (it->attached && it->breaker != WARD_BREAKER_IS_CLOSED)
		doctor_say(d, "provider-breaker", DOCTOR_FAIL,
			   "see vmpck and the kernel's log, wardctl events --global; it is asked"
			   " again by itself",
			   "open: %s failed, and is left alone for %llu ms more: requests answer"
			   " EHOSTDOWN", it->name, (unsigned long long)it->probe_ns / 1000000);
	else if (it->attached && it->errors)
		doctor_say(d, "provider-breaker", it->errors < it->calls ? DOCTOR_OK : DOCTOR_WARN,
			   it->errors < it->calls ? NULL :
			   "see vmpck and the kernel's log, wardctl events --global",
			   "closed; %llu of %llu calls failed", (unsigned long long)it->errors,
			   (unsigned long long)it->calls);
	else
		doctor_say(d, "provider-breaker", DOCTOR_OK, NULL, "closed");
}

static void check_provider(struct doctor *d)
{
	const char *why = d->provider.err == -EPERM ? "only root is told" :
			  "no control plane to ask";

	if (d->provider.err) {
		doctor_say(d, "provider-name", DOCTOR_SKIP, NULL, "%s", why);
		doctor_say(d, "provider-breaker", DOCTOR_SKIP, NULL, "%s", why);
	} else {
		say_name(d);
		say_breaker(d);
	}
}

static int take_kind(const struct ward_provider_entry *entry, void *arg)
{
	struct doctor_provider *p = arg;

	if (entry->primary)
		p->agent = entry->kind == WARD_PROVIDER_AGENT;
	return 0;
}

/* A module that knows of one provider alone has the kernel's TSM. */
static int ask(struct ward_control *control, struct doctor_provider *p)
{
	int err = ward_control_provider(control, &p->it) ?:
		  ward_control_status(control, &p->status);

	if (!err && p->it.attached)
		err = ward_control_providers(control, take_kind, p);
	return err == -EOPNOTSUPP ? 0 : err;
}

void doctor_ask_provider(struct doctor *d)
{
	struct doctor_provider *p = &d->provider;
	struct ward_control *control;

	p->it.size = sizeof(p->it);
	p->status.size = sizeof(p->status);
	p->err = ward_control_open(&control);
	if (p->err)
		return;
	p->err = ask(control, p);
	ward_control_close(control);
	if (p->err)
		memset(&p->it, 0, sizeof(p->it));
}

static bool configfs_known(const struct machine_source *from)
{
	char path[512], line[64];
	bool known = false;
	FILE *f;

	if (!machine_path(from, "/proc/filesystems", path, sizeof(path)))
		return true;
	f = fopen(path, "re");
	while (f && !known && fgets(line, sizeof(line), f))
		known = strstr(line, "\tconfigfs\n");
	if (f)
		fclose(f);
	return known;
}

static void check_configfs(struct doctor *d, int state)
{
	if (state != WARD_LINK_NO_CONFIGFS)
		doctor_say(d, "configfs", DOCTOR_OK, NULL, "mounted");
	else if (configfs_known(d->from))
		doctor_say(d, "configfs", DOCTOR_FAIL,
			   "mount -t configfs none /sys/kernel/config",
			   "not mounted on /sys/kernel/config");
	else
		doctor_say(d, "configfs", DOCTOR_FAIL,
			   "modprobe configfs; mount -t configfs none /sys/kernel/config",
			   "not mounted, and /proc/filesystems has none: its module is not loaded");
}

void doctor_provider(struct doctor *d)
{
	int state = ward_provider_state(NULL);

	if (state < 0) {
		doctor_say(d, "configfs", DOCTOR_SKIP, NULL, "this user cannot read it");
		return;
	}
	check_configfs(d, state);
	check_tsm(d);
	say_link(d, state);
	check_provider(d);
}
