// SPDX-License-Identifier: MIT
/*
 * WARD_KEY_OPEN: what it writes and where, what it counts, what it refuses.
 */
#define _GNU_SOURCE
#include "key_test.h"

/* ---- what it writes --------------------------------------------------------------- */

/* Sizes about the borders of blocks, pages, chunks of 2 MiB; messages of all kinds. */
TEST_TIMEOUT(it_opens_what_was_sealed, 240)
{
	static const struct { size_t len; uint32_t chunk; uint64_t offset; } tries[] = {
		{ 0, 16, 0 }, { 1, 16, 0 }, { 16, 16, 16 }, { 17, 16, 32 }, { 4096, 4096, 0 },
		{ 4097, 4096, PAGE - 16 }, { 65536, 65536, 0 }, { 100001, 4096, 48 },
		{ 100001, 65536, HUGE - 4096 }, { 3 << 20, 1 << 20, HUGE - (1 << 20) },
		{ (2 << 20) + 5, 2 << 20, 16 }, { 3000, 1 << 24, 0 }, { 1 << 20, 4080, 0 },
	};
	struct place at = place_new(0, 3 * HUGE);
	uint64_t messages = 0, bytes = 0;
	struct sealed_file file;
	size_t i;

	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		file = file_new(&at.grant, NULL, tries[i].len, tries[i].chunk);
		memset(at.buf.p, 0xa5, at.buf.length);
		ASSERT_EQ(key_open(at.key, &file, at.buf.fd, tries[i].offset), 0);
		EXPECT_MEMEQ(at.buf.p + tries[i].offset, file.text, file.len);
		/* Not a byte beside it. */
		EXPECT_TRUE(!tries[i].offset || at.buf.p[tries[i].offset - 1] == 0xa5);
		EXPECT_EQ(at.buf.p[tries[i].offset + file.len], 0xa5);
		messages += (file.sealed_len - file.len) / TAG;
		bytes += file.len;
		file_free(&file);
	}
	EXPECT_EQ(key_info(at.key).out_messages, messages);
	EXPECT_EQ(key_info(at.key).out_bytes, bytes);
	EXPECT_EQ(key_end(at.key), WARD_END_WIPE);
	EXPECT_EQ(last_record(at.session, WARD_EVENT_KEY_END, WARD_END_WIPE).bytes, bytes);
}

/* The last page of a buffer may be filled to its last byte, and not a byte more. */
TEST(up_to_the_end_of_the_buffer)
{
	struct place at = place_new(0, PAGE);
	struct sealed_file file;

	file = file_new(&at.grant, NULL, PAGE, PAGE);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), 0);
	EXPECT_MEMEQ(at.buf.p, file.text, PAGE);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 16), -EINVAL);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, PAGE), -EINVAL);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, -16ull), -EINVAL);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 1ull << 63), -EINVAL);
}

TEST(lazy_and_shared_buffers_are_filled)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct sealed_file file;
	int s = session_open(), key;
	struct buf lazy, shared;

	need_keys();
	key = key_of(s, &grant);
	file = file_new(&grant, NULL, HUGE, 1 << 16);
	lazy = buf_get_with(s, 4 * HUGE, WARD_BUF_LAZY);
	ASSERT_EQ(key_open(key, &file, lazy.fd, HUGE + PAGE), 0);
	EXPECT_EQ(buf_info(lazy.fd).out_present, 2 * HUGE);
	EXPECT_MEMEQ(lazy.p + HUGE + PAGE, file.text, file.len);
	shared = buf_get_with(s, HUGE, WARD_BUF_SHARED);
	ASSERT_EQ(key_open(key, &file, shared.fd, 0), 0);
	EXPECT_MEMEQ(shared.p, file.text, file.len);
}

/* As a data loader's process has it: the key's fd and a shared buffer's. */
TEST(another_process_fills_a_shared_buffer_and_no_other)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct sealed_file file;
	int s = session_open(), key, own, status;
	struct buf shared;
	pid_t pid;

	need_keys();
	key = key_of(s, &grant);
	file = file_new(&grant, NULL, PAGE, PAGE);
	shared = buf_get_with(s, PAGE, WARD_BUF_SHARED);
	own = buf_alloc(s, PAGE);
	pid = fork();
	if (!pid)
		_exit(key_open(key, &file, shared.fd, 0) != 0 ||
		      key_open(key, &file, own, 0) != -EPERM);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_MEMEQ(shared.p, file.text, PAGE);
}

TEST(salts_and_keys_alternate)
{
	struct place at = place_new(0, PAGE);
	int i;
	struct sealed_file files[3];

	for (i = 0; i < 3; i++)
		files[i] = file_new(&at.grant, NULL, 1000, 1008);
	for (i = 0; i < 30; i++) {
		ASSERT_EQ(key_open(at.key, &files[i * i % 3], at.buf.fd, 0), 0);
		EXPECT_MEMEQ(at.buf.p, files[i * i % 3].text, 1000);
	}
}

/* ---- what it counts ----------------------------------------------------------------- */

