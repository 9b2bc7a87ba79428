// SPDX-License-Identifier: MIT
/* The broker's secrets at rest: who opens them, who does not, and with which words. */
#include "broker_bench.h"
#include "../../userspace/broker/keyring.h"
#include "../../userspace/broker/keyring_source.h"
#include "../../userspace/broker/secret_wrap.h"
#include "../../userspace/broker/shared.h"
#include "swtpm.h"

#define SECRET "a secret that stands in no file of the database"

static int open_by(struct bench *b, const char *source, struct keyring **out, struct config_fault *f)
{
	*out = NULL;
	return keyring_open(b->db, source, out, f);
}

static struct keyring *opened(struct bench *b, const char *source)
{
	struct config_fault fault = { "" };
	struct keyring *k;

	if (open_by(b, source, &k, &fault))
		fail_msg("%s: %s", source, fault.text);
	return k;
}

static void refused(struct bench *b, const char *source, const char *words)
{
	struct config_fault fault = { "" };
	struct keyring *k;

	assert_int_equal(open_by(b, source, &k, &fault), -1);
	if (!strstr(fault.text, words))
		fail_msg("'%s' does not say '%s'", fault.text, words);
}

/* "passphrase:FILE"; lives until the next call but one. */
static const char *source_of(struct bench *b, const char *name, const char *text)
{
	static char sources[2][160];
	static unsigned int next;
	char *out = sources[next++ % 2];

	snprintf(out, sizeof(sources[0]), "passphrase:%s", bench_file(b, name, text));
	return out;
}

static size_t wrapped(const struct keyring *k, uint8_t *out)
{
	size_t len = 0;

	assert_int_equal(keyring_wrap(k, "a name", SECRET, sizeof(SECRET), out, &len), 0);
	assert_int_equal(len, sizeof(SECRET) + KEYRING_ADDS);
	return len;
}

static void unwraps(const struct keyring *k, const uint8_t *in, size_t in_len)
{
	uint8_t out[sizeof(SECRET)];
	size_t len;

	assert_int_equal(keyring_unwrap(k, "a name", in, in_len, out, &len), 0);
	assert_int_equal(len, sizeof(SECRET));
	assert_memory_equal(out, SECRET, len);
}

/* ---- passphrases ----------------------------------------------------------------- */

static void comes_back(struct bench *b)
{
	const char *source = source_of(b, "pass", "correct horse battery\n");
	uint8_t secret[sizeof(SECRET) + KEYRING_ADDS], again[sizeof(secret)];
	struct keyring *k = opened(b, source);
	size_t len = wrapped(k, secret);

	wrapped(k, again);
	assert_memory_not_equal(secret, again, len);	/* a nonce of its own */
	keyring_close(k);
	k = opened(b, source);
	unwraps(k, secret, len);
	keyring_close(k);
	/* the end of the line is not the passphrase's */
	k = opened(b, source_of(b, "bare", "correct horse battery"));
	unwraps(k, secret, len);
	keyring_close(k);
	assert_int_equal(bench_run(b, "SELECT name FROM shared"), 2);
	assert_int_equal(bench_holds(b, "correct horse", 13), 0);
}
BENCH_ON_BOTH(comes_back)

static void wrong_passphrase(struct bench *b)
{
	keyring_close(opened(b, source_of(b, "pass", "correct horse battery")));
	refused(b, source_of(b, "other", "correct horse batterx"), "opens none of the 1 wraps");
	refused(b, source_of(b, "empty", ""), "from 12 to 1024 bytes");
	refused(b, source_of(b, "short", "hunter2\n"), "from 12 to 1024 bytes");
	refused(b, "passphrase:/nowhere/file", "No such file");
	refused(b, "passphrase:/tmp", "not a regular file");
	refused(b, "passphrase:", "names no file");
	refused(b, "correct horse battery", "neither passphrase:FILE");
	refused(b, "tpm2:swtpm:x", "device:PATH or unix:PATH");
	refused(b, "tpm2:unix:/nowhere/tpm", "no tpm2 may open it");
	refused(b, "tpm2:device:/dev/x,pcrs=", "pcrs=");
	refused(b, "tpm2:device:/dev/x,pcrs=1+", "pcrs=");
	refused(b, "tpm2:device:/dev/x,pcrs=24", "pcrs=");
}
BENCH_ON_BOTH(wrong_passphrase)

