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

#include "limits.h"

#define CONFIG_MAX		(192u << 10)	/* bytes of the file */
#define CONFIG_RESOURCES_MAX	1024
#define CONFIG_PATH_MAX		200		/* bytes of a resource's path, with its NUL */
#define CONFIG_MEMBERS_MAX	16		/* of one resource: it has ten */
#define CONFIG_CLIENTS_MAX	32		/* of one resource */
#define CONFIG_ROOTS_MAX	16
#define CONFIG_LIFETIME_MAX	31536000	/* seconds of a key in a kernel: a year */
#define CONFIG_SESSION_MAX	256		/* default */
#define CONFIG_SESSION_TIMEOUT	300		/* default, seconds */
#define CONFIG_TOKEN_LIFETIME	300		/* default, seconds */

/**
 * struct config_resource - a data key that may be released
 * @path: "repository/type/tag"
 * @dataset: data-set id; taken from @file where that is named
 * @file: encrypted data set that the key must open, or NULL
 * @key_file: its data key
 * @project: whose it is, or NULL: a word for people
 * @policy: name of one of the database's that must accept the evidence, too, or NULL
 * @clients: SHA-256 of the keys of certificates that may have it; none = whoever attests
 * @expires: seconds since the epoch; 0 = never
 * @uses: how often it may be released; 0 = as often as it is asked for
 * @key_uses: messages that a kernel may open with it; 0 = no limit
 * @key_lifetime: seconds that a kernel keeps it; 0 = no limit
 */
struct config_resource {
	char *path;
	uint8_t dataset[16];
	char *file;
	char *key_file;
	char *project;
	char *policy;
	uint8_t (*clients)[32];
	size_t client_count;
	int64_t expires;
	int64_t uses;
	uint64_t key_uses;
	uint64_t key_lifetime;
};

/**
 * struct config - everything the broker is told
 * @host: numeric address to listen on
 * @port: 0 = any free one
 * @tls_certificate, @tls_key: PEM files
 * @policy: policy file (doc/policy.md)
 * @collateral: folder of what vendors publish, or NULL
 * @roots: certificates that are trusted besides the built-in roots
 * @release_log: file that every release is appended to
 * @database: URL of db_open(); "broker.db" beside @release_log unless said
 * @keyring: as keyring_open() takes it, or NULL: nothing in the database is wrapped
 * @admin_host, @admin_port: of the administration; NULL = there is none
 * @admin_ca: PEM file of who signs administrators' certificates
 * @admin_clients: SHA-256 of the keys of those that may
 * @session_max: most sessions at a time
 * @session_timeout: seconds from /auth to the last use
 * @token_lifetime: seconds
 * @limits: what strangers may take
 * @metrics_host, @metrics_port: of the loopback; NULL = not served
 */
struct config {
	char *host;
	uint16_t port;
	char *tls_certificate;
	char *tls_key;
	char *policy;
	char *collateral;
	char *roots[CONFIG_ROOTS_MAX];
	size_t root_count;
	char *release_log;
	char *database;
	char *keyring;
	uint32_t session_max;
	uint32_t session_timeout;
	uint32_t token_lifetime;
	struct limits limits;
	char *admin_host;
	uint16_t admin_port;
	char *admin_ca;
	uint8_t (*admin_clients)[32];
	size_t admin_client_count;
	char *metrics_host;
	uint16_t metrics_port;
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

/** config_path_ok - is it "repository/type/tag" as resources are called? */
int config_path_ok(const char *path);

/** config_name_ok - may a policy, or a project, be called that? */
int config_name_ok(const char *name);

/** config_find - the resource of that path, or NULL */
const struct config_resource *config_find(const struct config *config, const char *path);

#endif /* BROKER_CONFIG_H */
