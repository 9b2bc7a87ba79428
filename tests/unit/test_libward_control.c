// SPDX-License-Identifier: MIT
/*
 * What the control plane's client makes of answers: messages built here, read
 * by the library's own functions, which is why its source is included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../userspace/lib/control.c"

static struct nl_msg *message(void)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(msg);
	assert_non_null(genlmsg_put(msg, 0, 0, 0x1f, 0, 0,
				    WARD_GENL_CMD_STATUS_GET, 1));
	return msg;
}

/* Reads @msg as an answer and gives it back to its pool. */
static int answer(struct nl_msg *msg, int (*valid)(struct nlattr **, void *),
		  void *arg)
{
	struct exchange x = { .valid = valid, .arg = arg };

	assert_int_equal(on_valid(msg, &x), NL_OK);
	assert_int_equal(x.answers, x.err == -EBADMSG && !x.answers ? 0 : 1);
	nlmsg_free(msg);
	return x.err;
}

static void status_takes_every_figure(void **state)
{
	struct ward_status status = { 0 };
	struct nl_msg *msg = message();
	uint8_t bytes[32];

	(void)state;
	memset(bytes, 0x42, sizeof(bytes));
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put_u32(msg, WARD_A_MODULE_VERSION, 0x10203);
	nla_put(msg, WARD_A_BUILD_ID, 20, bytes);
	nla_put(msg, WARD_A_INSTANCE, 16, bytes);
	nla_put(msg, WARD_A_GLOBAL_HEAD, 32, bytes);
	nla_put_u64(msg, WARD_A_POSTURE, 1ull << 63);
	nla_put_u64(msg, WARD_A_GLOBAL_SEQ, UINT64_MAX);
	nla_put_u32(msg, WARD_A_LEVEL, WARD_LEVEL_CRITICAL);
	nla_put_u64(msg, WARD_A_LIVE_A, 5);
	nla_put_u64(msg, WARD_A_LIVE_B, 6);
	nla_put_u64(msg, WARD_A_LIMIT, 7);
	/* A later module may say more. */
	nla_put_u32(msg, WARD_A_MAX + 5, 1);
	assert_int_equal(answer(msg, status_valid, &status), 0);
	assert_int_equal(status.module_version, 0x10203);
	assert_int_equal(status.build_id[19], 0x42);
	assert_true(status.posture == 1ull << 63);
	assert_true(status.global_seq == UINT64_MAX);
	assert_int_equal(status.global_head[31], 0x42);
	assert_int_equal(status.memory.level, WARD_LEVEL_CRITICAL);
	assert_int_equal(status.memory.live_a, 5);
	assert_int_equal(status.memory.live_b, 6);
	assert_int_equal(status.memory.limit, 7);
}

