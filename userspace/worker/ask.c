// SPDX-License-Identifier: MIT
/*
 * One request of HTTP over an attested channel. Nothing is sent before the policy has accepted the
 * server; an answer is as long as it says, and no longer than ANSWER_MAX.
 */
#include "ask.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attested.h"
#include "infile.h"
#include "libward.h"

#define ROWS_MAX	(4u << 20)	/* of which no server takes more */
#define ANSWER_MAX	(256u << 20)
#define HEAD_MAX	16384
#define EVIDENCE_MS	120000	/* others may wait for theirs before us, and a token is spent */

/** struct answer - what a server said */
struct answer {
	int status;
	char *body;	/* NUL terminated */
	size_t len;
};

static int lost(const struct link *link, int err, struct failure *failure)
{
	const char *why = link->why(link->arg);

	return failed(failure, err == -EACCES ? EXIT_REFUSED : EXIT_NETWORK, "the server: %s",
		      *why ? why : err == -ECONNRESET ? "the connection ended" : ward_strerror(err));
}

static int send_rows(const struct link *link, const struct ask_options *o, const uint8_t *rows,
		     size_t len, struct failure *failure)
{
	char head[512];
	int n = snprintf(head, sizeof(head), "POST /infer HTTP/1.1\r\nHost: ward\r\n"
			 "Content-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
			 o->json ? "application/json" : "text/csv", len);
	int err = link->write(link->arg, head, (size_t)n);

	if (!err && len)
		err = link->write(link->arg, rows, len);
	return err ? lost(link, err, failure) : 0;
}

static int not_http(struct failure *failure)
{
	return failed(failure, EXIT_DAMAGED, "the server's answer is none of HTTP/1.1 with a length");
}

/* Byte by byte, since what follows belongs to the body. */
static int read_head(const struct link *link, char head[HEAD_MAX], struct failure *failure)
{
	static const char end[] = "\r\n\r\n";
	size_t at = 0;
	int err;

	while (at < 4 || memcmp(head + at - 4, end, 4)) {
		if (at == HEAD_MAX - 1)
			return not_http(failure);
		err = link->read(link->arg, head + at, 1);
		if (err)
			return lost(link, err, failure);
		if (!head[at++])
			return not_http(failure);
	}
	head[at] = '\0';
	return 0;
}

/* Digits alone, and no more than ANSWER_MAX; -1 = none. */
static int64_t length_of(const char *head)
{
	const char *at = strcasestr(head, "\r\nContent-Length:");
	int64_t len = 0;
	size_t digits;

	if (!at)
		return -1;
	at += strlen("\r\nContent-Length:");
	at += strspn(at, " \t");
	digits = strspn(at, "0123456789");
	if (!digits || digits > 9 || at[digits] != '\r')
		return -1;
	while (digits--)
		len = len * 10 + (*at++ - '0');
	return len <= ANSWER_MAX ? len : -1;
}

static int read_answer(const struct link *link, struct answer *answer, struct failure *failure)
{
	char head[HEAD_MAX];
	int64_t len;
	int err;

	if (read_head(link, head, failure))
		return -1;
	len = length_of(head);
	if (len < 0 || sscanf(head, "HTTP/1.%*1[01] %3d ", &answer->status) != 1)
		return not_http(failure);
	answer->len = (size_t)len;
	answer->body = malloc(answer->len + 1);
	if (!answer->body)
		return failed(failure, EXIT_DEVICE, "no memory for an answer of %zu bytes", answer->len);
	answer->body[answer->len] = '\0';
	err = answer->len ? link->read(link->arg, answer->body, answer->len) : 0;
	return err ? lost(link, err, failure) : 0;
}

/* ---- what is said of it ------------------------------------------------------------------- */

static int damaged(struct failure *failure)
{
	return failed(failure, EXIT_DAMAGED, "the server's answer is not what `ward-train serve' gives");
}

