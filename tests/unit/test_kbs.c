// SPDX-License-Identifier: MIT
/*
 * libward's client against ward-broker itself, over TLS on loopback: from an
 * encrypted data set to its rows, and the refusals as the client words them.
 * The evidence is simulated. $BIN names the directory of the programs.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

#include "dataset.h"
#include "hpke.h"
#include "kbs.h"

static int group_setup(void **state)
{
	(void)state;
	return live_start();
}

static int group_teardown(void **state)
{
	(void)state;
	return live_stop();
}

static int setup(void **state)
{
	(void)state;
	sim_guest_new(&live_guest, WARD_PURPOSE_RELEASE);
	return 0;
}

static struct ward_kbs *client(void)
{
	struct ward_kbs *kbs;

	assert_int_equal(ward_kbs_new(live_url, live_path("tls.pem"), &kbs), 0);
	return kbs;
}

static void test_rows_by_released_key(void **state)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	struct ward_dataset *ds = NULL;
	unsigned int before = live_log_lines();
	char plain[64];
	int fd = open(live_path("one.wds"), O_RDONLY);

	(void)state;
	if (ward_kbs_attest(kbs, live_evidence, NULL, &err))
		fail_msg("%s", err.text);
	assert_non_null(ward_kbs_token(kbs));
	assert_int_equal(live_log_lines(), before);
	if (ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err))
		fail_msg("%s", err.text);
	assert_int_equal(live_log_lines(), before + 1);
	assert_int_equal(ward_dataset_open(fd, r.key, &ds, NULL), 0);
	assert_memory_equal(ward_dataset_info(ds)->id, r.dataset, 16);
	assert_int_equal(ward_dataset_read_chunk(ds, 0, plain, sizeof(plain), NULL),
			 sizeof(live_rows) - 1);
	assert_memory_equal(plain, live_rows, sizeof(live_rows) - 1);
	ward_dataset_close(ds);
	close(fd);
	ward_kbs_free(kbs);
}

/* Two conversations of one client: each has its own key and session. */
static void test_attest_again(void **state)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_release a, b;

	(void)state;
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, NULL), 0);
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &a, NULL), 0);
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, NULL), 0);
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &b, NULL), 0);
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	assert_memory_not_equal(a.release, b.release, sizeof(a.release));
	assert_memory_not_equal(a.receipt_nonce, b.receipt_nonce, sizeof(a.receipt_nonce));
	ward_kbs_free(kbs);
}

/* The client's half of it: what the broker seals is handed on as it is. */
static void test_grant(void **state)
{
	uint8_t private_key[32], public_key[32], info[44] = "WARD-KEY-V1", plain[96];
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	struct ward_kbs_grant g;
	struct hpke h;

	(void)state;
	assert_int_equal(hpke_pair(private_key, public_key), 0);
	memcpy(live_guest.claims.session_key, public_key, sizeof(public_key));
	ward_kbs_session_key(kbs, public_key);
	if (ward_kbs_attest(kbs, live_evidence, NULL, &err))
		fail_msg("%s", err.text);
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err), -EINVAL);
	if (ward_kbs_get_grant(kbs, LIVE_RESOURCE, &g, &err))
		fail_msg("%s", err.text);
	memcpy(info + 12, live_guest.claims.instance, 16);
	memcpy(info + 28, live_guest.claims.session, 16);
	assert_int_equal(hpke_receive(&h, HPKE_AES_256_GCM, private_key, g.enc,
				      (struct hpke_text){ info, sizeof(info) }), 0);
	assert_int_equal(hpke_open(&h, (struct hpke_text){ NULL, 0 },
				   (struct hpke_text){ g.sealed, sizeof(g.sealed) }, plain), 0);
	hpke_clear(&h);
	assert_memory_equal(plain + 24, g.dataset, 16);
	assert_memory_equal(plain + 40, g.release, 16);
	/* and back: an ephemeral key of the client's own */
	ward_kbs_session_key(kbs, NULL);
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err), -EINVAL);
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, &err), 0);
	assert_int_equal(ward_kbs_get_grant(kbs, LIVE_RESOURCE, &g, &err), -EINVAL);
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err), 0);
	assert_memory_equal(plain + 56, r.key, 32);
	ward_kbs_free(kbs);
}

