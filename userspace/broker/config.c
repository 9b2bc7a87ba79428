// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jose/b64.h>

#include "config.h"
#include "file.h"
#include "text.h"

static int fail(struct config_fault *fault, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct config_fault *fault, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* A path of the file, seen from where the broker runs. */
static char *resolve(const char *base, const char *path)
{
	char *out;

	if (*path == '/' || !*base)
		return strdup(path);
	return asprintf(&out, "%s/%s", base, path) < 0 ? NULL : out;
}

static int parse_listen(const char *listen, struct config *c, struct config_fault *fault)
{
	const char *colon = strrchr(listen, ':');
	size_t len = colon ? (size_t)(colon - listen) : 0;
	char *end;
	unsigned long port;

	if (!len || colon[1] < '0' || colon[1] > '9')
		return fail(fault, "listen: '%.64s' is not ADDRESS:PORT", listen);
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > 65535)
		return fail(fault, "listen: there is no port '%.16s'", colon + 1);
	if (*listen == '[' && colon[-1] == ']') {
		listen++;
		len -= 2;
	}
	c->host = strndup(listen, len);
	c->port = (uint16_t)port;
	return c->host ? 0 : fail(fault, "no memory");
}

/* "repository/type/tag": three parts of letters, digits, '-', '_' and '.'. */
static bool good_path(const char *path)
{
	int part = 0, len = 0;

	for (const char *p = path; *p; p++) {
		if (*p == '/') {
			if (!len || ++part > 2)
				return false;
			len = 0;
			continue;
		}
		if (!strchr(JOSE_B64_MAP ".", *p) || (!len && *p == '.'))
			return false;
		len++;
	}
	return part == 2 && len && strlen(path) < 200;
}

static int parse_resource(const char *path, json_t *value, const char *base,
			  struct config_resource *r, struct config_fault *fault)
{
	const char *dataset = NULL, *file = NULL, *key = NULL;
	json_error_t err;

	if (!good_path(path))
		return fail(fault, "resources: '%.64s' is not repository/type/tag of letters, "
			    "digits, '-', '_' and '.'", path);
	if (json_unpack_ex(value, &err, 0, "{s?s, s?s, s:s !}", "dataset", &dataset, "file",
			   &file, "key", &key))
		return fail(fault, "resource %.64s: %s", path, err.text);
	if (!dataset == !file)
		return fail(fault, "resource %.64s: give either 'dataset' or 'file'", path);
	if (dataset && text_unhex(dataset, r->dataset, sizeof(r->dataset)))
		return fail(fault, "resource %.64s: 'dataset' is not 32 lower-case hex digits", path);
	r->path = strdup(path);
	r->key_file = resolve(base, key);
	r->file = file ? resolve(base, file) : NULL;
	if (!r->path || !r->key_file || (file && !r->file))
		return fail(fault, "no memory");
	return 0;
}

static int parse_resources(json_t *list, const char *base, struct config *c,
			   struct config_fault *fault)
{
	size_t n = json_object_size(list);
	const char *path;
	json_t *value;

	if (!json_is_object(list) || !n || n > CONFIG_RESOURCES_MAX)
		return fail(fault, "resources: must be an object of 1 to %d members",
			    CONFIG_RESOURCES_MAX);
	c->resources = calloc(n, sizeof(*c->resources));
	if (!c->resources)
		return fail(fault, "no memory");
	json_object_foreach(list, path, value)
		if (parse_resource(path, value, base, &c->resources[c->resource_count++], fault))
			return -1;
	return 0;
}

static int parse_roots(json_t *list, const char *base, struct config *c,
		       struct config_fault *fault)
{
	json_t *value;
	size_t i;

	if (!list)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > CONFIG_ROOTS_MAX)
		return fail(fault, "roots: must be a list of at most %d paths", CONFIG_ROOTS_MAX);
	json_array_foreach(list, i, value) {
		if (!json_is_string(value))
			return fail(fault, "roots: entry %zu is not a path", i + 1);
		c->roots[i] = resolve(base, json_string_value(value));
		if (!c->roots[i])
			return fail(fault, "no memory");
		c->root_count = i + 1;
	}
	return 0;
}

