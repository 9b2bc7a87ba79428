// SPDX-License-Identifier: MIT
/*
 * Answers where memory ends: whatever room there is left, what would be sent is whole, or it is a
 * refusal that is whole or has no body.
 */
#include "worker_bench.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "../../userspace/worker/service_reply.h"
#include "../../userspace/worker/vault.h"

#define VAULT	(1u << 20)
#define BUNDLE	5000
#define STEP	64
#define MOST	(96u << 10)	/* more room than any answer here needs */

/** struct said - a status, and a body */
struct said {
	int code;
	size_t len;
	char body[3 * BUNDLE];
};

static uint8_t bundle[BUNDLE];
static const struct standing standing = { .simulated = true, .tee = "simulated-snp" };

static void bundle_as_bytes(struct reply *reply)
{
	reply_bundle(reply, &standing, bundle, sizeof(bundle));
}

static void bundle_as_json(struct reply *reply)
{
	reply->json = 1;
	bundle_as_bytes(reply);
}

static void text(struct reply *reply)
{
	static char long_text[BUNDLE];

	memset(long_text, 'x', sizeof(long_text) - 1);
	reply_text(reply, "text/plain", long_text);
}

/* A page that was begun, and then refused. */
static void refusal(struct reply *reply)
{
	text(reply);
	reply_refuse(reply, 400, "nonce-damaged", "the query must be another");
}

/* All that is left of the vault, as a list. */
static void **take_all(void)
{
	void **all = NULL, **one;
	size_t size = VAULT;

	while (size >= sizeof(*one)) {
		one = malloc(size);
		if (one) {
			*one = all;
			all = one;
		} else {
			size /= 2;
		}
	}
	return all;
}

static void give_back(void **all)
{
	void **next;

	for (; all; all = next) {
		next = *all;
		free(all);
	}
}

/* Answer with one hole of @room bytes in a full vault; SIZE_MAX = with all of it. */
static void say(void (*answer)(struct reply *), size_t room, struct said *said)
{
	struct evhttp_request *req;
	struct reply reply;
	void **all = NULL, *hole;

	vault_enter();
	req = evhttp_request_new(NULL, NULL);
	assert_non_null(req);
	reply_begin(&reply, req);
	if (room != SIZE_MAX) {
		hole = malloc(room);
		assert_non_null(hole);
		all = take_all();
		free(hole);
	}
	answer(&reply);
	give_back(all);
	said->code = reply.code;
	said->len = evbuffer_get_length(reply.out);
	assert_true(said->len < sizeof(said->body));
	evbuffer_remove(reply.out, said->body, said->len);
	said->body[said->len] = '\0';
	evhttp_request_free(req);
	vault_leave();
}

static bool same(const struct said *a, const struct said *b)
{
	return a->code == b->code && a->len == b->len && !memcmp(a->body, b->body, a->len);
}

static bool refused(const struct said *said)
{
	return said->code == 503 &&
	       (!said->len || (strstr(said->body, "\"reason\":\"no-room\"") &&
			       said->body[said->len - 1] == '}'));
}

static void sweep(void (*answer)(struct reply *))
{
	static struct said whole, said;
	unsigned int answered = 0, not = 0;
	size_t room;

	say(answer, SIZE_MAX, &whole);
	for (room = 0; room < MOST; room += STEP) {
		say(answer, room, &said);
		if (!same(&said, &whole) && !refused(&said))
			fail_msg("%zu bytes of room: %d, %zu bytes: %.60s", room, said.code,
				 said.len, said.body);
		answered += same(&said, &whole);
		not += !same(&said, &whole);
	}
	assert_true(answered && not);
}

static void quiet(int severity, const char *text)
{
	(void)severity;
	(void)text;
}

static void test_whole_or_refused(void **state)
{
	struct bench_memory bench = { 0 };
	struct memory_backend backend = bench_backend(&bench);
	struct memory memory;

	(void)state;
	event_set_log_callback(quiet);
	memset(bundle, 0xa5, sizeof(bundle));
	memory_init(&memory, &backend, VAULT);
	assert_int_equal(vault_open(&memory, VAULT), 0);
	vault_limit(SIZE_MAX);
	sweep(bundle_as_bytes);
	sweep(bundle_as_json);
	sweep(text);
	sweep(refusal);
	assert_int_equal(vault_close(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
