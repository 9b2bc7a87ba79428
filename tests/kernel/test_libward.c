// SPDX-License-Identifier: MIT
/*
 * libward on the real device: what its unit tests try on a table that plays the
 * kernel is tried here on the kernel itself.
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ktap.h"
#include "libward.h"

#pragma GCC diagnostic ignored "-Wsign-compare"

#define MIB ((size_t)1 << 20)

static struct ward_session *open_session(void)
{
	struct ward_session *session = NULL;

	ASSERT_EQ(ward_session_open(NULL, &session), 0);
	return session;
}

static struct ward_info info_of(struct ward_session *session)
{
	struct ward_info info = { .size = sizeof(info) };

	ASSERT_EQ(ward_session_info(session, &info), 0);
	return info;
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(session_measures_and_seals)
{
	struct ward_session *session = open_session();
	struct ward_seal seal = { .size = sizeof(seal) };
	uint8_t message[2 * WARD_DIGEST_LEN] = { 0 }, reg[64], expected[64];
	struct ward_buffer *buffer;

	memset(message + WARD_DIGEST_LEN, 0x5a, WARD_DIGEST_LEN);
	ASSERT_EQ(ward_session_measure(session, message + 64, reg), 0);
	ASSERT_TRUE(EVP_Digest(message, sizeof(message), expected, NULL,
			       EVP_sha512(), NULL));
	EXPECT_TRUE(!memcmp(reg, expected, sizeof(reg)));

	ASSERT_EQ(ward_session_seal(session, &seal), 0);
	EXPECT_EQ(seal.out_live, 0);
	EXPECT_EQ(ward_session_seal(session, NULL), 0);
	EXPECT_TRUE(info_of(session).out_state & WARD_STATE_SEALED);
	EXPECT_EQ(ward_buffer_alloc(session, 4096, 0, "late", &buffer),
		  -ESHUTDOWN);
	EXPECT_EQ(ward_session_measure(session, reg, NULL), -ESHUTDOWN);
	ward_session_close(session);
}

TEST(another_device_is_no_session)
{
	struct ward_session *session = NULL;

	EXPECT_EQ(ward_session_open("/dev/null", &session), -ENOTTY);
	EXPECT_EQ(ward_session_open("/dev/none", &session), -ENOENT);
	EXPECT_TRUE(!session);
}

TEST(buffers_are_zero_whole_and_gone)
{
	static const size_t sizes[] = { 1, 4096, 5000, 2 * MIB, 3 * MIB, 9 * MIB };
	struct ward_session *session = open_session();
	uint64_t features = info_of(session).out_features;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct ward_buf_info info = { .size = sizeof(info) };
		struct ward_buffer *buffer;
		uint64_t bytes = 0;
		size_t size;

		ASSERT_EQ(ward_buffer_alloc(session, sizes[i], 0, "x", &buffer),
			  0);
		size = ward_buffer_size(buffer);
		EXPECT_EQ(size, (sizes[i] + 4095) / 4096 * 4096);
		EXPECT_TRUE(all_zero(ward_buffer_data(buffer), size));
		memset(ward_buffer_data(buffer), 0xee, size);
		ASSERT_EQ(ward_buffer_info(buffer, &info), 0);
		EXPECT_EQ(info.out_class, WARD_CLASS_A);
		EXPECT_EQ(info.out_id, ward_buffer_id(buffer));
		if (size >= 2 * MIB)
			EXPECT_EQ((uintptr_t)ward_buffer_data(buffer) % (2 * MIB), 0);
		if (!(features & WARD_FEATURE_HUGE))
			ktap_note("no huge mappings on this kernel");
		EXPECT_EQ(info_of(session).out_live, size);
		ASSERT_EQ(ward_buffer_wipe(buffer, &bytes), 0);
		EXPECT_EQ(bytes, size);
		ASSERT_EQ(ward_buffer_wipe(buffer, &bytes), 0);
		EXPECT_EQ(bytes, 0);
		ward_buffer_free(buffer);
		EXPECT_EQ(info_of(session).out_live, 0);
	}
	ward_session_close(session);
}

TEST(pin_ends_in_zeroes)
{
	struct ward_session *session = open_session();
	struct ward_buffer *buffer;
	uint8_t *memory = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(memory != MAP_FAILED);
	memset(memory, 0xdd, MIB);
	ASSERT_EQ(ward_buffer_pin(session, memory, MIB, "io", &buffer), 0);
	EXPECT_EQ(info_of(session).out_live_b, MIB);
	EXPECT_EQ(memory[MIB - 1], 0xdd);
	ward_buffer_free(buffer);
	EXPECT_TRUE(all_zero(memory, MIB));
	EXPECT_EQ(info_of(session).out_live_b, 0);
	EXPECT_EQ(ward_buffer_pin(session, memory + 1, 4096, "io", &buffer),
		  -EINVAL);
	munmap(memory, MIB);
	ward_session_close(session);
}

TEST(arena_keeps_to_the_limit)
{
	struct ward_session *session = open_session();
	struct ward_arena *arena = NULL;
	uint8_t *a, *b;

	ASSERT_EQ(ward_session_watch(session, 0, 4 * MIB), 0);
	EXPECT_EQ(ward_arena_new(session, 8 * MIB, "big", &arena), -EDQUOT);
	EXPECT_TRUE(!arena);
	ASSERT_EQ(ward_arena_new(session, 4 * MIB, "all", &arena), 0);
	a = ward_arena_alloc(arena, 3 * MIB);
	b = ward_arena_alloc(arena, MIB);
	ASSERT_TRUE(a && b);
	EXPECT_TRUE(!ward_arena_alloc(arena, 1));
	memset(a, 1, 3 * MIB);
	memset(b, 2, MIB);
	ASSERT_EQ(ward_arena_free(arena, a), 0);
	EXPECT_TRUE(all_zero(a, 3 * MIB));
	EXPECT_EQ(b[MIB - 1], 2);
	EXPECT_EQ(ward_arena_peak(arena), 4 * MIB);
	EXPECT_EQ(info_of(session).out_live, 4 * MIB);
	ward_arena_destroy(arena);
	EXPECT_EQ(info_of(session).out_live, 0);
	EXPECT_EQ(ward_session_watch(session, 0, 8 * MIB), -EINVAL);
	ward_session_close(session);
}

TEST(notice_of_the_threshold)
{
	struct ward_session *session = open_session();
	struct ward_pressure pressure = { .size = sizeof(pressure) };
	struct ward_notice notice = { 0 };
	struct ward_buffer *buffer;

	EXPECT_EQ(ward_session_notice(session, 0, &notice), -ETIME);
	ASSERT_EQ(ward_session_watch(session, MIB, 0), 0);
	ASSERT_EQ(ward_buffer_alloc(session, 2 * MIB, 0, "x", &buffer), 0);
	ASSERT_EQ(ward_session_notice(session, 10000, &notice), 0);
	EXPECT_EQ(notice.live, 2 * MIB);
	EXPECT_EQ(notice.kind, WARD_NOTICE_LEVEL);
	EXPECT_EQ(ward_session_notice(session, 50, &notice), -ETIME);
	ASSERT_EQ(ward_session_pressure(session, &pressure), 0);
	EXPECT_EQ(pressure.out_live, 2 * MIB);
	EXPECT_EQ(pressure.out_peak, 2 * MIB);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

/* doc/formats.md section 3 over what was fetched from the first record on. */
static void head_of(const struct ward_info *info,
		    const struct ward_records *records, uint8_t *head)
{
	uint8_t first[14 + 2 * WARD_ID_LEN] = "WARD-CHAIN-V1";
	uint8_t record[1 + WARD_EVENT_SIZE] = { 0 };
	uint8_t link[1 + 2 * WARD_HEAD_LEN] = { 1 };
	size_t i;

	memcpy(first + 14, info->out_instance, WARD_ID_LEN);
	memcpy(first + 14 + WARD_ID_LEN, info->out_session, WARD_ID_LEN);
	EVP_Digest(first, sizeof(first), head, NULL, EVP_sha256(), NULL);
	for (i = 0; i < records->count; i++) {
		memcpy(record + 1, &records->event[i], WARD_EVENT_SIZE);
		memcpy(link + 1, head, WARD_HEAD_LEN);
		EVP_Digest(record, sizeof(record), link + 1 + WARD_HEAD_LEN,
			   NULL, EVP_sha256(), NULL);
		EVP_Digest(link, sizeof(link), head, NULL, EVP_sha256(), NULL);
	}
}

