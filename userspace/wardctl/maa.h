/* SPDX-License-Identifier: MIT */
/*
 * Azure Attestation (MAA): evidence of this guest for a token, and the key that the token
 * names. A token is kept for the session, as its key is, and never past its end.
 */
#ifndef WARDCTL_MAA_H
#define WARDCTL_MAA_H

#include <getopt.h>

#include "../verifier/tpm.h"
#include "fetch.h"
#include "maa_key.h"
#include "wardverify_token.h"

#define MAA_NONCE_LEN	32

/**
 * struct maa - options, and what came of them; maa_end() it
 * @net: how the network is asked
 * @url: of the service, without a slash at its end; who must have issued the token
 * @evidence: a bundle in place of this guest's evidence
 * @platform: ask about the hardware's report alone, not the vTPM's quote
 * @in: what the token is held against
 * @nonce: what @nonce_given, else random
 * @token: with which nonce and by which keys it was accepted: @said
 */
struct maa {
	struct wardctl *ctl;
	struct fetch net;
	const char *url, *ca, *jwks_path, *evidence, *chain_path, *td_quote_path;
	bool device, platform, no_cache, nonce_given;
	int64_t timeout;
	struct wv_token_appraisal in;
	struct wv_bytes jwks;
	struct wv_policy *policy;
	uint8_t nonce[64], measurement[48];
	size_t nonce_len;
	struct maa_key key;
	char *token;
	struct wv_token said;
	bool cached;
};

#define MAA_ARGS \
	"--url URL --ca FILE [--device | --evidence FILE] [--platform]\n" \
	"       [--tpm WHERE] [--chain FILE] [--td-quote FILE] [--jwks FILE] [--policy FILE]\n" \
	"       [--measurement HEX] [--accept-unmeasured] [--nonce HEX] [--timeout SECONDS]\n" \
	"       [--no-cache]"
#define MAA_DETAILS \
	"  --url URL            the instance of the service; it must have issued the token\n" \
	"  --ca FILE            who vouches for its certificate (PEM); the system's are not asked\n" \
	"  --device             this guest's evidence, by /dev/ward (the default)\n" \
	"  --evidence FILE      of a bundle of an Azure VM, as old as it is\n" \
	"  --platform           show the paravisor's report alone: the token names no key of ours\n" \
	"  --tpm WHERE          the vTPM, where the key is made (device:/dev/tpmrm0)\n" \
	"  --chain FILE         of SEV-SNP: VCEK, ASK and ARK (PEM), which the service needs\n" \
	"  --td-quote FILE      of TDX on Azure: the quote of the paravisor's report\n" \
	"  --jwks FILE          the service's keys; else they are asked of it, by the same TLS\n" \
	"  --policy FILE        what is accepted: the members that speak of the TEE\n" \
	"  --measurement HEX    the launch digest or MRTD that is expected\n" \
	"  --accept-unmeasured  do without both: nobody knows then which image it is\n" \
	"  --nonce HEX          what must come back in the token; else random bytes\n" \
	"  --timeout SECONDS    of all of it, waiting included (120)\n" \
	"  --no-cache           do without $XDG_RUNTIME_DIR/ward, where a token is kept until it ends\n"

#define MAA_LONGS \
	{ "url", required_argument, NULL, 'u' }, { "ca", required_argument, NULL, 'c' }, \
	{ "device", no_argument, NULL, 'd' }, { "evidence", required_argument, NULL, 'e' }, \
	{ "platform", no_argument, NULL, 'p' }, { "tpm", required_argument, NULL, 'w' }, \
	{ "chain", required_argument, NULL, 'h' }, { "td-quote", required_argument, NULL, 'q' }, \
	{ "jwks", required_argument, NULL, 'j' }, { "policy", required_argument, NULL, 'P' }, \
	{ "measurement", required_argument, NULL, 'm' }, \
	{ "accept-unmeasured", no_argument, NULL, 'a' }, \
	{ "nonce", required_argument, NULL, 'n' }, { "timeout", required_argument, NULL, 'T' }, \
	{ "no-cache", no_argument, NULL, 'x' }

/** maa_option - one of MAA_LONGS; an exit code, told */
int maa_option(struct maa *m, int opt, const char *text);

/** maa_check - the options fit together; an exit code, told */
int maa_check(struct maa *m);

/** maa_begin - a token that was accepted, out of the cache or by evidence; an exit code, told */
int maa_begin(struct maa *m);
void maa_end(struct maa *m);

/** maa_show - what is open gets members: service, tee, expires_at, ... */
void maa_show(const struct maa *m);

/**
 * maa_ask - POST @body (or GET) for a JSON object; an exit code, told
 * @who: "the service", "the vault"; @bearer: or NULL
 */
int maa_ask(struct fetch *net, const char *who, const char *url, const char *body,
	    const char *bearer, json_t **out);

/* ---- evidence ---------------------------------------------------------------------- */

/**
 * struct maa_evidence - what the service is to look at; maa_evidence_free() it
 * @tdx: @report is a TD's quote, else a report of SEV-SNP
 * @guest: with a vTPM's quote: @quote and @aux
 * @runtime: JSON, of which the report has the SHA-256
 * @chain: PEM, maybe none; @measurement: of @report
 */
struct maa_evidence {
	bool tdx, guest;
	struct wv_bytes report, runtime, chain;
	struct tpm_data quote;
	struct tpm_aux aux;
	uint8_t measurement[48];
	struct wv_bytes file, td_quote;
	struct wv_bundle *bundle;
	struct ward_evidence *device;
	char *text;
};

/** maa_evidence_get - of device or file, and @m->key with it; an exit code, told */
int maa_evidence_get(struct maa *m, struct maa_evidence *e);
void maa_evidence_free(struct maa_evidence *e);

/** maa_request - body and path below the instance's URL; NULL = no memory. free() it */
char *maa_request(const struct maa *m, const struct maa_evidence *e, const char **path);

/** maa_quoted - registers that a quote is of, SHA-256's bank alone; 0 = no such quote */
uint32_t maa_quoted(const struct tpm_data *t);

/** maa_answer - the token out of what the service answered; an exit code, told */
int maa_answer(struct maa *m, const json_t *reply);

/** maa_accept - hold the token against what is expected, and against @e; an exit code, told */
int maa_accept(struct maa *m, const struct maa_evidence *e);

/** maa_names_key - an accepted token speaks of @m->key as one to encrypt to */
bool maa_names_key(const struct maa *m);

/* ---- kept -------------------------------------------------------------------------- */

bool maa_cache_get(struct maa *m);
void maa_cache_put(const struct maa *m);

#endif /* WARDCTL_MAA_H */
