// SPDX-License-Identifier: MIT
/* Checks: is there a module for this kernel, may it be loaded, is it loaded. */
#include <string.h>

#include "doctor.h"

static void check_file(struct doctor *d)
{
	const struct module_facts *f = &d->facts;

	if (d->facts_err)
		doctor_say(d, "module-file", DOCTOR_FAIL, "install the package kmod",
			   "libkmod cannot read the modules of kernel %s", f->kernel);
	else if (f->path[0])
		doctor_say(d, "module-file", DOCTOR_OK, NULL, "%s %s", f->path, f->version);
	else if (f->loaded)
		doctor_say(d, "module-file", DOCTOR_WARN,
			   "install it, or it will be missing after the next boot",
			   "loaded, but none is installed for kernel %s", f->kernel);
	else
		doctor_say(d, "module-file", DOCTOR_FAIL, MODULE_MEND,
			   "none is installed for kernel %s", f->kernel);
}

/* Which layer takes signed modules only; NULL = none does. */
static const char *who_enforces(const struct module_facts *f)
{
	if (f->sig_enforce)
		return "module.sig_enforce (insmod answers EKEYREJECTED)";
	if (f->lockdown[0] && strcmp(f->lockdown, "none"))
		return "lockdown, which Secure Boot turns on (insmod answers EPERM)";
	return NULL;
}

static void say_unsigned(struct doctor *d, const char *enforced)
{
	const char *lockdown = d->facts.lockdown[0] ? d->facts.lockdown : "not known";

	if (enforced)
		doctor_say(d, "module-signature", DOCTOR_FAIL,
			   "sign it where the image is made, with a key of the firmware's db"
			   " (doc/signing); by hand: mokutil --import /var/lib/dkms/mok.pub",
			   "not signed, and this kernel takes signed modules only, by %s%s", enforced,
			   d->facts.loaded ? ": it could not be loaded again" : "");
	else
		doctor_say(d, "module-signature", DOCTOR_WARN,
			   "sign it and boot with module.sig_enforce=1, or measure it with the image",
			   "not signed; enforced: no; lockdown: %s: nothing but the image's"
			   " measurement says which module runs", lockdown);
}

static void check_signature(struct doctor *d)
{
	const struct module_facts *f = &d->facts;
	const char *enforced = who_enforces(f);

	if (!f->path[0])
		doctor_say(d, "module-signature", DOCTOR_SKIP, NULL,
			   "no file to look at; signatures are enforced by: %s",
			   enforced ? enforced : "nothing");
	else if (f->signer[0])
		doctor_say(d, "module-signature", DOCTOR_OK, NULL,
			   "signed by %s; enforced by: %s", f->signer,
			   enforced ? enforced : "nothing");
	else
		say_unsigned(d, enforced);
}

static void check_loaded(struct doctor *d)
{
	const struct module_facts *f = &d->facts;

	if (!f->loaded)
		doctor_say(d, "module-loaded", DOCTOR_FAIL, "wardctl module load", "not loaded");
	else if (module_differs(f))
		doctor_say(d, "module-loaded", DOCTOR_WARN,
			   "wardctl module unload, then wardctl module load",
			   "version %s (srcversion %s) is loaded, version %s (srcversion %s) is"
			   " installed", f->loaded_version, f->loaded_srcversion, f->version,
			   f->srcversion);
	else
		doctor_say(d, "module-loaded", DOCTOR_OK, NULL, "%s, taint flags: %s", f->state,
			   f->taint[0] ? f->taint : "none");
}

void doctor_module(struct doctor *d)
{
	check_file(d);
	check_signature(d);
	check_loaded(d);
}
