// SPDX-License-Identifier: MIT
/*
 * A session's pair, keys wrapped to it, keys wrapped by keys: what is taken, what is
 * refused, what is recorded. The owner's side is OpenSSL's.
 */
#define _GNU_SOURCE
#include "key_test.h"

#include <endian.h>

/* What claims say of @session's subject. */
static struct ward_claims claims_of(int session)
{
	struct answer *a = NULL;
	struct ward_claims claims;
	int err = 0;

	a = attest(session, WARD_PURPOSE_REPORT, &err);
	ASSERT_TRUE(a);
	claims = a->claims;
	free(a);
	return claims;
}

/* The known answer is asked for when the module is loaded: no feature without it. */
TEST(this_kernel_has_keys)
{
	int s = session_open(), fd = open("/proc/modules", O_RDONLY);
	char text[65536];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	ASSERT_GT(n, 0);
	text[n] = '\0';
	EXPECT_EQ(strstr(text, "curve25519") != NULL,
		  !!(session_info(s).out_features & WARD_FEATURE_KEYS));
}

TEST(without_them_calls_say_so)
{
	int s = session_open();
	struct sealed none = { .enc = { 0 } };
	uint8_t public[32];

	if (session_info(s).out_features & WARD_FEATURE_KEYS)
		SKIP("this kernel has them");
	EXPECT_EQ(key_pair(s, public), -ENOPKG);
	EXPECT_EQ(key_import(s, &none), -ENOPKG);
}

TEST(the_pair_stays_the_same)
{
	int s = session_open(), t = session_open();
	uint8_t a[32], b[32], c[32];

	need_keys();
	ASSERT_EQ(key_pair(s, a), 0);
	ASSERT_EQ(key_pair(s, b), 0);
	ASSERT_EQ(key_pair(t, c), 0);
	EXPECT_MEMEQ(a, b, 32);
	EXPECT_TRUE(memcmp(a, c, 32) != 0);
	EXPECT_TRUE(!all_zero(a, 32));
	EXPECT_MEMEQ(last_record(s, WARD_EVENT_KEY_PAIR, 0).detail, a, 32);
}

TEST(claims_name_pair_and_keys)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	struct ward_claims c;
	uint8_t public[32];

	need_keys();
	need_provider();
	provider_attach();
	c = claims_of(s);
	EXPECT_TRUE(all_zero(c.session_key, 32));
	ASSERT_EQ(key_pair(s, public), 0);
	key = key_of(s, &grant);
	c = claims_of(s);
	EXPECT_MEMEQ(c.session_key, public, 32);
	EXPECT_EQ(c.keys_live, 1);
	EXPECT_EQ(c.keys_destroyed, 0);
	EXPECT_EQ(key_end(key), WARD_END_WIPE);
	c = claims_of(s);
	EXPECT_EQ(c.keys_live, 0);
	EXPECT_EQ(c.keys_destroyed, 1);
	/* Sealed: the private half is gone, and a receipt still names which it was. */
	ASSERT_EQ(session_seal(s), 0);
	EXPECT_MEMEQ(claims_of(s).session_key, public, 32);
}

/* An answer that is kept for reuse is one for the keys that there were. */
TEST(a_kept_answer_does_not_outlive_a_key)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key;
	struct answer *a = answer_new(WARD_PURPOSE_RELEASE);

	need_keys();
	need_provider();
	provider_attach();
	a->cmd.max_age_ns = 100 * SECOND;
	key = key_of(s, &grant);
	ASSERT_EQ(answer_ask(a, s), 0);
	EXPECT_EQ(a->claims.keys_live, 1);
	close(key);
	ASSERT_EQ(answer_ask(a, s), 0);
	EXPECT_EQ(a->claims.keys_live, 0);
	free(a);
}

TEST(a_key_is_what_its_grant_says)
{
	struct ward_key_grant grant = grant_new(7, 3600 * SECOND);
	int s = session_open();
	struct ward_key_info info;
	struct ward_event ev;
	uint64_t before;
	int key;

	need_keys();
	before = boot_ns();
	key = key_of(s, &grant);
	info = key_info(key);
	EXPECT_EQ(info.out_end, WARD_END_NONE);
	EXPECT_EQ(info.out_parent, 0);
	EXPECT_EQ(info.out_uses_left, 7);
	EXPECT_EQ(info.out_messages + info.out_bytes, 0);
	EXPECT_TRUE(info.out_expires_ns >= before + 3600 * SECOND);
	EXPECT_TRUE(info.out_expires_ns <= boot_ns() + 3600 * SECOND);
	EXPECT_MEMEQ(info.out_dataset, grant.dataset, 16);
	EXPECT_MEMEQ(info.out_release, grant.release, 16);
	ev = last_record(s, WARD_EVENT_KEY_IMPORT, 0);
	EXPECT_EQ(ev.id, info.out_id);
	EXPECT_MEMEQ(ev.detail, grant.dataset, 16);
	EXPECT_MEMEQ(ev.detail + 16, grant.release, 16);
	EXPECT_EQ(fcntl(key, F_GETFD), FD_CLOEXEC);
}

