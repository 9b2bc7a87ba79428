// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

/**
 * struct trouble - how an errno is told
 * @err: positive
 * @code: exit code
 * @reason: the word for programs
 * @mend: what to do; NULL = the words of ward_strerror() say it
 */
struct trouble {
	int err;
	int code;
	const char *reason;
	const char *mend;
};

static const struct trouble troubles[] = {
	{ ENOENT, EXIT_DEVICE, "not-there", "wardctl doctor tells what is missing" },
	{ ENXIO, EXIT_DEVICE, "gone", "wardctl doctor tells what is missing" },
	{ ENOTTY, EXIT_DEVICE, "not-ward", "something else is at this path" },
	{ E2BIG, EXIT_DEVICE, "older-module",
	  "wardctl module unload; wardctl module load, with this version's" },
	{ EPROTO, EXIT_DEVICE, "other-abi",
	  "install ward-dkms and ward-tools of one release; then wardctl module unload and load" },
	{ EACCES, EXIT_DEVICE, "no-permission",
	  "as root: usermod -aG ward USER, then log in again; or run as root" },
	{ EPERM, EXIT_DEVICE, "refused",
	  "run it as root (CAP_SYS_ADMIN in the initial user namespace)" },
	{ ENODEV, EXIT_DEVICE, "no-provider",
	  "as root: wardctl provider set tsm, or run wardd; wardctl doctor tells what is missing" },
	{ ETIME, EXIT_DEVICE, "deadline", "the provider is slow or its host throttles: try again" },
	{ EHOSTDOWN, EXIT_DEVICE, "provider-left-alone",
	  "it failed again and again: wardctl provider show tells when it is asked next" },
	{ EBADMSG, EXIT_DEVICE, "bad-answer", "see the kernel log" },
	{ EIO, EXIT_DEVICE, "provider-failed", "see the kernel log" },
	{ EDQUOT, EXIT_DEVICE, "limit", "wardctl mem list shows who holds what" },
	{ ENOMEM, EXIT_DEVICE, "no-memory", NULL },
	{ ESHUTDOWN, EXIT_DEVICE, "sealed", NULL },
	{ EBUSY, EXIT_DEVICE, "busy", NULL },
	{ EINVAL, EXIT_USAGE, "invalid", NULL },
};

static const struct trouble other = { 0, EXIT_DEVICE, "device", NULL };