static void reachable_by_others(struct bench *b)
{
	const char *source = source_of(b, "pass", "correct horse battery");

	assert_int_equal(chmod(strchr(source, ':') + 1, 0640), 0);
	refused(b, source, "chmod 600");
	assert_int_equal(bench_run(b, "SELECT name FROM shared"), 0);
}
BENCH_ON_BOTH(reachable_by_others)

static void several_open_it(struct bench *b)
{
	struct keyring *k = opened(b, source_of(b, "pass", "correct horse battery"));
	struct config_fault fault = { "" };
	const char *other = source_of(b, "other", "another for a second broker");
	uint8_t secret[sizeof(SECRET) + KEYRING_ADDS];
	size_t len = wrapped(k, secret);

	assert_int_equal(keyring_enrol(b->db, k, other, &fault), 0);
	assert_int_equal(keyring_enrol(b->db, k, "passphrase:/nowhere", &fault), -1);
	assert_int_equal(bench_run(b, "SELECT name FROM shared"), 3);
	keyring_close(k);
	k = opened(b, other);
	unwraps(k, secret, len);
	keyring_close(k);
	k = opened(b, source_of(b, "pass", "correct horse battery"));
	unwraps(k, secret, len);
	keyring_close(k);
}
BENCH_ON_BOTH(several_open_it)

/* ---- rows that somebody changed --------------------------------------------------- */

static void set_wraps(struct bench *b, const void *data, size_t len)
{
	struct db_query q = { .sql = "UPDATE shared SET value = $1 WHERE name LIKE 'keyring/%'",
			      .args = { db_blob(data, len) }, .arg_count = 1 };
	struct db_fault fault = { "" };

	assert_int_equal(db_run(b->db, &q, &fault), 1);
}

static int keep_row(void *arg, const struct db_value *c, size_t count)
{
	struct keyring_wrapped *w = arg;

	(void)count;
	memcpy(w->data, c[0].data, c[0].len);
	w->len = c[0].len;
	return 0;
}

static void damaged_rows(struct bench *b)
{
	struct keyring_wrapped w, bad;
	struct db_query q = { .sql = "SELECT value FROM shared WHERE name LIKE 'keyring/%'",
			      .row = keep_row, .arg = &w };
	struct db_fault fault = { "" };
	const char *source = source_of(b, "pass", "correct horse battery");

	keyring_close(opened(b, source));
	assert_int_equal(db_run(b->db, &q, &fault), 1);
	/* kind, cost, a weak cost, one of 2^63 bytes, salt, ciphertext, tag, length */
	for (int i = 0; i < 8; i++) {
		const struct { size_t at; uint8_t value; } at[] = {
			{ 0, 9 }, { 1, 15 }, { 1, 1 }, { 2, 0xff }, { 12, (uint8_t)~w.data[12] },
			{ 40, (uint8_t)~w.data[40] }, { w.len - 1, (uint8_t)~w.data[w.len - 1] },
			{ 0, w.data[0] },
		};

		bad = w;
		bad.data[at[i].at] = at[i].value;
		set_wraps(b, bad.data, bad.len - (i == 7));
		refused(b, source, i ? "opens none" : "no passphrase may open it");
	}
	set_wraps(b, "", 0);
	refused(b, source, "no passphrase may open it");
	set_wraps(b, w.data, w.len);
	keyring_close(opened(b, source));
	bench_run(b, "DELETE FROM shared WHERE name = 'keyring'");
	refused(b, source, "another key than the database's");
}
BENCH_ON_BOTH(damaged_rows)

/* Who removes the keyring's rows must not have the broker begin with another key. */
static void lost_rows(struct bench *b)
{
	const char *source = source_of(b, "pass", "correct horse battery");

	keyring_close(opened(b, source));
	bench_run(b, "INSERT INTO project (name, created) VALUES ('p', 0)");
	bench_run(b, "INSERT INTO resource (path, project, wrapped, changed)"
		  " VALUES ('a/b/c', 'p', 'x', 0)");
	bench_run(b, "DELETE FROM shared");
	refused(b, source, "has resources and no master key");
}
BENCH_ON_BOTH(lost_rows)

