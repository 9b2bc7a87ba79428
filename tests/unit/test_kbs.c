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

#include "sim.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "dataset.h"
#include "kbs.h"
#include "keyfile.h"

#define RESOURCE "hospital/dataset/one"

static const char rows[] = "63,1\n41,0\n";
static struct sim_pki pki;
static char dir[] = "/tmp/ward-kbs-XXXXXX";
static char path_buffer[8][64];
static pid_t broker;
static char url[64];
static struct sim_guest guest;

/* A file below the test's directory; good for a few at a time. */
static const char *in_dir(const char *name)
{
	static unsigned int turn;
	char *p = path_buffer[turn++ % 8];

	snprintf(p, sizeof(path_buffer[0]), "%s/%s", dir, name);
	return p;
}

static int write_file(const char *name, const void *data, size_t len)
{
	int fd = open(in_dir(name), O_CREAT | O_WRONLY | O_TRUNC, 0600);
	int ok = fd >= 0 && write(fd, data, len) == (ssize_t)len;

	return ok && !close(fd) ? 0 : -1;
}

/* A certificate for 127.0.0.1 that signs itself. */
static int write_tls(const char *cert_name, const char *key_name)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
						  "IP:127.0.0.1");
	FILE *cert_file = fopen(in_dir(cert_name), "w"), *key_file;
	int ok;

	umask(077);
	key_file = fopen(in_dir(key_name), "w");
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
				   (const unsigned char *)"test broker", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	X509_set_pubkey(x, key);
	ok = cert_file && key_file && X509_add_ext(x, san, -1) && X509_sign(x, key, EVP_sha256()) &&
	     PEM_write_X509(cert_file, x) &&
	     PEM_write_PrivateKey(key_file, key, NULL, NULL, 0, NULL, NULL);
	if (cert_file)
		fclose(cert_file);
	if (key_file)
		fclose(key_file);
	X509_EXTENSION_free(san);
	X509_free(x);
	EVP_PKEY_free(key);
	return ok ? 0 : -1;
}

static int write_dataset(void)
{
	struct ward_dataset_params params = {
		.length = sizeof(rows) - 1, .rows = 2, .metadata = "{}", .metadata_len = 2,
	};
	struct ward_dataset_writer *w = NULL;
	uint8_t key[32];
	int fd = open(in_dir("one.wds"), O_CREAT | O_WRONLY | O_TRUNC, 0600);
	int rc = ward_keyfile_create(in_dir("one.key"), key);

	rc = rc ?: ward_dataset_create(fd, key, &params, &w, NULL);
	rc = rc ?: ward_dataset_write(w, rows, sizeof(rows) - 1, NULL);
	rc = rc ?: ward_dataset_finish(w, NULL);
	ward_dataset_writer_free(w);
	close(fd);
	return rc;
}

static int write_config(void)
{
	static const char config[] =
		"{\"ward-broker\":1,\"listen\":\"127.0.0.1:0\",\"tls\":{\"certificate\":"
		"\"tls.pem\",\"key\":\"tls.key\"},\"policy\":\"policy.json\",\"roots\":"
		"[\"ark.pem\"],\"release_log\":\"release.log\",\"session_timeout\":5,"
		"\"resources\":{\"" RESOURCE "\":{\"file\":\"one.wds\",\"key\":\"one.key\"}}}";
	static const char policy[] =
		"{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[1000],"
		"\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]}";
	struct wv_bytes ark = sim_pem(pki.ark);
	int rc = write_file("ark.pem", ark.data, ark.len);

	ut_free(ark);
	return rc ?: write_file("policy.json", policy, sizeof(policy) - 1) ?:
	       write_file("broker.json", config, sizeof(config) - 1);
}

static int start_broker(void)
{
	const char *bin = getenv("BIN");
	char program[512], line[128];
	int ready[2];
	FILE *f;

	snprintf(program, sizeof(program), "%s/ward-broker", bin ? bin : "build/bin");
	if (pipe2(ready, O_CLOEXEC))
		return -1;
	broker = fork();
	if (!broker) {
		int null = open(in_dir("journal"), O_CREAT | O_WRONLY, 0600);

		dup2(ready[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl(program, program, "--config", in_dir("broker.json"), NULL);
		_exit(127);
	}
	close(ready[1]);
	f = fdopen(ready[0], "r");
	if (broker < 0 || !f || !fgets(line, sizeof(line), f) ||
	    strncmp(line, "listening on ", 13))
		return -1;
	line[strcspn(line, "\n")] = 0;
	snprintf(url, sizeof(url), "https://%.40s", line + 13);
	fclose(f);
	return 0;
}

static int group_setup(void **state)
{
	(void)state;
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) || !mkdtemp(dir))
		return -1;
	return write_tls("tls.pem", "tls.key") ?: write_tls("other.pem", "other.key") ?:
	       write_dataset() ?: write_config() ?: start_broker();
}

