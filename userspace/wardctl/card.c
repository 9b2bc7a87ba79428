// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "appraise.h"
#include "card.h"
#include "hex.h"
#include "infile.h"
#include "libward.h"

enum { MODELS = 2 };

/**
 * struct card - what a card says that can be checked here
 * @digest: SHA-512 of its bytes
 * @name: of each model's file, which stands beside it; @sha256 of its bytes
 */
struct card {
	const char *path;
	json_t *json;
	uint8_t digest[64];
	uint8_t session[16];
	uint8_t instance[16];
	uint8_t declared[64];
	const char *name[MODELS];
	uint8_t sha256[MODELS][32];
};

void card_free(struct card *card)
{
	if (!card)
		return;
	json_decref(card->json);
	free(card);
}

static bool take_hex(const json_t *object, const char *member, uint8_t *out, size_t len)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text && strlen(text) == 2 * len && hex_decode_lower(text, out, len);
}

/* A name, not a way to somewhere else. */
static bool take_model(const json_t *model, const char **name, uint8_t *sha256)
{
	*name = json_string_value(json_object_get(model, "file"));
	return *name && **name && **name != '.' && !strchr(*name, '/') &&
	       take_hex(model, "sha256", sha256, 32);
}

static bool take_members(struct card *card)
{
	const json_t *worker = json_object_get(card->json, "worker");

	return json_integer_value(json_object_get(card->json, "ward-card")) == 1 &&
	       take_hex(worker, "session", card->session, sizeof(card->session)) &&
	       take_hex(worker, "instance", card->instance, sizeof(card->instance)) &&
	       take_hex(worker, "declared", card->declared, sizeof(card->declared)) &&
	       take_model(json_object_get(card->json, "model"), &card->name[0], card->sha256[0]) &&
	       take_model(json_object_get(card->json, "onnx"), &card->name[1], card->sha256[1]);
}

static int read_card(struct wardctl *ctl, struct card *card, const char *path)
{
	struct wv_bytes bytes;
	bool sound;
	int rc = infile_read(ctl, path, &bytes);

	if (rc)
		return rc;
	card->path = path;
	card->json = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, NULL);
	sound = json_is_object(card->json) && take_members(card) &&
		EVP_Digest(bytes.data, bytes.len, card->digest, NULL, EVP_sha512(), NULL) == 1;
	infile_free(&bytes);
	return sound ? EXIT_OK : ctl_error(ctl, EXIT_DAMAGED, "card-damaged",
					   "%s is not a model's card of version 1", path);
}

int card_expect(struct wardctl *ctl, struct appraise *a, const char *path)
{
	struct wv_expect *expect = &a->expect;
	int rc;

	if (expect->nonce.len || expect->binding.len || expect->purpose)
		return ctl_usage(ctl, "--card says nonce, binding and purpose itself");
	a->card = calloc(1, sizeof(*a->card));
	if (!a->card)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = read_card(ctl, a->card, path);
	if (rc)
		return rc;
	if (expect->session.len && memcmp(a->session, a->card->session, sizeof(a->session)))
		return ctl_error(ctl, EXIT_POLICY, "wrong-session", "%s is of another session", path);
	memcpy(a->nonce, a->card->digest, sizeof(a->nonce));
	if (ward_binding_card(a->card->digest, a->binding))
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	expect->nonce = (struct wv_bytes){ a->nonce, sizeof(a->nonce) };
	expect->binding = (struct wv_bytes){ a->binding, sizeof(a->binding) };
	expect->session = (struct wv_bytes){ a->card->session, sizeof(a->card->session) };
	expect->purpose = WARD_PURPOSE_REPORT;
	return EXIT_OK;
}

static int check_model(struct wardctl *ctl, const struct card *card, int i)
{
	const char *slash = strrchr(card->path, '/');
	struct wv_bytes bytes = { 0 };
	uint8_t sha256[32];
	char *path;
	int rc;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - card->path + 1) : 0, card->path,
		     card->name[i]) < 0)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = infile_read_image(ctl, path, &bytes);
	if (!rc && (EVP_Digest(bytes.data, bytes.len, sha256, NULL, EVP_sha256(), NULL) != 1 ||
		    memcmp(sha256, card->sha256[i], sizeof(sha256))))
		rc = ctl_error(ctl, EXIT_EVIDENCE, "card-mismatch",
			       "%s is not the model that the card was written for", path);
	infile_free(&bytes);
	free(path);
	return rc;
}

int card_check(struct wardctl *ctl, const struct card *card, const struct wv_claims *claims)
{
	int i, rc = EXIT_OK;

	if (memcmp(card->instance, claims->instance, sizeof(card->instance)) ||
	    memcmp(card->declared, claims->declared, sizeof(card->declared)))
		return ctl_error(ctl, EXIT_EVIDENCE, "card-mismatch",
				 "%s names another instance or declared register than the claims",
				 card->path);
	for (i = 0; !rc && i < MODELS; i++)
		rc = check_model(ctl, card, i);
	return rc;
}

void card_show(struct output *o, const struct card *card)
{
	const json_t *plan = json_object_get(card->json, "plan");
	const char *name = json_string_value(json_object_get(plan, "name"));

	out_text(o, "card", card->path);
	out_text(o, "model", card->name[0]);
	out_text(o, "onnx", card->name[1]);
	if (name)
		out_text(o, "plan", name);
}