static void damaged_secrets(struct bench *b)
{
	struct keyring *k = opened(b, source_of(b, "pass", "correct horse battery")), *stranger;
	uint8_t secret[sizeof(SECRET) + KEYRING_ADDS], out[sizeof(SECRET)], zero[sizeof(SECRET)] = { 0 };
	size_t len = wrapped(k, secret), got;
	struct bench other;

	assert_int_equal(keyring_unwrap(k, "another", secret, len, out, &got), -EBADMSG);
	for (size_t i = 0; i < len; i++) {
		memset(out, 0xaa, sizeof(out));
		secret[i] ^= 1;
		assert_int_equal(keyring_unwrap(k, "a name", secret, len, out, &got),
				 i >= 1 && i <= KEYRING_ID ? -EKEYREJECTED : -EBADMSG);
		secret[i] ^= 1;
		if (i > KEYRING_ID)
			assert_memory_equal(out, zero, sizeof(out));
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(keyring_unwrap(k, "a name", secret, cut, out, &got), -EBADMSG);
	assert_int_equal(bench_start(&other, 0), 0);
	stranger = opened(&other, source_of(b, "pass", "correct horse battery"));
	assert_int_equal(keyring_unwrap(stranger, "a name", secret, len, out, &got), -EKEYREJECTED);
	keyring_close(stranger);
	bench_end(&other);
	unwraps(k, secret, len);
	keyring_close(k);
}
BENCH_ON_BOTH(damaged_secrets)

/* What stood in the database before it had a keyring is wrapped when it gets one. */
static void wraps_what_was_plain(struct bench *b)
{
	const char *source = source_of(b, "pass", "correct horse battery");
	struct db_fault fault = { "" };
	uint8_t out[SHARED_MAX];
	struct keyring *k;

	secret_wrap_under(NULL);
	assert_int_equal(shared_secret(b->db, "x", SECRET, sizeof(SECRET), out, &fault),
			 sizeof(SECRET));
	assert_int_equal(shared_secret(b->db, SHARED_TOKEN_KEY, "planted", 7, out, &fault), 7);
	k = opened(b, source);
	secret_wrap_under(k);
	assert_int_equal(shared_secret(b->db, SHARED_TOKEN_KEY, "fresh", 5, out, &fault), 5);
	assert_memory_equal(out, "fresh", 5);
	memset(out, 0, sizeof(out));
	assert_int_equal(shared_secret(b->db, "x", "other", 5, out, &fault), sizeof(SECRET));
	assert_memory_equal(out, SECRET, sizeof(SECRET));
	bench_run(b, "DELETE FROM shared WHERE name = 'x'");
	secret_wrap_under(NULL);
	assert_int_equal(shared_secret(b->db, "x", "forged", 6, out, &fault), 6);
	secret_wrap_under(k);
	assert_int_equal(shared_secret(b->db, "x", "other", 5, out, &fault), -EBADMSG);
	secret_wrap_under(NULL);
	keyring_close(k);
}
BENCH_ON_BOTH(wraps_what_was_plain)

/* ---- TPMs ------------------------------------------------------------------------ */

static const char *tpm_source(const struct swtpm *s, const char *more)
{
	static char out[160];

	snprintf(out, sizeof(out), "tpm2:%s%s", s->socket, more);
	return out;
}

static void tpm_opens(void **state)
{
	struct swtpm *s = swtpm_start(), *other;
	uint8_t secret[sizeof(SECRET) + KEYRING_ADDS];
	struct config_fault fault = { "" };
	struct keyring *k;
	struct bench b;
	size_t len;

	(void)state;
	if (!s)
		return;
	assert_int_equal(bench_start(&b, 0), 0);
	k = opened(&b, tpm_source(s, ""));
	len = wrapped(k, secret);
	keyring_close(k);
	swtpm_kill(s);
	swtpm_again(s);
	k = opened(&b, tpm_source(s, ""));
	unwraps(k, secret, len);
	refused(&b, source_of(&b, "pass", "correct horse battery"), "no passphrase may open it");
	other = swtpm_start();
	refused(&b, tpm_source(other, ""), "opens none of the 1 wraps");
	assert_int_equal(keyring_enrol(b.db, k, tpm_source(other, ""), &fault), 0);
	keyring_close(k);
	k = opened(&b, tpm_source(other, ""));
	unwraps(k, secret, len);
	keyring_close(k);
	swtpm_end(other);
	swtpm_end(s);
	bench_end(&b);
}

/* Register 7 is another from the first command on. */
static enum swtpm_way extend(struct swtpm *s, const struct swtpm_message *m,
			     struct swtpm_message *answer)
{
	static const uint8_t command[65] = {
		0x80, 0x02, 0, 0, 0, 65, 0, 0, 0x01, 0x82, 0, 0, 0, 7, 0, 0, 0, 9, 0x40, 0, 0, 9,
		0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0x0b, 1,
	};
	struct swtpm_message said = { .len = 0 };

	(void)m;
	(void)answer;
	if (!s->count++) {
		swtpm_ask(s, command, sizeof(command), &said);
		assert_int_equal(swtpm_code(&said), 0);
	}
	return SWTPM_PASS;
}

static void registers_bind(void **state)
{
	struct swtpm *s = swtpm_start();
	struct bench b;

	(void)state;
	if (!s)
		return;
	assert_int_equal(bench_start(&b, 0), 0);
	keyring_close(opened(&b, tpm_source(s, ",pcrs=0+7")));
	keyring_close(opened(&b, tpm_source(s, "")));	/* the wrap says which registers */
	s->command = extend;
	refused(&b, tpm_source(s, ",pcrs=0+7"), "opens none of the 1 wraps");
	swtpm_end(s);
	bench_end(&b);
}

/* Counts the sessions that are begun: each salts to the primary key. */
static enum swtpm_way count_sessions(struct swtpm *s, const struct swtpm_message *m,
				     struct swtpm_message *answer)
{
	(void)answer;
	s->count += swtpm_code(m) == 0x176;
	return SWTPM_PASS;
}

/* A primary key that is not the one that sealed is trusted with nothing. */
static void primary_is_known(void **state)
{
	static const uint8_t key[KEYRING_KEY] = "thirty-two bytes that are a key";
	struct swtpm *s = swtpm_start(), *other;
	struct config_fault fault = { "" };
	struct keyring_wrapped w;
	uint8_t out[KEYRING_KEY];

	(void)state;
	if (!s)
		return;
	other = swtpm_start();
	other->command = count_sessions;
	assert_int_equal(keyring_tpm.wrap(s->socket, key, &w, &fault), 0);
	assert_int_equal(keyring_tpm.unwrap(other->socket, &w, out, &fault), -EACCES);
	assert_non_null(strstr(fault.text, "another primary key"));
	assert_int_equal(other->count, 0);
	assert_int_equal(keyring_tpm.unwrap(s->socket, &w, out, &fault), 0);
	swtpm_end(other);
	swtpm_end(s);
}

/* Who listens between broker and TPM does not see the key. */
static void key_passes_unseen(void **state)
{
	static const uint8_t key[KEYRING_KEY] = "thirty-two bytes that are a key";
	struct config_fault fault = { "" };
	struct swtpm *s = swtpm_start();
	struct keyring_wrapped w;
	uint8_t out[KEYRING_KEY];

	(void)state;
	if (!s)
		return;
	assert_int_equal(keyring_tpm.wrap(s->socket, key, &w, &fault), 0);
	assert_int_equal(keyring_tpm.unwrap(s->socket, &w, out, &fault), 0);
	assert_memory_equal(out, key, sizeof(out));
	assert_true(s->seen_len > 1000);
	assert_null(memmem(s->seen, s->seen_len, key, 16));
	w.data[w.len - 1] ^= 1;
	assert_int_equal(keyring_tpm.unwrap(s->socket, &w, out, &fault), -EACCES);
	w.len--;
	assert_int_equal(keyring_tpm.unwrap(s->socket, &w, out, &fault), -EBADMSG);
	swtpm_end(s);
}

#define BOTH(name) cmocka_unit_test(name##_on_sqlite), cmocka_unit_test(name##_on_postgres)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(comes_back), BOTH(wrong_passphrase), BOTH(reachable_by_others),
		BOTH(several_open_it), BOTH(damaged_rows), BOTH(lost_rows), BOTH(damaged_secrets),
		BOTH(wraps_what_was_plain),
		cmocka_unit_test(tpm_opens),
		cmocka_unit_test(registers_bind),
		cmocka_unit_test(primary_is_known),
		cmocka_unit_test(key_passes_unseen),
	};

	return cmocka_run_group_tests(tests, bench_server_start, bench_server_stop);
}
