// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../common/release_evidence.h"
#include "kbs_session.h"

static int choose(struct wardctl *ctl, const char *option, const char *text,
		  const char *const *words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!strcmp(text, words[i]))
			return i;
	ctl_usage(ctl, "--%s: '%s' is not one of its words", option, text);
	return -1;
}

static int take_tee(struct wardctl *ctl, struct kbs_session *s, const char *text)
{
	static const char *const words[] = { "snp", "tdx", "cca" };
	static const uint32_t tees[] = { WARD_TEE_SNP, WARD_TEE_TDX, WARD_TEE_CCA };
	int i = choose(ctl, "tee", text, words, 3);

	s->tee = i < 0 ? 0 : tees[i];
	return i < 0 ? EXIT_USAGE : EXIT_OK;
}

static int take_key(struct wardctl *ctl, struct kbs_session *s, const char *text)
{
	static const char *const words[] = { "p256", "p521", "rsa" };
	int i = choose(ctl, "key", text, words, 3);

	s->key = i < 0 ? WARD_KBS_P256 : (enum ward_kbs_key)i;
	return i < 0 ? EXIT_USAGE : EXIT_OK;
}

static int take_protocol(struct wardctl *ctl, struct kbs_session *s, const char *text)
{
	static const char *const words[] = { "ward", "trustee" };
	int i = choose(ctl, "protocol", text, words, 2);

	s->trustee = i == 1;
	return i < 0 ? EXIT_USAGE : EXIT_OK;
}

static int take_timeout(struct wardctl *ctl, struct kbs_session *s, const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 3600)
		return ctl_usage(ctl, "--timeout takes 1 to 3600 seconds, not '%s'", text);
	s->timeout = (unsigned int)n;
	return EXIT_OK;
}

int kbs_session_option(struct wardctl *ctl, struct kbs_session *s, int opt, const char *text)
{
	switch (opt) {
	case 'u':
		s->url = text;
		return EXIT_OK;
	case 'c':
		s->ca = text;
		return EXIT_OK;
	case 'p':
		return take_protocol(ctl, s, text);
	case 't':
		return take_tee(ctl, s, text);
	case 'k':
		return take_key(ctl, s, text);
	case 'T':
		return take_timeout(ctl, s, text);
	case 'n':
		s->no_cache = true;
		return EXIT_OK;
	default:
		return ctl_usage(ctl, "an option is not known, or lacks its value");
	}
}

int kbs_session_check(struct wardctl *ctl, const struct kbs_session *s)
{
	if (!s->url || !s->ca)
		return ctl_usage(ctl, "--url and --ca are needed: which broker, and who vouches for it");
	if (!s->trustee && (s->tee || s->key))
		return ctl_usage(ctl, "--tee and --key are for --protocol trustee");
	return EXIT_OK;
}

int kbs_session_error(struct wardctl *ctl, const struct kbs_session *s, int err,
		      const struct ward_kbs_error *e)
{
	const char *text = *e->text ? e->text : ward_strerror(err);

	switch (err) {
	case -EACCES:
		if (e->status)
			return ctl_error(ctl, EXIT_POLICY, *e->reason ? e->reason : "broker-refused",
					 "%s: %s", s->url, text);
		return device_no_evidence(ctl, s->device, err, "get evidence");
	case -ECOMM:	/* who could not be reached at all stands in the text */
		if (strstr(text, "https://"))
			return ctl_error(ctl, EXIT_NETWORK, "network", "%s", text);
		return ctl_error(ctl, EXIT_NETWORK, "network", "%s: %s", s->url, text);
	case -EBADMSG:
		return ctl_error(ctl, EXIT_NETWORK, "bad-reply", "%s: %s", s->url, text);
	case -EKEYEXPIRED:
		return ctl_error(ctl, EXIT_NETWORK, "token-ended", "%s: %s", s->url, text);
	case -EINVAL:
		return ctl_usage(ctl, "%s: %s", s->url, text);
	case -EOPNOTSUPP:
		return ctl_error(ctl, EXIT_DEVICE, "tee-unsupported", "%s: %s", s->url, text);
	default:
		return ctl_error(ctl, EXIT_DEVICE, device_reason(err), "%s: %s", s->url, text);
	}
}

/* Evidence of purpose release, for ward-broker. */
static int bundle_for(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		      uint8_t **bundle, size_t *bundle_len, void *arg)
{
	const struct release_question question = { nonce, nonce_len, binding };
	const struct kbs_session *s = arg;

	return release_bundle(s->device, &question, bundle, bundle_len);
}

static int raw_for(const uint8_t *report_data, struct ward_evidence **out, void *arg)
{
	const struct kbs_session *s = arg;

	return ward_session_attest_raw(s->device, report_data, 0, out);
}

/* Which TEE it is, only evidence tells to everybody: one report over zeroes. */
static int find_tee(struct wardctl *ctl, const struct kbs_session *s, uint32_t *tee)
{
	static const uint8_t zeroes[WARD_BINDING_LEN];
	struct ward_evidence *evidence;
	int err = ward_session_attest_raw(s->device, zeroes, 0, &evidence);

	if (err)
		return device_no_evidence(ctl, s->device, err, "get evidence over raw report data");
	*tee = evidence->tee;
	ward_evidence_free(evidence);
	return EXIT_OK;
}

static int attest(struct wardctl *ctl, struct kbs_session *s)
{
	struct ward_kbs_error e = { 0 };
	uint32_t tee = s->tee;
	int err, rc = EXIT_OK;

	if (s->trustee && !tee)
		rc = find_tee(ctl, s, &tee);
	if (rc)
		return rc;
	if (s->trustee)
		err = ward_kbs_attest_trustee(s->kbs, tee, s->key, raw_for, s, &e);
	else
		err = ward_kbs_attest(s->kbs, bundle_for, s, &e);
	return err ? kbs_session_error(ctl, s, err, &e) : EXIT_OK;
}

int kbs_session_again(struct wardctl *ctl, struct kbs_session *s)
{
	int rc = EXIT_OK;

	kbs_cache_drop(s);
	s->cached = false;
	if (!s->device)
		rc = device_session(ctl, &s->device);
	if (!rc)
		rc = attest(ctl, s);
	if (!rc)
		kbs_cache_put(s);
	return rc;
}

int kbs_session_begin(struct wardctl *ctl, struct kbs_session *s)
{
	int err = ward_kbs_new(s->url, s->ca, &s->kbs);

	if (err == -EINVAL)
		return ctl_usage(ctl, "--url takes https://HOST:PORT, not '%s'", s->url);
	if (err)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", s->ca, strerror(-err));
	if (s->timeout)
		ward_kbs_timeout(s->kbs, s->timeout);
	s->cached = kbs_cache_get(s);
	return s->cached ? EXIT_OK : kbs_session_again(ctl, s);
}

void kbs_session_end(struct kbs_session *s)
{
	ward_kbs_free(s->kbs);
	ward_session_close(s->device);
}

void kbs_session_show(struct wardctl *ctl, const struct kbs_session *s)
{
	int64_t expires = ward_kbs_expires(s->kbs);

	out_text(ctl->out, "broker", s->url);
	out_text(ctl->out, "protocol", s->trustee ? "trustee" : "ward");
	out_bool(ctl->out, "cached", s->cached);
	if (expires)
		out_int(ctl->out, "expires_at", expires);
	else
		out_null(ctl->out, "expires_at");
}
