// SPDX-License-Identifier: MIT
/*
 * JWE both ways with another program: Debian's jose opens what the broker wraps, and the
 * client opens what jose made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/jwk.h>

#include "../../userspace/broker/jwk.h"
#include "../../userspace/lib/kbs_private.h"

static char dir[] = "/tmp/ward-jose-XXXXXX";

static const char *path(const char *name)
{
	static char text[4][64];
	static unsigned int turn;
	char *p = text[turn++ % 4];

	snprintf(p, sizeof(text[0]), "%s/%s", dir, name);
	return p;
}

static void dump(const json_t *value, const char *name)
{
	assert_int_equal(json_dump_file(value, path(name), 0), 0);
}

/* Its standard output; NULL = it failed. */
static char *run(const char *command)
{
	static char out[4096];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	n = fread(out, 1, sizeof(out) - 1, f);
	out[n] = 0;
	return pclose(f) ? NULL : out;
}

static char *run_in(const char *fmt)
{
	char command[512];

	snprintf(command, sizeof(command), "cd %s && { %s; } 2>&1", dir, fmt);
	return run(command);
}

static void attested(struct rx *x)
{
	rx_auth(x);
	rx_evidence(x);
	assert_int_equal(rx_attest(x), 200);
	assert_int_equal(rx_get(x), 200);
}

static void test_jose_opens_ours(void **state)
{
	struct rx *x = *state;
	json_t *theirs;
	size_t len = 0;
	char *plain, *out;

	attested(x);
	rx_check_release(x, 0);
	plain = jose_jwe_dec(NULL, rx_answer, NULL, x->key, &len);
	assert_non_null(plain);
	dump(rx_answer, "answer");
	dump(x->key, "key");
	out = run_in("jose jwe dec -i answer -k key -O plain && cat plain");
	assert_non_null(out);
	assert_int_equal(strlen(out), len);
	assert_memory_equal(out, plain, len);
	theirs = json_loads(out, 0, NULL);
	assert_non_null(json_object_get(theirs, "key"));
	json_decref(theirs);
	free(plain);
	/* and with another key it does not */
	assert_non_null(run_in("jose jwk gen -i '{\"kty\":\"EC\",\"crv\":\"P-384\"}' -o other"));
	assert_null(run_in("jose jwe dec -i answer -k other -O plain2"));
}

/* Where Trustee's clients look for it, and where the tag covers it. */
static void test_ephemeral_key_protected(void **state)
{
	struct rx *x = *state;
	const char *half[] = { "x", "y" };
	json_t *head, *epk;

	attested(x);
	head = jose_b64_dec_load(json_object_get(rx_answer, "protected"));
	epk = json_object_get(head, "epk");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(json_string_length(json_object_get(epk, half[i])), 64);
	assert_int_equal(json_object_size(epk), 4);
	assert_null(json_object_get(rx_answer, "header"));
	json_decref(head);
}

/* 48 bytes of @fill, as a coordinate. */
static json_t *constant(uint8_t fill)
{
	uint8_t raw[48];

	memset(raw, fill, sizeof(raw));
	return jose_b64_enc(raw, sizeof(raw));
}

static int taken(const json_t *jwk)
{
	char out[ATTESTED_JWK_MAX];
	uint8_t thumbprint[JWK_THUMBPRINT_LEN];

	return !jwk_take(jwk, out, thumbprint);
}

/* What is no point of P-384 is no key: nothing is ever wrapped to it. */
static void test_no_points(void **state)
{
	struct rx *x = *state;
	json_t *y = json_object_get(x->key, "y");
	json_t *others[] = { constant(0), constant(1), constant(0xff),
			     json_incref(json_object_get(x->key, "x")), json_string("") };
	json_t *key = rx_public_half(x->key);

	assert_true(taken(key));
	json_object_set(key, "x", y);	/* its two halves exchanged */
	json_object_set(key, "y", others[3]);
	assert_false(taken(key));
	json_object_set(key, "x", others[3]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		json_object_set_new(key, "y", others[i]);
		assert_false(taken(key));
	}
	json_object_set_new(key, "x", constant(0));
	json_object_set_new(key, "y", constant(0));
	assert_false(taken(key));
	json_decref(key);
}

static void wrapped_by_jose(const char *header)
{
	char command[384];

	snprintf(command, sizeof(command), "printf 'a data key' >text && jose jwk pub -i key -o pub && "
		 "jose jwe enc -i '{\"protected\":%s}' -I text -k pub -o jwe", header);
	assert_non_null(run_in(command));
}

static ssize_t open_theirs(const struct rx *x, char *out, size_t cap)
{
	json_t *jwe = json_load_file(path("jwe"), 0, NULL);
	ssize_t n;

	assert_non_null(jwe);
	n = kbs_key_unwrap(x->key, jwe, out, cap);
	json_decref(jwe);
	return n;
}

static void test_we_open_joses(void **state)
{
	struct rx *x = *state;
	char out[64];

	dump(x->key, "key");
	wrapped_by_jose("{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"}");
	assert_int_equal(open_theirs(x, out, sizeof(out)), 10);
	assert_memory_equal(out, "a data key", 10);
	/* sound, but not what the protocol says: refused before it is opened */
	wrapped_by_jose("{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A256GCM\"}");
	assert_true(open_theirs(x, out, sizeof(out)) < 0);
	wrapped_by_jose("{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A128GCM\"}");
	assert_true(open_theirs(x, out, sizeof(out)) < 0);
}

/* Each member of theirs, damaged, and none opens. */
static void test_damaged(void **state)
{
	static const char *const members[] = { "protected", "encrypted_key", "iv", "ciphertext", "tag" };
	struct rx *x = *state;
	char out[64];

	dump(x->key, "key");
	wrapped_by_jose("{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"}");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *jwe = json_load_file(path("jwe"), 0, NULL);
		char *text = strdup(json_string_value(json_object_get(jwe, members[i])));

		text[2] = text[2] == 'A' ? 'B' : 'A';
		json_object_set_new(jwe, members[i], json_string(text));
		if (kbs_key_unwrap(x->key, jwe, out, sizeof(out)) >= 0)
			fail_msg("opened with another '%s'", members[i]);
		free(text);
		json_decref(jwe);
	}
}

static int setup(void **state)
{
	return rx_group_setup(state) || !mkdtemp(dir) ? -1 : 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "answer", "key", "plain", "other", "plain2", "text", "pub",
					     "jwe" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path(names[i]));
	return rmdir(dir) || rx_group_teardown(state) ? -1 : 0;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, rx_setup, rx_teardown)
	const struct CMUnitTest tests[] = {
		T(test_jose_opens_ours), T(test_ephemeral_key_protected), T(test_no_points),
		T(test_we_open_joses), T(test_damaged),
	};

	if (system("command -v jose >/dev/null")) {
		fputs("jose is missing: apt install jose\n", stderr);
		return 1;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
