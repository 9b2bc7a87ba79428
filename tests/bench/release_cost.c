// SPDX-License-Identifier: MIT
/*
 * Where the time of a key's release goes, on this machine: libward's client and
 * ward-broker over TLS on loopback. The evidence is simulated and made here, so
 * its phase says nothing of a TEE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../unit/live.h"

#include <openssl/crypto.h>

#include "kbs.h"

enum { NONCE, EVIDENCE, VERIFY, UNWRAP, PHASES, ROUNDS = 31 };

static double took[PHASES][ROUNDS];	/* ms */
static double mark;

/* Milliseconds since the last call. */
static double lap(void)
{
	struct timespec t;
	double now, since;

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
	since = now - mark;
	mark = now;
	return since;
}

/* @arg: the round. */
static int evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
		    uint8_t **bundle, size_t *bundle_len, void *arg)
{
	int *round = arg, rc;

	took[NONCE][*round] = lap();
	rc = live_evidence(nonce, nonce_len, binding, bundle, bundle_len, NULL);
	took[EVIDENCE][*round] = lap();
	return rc;
}

static int release_once(int round)
{
	struct ward_kbs_release release;
	struct ward_kbs_error err = { 0 };
	struct ward_kbs *kbs;
	int rc = ward_kbs_new(live_url, live_path("tls.pem"), &kbs);

	if (rc)
		return rc;
	lap();
	rc = ward_kbs_attest(kbs, evidence, &round, &err);
	took[VERIFY][round] = lap();
	if (!rc)
		rc = ward_kbs_get(kbs, LIVE_RESOURCE, &release, &err);
	took[UNWRAP][round] = lap();
	if (rc)
		fprintf(stderr, "release_cost: %s\n", err.text);
	OPENSSL_cleanse(&release, sizeof(release));
	ward_kbs_free(kbs);
	return rc;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void show(const char *name, double *ms)
{
	qsort(ms, ROUNDS, sizeof(*ms), by_value);
	printf("%-44s %7.2f ms (%.2f..%.2f)\n", name, ms[ROUNDS / 2], ms[0], ms[ROUNDS - 1]);
}

int main(void)
{
	int i, rc = live_start();

	sim_guest_new(&live_guest, WARD_PURPOSE_RELEASE);
	for (i = 0; !rc && i < ROUNDS; i++)
		rc = release_once(i);
	if (!rc) {
		printf("%s, %d releases, median (min..max)\n",
		       OpenSSL_version(OPENSSL_VERSION), ROUNDS);
		show("nonce: TLS handshake, challenge", took[NONCE]);
		show("evidence: simulated, composed and signed", took[EVIDENCE]);
		show("verify: bundle sent, appraised, token", took[VERIFY]);
		show("unwrap: key fetched, logged, unwrapped", took[UNWRAP]);
	}
	return live_stop() || rc;
}
