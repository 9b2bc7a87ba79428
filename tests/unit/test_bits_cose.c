// SPDX-License-Identifier: MIT
/* Every bit of COSE evidence: Nitro documents, CCA and PSA tokens. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "cose_make.h"
#include "intel_make.h"

static struct nitro_pki pki;
static EVP_PKEY *key;
static struct wv_bytes made;
static uint8_t data[64];

static void open_common(struct bits_subject *s, const char *tee)
{
	memset(data, 0xd7, sizeof(data));
	strcpy(s->evidence.tee, tee);
	s->evidence.data = made;
	s->challenge = (struct wv_bytes){ data, sizeof(data) };
	s->appraisal.now = COSE_NOW;
	s->bytes = (uint8_t *)made.data;
	s->len = made.len;
}

static bool open_nitro(struct bits_subject *s, int form)
{
	struct nitro_plan plan = { .user_data = { data, sizeof(data) } };

	(void)form;
	memset(data, 0xd7, sizeof(data));
	nitro_pki_make(&nitro_default, &pki);
	made = nitro_make(&pki, &plan);
	open_common(s, "nitro");
	bits_root(s, intel_pem((X509 *[]){ pki.root }, 1));
	bits_policy(s, "{\"ward-policy\":1,\"allow_tee\":[\"nitro\"],"
		       "\"accept_unmeasured\":true,\"allow_debug\":true}");
	return true;
}

static void close_nitro(struct bits_subject *s)
{
	bits_close(s);
	ut_free(made);
	nitro_pki_free(&pki);
}

enum form { CCA, CCA_OLD, CCA_CMW, PSA, PSA_OLD };

/* Behind a half's number in the collection, and the head of its pair. */
static void span_format(struct bits_subject *s, const char *before)
{
	bits_span(s, bits_find(made, before, 4) + 4, 3,
		  "each half's content format: its own claims say what it is");
}

/* The policy names the key: whose the platform is. */
static bool open_arm(struct bits_subject *s, int form)
{
	struct arm_plan plan = { .challenge = { data, sizeof(data) },
				 .old = form == CCA_OLD || form == PSA_OLD,
				 .cmw = form == CCA_CMW };
	bool cca = form < PSA;
	const char *tee = cca ? "cca" : "psa";
	char policy[1024], *public;

	memset(data, 0xd7, sizeof(data));
	key = EVP_EC_gen("P-256");
	plan.platform.key = plan.realm.key = key;
	made = cca ? cca_make(&plan) : psa_make(&plan);
	open_common(s, tee);
	s->appraisal.roots = wv_roots_new();
	public = cose_public(key);
	snprintf(policy, sizeof(policy),
		 "{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_debug\":true,"
		 "\"allow_tee\":[\"cca\"],\"%s\":{\"%s\":[{\"public_key\":\"%s\"}]}}", tee,
		 cca ? "platform_keys" : "keys", public);
	free(public);
	bits_policy(s, policy);
	if (form == CCA_CMW) {
		span_format(s, "\x19\xac\xca\x82");
		span_format(s, "\x19\xac\xd1\x82");
	}
	return true;
}

static void close_arm(struct bits_subject *s)
{
	bits_close(s);
	ut_free(made);
	EVP_PKEY_free(key);
}

static const struct bits_kind nitro = { "nitro, document", 1, open_nitro, close_nitro, 0 };
static const struct bits_kind cca = { "cca, token", 8, open_arm, close_arm, CCA };
static const struct bits_kind cca_old = { "cca, token of the first profile", 8, open_arm, close_arm,
					  CCA_OLD };
static const struct bits_kind cca_cmw = { "cca, token in a CMW", 8, open_arm, close_arm, CCA_CMW };
static const struct bits_kind psa = { "psa, token", 8, open_arm, close_arm, PSA };
static const struct bits_kind psa_old = { "psa, token of the first profile", 8, open_arm, close_arm,
					  PSA_OLD };

int main(void)
{
	const struct bits_kind *const kinds[] = { &nitro, &cca, &cca_old, &cca_cmw, &psa,
						  &psa_old };

	return bits_run("every bit of COSE evidence", kinds, 6);
}
