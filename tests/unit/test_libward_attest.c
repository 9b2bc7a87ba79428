// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "fake_ward.h"

static const uint8_t nonce[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

/* What the fake kernel answers; tests bend one field of it. */
static struct ward_attest reply;
static uint64_t retry_after;
static uint8_t more[512];

static struct ward_request request_of(uint32_t timeout_ms)
{
	struct ward_request request = {
		.size = sizeof(request),
		.purpose = WARD_PURPOSE_RECEIPT,
		.nonce = nonce,
		.nonce_len = sizeof(nonce),
		.timeout_ms = timeout_ms,
	};

	memset(request.binding, 0xb1, sizeof(request.binding));
	memset(request.subject, 0x5b, sizeof(request.subject));
	return request;
}

static void reply_good(void)
{
	reply = (struct ward_attest){
		.claims_len = WARD_CLAIMS_SIZE, .path_len = 2 * WARD_DIGEST_LEN,
		.evidence_len = 1184, .aux_len = 24, .manifest_len = 0,
		.out_index = 2, .out_leaves = 3, .out_tee = WARD_TEE_SIMULATED,
		.out_generation = 9,
	};
	memcpy(reply.out_provider, "tsmsim", 6);
	retry_after = 0;
}

static const uint8_t hash[48] = { 0x9a, [47] = 0xa9 };

static void check_raw(const struct ward_attest *arg)
{
	static const uint8_t zero[WARD_NONCE_MAX];

	assert_int_equal(arg->size, sizeof(*arg));
	assert_int_equal(arg->nonce_len, 0);
	assert_memory_equal(arg->nonce, zero, sizeof(zero));
	assert_memory_equal(arg->subject, zero, WARD_ID_LEN);
	assert_int_equal(arg->max_age_ns, 0);
	assert_memory_equal(arg->binding, hash, sizeof(hash));
	assert_memory_equal(arg->binding + 48, zero, 16);
}

static void check_request(const struct ward_attest *arg)
{
	if (arg->purpose == WARD_PURPOSE_RAW) {
		check_raw(arg);
		return;
	}
	assert_int_equal(arg->size, sizeof(*arg));
	assert_int_equal(arg->flags, 0);
	assert_int_equal(arg->purpose, WARD_PURPOSE_RECEIPT);
	assert_int_equal(arg->nonce_len, sizeof(nonce));
	assert_memory_equal(arg->nonce, nonce, sizeof(nonce));
	assert_int_equal(arg->nonce[sizeof(nonce)], 0);
	assert_int_equal(arg->binding[63], 0xb1);
	assert_int_equal(arg->subject[15], 0x5b);
	assert_int_equal(arg->claims_len, WARD_CLAIMS_SIZE);
	assert_int_equal(arg->path_len, WARD_PATH_NODES_MAX * WARD_DIGEST_LEN);
	assert_int_equal(arg->evidence_len, WARD_EVIDENCE_MAX);
	assert_int_equal(arg->aux_len, WARD_AUX_MAX);
	assert_int_equal(arg->manifest_len, WARD_MANIFEST_MAX);
	assert_int_equal(arg->more_len, WARD_MORE_MAX);
}

static int attest_hook(unsigned int cmd, void *arg)
{
	struct ward_attest *attest = arg;

	if (cmd != WARD_CMD_ATTEST)
		return 0;
	check_request(attest);
	attest->out_retry_after_ns = retry_after;
	attest->out_denied = reply.out_denied;
	attest->out_denied_by = reply.out_denied_by;
	attest->claims_len = reply.claims_len;
	attest->path_len = reply.path_len;
	attest->evidence_len = reply.evidence_len;
	attest->aux_len = reply.aux_len;
	attest->manifest_len = reply.manifest_len;
	attest->more_len = reply.more_len;
	attest->out_parts = reply.out_parts;
	attest->out_index = reply.out_index;
	attest->out_leaves = reply.out_leaves;
	attest->out_tee = reply.out_tee;
	attest->out_generation = reply.out_generation;
	memcpy(attest->out_provider, reply.out_provider, WARD_LABEL_LEN);
	memset((void *)(uintptr_t)attest->claims_addr, 0xc1, WARD_CLAIMS_SIZE);
	memset((void *)(uintptr_t)attest->path_addr, 0xa1, 64);
	memset((void *)(uintptr_t)attest->evidence_addr, 0xe1, 1184);
	memset((void *)(uintptr_t)attest->aux_addr, 0xaa, 24);
	memcpy((void *)(uintptr_t)attest->more_addr, more, sizeof(more));
	return 0;
}

static struct ward_session *attest_session(void)
{
	struct ward_session *session = fake_session();

	reply_good();
	fake.ioctl_hook = attest_hook;
	return session;
}

static void answer_arrives_whole(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;

	(void)state;
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	assert_int_equal(evidence->claims[1023], 0xc1);
	assert_int_equal(evidence->path_len, 128);
	assert_int_equal(evidence->path[0], 0xa1);
	assert_int_equal(evidence->data_len, 1184);
	assert_int_equal(evidence->data[1183], 0xe1);
	assert_int_equal(evidence->aux_len, 24);
	assert_int_equal(evidence->aux[23], 0xaa);
	assert_int_equal(evidence->manifest_len, 0);
	assert_int_equal(evidence->index, 2);
	assert_int_equal(evidence->leaves, 3);
	assert_int_equal(evidence->generation, 9);
	assert_string_equal(evidence->provider, "tsmsim");
	assert_string_equal(ward_evidence_tee_name(evidence), "simulated-snp");
	ward_evidence_free(evidence);
	ward_evidence_free(NULL);
	ward_session_close(session);
}

/* A quote of 5 bytes with 9 of endorsements, and one that could not be had. */
static void reply_parts(void)
{
	struct ward_evidence_part quote = {
		.size = 64 + 8 + 16, .tee = WARD_TEE_TPM, .data_len = 5, .aux_len = 9,
		.generation = 3, .provider = "tpm0",
	};
	struct ward_evidence_part none = {
		.size = 64, .error = ETIME, .provider = "tpm1",
	};

	memset(more, 0, sizeof(more));
	memcpy(more, &quote, 64);
	memcpy(more + 64, "quote", 5);
	memcpy(more + 72, "event log", 9);
	memcpy(more + 88, &none, 64);
	reply.more_len = 152;
	reply.out_parts = 2;
}

static void further_pieces_arrive(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;

	(void)state;
	reply_parts();
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	assert_int_equal(evidence->more_count, 2);
	assert_int_equal(evidence->more[0].data_len, 5);
	assert_memory_equal(evidence->more[0].data, "quote", 5);
	assert_int_equal(evidence->more[0].aux_len, 9);
	assert_memory_equal(evidence->more[0].aux, "event log", 9);
	assert_int_equal(evidence->more[0].generation, 3);
	assert_string_equal(evidence->more[0].provider, "tpm0");
	assert_string_equal(ward_tee_name(evidence->more[0].tee), "tpm");
	assert_int_equal(evidence->more[1].error, ETIME);
	assert_int_equal(evidence->more[1].data_len, 0);
	ward_evidence_free(evidence);
	ward_session_close(session);
}

static void full_queue_is_waited_for(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;

	(void)state;
	fake.ioctl_errno[WARD_CMD_ATTEST] = EAGAIN;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 3;
	retry_after = 100000000;
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	assert_int_equal(fake.slept_ns, 300000000);
	ward_evidence_free(evidence);
	ward_session_close(session);
}

static void waiting_ends_at_the_deadline(void **state)
{
	static const uint64_t hints[] = { 0, 1, 100000000, 5000000000ull,
					  UINT64_MAX };
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		struct ward_session *session = attest_session();

		fake.ioctl_errno[WARD_CMD_ATTEST] = EAGAIN;
		fake.ioctl_fail[WARD_CMD_ATTEST] = 1 << 30;
		retry_after = hints[i];
		assert_int_equal(ward_session_attest(session, &request,
						     &evidence), -ETIME);
		assert_true(fake.slept_ns <= 1000000000);
		assert_null(evidence);
		ward_session_close(session);
	}
}

