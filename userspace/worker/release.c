// SPDX-License-Identifier: MIT
#include "release.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	if (*error->reason)
		return failed(failure, exit, "%s: the broker refuses: %s: %s", what,
			      error->reason, error->text);
	return failed(failure, exit, "%s: %s", what,
		      *error->text ? error->text : ward_strerror(err));
}

static int get_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
			uint8_t **bundle, size_t *bundle_len, void *arg)
{
	struct release_client *client = arg;
	struct ward_evidence *evidence = NULL;
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_RELEASE,
		.nonce = nonce, .nonce_len = nonce_len,
	};
	int err;

	memcpy(request.binding, binding, sizeof(request.binding));
	err = ward_session_attest(client->session, &request, &evidence);
	if (err)
		return err;
	client->proof->simulated = evidence->tee == WARD_TEE_SIMULATED;
	snprintf(client->proof->tee, sizeof(client->proof->tee), "%s",
		 ward_evidence_tee_name(evidence));
	err = ward_bundle_encode(evidence, NULL, 0, bundle, bundle_len);
	ward_evidence_free(evidence);
	return err;
}

int release_open(const char *url, const char *ca, struct ward_session *session,
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
	err = ward_kbs_attest(client->kbs, get_evidence, client, &error);
	if (err) {
		release_close(client);
		return fail_kbs(err, &error, url, failure);
	}
	*out = client;
	return 0;
}

int release_fetch(struct release_client *client, struct memory *memory,
		  const char *resource, struct release *release,
		  struct failure *failure)
{
	struct ward_kbs_release *secret = memory_take(memory, sizeof(*secret));
	struct ward_kbs_error error = { 0 };
	int err;

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
