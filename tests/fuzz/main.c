// SPDX-License-Identifier: MIT
/*
 * One input, twice: as it is, and with an allocation that fails. Which one, and whose,
 * follows from the input, so that a finding can be repeated.
 */
#include <dirent.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

bool fuzz_tell;

#define FIRST	8	/* inputs of LLVMFuzzerInitialize() */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void fuzz_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	abort();
}

int fuzz_refusal(int rc, const struct wv_fault *fault)
{
	if (fault->reason != rc)
		fuzz_die("the call says %d, its fault %d", rc, fault->reason);
	if (!rc)
		return rc;
	if (!wv_reason_text(rc) || !wv_reason_mend(rc) || wv_reason_exit(rc) < 1)
		fuzz_die("reason %d has no words", rc);
	if (!*fault->text || !memchr(fault->text, 0, sizeof(fault->text)) ||
	    !memchr(fault->field, 0, sizeof(fault->field)))
		fuzz_die("reason %d says nothing", rc);
	if (fuzz_tell)
		printf("  %s: %s: %s\n", wv_reason_text(rc), fault->field, fault->text);
	return rc;
}

void fuzz_text(char *json)
{
	json_error_t error;
	json_t *object;

	if (!json)
		return;
	alloc_hold(true);
	object = json_loads(json, JSON_REJECT_DUPLICATES, &error);
	alloc_hold(false);
	if (!object)
		fuzz_die("JSON that cannot be read: line %d: %s", error.line, error.text);
	json_decref(object);
	free(json);
}

static uint64_t mix(const uint8_t *data, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull;

	while (len--)
		h = (h ^ *data++) * 0x100000001b3ull;
	return h ^ h >> 29;
}

/*
 * Of several certificates with the issuer's name the first one counts that signed. Where a
 * damaged one would, and OpenSSL lacks memory just then, a sound one is found behind it:
 * nobody forged anything, and world.c holds the verdict against those of the seeds.
 */
static bool next_issuer(enum alloc_of whose, int sound)
{
	return whose == ALLOC_OPENSSL &&
	       (sound == WV_CHAIN_INVALID || sound == WV_CERTIFICATE_DAMAGED ||
		sound == WV_CERTIFICATE_NOT_YET || sound == WV_CERTIFICATE_EXPIRED);
}

int fuzz_lacking(struct wv_bytes in, enum alloc_of whose, unsigned long nth, int sound)
{
	int failed;

	alloc_fail(whose, nth);
	failed = fuzz_one(in);
	alloc_none();
	if (sound && !failed && !next_issuer(whose, sound))
		fuzz_die("refused (%s), but accepted when an allocation fails: %lu of kind %d",
			 wv_reason_text(sound), nth, whose);
	return failed;
}

/* OpenSSL's are the most by far: every second input has one of the others' fail. */
static void lacking(struct wv_bytes in, const unsigned long had[ALLOC_KINDS], int sound)
{
	static const enum alloc_of turns[] = { ALLOC_OPENSSL, ALLOC_OWN, ALLOC_OPENSSL, ALLOC_JANSSON };
	uint64_t h = mix(in.data, in.len);
	enum alloc_of whose = turns[h % 4];

	if (!had[whose])
		whose = had[ALLOC_OWN] ? ALLOC_OWN : ALLOC_OPENSSL;
	if (had[whose])
		fuzz_lacking(in, whose, 1 + h / 4 % had[whose], sound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Of its own length exactly, so that a byte too far is seen. */
	uint8_t *own = len ? malloc(len) : NULL;
	struct wv_bytes in = { own, len };
	unsigned long had[ALLOC_KINDS];
	enum alloc_of i;
	int sound;

	if (len)
		memcpy(own, data, len);
	fuzz_world();
	alloc_none();
	sound = fuzz_one(in);
	for (i = 0; i < ALLOC_KINDS; i++)
		had[i] = alloc_count(i);
	lacking(in, had, sound);
	free(own);
	return 0;
}

/*
 * What a target makes once, the verdicts of all its seeds, takes seconds: a few of them are run
 * before the fuzzers' clocks are, and AFL++'s children have it from then on.
 */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *folder = getenv("FUZZ_SEEDS");
	struct dirent **list = NULL;
	int i, n = folder ? scandir(folder, &list, NULL, alphasort) : 0, step = n / FIRST + 1;

	(void)argc, (void)argv;
	fuzz_world();
	alloc_none();
	for (i = 0; i < n; i++) {
		struct wv_bytes in = { NULL, 0 };

		if (i % step == 0 && list[i]->d_name[0] != '.')
			in = fuzz_file(folder, list[i]->d_name);
		if (in.data)
			fuzz_one(in);
		free((void *)in.data);
		free(list[i]);
	}
	free(list);
	return 0;
}
