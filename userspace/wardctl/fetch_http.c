// SPDX-License-Identifier: MIT
/*
 * One GET or POST by libcurl. Nothing of the surroundings decides: no proxy, netrc, cookie or
 * redirection that nobody asked for; https with TLS 1.2 or later, bounded in every
 * direction. Plain http is for Azure's link-local service alone (fetch_source.c).
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch.h"

#define CONNECT_MS	10000
#define CONNECT_LOCAL_MS 2000
#define ATTEMPT_MS	30000
#define CRAWL_BYTES	32L	/* a second; slower than this for so many seconds ends it */
#define CRAWL_SECONDS	10L
#define HEADERS_MAX	(128u << 10)
#define CHAIN_MAX	(8u << 10)	/* Intel's are two certificates: 3 KiB */

/* What the callbacks fill. */
struct transfer {
	struct fetch_reply *reply;
	size_t max, room, headers;
	bool too_long, no_memory;
};

void fetch_printable(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		out[n++] = *text >= ' ' && *text <= '~' ? *text : '?';
	out[n] = 0;
}

static size_t on_data(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct fetch_reply *r = t->reply;
	size_t len = size * count;

	t->too_long = len > t->max - r->len;
	if (t->too_long)
		return 0;
	if (!r->data)
		r->data = malloc(t->max);
	t->no_memory = !r->data;
	if (t->no_memory)
		return 0;
	memcpy(r->data + r->len, data, len);
	r->len += len;
	return len;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986: %0A and so on; what is no pair of digits stays, the parser decides. */
static char *percent_decoded(const char *text, size_t len)
{
	char *out = malloc(len + 1);
	size_t i, n = 0;

	for (i = 0; out && i < len; i++) {
		int hi = text[i] == '%' && i + 2 < len ? hex_value(text[i + 1]) : -1;
		int lo = hi >= 0 ? hex_value(text[i + 2]) : -1;

		if (lo > 0 || (lo == 0 && hi > 0)) {
			out[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = text[i];
		}
	}
	if (out)
		out[n] = 0;
	return out;
}

/* Intel's services give an answer's issuers in one header of its own name each. */
static bool is_chain(const char *line, size_t colon)
{
	static const char *const names[] = {
		"TCB-Info-Issuer-Chain", "SGX-TCB-Info-Issuer-Chain",
		"SGX-Enclave-Identity-Issuer-Chain", "SGX-PCK-CRL-Issuer-Chain",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == colon && !strncasecmp(line, names[i], colon))
			return true;
	return false;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count, all = len;
	const char *colon = memchr(line, ':', len);

	t->headers += len;
	t->too_long = t->headers > HEADERS_MAX;
	if (t->too_long)
		return 0;
	if (!colon || !is_chain(line, (size_t)(colon - line)))
		return all;
	len -= (size_t)(colon + 1 - line);
	line += colon + 1 - line;
	while (len && (*line == ' ' || *line == '\t'))
		line++, len--;
	while (len && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	if (len <= CHAIN_MAX && !t->reply->chain)
		t->reply->chain = percent_decoded(line, len);
	return all;
}

static long bounded(const struct fetch *f, long most)
{
	int64_t left = fetch_left(f);

	return left < 1 ? 1 : left < most ? (long)left : most;
}

static CURLcode set_options(CURL *c, const struct fetch *f, const struct fetch_source *s,
			    const struct fetch_request *rq, struct curl_slist *headers)
{
	bool local = s->kind == FETCH_THIM;
	CURLcode rc = CURLE_OK;

#define SET(option, value) do {						\
		if (rc == CURLE_OK)					\
			rc = curl_easy_setopt(c, option, value);	\
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR, local ? "http,https" : "https");
	SET(CURLOPT_URL, rq->url);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (s->named && f->tls_ca) {
		SET(CURLOPT_CAINFO, f->tls_ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	SET(CURLOPT_PROXY, f->proxy && !local ? f->proxy : "");
	SET(CURLOPT_NOPROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, bounded(f, local ? CONNECT_LOCAL_MS : CONNECT_MS));
	SET(CURLOPT_TIMEOUT_MS, bounded(f, ATTEMPT_MS));
	SET(CURLOPT_LOW_SPEED_LIMIT, CRAWL_BYTES);
	SET(CURLOPT_LOW_SPEED_TIME, CRAWL_SECONDS);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_USERAGENT, "wardctl/" WARD_VERSION);
	SET(CURLOPT_WRITEFUNCTION, on_data);
	SET(CURLOPT_HEADERFUNCTION, on_header);
	if (rq->body)
		SET(CURLOPT_POSTFIELDS, rq->body);
	if (rq->bearer) {
		SET(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		SET(CURLOPT_XOAUTH2_BEARER, rq->bearer);
	}
#undef SET
	return rc;
}

/* What can't be had now may be had in a moment; a certificate that is not trusted won't. */
static enum fetch_end of_code(CURLcode rc)
{
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return FETCH_TROUBLE;
	default:
		return FETCH_LINK;
	}
}

static enum fetch_end failed(const struct transfer *t, CURLcode rc, const char *text, char *why)
{
	if (t->too_long && rc == CURLE_WRITE_ERROR) {
		snprintf(why, FETCH_WHY, "the answer is longer than %zu bytes", t->max);
		return FETCH_ANSWER;
	}
	fetch_printable(why, FETCH_WHY, t->no_memory ? "no memory" :
			text[0] ? text : curl_easy_strerror(rc));
	return of_code(rc);
}

static enum fetch_end answered(CURL *c, struct fetch_reply *reply, char *why)
{
	char to[256];
	char *location = NULL;
	curl_off_t after = 0;

	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply->status);
	if (reply->status == 200)
		return FETCH_OK;
	if (reply->status >= 300 && reply->status < 400) {
		curl_easy_getinfo(c, CURLINFO_REDIRECT_URL, &location);
		fetch_printable(to, sizeof(to), location ? location : "nowhere");
		snprintf(why, FETCH_WHY, "HTTP status %ld, to %s, which is not followed: name that address if it is right",
			 reply->status, to);
		return FETCH_ANSWER;
	}
	curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &after);
	reply->retry_after = after > 0 && after < LONG_MAX ? (long)after : 0;
	snprintf(why, FETCH_WHY, "HTTP status %ld%s", reply->status, reply->status == 404 ?
		 ": it knows no such thing" : reply->status == 429 ? ": too many requests" : "");
	if (reply->status == 429 || reply->status == 503)
		return FETCH_BUSY;
	return reply->status >= 500 ? FETCH_TROUBLE : FETCH_ANSWER;
}

static enum fetch_end perform(CURL *c, struct fetch *f, const struct fetch_source *s,
			      const struct fetch_request *rq, struct fetch_reply *reply, char *why)
{
	struct transfer t = { .reply = reply, .max = rq->max };
	struct curl_slist *headers = rq->header ? curl_slist_append(NULL, rq->header) : NULL;
	char text[CURL_ERROR_SIZE] = "";
	CURLcode rc = set_options(c, f, s, rq, headers);

	if (rc == CURLE_OK) {
		curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text);
		curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
		curl_easy_setopt(c, CURLOPT_HEADERDATA, &t);
		f->requests++;
		rc = curl_easy_perform(c);
	}
	curl_slist_free_all(headers);
	return rc == CURLE_OK ? answered(c, reply, why) : failed(&t, rc, text, why);
}

enum fetch_end fetch_http(struct fetch *f, const struct fetch_source *s,
			  const struct fetch_request *rq, struct fetch_reply *reply, char *why)
{
	CURL *c = curl_easy_init();
	enum fetch_end end;

	memset(reply, 0, sizeof(*reply));
	why[0] = 0;
	if (!c) {
		snprintf(why, FETCH_WHY, "no memory");
		return FETCH_LINK;
	}
	end = perform(c, f, s, rq, reply, why);
	curl_easy_cleanup(c);
	return end;
}

void fetch_reply_free(struct fetch_reply *reply)
{
	free(reply->data);
	free(reply->chain);
	memset(reply, 0, sizeof(*reply));
}
