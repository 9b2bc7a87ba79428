// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "kbs_admin.h"

#define REPLY_MAX	(64u << 10)
#define CONNECT_SECONDS	10L
#define TIMEOUT_MAX	3600

/** struct call - one on its way; @text: of curl, for people */
struct call {
	CURL *curl;
	struct curl_slist *headers;
	char text[CURL_ERROR_SIZE];
	size_t len;
	char reply[REPLY_MAX];
};

int kbs_admin_option(struct wardctl *ctl, struct kbs_admin *a, int opt, const char *text)
{
	char *end;

	switch (opt) {
	case 'u':
		a->url = text;
		return EXIT_OK;
	case 'c':
		a->ca = text;
		return EXIT_OK;
	case 'C':
		a->cert = text;
		return EXIT_OK;
	case 'K':
		a->key = text;
		return EXIT_OK;
	case 'T':
		a->timeout = strtol(text, &end, 10);
		return end != text && !*end && a->timeout >= 1 && a->timeout <= TIMEOUT_MAX ? EXIT_OK :
			       ctl_usage(ctl, "--timeout takes 1 to %d seconds, not '%s'", TIMEOUT_MAX,
					 text);
	default:
		return ctl_usage(ctl, "an option is not known, or lacks its value");
	}
}

int kbs_admin_check(struct wardctl *ctl, const struct kbs_admin *a)
{
	if (!a->url || !a->ca || !a->cert || !a->key)
		return ctl_usage(ctl, "--url, --ca, --cert and --cert-key are needed: which broker, who "
				 "vouches for it, and who you are");
	if (strncmp(a->url, "https://", 8) || !a->url[8])
		return ctl_usage(ctl, "--url takes https://HOST:PORT, not '%s'", a->url);
	return EXIT_OK;
}

static size_t on_data(char *data, size_t size, size_t count, void *arg)
{
	struct call *c = arg;
	size_t len = size * count;

	if (len > sizeof(c->reply) - c->len)
		return 0;
	memcpy(c->reply + c->len, data, len);
	c->len += len;
	return len;
}

/* Neither environment nor the system's authorities have a say. */
static int set_peer(CURL *curl, const struct kbs_admin *a)
{
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") ||
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3) ||
	       curl_easy_setopt(curl, CURLOPT_CAINFO, a->ca) ||
	       curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) ||
	       curl_easy_setopt(curl, CURLOPT_SSLCERT, a->cert) ||
	       curl_easy_setopt(curl, CURLOPT_SSLKEY, a->key) ||
	       curl_easy_setopt(curl, CURLOPT_PROXY, "") ||
	       curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ||
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) ||
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) ||
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, a->timeout ? a->timeout : 60L);
}

static int set_request(struct call *c, const struct kbs_request *req, const char *url)
{
	CURL *curl = c->curl;

	c->headers = curl_slist_append(NULL, "Content-Type: application/octet-stream");
	return !c->headers || curl_easy_setopt(curl, CURLOPT_URL, url) ||
	       (req->data && curl_easy_setopt(curl, CURLOPT_POSTFIELDS, req->data)) ||
	       (req->data && curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
					      (curl_off_t)req->len)) ||
	       curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, req->method) ||
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers) ||
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->text) ||
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data) ||
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
}

static int send_request(struct wardctl *ctl, const struct kbs_admin *a, const struct kbs_request *req,
			struct call *c, long *status)
{
	CURLcode rc;
	char *url;

	if (asprintf(&url, "%.*s%s", (int)strcspn(a->url + 8, "/") + 8, a->url, req->path) < 0)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (set_peer(c->curl, a) || set_request(c, req, url)) {
		free(url);
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	}
	rc = curl_easy_perform(c->curl);
	free(url);
	if (rc == CURLE_SSL_CERTPROBLEM || rc == CURLE_SSL_CACERT_BADFILE)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s or its key, or %s: %s", a->cert, a->ca,
				 *c->text ? c->text : curl_easy_strerror(rc));
	if (rc != CURLE_OK)
		return ctl_error(ctl, EXIT_NETWORK, "network", "%s: %s%s", a->url,
				 *c->text ? c->text : curl_easy_strerror(rc),
				 rc == CURLE_PEER_FAILED_VERIFICATION ?
				 ": name the CA that vouches for this broker (--ca)" : "");
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, status);
	return EXIT_OK;
}

/* RFC 7807: the type ends in the reason. */
static int refused(struct wardctl *ctl, const struct kbs_admin *a, long status, const json_t *body)
{
	const char *type = json_string_value(json_object_get(body, "type"));
	const char *detail = json_string_value(json_object_get(body, "detail"));
	const char *slash = type ? strrchr(type, '/') : NULL;

	if (!slash || !slash[1])
		return ctl_error(ctl, EXIT_NETWORK, "bad-reply", "%s: HTTP status %ld without a reason",
				 a->url, status);
	return ctl_error(ctl, EXIT_POLICY, slash + 1, "%s: the broker refuses: %s%s", a->url,
			 detail ? detail : slash + 1, status == 405 ?
			 ": --url is the port of administration, 'admin' of its configuration" : "");
}

static int read_reply(struct wardctl *ctl, const struct kbs_admin *a, const struct call *c,
		      long status, json_t **answer)
{
	json_t *body = json_loadb(c->reply, c->len, JSON_REJECT_DUPLICATES, NULL);
	int rc = EXIT_OK;

	if (status != 200)
		rc = refused(ctl, a, status, body);
	else if (!json_is_object(body))
		rc = ctl_error(ctl, EXIT_NETWORK, "bad-reply", "%s: an answer that is no object of JSON",
			       a->url);
	if (rc)
		json_decref(body);
	else
		*answer = body;
	return rc;
}

int kbs_admin_ask(struct wardctl *ctl, const struct kbs_admin *a, const struct kbs_request *req,
		  json_t **answer)
{
	struct call *c = calloc(1, sizeof(*c));
	long status = 0;
	int rc;

	if (c)
		c->curl = curl_easy_init();
	if (!c || !c->curl) {
		free(c);
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	}
	rc = send_request(ctl, a, req, c, &status);
	if (!rc)
		rc = read_reply(ctl, a, c, status, answer);
	curl_easy_cleanup(c->curl);
	curl_slist_free_all(c->headers);
	free(c);
	return rc;
}
