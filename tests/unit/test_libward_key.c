// SPDX-License-Identifier: MIT
/* Keys as libward asks for them: what reaches the kernel, in which parts, what is undone. */
#define _GNU_SOURCE
#include "fake_ward.h"

#define CHUNK	(8u << 20)

static struct ward_key_open opened[8];
static unsigned int opens, fail_at;	/* fail_at: 1 = the first, 0 = none */
static uint8_t *memory;			/* of the buffer */
static uint32_t buffer_end;

/* The kernel's side, as far as it can be without the data: fills, or refuses. */
static int open_hook(struct ward_key_open *arg)
{
	uint64_t message = arg->chunk + (uint64_t)WARD_KEY_TAG_LEN;
	uint64_t count = (arg->src_len + message - 1) / message;

	opened[opens++] = *arg;
	if (opens == fail_at)
		return EBADMSG;
	arg->out_bytes = arg->src_len - count * WARD_KEY_TAG_LEN;
	memset(memory + arg->offset, 0xdd, arg->out_bytes);
	return 0;
}

static int hook(unsigned int cmd, void *arg)
{
	struct ward_key_import *import = arg;
	struct ward_key_unwrap *unwrap = arg;

	switch (cmd) {
	case WARD_CMD_KEY_PAIR:
		memset(((struct ward_key_pair *)arg)->out_public, 0x99, WARD_KEY_LEN);
		return 0;
	case WARD_CMD_KEY_IMPORT:
		assert_int_equal(import->size, sizeof(*import));
		assert_int_equal(import->enc[31], 0x11);
		assert_int_equal(import->sealed[111], 0x22);
		assert_true(!import->flags && !import->reserved);
		import->out_fd = 2000;
		import->out_id = 7;
		return 0;
	case WARD_CMD_KEY_UNWRAP:
		assert_int_equal(unwrap->salt[15], 0x33);
		assert_int_equal(unwrap->wrapped[47], 0x44);
		unwrap->out_fd = 2001;
		unwrap->out_id = 8;
		return 0;
	case WARD_CMD_KEY_OPEN:
		return open_hook(arg);
	case WARD_CMD_KEY_INFO:
		((struct ward_key_info *)arg)->out_messages = 5;
		return 0;
	case WARD_CMD_KEY_END:
		((struct ward_key_end *)arg)->out_end = WARD_END_WIPE;
		return 0;
	case WARD_CMD_BUF_INFO:
		((struct ward_buf_info *)arg)->out_end = buffer_end;
		return 0;
	default:
		return 0;
	}
}

static struct ward_key *imported(struct ward_session *session)
{
	uint8_t enc[WARD_KEY_LEN], sealed[WARD_KEY_GRANT_SIZE + WARD_KEY_TAG_LEN];
	struct ward_key *key = NULL;

	memset(enc, 0x11, sizeof(enc));
	memset(sealed, 0x22, sizeof(sealed));
	fake.ioctl_hook = hook;
	opens = fail_at = buffer_end = 0;
	assert_int_equal(ward_key_import(session, enc, sealed, &key), 0);
	return key;
}

static void a_key_lives_and_ends(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_key *key = imported(session), *child = NULL;
	uint8_t public_key[WARD_KEY_LEN], salt[16], wrapped[48];
	struct ward_key_info info;

	(void)state;
	memset(salt, 0x33, sizeof(salt));
	memset(wrapped, 0x44, sizeof(wrapped));
	assert_int_equal(ward_key_pair(session, public_key), 0);
	assert_int_equal(public_key[31], 0x99);
	assert_int_equal(ward_key_fd(key), 2000);
	assert_int_equal(ward_key_id(key), 7);
	assert_int_equal(ward_key_unwrap(key, salt, wrapped, &child), 0);
	assert_int_equal(ward_key_fd(child), 2001);
	assert_int_equal(ward_key_id(child), 8);
	assert_int_equal(ward_key_info(key, &info), 0);
	assert_int_equal(info.size, sizeof(info));
	assert_int_equal(info.out_messages, 5);
	assert_int_equal(ward_key_end(child), WARD_END_WIPE);
	fake.log[0] = '\0';
	ward_key_free(child);
	ward_key_free(key);
	ward_key_free(NULL);
	assert_string_equal(fake.log, "close:2001 close:2000 ");
	ward_session_close(session);
}

static struct ward_key_series series_of(const void *src, uint64_t len)
{
	static const uint8_t salt[16] = { 0x55 }, aad[32] = { [31] = 0x66 };

	return (struct ward_key_series){
		.size = sizeof(struct ward_key_series), .use = WARD_KEY_USE_DATASET, .src = src,
		.src_len = len, .index = 40, .salt = salt, .aad = aad, .aad_len = 32,
		.iv_prefix = 1, .chunk = CHUNK,
	};
}

