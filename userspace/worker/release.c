// SPDX-License-Identifier: MIT
#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/release_evidence.h"
#include "kbs.h"
#include "scrub.h"

struct release_client {
	struct ward_kbs *kbs;
	struct ward_session *session;
	struct release_proof *proof;
};

static int fail_kbs(int err, const struct ward_kbs_error *error, const char *what,
		    struct failure *failure)
{
	enum exit_code exit = fail_errno(err);

	if (err == -EACCES)
		exit = EXIT_REFUSED;
	else if (err == -ECOMM)
		exit = EXIT_NETWORK;
	else if (err == -EBADMSG && error->status)
		exit = EXIT_DAMAGED;
	else if (err == -EINVAL)
		exit = EXIT_MISUSE;
	return failed(failure, exit, "%s: %s", what,
		      *error->text ? error->text : ward_strerror(err));
}

static int get_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
			uint8_t **bundle, size_t *bundle_len, void *arg)
{
	const struct release_question question = { nonce, nonce_len, binding };
	struct release_client *client = arg;
	struct ward_evidence *evidence;
	int err = release_evidence(client->session, &question, &evidence);

	if (err)
		return err;
	client->proof->simulated = evidence->tee == WARD_TEE_SIMULATED;
	snprintf(client->proof->tee, sizeof(client->proof->tee), "%s",
		 ward_evidence_tee_name(evidence));
	err = ward_bundle_encode(evidence, NULL, 0, bundle, bundle_len);
	ward_evidence_free(evidence);
	return err;
}

/* Kernels without the cryptography, and older modules, have no pair. */
static int use_session_key(struct release_client *client, struct failure *failure)
{
	struct ward_info info = { .size = sizeof(info) };
	uint8_t public_key[WARD_KEY_LEN];
	int err = ward_session_info(client->session, &info);

	client->proof->kernel = false;
	if (!err && !(info.out_features & WARD_FEATURE_KEYS))
		return 0;
	if (!err)
		err = ward_key_pair(client->session, public_key);
	if (err)
		return failed(failure, fail_errno(err), "key pair of the session: %s",
			      ward_strerror(err));
	ward_kbs_session_key(client->kbs, public_key);
	client->proof->kernel = true;
	return 0;
}

/* A broker that knows no such keys says so before it looks at the evidence. */
static int attest(struct release_client *client, struct ward_kbs_error *error)
{
	int err = ward_kbs_attest(client->kbs, get_evidence, client, error);

	if (err != -EACCES || !client->proof->kernel || strcmp(error->reason, "key-unsupported"))
		return err;
	ward_kbs_session_key(client->kbs, NULL);
	client->proof->kernel = false;
	return ward_kbs_attest(client->kbs, get_evidence, client, error);
}

int release_open(const char *url, const char *ca, struct ward_session *session, bool kernel,
		 struct release_proof *proof, struct release_client **out,
		 struct failure *failure)
{
	struct release_client *client = calloc(1, sizeof(*client));
	struct ward_kbs_error error = { 0 };
	int err;

	if (!client)
		return failed(failure, EXIT_DEVICE, "broker: out of memory");
	client->session = session;
	client->proof = proof;
	err = ward_kbs_new(url, ca, &client->kbs);
	if (err) {
		release_close(client);
		return failed(failure, EXIT_MISUSE, "broker %s, roots %s: %s", url, ca,
			      err == -EINVAL ? "the URL must be https://HOST:PORT" :
					       strerror(-err));
	}
	if (kernel && use_session_key(client, failure)) {
		release_close(client);
		return -1;
	}
	err = attest(client, &error);
	if (err) {
		release_close(client);
		return fail_kbs(err, &error, url, failure);
	}
	*out = client;
	return 0;
}

/* The key as such never comes here. */
static int fetch_held(struct release_client *client, const char *resource,
		      struct release *release, struct failure *failure)
{
	struct ward_kbs_error error = { 0 };
	struct ward_kbs_grant grant;
	int err = ward_kbs_get_grant(client->kbs, resource, &grant, &error);

	if (err)
		return fail_kbs(err, &error, resource, failure);
	err = ward_key_import(client->session, grant.enc, grant.sealed, &release->held);
	if (err)
		return failed(failure, err == -EKEYREJECTED ? EXIT_REFUSED : fail_errno(err),
			      "%s: the kernel does not take the key: %s", resource,
			      ward_strerror(err));
	release->key = NULL;
	memcpy(release->id, grant.release, sizeof(release->id));
	memcpy(release->dataset, grant.dataset, sizeof(release->dataset));
	memcpy(release->nonce, grant.receipt_nonce, sizeof(release->nonce));
	return 0;
}

int release_fetch(struct release_client *client, struct memory *memory,
		  const char *resource, struct release *release,
		  struct failure *failure)
{
	struct ward_kbs_release *secret;
	struct ward_kbs_error error = { 0 };
	int err;

	if (client->proof->kernel)
		return fetch_held(client, resource, release, failure);
	secret = memory_take(memory, sizeof(*secret));
	if (!secret)
		return failed(failure, EXIT_DEVICE, "%s: no room for the key in the budget",
			      resource);
	err = ward_kbs_get(client->kbs, resource, secret, &error);
	scrub_stack();
	if (err)
		return fail_kbs(err, &error, resource, failure);
	release->key = secret->key;
	memcpy(release->id, secret->release, sizeof(release->id));
	memcpy(release->dataset, secret->dataset, sizeof(release->dataset));
	memcpy(release->nonce, secret->receipt_nonce, sizeof(release->nonce));
	return 0;
}

void release_close(struct release_client *client)
{
	if (!client)
		return;
	ward_kbs_free(client->kbs);
	free(client);
	scrub_stack();
}
