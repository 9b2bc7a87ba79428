// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ear.h"
#include "outfile.h"
#include "sign.h"
#include "wardverify_ear.h"

#ifndef WARD_VERSION
#define WARD_VERSION "0.1.0"
#endif

#define RESULT_MODE 0644

int ear_check(struct wardctl *ctl, const struct ear_files *f)
{
	if (!f->jwt != !f->key)
		return ctl_usage(ctl, "--ear-jwt and --ear-key go together");
	if (outfile_same(f->json, f->jwt) || outfile_same(f->json, f->key) ||
	    outfile_same(f->jwt, f->key))
		return ctl_usage(ctl, "--ear, --ear-jwt and --ear-key name one file");
	return EXIT_OK;
}

static int failed(struct wardctl *ctl, const char *path, int rc)
{
	if (rc > 0)
		return ctl_error(ctl, EXIT_DEVICE, "output-unsynced",
				 "%s: written, but the disk did not confirm it: %s", path,
				 outfile_strerror(rc));
	return ctl_error(ctl, EXIT_DEVICE, "output", "%s: %s", path, outfile_strerror(rc));
}

static int put(struct wardctl *ctl, const char *path, const char *text)
{
	struct outfile f;
	int rc = outfile_open(&f, path, RESULT_MODE);

	if (rc)
		return failed(ctl, path, rc);
	if (dprintf(f.fd, "%s\n", text) != (int)strlen(text) + 1) {
		outfile_abort(&f);
		return ctl_error(ctl, EXIT_DEVICE, "output", "%s: it could not be written", path);
	}
	rc = outfile_commit(&f);
	return rc ? failed(ctl, path, rc) : EXIT_OK;
}

static int put_signed(struct wardctl *ctl, const struct ear_files *f, const char *claims)
{
	char *token;
	int rc = sign_jwt(ctl, f->key, claims, &token);

	if (!rc)
		rc = put(ctl, f->jwt, token);
	free(token);
	return rc;
}

int ear_write(struct wardctl *ctl, const struct ear_files *f, const char *input,
	      const struct wv_verdict *v, const struct wv_policy *policy, int64_t now)
{
	struct wv_ear ear = {
		.verdict = v,
		.policy = policy,
		.issued_at = (int64_t)time(NULL),
		.verified_at = now,
		.developer = "ward",
		.build = "wardctl " WARD_VERSION,
		.whole = 1,
	};
	char *text;
	int rc = EXIT_OK;

	if (!f->json && !f->jwt)
		return EXIT_OK;
	if (outfile_same(input, f->json) || outfile_same(input, f->jwt))
		return ctl_usage(ctl, "%s: the result would take the place of the evidence", input);
	text = wv_ear_json(&ear);
	if (!text)
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (f->json)
		rc = put(ctl, f->json, text);
	if (!rc && f->jwt)
		rc = put_signed(ctl, f, text);
	free(text);
	return rc;
}