struct search {
	uint8_t id[WARD_ID_LEN];
	struct ward_session_entry entry;
	int found;
};

static int pick(const struct ward_session_entry *entry, void *arg)
{
	struct search *search = arg;

	if (!memcmp(entry->id, search->id, WARD_ID_LEN)) {
		search->entry = *entry;
		search->found++;
	}
	return 0;
}

static int stop_at_once(const struct ward_session_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	return -ECANCELED;
}

TEST(records_reach_the_head_that_the_control_plane_tells)
{
	struct ward_session *session = open_session();
	struct ward_info info = info_of(session);
	uint8_t digest[WARD_DIGEST_LEN] = { 0 }, head[WARD_HEAD_LEN];
	struct ward_records *records;
	struct ward_control *control;
	struct search search = { 0 };
	int i;

	for (i = 0; i < 40; i++) {
		digest[0] = i;
		ASSERT_EQ(ward_session_measure(session, digest, NULL), 0);
	}
	ASSERT_EQ(ward_session_records(session, 1, &records), 0);
	EXPECT_EQ(records->first_seq, 1);
	EXPECT_EQ(records->count, 41);
	EXPECT_EQ(records->last_seq, 41);
	head_of(&info, records, head);
	ward_records_free(records);

	memcpy(search.id, info.out_session, WARD_ID_LEN);
	ASSERT_EQ(ward_control_open(&control), 0);
	ASSERT_EQ(ward_control_sessions(control, pick, &search), 0);
	ASSERT_EQ(search.found, 1);
	EXPECT_EQ(search.entry.seq, 41);
	EXPECT_TRUE(!memcmp(search.entry.head, head, sizeof(head)));
	EXPECT_EQ(ward_control_sessions(control, stop_at_once, NULL),
		  -ECANCELED);
	/* The handle still works after a walk that was stopped. */
	ASSERT_EQ(ward_control_sessions(control, pick, &search), 0);
	EXPECT_EQ(search.found, 2);
	ward_control_close(control);
	ward_session_close(session);
}

