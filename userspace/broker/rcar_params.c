// SPDX-License-Identifier: MIT
/*
 * What the protocol allows beside the evidence. Nothing is passed over in silence that
 * a client may believe to have been looked at.
 */
#include <string.h>

#include "rcar_private.h"

static int is_empty(const json_t *value)
{
	const char *text = json_string_value(value);

	return !value || json_is_null(value) ||
	       (json_is_object(value) && !json_object_size(value)) ||
	       (text && (!*text || !strcmp(text, "{}")));
}

/* The kind of evidence stands twice: the two must agree. */
static int check_metadata(struct rcar_call *call, const json_t *all, const char *tee)
{
	const json_t *first = json_object_get(all, "primary_tee");
	const char *named = json_string_value(json_object_get(first, "tee"));
	const json_t *more = json_object_get(all, "additional_tees");

	if (!json_is_object(all) || (first && !named))
		return rcar_refuse(call, "malformed-request",
				   "tee-metadata is no object, or its primary_tee names no tee");
	if (named && strcmp(named, tee))
		return rcar_refuse(call, "malformed-request",
				   "primary_tee is another kind of evidence than tee");
	if (more && (!json_is_array(more) || json_array_size(more)))
		return rcar_refuse(call, "tee-unsupported",
				   "evidence of additional_tees is not appraised here");
	return 0;
}

int rcar_params(struct rcar_call *call, const json_t *params, const char *tee)
{
	const json_t *metadata = json_object_get(params, "tee-metadata");

	if (is_empty(params))
		return 0;
	if (!json_is_object(params))
		return rcar_refuse(call, "malformed-request",
				   "extra-params is neither an object nor empty text");
	if (json_object_get(params, "attestation-policy-selector"))
		return rcar_refuse(call, "selector-unknown", "%s", "");
	return metadata ? check_metadata(call, metadata, tee) : 0;
}

int rcar_beside(struct rcar_call *call, const json_t *body)
{
	const json_t *evidence = json_object_get(body, "tee-evidence");

	if (!is_empty(json_object_get(body, "init-data")))
		return rcar_refuse(call, "init-data-unsupported", "%s", "");
	if (!is_empty(json_object_get(evidence, "additional_evidence")))
		return rcar_refuse(call, "tee-unsupported",
				   "additional_evidence is not appraised here");
	return 0;
}
