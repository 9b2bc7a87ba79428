// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "../verifier/hex.h"
#include "audit_chain.h"

#define SIGNATURE_LEN 64

static const char label[] = "WARD-AUDIT-V1";	/* its NUL is hashed, too */

/** struct entry - one line, borrowed from its JSON */
struct entry {
	const char *record;
	size_t record_len;
	uint8_t head[AUDIT_HEAD_LEN];
	uint8_t signature[SIGNATURE_LEN];
};

static int refuse(struct audit_chain *c, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(struct audit_chain *c, const char *reason, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	c->reason = reason;
	snprintf(c->fault, sizeof(c->fault), "line %llu: %s", (unsigned long long)c->count + 1, what);
	return -1;
}

static int take_entry(struct audit_chain *c, json_t *line, struct entry *e)
{
	const char *head, *signature;

	if (json_unpack(line, "{s:s%, s:s, s:s !}", "record", &e->record, &e->record_len, "head",
			&head, "signature", &signature) ||
	    !hex_decode_lower(head, e->head, AUDIT_HEAD_LEN) ||
	    !hex_decode_lower(signature, e->signature, SIGNATURE_LEN))
		return refuse(c, "audit-damaged", "it is not {\"record\", \"head\", \"signature\"}");
	return 0;
}

static int signature_holds(EVP_PKEY *key, const struct entry *e)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		 EVP_DigestVerify(ctx, e->signature, SIGNATURE_LEN, e->head, AUDIT_HEAD_LEN) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

static int follows(const struct audit_chain *c, const struct entry *e)
{
	uint8_t all[sizeof(label) + AUDIT_HEAD_LEN + 32], head[AUDIT_HEAD_LEN];

	memcpy(all, label, sizeof(label));
	memcpy(all + sizeof(label), c->head, AUDIT_HEAD_LEN);
	return EVP_Digest(e->record, e->record_len, all + sizeof(label) + AUDIT_HEAD_LEN, NULL,
			  EVP_sha256(), NULL) == 1 &&
	       EVP_Digest(all, sizeof(all), head, NULL, EVP_sha256(), NULL) == 1 &&
	       !memcmp(head, e->head, AUDIT_HEAD_LEN);
}

/* @sum: how many refusals the record counts; 0 = it is a decision of its own */
static void note(struct audit_chain *c, const char *time, const char *event, const char *result,
		 json_int_t sum)
{
	int ok = !strcmp(result, "ok");

	c->refused += sum > 0 ? (uint64_t)sum : !ok;
	c->releases += ok && !strcmp(event, "release");
	if (!c->count)
		snprintf(c->first, sizeof(c->first), "%s", time);
	snprintf(c->last, sizeof(c->last), "%s", time);
	c->count++;
}

/* Number first: what is missing or moved shall be called so. */
static int check(struct audit_chain *c, const struct entry *e, json_t *record)
{
	const char *time, *event, *result;
	json_int_t seq, sum = 0;

	if (json_unpack(record, "{s:I, s:s, s:s, s:s, s?I}", "seq", &seq, "time", &time, "event", &event,
			"result", &result, "total", &sum))
		return refuse(c, "audit-damaged", "its record is none");
	if (seq < 1 || (uint64_t)seq != c->count + 1)
		return refuse(c, "chain-broken", "record %lld stands where record %llu belongs",
			      (long long)seq, (unsigned long long)c->count + 1);
	if (!signature_holds(c->key, e))
		return refuse(c, "signature-invalid", "its head is not signed by this key");
	if (!follows(c, e))
		return refuse(c, "chain-broken",
			      "the record, or one before it, is not what was signed");
	memcpy(c->head, e->head, AUDIT_HEAD_LEN);
	note(c, time, event, result, sum);
	return 0;
}

int audit_chain_add(struct audit_chain *c, const char *line, size_t len)
{
	json_t *o = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL), *record = NULL;
	struct entry e;
	int rc = o ? take_entry(c, o, &e) : refuse(c, "audit-damaged", "it is not JSON");

	if (!rc) {
		record = json_loadb(e.record, e.record_len, JSON_REJECT_DUPLICATES, NULL);
		rc = record ? check(c, &e, record) :
			      refuse(c, "audit-damaged", "its record is not JSON");
	}
	json_decref(record);
	json_decref(o);
	return rc;
}
