// SPDX-License-Identifier: MIT
/* The client's transport: libcurl, TLS 1.3, one authority file, no environment. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "kbs_private.h"

#define CONNECT_SECONDS	10L
#define CALL_SECONDS	60L

/** struct kbs_http - @wants_client: who answered asked for a client's certificate */
struct kbs_http {
	CURL *curl;
	int wants_client;
	struct curl_slist *headers;
	char *base;
	char curl_text[CURL_ERROR_SIZE];
};

int kbs_fail(struct ward_kbs_error *err, int rc, long status, const char *reason,
	     const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return rc;
	err->status = status;
	snprintf(err->reason, sizeof(err->reason), "%s", reason);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return rc;
}

static size_t on_data(char *data, size_t size, size_t count, void *arg)
{
	struct kbs_reply *reply = arg;
	size_t len = size * count;

	if (len > KBS_REPLY_MAX - reply->len)
		return 0;	/* ends the transfer with an error */
	memcpy(reply->data + reply->len, data, len);
	reply->len += len;
	return len;
}

/* We have none to show, and who wants one ends the connection without a word that reaches us. */
static int on_certificate_asked(SSL *ssl, X509 **cert, EVP_PKEY **key)
{
	struct kbs_http *http = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	(void)cert;
	(void)key;
	http->wants_client = 1;
	return 0;
}

static CURLcode on_tls(CURL *curl, void *tls, void *arg)
{
	(void)curl;
	SSL_CTX_set_app_data((SSL_CTX *)tls, arg);
	SSL_CTX_set_client_cert_cb(tls, on_certificate_asked);
	return CURLE_OK;
}

static int set_options(struct kbs_http *http, const char *cafile)
{
	CURL *c = http->curl;
	CURLcode rc = CURLE_OK;

#define SET(option, value) do {						\
		if (rc == CURLE_OK)					\
			rc = curl_easy_setopt(c, option, value);	\
	} while (0)
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	SET(CURLOPT_CAINFO, cafile);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
	SET(CURLOPT_SSL_CTX_DATA, http);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_COOKIEFILE, "");	/* cookies in memory only */
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	SET(CURLOPT_TIMEOUT, CALL_SECONDS);
	SET(CURLOPT_HTTPHEADER, http->headers);
	SET(CURLOPT_ERRORBUFFER, http->curl_text);
	SET(CURLOPT_WRITEFUNCTION, on_data);
#undef SET
	return rc == CURLE_OK ? 0 : -ENOMEM;
}

int kbs_http_new(const char *url, const char *cafile, struct kbs_http **out)
{
	struct kbs_http *http;
	size_t len = strlen(url);

	if (strncmp(url, "https://", 8) || !url[8])
		return -EINVAL;
	while (url[len - 1] == '/')
		len--;
	http = calloc(1, sizeof(*http));
	if (!http)
		return -ENOMEM;
	http->curl = curl_easy_init();
	http->base = strndup(url, len);
	http->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!http->curl || !http->base || !http->headers || set_options(http, cafile)) {
		kbs_http_free(http);
		return -ENOMEM;
	}
	*out = http;
	return 0;
}

void kbs_http_free(struct kbs_http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	free(http->base);
	free(http);
}

void kbs_http_forget(struct kbs_http *http)
{
	curl_easy_setopt(http->curl, CURLOPT_COOKIELIST, "ALL");
	curl_easy_setopt(http->curl, CURLOPT_XOAUTH2_BEARER, NULL);
	curl_easy_setopt(http->curl, CURLOPT_HTTPAUTH, CURLAUTH_NONE);
}

int kbs_http_bearer(struct kbs_http *http, const char *token)
{
	if (curl_easy_setopt(http->curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER) ||
	    curl_easy_setopt(http->curl, CURLOPT_XOAUTH2_BEARER, token))
		return -ENOMEM;
	return 0;
}

void kbs_http_timeout(struct kbs_http *http, unsigned int seconds)
{
	curl_easy_setopt(http->curl, CURLOPT_TIMEOUT, (long)seconds);
}

/* A stranger's text on its way to somebody's terminal: printable ASCII stays. */
static void clean(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 1 < size; text++)
		out[n++] = *text >= ' ' && *text <= '~' ? *text : '?';
	out[n] = 0;
}

/* What a refusal says, as far as it is one (RFC 7807). */
static int refusal(const struct kbs_reply *reply, struct ward_kbs_error *err)
{
	json_t *body = json_loadb(reply->data, reply->len, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(body, "type"));
	const char *detail = json_string_value(json_object_get(body, "detail"));
	const char *slash = type ? strrchr(type, '/') : NULL;
	char reason[sizeof(err->reason)], text[sizeof(err->text) - 32];
	int rc;

	if (slash) {
		clean(reason, sizeof(reason), slash + 1);
		clean(text, sizeof(text), detail ? detail : slash + 1);
		rc = kbs_fail(err, -EACCES, reply->status, reason, "the broker refuses: %s", text);
	} else {
		rc = kbs_fail(err, reply->status >= 500 ? -ECOMM : -EBADMSG, reply->status, "",
			      "HTTP status %ld without a reason", reply->status);
	}
	json_decref(body);
	return rc;
}

static int perform(struct kbs_http *http, const char *url, const char *body,
		   struct kbs_reply *reply, struct ward_kbs_error *err)
{
	CURL *c = http->curl;
	CURLcode rc;

	reply->len = 0;
	http->wants_client = 0;
	http->curl_text[0] = 0;
	curl_easy_setopt(c, CURLOPT_WRITEDATA, reply);
	rc = curl_easy_setopt(c, CURLOPT_URL, url);
	if (rc == CURLE_OK && body) {
		rc = curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
		if (rc == CURLE_OK)
			rc = curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
					      (curl_off_t)strlen(body));
	} else if (rc == CURLE_OK) {
		rc = curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
	}
	if (rc == CURLE_OK)
		rc = curl_easy_perform(c);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, NULL);
	if (rc == CURLE_OUT_OF_MEMORY)
		return kbs_fail(err, -ENOMEM, 0, "", "no memory");
	if (rc == CURLE_WRITE_ERROR)
		return kbs_fail(err, -EBADMSG, 0, "", "the answer has more than %u bytes",
				KBS_REPLY_MAX);
	if (rc != CURLE_OK && http->wants_client)
		return kbs_fail(err, -ECOMM, 0, "", "%s: it wants a client's certificate, as a broker's port "
				"of administration does: workers ask at another port", http->base);
	if (rc != CURLE_OK)
		return kbs_fail(err, -ECOMM, 0, "", "%s: %s%s", http->base, http->curl_text[0] ?
				http->curl_text : curl_easy_strerror(rc),
				rc == CURLE_PEER_FAILED_VERIFICATION ?
				": name the CA that vouches for this broker" : "");
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &reply->status);
	reply->data[reply->len] = 0;
	return 0;
}

int kbs_http_call(struct kbs_http *http, const char *path, const char *body,
		  struct kbs_reply *reply, struct ward_kbs_error *err)
{
	char *url;
	int rc;

	if (asprintf(&url, "%s/kbs/v0/%s", http->base, path) < 0)
		return kbs_fail(err, -ENOMEM, 0, "", "no memory");
	rc = perform(http, url, body, reply, err);
	free(url);
	if (!rc && reply->status != 200)
		rc = refusal(reply, err);
	return rc;
}
