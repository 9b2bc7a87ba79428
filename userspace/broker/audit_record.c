// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "audit_record.h"
#include "tally.h"
#include "text.h"

static const char label[] = "WARD-AUDIT-V1";	/* its NUL is hashed, too */

/* A member that is not there is left out. */
static int add_text(json_t *o, const char *name, const char *text)
{
	return text ? json_object_set_new(o, name, text_json(text)) : 0;
}

static int add_hex(json_t *o, const char *name, const uint8_t *data, size_t len)
{
	char hex[2 * 48 + 1];

	if (!data)
		return 0;
	text_hex(data, len, hex);
	return add_text(o, name, hex);
}

static int add_line_digest(json_t *o, const char *line)
{
	uint8_t md[32];

	if (!line)
		return 0;
	return EVP_Digest(line, strlen(line), md, NULL, EVP_sha256(), NULL) == 1 ?
		       add_hex(o, "line_sha256", md, sizeof(md)) : -1;
}

static int add_who(json_t *o, const struct attested *who)
{
	if (!who)
		return 0;
	return add_hex(o, "session", who->session, sizeof(who->session)) ||
	       add_hex(o, "instance", who->instance, sizeof(who->instance)) ||
	       json_object_set_new(o, "uid", json_integer(who->uid)) ||
	       add_hex(o, "measurement", who->measurement, sizeof(who->measurement));
}

static int add_sum(json_t *o, const struct audit_entry *e)
{
	char since[TEXT_TIME_LEN];

	if (!e->sum)
		return 0;
	text_time(e->since, since);
	return add_text(o, "since", since) ||
	       json_object_set_new(o, "total", json_integer((json_int_t)e->sum->total)) ||
	       json_object_set_new(o, "counts", tally_json(e->sum));
}

char *audit_record(int64_t seq, const struct audit_entry *e)
{
	json_t *o = json_object();
	char when[TEXT_TIME_LEN], *out = NULL;

	text_time(e->time, when);
	if (!json_object_set_new(o, "seq", json_integer(seq)) && !add_text(o, "time", when) &&
	    !add_text(o, "event", e->event) && !add_text(o, "result", e->result) &&
	    !add_text(o, "peer", e->peer) && !add_hex(o, "client", e->client, 32) &&
	    !add_text(o, "resource", e->resource) &&
	    !add_hex(o, "evidence_sha256", e->evidence, 32) &&
	    !add_hex(o, "policy_sha256", e->policy, 32) && !add_who(o, e->who) &&
	    !add_hex(o, "release", e->release, 16) &&
	    (!e->use || !json_object_set_new(o, "use", json_integer(e->use))) &&
	    !add_line_digest(o, e->line) && !add_sum(o, e))
		out = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (out && strlen(out) > AUDIT_RECORD_MAX) {
		free(out);
		out = NULL;
	}
	return out;
}

int audit_head(uint8_t head[AUDIT_HEAD_LEN], const char *record, size_t len)
{
	uint8_t all[sizeof(label) + AUDIT_HEAD_LEN + 32];

	memcpy(all, label, sizeof(label));
	memcpy(all + sizeof(label), head, AUDIT_HEAD_LEN);
	return EVP_Digest(record, len, all + sizeof(label) + AUDIT_HEAD_LEN, NULL, EVP_sha256(),
			  NULL) == 1 &&
	       EVP_Digest(all, sizeof(all), head, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

int audit_line(FILE *out, const struct db_value *record, const struct db_value *head,
	       const struct db_value *signature)
{
	char head_hex[2 * AUDIT_HEAD_LEN + 1], signature_hex[2 * 64 + 1], *text;
	json_t *o;

	if (head->len != AUDIT_HEAD_LEN || signature->len != 64)
		return -EBADMSG;
	text_hex(head->data, head->len, head_hex);
	text_hex(signature->data, signature->len, signature_hex);
	o = json_pack("{s:s%, s:s, s:s}", "record", record->data, record->len, "head", head_hex,
		      "signature", signature_hex);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!text)
		return -ENOMEM;
	fprintf(out, "%s\n", text);
	free(text);
	return 0;
}
