// SPDX-License-Identifier: MIT
/*
 * /proc/PID/fdinfo: where protected memory shows, being in no RSS.
 */
#include "key_test.h"

static char text[4096];

/* The value behind "@name:\t", as text; NULL when there is no such line. */
static const char *field(int fd, const char *name)
{
	static char value[128];
	char path[64], key[64], *at, *end;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	slurp(path, text, sizeof(text));
	snprintf(key, sizeof(key), "\n%s:\t", name);
	at = strstr(text, key);
	if (!at)
		return "(none)";
	at += strlen(key);
	end = strchr(at, '\n');
	ASSERT_TRUE(end && (size_t)(end - at) < sizeof(value));
	memcpy(value, at, end - at);
	value[end - at] = 0;
	return value;
}

static uint64_t number(int fd, const char *name)
{
	return strtoull(field(fd, name), NULL, 0);
}

static void expect_id(int fd, const uint8_t *id)
{
	char hex[2 * WARD_ID_LEN + 1];
	int i;

	for (i = 0; i < WARD_ID_LEN; i++)
		sprintf(hex + 2 * i, "%02x", id[i]);
	EXPECT_STREQ(field(fd, "ward-session"), hex);
}

TEST(of_a_session)
{
	struct ward_seal seal = { .size = sizeof(seal) };
	int s = session_open();
	struct buf b = buf_get(s, HUGE), c = buf_get(s, PAGE);
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t deadline;

	ASSERT_EQ(madvise(p, PAGE, MADV_DONTFORK), 0);
	ASSERT_GE(buf_pin(s, p, PAGE), 0);
	expect_id(s, session_info(s).out_session);
	EXPECT_EQ(number(s, "ward-live"), HUGE + PAGE);
	EXPECT_EQ(number(s, "ward-live-b"), PAGE);
	EXPECT_STREQ(field(s, "ward-state"), "0x0");
	EXPECT_STREQ(field(s, "ward-expires"), "0");
	EXPECT_STREQ(field(s, "ward-volatile"), "0");
	buf_drop(&c);
	EXPECT_EQ(number(s, "ward-live"), HUGE);
	EXPECT_EQ(number(s, "ward-peak"), HUGE + 2 * PAGE);
	deadline = lease_for(s, 1000 * SECOND);
	EXPECT_EQ(number(s, "ward-expires"), deadline);
	ASSERT_EQ(ward_call(s, WARD_SEAL, &seal), 0);
	EXPECT_EQ(number(s, "ward-state"), WARD_STATE_SEALED);
	buf_drop(&b);
}

TEST(of_a_buffer)
{
	int s = session_open();
	struct buf b = buf_get(s, 3 * PAGE);

	expect_id(b.fd, session_info(s).out_session);
	EXPECT_EQ(number(b.fd, "ward-buffer"), buf_info(b.fd).out_id);
	EXPECT_STREQ(field(b.fd, "ward-class"), "A");
	EXPECT_EQ(number(b.fd, "ward-length"), 3 * PAGE);
	EXPECT_EQ(number(b.fd, "ward-present"), 3 * PAGE);
	EXPECT_STREQ(field(b.fd, "ward-end"), "0");
	ASSERT_EQ(buf_wipe(b.fd), 3 * PAGE);
	EXPECT_STREQ(field(b.fd, "ward-present"), "0");
	EXPECT_EQ(number(b.fd, "ward-end"), WARD_END_WIPE);
}

TEST(of_a_pin)
{
	int s = session_open(), fd;
	void *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(madvise(p, 2 * PAGE, MADV_DONTFORK), 0);
	fd = buf_pin(s, p, 2 * PAGE);
	ASSERT_GE(fd, 0);
	expect_id(fd, session_info(s).out_session);
	EXPECT_STREQ(field(fd, "ward-class"), "B");
	EXPECT_EQ(number(fd, "ward-length"), 2 * PAGE);
}

TEST(of_a_key)
{
	struct place p = place_new(0, PAGE);

	expect_id(p.key, session_info(p.session).out_session);
	EXPECT_EQ(number(p.key, "ward-key"), key_info(p.key).out_id);
	EXPECT_STREQ(field(p.key, "ward-end"), "0");
	EXPECT_EQ(key_end(p.key), WARD_END_WIPE);
	EXPECT_EQ(number(p.key, "ward-end"), WARD_END_WIPE);
}

KTAP_MAIN()
