// SPDX-License-Identifier: MIT
/*
 * In place of libcurl: an answer that is there already goes to fetch_http.c as libcurl gives
 * it, headers line by line and the body in pieces. Its status stands in the first line.
 */
#include <curl/curl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "no_curl.h"

#define PIECE 4096

static struct {
	size_t (*header)(char *, size_t, size_t, void *);
	size_t (*data)(char *, size_t, size_t, void *);
	void *header_arg, *data_arg;
	long status;
} curl;
struct wv_bytes no_curl_headers, no_curl_body;

CURL *curl_easy_init(void)
{
	memset(&curl, 0, sizeof(curl));
	return (CURL *)&curl;
}

void curl_easy_cleanup(CURL *c)
{
	(void)c;
}

#undef curl_easy_setopt
CURLcode curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	va_list ap;

	(void)c;
	va_start(ap, option);
	switch ((int)option) {
	case CURLOPT_WRITEFUNCTION:
		curl.data = va_arg(ap, size_t (*)(char *, size_t, size_t, void *));
		break;
	case CURLOPT_HEADERFUNCTION:
		curl.header = va_arg(ap, size_t (*)(char *, size_t, size_t, void *));
		break;
	case CURLOPT_WRITEDATA:
		curl.data_arg = va_arg(ap, void *);
		break;
	case CURLOPT_HEADERDATA:
		curl.header_arg = va_arg(ap, void *);
		break;
	default:
		break;
	}
	va_end(ap);
	return CURLE_OK;
}

/* A copy of its own, so that a byte too far is seen. */
static bool give(size_t (*to)(char *, size_t, size_t, void *), void *arg, const uint8_t *from,
		 size_t len)
{
	char *copy = malloc(len);
	bool ok;

	if (!copy)
		return false;
	memcpy(copy, from, len);
	ok = to(copy, 1, len, arg) == len;
	free(copy);
	return ok;
}

CURLcode curl_easy_perform(CURL *c)
{
	size_t at, len;

	(void)c;
	for (at = 0; at < no_curl_headers.len; at += len) {
		const uint8_t *end = memchr(no_curl_headers.data + at, '\n', no_curl_headers.len - at);

		len = end ? (size_t)(end - no_curl_headers.data) + 1 - at : no_curl_headers.len - at;
		if (!give(curl.header, curl.header_arg, no_curl_headers.data + at, len))
			return CURLE_WRITE_ERROR;
	}
	for (at = 0; at < no_curl_body.len; at += len) {
		len = no_curl_body.len - at < PIECE ? no_curl_body.len - at : PIECE;
		if (!give(curl.data, curl.data_arg, no_curl_body.data + at, len))
			return CURLE_WRITE_ERROR;
	}
	curl.status = no_curl_headers.len >= 12 && !memcmp(no_curl_headers.data, "HTTP/1.1 ", 9) ?
		      100 * (no_curl_headers.data[9] & 7) + (no_curl_headers.data[11] & 7) : 200;
	return CURLE_OK;
}

#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *c, CURLINFO info, ...)
{
	va_list ap;

	(void)c;
	va_start(ap, info);
	switch ((int)info) {
	case CURLINFO_RESPONSE_CODE:
		*va_arg(ap, long *) = curl.status;
		break;
	case CURLINFO_RETRY_AFTER:
		*va_arg(ap, curl_off_t *) = 7;
		break;
	case CURLINFO_REDIRECT_URL:
		*va_arg(ap, char **) = (char *)"https://else\x1bwhere.example/";
		break;
	default:
		break;
	}
	va_end(ap);
	return CURLE_OK;
}

const char *curl_easy_strerror(CURLcode rc)
{
	(void)rc;
	return "an error";
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	static struct curl_slist one;

	(void)list;
	(void)text;
	return &one;
}

void curl_slist_free_all(struct curl_slist *list)
{
	(void)list;
}
