// SPDX-License-Identifier: MIT
/*
 * What Azure Attestation answers: a token, or the envelope of one that is encrypted to the
 * vTPM's key. The TPM is the target's own: the first byte says how long the key is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/maa.h"
#include "maa_envelope.h"
#include "sentence.h"

int maa_tpm_open(const struct maa_key *k, enum maa_scheme scheme, const uint8_t *in, uint8_t *out,
		 size_t *len, struct trouble *why)
{
	static const size_t lengths[] = { 32, 16, 24, 64, 0 };

	if (!k->where || scheme != MAA_PKCS1)
		fuzz_die("another key, or scheme");
	*len = in[0] < 5 ? lengths[in[0]] : 0;
	memset(out, FUZZ_MAA_KEY, *len);
	return in[0] < 5 ? 0 : trouble_set(why, -EBADMSG, "not for this TPM");
}

/* Nobody who lacks the key changes what is inside. */
static int envelope(const json_t *reply)
{
	struct wardctl ctl = { .quiet = true };
	struct maa m = { .ctl = &ctl, .url = "https://m.example", .key = { .where = "t", .pcrs = 1 } };
	int rc = maa_answer(&m, reply);

	if (!rc && strcmp(m.token, FUZZ_MAA_TOKEN))
		fuzz_die("a token that nobody encrypted: %s", m.token);
	if (rc && m.token)
		fuzz_die("refused, and a token is there");
	if (!rc && maa_names_key(&m))
		fuzz_die("a token without keys names ours");
	free(m.token);
	return rc;
}

/* A token that is not encrypted is the text itself, and is judged elsewhere (token). */
static void plain(const json_t *reply)
{
	struct wardctl ctl = { .quiet = true };
	struct maa m = { .ctl = &ctl, .url = "https://m.example" };

	if (!maa_answer(&m, reply)) {
		if (strcmp(m.token, json_string_value(json_object_get(reply, "token"))))
			fuzz_die("another token than the answer's");
		maa_names_key(&m);
	}
	free(m.token);
}

int fuzz_one(struct wv_bytes in)
{
	json_t *reply = json_loadb((const char *)in.data, in.len, JSON_REJECT_DUPLICATES, NULL);
	int rc;

	if (!json_is_object(reply)) {	/* maa_ask() refuses it */
		json_decref(reply);
		return WV_USAGE;
	}
	rc = envelope(reply);
	plain(reply);
	json_decref(reply);
	return rc ? WV_USAGE : WV_OK;
}
