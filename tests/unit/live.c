// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "dataset.h"
#include "keyfile.h"

const char live_rows[] = "63,1\n41,0\n";
char live_url[64];
struct sim_guest live_guest;
static struct sim_pki pki;
static char dir[32];
static char path_buffer[8][64];
static pid_t broker;

/* A file below the test's directory; good for a few at a time. */
const char *live_path(const char *name)
{
	static unsigned int turn;
	char *p = path_buffer[turn++ % 8];

	snprintf(p, sizeof(path_buffer[0]), "%s/%s", dir, name);
	return p;
}

static int write_file(const char *name, const void *data, size_t len)
{
	int fd = open(live_path(name), O_CREAT | O_WRONLY | O_TRUNC, 0600);
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
	FILE *cert_file = fopen(live_path(cert_name), "w"), *key_file;
	int ok;

	umask(077);
	key_file = fopen(live_path(key_name), "w");
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
		.kind = WARD_DATASET_TABLE,
		.length = sizeof(live_rows) - 1, .rows = 2, .metadata = "{}", .metadata_len = 2,
	};
	struct ward_dataset_writer *w = NULL;
	uint8_t key[32];
	int fd = open(live_path("one.wds"), O_CREAT | O_WRONLY | O_TRUNC, 0600);
	int rc = ward_keyfile_create(live_path("one.key"), key);

	rc = rc ?: ward_dataset_create(fd, key, &params, &w, NULL);
	rc = rc ?: ward_dataset_write(w, live_rows, sizeof(live_rows) - 1, NULL);
	rc = rc ?: ward_dataset_finish(w, NULL);
	ward_dataset_writer_free(w);
	close(fd);
	return rc;
}

int live_configure(const char *more, const char *resource_more)
{
	static const char config[] =
		"{\"ward-broker\":1,\"listen\":\"127.0.0.1:0\",\"tls\":{\"certificate\":"
		"\"tls.pem\",\"key\":\"tls.key\"},\"policy\":\"policy.json\",\"roots\":"
		"[\"ark.pem\"],\"release_log\":\"release.log\",%s,\"resources\":"
		"{\"" LIVE_RESOURCE "\":{\"file\":\"one.wds\",\"key\":\"one.key\"%s}}}";
	char text[1024];
	int n = snprintf(text, sizeof(text), config, more, resource_more);

	return n < (int)sizeof(text) ? write_file("broker.json", text, (size_t)n) : -1;
}

static int write_policy(void)
{
	static const char policy[] =
		"{\"ward-policy\":1,\"purpose\":\"release\",\"uid\":[1000],"
		"\"accept_unmeasured\":true,\"allow_tee\":[\"simulated-snp\"]}";
	struct wv_bytes ark = sim_pem(pki.ark);
	int rc = write_file("ark.pem", ark.data, ark.len);

	ut_free(ark);
	return rc ?: write_file("policy.json", policy, sizeof(policy) - 1);
}

int live_run(const char *which)
{
	const char *bin = getenv("BIN");
	char program[512], line[128];
	int ready[2];
	FILE *f;

	snprintf(program, sizeof(program), "%s/%s", bin ? bin : "build/bin", which);
	if (pipe2(ready, O_CLOEXEC))
		return -1;
	broker = fork();
	if (!broker) {
		int null = open(live_path("journal"), O_CREAT | O_WRONLY, 0600);

		dup2(ready[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl(program, program, "--config", live_path("broker.json"), NULL);
		_exit(127);
	}
	close(ready[1]);
	f = fdopen(ready[0], "r");
	if (broker < 0 || !f || !fgets(line, sizeof(line), f) ||
	    strncmp(line, "listening on ", 13))
		return -1;
	line[strcspn(line, "\n")] = 0;
	snprintf(live_url, sizeof(live_url), "https://%.40s", line + 13);
	fclose(f);
	return 0;
}

int live_prepare(void)
{
	strcpy(dir, "/tmp/ward-kbs-XXXXXX");
	if (sim_pki_make(&sim_default_recipe, NULL, &pki) || !mkdtemp(dir))
		return -1;
	return write_tls("tls.pem", "tls.key") ?: write_tls("other.pem", "other.key") ?:
	       write_dataset() ?: write_policy();
}

int live_start(void)
{
	return live_prepare() ?: live_configure("\"session_timeout\":5", "") ?: live_run("ward-broker");
}

pid_t live_pid(void)
{
	return broker;
}

int live_wait(void)
{
	int status = -1;

	waitpid(broker, &status, 0);
	broker = 0;
	return status;
}

int live_stop(void)
{
	static const char *const names[] = { "tls.pem", "tls.key", "other.pem", "other.key",
					     "one.wds", "one.key", "ark.pem", "policy.json",
					     "broker.json", "release.log", "journal",
					     "broker.db", "broker.db-wal", "broker.db-shm" };
	int status = 0;

	if (broker > 0) {
		kill(broker, SIGTERM);
		waitpid(broker, &status, 0);
	}
	broker = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(live_path(names[i]));
	rmdir(dir);
	sim_pki_free(&pki);
	/* told to end, it ends in good order */
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

unsigned int live_log_lines(void)
{
	FILE *f = fopen(live_path("release.log"), "r");
	unsigned int n = 0;

	for (int c; f && (c = fgetc(f)) != EOF;)
		n += c == '\n';
	if (f)
		fclose(f);
	return n;
}

/* What a worker's device would give; arg, if any, makes it wait so many seconds. */
int live_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		    uint8_t **bundle, size_t *bundle_len, void *arg)
{
	struct wv_bytes b;

	if (arg)
		sleep(*(unsigned int *)arg);
	live_guest.claims.nonce_len = htole32((uint32_t)nonce_len);
	memset(live_guest.claims.nonce, 0, sizeof(live_guest.claims.nonce));
	memcpy(live_guest.claims.nonce, nonce, nonce_len);
	memcpy(live_guest.claims.binding, binding, sizeof(live_guest.claims.binding));
	b = sim_bundle(&live_guest, &pki);
	*bundle = (uint8_t *)b.data;
	*bundle_len = b.len;
	return 0;
}
