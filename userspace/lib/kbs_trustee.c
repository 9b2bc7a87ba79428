// SPDX-License-Identifier: MIT
/*
 * The same protocol as Trustee's guests speak it: what binds the evidence to nonce and
 * key is a digest of both in canonical JSON (RFC 8785), put into the report data as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "kbs_private.h"

#define REQUEST_MAX	160

/*
 * Canonical: names sorted, no blanks; all texts are ASCII that nothing escapes, base64
 * of either alphabet and names of algorithms.
 */
static char *runtime_data(const struct kbs_challenge *c, json_t *public)
{
	json_t *data = json_pack("{s:s, s:s, s:O}", "additional-evidence", "", "nonce", c->text,
				 "tee-pubkey", public);
	char *text = data ? json_dumps(data, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(data);
	return text;
}

/* Longer digests don't fit: raw report data end in zeroes, so that no claims' hash is one. */
static const EVP_MD *digest_of(const struct kbs_challenge *c)
{
	if (!*c->hash || !strcmp(c->hash, "sha384"))
		return EVP_sha384();
	return strcmp(c->hash, "sha256") ? NULL : EVP_sha256();
}

static int bind_to(const struct kbs_challenge *c, json_t *public, uint8_t *report_data,
		   struct ward_kbs_error *err)
{
	const EVP_MD *md = digest_of(c);
	char *text;
	int good;

	if (!md)
		return kbs_fail(err, -EOPNOTSUPP, 200, "",
				"the broker's challenge: its hash algorithm is neither sha384 nor "
				"sha256");
	text = runtime_data(c, public);
	memset(report_data, 0, WARD_KBS_BINDING_LEN);
	good = text && EVP_Digest(text, strlen(text), report_data, NULL, md, NULL) == 1;
	free(text);
	return good ? 0 : kbs_fail(err, -EIO, 0, "", "can't compute the report data");
}

/* The body of /attest, to be freed. */
static char *compose(const struct kbs_challenge *c, json_t *public, json_t *evidence)
{
	json_t *body = json_pack("{s:{s:s, s:O}, s:{s:O, s:s}}", "runtime-data", "nonce", c->text,
				 "tee-pubkey", public, "tee-evidence", "primary_evidence",
				 evidence, "additional_evidence", "");
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;

	json_decref(body);
	return text;
}

/**
 * struct attester - what the caller said
 * @tee: WARD_TEE_*, as announced to the broker
 */
struct attester {
	uint32_t tee;
	ward_kbs_raw_fn get;
	void *arg;
};

static int evidence_of(const struct attester *by, const uint8_t *report_data, json_t **out,
		       struct ward_kbs_error *err)
{
	struct ward_evidence *evidence = NULL;
	int rc = by->get(report_data, &evidence, by->arg);

	if (rc)
		return kbs_fail(err, rc, 0, "", "no evidence: %s", ward_strerror(rc));
	if (evidence->tee != by->tee || evidence->data_len > KBS_EVIDENCE_MAX)
		rc = kbs_fail(err, -EOPNOTSUPP, 0, "",
			      "the evidence is of %s, which was not announced to the broker",
			      ward_tee_name(evidence->tee));
	*out = rc ? NULL : kbs_trustee_evidence(evidence);
	ward_evidence_free(evidence);
	if (!rc && !*out)
		rc = kbs_fail(err, -EBADMSG, 0, "", "the evidence is not what its TEE gives");
	return rc;
}

static int collect(const struct kbs_challenge *c, const struct attester *by,
		   json_t *public, char **body, struct ward_kbs_error *err)
{
	uint8_t report_data[WARD_KBS_BINDING_LEN];
	json_t *evidence = NULL;
	int rc;

	rc = bind_to(c, public, report_data, err);
	if (!rc)
		rc = evidence_of(by, report_data, &evidence, err);
	if (rc)
		return rc;
	*body = compose(c, public, evidence);
	json_decref(evidence);
	return *body ? 0 : kbs_fail(err, -ENOMEM, 0, "", "no memory");
}

static int converse(struct ward_kbs *kbs, const char *request, const struct attester *by,
		    struct ward_kbs_error *err)
{
	json_t *public = kbs_key_trustee_public(kbs->key);
	struct kbs_challenge c;
	char *body = NULL;
	int rc;

	if (!public)
		return kbs_fail(err, -ENOMEM, 0, "", "no memory");
	rc = kbs_ask(kbs, request, &c, err);
	if (!rc)
		rc = collect(&c, by, public, &body, err);
	if (!rc)
		rc = kbs_answer(kbs, body, err);
	json_decref(public);
	free(body);
	return rc;
}

int ward_kbs_attest_trustee(struct ward_kbs *kbs, uint32_t tee, enum ward_kbs_key kind,
			    ward_kbs_raw_fn evidence, void *arg, struct ward_kbs_error *err)
{
	const struct attester by = { tee, evidence, arg };
	const char *name = kbs_trustee_tee(tee);
	char request[REQUEST_MAX];
	int rc;

	kbs_forget(kbs);
	if (!name)
		return kbs_fail(err, -EOPNOTSUPP, 0, "",
				"Trustee has no evidence of %s over raw report data",
				ward_tee_name(tee));
	snprintf(request, sizeof(request), "{\"version\":\"0.4.0\",\"tee\":\"%s\",\"extra-params\":"
		 "{\"supported-hash-algorithms\":[\"sha256\",\"sha384\"]}}", name);
	kbs->to_session = 0;
	kbs->key = kbs_key_trustee(kind);
	if (!kbs->key)
		return kbs_fail(err, -EIO, 0, "", "can't make an ephemeral key");
	rc = converse(kbs, request, &by, err);
	if (!rc && kbs->expires && kbs->expires <= time(NULL))
		rc = kbs_fail(err, -EKEYEXPIRED, 200, "",
			      "the broker's token had ended when it came: is a clock wrong?");
	if (rc)
		kbs_forget(kbs);
	return rc;
}