static void refused(const char *reason, void *arg)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	unsigned int before = live_log_lines();

	assert_int_equal(ward_kbs_attest(kbs, live_evidence, arg, &err), -EACCES);
	assert_string_equal(err.reason, reason);
	assert_int_equal(err.status, 401);
	assert_non_null(strstr(err.text, reason));
	assert_null(ward_kbs_token(kbs));
	assert_int_equal(ward_kbs_get(kbs, LIVE_RESOURCE, &r, &err), -EINVAL);
	assert_int_equal(live_log_lines(), before);
	ward_kbs_free(kbs);
}

static void test_wrong_uid(void **state)
{
	(void)state;
	live_guest.claims.caller.uid = htole32(7);
	refused("wrong-uid", NULL);
}

static void test_debug(void **state)
{
	(void)state;
	live_guest.policy |= WV_SNP_POLICY_DEBUG;
	refused(wv_reason_text(WV_DEBUG_ALLOWED), NULL);
}

static void test_expired(void **state)
{
	unsigned int seconds = 6;

	(void)state;
	refused("evidence-expired", &seconds);
}

static int no_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		       uint8_t **bundle, size_t *bundle_len, void *arg)
{
	(void)nonce;
	(void)nonce_len;
	(void)binding;
	(void)bundle;
	(void)bundle_len;
	(void)arg;
	return -ENODEV;
}

static void test_no_evidence(void **state)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };

	(void)state;
	assert_int_equal(ward_kbs_attest(kbs, no_evidence, NULL, &err), -ENODEV);
	assert_int_equal(err.status, 0);
	assert_int_equal(err.reason[0], 0);
	ward_kbs_free(kbs);
}

static void test_unknown_resource(void **state)
{
	static const char *const bad[] = { "", "a", "a/b", "a/b/", "/a/b", "a//b", "a/b/c/d",
					   "a/../b", "a/b/c?x", "a/b/c d", "a/b/%41" };
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r, zero = { 0 };

	(void)state;
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, NULL), 0);
	memset(&r, 0xaa, sizeof(r));
	assert_int_equal(ward_kbs_get(kbs, "hospital/dataset/two", &r, &err), -EACCES);
	assert_string_equal(err.reason, "resource-unknown");
	assert_int_equal(err.status, 404);
	assert_memory_equal(&r, &zero, sizeof(r));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(ward_kbs_get(kbs, bad[i], &r, &err), -EINVAL);
	ward_kbs_free(kbs);
}

/* Another authority than the one that the caller named. */
static void test_wrong_authority(void **state)
{
	struct ward_kbs_error err = { 0 };
	struct ward_kbs *kbs;

	(void)state;
	assert_int_equal(ward_kbs_new(live_url, live_path("other.pem"), &kbs), 0);
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, &err), -ECOMM);
	assert_int_equal(err.status, 0);
	assert_non_null(strstr(err.text, "name the CA that vouches"));
	ward_kbs_free(kbs);
}

static void test_nobody_there(void **state)
{
	struct ward_kbs_error err = { 0 };
	struct ward_kbs *kbs;

	(void)state;
	assert_int_equal(ward_kbs_new("https://127.0.0.1:1/", live_path("tls.pem"), &kbs), 0);
	assert_int_equal(ward_kbs_attest(kbs, live_evidence, NULL, &err), -ECOMM);
	assert_non_null(strstr(err.text, "127.0.0.1"));
	ward_kbs_free(kbs);
	assert_int_equal(ward_kbs_new("http://127.0.0.1:1/", live_path("tls.pem"), &kbs), -EINVAL);
	assert_int_equal(ward_kbs_new(live_url, live_path("missing.pem"), &kbs), -ENOENT);
	ward_kbs_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(test_rows_by_released_key), T(test_grant), T(test_attest_again), T(test_wrong_uid),
		T(test_debug), T(test_expired), T(test_no_evidence), T(test_unknown_resource),
		T(test_wrong_authority), T(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