static const struct trouble *trouble_of(int err)
{
	size_t i;

	for (i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (troubles[i].err == -err)
			return &troubles[i];
	return &other;
}

const char *device_reason(int err)
{
	return trouble_of(err)->reason;
}

int device_error(struct wardctl *ctl, int err, const char *what)
{
	const struct trouble *t = trouble_of(err);

	if (t == &other && !strcmp(ward_strerror(err), "unexpected error"))
		return ctl_error(ctl, t->code, t->reason, "%s: %s", what, strerror(-err));
	if (!t->mend)
		return ctl_error(ctl, t->code, t->reason, "%s: %s", what, ward_strerror(err));
	return ctl_error(ctl, t->code, t->reason, "%s: %s\n  mend: %s", what,
			 ward_strerror(err), t->mend);
}

int device_refused(struct wardctl *ctl, struct ward_control *control, int err, const char *what)
{
	const struct trouble *t = trouble_of(err);
	const char *said = ward_control_said(control), *text;

	if (err == -EOPNOTSUPP)
		return ctl_error(ctl, EXIT_DEVICE, "older-module",
				 "%s: the module that is loaded does not know this\n"
				 "  mend: wardctl module unload; wardctl module load, with this version's",
				 what);
	if (!*said)
		return device_error(ctl, err, what);
	/* What follows the colon is advice for those whom the kernel told less. */
	text = ward_strerror(err);
	return ctl_error(ctl, t->code, t->reason, "%s: %.*s: the kernel says: %s%s%s", what,
			 (int)strcspn(text, ":"), text, said, t->mend ? "\n  mend: " : "",
			 t->mend ? t->mend : "");
}

static int no_module(struct wardctl *ctl)
{
	return ctl_error(ctl, EXIT_DEVICE, "no-module",
			 "the ward module is not loaded\n"
			 "  mend: as root: wardctl module load; wardctl doctor tells what is missing");
}

int device_control(struct wardctl *ctl, struct ward_control **out)
{
	int err = ward_control_open(out);

	if (err == -ENOENT && !access("/sys/module/ward", F_OK))
		return ctl_error(ctl, EXIT_DEVICE, "other-netns",
				 "the control plane is not visible from this network namespace\n"
				 "  mend: run in the initial one: nsenter -t 1 -n wardctl ...");
	if (err == -ENOENT)
		return no_module(ctl);
	return err ? device_error(ctl, err, "the control plane (netlink family ward)") : EXIT_OK;
}

int device_session(struct wardctl *ctl, struct ward_session **out)
{
	int err = ward_session_open(NULL, out);

	if ((err == -ENOENT || err == -ENXIO) && access("/sys/module/ward", F_OK))
		return no_module(ctl);
	if (err == -EPERM)
		return ctl_error(ctl, EXIT_DEVICE, "refused",
				 "open " WARD_DEVICE ": a device cgroup or a security module refuses\n"
				 "  mend: wardctl doctor tells how to allow it");
	return err ? device_error(ctl, err, "open " WARD_DEVICE) : EXIT_OK;
}

const char *device_level(uint32_t level)
{
	static const char *const names[] = { "low", "medium", "critical" };

	return level < 3 ? names[level] : "unknown";
}

const char *device_tee(uint32_t tee)
{
	static const char *const names[] = {
		"none", "snp", "tdx", "cca", "sev", "tpm", "nitro", "azure-snp", "azure-tdx",
	};

	if (tee == WARD_TEE_SIMULATED)
		return "simulated";
	return tee <= WARD_TEE_AZURE_TDX ? names[tee] : "unknown";
}

void device_module_version(struct wardctl *ctl, const char *key, uint32_t version)
{
	out_textf(ctl->out, key, "%u.%u.%u", version >> 16, version >> 8 & 0xff, version & 0xff);
}

void device_limit(struct wardctl *ctl, const char *key, uint64_t limit)
{
	if (limit == UINT64_MAX)
		out_null(ctl->out, key);
	else
		out_uint(ctl->out, key, limit);
}

void device_pace(struct wardctl *ctl, const struct ward_pace *pace)
{
	out_uint(ctl->out, "call_interval_ms", pace->call_ms);
	out_uint(ctl->out, "call_burst", pace->call_burst);
	out_uint(ctl->out, "user_interval_ms", pace->ask_ms);
	out_uint(ctl->out, "user_burst", pace->ask_burst);
	out_uint(ctl->out, "cooldown_ms", pace->cooldown_ms);
}

void device_memory(struct wardctl *ctl, const struct ward_memory *memory)
{
	out_text(ctl->out, "level", device_level(memory->level));
	out_uint(ctl->out, "live_a", memory->live_a);
	out_uint(ctl->out, "live_b", memory->live_b);
	out_uint(ctl->out, "peak", memory->peak);
	device_limit(ctl, "limit", memory->limit);
	out_uint(ctl->out, "shared", memory->live_shared);
	out_uint(ctl->out, "volatile", memory->live_volatile);
	out_uint(ctl->out, "pool", memory->pool);
	out_uint(ctl->out, "wiped", memory->wiped);
	out_uint(ctl->out, "refused_charges", memory->failed);
}

void device_bits(struct wardctl *ctl, const char *key, uint64_t bits,
		 const char *const *names, size_t n)
{
	size_t i;

	out_list(ctl->out, key);
	for (i = 0; i < n; i++)
		if (bits >> i & 1)
			out_text(ctl->out, NULL, names[i]);
	if (n < 64 && bits >> n)
		out_textf(ctl->out, NULL, "unknown-0x%llx",
			  (unsigned long long)(bits >> n << n));
	out_close(ctl->out);
}

void device_names(uint64_t bits, const char *const *names, size_t n, char *to, size_t room)
{
	size_t at = 0, i;

	*to = '\0';
	for (i = 0; i < n && at < room; i++)
		if (bits >> i & 1 && *names[i])
			at += (size_t)snprintf(to + at, room - at, "%s%s", at ? "," : "", names[i]);
}