TEST(the_last_use_ends_the_key)
{
	struct place at = place_new(4, 4 * PAGE);
	struct sealed_file three, one;

	three = file_new(&at.grant, NULL, 3 * PAGE, PAGE);
	one = file_new(&at.grant, NULL, 100, PAGE);
	ASSERT_EQ(key_open(at.key, &three, at.buf.fd, 0), 0);
	/* Two too many: nothing is done, and nothing is used. */
	memset(at.buf.p, 0xa5, at.buf.length);
	EXPECT_EQ(key_open(at.key, &three, at.buf.fd, 0), -EDQUOT);
	EXPECT_EQ(at.buf.p[0], 0xa5);
	EXPECT_EQ(key_info(at.key).out_uses_left, 1);
	EXPECT_EQ(key_info(at.key).out_end, WARD_END_NONE);
	ASSERT_EQ(key_open(at.key, &one, at.buf.fd, 0), 0);
	EXPECT_MEMEQ(at.buf.p, one.text, 100);
	EXPECT_EQ(key_info(at.key).out_end, WARD_END_USES);
	EXPECT_EQ(key_open(at.key, &one, at.buf.fd, 0), -EDQUOT);
	EXPECT_EQ(last_record(at.session, WARD_EVENT_KEY_END, WARD_END_USES).id,
		  key_info(at.key).out_id);
}

/* All that the call wrote is zeroed again; what was tried was a use. */
TEST(a_message_that_does_not_verify)
{
	struct place at = place_new(10, 6 * PAGE);
	struct sealed_file file;

	memset(at.buf.p, 0xa5, at.buf.length);
	file = file_new(&at.grant, NULL, 5 * PAGE - 7, PAGE);
	file.bytes[2 * (PAGE + TAG) + 99] ^= 1;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, PAGE), -EBADMSG);
	EXPECT_EQ(at.buf.p[PAGE - 1], 0xa5);
	EXPECT_TRUE(all_zero(at.buf.p + PAGE, 3 * PAGE));
	EXPECT_EQ(at.buf.p[4 * PAGE], 0xa5);
	EXPECT_EQ(key_info(at.key).out_uses_left, 7);
	EXPECT_EQ(key_info(at.key).out_messages, 0);
}

/* Uses that are used up by what does not verify end the key as well. */
TEST(tries_are_uses)
{
	struct place at = place_new(2, PAGE);
	struct sealed_file file;

	file = file_new(&at.grant, NULL, 100, PAGE);
	file.bytes[0] ^= 1;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EBADMSG);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EBADMSG);
	EXPECT_EQ(key_info(at.key).out_end, WARD_END_USES);
}

/* Everything that a message was sealed with has to be as it was. */
TEST(all_that_is_authenticated)
{
	struct place at = place_new(0, PAGE);
	struct sealed_file good, bad;

	good = file_new(&at.grant, NULL, 1000, 1008);
	bad = good;
	bad.cmd.salt[0] ^= 1;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	bad = good;
	bad.cmd.aad[31] ^= 1;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	bad = good;
	bad.cmd.aad[31] = 0;
	bad.cmd.aad_len = 31;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	bad = good;
	bad.cmd.iv_prefix++;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	bad = good;
	bad.cmd.index++;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	bad = good;
	bad.cmd.src_len -= 16;
	EXPECT_EQ(key_open(at.key, &bad, at.buf.fd, 0), -EBADMSG);
	EXPECT_EQ(key_open(at.key, &good, at.buf.fd, 0), 0);
	EXPECT_MEMEQ(at.buf.p, good.text, 1000);
}

TEST(no_aad_at_all)
{
	struct place at = place_new(0, PAGE);
	static const uint8_t iv[12] = { 5 };
	struct sealed_file file;
	uint8_t derived[32];

	file = file_new(&at.grant, NULL, 100, PAGE);
	derive(at.grant.key, &at.grant, file.cmd.salt, "WARD-DATASET-V2", derived);
	memset(file.cmd.aad, 0, sizeof(file.cmd.aad));
	file.cmd.aad_len = 0;
	file.cmd.iv_prefix = 5;
	file.cmd.index = 0;
	gcm_seal(derived, iv, "", 0, file.text, 100, file.bytes);
	ASSERT_EQ(key_open(at.key, &file, at.buf.fd, 0), 0);
	EXPECT_MEMEQ(at.buf.p, file.text, 100);
	/* A tag alone, over nothing. */
	gcm_seal(derived, iv, "", 0, "", 0, file.bytes);
	file.cmd.src_len = TAG;
	file.len = 0;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), 0);
	file.bytes[3] ^= 4;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EBADMSG);
}

/* ---- what it refuses ------------------------------------------------------------------ */

struct refusal {
	const char *what;
	size_t offset, len;
	uint64_t value;
	int error;
};

#define FIELD(field, value, error)					\
	{ #field " = " #value, offsetof(struct ward_key_open, field),		\
	  sizeof(((struct ward_key_open *)0)->field), value, error }