static void signals_do_not_outlast_the_deadline(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1);
	struct ward_evidence *evidence = NULL;

	(void)state;
	fake.ioctl_errno[WARD_CMD_ATTEST] = EINTR;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 5;
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	ward_evidence_free(evidence);
	evidence = NULL;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 1 << 30;
	assert_int_equal(ward_session_attest(session, &request, &evidence),
			 -ETIME);
	assert_null(evidence);
	ward_session_close(session);
}

/* When to come again is told of the last refusal, and forgotten with an answer. */
static void retry_after_is_kept(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;

	(void)state;
	fake.ioctl_errno[WARD_CMD_ATTEST] = EHOSTDOWN;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 1;
	retry_after = 30000000000ull;
	assert_int_equal(ward_session_retry_after(session), 0);
	assert_int_equal(ward_session_attest(session, &request, &evidence), -EHOSTDOWN);
	assert_true(ward_session_retry_after(session) == 30000000000ull);
	assert_int_equal(fake.slept_ns, 0);
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	assert_int_equal(ward_session_retry_after(session), 0);
	ward_evidence_free(evidence);
	fake.ioctl_errno[WARD_CMD_ATTEST] = EAGAIN;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 1;
	assert_int_equal(ward_session_attest(session, &request, &evidence), -ETIME);
	assert_true(ward_session_retry_after(session) == 30000000000ull);
	ward_session_close(session);
}