static void no_limit_is_the_highest_number(void **state)
{
	struct ward_memory memory = { 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u32(msg, WARD_A_LEVEL, 0);
	assert_int_equal(answer(msg, pressure_valid, &memory), 0);
	assert_true(memory.limit == UINT64_MAX);
}

static void what_is_missing_or_misshapen_is_refused(void **state)
{
	struct ward_status status = { 0 };
	struct ward_memory memory = { 0 };
	struct walk walk = { 0 };
	uint8_t bytes[64] = { 0 };
	struct nl_msg *msg;

	(void)state;
	assert_int_equal(answer(message(), status_valid, &status), -EBADMSG);
	assert_int_equal(answer(message(), pressure_valid, &memory), -EBADMSG);
	assert_int_equal(answer(message(), session_valid, &walk), -EBADMSG);

	msg = message();
	nla_put(msg, WARD_A_SESSION_ID, 15, bytes);
	assert_int_equal(answer(msg, session_valid, &walk), -EBADMSG);
	msg = message();
	nla_put(msg, WARD_A_SESSION_ID, 17, bytes);
	assert_int_equal(answer(msg, session_valid, &walk), -EBADMSG);
	msg = message();
	nla_put(msg, WARD_A_ABI, 2, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	msg = message();
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put(msg, WARD_A_LIVE_A, 4, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	msg = message();
	nla_put_u32(msg, WARD_A_ABI, 1);
	nla_put(msg, WARD_A_GLOBAL_HEAD, 64, bytes);
	assert_int_equal(answer(msg, status_valid, &status), -EBADMSG);
	assert_int_equal(walk.count, 0);
	free(walk.entry);
}

static void sessions_pile_up(void **state)
{
	struct walk walk = { 0 };
	uint8_t id[WARD_ID_LEN] = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		struct nl_msg *msg = message();

		id[0] = i;
		id[1] = i >> 8;
		nla_put(msg, WARD_A_SESSION_ID, sizeof(id), id);
		nla_put_u32(msg, WARD_A_UID, i);
		nla_put_string(msg, WARD_A_COMM, "a name that is too long");
		assert_int_equal(answer(msg, session_valid, &walk), 0);
	}
	assert_int_equal(walk.count, 1000);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(walk.entry[i].uid, i);
		assert_int_equal(walk.entry[i].id[1], i >> 8);
		assert_string_equal(walk.entry[i].comm, "a name that is ");
	}
	walk.room = SESSIONS_MAX;
	walk.count = SESSIONS_MAX;
	assert_int_equal(walk_grow(&walk), -EOVERFLOW);
	free(walk.entry);
}

static void a_detached_provider_has_no_name(void **state)
{
	struct ward_provider provider = { 0 };
	struct nl_msg *msg = message();

	(void)state;
	nla_put_u64(msg, WARD_A_CALLS, 3);
	assert_int_equal(answer(msg, provider_valid, &provider), 0);
	assert_int_equal(provider.attached, 0);
	assert_int_equal(provider.calls, 3);
	msg = message();
	nla_put_string(msg, WARD_A_PROVIDER, "sev_guest");
	assert_int_equal(answer(msg, provider_valid, &provider), 0);
	assert_int_equal(provider.attached, 1);
	assert_string_equal(provider.name, "sev_guest");
}

/* Callers that were built against a shorter or a longer struct. */
static void structs_of_other_ages(void **state)
{
	struct { uint32_t size; uint32_t a; uint64_t b, c; } now = { 0, 1, 2, 3 };
	struct { uint32_t size; uint32_t a; uint64_t b; } older = { 0 };
	struct { uint32_t size; uint32_t a; uint64_t b, c, d; } newer = { 0 };

	(void)state;
	assert_int_equal(copy_out(&older, &now, sizeof(now)), -EINVAL);
	older.size = 4;
	assert_int_equal(copy_out(&older, &now, sizeof(now)), -EINVAL);
	older.size = sizeof(older);
	assert_int_equal(copy_out(&older, &now, sizeof(now)), 0);
	assert_int_equal(older.size, sizeof(older));
	assert_int_equal(older.b, 2);
	newer.size = sizeof(newer);
	newer.d = 9;
	assert_int_equal(copy_out(&newer, &now, sizeof(now)), 0);
	assert_int_equal(newer.size, sizeof(newer));
	assert_int_equal(newer.c, 3);
	assert_int_equal(newer.d, 0);
}

static void the_kernels_errno_is_kept(void **state)
{
	struct nlmsgerr error = { .error = -EPERM };
	struct exchange x = { 0 };

	(void)state;
	assert_int_equal(on_error(NULL, &error, &x), NL_STOP);
	assert_int_equal(x.err, -EPERM);
	assert_int_equal(x.done, 1);
	assert_int_equal(nl_to_errno(-NLE_OBJ_NOTFOUND), -ENOENT);
	assert_int_equal(nl_to_errno(-NLE_DUMP_INTR), -EINTR);
	assert_int_equal(nl_to_errno(-NLE_PARSE_ERR), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_takes_every_figure),
		cmocka_unit_test(no_limit_is_the_highest_number),
		cmocka_unit_test(what_is_missing_or_misshapen_is_refused),
		cmocka_unit_test(sessions_pile_up),
		cmocka_unit_test(a_detached_provider_has_no_name),
		cmocka_unit_test(structs_of_other_ages),
		cmocka_unit_test(the_kernels_errno_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
