// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jose/b64.h>

#include "../common/listen_address.h"
#include "../common/regular.h"
#include "config.h"
#include "file.h"
#include "policies.h"
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

static int parse_listen(const char *name, const char *listen, char **host, uint16_t *to,
			struct config_fault *fault)
{
	const char *address;
	size_t len;

	switch (listen_address(listen, &address, &len, to)) {
	case LISTEN_NO_PORT:
		return fail(fault, "%s: '%.64s' is not ADDRESS:PORT", name, listen);
	case LISTEN_PORT_RANGE:
		return fail(fault, "%s: there is no port '%.16s'", name, strrchr(listen, ':') + 1);
	default:
		break;
	}
	*host = strndup(address, len);
	return *host ? 0 : fail(fault, "no memory");
}

/* What is served without TLS stays on the machine. */
static int parse_metrics(const char *listen, struct config *c, struct config_fault *fault)
{
	struct in6_addr six;
	struct in_addr four;

	if (parse_listen("metrics", listen, &c->metrics_host, &c->metrics_port, fault))
		return -1;
	if ((inet_pton(AF_INET, c->metrics_host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127) ||
	    (inet_pton(AF_INET6, c->metrics_host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six)))
		return 0;
	return fail(fault, "metrics: '%.64s' is not an address of the loopback", c->metrics_host);
}

/* "repository/type/tag": three parts of letters, digits, '-', '_' and '.'. */
int config_path_ok(const char *path)
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
	return part == 2 && len && strlen(path) < CONFIG_PATH_MAX;
}

/* How much a kernel may do with the key. */
static int set_grant(const char *path, json_int_t uses, json_int_t lifetime,
		     struct config_resource *r, struct config_fault *fault)
{
	if (uses < 0 || lifetime < 0 || lifetime > CONFIG_LIFETIME_MAX)
		return fail(fault, "resource %.64s: 'key_uses' is below 0, or 'key_lifetime' is not "
			    "from 0 to %d seconds", path, CONFIG_LIFETIME_MAX);
	r->key_uses = (uint64_t)uses;
	r->key_lifetime = (uint64_t)lifetime;
	return 0;
}

static int parse_clients(const char *path, json_t *list, struct config_resource *r,
			 struct config_fault *fault)
{
	json_t *value;
	size_t i, n = json_array_size(list);

	if (!list)
		return 0;
	if (!json_is_array(list) || !n || n > CONFIG_CLIENTS_MAX)
		return fail(fault, "resource %.64s: 'clients' must be a list of 1 to %d", path,
			    CONFIG_CLIENTS_MAX);
	r->clients = calloc(n, sizeof(*r->clients));
	if (!r->clients)
		return fail(fault, "no memory");
	r->client_count = n;
	json_array_foreach(list, i, value)
		if (!json_is_string(value) || text_unhex(json_string_value(value), r->clients[i], 32))
			return fail(fault, "resource %.64s: entry %zu of 'clients' is not 64 "
				    "lower-case hex digits", path, i + 1);
	return 0;
}

int config_name_ok(const char *name)
{
	size_t len = strlen(name);

	return len && len <= POLICY_NAME_MAX && *name != '.' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
		       len;
}

/* Who may have it, and until when; beside how often. */
static int parse_terms(const char *path, json_t *value, struct config_resource *r,
		       struct config_fault *fault)
{
	const char *expires = json_string_value(json_object_get(value, "expires"));
	const char *project = json_string_value(json_object_get(value, "project"));
	const char *policy = json_string_value(json_object_get(value, "policy"));

	if (expires && (wv_time_parse(expires, &r->expires) || r->expires < 1))
		return fail(fault, "resource %.64s: 'expires' is not a time such as "
			    "2026-01-31T12:00:00Z", path);
	if ((project && !config_name_ok(project)) || (policy && !config_name_ok(policy)))
		return fail(fault, "resource %.64s: 'project' and 'policy' are names of at most %d "
			    "letters, digits, '-', '_' and '.'", path, POLICY_NAME_MAX);
	r->project = project ? strdup(project) : NULL;
	r->policy = policy ? strdup(policy) : NULL;
	if ((project && !r->project) || (policy && !r->policy))
		return fail(fault, "no memory");
	return parse_clients(path, json_object_get(value, "clients"), r, fault);
}

