// SPDX-License-Identifier: MIT
/* From entries to what they mean: one table of every key. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "fetch.h"
#include "policy_words.h"
#include "size.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *const config_attribute[CONFIG_ATTRIBUTES] = {
	"privlevel", "service_provider", "service_guid", "service_manifest_version",
};

static const char *const sections[] = {
	"limits", "pace", "policy", "provider", "wardd", "fetch",
};

/* As wardd --help lists them. */
static const char *const backends[] = { "sev-guest", "tdx-guest", "nitro", "azure", "vtpm" };

/**
 * struct key - one that may stand in a section
 * @name: or, where it ends in a dot, what a name follows
 * @take: with what follows @name; false: @allowed says what would do
 */
struct key {
	const char *section;
	const char *name;
	bool (*take)(struct config_settings *s, const char *rest, const char *value);
	const char *allowed;
};

/* ---- limits ------------------------------------------------------------------------- */

static bool bytes(const char *value, uint64_t *to)
{
	return size_parse(value, to) &&
	       (*to == UINT64_MAX || !(*to % (uint64_t)sysconf(_SC_PAGESIZE)));
}

static bool take_global(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->limits_which |= WARD_LIMIT_GLOBAL;
	return bytes(value, &s->limits.global);
}

static bool take_session(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->limits_which |= WARD_LIMIT_SESSION;
	return bytes(value, &s->limits.session);
}

static bool take_each_user(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->limits_which |= WARD_LIMIT_USER;
	return bytes(value, &s->limits.user);
}

static bool take_user_limit(struct config_settings *s, const char *rest, const char *value)
{
	struct config_user *user = &s->user[s->users];

	if (s->users == COUNT(s->user) || !user_parse(rest, &user->uid) ||
	    !bytes(value, &user->bytes))
		return false;
	for (size_t i = 0; i < s->users; i++)
		if (s->user[i].uid == user->uid)
			return false;
	s->users++;
	return true;
}

/* ---- pace --------------------------------------------------------------------------- */

static bool take_pace(struct config_settings *s, const struct pace_knob *knob, const char *value)
{
	s->pace_which |= knob->which;
	return pace_parse(knob, value, &s->pace);
}

#define TAKE_PACE(n)									\
static bool take_pace_##n(struct config_settings *s, const char *rest, const char *value)	\
{											\
	(void)rest;									\
	return take_pace(s, &pace_knobs[n], value);					\
}
TAKE_PACE(0)
TAKE_PACE(1)
TAKE_PACE(2)
TAKE_PACE(3)
TAKE_PACE(4)

/* ---- policy ------------------------------------------------------------------------- */

static bool take_others(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->others = true;
	return policy_purposes(value, &s->policy.purposes);
}

static bool take_rule(struct config_settings *s, bool is_group, const char *who, const char *value)
{
	struct ward_attest_rule *rule = &s->rule[s->policy.rules];

	if (s->policy.rules == COUNT(s->rule))
		return false;
	rule->is_group = is_group;
	if (!(is_group ? group_parse(who, &rule->id) : user_parse(who, &rule->id)) ||
	    !policy_purposes(value, &rule->purposes))
		return false;
	for (size_t i = 0; i < s->policy.rules; i++)
		if (s->rule[i].is_group == rule->is_group && s->rule[i].id == rule->id)
			return false;
	s->policy.rules++;
	return true;
}

static bool take_user_rule(struct config_settings *s, const char *rest, const char *value)
{
	return take_rule(s, false, rest, value);
}

static bool take_group_rule(struct config_settings *s, const char *rest, const char *value)
{
	return take_rule(s, true, rest, value);
}

static bool take_posture(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	return policy_bits(value, &device_postures, &s->policy.posture);
}

static bool take_bits32(const char *value, const struct device_words *words, uint32_t *to)
{
	uint64_t bits = 0;
	bool good = policy_bits(value, words, &bits);

	*to = (uint32_t)bits;
	return good;
}