/* Seven messages fit in what the kernel takes at once; twenty are three calls. */
static void a_long_series_is_opened_in_parts(void **state)
{
	const uint64_t message = CHUNK + WARD_KEY_TAG_LEN, len = 19 * message + 100 + 12;
	struct ward_session *session = fake_session();
	struct ward_key *key = imported(session);
	struct ward_key_series series = series_of((void *)0x100000, len);
	struct ward_buffer *buffer;
	uint64_t at = 4096, src = 0x100000, index = 40;

	(void)state;
	assert_int_equal(ward_buffer_alloc(session, 20ull * CHUNK, 0, NULL, &buffer), 0);
	memory = ward_buffer_data(buffer);
	assert_int_equal(ward_key_open(key, &series, buffer, at), 19ull * CHUNK + 96);
	assert_int_equal(opens, 3);
	for (unsigned int i = 0; i < opens; i++) {
		assert_int_equal(opened[i].size, sizeof(opened[i]));
		assert_int_equal(opened[i].src, src);
		assert_int_equal(opened[i].offset, at);
		assert_int_equal(opened[i].index, index);
		assert_true(opened[i].src_len <= WARD_KEY_SRC_MAX);
		assert_int_equal(opened[i].buffer_fd, ward_buffer_fd(buffer));
		assert_int_equal(opened[i].use, WARD_KEY_USE_DATASET);
		assert_int_equal(opened[i].iv_prefix, 1);
		assert_int_equal(opened[i].chunk, CHUNK);
		assert_int_equal(opened[i].salt[0], 0x55);
		assert_int_equal(opened[i].aad_len, 32);
		assert_int_equal(opened[i].aad[31], 0x66);
		src += opened[i].src_len;
		at += opened[i].src_len / message * CHUNK;
		index += opened[i].src_len / message;
	}
	assert_int_equal(opened[0].src_len, 7 * message);
	assert_int_equal(src, 0x100000 + len);
	ward_key_free(key);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

/* What the kernel did not write it does not wipe: the earlier parts are the library's. */
static void a_failure_leaves_zeroes(void **state)
{
	const uint64_t message = CHUNK + WARD_KEY_TAG_LEN;
	struct ward_session *session = fake_session();
	struct ward_key *key = imported(session);
	struct ward_key_series series = series_of((void *)0x100000, 8 * message);
	struct ward_buffer *buffer;
	size_t i;

	(void)state;
	assert_int_equal(ward_buffer_alloc(session, 9ull * CHUNK, 0, NULL, &buffer), 0);
	memory = ward_buffer_data(buffer);
	memset(memory, 0xee, 16);
	fail_at = 2;
	assert_int_equal(ward_key_open(key, &series, buffer, 16), -EBADMSG);
	assert_int_equal(opens, 2);
	for (i = 0; i < 16; i++)
		assert_int_equal(memory[i], 0xee);
	for (i = 16; i < 7ull * CHUNK + 16; i++)
		if (memory[i])
			fail_msg("byte %zu is left", i);
	/* Of a buffer that has ended nothing is touched: it is zeroed, and unmapped. */
	opens = 0;
	buffer_end = WARD_END_REVOKE;
	assert_int_equal(ward_key_open(key, &series, buffer, 16), -EBADMSG);
	assert_int_equal(memory[16], 0xdd);
	ward_key_free(key);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static void what_no_kernel_takes_is_not_asked(void **state)
{
	struct ward_session *session = fake_session();
	struct ward_key *key = imported(session);
	struct ward_key_series series = series_of((void *)0x100000, 16), bad;
	struct ward_buffer *buffer;

	(void)state;
	assert_int_equal(ward_buffer_alloc(session, 4096, 0, NULL, &buffer), 0);
	memory = ward_buffer_data(buffer);
	bad = series;
	bad.chunk = 0;
	assert_int_equal(ward_key_open(key, &bad, buffer, 0), -EINVAL);
	bad.chunk = WARD_KEY_CHUNK_MAX + 16;
	assert_int_equal(ward_key_open(key, &bad, buffer, 0), -EINVAL);
	bad = series;
	bad.aad_len = WARD_KEY_AAD_MAX + 1;
	assert_int_equal(ward_key_open(key, &bad, buffer, 0), -EINVAL);
	bad = series;
	bad.size--;
	assert_int_equal(ward_key_open(key, &bad, buffer, 0), -EINVAL);
	assert_int_equal(opens, 0);
	/* A message without plaintext is one, too. */
	assert_int_equal(ward_key_open(key, &series, buffer, 0), 0);
	assert_int_equal(opens, 1);
	ward_key_free(key);
	ward_buffer_free(buffer);
	ward_session_close(session);
}

static void refusals_pass_through(void **state)
{
	static const int why[] = { EKEYREJECTED, EBADMSG, EDQUOT, ESHUTDOWN, ENOPKG };
	uint8_t enc[WARD_KEY_LEN] = { 0 }, sealed[112] = { 0 }, public_key[WARD_KEY_LEN] = { 0 };
	struct ward_session *session = fake_session();
	struct ward_key *key = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(why) / sizeof(*why); i++) {
		fake.ioctl_fail[WARD_CMD_KEY_IMPORT] = fake.ioctl_fail[WARD_CMD_KEY_PAIR] = 1;
		fake.ioctl_errno[WARD_CMD_KEY_IMPORT] = why[i];
		fake.ioctl_errno[WARD_CMD_KEY_PAIR] = why[i];
		assert_int_equal(ward_key_import(session, enc, sealed, &key), -why[i]);
		assert_int_equal(ward_key_pair(session, public_key), -why[i]);
		assert_null(key);
		assert_string_not_equal(ward_strerror(-why[i]), "unexpected error");
	}
	assert_string_not_equal(ward_strerror(-EKEYREVOKED), "unexpected error");
	assert_string_not_equal(ward_strerror(-EKEYEXPIRED), "unexpected error");
	ward_session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_lives_and_ends),
		cmocka_unit_test(a_long_series_is_opened_in_parts),
		cmocka_unit_test(a_failure_leaves_zeroes),
		cmocka_unit_test(what_no_kernel_takes_is_not_asked),
		cmocka_unit_test(refusals_pass_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
