// SPDX-License-Identifier: MIT
#include "standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "wardverify.h"

static int bind(const struct standing *standing, const uint8_t *nonce, uint8_t *out)
{
	struct ward_channel_bound bound = { .role = WARD_CHANNEL_ACCEPTOR };

	memcpy(bound.own_key, standing->key, sizeof(bound.own_key));
	memcpy(bound.nonce, nonce, sizeof(bound.nonce));
	return ward_binding_channel(&bound, out);
}

int standing_bundle(const struct standing *standing, const uint8_t *nonce, uint8_t **bundle,
		    size_t *len)
{
	uint8_t binding[WARD_BINDING_LEN];
	int err = bind(standing, nonce, binding);

	return err ? err : ward_channel_attest(nonce, binding, bundle, len, standing->ward);
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
	uint8_t nonce[WARD_CHANNEL_NONCE_LEN];
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_CHANNEL, .nonce = nonce,
		.nonce_len = sizeof(nonce),
	};
	struct ward_evidence *evidence = NULL;
	int err = RAND_bytes(nonce, sizeof(nonce)) == 1 ?
		  bind(standing, nonce, request.binding) : -1;

	snprintf(standing->tee, sizeof(standing->tee), "none");
	if (!err)
		err = ward_session_attest(standing->ward, &request, &evidence);
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