static bool take_refuse(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	return take_bits32(value, &device_refusals, &s->policy.refuse);
}

static bool take_latch(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	return take_bits32(value, &policy_latches, &s->policy.latches);
}

/* ---- provider ----------------------------------------------------------------------- */

static bool take_tsm(struct config_settings *s, const char *rest, const char *value)
{
	static const char *const words[] = { "auto", "yes", "no" };

	(void)rest;
	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcmp(value, words[i])) {
			s->tsm = (enum config_tsm)i;
			return true;
		}
	return false;
}

static bool digits(const char *value)
{
	return *value && strlen(value) < 10 && !value[strspn(value, "0123456789")];
}

static bool take_privlevel(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->attribute[0] = value;
	return digits(value);
}

static bool take_service(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->attribute[1] = value;
	return strlen(value) < 64;
}

static bool take_guid(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->attribute[2] = value;
	return strlen(value) == 36 && !value[strspn(value, "0123456789abcdefABCDEF-")];
}

static bool take_manifest(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->attribute[3] = value;
	return digits(value);
}

/* ---- wardd -------------------------------------------------------------------------- */

/* One word for systemd, too, which splits the line: no blanks, quotes or variables. */
static bool is_backend(const char *text, size_t len)
{
	size_t name = strcspn(text, ", \t");

	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+=,",
			    text[i]))
			return false;
	for (size_t i = 0; i < COUNT(backends); i++)
		if (name <= len && strlen(backends[i]) == name && !strncmp(backends[i], text, name))
			return true;
	return false;
}

static bool are_backends(const char *value)
{
	for (size_t len; *value; value += len + strspn(value + len, " \t")) {
		len = strcspn(value, " \t");
		if (!is_backend(value, len))
			return false;
	}
	return true;
}

static bool take_backend(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->backends = value;
	return are_backends(value);
}

static bool take_beside(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->besides = value;
	return are_backends(value);
}

static bool take_exclusive(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->exclusive = value;
	return !strcmp(value, "no") || !strcmp(value, "check") || !strcmp(value, "mend");
}

static bool take_keys(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->wardd_keys = !strcmp(value, "yes");
	return s->wardd_keys || !strcmp(value, "no");
}

/* ---- fetch -------------------------------------------------------------------------- */

static bool take_source(struct config_settings *s, const char *rest, const char *value)
{
	size_t count = 0;

	(void)rest;
	s->fetch_source = value;
	for (size_t len; *value; value += len + strspn(value + len, " \t")) {
		len = strcspn(value, " \t");
		if (!fetch_source_fits(value, len) || ++count > FETCH_SOURCES_MAX)
			return false;
	}
	return true;
}

static bool take_import(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->fetch_import = value;
	return value[0] == '/';
}

static bool take_tls_ca(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->fetch_tls_ca = value;
	return value[0] == '/';
}

static bool take_proxy(struct config_settings *s, const char *rest, const char *value)
{
	(void)rest;
	s->fetch_proxy = value;
	return fetch_proxy_fits(value);
}

/* ---- the table ---------------------------------------------------------------------- */

#define SIZE "bytes, a multiple of the page size, or with K, M, G or T, or none"
#define PURPOSES "release, channel, receipt, seal, report, all (= these five), raw, with commas "	\
		 "between them, or none"
#define BACKENDS "names of sev-guest, tdx-guest, nitro, azure and vtpm with blanks between them, "	\
		 "each with its options as wardd(8) has them (sev-guest,vmpl=1)"