static int group_teardown(void **state)
{
	static const char *const names[] = { "tls.pem", "tls.key", "other.pem", "other.key",
					     "one.wds", "one.key", "ark.pem", "policy.json",
					     "broker.json", "release.log", "journal" };
	int status = 0;

	(void)state;
	if (broker > 0) {
		kill(broker, SIGTERM);
		waitpid(broker, &status, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(names[i]));
	rmdir(dir);
	sim_pki_free(&pki);
	/* told to end, it ends in good order */
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	sim_guest_new(&guest, WARD_PURPOSE_RELEASE);
	return 0;
}

static unsigned int log_lines(void)
{
	FILE *f = fopen(in_dir("release.log"), "r");
	unsigned int n = 0;

	for (int c; f && (c = fgetc(f)) != EOF;)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

/* What a worker's device would give; arg, if any, makes it wait so many seconds. */
static int evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		    uint8_t **bundle, size_t *bundle_len, void *arg)
{
	struct wv_bytes b;

	if (arg)
		sleep(*(unsigned int *)arg);
	guest.claims.nonce_len = htole32((uint32_t)nonce_len);
	memset(guest.claims.nonce, 0, sizeof(guest.claims.nonce));
	memcpy(guest.claims.nonce, nonce, nonce_len);
	memcpy(guest.claims.binding, binding, sizeof(guest.claims.binding));
	b = sim_bundle(&guest, &pki);
	*bundle = (uint8_t *)b.data;
	*bundle_len = b.len;
	return 0;
}

static struct ward_kbs *client(void)
{
	struct ward_kbs *kbs;

	assert_int_equal(ward_kbs_new(url, in_dir("tls.pem"), &kbs), 0);
	return kbs;
}

static void test_rows_by_released_key(void **state)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	struct ward_dataset *ds = NULL;
	unsigned int before = log_lines();
	char plain[64];
	int fd = open(in_dir("one.wds"), O_RDONLY);

	(void)state;
	if (ward_kbs_attest(kbs, evidence, NULL, &err))
		fail_msg("%s", err.text);
	assert_non_null(ward_kbs_token(kbs));
	assert_int_equal(log_lines(), before);
	if (ward_kbs_get(kbs, RESOURCE, &r, &err))
		fail_msg("%s", err.text);
	assert_int_equal(log_lines(), before + 1);
	assert_int_equal(ward_dataset_open(fd, r.key, &ds, NULL), 0);
	assert_memory_equal(ward_dataset_info(ds)->id, r.dataset, 16);
	assert_int_equal(ward_dataset_read_chunk(ds, 0, plain, sizeof(plain), NULL),
			 sizeof(rows) - 1);
	assert_memory_equal(plain, rows, sizeof(rows) - 1);
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
	assert_int_equal(ward_kbs_attest(kbs, evidence, NULL, NULL), 0);
	assert_int_equal(ward_kbs_get(kbs, RESOURCE, &a, NULL), 0);
	assert_int_equal(ward_kbs_attest(kbs, evidence, NULL, NULL), 0);
	assert_int_equal(ward_kbs_get(kbs, RESOURCE, &b, NULL), 0);
	assert_memory_equal(a.key, b.key, sizeof(a.key));
	assert_memory_not_equal(a.release, b.release, sizeof(a.release));
	assert_memory_not_equal(a.receipt_nonce, b.receipt_nonce, sizeof(a.receipt_nonce));
	ward_kbs_free(kbs);
}

static void refused(const char *reason, void *arg)
{
	struct ward_kbs *kbs = client();
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	unsigned int before = log_lines();

	assert_int_equal(ward_kbs_attest(kbs, evidence, arg, &err), -EACCES);
	assert_string_equal(err.reason, reason);
	assert_int_equal(err.status, 401);
	assert_non_null(strstr(err.text, reason));
	assert_null(ward_kbs_token(kbs));
	assert_int_equal(ward_kbs_get(kbs, RESOURCE, &r, &err), -EINVAL);
	assert_int_equal(log_lines(), before);
	ward_kbs_free(kbs);
}

static void test_wrong_uid(void **state)
{
	(void)state;
	guest.claims.caller.uid = htole32(7);
	refused("wrong-uid", NULL);
}

static void test_debug(void **state)
{
	(void)state;
	guest.policy |= WV_SNP_POLICY_DEBUG;
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
	assert_int_equal(ward_kbs_attest(kbs, evidence, NULL, NULL), 0);
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
	assert_int_equal(ward_kbs_new(url, in_dir("other.pem"), &kbs), 0);
	assert_int_equal(ward_kbs_attest(kbs, evidence, NULL, &err), -ECOMM);
	assert_int_equal(err.status, 0);
	ward_kbs_free(kbs);
}

static void test_nobody_there(void **state)
{
	struct ward_kbs_error err = { 0 };
	struct ward_kbs *kbs;

	(void)state;
	assert_int_equal(ward_kbs_new("https://127.0.0.1:1/", in_dir("tls.pem"), &kbs), 0);
	assert_int_equal(ward_kbs_attest(kbs, evidence, NULL, &err), -ECOMM);
	assert_non_null(strstr(err.text, "127.0.0.1"));
	ward_kbs_free(kbs);
	assert_int_equal(ward_kbs_new("http://127.0.0.1:1/", in_dir("tls.pem"), &kbs), -EINVAL);
	assert_int_equal(ward_kbs_new(url, in_dir("missing.pem"), &kbs), -ENOENT);
	ward_kbs_free(NULL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		T(test_rows_by_released_key), T(test_attest_again), T(test_wrong_uid),
		T(test_debug), T(test_expired), T(test_no_evidence), T(test_unknown_resource),
		T(test_wrong_authority), T(test_nobody_there),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
