// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "appraise.h"
#include "infile.h"
#include "maa.h"

#define ANSWER_MAX	(256u << 10)
#define SECONDS		120
#define SECONDS_MAX	3600

/* ---- options -------------------------------------------------------------------------- */

static int take_policy(struct maa *m, const char *path)
{
	struct wv_bytes text;
	struct wv_fault fault;
	int rc = infile_read(m->ctl, path, &text);

	if (rc)
		return rc;
	wv_policy_free(m->policy);
	if (wv_policy_parse(text, &m->policy, &fault))
		rc = appraise_fault(m->ctl, path, &fault);
	m->in.policy = m->policy;
	infile_free(&text);
	return rc;
}

static int take_nonce(struct maa *m, const char *text)
{
	int rc = appraise_hex(m->ctl, "nonce", text, m->nonce, 8, sizeof(m->nonce), &m->in.nonce);

	m->nonce_len = m->in.nonce.len;
	m->nonce_given = true;
	return rc;
}

static int take_timeout(struct maa *m, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > SECONDS_MAX)
		return ctl_usage(m->ctl, "--timeout takes 1 to %d seconds, not '%s'", SECONDS_MAX, text);
	m->timeout = n;
	return EXIT_OK;
}

static int take_path(struct maa *m, int opt, const char *text)
{
	switch (opt) {
	case 'u':
		m->url = text;
		return EXIT_OK;
	case 'c':
		m->ca = text;
		return EXIT_OK;
	case 'e':
		m->evidence = text;
		return EXIT_OK;
	case 'w':
		m->key.where = text;
		return EXIT_OK;
	case 'h':
		m->chain_path = text;
		return EXIT_OK;
	case 'q':
		m->td_quote_path = text;
		return EXIT_OK;
	default:
		return ctl_usage(m->ctl, "an option is not known, or lacks its value");
	}
}

int maa_option(struct maa *m, int opt, const char *text)
{
	switch (opt) {
	case 'd':
		m->device = true;
		return EXIT_OK;
	case 'p':
		m->platform = true;
		return EXIT_OK;
	case 'x':
		m->no_cache = true;
		return EXIT_OK;
	case 'a':
		m->in.accept_unmeasured = 1;
		return EXIT_OK;
	case 'j':
		m->jwks_path = text;
		return EXIT_OK;
	case 'P':
		return take_policy(m, text);
	case 'n':
		return take_nonce(m, text);
	case 'T':
		return take_timeout(m, text);
	case 'm':
		return appraise_hex(m->ctl, "measurement", text, m->measurement, 48, 48,
				    &m->in.measurement);
	default:
		return take_path(m, opt, text);
	}
}

int maa_check(struct maa *m)
{
	size_t len = m->url ? strlen(m->url) : 0;

	if (!m->url || !m->ca)
		return ctl_usage(m->ctl, "--url and --ca are needed: which instance, and who vouches for it");
	if (strncmp(m->url, "https://", 8) || len < 9 || m->url[len - 1] == '/')
		return ctl_usage(m->ctl, "--url takes https://HOST without a slash at its end, not '%s'",
				 m->url);
	if (m->device && m->evidence)
		return ctl_usage(m->ctl, "--device and --evidence exclude each other");
	if (!m->policy && !m->in.measurement.data && !m->in.accept_unmeasured)
		return ctl_usage(m->ctl, "--policy or --measurement is missing: a token that names a measurement which nobody compares proves no image (--accept-unmeasured: go without)");
	return m->jwks_path ? infile_read(m->ctl, m->jwks_path, &m->jwks) : EXIT_OK;
}

/* ---- the network ----------------------------------------------------------------------- */

static int refused(struct fetch *net, const char *who, const char *url, enum fetch_end end,
		   const struct fetch_reply *reply, const char *why)
{
	json_t *body = reply->len ? json_loadb((const char *)reply->data, reply->len, 0, NULL) : NULL;
	const json_t *error = json_object_get(body, "error");
	const char *text = json_string_value(json_object_get(error, "message"));
	char said[256] = "";
	int rc;

	fetch_printable(said, sizeof(said), text ? text : "");
	if (end == FETCH_BUSY)
		rc = ctl_error(net->ctl, EXIT_NETWORK, "throttled", "%s: %s", url, why);
	else if (end == FETCH_ANSWER && reply->status >= 400)
		rc = ctl_error(net->ctl, EXIT_POLICY, "service-refused", "%s: %s refuses: %s%s%s",
			       url, who, why, *said ? ": " : "", said);
	else
		rc = ctl_error(net->ctl, EXIT_NETWORK, end == FETCH_ANSWER ? "bad-reply" : "network",
			       "%s: %s", url, why);
	json_decref(body);
	return rc;
}