static int parse_resource(const char *path, json_t *value, const char *base,
			  struct config_resource *r, struct config_fault *fault)
{
	const char *dataset = NULL, *file = NULL, *key = NULL, *text;
	json_t *list;
	json_int_t uses = 0, key_uses = 0, lifetime = 0;
	json_error_t err;

	if (!config_path_ok(path))
		return fail(fault, "resources: '%.64s' is not repository/type/tag of letters, "
			    "digits, '-', '_' and '.'", path);
	/* jansson makes a list of all that it does not know, however long. */
	if (json_object_size(value) > CONFIG_MEMBERS_MAX)
		return fail(fault, "resource %.64s: has more than %d members", path,
			    CONFIG_MEMBERS_MAX);
	if (json_unpack_ex(value, &err, 0, "{s?s, s?s, s:s, s?I, s?I, s?I, s?s, s?s, s?s, s?o !}",
			   "dataset", &dataset, "file", &file, "key", &key, "uses", &uses,
			   "key_uses", &key_uses, "key_lifetime", &lifetime, "project", &text,
			   "policy", &text, "expires", &text, "clients", &list))
		return fail(fault, "resource %.64s: %s", path, err.text);
	if (!dataset == !file)
		return fail(fault, "resource %.64s: give either 'dataset' or 'file'", path);
	if (dataset && text_unhex(dataset, r->dataset, sizeof(r->dataset)))
		return fail(fault, "resource %.64s: 'dataset' is not 32 lower-case hex digits", path);
	if (json_object_get(value, "uses") && uses < 1)
		return fail(fault, "resource %.64s: 'uses' must be 1 or more", path);
	if (set_grant(path, key_uses, lifetime, r, fault))
		return -1;
	r->uses = uses;
	r->path = strdup(path);
	r->key_file = resolve(base, key);
	r->file = file ? resolve(base, file) : NULL;
	if (!r->path || !r->key_file || (file && !r->file))
		return fail(fault, "no memory");
	return parse_terms(path, value, r, fault);
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
	const char *listen, *certificate, *key, *policy, *log, *collateral, *database, *keyring, *metrics;
};

/* After @scheme stands a file's path, seen from the configuration as all others are. */
static char *resolve_after(const char *scheme, const char *base, const char *text)
{
	size_t len = strlen(scheme);
	char *path, *out;

	if (strncmp(text, scheme, len))
		return strdup(text);
	path = resolve(base, text + len);
	if (!path || asprintf(&out, "%s%s", scheme, path) < 0)
		out = NULL;
	free(path);
	return out;
}

/* In the folder of the release log, to which the broker may write, unless named. */
static char *database_url(const char *base, const char *url, const char *log)
{
	static const char file[] = "sqlite:";
	const char *slash = strrchr(log, '/');
	char *path, *out = NULL;

	if (url)
		return resolve_after(file, base, url);
	if (asprintf(&path, "%.*sbroker.db", slash ? (int)(slash - log + 1) : 0, log) < 0)
		path = NULL;
	if (path && asprintf(&out, "sqlite:%s", path) < 0)
		out = NULL;
	free(path);
	return out;
}

static int set_paths(struct config *c, const struct texts *t, const char *base,
		     struct config_fault *fault)
{
	c->tls_certificate = resolve(base, t->certificate);
	c->tls_key = resolve(base, t->key);
	c->policy = resolve(base, t->policy);
	c->release_log = resolve(base, t->log);
	c->collateral = t->collateral ? resolve(base, t->collateral) : NULL;
	c->keyring = t->keyring ? resolve_after("passphrase:", base, t->keyring) : NULL;
	c->database = c->release_log ? database_url(base, t->database, c->release_log) : NULL;
	if (!c->tls_certificate || !c->tls_key || !c->policy || !c->release_log || !c->database ||
	    (t->collateral && !c->collateral) || (t->keyring && !c->keyring))
		return fail(fault, "no memory");
	if (t->metrics && parse_metrics(t->metrics, c, fault))
		return -1;
	return parse_listen("listen", t->listen, &c->host, &c->port, fault);
}

