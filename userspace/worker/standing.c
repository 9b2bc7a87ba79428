// SPDX-License-Identifier: MIT
#include "standing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "wardverify.h"

int standing_bind(const struct standing *standing, const uint8_t *nonce, uint8_t *binding)
{
	struct ward_channel_bound bound = { .role = WARD_CHANNEL_ACCEPTOR };

	memcpy(bound.own_key, standing->key, sizeof(bound.own_key));
	memcpy(bound.nonce, nonce, sizeof(bound.nonce));
	return ward_binding_channel(&bound, binding);
}

static int attest(const struct standing *standing, const uint8_t *nonce, const uint8_t *binding,
		  struct ward_evidence **evidence)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_CHANNEL, .nonce = nonce,
		.nonce_len = WARD_CHANNEL_NONCE_LEN, .timeout_ms = standing->timeout_ms,
	};

	memcpy(request.binding, binding, sizeof(request.binding));
	return ward_session_attest(standing->ward, &request, evidence);
}

int standing_evidence(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle, size_t *len,
		      void *arg)
{
	struct ward_evidence *evidence;
	int err = attest(arg, nonce, binding, &evidence);

	if (err)
		return err;
	err = ward_bundle_encode(evidence, NULL, 0, bundle, len);
	ward_evidence_free(evidence);
	return err;
}

static void note_measurement(struct standing *standing, const struct ward_evidence *evidence)
{
	struct wv_bytes data = { evidence->data, evidence->data_len };
	struct wv_snp_report report;
	struct wv_fault fault;
	size_t i;

	if (evidence->tee != WARD_TEE_SNP && evidence->tee != WARD_TEE_SIMULATED)
		return;
	if (wv_snp_parse(data, &report, &fault))
		return;
	for (i = 0; i < sizeof(report.measurement); i++)
		snprintf(standing->measurement + 2 * i, 3, "%02x", report.measurement[i]);
}

void standing_look(struct standing *standing)
{
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN], binding[WARD_BINDING_LEN];
	struct ward_evidence *evidence = NULL;
	int err = RAND_bytes(nonce, sizeof(nonce)) == 1 ?
		  standing_bind(standing, nonce, binding) : -EIO;

	snprintf(standing->tee, sizeof(standing->tee), "none");
	if (!err)
		err = attest(standing, nonce, binding, &evidence);
	standing->evident = !err;
	if (err) {
		snprintf(standing->why, sizeof(standing->why), "%s", ward_strerror(err));
		return;
	}
	standing->simulated = evidence->tee == WARD_TEE_SIMULATED;
	snprintf(standing->tee, sizeof(standing->tee), "%s", ward_evidence_tee_name(evidence));
	note_measurement(standing, evidence);
	ward_evidence_free(evidence);
}
