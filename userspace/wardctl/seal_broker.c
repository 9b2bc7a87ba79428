// SPDX-License-Identifier: MIT
/* A sealing key that a broker keeps: fetched by attestation, each time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/release_evidence.h"
#include "libward.h"
#include "seal_job.h"

#define URL_MAX 512

static int get_evidence(const uint8_t *nonce, size_t nonce_len, const uint8_t *binding,
			uint8_t **bundle, size_t *bundle_len, void *arg)
{
	const struct release_question question = { nonce, nonce_len, binding };

	return release_bundle(arg, &question, bundle, bundle_len);
}

static int say(char said[WARD_SEAL_SAID], int rc, const char *url, const char *what)
{
	snprintf(said, WARD_SEAL_SAID, "broker %.100s: %.120s", url, what);
	return rc;
}

static int fetch(struct seal_job *j, const char *url, const char *path,
		 struct ward_session *session, char said[WARD_SEAL_SAID])
{
	struct ward_kbs_release release;
	struct ward_kbs_error err = { .text = "" };
	int rc = ward_kbs_new(url, j->ca, &j->kbs);

	if (rc)
		return say(said, rc == -EINVAL ? rc : -ENOENT, url, rc == -EINVAL ?
			   "the URL must be https://HOST:PORT/REPOSITORY/TYPE/TAG" :
			   "the file of --ca can't be read");
	rc = ward_kbs_attest(j->kbs, get_evidence, session, &err) ?:
	     ward_kbs_get(j->kbs, path, &release, &err);
	if (rc)
		return say(said, rc, url, err.text);
	memcpy(j->broker_key, release.key, sizeof(j->broker_key));
	explicit_bzero(&release, sizeof(release));
	j->fetched = 1;
	return 0;
}

int seal_fetch(struct seal_job *j, char said[WARD_SEAL_SAID])
{
	struct ward_session *session = NULL;
	char url[URL_MAX], *path;
	int rc;

	if (j->fetched)
		return 0;
	if (strncmp(j->broker, "https://", 8) ||
	    (size_t)snprintf(url, sizeof(url), "%s", j->broker) >= sizeof(url) ||
	    !(path = strchr(url + 8, '/')))
		return say(said, -EINVAL, j->broker,
			   "the URL must be https://HOST:PORT/REPOSITORY/TYPE/TAG");
	*path++ = 0;
	rc = ward_session_open(NULL, &session);
	if (rc)
		return say(said, rc, url, "it releases keys to an attested session, and /dev/ward can't be "
			   "opened (wardctl doctor)");
	rc = fetch(j, url, path, session, said);
	ward_session_close(session);
	return rc;
}

static int broker_count(struct seal_job *j, uint64_t at, uint64_t *value, char said[WARD_SEAL_SAID])
{
	struct ward_kbs_error err = { .text = "" };
	int rc = seal_fetch(j, said) ?:
		 ward_kbs_counter(j->kbs, strchr(j->broker + 8, '/') + 1, at, value, &err);

	return rc && err.text[0] ? say(said, rc, j->broker, err.text) : rc;
}

int seal_newest(struct seal_job *j, int make, uint64_t *version, char said[WARD_SEAL_SAID])
{
	int rc;

	if (j->versions)
		return broker_count(j, 0, version, said);
	rc = ward_seal_counter(&j->tpm, j->counter, make, version);
	snprintf(said, WARD_SEAL_SAID, "%s", j->tpm.said);
	return rc;
}

static int step(struct seal_job *j, uint64_t version, uint64_t *now, char said[WARD_SEAL_SAID])
{
	int rc;

	if (j->versions)
		return broker_count(j, version, now, said);
	rc = ward_seal_counter_step(&j->tpm, j->counter);
	snprintf(said, WARD_SEAL_SAID, "%s", j->tpm.said);
	return rc ?: seal_newest(j, 0, now, said);
}

/* Not stepped past what others have sealed meanwhile: theirs stays the newest. */
int seal_count(struct seal_job *j, uint64_t version, char said[WARD_SEAL_SAID])
{
	uint64_t now;
	int rc = seal_newest(j, 0, &now, said);

	if (!rc && now + 1 == version) {
		rc = step(j, version, &now, said);
		if (!rc && now == version)
			return 0;
	}
	if (rc)
		return rc;
	snprintf(said, WARD_SEAL_SAID, "it is version %llu, and the counter at %llu: somebody sealed "
		 "meanwhile", (unsigned long long)version, (unsigned long long)now);
	return -EALREADY;
}
