// SPDX-License-Identifier: MIT
#include "receipt.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"

static uint64_t claimed_seq(const struct ward_evidence *evidence)
{
	uint64_t seq;

	memcpy(&seq, evidence->claims + offsetof(struct ward_claims, session_seq),
	       sizeof(seq));
	return le64toh(seq);
}

/*
 * The records up to the head that the claims name: the attestation itself is
 * recorded after its claims are composed.
 */
static void cut_records(struct ward_records *records, uint64_t seq)
{
	if (records->first_seq > seq)
		records->count = 0;
	else if (records->count > seq - records->first_seq + 1)
		records->count = seq - records->first_seq + 1;
}

static int encode(struct ward_session *session, const struct ward_evidence *evidence,
		  uint8_t **out, size_t *len)
{
	struct ward_records *records = NULL, cut;
	int err = ward_session_records(session, 1, &records);

	if (err)
		return err;
	cut = *records;
	cut_records(&cut, claimed_seq(evidence));
	err = ward_bundle_encode(evidence, &cut, 0, out, len);
	if (err == -EMSGSIZE)
		err = ward_bundle_encode(evidence, &cut, WARD_BUNDLE_DIGESTS, out, len);
	ward_records_free(records);
	return err;
}

/* Asks and encodes. @err: of who composed the request; @what: in a failure's text. */
static int take(struct ward_session *session, struct ward_request *request, int err,
		const char *what, uint8_t **bundle, size_t *len, struct failure *failure)
{
	struct ward_evidence *evidence = NULL;

	if (!err)
		err = ward_session_attest(session, request, &evidence);
	if (!err)
		err = encode(session, evidence, bundle, len);
	ward_evidence_free(evidence);
	return err ? failed(failure, fail_errno(err), "%s: evidence: %s", what,
			    ward_strerror(err)) : 0;
}

/* The same into a file. */
static int export(struct ward_session *session, struct ward_request *request, int err,
		  const char *path, size_t *bytes, struct failure *failure)
{
	uint8_t *bundle = NULL;
	size_t len = 0;
	int ret;

	if (take(session, request, err, path, &bundle, &len, failure))
		return -1;
	ret = outfile_put(path, bundle, len, failure);
	free(bundle);
	if (!ret && bytes)
		*bytes = len;
	return ret;
}

static struct ward_request receipt_request(uint32_t purpose, const struct receipt_binding *binding,
					   int *err)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = purpose,
		.nonce = binding->nonce, .nonce_len = RECEIPT_NONCE_LEN,
	};

	*err = ward_binding_receipt(binding->release, binding->dataset, binding->nonce,
				    request.binding);
	return request;
}

int receipt_take(struct ward_session *session, uint32_t purpose,
		 const struct receipt_binding *binding, uint8_t **bundle, size_t *len,
		 struct failure *failure)
{
	int err;
	struct ward_request request = receipt_request(purpose, binding, &err);

	return take(session, &request, err, "receipt", bundle, len, failure);
}

int receipt_export(struct ward_session *session, uint32_t purpose,
		   const struct receipt_binding *binding, const char *path,
		   size_t *bytes, struct failure *failure)
{
	int err;
	struct ward_request request = receipt_request(purpose, binding, &err);

	return export(session, &request, err, path, bytes, failure);
}

int receipt_export_card(struct ward_session *session, const uint8_t *digest, const char *path,
			size_t *bytes, struct failure *failure)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_REPORT,
		.nonce = digest, .nonce_len = WARD_DIGEST_LEN,
	};
	int err = ward_binding_card(digest, request.binding);

	return export(session, &request, err, path, bytes, failure);
}