TEST(no_limits_are_none)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open();
	struct ward_key_info info;

	need_keys();
	info = key_info(key_of(s, &grant));
	EXPECT_EQ(info.out_uses_left, UINT64_MAX);
	EXPECT_EQ(info.out_expires_ns, 0);
}

/* ---- what is refused ------------------------------------------------------------- */

TEST(every_byte_of_the_wrapping_counts)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open();
	struct sealed good, bad;
	unsigned int i;

	need_keys();
	good = seal_to(s, &grant);
	for (i = 0; i < sizeof(good); i += 5) {
		bad = good;
		((uint8_t *)&bad)[i] ^= 1 << i % 7;
		ASSERT_EQ(key_import(s, &bad), -EKEYREJECTED);
	}
	ASSERT_GE(key_import(s, &good), 0);
	EXPECT_EQ(session_info(s).out_state, 0);
}

TEST(other_sessions_wrappings_are_refused)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), t = session_open();
	struct ward_info info = session_info(t);
	uint8_t public[32], words[12 + 32] = "WARD-KEY-V1";
	struct sealed sealed;

	need_keys();
	sealed = seal_to(s, &grant);
	/* It has no pair at all, then one of its own. */
	EXPECT_EQ(key_import(t, &sealed), -EKEYREJECTED);
	ASSERT_EQ(key_pair(t, public), 0);
	EXPECT_EQ(key_import(t, &sealed), -EKEYREJECTED);
	/* To the right key, for another session: info is part of it. */
	ASSERT_EQ(key_pair(s, public), 0);
	memcpy(words + 12, info.out_instance, 16);
	memcpy(words + 28, info.out_session, 16);
	hpke_seal_to(public, words, sizeof(words), &grant, sizeof(grant), &sealed);
	EXPECT_EQ(key_import(s, &sealed), -EKEYREJECTED);
}

TEST(points_of_low_order_are_refused)
{
	static const uint8_t low[][32] = {
		{ 0 }, { 1 },
		{ 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1,
		  0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62,
		  0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
		{ 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c,
		  0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22,
		  0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
	};
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open();
	struct sealed sealed;
	unsigned int i;

	need_keys();
	sealed = seal_to(s, &grant);
	for (i = 0; i < sizeof(low) / sizeof(low[0]); i++) {
		memcpy(sealed.enc, low[i], 32);
		EXPECT_EQ(key_import(s, &sealed), -EKEYREJECTED);
	}
}

static int try_grant(int session, const struct ward_key_grant *grant)
{
	struct sealed sealed = seal_to(session, grant);

	return key_import(session, &sealed);
}

TEST(what_opens_and_is_no_grant_is_refused)
{
	struct ward_key_grant good = grant_new(0, 0), bad;
	int s = session_open();
	unsigned int i;

	need_keys();
	bad = good;
	bad.version = htole32(2);
	EXPECT_EQ(try_grant(s, &bad), -EBADMSG);
	bad = good;
	bad.flags = htole32(1);
	EXPECT_EQ(try_grant(s, &bad), -EBADMSG);
	for (i = 0; i < sizeof(bad.reserved); i++) {
		bad = good;
		bad.reserved[i] = 1;
		EXPECT_EQ(try_grant(s, &bad), -EBADMSG);
	}
	EXPECT_GE(try_grant(s, &good), 0);
}

TEST(a_session_has_so_many_and_no_more)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), keys[WARD_KEYS_MAX], i;
	struct sealed sealed;

	need_keys();
	sealed = seal_to(s, &grant);
	for (i = 0; i < WARD_KEYS_MAX; i++) {
		keys[i] = key_import(s, &sealed);
		ASSERT_GE(keys[i], 0);
	}
	EXPECT_EQ(key_import(s, &sealed), -EDQUOT);
	/* An ended one counts no more, though its fd is open. */
	EXPECT_EQ(key_end(keys[7]), WARD_END_WIPE);
	EXPECT_GE(key_import(s, &sealed), 0);
	EXPECT_EQ(key_import(s, &sealed), -EDQUOT);
}

