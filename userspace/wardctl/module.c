// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "module.h"
#include "sysfs.h"

static void quiet(void *data, int priority, const char *file, int line, const char *fn,
		  const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)fn;
	(void)format;
	(void)args;
}

static struct kmod_ctx *context(void)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);

	if (ctx)
		kmod_set_log_fn(ctx, quiet, NULL);
	return ctx;
}

static void keep(char *to, size_t room, const char *value)
{
	snprintf(to, room, "%s", value ? value : "");
}

static void facts_of_info(struct module_facts *facts, const char *key, const char *value)
{
	if (!strcmp(key, "version"))
		keep(facts->version, sizeof(facts->version), value);
	else if (!strcmp(key, "srcversion"))
		keep(facts->srcversion, sizeof(facts->srcversion), value);
	else if (!strcmp(key, "vermagic"))
		keep(facts->vermagic, sizeof(facts->vermagic), value);
	else if (!strcmp(key, "signer"))
		keep(facts->signer, sizeof(facts->signer), value);
}

static void facts_of_file(struct module_facts *facts, struct kmod_module *mod)
{
	struct kmod_list *list = NULL, *entry;

	keep(facts->path, sizeof(facts->path), kmod_module_get_path(mod));
	if (!facts->path[0] || kmod_module_get_info(mod, &list) < 0)
		return;
	kmod_list_foreach(entry, list)
		facts_of_info(facts, kmod_module_info_get_key(entry),
			      kmod_module_info_get_value(entry));
	kmod_module_info_free_list(list);
}

static void facts_of_kernel(struct module_facts *facts, struct kmod_module *mod)
{
	int state = kmod_module_get_initstate(mod);
	char text[8];

	facts->loaded = state >= 0;
	keep(facts->state, sizeof(facts->state),
	     state >= 0 ? kmod_module_initstate_str(state) : "");
	facts->users = state >= 0 ? kmod_module_get_refcnt(mod) : 0;
	sysfs_line("/sys/module/" MODULE_NAME "/version", facts->loaded_version,
		   sizeof(facts->loaded_version));
	sysfs_line("/sys/module/" MODULE_NAME "/srcversion", facts->loaded_srcversion,
		   sizeof(facts->loaded_srcversion));
	sysfs_line("/sys/module/" MODULE_NAME "/taint", facts->taint, sizeof(facts->taint));
	sysfs_line("/sys/module/module/parameters/sig_enforce", text, sizeof(text));
	facts->sig_enforce = text[0] == 'Y';
	sysfs_chosen("/sys/kernel/security/lockdown", facts->lockdown, sizeof(facts->lockdown));
}

/* The kernel's part is by name: a file may be called otherwise. */
static int facts_by_name(struct module_facts *facts, struct kmod_ctx *ctx, const char *path)
{
	struct kmod_module *mod, *file;
	int err = kmod_module_new_from_name(ctx, MODULE_NAME, &mod);

	if (err)
		return err;
	if (!path)
		facts_of_file(facts, mod);
	else if (!kmod_module_new_from_path(ctx, path, &file)) {
		facts_of_file(facts, file);
		kmod_module_unref(file);
	}
	facts_of_kernel(facts, mod);
	kmod_module_unref(mod);
	return 0;
}

bool module_differs(const struct module_facts *f)
{
	if (!f->loaded || !f->version[0] || !f->loaded_version[0])
		return false;
	if (strcmp(f->version, f->loaded_version))
		return true;
	return f->srcversion[0] && f->loaded_srcversion[0] &&
	       strcmp(f->srcversion, f->loaded_srcversion);
}

int module_facts_get(struct module_facts *facts, const char *path)
{
	struct kmod_ctx *ctx;
	struct utsname name;
	int err;

	memset(facts, 0, sizeof(*facts));
	uname(&name);
	keep(facts->kernel, sizeof(facts->kernel), name.release);
	ctx = context();
	if (!ctx)
		return -ENOMEM;
	err = facts_by_name(facts, ctx, path);
	kmod_unref(ctx);
	return err;
}

/* One name out of a "depends" list, by way of modules.dep. */
static int load_named(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_module *mod;
	int err = kmod_module_new_from_name(ctx, name, &mod);

	if (err)
		return err;
	err = kmod_module_probe_insert_module(mod, 0, NULL, NULL, NULL, NULL);
	kmod_module_unref(mod);
	return err;
}

static int load_depends(struct kmod_ctx *ctx, const char *depends)
{
	char names[512], *save = NULL, *name;
	int err = 0;

	snprintf(names, sizeof(names), "%s", depends);
	for (name = strtok_r(names, ",", &save); name && !err; name = strtok_r(NULL, ",", &save))
		err = load_named(ctx, name);
	return err;
}

/* modules.dep knows nothing of a file outside /lib/modules; the file itself does. */
static int load_file_depends(struct kmod_ctx *ctx, struct kmod_module *mod)
{
	struct kmod_list *list = NULL, *entry;
	int err = kmod_module_get_info(mod, &list);

	if (err < 0)
		return -ENOEXEC;	/* no module at all */
	err = 0;
	kmod_list_foreach(entry, list)
		if (!err && !strcmp(kmod_module_info_get_key(entry), "depends"))
			err = load_depends(ctx, kmod_module_info_get_value(entry));
	kmod_module_info_free_list(list);
	return err;
}

/* It can do without some of them: whether it can, the kernel says. */
static int load_with_depends(struct kmod_ctx *ctx, struct kmod_module *mod, const char *options)
{
	int missing = load_file_depends(ctx, mod);
	int err = missing == -ENOEXEC ? missing : kmod_module_insert_module(mod, 0, options);

	return err && err != -EEXIST && missing ? missing : err;
}

static int load_file(struct kmod_ctx *ctx, const char *path, const char *options)
{
	struct kmod_module *mod;
	int err = kmod_module_new_from_path(ctx, path, &mod);

	if (err)
		return err;
	err = load_with_depends(ctx, mod, options);
	kmod_module_unref(mod);
	return err == -EEXIST ? 0 : err;
}

static int load_installed(struct kmod_ctx *ctx, const char *options)
{
	struct kmod_module *mod;
	int err = kmod_module_new_from_name(ctx, MODULE_NAME, &mod);

	if (err)
		return err;
	err = kmod_module_probe_insert_module(mod, 0, options, NULL, NULL, NULL);
	kmod_module_unref(mod);
	return err;
}

int module_load(const char *path, const char *options)
{
	struct kmod_ctx *ctx = context();
	int err;

	if (!ctx)
		return -ENOMEM;
	err = path ? load_file(ctx, path, options) : load_installed(ctx, options);
	kmod_unref(ctx);
	return err;
}

int module_unload(void)
{
	struct kmod_ctx *ctx = context();
	struct kmod_module *mod;
	int err;

	if (!ctx)
		return -ENOMEM;
	err = kmod_module_new_from_name(ctx, MODULE_NAME, &mod);
	if (!err) {
		err = kmod_module_remove_module(mod, O_NONBLOCK);
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
	return err == -ENOENT ? 0 : err;
}