static void failures_pass_through(void **state)
{
	static const int why[] = {
		EINVAL, EOPNOTSUPP, ENODEV, ENXIO, ETIME, EBADMSG, EOVERFLOW,
		EHOSTDOWN, EIO, ENOENT, EPERM, ESHUTDOWN, EMSGSIZE,
	};
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(0);
	struct ward_evidence *evidence = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fake.ioctls = 0;
		fake.ioctl_errno[WARD_CMD_ATTEST] = why[i];
		fake.ioctl_fail[WARD_CMD_ATTEST] = 1;
		assert_int_equal(ward_session_attest(session, &request,
						     &evidence), -why[i]);
		assert_null(evidence);
		assert_int_equal(fake.ioctls, 1);
	}
	ward_session_close(session);
}

/* What denied it is told of the last refusal, and forgotten with the next call. */
static void what_denied_it_is_kept(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(1000);
	struct ward_evidence *evidence = NULL;
	uint64_t by = 1;

	(void)state;
	assert_int_equal(ward_session_denied(session, &by), WARD_DENIED_NOT);
	assert_int_equal(by, 0);
	reply.out_denied = WARD_DENIED_POSTURE;
	reply.out_denied_by = WARD_POSTURE_EXCLUSIVE;
	fake.ioctl_errno[WARD_CMD_ATTEST] = EACCES;
	fake.ioctl_fail[WARD_CMD_ATTEST] = 1;
	assert_int_equal(ward_session_attest(session, &request, &evidence), -EACCES);
	assert_int_equal(ward_session_denied(session, &by), WARD_DENIED_POSTURE);
	assert_int_equal(by, WARD_POSTURE_EXCLUSIVE);
	assert_int_equal(ward_session_denied(session, NULL), WARD_DENIED_POSTURE);
	assert_int_equal(ward_session_attest(session, &request, &evidence), 0);
	assert_int_equal(ward_session_denied(session, &by), WARD_DENIED_NOT);
	ward_evidence_free(evidence);
	ward_session_close(session);
}

static int raw_with(struct ward_session *session, uint32_t claims_len, uint32_t path_len,
		    uint32_t leaves, uint32_t index)
{
	uint8_t report_data[WARD_BINDING_LEN] = { 0 };
	struct ward_evidence *evidence = NULL;
	uint8_t *bundle;
	size_t len;
	int err;

	memcpy(report_data, hash, sizeof(hash));
	reply.claims_len = claims_len;
	reply.path_len = path_len;
	reply.out_leaves = leaves;
	reply.out_index = index;
	err = ward_session_attest_raw(session, report_data, 0, &evidence);
	if (!err) {
		assert_int_equal(evidence->leaves, 0);
		assert_int_equal(evidence->data_len, 1184);
		assert_int_equal(ward_bundle_encode(evidence, NULL, 0, &bundle, &len), -EINVAL);
		ward_evidence_free(evidence);
	}
	return err;
}

