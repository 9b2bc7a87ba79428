// SPDX-License-Identifier: MIT
/*
 * A broker that has released keys, was given one by an administrator, was reloaded and told
 * to end: no key, password, token or cookie is in its memory when it has closed everything.
 * The program is ward-broker with a place to stop at (Makefile); its memory is read through
 * /proc. What it holds while it serves is found there, or the search would prove nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <jose/b64.h>
#include <openssl/pem.h>

#include "live.h"
#include "pg.h"

#include "../../userspace/broker/db.h"
#include "../../userspace/broker/keyring.h"
#include "../../userspace/broker/keyring_source.h"
#include "../../userspace/broker/secret_wrap.h"
#include "../../userspace/broker/shared.h"
#include "kbs.h"

#define DIES		"../tests/ward-broker-dies"
#define GIVEN		"clinic/dataset/given"
#define PASSPHRASE	"a passphrase of 39 bytes for this test."
#define WINDOW		16	/* bytes that are searched for: a freed block's first are overwritten */
#define PATTERNS	256

/** struct pattern - @hits: in the search that was last; @ever: in any */
struct pattern {
	const char *name;
	uint8_t bytes[WINDOW];
	int hits, ever;
};

static struct pattern patterns[PATTERNS];
static size_t pattern_count;
static char url[256];
static int admin_port;

/* ---- secrets ----------------------------------------------------------------------- */

static void add(const char *name, const void *bytes, size_t len)
{
	for (size_t at = 0; at + WINDOW <= len; at += WINDOW) {
		assert_true(pattern_count < PATTERNS);
		patterns[pattern_count] = (struct pattern){ .name = name };
		memcpy(patterns[pattern_count++].bytes, (const char *)bytes + at, WINDOW);
	}
}

/* As it is, in hex, and in base64 of either alphabet. */
static void add_key(const char *name, const uint8_t key[32])
{
	unsigned char base64[48];
	char text[65];

	add(name, key, 32);
	for (int i = 0; i < 32; i++)
		sprintf(text + 2 * i, "%02x", key[i]);
	add(name, text, 64);
	EVP_EncodeBlock(base64, key, 32);
	add(name, base64, 32);
	add(name, text, jose_b64_enc_buf(key, 32, text, sizeof(text)) / WINDOW * WINDOW);
}

static void read_file(const char *path, void *out, size_t size)
{
	int fd = open(path, O_RDONLY);

	memset(out, 0, size);
	assert_true(fd >= 0 && read(fd, out, size) > 0);
	close(fd);
}

/* The scalar, and the lines of the file that hold it: it begins at character 48 of the first. */
static void add_tls_key(const char *path)
{
	FILE *f = fopen(path, "r");
	EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	BIGNUM *d = NULL;
	uint8_t raw[32];
	char pem[512];

	fclose(f);
	assert_int_equal(EVP_PKEY_get_bn_param(key, "priv", &d), 1);
	assert_int_equal(BN_bn2binpad(d, raw, 32), 32);
	add_key("the TLS key", raw);
	BN_bn2lebinpad(d, raw, 32);
	add("the TLS key", raw, 32);
	BN_clear_free(d);
	EVP_PKEY_free(key);
	read_file(path, pem, sizeof(pem) - 1);
	add("the TLS key's file", strchr(pem, '\n') + 1 + 48, WINDOW);
	add("the TLS key's file", strchr(pem, '\n') + 1 + 65, WINDOW);
}

static int take_wrap(void *arg, const struct db_value *c, size_t count)
{
	struct keyring_wrapped *w = arg;

	(void)count;
	memcpy(w->data, c[0].data, c[0].len);
	w->len = c[0].len;
	return 0;
}

static void add_master(struct db *db)
{
	struct keyring_wrapped w = { .len = 0 };
	struct db_query q = { .sql = "SELECT value FROM shared WHERE name LIKE 'keyring/%'",
			      .row = take_wrap, .arg = &w };
	struct config_fault cf = { "" };
	struct db_fault fault = { "" };
	uint8_t key[KEYRING_KEY];

	assert_int_equal(db_run(db, &q, &fault), 1);
	assert_int_equal(keyring_passphrase.unwrap(live_path("pass"), &w, key, &cf), 0);
	add_key("the master key", key);
}

/* What the broker drew for itself, out of its database. */
static void add_drawn(int has_keyring)
{
	uint8_t secret[SHARED_MAX], d[32];
	struct config_fault cf = { "" };
	struct db_fault fault = { "" };
	struct keyring *k = NULL;
	char source[96];
	json_t *jwk;
	struct db *db;
	int len;

	assert_int_equal(db_open(url, &db, &fault), 0);
	snprintf(source, sizeof(source), "passphrase:%s", live_path("pass"));
	if (has_keyring) {
		add_master(db);
		assert_int_equal(keyring_open(db, source, &k, &cf), 0);
	}
	secret_wrap_under(k);
	assert_int_equal(shared_secret(db, "audit-key", "", 0, secret, &fault), 32);
	add_key("the audit's key", secret);
	len = shared_secret(db, "token-key", "", 0, secret, &fault);
	jwk = json_loadb((char *)secret, (size_t)len, 0, NULL);
	assert_int_equal(jose_b64_dec(json_object_get(jwk, "d"), d, 32), 32);
	add_key("the tokens' key", d);
	json_decref(jwk);
	secret_wrap_under(NULL);
	keyring_close(k);
	db_close(db);
}