/* More than the session's ring can hold: a contiguous run up to the newest. */
TEST(records_of_a_long_life_are_contiguous)
{
	struct ward_session *session = open_session();
	uint8_t digest[WARD_DIGEST_LEN] = { 0 };
	struct ward_records *records;
	size_t i;

	for (i = 0; i < 6000; i++)
		ASSERT_EQ(ward_session_measure(session, digest, NULL), 0);
	ASSERT_EQ(ward_session_records(session, 1, &records), 0);
	EXPECT_EQ(records->last_seq, 6001);
	EXPECT_EQ(records->first_seq + records->count - 1, 6001);
	EXPECT_GE(records->count, 256);
	for (i = 0; i < records->count; i++)
		ASSERT_EQ(records->event[i].seq, records->first_seq + i);
	ktap_note("the ring held %zu of 6001 records", records->count);
	ward_records_free(records);
	ward_session_close(session);
}

TEST(control_plane_counts_what_is_held)
{
	struct ward_session *session = open_session();
	struct ward_status status = { .size = sizeof(status) };
	struct ward_provider provider = { .size = sizeof(provider) };
	struct ward_control *control;
	struct ward_memory before, now;
	struct ward_buffer *buffer;

	ASSERT_EQ(ward_control_open(&control), 0);
	ASSERT_EQ(ward_control_status(control, &status), 0);
	EXPECT_EQ(status.abi, WARD_ABI_VERSION);
	EXPECT_GE(status.sessions, 1);
	EXPECT_TRUE(!memcmp(status.instance, info_of(session).out_instance,
			    WARD_ID_LEN));
	ASSERT_EQ(ward_control_pressure(control, &before), 0);
	ASSERT_EQ(ward_buffer_alloc(session, 3 * MIB, 0, "x", &buffer), 0);
	ASSERT_EQ(ward_control_pressure(control, &now), 0);
	EXPECT_EQ(now.live_a - before.live_a, 3 * MIB);
	ward_buffer_free(buffer);
	ASSERT_EQ(ward_control_pressure(control, &now), 0);
	EXPECT_EQ(now.live_a, before.live_a);
	EXPECT_EQ(now.wiped - before.wiped, 3 * MIB);
	EXPECT_EQ(ward_control_provider(control, &provider), 0);
	status.size = 4;
	EXPECT_EQ(ward_control_status(control, &status), -EINVAL);
	ward_control_close(control);
	ward_session_close(session);
}

static struct ward_request request_of(uint32_t purpose, const uint8_t *nonce)
{
	struct ward_request request = {
		.size = sizeof(request), .purpose = purpose, .nonce = nonce,
		.nonce_len = 32,
	};

