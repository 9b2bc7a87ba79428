// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "private.h"

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull
#define TIMEOUT_MS 60000u
#define RETRY_NS (20 * NS_PER_MS)	/* when the kernel names no time */

/* An answer and room for its largest form, in one piece. */
struct answer {
	struct ward_evidence evidence;
	uint8_t path[WARD_PATH_NODES_MAX * WARD_DIGEST_LEN];
	uint8_t data[WARD_EVIDENCE_MAX];
	uint8_t aux[WARD_AUX_MAX];
	uint8_t manifest[WARD_MANIFEST_MAX];
	uint8_t more[WARD_MORE_MAX];
	struct ward_piece piece[WARD_PARTS_MAX - 1];
};

static uint64_t now_ns(const struct ward_sys *sys)
{
	struct timespec now = { 0 };

	sys->clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int request_valid(const struct ward_request *request)
{
	return request->size >= offsetof(struct ward_request, max_age_ns) &&
	       request->nonce && request->purpose != WARD_PURPOSE_RAW &&
	       request->nonce_len <= WARD_NONCE_MAX;
}

/* The kernel may have written lengths of a failed try: start from scratch. */
static void fill(struct ward_attest *arg, const struct ward_request *request,
		 struct answer *answer, uint64_t deadline)
{
	memset(arg, 0, sizeof(*arg));
	arg->size = sizeof(*arg);
	arg->purpose = request->purpose;
	arg->nonce_len = request->nonce_len;
	memcpy(arg->nonce, request->nonce, request->nonce_len);
	memcpy(arg->binding, request->binding, sizeof(arg->binding));
	memcpy(arg->subject, request->subject, sizeof(arg->subject));
	arg->deadline_ns = deadline;
	if (request->size >= sizeof(*request))
		arg->max_age_ns = request->max_age_ns;
	arg->claims_addr = (uintptr_t)answer->evidence.claims;
	arg->claims_len = sizeof(answer->evidence.claims);
	arg->path_addr = (uintptr_t)answer->path;
	arg->path_len = sizeof(answer->path);
	arg->evidence_addr = (uintptr_t)answer->data;
	arg->evidence_len = sizeof(answer->data);
	arg->aux_addr = (uintptr_t)answer->aux;
	arg->aux_len = sizeof(answer->aux);
	arg->manifest_addr = (uintptr_t)answer->manifest;
	arg->manifest_len = sizeof(answer->manifest);
	arg->more_addr = (uintptr_t)answer->more;
	arg->more_len = sizeof(answer->more);
}

static int place_valid(const struct ward_attest *arg)
{
	if (arg->purpose == WARD_PURPOSE_RAW)
		return !arg->claims_len && !arg->path_len && !arg->out_leaves &&
		       !arg->out_index;
	return arg->claims_len == WARD_CLAIMS_SIZE &&
	       arg->out_leaves >= 1 && arg->out_leaves <= WARD_PATH_MAX &&
	       arg->out_index < arg->out_leaves &&
	       arg->path_len % WARD_DIGEST_LEN == 0 &&
	       arg->path_len <= WARD_PATH_NODES_MAX * WARD_DIGEST_LEN;
}

static int answer_valid(const struct ward_attest *arg)
{
	return place_valid(arg) &&
	       arg->evidence_len && arg->evidence_len <= WARD_EVIDENCE_MAX &&
	       arg->aux_len <= WARD_AUX_MAX &&
	       arg->manifest_len <= WARD_MANIFEST_MAX &&
	       arg->more_len <= WARD_MORE_MAX && arg->out_parts < WARD_PARTS_MAX;
}

/* Bytes and their padding. */
static const uint8_t *take_padded(struct cursor *c, size_t len)
{
	const uint8_t *data = cursor_take(c, len);

	cursor_skip(c, -len % 8);
	return data;
}

static int part_valid(const struct ward_evidence_part *part)
{
	return part->data_len <= WARD_EVIDENCE_MAX && part->aux_len <= WARD_AUX_MAX &&
	       part->manifest_len <= WARD_MANIFEST_MAX &&
	       !part->data_len == !!part->error;
}

static void read_part(struct cursor *c, struct ward_piece *piece)
{
	struct ward_evidence_part part;

	cursor_copy(c, &part, sizeof(part));
	if (!part_valid(&part))
		c->failed = true;
	piece->data_len = part.data_len;
	piece->aux_len = part.aux_len;
	piece->manifest_len = part.manifest_len;
	piece->generation = part.generation;
	piece->tee = part.tee;
	piece->error = part.error;
	memcpy(piece->provider, part.provider, WARD_LABEL_LEN);
	piece->data = take_padded(c, part.data_len);
	piece->aux = take_padded(c, part.aux_len);
	piece->manifest = take_padded(c, part.manifest_len);
}

/* What the kernel packed, <linux/ward.h>; false where it is not that. */
static int read_parts(struct answer *answer, const struct ward_attest *arg)
{
	struct cursor c = cursor_over(answer->more, arg->more_len);
	uint32_t i;

	for (i = 0; i < arg->out_parts; i++)
		read_part(&c, &answer->piece[i]);
	answer->evidence.more = answer->piece;
	answer->evidence.more_count = arg->out_parts;
	return cursor_done(&c);
}

static void publish(struct answer *answer, const struct ward_attest *arg)
{
	struct ward_evidence *evidence = &answer->evidence;

	evidence->index = arg->out_index;
	evidence->leaves = arg->out_leaves;
	evidence->path = answer->path;
	evidence->path_len = arg->path_len;
	evidence->data = answer->data;
	evidence->data_len = arg->evidence_len;
	evidence->aux = answer->aux;
	evidence->aux_len = arg->aux_len;
	evidence->manifest = answer->manifest;
	evidence->manifest_len = arg->manifest_len;
	evidence->tee = arg->out_tee;
	evidence->generation = arg->out_generation;
	evidence->age_ns = arg->out_age_ns;
	memcpy(evidence->provider, arg->out_provider, WARD_LABEL_LEN);
	evidence->provider[WARD_LABEL_LEN] = '\0';
}

static void wait_ns(const struct ward_sys *sys, uint64_t ns)
{
	struct timespec wait = {
		.tv_sec = ns / NS_PER_S,
		.tv_nsec = ns % NS_PER_S,
	};

	sys->nanosleep(&wait, NULL);
}

/*
 * Asks until there is an answer, an error that waiting does not mend, or the
 * deadline. Return: 0 or -errno; -ETIME when the queue stayed full.
 */
static int ask(struct ward_session *session, const struct ward_request *request,
	       struct answer *answer, struct ward_attest *arg)
{
	const struct ward_sys *sys = session->sys;
	uint64_t ms = request->timeout_ms ? request->timeout_ms : TIMEOUT_MS;
	uint64_t deadline = now_ns(sys) + ms * NS_PER_MS;
	uint64_t now, wait;

	session->retry_after_ns = 0;
	session->denied = WARD_DENIED_NOT;
	session->denied_by = 0;
	for (;;) {
		fill(arg, request, answer, deadline);
		if (sys->ioctl(session->fd, WARD_ATTEST, arg) >= 0)
			return 0;
		if (errno == EAGAIN || errno == EHOSTDOWN)
			session->retry_after_ns = arg->out_retry_after_ns;
		if (errno == EACCES) {
			session->denied = arg->out_denied;
			session->denied_by = arg->out_denied_by;
		}
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
		wait = errno == EAGAIN ? arg->out_retry_after_ns : 0;
		if (errno == EAGAIN && !wait)
			wait = RETRY_NS;
		now = now_ns(sys);
		if (now >= deadline || wait >= deadline - now)
			return -ETIME;
		if (wait)
			wait_ns(sys, wait);
	}
}

static int attest(struct ward_session *session, const struct ward_request *request,
		  struct ward_evidence **out)
{
	struct ward_attest arg;
	struct answer *answer;
	int err;

	answer = calloc(1, sizeof(*answer));
	if (!answer)
		return -ENOMEM;
	err = ask(session, request, answer, &arg);
	if (!err && (!answer_valid(&arg) || !read_parts(answer, &arg)))
		err = -EBADMSG;
	if (err) {
		free(answer);
		return err;
	}
	publish(answer, &arg);
	*out = &answer->evidence;
	return 0;
}

int ward_session_attest(struct ward_session *session,
			const struct ward_request *request,
			struct ward_evidence **out)
{
	return request_valid(request) ? attest(session, request, out) : -EINVAL;
}

int ward_session_attest_raw(struct ward_session *session,
			    const uint8_t report_data[WARD_BINDING_LEN],
			    uint32_t timeout_ms, struct ward_evidence **out)
{
	static const uint8_t zeroes[WARD_RAW_ZEROES], no_nonce[1];
	struct ward_request request = {
		.size = sizeof(request), .purpose = WARD_PURPOSE_RAW, .nonce = no_nonce,
		.timeout_ms = timeout_ms,
	};

	if (memcmp(report_data + WARD_BINDING_LEN - WARD_RAW_ZEROES, zeroes, sizeof(zeroes)))
		return -EINVAL;
	memcpy(request.binding, report_data, WARD_BINDING_LEN);
	return attest(session, &request, out);
}

uint32_t ward_session_denied(const struct ward_session *session, uint64_t *by)
{
	if (by)
		*by = session->denied_by;
	return session->denied;
}

uint64_t ward_session_retry_after(const struct ward_session *session)
{
	return session->retry_after_ns;
}

void ward_evidence_free(struct ward_evidence *evidence)
{
	/* The first member of struct answer. */
	free(evidence);
}

const char *ward_tee_name(uint32_t tee)
{
	switch (tee) {
	case WARD_TEE_SNP:
		return "snp";
	case WARD_TEE_TDX:
		return "tdx";
	case WARD_TEE_CCA:
		return "cca";
	case WARD_TEE_SEV:
		return "sev";
	case WARD_TEE_TPM:
		return "tpm";
	case WARD_TEE_NITRO:
		return "nitro";
	case WARD_TEE_AZURE_SNP:
		return "azure-snp";
	case WARD_TEE_AZURE_TDX:
		return "azure-tdx";
	case WARD_TEE_SIMULATED:
		return "simulated-snp";
	default:
		return "none";
	}
}

const char *ward_evidence_tee_name(const struct ward_evidence *evidence)
{
	return ward_tee_name(evidence->tee);
}