/* ---- what is done to the broker ---------------------------------------------------- */

/* A command of the shell's in the folder; what it prints first, or "". */
static const char *shell(const char *fmt, ...)
{
	static char line[256];
	char command[16384];
	va_list ap;
	FILE *f;
	int n = snprintf(command, sizeof(command), "cd '%s' && ", live_path(""));

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	f = popen(command, "r");
	assert_non_null(f);
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	line[strcspn(line, "\r\n")] = 0;
	pclose(f);
	return line;
}

/* An administrator's certificate, of his own CA, and a free port. */
static void make_administrator(char digest[65])
{
	shell("umask 077; { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	      " -days 1 -subj /CN=ca -keyout ca.key -out ca.pem; openssl req -newkey ec -pkeyopt"
	      " ec_paramgen_curve:P-256 -nodes -subj /CN=boss -keyout boss.key -out boss.csr;"
	      " openssl x509 -req -in boss.csr -CA ca.pem -CAkey ca.key -days 1 -out boss.pem; }"
	      " >openssl.log 2>&1; printf '%%s' '%s' >pass", PASSPHRASE);
	snprintf(digest, 65, "%s", shell("openssl x509 -in boss.pem -noout -pubkey | openssl pkey"
					 " -pubin -outform DER | sha256sum"));
	admin_port = atoi(shell("python3 -c 'import socket; s = socket.socket();"
				" s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])'"));
	assert_true(strlen(digest) == 64 && admin_port > 0);
}

static int ask_admin(const char *method, const char *path, const char *file)
{
	return atoi(shell("curl -s -m 30 --cacert tls.pem --cert boss.pem --key boss.key -X %s"
			  " --data-binary @%s -o answer -w '%%{http_code}' https://127.0.0.1:%d/admin/v1/%s",
			  method, file, admin_port, path));
}

/*
 * Whole, torn, and once more where it is taken: each body holds the key. It is long, so that
 * it comes in many pieces, and the room that it took is not used again at once.
 */
static void give_key(void)
{
	uint8_t key[32];

	shell("head -c 32 /dev/urandom >given.key; printf '{\"project\":\"clinic\",%%60000s\"dataset\":"
	      "\"%%032d\",\"key\":\"%%s\"%%9999s}' '' 7 $(basenc --base64url -w0 given.key | tr -d =)"
	      " '' >given; head -c -1 given >torn");
	read_file(live_path("given.key"), key, 32);
	add_key("the key that was given", key);
	assert_int_equal(ask_admin("PUT", "resources/" GIVEN, "torn"), 400);
	assert_int_equal(ask_admin("PUT", "resources/" GIVEN, "given"), 200);
	assert_int_equal(ask_admin("PUT", "resources/" GIVEN, "given"), 409);
}

static void use_worker(const char *resource)
{
	struct ward_kbs_error err = { 0 };
	struct ward_kbs_release r;
	struct ward_kbs *kbs;
	char *text, *token;
	json_t *saved;

	assert_int_equal(ward_kbs_new(live_url, live_path("tls.pem"), &kbs), 0);
	if (ward_kbs_attest(kbs, live_evidence, NULL, &err) || ward_kbs_get(kbs, resource, &r, &err))
		fail_msg("%s", err.text);
	assert_int_equal(ward_kbs_save(kbs, &text), 0);
	saved = json_loads(text, 0, NULL);
	token = strdup(json_string_value(json_object_get(saved, "token")));
	add("a token's signature", strrchr(token, '.') + 1, strlen(strrchr(token, '.') + 1));
	shell("curl -s -m 30 --cacert tls.pem -H 'Authorization: Bearer %s' -o answer"
	      " %s/kbs/v0/resource/%s", token, live_url, resource);
	free(token);
	json_decref(saved);
	free(text);
	ward_kbs_free(kbs);
}

static void use_cookie(void)
{
	const char *cookie = shell("curl -s -m 30 --cacert tls.pem -D - -o answer -d "
				   "'{\"version\":\"0.4.0\",\"tee\":\"ward\",\"extra-params\":{}}'"
				   " %s/kbs/v0/auth | sed -n 's/.*kbs-session-id=\\([0-9a-f]*\\).*/\\1/p'",
				   live_url);

	assert_int_equal(strlen(cookie), 64);
	add("a cookie", cookie, 64);
	shell("curl -s -m 30 --cacert tls.pem -b kbs-session-id=%s -o answer"
	      " %s/kbs/v0/resource/" GIVEN, cookie, live_url);
}