static const struct key keys[] = {
	{ "limits", "global", take_global, SIZE },
	{ "limits", "each-user", take_each_user, SIZE },
	{ "limits", "session", take_session, SIZE },
	{ "limits", "user.", take_user_limit, "after the dot a user of this machine or a uid, each once; " SIZE },
	{ "pace", "call-interval", take_pace_0, "milliseconds, 0 to 3600000" },
	{ "pace", "call-burst", take_pace_1, "1 to 4096" },
	{ "pace", "user-interval", take_pace_2, "milliseconds, 0 to 3600000" },
	{ "pace", "user-burst", take_pace_3, "1 to 4096" },
	{ "pace", "cooldown", take_pace_4, "milliseconds, 0 to 3600000" },
	{ "policy", "others", take_others, PURPOSES },
	{ "policy", "user.", take_user_rule, "after the dot a user of this machine or a uid, each once; " PURPOSES },
	{ "policy", "group.", take_group_rule, "after the dot a group of this machine or a gid, each once; " PURPOSES },
	{ "policy", "posture", take_posture, "facts by the names of 'wardctl status', with commas, or none" },
	{ "policy", "refuse", take_refuse, "traced, dumpable, with a comma, or none" },
	{ "policy", "latch", take_latch, "rules, posture, refuse, with commas, or none" },
	{ "provider", "tsm", take_tsm, "auto, yes or no" },
	{ "provider", "privlevel", take_privlevel, "a number" },
	{ "provider", "service-provider", take_service, "a name" },
	{ "provider", "service-guid", take_guid, "a GUID" },
	{ "provider", "service-manifest-version", take_manifest, "a number" },
	{ "wardd", "backend", take_backend, BACKENDS },
	{ "wardd", "beside", take_beside, BACKENDS },
	{ "wardd", "exclusive", take_exclusive, "no, check or mend" },
	{ "wardd", "keys", take_keys, "yes or no" },
	{ "fetch", "source", take_source, "kds, thim, pcs, each with =ADDRESS or alone, and pccs=ADDRESS, with "
	  "blanks between them; an address is https://HOST" },
	{ "fetch", "import", take_import, "an absolute path" },
	{ "fetch", "tls-ca", take_tls_ca, "an absolute path" },
	{ "fetch", "proxy", take_proxy, "an address: http://HOST:PORT" },
};

const char *config_section(const char *name)
{
	for (size_t i = 0; i < COUNT(sections); i++)
		if (!strcmp(name, sections[i]))
			return sections[i];
	return NULL;
}

/* What follows the name where it is @key; else NULL. */
static const char *match(const struct key *key, const struct config_entry *entry)
{
	size_t len = strlen(key->name);

	if (strcmp(key->section, entry->section))
		return NULL;
	if (key->name[len - 1] == '.')
		return strncmp(entry->key, key->name, len) || !entry->key[len] ? NULL :
		       entry->key + len;
	return strcmp(entry->key, key->name) ? NULL : "";
}

static void unknown(struct config *config, const struct config_entry *entry)
{
	char names[256] = "";
	size_t at = 0;

	for (size_t i = 0; i < COUNT(keys); i++)
		if (!strcmp(keys[i].section, entry->section))
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s%s", at ? ", " : "",
					       keys[i].name, keys[i].name[strlen(keys[i].name) - 1] == '.' ?
					       "NAME" : "");
	config_problem(config, entry->file, entry->line, "[%s] has no key '%.64s'; it has %s",
		       entry->section, entry->key, names);
}

static void take_entry(struct config *config, struct config_settings *s,
		       const struct config_entry *entry)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *rest = match(&keys[i], entry);

		if (!rest)
			continue;
		if (!*entry->value)
			return;
		s->has_policy |= !strcmp(entry->section, "policy");
		if (!keys[i].take(s, rest, entry->value))
			config_problem(config, entry->file, entry->line, "[%s] %.64s = %.64s: allowed is %s",
				       entry->section, entry->key, entry->value, keys[i].allowed);
		return;
	}
	unknown(config, entry);
}

void config_settings_read(struct config *config, struct config_settings *s)
{
	memset(s, 0, sizeof(*s));
	s->limits.size = sizeof(s->limits);
	s->policy.rule = s->rule;
	for (size_t i = 0; i < config->entries; i++)
		take_entry(config, s, &config->entry[i]);
	if (s->has_policy && !s->others)
		config_problem(config, NULL, 0, "[policy] lacks 'others': what may be asked for by whom no "
			       "rule names");
}
