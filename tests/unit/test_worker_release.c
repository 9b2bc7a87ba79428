// SPDX-License-Identifier: MIT
/*
 * Which keys the worker asks a broker for: the kernel's, where broker and module know
 * them; else its own process's, which it says. The broker's client is a double, linked in
 * place of libward's; below the session is one of the kernel.
 */
#define _GNU_SOURCE
#include "fake_ward.h"
#include "worker_bench.h"

#include "../../userspace/worker/release.h"
#include "kbs.h"

static const uint8_t public_key[WARD_KEY_LEN] = "the public half of the session's";

/**
 * struct world - what the doubles do, and what they saw
 * @features: of the module
 * @refusal: the broker's word for a session's key, "" = it knows such keys
 * @key: that is to be wrapped to now; NULL = the client's own
 * @attests, @user_keys, @grants: how often
 */
static struct world {
	uint64_t features;
	const char *refusal;
	const uint8_t *key;
	unsigned int attests, user_keys, grants;
} world;

int ward_kbs_new(const char *url, const char *cafile, struct ward_kbs **out)
{
	(void)url;
	(void)cafile;
	*out = (struct ward_kbs *)&world;
	return 0;
}

void ward_kbs_free(struct ward_kbs *kbs)
{
	(void)kbs;
}

void ward_kbs_session_key(struct ward_kbs *kbs, const uint8_t *key)
{
	(void)kbs;
	if (key)
		assert_memory_equal(key, public_key, sizeof(public_key));
	world.key = key ? public_key : NULL;
}

int ward_kbs_attest(struct ward_kbs *kbs, ward_kbs_evidence_fn evidence, void *arg,
		    struct ward_kbs_error *err)
{
	(void)kbs;
	(void)evidence;
	(void)arg;
	world.attests++;
	if (!world.key || !*world.refusal)
		return 0;
	err->status = 401;
	snprintf(err->reason, sizeof(err->reason), "%s", world.refusal);
	return -EACCES;
}

int ward_kbs_get(struct ward_kbs *kbs, const char *resource, struct ward_kbs_release *out,
		 struct ward_kbs_error *err)
{
	(void)kbs;
	(void)resource;
	(void)err;
	assert_null(world.key);
	world.user_keys++;
	memset(out, 7, sizeof(*out));
	return 0;
}

int ward_kbs_get_grant(struct ward_kbs *kbs, const char *resource, struct ward_kbs_grant *out,
		       struct ward_kbs_error *err)
{
	(void)kbs;
	(void)resource;
	(void)err;
	assert_non_null(world.key);
	world.grants++;
	memset(out, 8, sizeof(*out));
	return 0;
}

static int hook(unsigned int cmd, void *arg)
{
	if (cmd == WARD_CMD_INFO)
		((struct ward_info *)arg)->out_features = world.features;
	if (cmd == WARD_CMD_KEY_PAIR)
		memcpy(((struct ward_key_pair *)arg)->out_public, public_key, sizeof(public_key));
	if (cmd == WARD_CMD_KEY_IMPORT)
		((struct ward_key_import *)arg)->out_fd = fake.next_fd++;
	return 0;
}

/* Attests and fetches one key; 0 or -1. */
static int one_release(bool kernel, struct release_proof *proof, struct release *release)
{
	static struct bench_memory bench;
	struct memory_backend backend = bench_backend(&bench);
	struct release_client *client = NULL;
	struct failure failure = { 0 };
	struct memory_region *outer;
	struct ward_session *session;
	struct memory memory;
	int rc;

	session = fake_session();
	fake.ioctl_hook = hook;
	memory_init(&memory, &backend, 1 << 20);
	rc = release_open("https://broker", "ca.pem", session, kernel, proof, &client, &failure);
	if (!rc) {
		outer = memory_scope(&memory);
		assert_int_equal(release_fetch(client, &memory, "a/b/c", release, &failure), 0);
		assert_int_equal(release->key != NULL, bench.live != 0);
		assert_int_equal(release->held != NULL, proof->kernel);
		memory_release(&memory, outer);
		release_close(client);
	}
	ward_key_free(release->held);
	ward_session_close(session);
	return rc;
}

static void begin(uint64_t features, const char *refusal)
{
	world = (struct world){ .features = features, .refusal = refusal };
}

static void test_kernel(void **state)
{
	struct release_proof proof = { .kernel = false };
	struct release r = { 0 };

	(void)state;
	begin(WARD_FEATURE_KEYS, "");
	assert_int_equal(one_release(true, &proof, &r), 0);
	assert_true(proof.kernel);
	assert_int_equal(world.attests, 1);
	assert_int_equal(world.grants, 1);
	assert_int_equal(world.user_keys, 0);
}

/* A broker that isn't ours: it is asked once more, with a key of the process, told as such. */
static void test_foreign_broker(void **state)
{
	struct release_proof proof = { .kernel = true };
	struct release r = { 0 };

	(void)state;
	begin(WARD_FEATURE_KEYS, "key-unsupported");
	assert_int_equal(one_release(true, &proof, &r), 0);
	assert_false(proof.kernel);
	assert_int_equal(world.attests, 2);
	assert_int_equal(world.user_keys, 1);
	assert_int_equal(world.grants, 0);
}

/* Any other refusal stands: who may not have the key in the kernel gets it nowhere else. */
static void test_refused(void **state)
{
	static const char *const words[] = { "wrong-uid", "keys-in-user-space", "session-key-mismatch" };
	struct release_proof proof = { .kernel = true };
	struct release r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		begin(WARD_FEATURE_KEYS, words[i]);
		assert_int_equal(one_release(true, &proof, &r), -1);
		assert_int_equal(world.attests, 1);
		assert_int_equal(world.user_keys + world.grants, 0);
	}
}

static void test_without_pair(void **state)
{
	struct release_proof proof = { .kernel = true };
	struct release r = { 0 };

	(void)state;
	begin(0, "key-unsupported");	/* a kernel without the cryptography */
	assert_int_equal(one_release(true, &proof, &r), 0);
	assert_false(proof.kernel);
	begin(WARD_FEATURE_KEYS, "");	/* --key-in-user-space */
	assert_int_equal(one_release(false, &proof, &r), 0);
	assert_int_equal(world.attests, 1);
	assert_int_equal(world.user_keys, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel), cmocka_unit_test(test_foreign_broker),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_without_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