static int refused(const struct answer *answer, struct failure *failure)
{
	json_t *problem = json_loadb(answer->body, answer->len, 0, NULL);
	const char *reason = json_string_value(json_object_get(problem, "reason"));
	const char *detail = json_string_value(json_object_get(problem, "detail"));

	failed(failure, answer->status == 429 || answer->status >= 500 ? EXIT_NETWORK : EXIT_DAMAGED,
	       "the server refuses: %d %.40s: %.300s", answer->status, reason ? reason : "",
	       detail ? detail : "");
	json_decref(problem);
	return -1;
}

/* A number, some of them in a course, or null: there is no answer for this row. */
static bool is_sound(const json_t *row)
{
	const json_t *y = json_object_get(row, "y"), *value;
	size_t i;

	if (!json_is_integer(json_object_get(row, "row")))
		return false;
	json_array_foreach(y, i, value) {
		if (!json_is_number(value))
			return false;
	}
	return json_is_null(y) || json_is_number(y) || json_array_size(y);
}

static bool are_sound(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (!is_sound(row))
			return false;
	}
	return json_is_array(rows);
}

static void say_row(const json_t *row)
{
	const json_t *y = json_object_get(row, "y"), *value;
	size_t i;

	printf("row %" JSON_INTEGER_FORMAT ":", json_integer_value(json_object_get(row, "row")));
	if (json_is_null(y))
		printf(" no answer");
	else if (json_is_number(y))
		printf(" %.6g", json_number_value(y));
	json_array_foreach(y, i, value)
		printf("%s %.6g", i ? "," : "", json_number_value(value));
	putchar('\n');
}

static int say(const struct answer *answer, const struct emit *emit, struct failure *failure)
{
	json_t *object = json_loadb(answer->body, answer->len, 0, NULL);
	json_t *rows = json_object_get(object, "rows");
	bool sound = are_sound(rows);
	const json_t *row;
	size_t i;

	if (sound && emit->json)
		fwrite(answer->body, 1, answer->len, stdout);
	json_array_foreach(sound && !emit->json ? rows : NULL, i, row)
		say_row(row);
	json_decref(object);
	if (!sound)
		return damaged(failure);
	if (fflush(stdout) || ferror(stdout))
		return failed(failure, EXIT_DEVICE, "the answer can't be written: %s", strerror(errno));
	return 0;
}

/* ---- all of it -------------------------------------------------------------------------------- */

static int talk(const struct link *link, const struct ask_options *o, const struct emit *emit,
		struct failure *failure)
{
	struct answer answer = { 0 };
	uint8_t *rows;
	size_t len;
	int ret;

	if (infile_read("", o->rows, ROWS_MAX, &rows, &len, failure))
		return -1;
	ret = send_rows(link, o, rows, len, failure) || read_answer(link, &answer, failure) ? -1 : 0;
	if (!ret)
		ret = answer.status == 200 ? say(&answer, emit, failure) : refused(&answer, failure);
	free(answer.body);
	free(rows);
	return ret;
}

static void say_accepted(const struct link *link, const struct ask_options *o,
			 const struct emit *emit)
{
	char id[2 * WARD_ID_LEN + 1] = "";
	const uint8_t *session = link->session(link->arg);
	size_t i;

	for (i = 0; i < WARD_ID_LEN; i++)
		snprintf(id + 2 * i, 3, "%02x", session[i]);
	if (!emit->json && !emit->quiet)
		fprintf(stderr, "%s: accepted by %s, session %s\n", o->server, o->policy, id);
}

int ask_run(const struct ask_options *o, const struct emit *emit, struct failure *failure)
{
	struct attested attested = { .handshake_ms = EVIDENCE_MS };
	struct link link = { 0 };
	const struct attested_files files = {
		.policy = o->policy, .policy_option = "--policy ",
		.root = o->root, .root_option = "--root ",
	};
	int ret = attested_read(&attested, &files, failure) ||
		  attested_open(&attested, failure) ? -1 : 0;

	if (!ret)
		ret = attested_connect(&attested, o->server, 0, &link, failure);
	if (!ret) {
		say_accepted(&link, o, emit);
		ret = talk(&link, o, emit, failure);
		link.close(link.arg);
	}
	attested_close(&attested);
	return ret;
}
