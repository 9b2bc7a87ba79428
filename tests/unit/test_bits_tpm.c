// SPDX-License-Identifier: MIT
/*
 * Every bit of a TPM's evidence: by each kind of key that the policy names, by a key that a
 * certificate speaks of, and what comes beside it.
 */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "sim.h"
#include "tcglog_make.h"

enum form { P256, P384, RSASSA, RSAPSS, CERTIFIED, AUX };

static EVP_PKEY *key, *ca_key;
static X509 *cert, *ca;
static struct tcglog_made log_made;
static struct wv_bytes data, aux;
static uint8_t challenge[32];

/* Registers as the log leads to them. */
static void make_log(struct tpm_sim *t)
{
	struct wv_tcglog_pcrs replayed;
	struct wv_tcglog log;
	struct wv_fault fault;
	int n;

	tcglog_begin(&log_made);
	tcglog_add(&log_made, 0, 8, "firmware", 8);
	tcglog_add(&log_made, 4, WV_EV_SEPARATOR, "\0\0\0", 4);
	tcglog_add(&log_made, 4, WV_EV_EFI_BOOT_SERVICES_APPLICATION, "loader", 6);
	tcglog_add(&log_made, 9, WV_EV_IPL, "kernel", 6);
	t->log = tcglog_bytes(&log_made);
	t->log_size = t->log.len;
	ut_reason(WV_OK, wv_tcglog_open(t->log, &log, &fault), &fault);
	ut_reason(WV_OK, wv_tcglog_replay(&log, WV_ALG_SHA256, &replayed, &fault), &fault);
	for (n = 0; n < 10; n++)
		memcpy(t->pcr[n], replayed.value[n], 32);
}

static EVP_PKEY *make_key(int form)
{
	return form == P384 ? EVP_EC_gen("P-384") :
	       form == RSASSA || form == RSAPSS ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
}

static void make_cert(struct tpm_sim *t)
{
	ca_key = EVP_EC_gen("P-256");
	ca = tpm_sim_cert("a maker of TPMs", ca_key, NULL, ca_key, true, -86400, 86400);
	cert = tpm_sim_cert("a TPM's key", key, ca, ca_key, false, -86400, 86400);
	tpm_sim_usage(cert, NID_key_usage, "digitalSignature", ca_key);
	t->cert = cert;
}

static void make_policy(struct bits_subject *s, const struct tpm_sim *t, int form)
{
	char ak[65], text[512], pinned[128] = "";

	tpm_sim_ak(t, ak);
	if (form < CERTIFIED)
		snprintf(pinned, sizeof(pinned), ",\"tpm\":{\"ak\":[\"%s\"]}", ak);
	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"accept_unmeasured\":true,"
				     "\"allow_tee\":[\"tpm\"]%s}", pinned);
	bits_policy(s, text);
}

static void open_common(struct bits_subject *s, int form)
{
	static const uint8_t report_data[64] = { 5 };
	struct tpm_sim t;

	key = make_key(form);
	tpm_sim_new(&t, key);
	if (form == RSAPSS)
		t.scheme = SIM_RSAPSS;
	t.ek_cert = (struct wv_bytes){ (const uint8_t *)"nobody reads it", 15 };
	t.ima_log = (struct wv_bytes){ (const uint8_t *)"nor this", 8 };
	make_log(&t);
	if (form >= CERTIFIED) {
		make_cert(&t);
		bits_root(s, sim_pem(ca));
	} else {
		s->appraisal.roots = wv_roots_new();
	}
	data = tpm_sim_data(&t, report_data);
	aux = tpm_sim_aux(&t);
	assert_true(EVP_Digest(report_data, 64, challenge, NULL, EVP_sha256(), NULL));
	strcpy(s->evidence.tee, "tpm");
	s->evidence.data = data;
	s->evidence.aux = aux;
	s->challenge = (struct wv_bytes){ challenge, sizeof(challenge) };
	s->appraisal.now = (int64_t)time(NULL);
	make_policy(s, &t, form);
}

static void blank_shared(struct wv_verdict *v)
{
	v->tpm.ak_shared = 0;
	v->warnings &= ~WV_WARN_AK_SHARED;
}

static void blank_name(struct wv_verdict *v)
{
	memset(v->tpm.ak_sha256, 0, sizeof(v->tpm.ak_sha256));
}

static void blank_log(struct wv_verdict *v)
{
	v->tpm.log = 0;
	v->tpm.log_events = 0;
	v->tpm.log_explains = 0;
}

static bool open_data(struct bits_subject *s, int form)
{
	size_t ak;

	open_common(s, form);
	s->bytes = (uint8_t *)data.data;
	s->len = data.len;
	if (form < CERTIFIED) {
		bits_span(s, bits_find(data, "\x66shared", 7) + 7, 1,
			  "`shared`, which wardd says and the verdict shows")->blank = blank_shared;
		return true;
	}
	bits_span(s, bits_find(data, "\x66shared", 7) + 7, 1,
		  "`shared`, since a certified key always is");
	ak = bits_find(data, "\x62" "ak\x58", 4) + 5;
	bits_span(s, ak + 4, 4, "attributes of the key that say nothing of what it may sign; its "
				"digest, which the verdict shows")->blank = blank_name;
	return true;
}

static size_t value_of(const char *name)
{
	return bits_find(aux, name, strlen(name)) + strlen(name);
}

static bool open_aux(struct bits_subject *s, int form)
{
	size_t at;

	open_common(s, form);
	s->bytes = (uint8_t *)aux.data;
	s->len = aux.len;
	bits_span(s, value_of("\x67" "ek_cert") + 1, 15, "what `ek_cert` and `ima_log` hold");
	bits_span(s, value_of("\x67" "ima_log") + 1, 8, "what `ek_cert` and `ima_log` hold");
	bits_span(s, value_of("ima_log_size"), 1, "`ima_log_size`");
	at = value_of("\x69" "event_log") + 3;
	bits_span(s, at, log_made.len, "the event log and its size")->blank = blank_log;
	at = value_of("event_log_size");
	bits_span(s, at, aux.len - at, "the event log and its size")->blank = blank_log;
	return true;
}

static void close_tpm(struct bits_subject *s)
{
	bits_close(s);
	ut_free(data);
	ut_free(aux);
	X509_free(cert);
	X509_free(ca);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
	cert = ca = NULL;
	ca_key = NULL;
}

static const struct bits_kind tpm_p256 = { "tpm, data by ECDSA on P-256", 8, open_data, close_tpm,
					   P256 };
static const struct bits_kind tpm_p384 = { "tpm, data by ECDSA on P-384", 2, open_data, close_tpm,
					   P384 };
static const struct bits_kind tpm_rsassa = { "tpm, data by RSASSA", 1, open_data, close_tpm,
					     RSASSA };
static const struct bits_kind tpm_rsapss = { "tpm, data by RSAPSS", 1, open_data, close_tpm,
					     RSAPSS };
static const struct bits_kind tpm_certified = { "tpm, data by a certified key", 8, open_data,
						close_tpm, CERTIFIED };
static const struct bits_kind tpm_aux = { "tpm, aux", 8, open_aux, close_tpm, AUX };

int main(void)
{
	const struct bits_kind *const kinds[] = { &tpm_p256, &tpm_p384, &tpm_rsassa, &tpm_rsapss,
						  &tpm_certified, &tpm_aux };

	return bits_run("every bit of a TPM's evidence", kinds, 6);
}
