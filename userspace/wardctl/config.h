/* SPDX-License-Identifier: MIT */
/*
 * The machine's configuration, ward.conf(5): files of sections and keys, merged, and
 * what they come to. Nothing here changes anything.
 */
#ifndef WARDCTL_CONFIG_H
#define WARDCTL_CONFIG_H

#include "libward.h"
#include "pace.h"
#include "wardctl.h"

#define CONFIG_DIR "/etc/ward"

/**
 * struct config_entry - one value
 * @file, @line: where it stands
 * @section: config_section()'s
 * @value: "" takes back what an earlier file said
 */
struct config_entry {
	const char *file;
	unsigned int line;
	const char *section;
	char *key;
	char *value;
};

/**
 * struct config - files as they were read
 * @file: their paths, in the order in which they were read
 * @entry: a key of a section once, as the last file has it
 * @problem: sentences, each with file and line
 * @lost: problems beyond those that are kept
 */
struct config {
	char **file;
	size_t files;
	struct config_entry *entry;
	size_t entries;
	char **problem;
	size_t problems;
	size_t lost;
};

/**
 * config_load - read a file; or of a directory ward.conf and ward.conf.d/ *.conf, by
 *	name, as far as they are there
 *
 * Returns EXIT_OK, whatever the problems, or an exit code that was told.
 * config_free() it in any case.
 */
int config_load(struct wardctl *ctl, const char *path, struct config *config);

void config_free(struct config *config);

/** config_problem - note one: @entry's place, or with NULL none */
void config_problem(struct config *config, const char *file, unsigned int line,
		    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

enum config_tsm { CONFIG_TSM_AUTO, CONFIG_TSM_YES, CONFIG_TSM_NO };

#define CONFIG_ATTRIBUTES 4
extern const char *const config_attribute[CONFIG_ATTRIBUTES];	/* of a TSM report entry */

/** struct config_user - a limit of one user's own */
struct config_user {
	uint32_t uid;
	uint64_t bytes;
};

/**
 * struct config_settings - what entries come to; texts are the entries' own
 * @limits_which, @pace_which: what is named of @limits and @pace
 * @has_policy: some key of the policy is named
 * @others: its key is; without it there is no policy
 * @attribute: values by config_attribute[], or NULL
 */
struct config_settings {
	uint32_t limits_which;
	struct ward_limits limits;
	struct config_user user[WARD_ATTEST_RULES_MAX];
	size_t users;
	uint32_t pace_which;
	struct ward_pace pace;
	bool has_policy;
	bool others;
	struct ward_attest_policy policy;
	struct ward_attest_rule rule[WARD_ATTEST_RULES_MAX];
	enum config_tsm tsm;
	const char *attribute[CONFIG_ATTRIBUTES];
	const char *backends;
	const char *besides;
	const char *exclusive;
	bool wardd_keys;
	const char *fetch_source, *fetch_import, *fetch_tls_ca, *fetch_proxy;
};

/** config_section - the section of that name, the same pointer each time; NULL = there is none */
const char *config_section(const char *name);

/** config_settings_read - take every entry; what cannot be is a problem of @config's */
void config_settings_read(struct config *config, struct config_settings *settings);

/** config_complain - tell of problems, if there are any; EXIT_DAMAGED or EXIT_OK */
int config_complain(struct wardctl *ctl, const struct config *config);

#endif /* WARDCTL_CONFIG_H */
