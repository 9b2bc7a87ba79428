// SPDX-License-Identifier: MIT
#include <string.h>

#include <jansson.h>

#include "attested_json.h"
#include "text.h"

json_t *attested_policies_write(const struct attested *who)
{
	json_t *list = json_array();
	char hex[2 * ATTESTED_POLICY_ID + 1];

	for (uint32_t i = 0; list && i < who->policy_count; i++) {
		text_hex(who->policies[i], ATTESTED_POLICY_ID, hex);
		json_array_append_new(list, json_string(hex));
	}
	return list;
}

int attested_policies_read(const json_t *list, struct attested *out)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > ATTESTED_MET_MAX)
		return -1;
	json_array_foreach(list, i, one)
		if (!json_is_string(one) ||
		    text_unhex(json_string_value(one), out->policies[i], ATTESTED_POLICY_ID))
			return -1;
	out->policy_count = (uint32_t)json_array_size(list);
	return 0;
}

char *attested_write(const struct attested *who)
{
	char session[33], instance[33], measurement[97], evidence[65], *out;
	json_t *o;

	text_hex(who->session, 16, session);
	text_hex(who->instance, 16, instance);
	text_hex(who->measurement, 48, measurement);
	text_hex(who->evidence, 32, evidence);
	o = json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:b, s:s, s:o}", "session", session, "instance",
		      instance, "uid", (json_int_t)who->uid, "measurement", measurement,
		      "evidence_sha256", evidence, "measured", who->measured, "simulated",
		      who->simulated, "tee-pubkey", who->tee_pubkey, "policies",
		      attested_policies_write(who));
	out = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return out;
}

static int unpack(json_t *o, struct attested *who)
{
	const char *session, *instance, *measurement, *evidence, *key;
	json_int_t uid;
	json_t *policies;

	if (json_unpack(o, "{s:s, s:s, s:I, s:s, s:s, s:b, s:b, s:s, s:o !}", "session", &session,
			"instance", &instance, "uid", &uid, "measurement", &measurement,
			"evidence_sha256", &evidence, "measured", &who->measured, "simulated",
			&who->simulated, "tee-pubkey", &key, "policies", &policies) ||
	    attested_policies_read(policies, who) ||
	    uid < 0 || uid > UINT32_MAX || strlen(key) >= sizeof(who->tee_pubkey))
		return -1;
	who->uid = (uint32_t)uid;
	strcpy(who->tee_pubkey, key);
	return text_unhex(session, who->session, 16) | text_unhex(instance, who->instance, 16) |
	       text_unhex(measurement, who->measurement, 48) |
	       text_unhex(evidence, who->evidence, 32);
}

int attested_read(const char *json, size_t len, struct attested *out)
{
	json_t *o = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	int rc;

	memset(out, 0, sizeof(*out));
	rc = o ? unpack(o, out) : -1;
	json_decref(o);
	return rc;
}