static void raw_report_data(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(0);
	struct ward_evidence *evidence = NULL;
	uint8_t report_data[WARD_BINDING_LEN] = { 0 };
	size_t i;

	(void)state;
	/* What a kernel that took it for claims would answer is refused. */
	assert_int_equal(raw_with(session, 0, 0, 0, 0), 0);
	assert_int_equal(raw_with(session, WARD_CLAIMS_SIZE, 0, 0, 0), -EBADMSG);
	assert_int_equal(raw_with(session, 0, WARD_DIGEST_LEN, 0, 0), -EBADMSG);
	assert_int_equal(raw_with(session, 0, 0, 1, 0), -EBADMSG);
	assert_int_equal(raw_with(session, 0, 0, 0, 1), -EBADMSG);
	fake.ioctls = 0;
	for (i = WARD_BINDING_LEN - WARD_RAW_ZEROES; i < WARD_BINDING_LEN; i++) {
		report_data[i] = 0x80;
		assert_int_equal(ward_session_attest_raw(session, report_data, 0, &evidence),
				 -EINVAL);
		report_data[i] = 0;
	}
	/* It is none of the purposes of claims. */
	request.purpose = WARD_PURPOSE_RAW;
	assert_int_equal(ward_session_attest(session, &request, &evidence), -EINVAL);
	assert_int_equal(fake.ioctls, 0);
	ward_session_close(session);
}

static void expect_unreadable(struct ward_session *session)
{
	struct ward_request request = request_of(0);
	struct ward_evidence *evidence = NULL;

	assert_int_equal(ward_session_attest(session, &request, &evidence),
			 -EBADMSG);
	assert_null(evidence);
	reply_good();
}

static void impossible_answers_are_refused(void **state)
{
	struct ward_session *session = attest_session();

	(void)state;
	reply.claims_len = 1023;
	expect_unreadable(session);
	reply.evidence_len = 0;
	expect_unreadable(session);
	reply.evidence_len = WARD_EVIDENCE_MAX + 1;
	expect_unreadable(session);
	reply.path_len = 63;
	expect_unreadable(session);
	reply.path_len = 7 * WARD_DIGEST_LEN;
	expect_unreadable(session);
	reply.aux_len = WARD_AUX_MAX + 1;
	expect_unreadable(session);
	reply.manifest_len = WARD_MANIFEST_MAX + 1;
	expect_unreadable(session);
	reply.out_leaves = 0;
	expect_unreadable(session);
	reply.out_leaves = WARD_PATH_MAX + 1;
	expect_unreadable(session);
	reply.out_index = 3;
	expect_unreadable(session);
	reply.more_len = WARD_MORE_MAX + 1;
	expect_unreadable(session);
	reply.out_parts = 1;
	expect_unreadable(session);
	reply_parts();
	reply.out_parts = WARD_PARTS_MAX;
	expect_unreadable(session);
	reply_parts();
	reply.out_parts = 1;
	expect_unreadable(session);
	reply_parts();
	reply.more_len--;
	expect_unreadable(session);
	reply_parts();
	memset(more + 8, 0xff, 4);
	expect_unreadable(session);
	ward_session_close(session);
}

static void bad_requests_never_reach_the_kernel(void **state)
{
	struct ward_session *session = attest_session();
	struct ward_request request = request_of(0);
	struct ward_evidence *evidence = NULL;

	(void)state;
	request.nonce_len = WARD_NONCE_MAX + 1;
	assert_int_equal(ward_session_attest(session, &request, &evidence),
			 -EINVAL);
	request = request_of(0);
	request.nonce = NULL;
	assert_int_equal(ward_session_attest(session, &request, &evidence),
			 -EINVAL);
	request = request_of(0);
	request.size = 4;
	assert_int_equal(ward_session_attest(session, &request, &evidence),
			 -EINVAL);
	assert_int_equal(fake.ioctls, 0);
	ward_session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answer_arrives_whole),
		cmocka_unit_test(further_pieces_arrive),
		cmocka_unit_test(full_queue_is_waited_for),
		cmocka_unit_test(waiting_ends_at_the_deadline),
		cmocka_unit_test(signals_do_not_outlast_the_deadline),
		cmocka_unit_test(retry_after_is_kept),
		cmocka_unit_test(failures_pass_through),
		cmocka_unit_test(what_denied_it_is_kept),
		cmocka_unit_test(raw_report_data),
		cmocka_unit_test(impossible_answers_are_refused),
		cmocka_unit_test(bad_requests_never_reach_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
