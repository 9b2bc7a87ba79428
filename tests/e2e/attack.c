// SPDX-License-Identifier: MIT
/*
 * attack: ask a broker for a data key in ways that it must refuse, and make a
 * receipt that its owner must refuse.
 *
 *   attack --url URL --ca FILE --plan FILE --resource PATH [--wait SECONDS] CASE
 *   attack --plan FILE --like RECEIPT --out FILE foreign
 *
 *   honest    all as it should be, with the session's own key where the kernel has
 *             one: evidence is accepted, nothing is fetched. The
 *             others differ from it in one thing; run as another user, in another
 *             guest or on a debug TEE it becomes one of them
 *   purpose   evidence that was taken for a report
 *   replay    an accepted message once more, in a new conversation
 *   expired   evidence that is handed in --wait seconds after the challenge
 *   claims    one bit of the claims changed: another uid
 *   key       evidence bound to one key, the answer wanted for another
 *   user      evidence bound to a key of the client's own, though the kernel has one
 *   borrowed  evidence bound to the key of another session
 *   foreign   a sealed session that never held a byte signs what the receipt of
 *             another one signs: the same nonce, the same binding. Before the seal
 *             it asks for the same and says what the kernel answered
 *
 * Prints one line of JSON: case, status and reason of the attestation, status and
 * reason of the resource asked for afterwards. Exit: 0 when both were answered,
 * whatever the answer; 6 device trouble; 8 network trouble.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "libward.h"
#include "rcar.h"

#define PLAN_MAX	(1u << 20)

struct attack {
	const char *url, *ca, *plan, *resource, *like, *out, *name;
	unsigned int wait;
};

struct bundle {
	uint8_t *bytes;
	size_t len;
};

static int parse(struct attack *a, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "url", 1, NULL, 'u' }, { "ca", 1, NULL, 'c' }, { "plan", 1, NULL, 'p' },
		{ "resource", 1, NULL, 'r' }, { "wait", 1, NULL, 'w' },
		{ "like", 1, NULL, 'l' }, { "out", 1, NULL, 'o' }, { 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 'u': a->url = optarg; break;
		case 'c': a->ca = optarg; break;
		case 'p': a->plan = optarg; break;
		case 'r': a->resource = optarg; break;
		case 'w': a->wait = (unsigned int)strtoul(optarg, NULL, 10); break;
		case 'l': a->like = optarg; break;
		case 'o': a->out = optarg; break;
		default: return 1;
		}
	}
	a->name = optind + 1 == argc ? argv[optind] : NULL;
	if (!a->name || (strcmp(a->name, "foreign") ?
			 !a->url || !a->ca || !a->plan || !a->resource :
			 !a->like || !a->out)) {
		fprintf(stderr, "attack: see the head of attack.c\n");
		return 1;
	}
	return 0;
}

/* What ward-train does with its plan, so that a policy may pin it. */
static int declare(struct ward_session *session, const char *plan)
{
	uint8_t digest[WARD_DIGEST_LEN];
	char *bytes = malloc(PLAN_MAX);
	FILE *f = fopen(plan, "rb");
	size_t len = 0;
	int rc = -1;

	if (bytes && f)
		len = fread(bytes, 1, PLAN_MAX, f);
	if (len && EVP_Digest(bytes, len, digest, NULL, EVP_sha512(), NULL) == 1)
		rc = ward_session_measure(session, digest, NULL);
	if (f)
		fclose(f);
	free(bytes);
	return rc;
}

static int take_evidence(struct ward_session *session, const struct rcar *r,
			 uint32_t purpose, struct bundle *out)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = purpose,
		.nonce = r->nonce, .nonce_len = r->nonce_len,
	};
	struct ward_evidence *evidence = NULL;
	uint8_t thumbprint[32];
	int rc;

	if (rcar_thumbprint(r, thumbprint) ||
	    ward_binding_release(r->nonce, r->nonce_len, thumbprint, request.binding))
		return -1;
	rc = ward_session_attest(session, &request, &evidence);
	if (!rc)
		rc = ward_bundle_encode(evidence, NULL, 0, &out->bytes, &out->len);
	if (rc)
		fprintf(stderr, "attack: %s\n", ward_strerror(rc));
	ward_evidence_free(evidence);
	return rc;
}

/* The claims stand in a bundle as they are, 1024 bytes that begin so. */
static uint8_t *find_claims(const struct bundle *b)
{
	static const uint8_t head[] = { 0, 4, 0, 0, 1, 0, 0, 0 };
	uint8_t *claims = memmem(b->bytes, b->len, head, sizeof(head));

	if (!claims || b->len - (size_t)(claims - b->bytes) < WARD_CLAIMS_SIZE)
		return NULL;
	return claims;
}

static int edit_claims(struct bundle *b)
{
	uint8_t *claims = find_claims(b);

	if (!claims)
		return -1;
	claims[offsetof(struct ward_claims, caller.uid)] ^= 1;
	return 0;
}

static int present(const struct attack *a, struct rcar *r, struct bundle *b)
{
	struct rcar other;
	int rc;

	if (!strcmp(a->name, "claims") && edit_claims(b))
		return -1;
	if (!strcmp(a->name, "expired"))
		sleep(a->wait);
	if (strcmp(a->name, "key"))
		return rcar_attest(r, r->nonce_text, r->jwk, b->bytes, b->len);
	rc = rcar_open(&other, a->url, a->ca);
	if (!rc)
		rc = rcar_attest(r, r->nonce_text, other.jwk, b->bytes, b->len);
	rcar_close(&other);
	return rc;
}

