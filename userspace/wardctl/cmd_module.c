// SPDX-License-Identifier: MIT
/* wardctl module status|load|unload. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "module.h"
#include "verbs.h"

/* The keys that a kernel knows come from the firmware: pages of doc/signing. */
#define SIGN "sign it where the image is made, with a key of the firmware's db (doc/signing);" \
	" by hand: mokutil --import /var/lib/dkms/mok.pub"

/* How the loaded module gives way to the one that is installed. */
#define CHANGE "wardctl module unload, then wardctl module load"

static void text_or_null(struct wardctl *ctl, const char *key, const char *value)
{
	if (value[0])
		out_text(ctl->out, key, value);
	else
		out_null(ctl->out, key);
}

static void show(struct wardctl *ctl, const struct module_facts *facts)
{
	out_text(ctl->out, "kernel", facts->kernel);
	out_bool(ctl->out, "loaded", facts->loaded);
	text_or_null(ctl, "state", facts->state);
	out_int(ctl->out, "users", facts->users);
	text_or_null(ctl, "file", facts->path);
	text_or_null(ctl, "version", facts->version);
	text_or_null(ctl, "srcversion", facts->srcversion);
	text_or_null(ctl, "loaded_version", facts->loaded_version);
	text_or_null(ctl, "loaded_srcversion", facts->loaded_srcversion);
	out_bool(ctl->out, "other_version_loaded", module_differs(facts));
	text_or_null(ctl, "vermagic", facts->vermagic);
	text_or_null(ctl, "signer", facts->signer);
	out_bool(ctl->out, "signature_enforced", facts->sig_enforce);
	text_or_null(ctl, "lockdown", facts->lockdown);
	text_or_null(ctl, "taint", facts->taint);
	out_text(ctl->out, "provider_link",
		 ward_provider_state(NULL) == WARD_LINK_MADE ? "made" : "not made");
}

static int run_status(struct wardctl *ctl, int argc, char **argv)
{
	struct module_facts facts;
	int err;

	if (argc > 1)
		return ctl_usage(ctl, "module status takes no argument, not '%s'", argv[1]);
	err = module_facts_get(&facts, NULL);
	if (err)
		return device_error(ctl, err, "libkmod");
	if (!facts.loaded && !facts.path[0])
		return ctl_error(ctl, EXIT_DEVICE, "not-installed",
				 "no ward module is loaded or installed for kernel %s\n"
				 "  mend: " MODULE_MEND,
				 facts.kernel);
	show(ctl, &facts);
	if (module_differs(&facts) && !ctl->json)
		out_line(ctl->out, "Not the installed version is loaded. As root: " CHANGE);
	if (facts.loaded)
		return EXIT_OK;
	if (!ctl->json)
		out_line(ctl->out, "Not loaded. As root: wardctl module load");
	return EXIT_DEVICE;
}

/**
 * struct refusal - what the kernel says when it takes no module, and why
 */
struct refusal {
	int err;
	const char *reason;
	const char *text;
	const char *mend;
};

static const struct refusal refusals[] = {
	{ ENOENT, "not-installed", "no such module for this kernel", MODULE_MEND },
	{ ENOKEY, "not-signed", "the module is not signed with a key that the kernel knows",
	  SIGN },
	{ EKEYREJECTED, "signature-rejected",
	  "the module is not signed, or its signature is wrong, and this kernel takes signed ones only",
	  SIGN "; wardctl doctor tells who enforces signatures" },
	{ EBADMSG, "signature-rejected", "the module's signature cannot be read",
	  "build and sign it again for this kernel" },
	{ ENOEXEC, "wrong-kernel", "the module was built for another kernel, or is damaged",
	  "build it for this one: dkms autoinstall, or make module KDIR=..." },
	{ EPERM, "refused", "not allowed: root is needed, or lockdown or modules_disabled refuses",
	  "run as root; wardctl doctor tells whether lockdown refuses" },
	{ EACCES, "refused", "permission denied", "run as root" },
};

static int load_failed(struct wardctl *ctl, int err)
{
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == -err)
			return ctl_error(ctl, EXIT_DEVICE, refusals[i].reason,
					 "load the module: %s\n  mend: %s", refusals[i].text,
					 refusals[i].mend);
	return ctl_error(ctl, EXIT_DEVICE, "device", "load the module: %s; see the kernel log",
			 strerror(-err));
}

