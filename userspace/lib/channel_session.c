// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "libward_channel.h"

int ward_channel_attest(const uint8_t *nonce, const uint8_t *binding, uint8_t **bundle,
			size_t *bundle_len, void *arg)
{
	struct ward_request request = {
		.size = sizeof(request),
		.purpose = WARD_PURPOSE_CHANNEL,
		.nonce = nonce,
		.nonce_len = WARD_CHANNEL_NONCE_LEN,
	};
	struct ward_evidence *evidence;
	int rc;

	memcpy(request.binding, binding, sizeof(request.binding));
	rc = ward_session_attest(arg, &request, &evidence);
	if (rc)
		return rc;
	rc = ward_bundle_encode(evidence, NULL, 0, bundle, bundle_len);
	ward_evidence_free(evidence);
	return rc;
}