	EXPECT_EQ(ward_binding_report(nonce, 32, request.binding), 0);
	return request;
}

/* A session's evidence, or the test ends as skipped where no TSM exists. */
static struct ward_evidence *evidence_of(struct ward_session *session,
					 uint32_t purpose, const uint8_t *nonce)
{
	struct ward_request request = request_of(purpose, nonce);
	struct ward_evidence *evidence = NULL;
	int err = ward_session_attest(session, &request, &evidence);

	if (err == -ENODEV && access("/sys/kernel/config/tsm", F_OK))
		SKIP("this kernel has no TSM reports");
	ASSERT_EQ(err, 0);
	return evidence;
}

static void check_bundle(struct ward_session *session,
			 const struct ward_evidence *evidence)
{
	struct ward_records *records;
	uint8_t *bundle;
	size_t len;

	ASSERT_EQ(ward_session_records(session, 1, &records), 0);
	ASSERT_EQ(ward_bundle_encode(evidence, records, 0, &bundle, &len), 0);
	EXPECT_LE(len, WARD_BUNDLE_MAX);
	EXPECT_GE(len, evidence->data_len + WARD_CLAIMS_SIZE);
	EXPECT_EQ(bundle[0], 0xa5);
	free(bundle);
	ward_records_free(records);
}

TEST(evidence_is_over_the_claims)
{
	struct ward_session *session = open_session();
	uint8_t nonce[32], leaf[1 + WARD_CLAIMS_SIZE] = { 0 };
	uint8_t root[15 + 64] = "WARD-CLAIMS-V1", report_data[64];
	struct ward_evidence *evidence;
	struct ward_claims claims;

	memset(nonce, 0x6e, sizeof(nonce));
	evidence = evidence_of(session, WARD_PURPOSE_REPORT, nonce);
	memcpy(&claims, evidence->claims, sizeof(claims));
	EXPECT_EQ(claims.size, WARD_CLAIMS_SIZE);
	EXPECT_EQ(claims.purpose, WARD_PURPOSE_REPORT);
	EXPECT_EQ(claims.nonce_len, 32);
	EXPECT_TRUE(!memcmp(claims.nonce, nonce, sizeof(nonce)));
	EXPECT_EQ(claims.caller.uid, geteuid());
	EXPECT_EQ(claims.caller.tgid, getpid());
	/* Nobody else asks: a tree of one leaf. */
	ASSERT_EQ(evidence->leaves, 1);
	memcpy(leaf + 1, evidence->claims, WARD_CLAIMS_SIZE);
	EVP_Digest(leaf, sizeof(leaf), root + 15, NULL, EVP_sha512(), NULL);
	EVP_Digest(root, sizeof(root), report_data, NULL, EVP_sha512(), NULL);
	ASSERT_EQ(evidence->data_len, 1184);
	EXPECT_TRUE(!memcmp(evidence->data + 0x50, report_data, 64));
	EXPECT_STREQ(ward_evidence_tee_name(evidence), "simulated-snp");
	check_bundle(session, evidence);
	ward_evidence_free(evidence);
	ward_session_close(session);
}

TEST(receipt_needs_the_seal_and_the_wipe)
{
	struct ward_session *session = open_session();
	uint8_t nonce[32] = { 7 };
	struct ward_request request = request_of(WARD_PURPOSE_RECEIPT, nonce);
	struct ward_evidence *evidence = NULL;
	struct ward_buffer *buffer;
	struct ward_claims claims;

	ward_evidence_free(evidence_of(session, WARD_PURPOSE_REPORT, nonce));
	ASSERT_EQ(ward_buffer_alloc(session, MIB, 0, "phi", &buffer), 0);
	EXPECT_EQ(ward_session_attest(session, &request, &evidence), -EINVAL);
	ASSERT_EQ(ward_session_seal(session, NULL), 0);
	EXPECT_EQ(ward_session_attest(session, &request, &evidence), -EINVAL);
	EXPECT_TRUE(!evidence);
	ward_buffer_free(buffer);
	ASSERT_EQ(ward_session_attest(session, &request, &evidence), 0);
	memcpy(&claims, evidence->claims, sizeof(claims));
	EXPECT_EQ(claims.alloc_bytes, MIB);
	EXPECT_EQ(claims.wiped_bytes, MIB);
	EXPECT_EQ(claims.live_a, 0);
	check_bundle(session, evidence);
	ward_evidence_free(evidence);
	ward_session_close(session);
}

KTAP_MAIN()