static bool is_path(const char *arg)
{
	return strchr(arg, '/') || (strstr(arg, ".ko") && !strchr(arg, '='));
}

/* The parameters, joined by spaces; false = too long. */
static bool join(char *to, size_t room, int argc, char **argv)
{
	size_t used = 0;
	int i;

	to[0] = '\0';
	for (i = 0; i < argc; i++) {
		int n = snprintf(to + used, room - used, "%s%s", used ? " " : "", argv[i]);

		if (n < 0 || (size_t)n >= room - used)
			return false;
		used += (size_t)n;
	}
	return true;
}

/* 0, or the exit code: the kernel keeps the module that it has until that is taken out. */
static int other_loaded(struct wardctl *ctl, const char *path)
{
	struct module_facts facts;
	int err = module_facts_get(&facts, path);

	if (err)
		return device_error(ctl, err, "libkmod");
	if (!module_differs(&facts))
		return 0;
	return ctl_error(ctl, EXIT_DEVICE, "other-version",
			 "load the module: version %s (srcversion %s) is loaded already, and %s is"
			 " version %s (srcversion %s)\n"
			 "  mend: " CHANGE "; sessions that are open keep the old one until they end",
			 facts.loaded_version, facts.loaded_srcversion, facts.path, facts.version,
			 facts.srcversion);
}

static int run_load(struct wardctl *ctl, int argc, char **argv)
{
	const char *path = argc > 1 && is_path(argv[1]) ? argv[1] : NULL;
	int first = path ? 2 : 1, err, rc, i;
	struct module_facts facts;
	char options[512];

	for (i = first; i < argc; i++)
		if (!strchr(argv[i], '='))
			return ctl_usage(ctl, "a parameter is NAME=VALUE, not '%s'", argv[i]);
	if (!join(options, sizeof(options), argc - first, argv + first))
		return ctl_usage(ctl, "the parameters are too long");
	if (path && access(path, R_OK))
		return ctl_error(ctl, EXIT_DEVICE, "not-installed", "%s: %s", path,
				 strerror(errno));
	rc = other_loaded(ctl, path);
	if (rc)
		return rc;
	err = module_load(path, options);
	if (err)
		return load_failed(ctl, err);
	err = module_facts_get(&facts, NULL);
	if (err)
		return device_error(ctl, err, "libkmod");
	show(ctl, &facts);
	return EXIT_OK;
}

static int unload_failed(struct wardctl *ctl, int err)
{
	if (err != -EBUSY && err != -EAGAIN)
		return load_failed(ctl, err);
	if (ward_provider_state(NULL) == WARD_LINK_MADE)
		return ctl_error(ctl, EXIT_DEVICE, "busy",
				 "the module is in use by the link to its provider\n"
				 "  mend: wardctl provider unset");
	return ctl_error(ctl, EXIT_DEVICE, "busy",
			 "the module is in use by open sessions, buffers or an agent\n"
			 "  mend: wardctl session list and provider show tell whose; end them first"
			 " (systemctl stop wardd)");
}

static int run_unload(struct wardctl *ctl, int argc, char **argv)
{
	struct module_facts facts;
	int err;

	if (argc > 1)
		return ctl_usage(ctl, "module unload takes no argument, not '%s'", argv[1]);
	err = module_facts_get(&facts, NULL);
	if (err)
		return device_error(ctl, err, "libkmod");
	if (!facts.loaded)
		return ctl_error(ctl, EXIT_DEVICE, "no-module", "the ward module is not loaded");
	err = module_unload();
	if (err)
		return unload_failed(ctl, err);
	out_bool(ctl->out, "loaded", false);
	return EXIT_OK;
}

const struct wardctl_verb verb_module_status = {
	.name = "module status",
	.args = "",
	.help = "is the module installed and loaded, who signed it, what taints",
	.details = "Exit code 6 when it is not loaded.\n",
	.run = run_status,
};

const struct wardctl_verb verb_module_load = {
	.name = "module load",
	.args = "[FILE.ko] [NAME=VALUE...]",
	.help = "load the module for this kernel, or from a file (root)",
	.run = run_load,
};

const struct wardctl_verb verb_module_unload = {
	.name = "module unload",
	.args = "",
	.help = "take the module out of the kernel (root)",
	.details = "Refused while a session, a buffer or the provider's link uses it.\n",
	.run = run_unload,
};