/* The same message, word for word, in a conversation of its own. */
static int replay(const struct attack *a, struct rcar *r, const struct bundle *b)
{
	struct rcar second;
	int rc;

	if (r->status != 200)
		return -1;
	rc = rcar_open(&second, a->url, a->ca);
	if (!rc)
		rc = rcar_attest(&second, r->nonce_text, r->jwk, b->bytes, b->len);
	rcar_close(r);
	*r = second;
	return rc;
}

static json_t *answer_json(const struct rcar *r)
{
	const char *reason = json_string_value(json_object_get(r->answer, "reason"));

	return json_pack("{s:i,s:s}", "status", (int)r->status, "reason",
			 reason ? reason : r->status == 200 ? "ok" : "none");
}

/* Whose key is shown: the session's where there is one, or what the case asks for. */
static int choose_key(const struct attack *a, struct ward_session *session, struct rcar *r)
{
	struct ward_session *other = NULL;
	uint8_t own[WARD_KEY_LEN], borrowed[WARD_KEY_LEN];
	int rc = ward_key_pair(session, own);

	if (rc == -ENOPKG || rc == -ENOTTY)
		return 0;
	if (!rc && !strcmp(a->name, "user"))
		return 0;
	if (!rc && !strcmp(a->name, "borrowed")) {
		rc = ward_session_open(NULL, &other);
		if (!rc)
			rc = ward_key_pair(other, borrowed);
		ward_session_close(other);
		return rc ? rc : rcar_show(r, borrowed);
	}
	return rc ? rc : rcar_show(r, own);
}

static int run(const struct attack *a, struct ward_session *session)
{
	uint32_t purpose = strcmp(a->name, "purpose") ? WARD_PURPOSE_RELEASE :
							WARD_PURPOSE_REPORT;
	struct bundle bundle = { 0 };
	json_t *attested = NULL, *line;
	struct rcar r;
	int rc;

	rc = rcar_open(&r, a->url, a->ca) ? 8 : 0;
	if (!rc && (choose_key(a, session, &r) || take_evidence(session, &r, purpose, &bundle)))
		rc = 6;
	if (!rc && present(a, &r, &bundle))
		rc = 8;
	if (!rc && !strcmp(a->name, "replay") && replay(a, &r, &bundle))
		rc = 8;
	if (!rc) {
		attested = answer_json(&r);
		/* Who was accepted must not take a key: that would be a release. */
		if (r.status != 200 && rcar_resource(&r, a->resource))
			rc = 8;
	}
	if (!rc) {
		line = json_pack("{s:s,s:o,s:o}", "case", a->name, "attest", attested,
				 "resource", r.status == 200 ? json_null() : answer_json(&r));
		json_dumpf(line, stdout, JSON_COMPACT);
		printf("\n");
		json_decref(line);
	}
	free(bundle.bytes);
	rcar_close(&r);
	return rc;
}

static int load_bundle(const char *path, struct bundle *b)
{
	FILE *f = fopen(path, "rb");

	b->bytes = malloc(WARD_BUNDLE_MAX);
	if (f && b->bytes)
		b->len = fread(b->bytes, 1, WARD_BUNDLE_MAX, f);
	if (f)
		fclose(f);
	return b->len ? 0 : -1;
}

static int save_bundle(const char *path, const struct bundle *b)
{
	FILE *f = fopen(path, "wb");
	size_t n = f ? fwrite(b->bytes, 1, b->len, f) : 0;

	return f && !fclose(f) && n == b->len ? 0 : -1;
}

static int foreign(const struct attack *a, struct ward_session *session)
{
	struct ward_request request = { .size = sizeof(request),
					.purpose = WARD_PURPOSE_RECEIPT };
	struct bundle like = { 0 }, mine = { 0 };
	struct ward_evidence *evidence = NULL;
	struct ward_claims claims;
	uint8_t *found;
	int rc = 6, early;

	found = load_bundle(a->like, &like) ? NULL : find_claims(&like);
	if (!found)
		goto out;
	memcpy(&claims, found, sizeof(claims));
	request.nonce = claims.nonce;
	request.nonce_len = sizeof(claims.nonce) < le32toh(claims.nonce_len) ?
			    sizeof(claims.nonce) : le32toh(claims.nonce_len);
	memcpy(request.binding, claims.binding, sizeof(request.binding));
	early = ward_session_attest(session, &request, &evidence);
	printf("{\"before_seal\": %d}\n", early);
	ward_evidence_free(evidence);
	evidence = NULL;
	if (!ward_session_seal(session, NULL) &&
	    !ward_session_attest(session, &request, &evidence) &&
	    !ward_bundle_encode(evidence, NULL, 0, &mine.bytes, &mine.len) &&
	    !save_bundle(a->out, &mine))
		rc = 0;
out:
	ward_evidence_free(evidence);
	free(like.bytes);
	free(mine.bytes);
	return rc;
}

int main(int argc, char **argv)
{
	struct ward_session *session = NULL;
	struct attack a = { 0 };
	int rc;

	if (parse(&a, argc, argv))
		return 1;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	rc = ward_session_open(NULL, &session);
	if (!rc && a.plan)
		rc = declare(session, a.plan);
	if (rc) {
		fprintf(stderr, "attack: %s\n", ward_strerror(rc));
		rc = 6;
	} else {
		rc = strcmp(a.name, "foreign") ? run(&a, session) : foreign(&a, session);
	}
	ward_session_close(session);
	curl_global_cleanup();
	return rc;
}
