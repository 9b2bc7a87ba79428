// SPDX-License-Identifier: MIT
/*
 * ward.conf(5) and two files of ward.conf.d: the input up to each byte 0xff, which no text
 * has. Users and groups are those of no machine: root and wheel.
 */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "../../userspace/wardctl/config.h"
#include "folder.h"
#include "sentence.h"

#define FILES 3

struct passwd *__wrap_getpwnam(const char *name);
struct group *__wrap_getgrnam(const char *name);

struct passwd *__wrap_getpwnam(const char *name)
{
	static struct passwd root = { .pw_name = "root" };

	return strcmp(name, "root") ? NULL : &root;
}

struct group *__wrap_getgrnam(const char *name)
{
	static struct group wheel = { .gr_name = "wheel", .gr_gid = 10 };

	return strcmp(name, "wheel") ? NULL : &wheel;
}

static void put(struct wv_bytes in)
{
	static const char *const names[FILES] = {
		"ward.conf", "ward.conf.d/10-one.conf", "ward.conf.d/20-two.conf",
	};
	const uint8_t *end;
	size_t i, len;

	for (i = 0; i < FILES; i++) {
		end = in.len && i < FILES - 1 ? memchr(in.data, 0xff, in.len) : NULL;
		len = end ? (size_t)(end - in.data) : in.len;
		if (i && !len)
			folder_drop(names[i]);
		else
			folder_put(names[i], (struct wv_bytes){ in.data, len });
		in = end ? (struct wv_bytes){ end + 1, in.len - len - 1 } : (struct wv_bytes){ NULL, 0 };
	}
}

/* What `config apply` leans on. */
static void sound(const struct config_settings *s)
{
	if (s->has_policy != s->others && !s->others)
		fuzz_die("a policy without 'others'");
	if (s->users > WARD_ATTEST_RULES_MAX || s->policy.rules > WARD_ATTEST_RULES_MAX)
		fuzz_die("%zu users, %zu rules", s->users, s->policy.rules);
}

static int judge(struct config *config)
{
	static struct config_settings settings;
	size_t i;

	config_settings_read(config, &settings);
	for (i = 0; i < config->problems; i++)
		fuzz_sentence(config->problem[i]);
	if (config->problems || config->lost)
		return WV_USAGE;
	sound(&settings);
	return WV_OK;
}

int fuzz_one(struct wv_bytes in)
{
	struct wardctl ctl = { .quiet = true };
	struct config config;
	int rc;

	put(in);
	rc = config_load(&ctl, folder_path(), &config) ? WV_USAGE : judge(&config);
	config_free(&config);
	return rc;
}