TEST(fields_that_make_no_sense)
{
	static const struct refusal refusals[] = {
		FIELD(flags, 1, -EOPNOTSUPP), FIELD(use, 0, -EOPNOTSUPP),
		FIELD(use, 2, -EOPNOTSUPP), FIELD(use, ~0u, -EOPNOTSUPP),
		FIELD(reserved, 1, -EINVAL), FIELD(aad_len, 33, -EINVAL),
		FIELD(aad_len, ~0u, -EINVAL), FIELD(aad_len, 31, -EINVAL),
		FIELD(chunk, 0, -EINVAL), FIELD(chunk, 8, -EINVAL),
		FIELD(chunk, WARD_KEY_CHUNK_MAX + 16, -EINVAL), FIELD(chunk, ~0u, -EINVAL),
		FIELD(offset, 8, -EINVAL), FIELD(offset, ~15ull, -EINVAL),
		FIELD(src_len, 0, -EINVAL), FIELD(src_len, 15, -EINVAL),
		FIELD(src_len, WARD_KEY_SRC_MAX + 1, -EINVAL), FIELD(src_len, ~0ull, -EINVAL),
		/* One message and a piece of the next that is shorter than its tag. */
		FIELD(src_len, 4096 + 16 + 15, -EINVAL),
		FIELD(index, ~0ull, -EINVAL), FIELD(buffer_fd, -1, -EBADF),
		FIELD(buffer_fd, 0, -EBADF), FIELD(buffer_fd, 9999, -EBADF),
		FIELD(src, 0, -EFAULT), FIELD(src, ~15ull, -EFAULT),
		FIELD(src, 1ull << 63, -EFAULT), FIELD(src, 0x7ffffffff000, -EFAULT),
	};
	struct place at = place_new(0, 4 * PAGE);
	struct ward_key_open cmd;
	struct sealed_file file;
	size_t i;
	int ret;

	file = file_new(&at.grant, NULL, 3 * PAGE, PAGE);
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		cmd = file.cmd;
		cmd.buffer_fd = at.buf.fd;
		memcpy((uint8_t *)&cmd + refusals[i].offset, &refusals[i].value,
		       refusals[i].len);
		ret = ward_call(at.key, WARD_KEY_OPEN, &cmd);
		if (ret != refusals[i].error)
			fprintf(stderr, "%s\n", refusals[i].what);
		EXPECT_EQ(ret, refusals[i].error);
	}
	file.cmd.src += 8;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EINVAL);
	EXPECT_EQ(key_info(at.key).out_messages, 0);
	EXPECT_TRUE(all_zero(at.buf.p, at.buf.length));
}

TEST(only_buffers_of_class_a_of_the_same_session)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), t = session_open(), key, pin;
	struct sealed_file file;
	struct buf own, other;
	void *p;

	need_keys();
	key = key_of(s, &grant);
	own = buf_get(s, PAGE);
	other = buf_get(t, PAGE);
	file = file_new(&grant, NULL, 100, PAGE);
	EXPECT_EQ(key_open(key, &file, other.fd, 0), -EPERM);
	EXPECT_EQ(key_open(key, &file, s, 0), -EBADF);
	EXPECT_EQ(key_open(key, &file, key, 0), -EBADF);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	pin = buf_pin(s, p, PAGE);
	ASSERT_GE(pin, 0);
	EXPECT_EQ(key_open(key, &file, pin, 0), -EOPNOTSUPP);
	EXPECT_EQ(buf_wipe(own.fd), PAGE);
	EXPECT_EQ(key_open(key, &file, own.fd, 0), -EOWNERDEAD);
	EXPECT_TRUE(all_zero(other.p, PAGE));
	EXPECT_EQ(key_info(key).out_messages, 0);
}

/* What cannot be read, all of it or its end; and what nobody but its owner may read. */
TEST(sources_that_cannot_be_read)
{
	struct place at = place_new(0, 8 * PAGE);
	struct sealed_file file;

	file = file_new(&at.grant, NULL, 4 * PAGE, PAGE);
	ASSERT_EQ(mprotect(file.bytes + 2 * PAGE, PAGE, PROT_NONE), 0);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EFAULT);
	ASSERT_EQ(munmap(file.bytes + 2 * PAGE, PAGE), 0);
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EFAULT);
	memcpy(at.buf.p + 4 * PAGE, file.bytes, PAGE);
	file.cmd.src = (uintptr_t)at.buf.p + 4 * PAGE;
	EXPECT_EQ(key_open(at.key, &file, at.buf.fd, 0), -EFAULT);
	EXPECT_TRUE(all_zero(at.buf.p, 4 * PAGE));
}

/* Read-only memory is a source like any other: a file's, or none of one's own. */
TEST(sources_that_can_only_be_read)
{
	struct place at = place_new(0, 4 * PAGE);
	struct sealed_file file;

	file = file_new(&at.grant, NULL, 4 * PAGE, PAGE);
	ASSERT_EQ(mprotect(file.bytes, 5 * PAGE, PROT_READ), 0);
	ASSERT_EQ(key_open(at.key, &file, at.buf.fd, 0), 0);
	EXPECT_MEMEQ(at.buf.p, file.text, file.len);
}

KTAP_MAIN()