/* Nothing of it has a default: no certificate of whoever may administer. */
static int parse_admin(json_t *admin, const char *base, struct config *c,
		       struct config_fault *fault)
{
	struct config_resource keys = { 0 };
	const char *listen, *ca;
	json_error_t err;
	json_t *clients;
	int rc;

	if (!admin)
		return 0;
	if (json_object_size(admin) > CONFIG_MEMBERS_MAX ||
	    json_unpack_ex(admin, &err, 0, "{s:s, s:s, s:o !}", "listen", &listen, "ca", &ca,
			   "clients", &clients))
		return fail(fault, "admin: must have 'listen', 'ca' and 'clients', and nothing else");
	rc = parse_clients("admin", clients, &keys, fault);
	c->admin_clients = keys.clients;
	c->admin_client_count = keys.client_count;
	c->admin_ca = resolve(base, ca);
	if (!rc && !c->admin_ca)
		rc = fail(fault, "no memory");
	return rc ?: parse_listen("admin", listen, &c->admin_host, &c->admin_port, fault);
}

static int unpack(json_t *root, const char *base, struct config *c, struct config_fault *fault)
{
	json_int_t version, max = CONFIG_SESSION_MAX, timeout = CONFIG_SESSION_TIMEOUT,
		   lifetime = CONFIG_TOKEN_LIFETIME;
	json_t *resources, *roots = NULL, *limits = NULL, *admin = NULL;
	struct texts t = { 0 };
	json_error_t err;
	char why[160];

	if (json_unpack_ex(root, &err, 0,
			   "{s:I, s:s, s:{s:s, s:s !}, s:s, s:s, s:o, s?o, s?s, s?s, s?s, s?I, s?I, "
			   "s?I, s?o, s?s, s?o !}",
			   "ward-broker", &version, "listen", &t.listen, "tls", "certificate",
			   &t.certificate, "key", &t.key, "policy", &t.policy, "release_log",
			   &t.log, "resources", &resources, "roots", &roots, "collateral",
			   &t.collateral, "database", &t.database, "keyring", &t.keyring,
			   "session_max", &max,
			   "session_timeout", &timeout, "token_lifetime", &lifetime,
			   "limits", &limits, "metrics", &t.metrics, "admin", &admin))
		return fail(fault, "line %d: %s", err.line, err.text);
	if (version != 1)
		return fail(fault, "ward-broker: only version 1 is known");
	if (set_number("session_max", max, 1, 65536, &c->session_max, fault) ||
	    set_number("session_timeout", timeout, 1, 3600, &c->session_timeout, fault) ||
	    set_number("token_lifetime", lifetime, 1, 3600, &c->token_lifetime, fault) ||
	    set_paths(c, &t, base, fault) || parse_roots(roots, base, c, fault))
		return -1;
	if (limits_read(limits, c->session_max, &c->limits, why))
		return fail(fault, "%s", why);
	return parse_admin(admin, base, c, fault) ?: parse_resources(resources, base, c, fault);
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
		fail(fault, "%.128s: %s", path, regular_strerror(rc));
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
		free(c->resources[i].project);
		free(c->resources[i].policy);
		free(c->resources[i].clients);
	}
	for (size_t i = 0; i < c->root_count; i++)
		free(c->roots[i]);
	free(c->resources);
	free(c->host);
	free(c->tls_certificate);
	free(c->tls_key);
	free(c->policy);
	free(c->collateral);
	free(c->release_log);
	free(c->database);
	free(c->metrics_host);
	free(c->admin_host);
	free(c->admin_ca);
	free(c->admin_clients);
	free(c->keyring);
	memset(c, 0, sizeof(*c));
}

const struct config_resource *config_find(const struct config *config, const char *path)
{
	for (size_t i = 0; i < config->resource_count; i++)
		if (!strcmp(config->resources[i].path, path))
			return &config->resources[i];
	return NULL;
}
