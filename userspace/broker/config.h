/* SPDX-License-Identifier: MIT */
/*
 * Configuration of ward-broker: one JSON file, read strictly. Paths in it are
 * relative to the file's own directory. There are no default secrets, roots or
 * policies: what is not named is not used.
 */
#ifndef BROKER_CONFIG_H
#define BROKER_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#define CONFIG_MAX		(256u << 10)	/* bytes of the file */
#define CONFIG_RESOURCES_MAX	1024
#define CONFIG_ROOTS_MAX	16
#define CONFIG_SESSION_MAX	256		/* default */
#define CONFIG_SESSION_TIMEOUT	300		/* default, seconds */
#define CONFIG_TOKEN_LIFETIME	300		/* default, seconds */

/**
 * struct config_resource - a data key that may be released
 * @path: "repository/type/tag"
 * @dataset: data-set id; taken from @file where that is named
 * @file: encrypted data set that the key must open, or NULL
 * @key_file: its data key
 */
struct config_resource {
	char *path;
	uint8_t dataset[16];
	char *file;
	char *key_file;
};

/**
 * struct config - everything the broker is told
 * @host: numeric address to listen on
 * @port: 0 = any free one
 * @tls_certificate, @tls_key: PEM files
 * @policy: policy file (formats.md section 7)
 * @roots: certificates that are trusted besides the built-in roots
 * @release_log: file that every release is appended to
 * @session_max: most sessions at a time
 * @session_timeout: seconds from /auth to the last use
 * @token_lifetime: seconds
 */
struct config {
	char *host;
	uint16_t port;
	char *tls_certificate;
	char *tls_key;
	char *policy;
	char *roots[CONFIG_ROOTS_MAX];
	size_t root_count;
	char *release_log;
	uint32_t session_max;
	uint32_t session_timeout;
	uint32_t token_lifetime;
	struct config_resource *resources;
	size_t resource_count;
};

/** struct config_fault - one sentence: what, where, what to do */
struct config_fault {
	char text[320];
};

/**
 * config_parse - read a configuration; touches no file
 * @base: directory that relative paths start from
 * @out: released by config_clear(), also after a failure
 * Returns 0 or -1 with *fault filled.
 */
int config_parse(const char *json, size_t len, const char *base, struct config *out,
		 struct config_fault *fault);

/** config_load - read the file and parse it; returns as config_parse() */
int config_load(const char *path, struct config *out, struct config_fault *fault);

void config_clear(struct config *config);

/** config_find - the resource of that path, or NULL */
const struct config_resource *config_find(const struct config *config, const char *path);

#endif /* BROKER_CONFIG_H */
