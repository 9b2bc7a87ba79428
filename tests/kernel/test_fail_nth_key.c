// SPDX-License-Identifier: MIT
/*
 * What is done with keys, with every one of its points of failure failing: see
 * fail_nth.h.
 */
#define _GNU_SOURCE
#include "fail_nth.h"

#include "key_test.h"

static struct ward_key_grant grant;
static struct sealed sealed;
static struct sealed_file file;
static uint8_t salt[16] = { 8 }, wrapped[WARD_KEY_LEN + TAG];
static struct buf buf;

static int do_pair(struct stage *st)
{
	uint8_t public[WARD_KEY_LEN];

	return key_pair(st->session, public);
}

static void have_wrapping(struct stage *st)
{
	open_session(st);
	grant = grant_new(0, 0);
	sealed = seal_to(st->session, &grant);
}

static int do_import(struct stage *st)
{
	return st->fd = key_import(st->session, &sealed);
}

static void close_fd(struct stage *st)
{
	ASSERT_EQ(close(st->fd), 0);
}

static void have_key(struct stage *st)
{
	static const uint8_t content[32] = { 7 };

	have_wrapping(st);
	wrap(&grant, salt, content, wrapped);
	st->file = key_import(st->session, &sealed);
	ASSERT_GE(st->file, 0);
}

static void drop_key(struct stage *st)
{
	ASSERT_EQ(close(st->file), 0);
	close_session(st);
}

static int do_unwrap(struct stage *st)
{
	return st->fd = key_unwrap(st->file, salt, wrapped);
}

static int do_key_info(struct stage *st)
{
	struct ward_key_info cmd = { .size = sizeof(cmd) };

	return ward_call(st->file, WARD_KEY_INFO, &cmd);
}

static int do_key_end(struct stage *st)
{
	struct ward_key_end cmd = { .size = sizeof(cmd) };

	return ward_call(st->file, WARD_KEY_END, &cmd);
}

static void have_file(struct stage *st)
{
	have_key(st);
	file = file_new(&grant, NULL, 3 * PAGE, PAGE);
	buf = buf_get_with(st->session, HUGE, st->with);
}

static void drop_file(struct stage *st)
{
	file_free(&file);
	buf_drop(&buf);
	drop_key(st);
}

/* What was written before a refusal is no longer there. */
static int do_key_open(struct stage *st)
{
	int ret = key_open(st->file, &file, buf.fd, 0);

	if (ret && ret != -EFAULT && !st->with)
		EXPECT_TRUE(all_zero(buf.p, 4 * PAGE));
	return ret;
}

STEP_NEEDS(key_pair, need_keys(), .flags = ONE_WAY,
	   .prepare = open_session, .act = do_pair, .clean = close_session);
STEP_NEEDS(key_import, need_keys(), .errnos = { ENOENT },
	   .prepare = have_wrapping, .act = do_import, .undo = close_fd,
	   .clean = close_session);
STEP_NEEDS(key_unwrap, need_keys(), .errnos = { ENOENT },
	   .prepare = have_key, .act = do_unwrap, .undo = close_fd, .clean = drop_key);
STEP_NEEDS(key_info, need_keys(),
	   .prepare = have_key, .act = do_key_info, .clean = drop_key);
STEP_NEEDS(key_end, need_keys(), .flags = ONE_WAY,
	   .prepare = have_key, .act = do_key_end, .clean = drop_key);
STEP_NEEDS(key_open, need_keys(), .errnos = { ENOENT },
	   .prepare = have_file, .act = do_key_open, .clean = drop_file);
STEP_NEEDS(key_open_lazy, need_keys(), .with = WARD_BUF_LAZY, .errnos = { ENOENT },
	   .prepare = have_file, .act = do_key_open, .clean = drop_file);

FAIL_NTH_MAIN()
