// SPDX-License-Identifier: MIT
/*
 * AWS Nitro through /dev/nsm: the attestation document is the evidence. The report
 * data is its user_data; nonce and public_key stay null.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backends.h"
#include "cbor_read.h"
#include "nsm.h"

#define DEVICE "/dev/nsm"

enum { ERROR_NAME_MAX = 64 };

struct nitro {
	const struct ward_sys *sys;
	int fd;
};

/* ---- the request ---------------------------------------------------------------- */

/* {"Attestation": {"user_data": 64 bytes, "nonce": null, "public_key": null}} */
static const uint8_t before[] = "\xa1\x6b" "Attestation" "\xa3\x69" "user_data" "\x58\x40";
static const uint8_t after[] = "\x65" "nonce" "\xf6\x6a" "public_key" "\xf6";

enum { BEFORE = sizeof(before) - 1, AFTER = sizeof(after) - 1,
       REQUEST = BEFORE + WARD_DIGEST_LEN + AFTER };

static void request_over(const uint8_t *report_data, uint8_t request[REQUEST])
{
	memcpy(request, before, BEFORE);
	memcpy(request + BEFORE, report_data, WARD_DIGEST_LEN);
	memcpy(request + BEFORE + WARD_DIGEST_LEN, after, AFTER);
}

static int call_failed(int err, struct trouble *why)
{
	switch (err) {
	case -EPERM:
	case -EACCES:
		return trouble_set(why, -EPERM, "not allowed to ask: %s (it takes CAP_SYS_ADMIN)",
				   strerror(-err));
	case -ENODEV:
	case -ENXIO:
		return trouble_set(why, -ENXIO, "the module is gone: %s", strerror(-err));
	case -ENOMEM:
		return trouble_set(why, -ENOMEM, "no memory");
	case -EMSGSIZE:
		return trouble_set(why, -EOVERFLOW, "the answer is longer than %d bytes",
				   NSM_RESPONSE_MAX);
	}
	return trouble_set(why, err == -EBUSY ? err : -EIO, "the module: %s", strerror(-err));
}

/* What was written into @response: *len bytes. */
static int ask(const struct nitro *s, const uint8_t *report_data,
	       uint8_t response[NSM_RESPONSE_MAX], size_t *len, struct trouble *why)
{
	uint8_t request[REQUEST];
	struct nsm_call call = {
		.request = { (uintptr_t)request, sizeof(request) },
		.response = { (uintptr_t)response, NSM_RESPONSE_MAX },
	};
	int err;

	request_over(report_data, request);
	err = ward_sys_ioctl(s->sys, s->fd, NSM_CALL, &call);
	if (err)
		return call_failed(err, why);
	if (call.response.len > NSM_RESPONSE_MAX)
		return trouble_set(why, -EBADMSG, "an answer of %llu bytes in %d",
				   (unsigned long long)call.response.len, NSM_RESPONSE_MAX);
	*len = (size_t)call.response.len;
	return 0;
}

/* ---- the answer ------------------------------------------------------------------ */

/* {"Error": name}: a refusal in the module's own words. */
static int refusal(struct item_in in, struct trouble *why)
{
	char name[ERROR_NAME_MAX];

	if (item_key(&in, "Error") || item_name(&in, "Error", name, sizeof(name)) || item_end(&in))
		return trouble_set(why, -EBADMSG, "not an answer to an attestation request");
	return trouble_set(why, !strcmp(name, "BufferTooSmall") ? -EOVERFLOW : -EIO,
			   "the module refuses: %s", name);
}

/* {"Attestation": {"document": bytes}} */
static int find_document(const uint8_t *data, size_t len, struct wv_bytes *document,
			 struct trouble *why)
{
	struct wv_fault fault = { 0 };
	struct item_in in = { .c = cursor_over(data, len), .reason = WV_EVIDENCE_DAMAGED,
			      .fault = &fault };
	struct item_in other;

	if (item_map(&in, "answer", 1))
		return trouble_set(why, -EBADMSG, "the answer: %.200s", fault.text);
	other = in;
	if (item_key(&in, "Attestation"))
		return refusal(other, why);
	if (item_map(&in, "Attestation", 1) || item_key(&in, "document") ||
	    item_bytes(&in, "document", 1, NSM_RESPONSE_MAX, document) || item_end(&in))
		return trouble_set(why, -EBADMSG, "the answer: %.40s: %.200s", fault.field,
				   fault.text);
	return 0;
}

static int quote(void *state, const uint8_t *report_data, uint64_t deadline_ns,
		 struct ward_piece *out, struct trouble *why)
{
	uint8_t response[NSM_RESPONSE_MAX];
	struct wv_bytes document;
	size_t len = 0;
	int err = ask(state, report_data, response, &len, why);

	(void)deadline_ns;
	if (!err)
		err = find_document(response, len, &document, why);
	if (err)
		return err;
	/* Whether they are its user_data is the verifier's to see. */
	if (!memmem(document.data, document.len, report_data, WARD_DIGEST_LEN))
		return trouble_set(why, -EBADMSG, "the document is over other data");
	if (backend_keep(document.data, document.len, &out->data, &out->data_len))
		return trouble_set(why, -ENOMEM, "no memory");
	return 0;
}

/* ---- coming and going ------------------------------------------------------------- */

static void nitro_close(void *state)
{
	struct nitro *s = state;

	s->sys->close(s->fd);
	free(s);
}

static int nitro_open(const struct backend_config *config, void **state, struct trouble *why)
{
	struct nitro *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return trouble_set(why, -ENOMEM, "no memory");
	s->sys = config->sys;
	err = backend_open_device(config, DEVICE, "no Nitro enclave", &s->fd, why);
	if (err)
		free(s);
	else
		*state = s;
	return err;
}

static const char *const options[] = { "device", NULL };

const struct backend nitro_backend = {
	.name = "nitro",
	.about = "AWS Nitro, " DEVICE,
	.tee = WARD_TEE_NITRO,
	.options = options,
	.quotes_launch = true,
	.open = nitro_open,
	.quote = quote,
	.close = nitro_close,
};