TEST(no_fd_no_key)
{
	struct ward_key_grant grant = grant_new(0, 0);
	struct rlimit limit = { 0 };
	int s = session_open(), first;
	struct sealed sealed;

	need_keys();
	sealed = seal_to(s, &grant);
	first = dup(s);
	close(first);
	limit.rlim_cur = limit.rlim_max = first;
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	EXPECT_EQ(key_import(s, &sealed), -EMFILE);
	/* Nothing was recorded: the pair's record is the last one. */
	EXPECT_EQ(last_record(s, WARD_EVENT_KEY_PAIR, 0).seq, 2);
}

/* ---- keys by keys ------------------------------------------------------------------ */

static int child_of(int key, const struct ward_key_grant *grant, uint8_t *content)
{
	uint8_t salt[16], wrapped[WARD_KEY_LEN + TAG];
	int fd;

	fill_words(salt, sizeof(salt), fresh_seed());
	fill_words(content, 32, fresh_seed() ^ 0x5a5a);
	wrap(grant, salt, content, wrapped);
	fd = key_unwrap(key, salt, wrapped);
	ASSERT_GE(fd, 0);
	return fd;
}

TEST(a_wrapped_key_opens_and_shares_the_grant)
{
	struct ward_key_grant grant = grant_new(5, 3600 * SECOND);
	int s = session_open(), key, child;
	struct ward_key_info info;
	struct sealed_file file;
	uint8_t content[32];
	struct buf b;

	need_keys();
	key = key_of(s, &grant);
	child = child_of(key, &grant, content);
	file = file_new(&grant, content, 3 * PAGE, PAGE);
	b = buf_get(s, 4 * PAGE);
	ASSERT_EQ(key_open(child, &file, b.fd, 0), 0);
	EXPECT_MEMEQ(b.p, file.text, file.len);
	info = key_info(child);
	EXPECT_EQ(info.out_parent, key_info(key).out_id);
	EXPECT_EQ(info.out_expires_ns, key_info(key).out_expires_ns);
	EXPECT_EQ(info.out_messages, 3);
	EXPECT_EQ(info.out_uses_left, 2);
	EXPECT_EQ(key_info(key).out_uses_left, 2);
	EXPECT_EQ(key_info(key).out_messages, 0);
	EXPECT_EQ(last_record(s, WARD_EVENT_KEY_IMPORT, 1).id, info.out_id);
	/* With the parent's key it does not open, nor the other way round. */
	EXPECT_EQ(key_open(key, &file, b.fd, 0), -EDQUOT);
	file.cmd.src_len = PAGE + TAG;
	EXPECT_EQ(key_open(key, &file, b.fd, 0), -EBADMSG);
}

TEST(what_was_not_wrapped_so_is_refused)
{
	struct ward_key_grant grant = grant_new(0, 0);
	uint8_t salt[16] = { 1 }, content[32] = { 2 }, wrapped[48], bad[48];
	int s = session_open(), key;
	unsigned int i;

	need_keys();
	key = key_of(s, &grant);
	wrap(&grant, salt, content, wrapped);
	for (i = 0; i < sizeof(wrapped); i += 7) {
		memcpy(bad, wrapped, sizeof(bad));
		bad[i] ^= 0x80;
		EXPECT_EQ(key_unwrap(key, salt, bad), -EBADMSG);
	}
	salt[15] ^= 1;
	EXPECT_EQ(key_unwrap(key, salt, wrapped), -EBADMSG);
	EXPECT_EQ(key_info(key).out_uses_left, UINT64_MAX);
}

TEST(a_wrapped_key_unwraps_no_more)
{
	struct ward_key_grant grant = grant_new(0, 0);
	uint8_t salt[16] = { 1 }, content[32], wrapped[48] = { 0 };
	int s = session_open(), key, child;

	need_keys();
	key = key_of(s, &grant);
	child = child_of(key, &grant, content);
	EXPECT_EQ(key_unwrap(child, salt, wrapped), -EOPNOTSUPP);
}

TEST(a_wrapped_key_ends_with_the_one_that_unwrapped_it)
{
	struct ward_key_grant grant = grant_new(0, 0);
	int s = session_open(), key, children[3], i;
	uint8_t content[32];

	need_keys();
	key = key_of(s, &grant);
	for (i = 0; i < 3; i++)
		children[i] = child_of(key, &grant, content);
	close(children[0]);
	EXPECT_EQ(key_info(key).out_end, WARD_END_NONE);
	EXPECT_EQ(key_end(children[1]), WARD_END_WIPE);
	EXPECT_EQ(key_info(key).out_end, WARD_END_NONE);
	close(key);
	EXPECT_EQ(key_info(children[2]).out_end, WARD_END_CLOSE);
	EXPECT_EQ(last_record(s, WARD_EVENT_KEY_END, WARD_END_CLOSE).id,
		  key_info(children[2]).out_id);
}

KTAP_MAIN()