/* ---- the search -------------------------------------------------------------------- */

static void search_range(int mem, uint64_t from, uint64_t to, const char *line)
{
	size_t len = to - from;
	uint8_t *bytes = malloc(len), *at;
	ssize_t n = bytes ? pread(mem, bytes, len, (off_t)from) : -1;

	for (size_t i = 0; n > 0 && i < pattern_count; i++) {
		struct pattern *p = &patterns[i];

		for (at = bytes; (at = memmem(at, (size_t)(bytes + n - at), p->bytes, WINDOW)); at++) {
			print_message("# %s at %#llx of %s", p->name,
				      (unsigned long long)(from + (uint64_t)(at - bytes)), line);
			p->hits++;
		}
	}
	free(bytes);
}

/* Of all that can be written to; how many hits there are. */
static int search(pid_t pid)
{
	unsigned long long from, to;
	char path[64], line[512];
	int mem, hits = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	mem = open(path, O_RDONLY);
	if (mem < 0)
		fail_msg("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	for (size_t i = 0; i < pattern_count; i++)
		patterns[i].hits = 0;
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%llx-%llx rw", &from, &to) == 2 && strstr(line, " rw"))
			search_range(mem, from, to, line);
	fclose(maps);
	close(mem);
	for (size_t i = 0; i < pattern_count; i++) {
		hits += patterns[i].hits;
		patterns[i].ever |= patterns[i].hits;
	}
	return hits;
}

static int found(const char *name)
{
	for (size_t i = 0; i < pattern_count; i++)
		if (patterns[i].ever && !strcmp(patterns[i].name, name))
			return 1;
	return 0;
}

static void stops(void)
{
	int status = 0;

	assert_int_equal(waitpid(live_pid(), &status, WUNTRACED), live_pid());
	assert_true(WIFSTOPPED(status));
}

static void whole_life(const char *database, const char *keyring)
{
	char more[512], digest[65];
	uint8_t key[32];

	pattern_count = 0;
	make_administrator(digest);
	snprintf(more, sizeof(more), "\"session_timeout\":60,\"database\":\"%s\"%s,\"admin\":{\"listen\":"
		 "\"127.0.0.1:%d\",\"ca\":\"ca.pem\",\"clients\":[\"%s\"]}", database, keyring,
		 admin_port, digest);
	assert_int_equal(live_configure(more, ""), 0);
	setenv("BROKER_STOP_AT", "ending,ended", 1);
	assert_int_equal(live_run(DIES), 0);
	read_file(live_path("one.key"), key, 32);
	add_key("the data key", key);
	add_tls_key(live_path("tls.key"));
	add("the passphrase", PASSPHRASE, strlen(PASSPHRASE));
	add_drawn(*keyring != 0);
	assert_int_equal(ask_admin("POST", "reload", "/dev/null"), 200);
	use_worker(LIVE_RESOURCE);
	if (*keyring) {
		give_key();
		use_worker(GIVEN);
	}
	use_cookie();

	kill(live_pid(), SIGTERM);
	stops();
	print_message("# while it serves: %d hits\n", search(live_pid()));
	assert_true(found("the TLS key") && found("the tokens' key") && found("the audit's key"));
	assert_true(!*keyring || found("the master key"));
	kill(live_pid(), SIGCONT);
	stops();
	print_message("# at its end:\n");
	assert_int_equal(search(live_pid()), 0);
	kill(live_pid(), SIGCONT);
	shell("rm -f ca.* boss.* given* torn answer pass openssl.log");
	assert_int_equal(live_stop(), 0);
}

static void test_file(void **state)
{
	(void)state;
	assert_int_equal(live_prepare(), 0);
	snprintf(url, sizeof(url), "sqlite:%s", live_path("broker.db"));
	whole_life(url, ",\"keyring\":\"passphrase:pass\"");
}

/* Its own keys lie in the database as they are then; in memory they don't stay. */
static void test_file_without_keyring(void **state)
{
	(void)state;
	assert_int_equal(live_prepare(), 0);
	snprintf(url, sizeof(url), "sqlite:%s", live_path("broker.db"));
	whole_life(url, "");
}

static void test_server(void **state)
{
	struct pg *server = pg_start();

	(void)state;
	if (!server)
		skip();
	assert_int_equal(live_prepare(), 0);
	snprintf(url, sizeof(url), "%s", pg_url(server));
	whole_life(url, ",\"keyring\":\"passphrase:pass\"");
	pg_stop(server);
}

/* One that stands still does not hear that it is to end. */
static int teardown(void **state)
{
	(void)state;
	if (!live_pid())
		return 0;
	kill(live_pid(), SIGKILL);
	live_wait();
	live_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_file, teardown),
		cmocka_unit_test_teardown(test_file_without_keyring, teardown),
		cmocka_unit_test_teardown(test_server, teardown),
	};

	sim_guest_new(&live_guest, WARD_PURPOSE_RELEASE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
