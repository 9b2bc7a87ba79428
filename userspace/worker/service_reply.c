// SPDX-License-Identifier: MIT
#include "service_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <openssl/evp.h>

#include "../common/connection.h"

#define TYPE_BASE	"urn:ward:problem:"
#define HEADERS_ROOM	4096	/* of an answer: the page's policy is the longest, 300 */

void reply_begin(struct reply *reply, struct evhttp_request *req)
{
	const char *accept = evhttp_find_header(evhttp_request_get_input_headers(req), "Accept");

	*reply = (struct reply){
		.code = 200, .headers = evhttp_request_get_output_headers(req),
		.out = evhttp_request_get_output_buffer(req),
		.json = accept && strstr(accept, "application/json"),
	};
	evhttp_add_header(reply->headers, "Cache-Control", "no-store");
	evhttp_add_header(reply->headers, "X-Content-Type-Options", "nosniff");
}

/* Nothing of an answer that has no room is sent. */
static int put(struct reply *reply, const char *type, const void *bytes, size_t len)
{
	evhttp_remove_header(reply->headers, "Content-Type");
	if (!evhttp_add_header(reply->headers, "Content-Type", type) &&
	    !evbuffer_add(reply->out, bytes, len))
		return 0;
	evbuffer_drain(reply->out, evbuffer_get_length(reply->out));
	return -1;
}

static void put_or_refuse(struct reply *reply, const char *type, const void *bytes, size_t len)
{
	if (put(reply, type, bytes, len))
		reply_refuse(reply, 503, "no-room", "no room for the answer");
}

void reply_text(struct reply *reply, const char *type, const char *text)
{
	put_or_refuse(reply, type, text, strlen(text));
}

/* Status and words that stand in no request. */
static json_t *problem_object(int code, const char *reason, const char *detail)
{
	char type[96];

	snprintf(type, sizeof(type), TYPE_BASE "%s", reason);
	return json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title", reason, "status", code,
			 "reason", reason, "detail", detail);
}

/* Where there is no room even for the reason, the status alone tells it. */
static void send_object(struct reply *reply, int code, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	evbuffer_drain(reply->out, evbuffer_get_length(reply->out));
	reply->code = text && !put(reply, "application/problem+json", text, strlen(text)) ? code : 503;
	free(text);
	json_decref(object);
}

void reply_refuse(struct reply *reply, int code, const char *reason, const char *detail)
{
	send_object(reply, code, problem_object(code, reason, detail));
}

static void set_place(json_t *object, const char *name, uint64_t value)
{
	if (object && value)
		json_object_set_new(object, name, json_integer((json_int_t)value));
}

void reply_problem(struct reply *reply, const struct infer_problem *problem)
{
	json_t *object = problem_object(problem->status, problem->reason, problem->detail);

	set_place(object, "line", problem->line);
	set_place(object, "column", problem->column);
	set_place(object, "row", problem->row);
	if (object && *problem->field)
		json_object_set_new(object, "field", json_string(problem->field));
	send_object(reply, problem->status, object);
}

void reply_wait(struct reply *reply, int code, const char *reason, unsigned int seconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", seconds);
	evhttp_add_header(reply->headers, "Retry-After", text);
	reply_refuse(reply, code, reason, code == 429 ?
		     "too many requests; wait as Retry-After says" :
		     "others wait already; ask again as Retry-After says");
}

/** struct foreign - what libevent means by a status; the last is any other */
struct foreign {
	int status;
	const char *phrase, *reason, *detail;
};

static const struct foreign *foreign_of(int status)
{
	static const struct foreign known[] = {
		{ 400, "Bad Request", "request-damaged",
		  "this is no request of HTTP/1.1, or its headers are longer than this server takes" },
		{ 413, "Content Too Large", "request-too-long",
		  "the request is longer than this server takes" },
		{ 417, "Expectation Failed", "expectation-unknown",
		  "Expect may be 100-continue, and nothing else" },
		{ 501, "Not Implemented", "method-unsupported", "there is no such method" },
		{ 0, "Refused", "refused", "the request can't be answered" },
	};
	size_t i;

	for (i = 0; known[i].status && known[i].status != status; i++)
		;
	return &known[i];
}

int reply_foreign(int status, struct evbuffer *out)
{
	const struct foreign *foreign = foreign_of(status);
	json_t *object = problem_object(status, foreign->reason, foreign->detail);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	int len = text ? evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\n"
					     "Content-Type: application/problem+json\r\n"
					     "Cache-Control: no-store\r\n"
					     "X-Content-Type-Options: nosniff\r\n"
					     "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
					     status, foreign->phrase, strlen(text), text) : -1;

	free(text);
	json_decref(object);
	return len < 0 ? -1 : 0;
}

/* NULL: no memory. */
static char *base64_of(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len / 3 * 4 + 5);

	if (text)
		EVP_EncodeBlock((unsigned char *)text, bytes, (int)len);
	return text;
}

static void put_base64(struct reply *reply, const struct standing *standing, const uint8_t *bundle,
		       size_t len)
{
	char *base64 = base64_of(bundle, len);
	json_t *object = base64 ? json_pack("{s:s, s:b, s:s}", "tee", standing->tee, "simulated",
					    standing->simulated, "bundle", base64) : NULL;
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	if (text)
		reply_text(reply, "application/json", text);
	else
		reply_refuse(reply, 503, "no-room", "no room for the evidence");
	free(text);
	json_decref(object);
	free(base64);
}

void reply_bundle(struct reply *reply, const struct standing *standing, const uint8_t *bundle,
		  size_t len)
{
	if (reply->json)
		put_base64(reply, standing, bundle, len);
	else
		put_or_refuse(reply, "application/octet-stream", bundle, len);
}

/*
 * libevent adds the headers without looking whether they found room: what room they need is got
 * before, and where there is none the connection ends without a byte of an answer.
 */
void reply_send(struct reply *reply, struct evhttp_request *req)
{
	struct evhttp_connection *conn = evhttp_request_get_connection(req);
	struct bufferevent *bev = conn ? evhttp_connection_get_bufferevent(conn) : NULL;

	if (bev && evbuffer_expand(bufferevent_get_output(bev), HEADERS_ROOM)) {
		evbuffer_drain(reply->out, evbuffer_get_length(reply->out));
		connection_cut(connection_of(bev));
	}
	evhttp_send_reply(req, reply->code, NULL, NULL);
}
