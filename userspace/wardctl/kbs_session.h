/* SPDX-License-Identifier: MIT */
/* What wardctl kbs attest and get-resource share: a client of a broker, attested. */
#ifndef WARDCTL_KBS_SESSION_H
#define WARDCTL_KBS_SESSION_H

#include "../lib/kbs.h"
#include "device.h"

/**
 * struct kbs_session - options, and what came of them
 * @trustee: its protocol, else ward-broker's
 * @tee: WARD_TEE_* that --tee names; 0 = find out
 * @key: of Trustee's protocol
 * @timeout: of one request, in seconds; 0 = the library's
 * @no_cache: neither look for an attestation of before nor keep this one
 * @kbs: the client
 * @device: opened when evidence is needed
 * @cached: the attestation is one of before
 */
struct kbs_session {
	const char *url, *ca;
	bool trustee, no_cache;
	uint32_t tee;
	enum ward_kbs_key key;
	unsigned int timeout;
	struct ward_kbs *kbs;
	struct ward_session *device;
	bool cached;
};

#define KBS_LONGS \
	{ "url", required_argument, NULL, 'u' }, \
	{ "ca", required_argument, NULL, 'c' }, \
	{ "protocol", required_argument, NULL, 'p' }, \
	{ "tee", required_argument, NULL, 't' }, \
	{ "key", required_argument, NULL, 'k' }, \
	{ "timeout", required_argument, NULL, 'T' }, \
	{ "no-cache", no_argument, NULL, 'n' }
#define KBS_ARGS \
	"--url URL --ca FILE [--protocol ward|trustee] [--tee snp|tdx|cca]\n" \
	"       [--key p256|p521|rsa] [--timeout SECONDS] [--no-cache]"
#define KBS_DETAILS \
	"  --url URL           the broker: https://HOST:PORT\n" \
	"  --ca FILE           who vouches for its certificate (PEM); the system's are not asked\n" \
	"  --protocol WHICH    ward (default): of ward-broker; trustee: of Trustee's broker, over\n" \
	"                      raw report data, where the administrator allows that\n" \
	"  --tee TEE           trustee: what to announce; otherwise one more report finds it out\n" \
	"  --key KIND          trustee: the ephemeral key, p256 unless said otherwise\n" \
	"  --timeout SECONDS   of one request (60)\n" \
	"  --no-cache          do without $XDG_RUNTIME_DIR/ward, where an attestation is kept until\n" \
	"                      its token ends\n"

/** kbs_session_option - one of KBS_LONGS; an exit code, told */
int kbs_session_option(struct wardctl *ctl, struct kbs_session *s, int opt, const char *text);

/** kbs_session_check - the options fit together; an exit code, told */
int kbs_session_check(struct wardctl *ctl, const struct kbs_session *s);

/** kbs_session_begin - attested, by the cache or by evidence; an exit code, told */
int kbs_session_begin(struct wardctl *ctl, struct kbs_session *s);

/** kbs_session_again - by evidence, whatever the cache had; an exit code, told */
int kbs_session_again(struct wardctl *ctl, struct kbs_session *s);

void kbs_session_end(struct kbs_session *s);

/** kbs_session_show - protocol, cached, when the token ends: members of what is open */
void kbs_session_show(struct wardctl *ctl, const struct kbs_session *s);

/** kbs_session_error - an error of the library; returns an exit code */
int kbs_session_error(struct wardctl *ctl, const struct kbs_session *s, int err,
		      const struct ward_kbs_error *e);

/* The cache: a file of mode 0600 in a directory of 0700, both the caller's own. */

/** kbs_cache_get - load what there is for @s into s->kbs; false = nothing that serves */
bool kbs_cache_get(struct kbs_session *s);
/** kbs_cache_put - keep s->kbs; what fails keeps nothing */
void kbs_cache_put(const struct kbs_session *s);
/** kbs_cache_drop - forget it */
void kbs_cache_drop(const struct kbs_session *s);

#endif /* WARDCTL_KBS_SESSION_H */