static int set_number(const char *name, json_int_t value, json_int_t low, json_int_t high,
		      uint32_t *out, struct config_fault *fault)
{
	if (value < low || value > high)
		return fail(fault, "%s: must be from %lld to %lld", name, (long long)low,
			    (long long)high);
	*out = (uint32_t)value;
	return 0;
}

struct texts {
	const char *listen, *certificate, *key, *policy, *log;
};

static int set_paths(struct config *c, const struct texts *t, const char *base,
		     struct config_fault *fault)
{
	c->tls_certificate = resolve(base, t->certificate);
	c->tls_key = resolve(base, t->key);
	c->policy = resolve(base, t->policy);
	c->release_log = resolve(base, t->log);
	if (!c->tls_certificate || !c->tls_key || !c->policy || !c->release_log)
		return fail(fault, "no memory");
	return parse_listen(t->listen, c, fault);
}

static int unpack(json_t *root, const char *base, struct config *c, struct config_fault *fault)
{
	json_int_t version, max = CONFIG_SESSION_MAX, timeout = CONFIG_SESSION_TIMEOUT,
		   lifetime = CONFIG_TOKEN_LIFETIME;
	json_t *resources, *roots = NULL;
	struct texts t = { 0 };
	json_error_t err;

	if (json_unpack_ex(root, &err, 0,
			   "{s:I, s:s, s:{s:s, s:s !}, s:s, s:s, s:o, s?o, s?I, s?I, s?I !}",
			   "ward-broker", &version, "listen", &t.listen, "tls", "certificate",
			   &t.certificate, "key", &t.key, "policy", &t.policy, "release_log",
			   &t.log, "resources", &resources, "roots", &roots, "session_max", &max,
			   "session_timeout", &timeout, "token_lifetime", &lifetime))
		return fail(fault, "line %d: %s", err.line, err.text);
	if (version != 1)
		return fail(fault, "ward-broker: only version 1 is known");
	if (set_number("session_max", max, 1, 65536, &c->session_max, fault) ||
	    set_number("session_timeout", timeout, 1, 3600, &c->session_timeout, fault) ||
	    set_number("token_lifetime", lifetime, 1, 3600, &c->token_lifetime, fault) ||
	    set_paths(c, &t, base, fault) || parse_roots(roots, base, c, fault))
		return -1;
	return parse_resources(resources, base, c, fault);
}

int config_parse(const char *json, size_t len, const char *base, struct config *out,
		 struct config_fault *fault)
{
	json_error_t err;
	json_t *root;
	int rc;

	memset(out, 0, sizeof(*out));
	if (len > CONFIG_MAX)
		return fail(fault, "longer than %u bytes", CONFIG_MAX);
	root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &err);
	if (!root)
		return fail(fault, "line %d, column %d: %s", err.line, err.column, err.text);
	rc = unpack(root, base, out, fault);
	json_decref(root);
	return rc;
}

int config_load(const char *path, struct config *out, struct config_fault *fault)
{
	const char *slash = strrchr(path, '/');
	struct config_fault inner;
	char *base = slash ? strndup(path, (size_t)(slash - path + (slash == path))) : strdup("");
	uint8_t *json = NULL;
	size_t len;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!base)
		return fail(fault, "no memory");
	rc = file_read(path, CONFIG_MAX, &json, &len);
	if (rc) {
		fail(fault, "%.128s: %s", path, strerror(-rc));
		rc = -1;
	} else {
		rc = config_parse((char *)json, len, base, out, &inner);
		if (rc)
			fail(fault, "%.128s: %.180s", path, inner.text);
	}
	free(json);
	free(base);
	return rc;
}

void config_clear(struct config *c)
{
	for (size_t i = 0; i < c->resource_count; i++) {
		free(c->resources[i].path);
		free(c->resources[i].file);
		free(c->resources[i].key_file);
	}
	for (size_t i = 0; i < c->root_count; i++)
		free(c->roots[i]);
	free(c->resources);
	free(c->host);
	free(c->tls_certificate);
	free(c->tls_key);
	free(c->policy);
	free(c->release_log);
	memset(c, 0, sizeof(*c));
}

const struct config_resource *config_find(const struct config *config, const char *path)
{
	for (size_t i = 0; i < config->resource_count; i++)
		if (!strcmp(config->resources[i].path, path))
			return &config->resources[i];
	return NULL;
}