int maa_ask(struct fetch *net, const char *who, const char *url, const char *body,
	    const char *bearer, json_t **out)
{
	struct fetch_source s = { .kind = FETCH_PCS, .name = who, .url = url, .named = true };
	struct fetch_request rq = { .header = "Content-Type: application/json", .bearer = bearer,
				    .body = body, .max = ANSWER_MAX };
	struct fetch_reply reply;
	char why[FETCH_WHY];
	json_error_t je;
	enum fetch_end end;
	int rc = EXIT_OK;

	*out = NULL;
	if ((size_t)snprintf(rq.url, sizeof(rq.url), "%s", url) >= sizeof(rq.url))
		return ctl_usage(net->ctl, "an address of more than %zu characters", sizeof(rq.url) - 1);
	end = fetch_ask(net, &s, &rq, &reply, why);
	if (end != FETCH_OK) {
		rc = refused(net, who, url, end, &reply, why);
	} else {
		*out = json_loadb((const char *)reply.data, reply.len, JSON_REJECT_DUPLICATES, &je);
		if (!json_is_object(*out))
			rc = ctl_error(net->ctl, EXIT_NETWORK, "bad-reply",
				       "%s: the answer is no JSON object", url);
	}
	if (reply.data)
		OPENSSL_cleanse(reply.data, reply.len);
	fetch_reply_free(&reply);
	return rc;
}

/* Who fetches them by the TLS of the instance trusts whom --ca names. */
static int fetch_keys(struct maa *m)
{
	char url[1024], *text;
	json_t *all;
	int rc;

	snprintf(url, sizeof(url), "%s/certs", m->url);
	rc = maa_ask(&m->net, "the service", url, NULL, NULL, &all);
	text = rc ? NULL : json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (!rc && !text)
		rc = ctl_error(m->ctl, EXIT_DEVICE, "no-memory", "no memory");
	m->jwks = (struct wv_bytes){ (uint8_t *)text, text ? strlen(text) : 0 };
	return rc;
}

/* ---- a run ------------------------------------------------------------------------------ */

static int request(struct maa *m, const struct maa_evidence *e)
{
	const char *path;
	char url[1024], *body = maa_request(m, e, &path);
	json_t *reply = NULL;
	int rc;

	if (!body)
		return ctl_error(m->ctl, EXIT_DEVICE, "no-memory", "no memory");
	snprintf(url, sizeof(url), "%s/%s", m->url, path);
	rc = maa_ask(&m->net, "the service", url, body, NULL, &reply);
	if (!rc)
		rc = maa_answer(m, reply);
	json_decref(reply);
	free(body);
	return rc;
}

static int attest(struct maa *m)
{
	struct maa_evidence e;
	int rc;

	if (!m->nonce_given && RAND_bytes(m->nonce, MAA_NONCE_LEN) != 1)
		return ctl_error(m->ctl, EXIT_DEVICE, "random", "no random bytes");
	if (!m->nonce_given)
		m->nonce_len = MAA_NONCE_LEN;
	rc = maa_evidence_get(m, &e) ?: request(m, &e) ?: (m->jwks.data ? 0 : fetch_keys(m)) ?:
	     maa_accept(m, &e);
	maa_evidence_free(&e);
	return rc;
}

int maa_begin(struct maa *m)
{
	int rc;

	m->net.ctl = m->ctl;
	m->net.tls_ca = m->ca;
	if (!m->key.where)
		m->key.where = "device:/dev/tpmrm0";
	m->in.issuer = m->url;
	fetch_start(&m->net, m->timeout ? m->timeout : SECONDS);
	m->cached = maa_cache_get(m);
	if (m->cached)
		return EXIT_OK;
	rc = attest(m);
	if (!rc)
		maa_cache_put(m);
	return rc;
}

void maa_end(struct maa *m)
{
	maa_key_free(&m->key);
	if (m->token)
		OPENSSL_cleanse(m->token, strlen(m->token));
	free(m->token);
	infile_free(&m->jwks);
	wv_policy_free(m->policy);
}

void maa_show(const struct maa *m)
{
	struct output *o = m->ctl->out;
	char when[32];

	out_text(o, "service", m->url);
	out_text(o, "tee", m->said.tee);
	wv_time_text(m->said.expires_at, when);
	out_text(o, "expires_at", when);
	out_bool(o, "cached", m->cached);
	out_bool(o, "measured", m->said.measured);
	out_hex(o, "measurement", m->said.measurement, sizeof(m->said.measurement));
	out_text(o, "key", m->key.own ? "memory" : m->key.pcrs ? "tpm" : "none");
}
