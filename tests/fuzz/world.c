// SPDX-License-Identifier: MIT
/*
 * Whom the fuzzed verifier trusts: roots that seeds.c made, so that sound seeds are
 * accepted and the code behind signatures is reached. $FUZZ_ROOTS names the folder: *.pem,
 * policy.json, now, items/ (collateral). $FUZZ_SEEDS names this target's seeds.
 *
 * The oracle: what is accepted says what one of the seeds says, byte for byte of the
 * verdict but for the digest of the input. A mutation may change what nobody signed and no
 * verdict uses; nothing else.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "wardverify_ear.h"

#define ITEMS_MAX 16
#define SAID_MAX 4096

static struct wv_bytes items[ITEMS_MAX];
static struct wv_collateral collateral = { .items = items };
static struct wv_appraisal world = { .now = FUZZ_NOW };
static uint64_t said[SAID_MAX][2];
static size_t said_count;
static const struct fuzz_kind *seeds_of[4];	/* kinds whose seeds were read */

struct wv_bytes fuzz_file(const char *folder, const char *name)
{
	struct wv_bytes none = { NULL, 0 };
	char path[4096];
	uint8_t *data;
	struct stat st;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return none;
	data = malloc((size_t)st.st_size + 1);
	f = fopen(path, "rb");
	if (!data || !f || fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		fuzz_die("%s cannot be read", path);
	fclose(f);
	data[st.st_size] = 0;
	return (struct wv_bytes){ data, (size_t)st.st_size };
}

static void each(const char *folder, void (*take)(const char *folder, const char *name, void *arg),
		 void *arg)
{
	struct dirent **list;
	int i, n = scandir(folder, &list, NULL, alphasort);

	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.')
			take(folder, list[i]->d_name, arg);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void add_root(const char *folder, const char *name, void *arg)
{
	struct wv_bytes pem = { NULL, 0 };
	size_t len = strlen(name);

	if (len > 4 && !strcmp(name + len - 4, ".pem"))
		pem = fuzz_file(folder, name);
	if (pem.data && wv_roots_add(arg, pem, NULL))
		fuzz_die("%s is no root", name);
	free((void *)pem.data);
}

static void add_item(const char *folder, const char *name, void *arg)
{
	(void)arg;
	if (!strcmp(name, "vcek.pem"))
		collateral.vek = fuzz_file(folder, name);
	else if (!strcmp(name, "ask.pem"))
		collateral.intermediate = fuzz_file(folder, name);
	else if (collateral.item_count < ITEMS_MAX)
		items[collateral.item_count++] = fuzz_file(folder, name);
}

const struct wv_appraisal *fuzz_world(void)
{
	const char *folder = getenv("FUZZ_ROOTS");
	struct wv_bytes policy, now;
	char path[4096];
	struct wv_fault fault;
	struct wv_roots *roots;

	if (world.roots)
		return &world;
	roots = wv_roots_new();
	world.roots = roots;
	if (!folder)
		return &world;
	each(folder, add_root, roots);
	snprintf(path, sizeof(path), "%s/items", folder);
	each(path, add_item, NULL);
	now = fuzz_file(folder, "now");
	if (now.data)
		world.now = strtoll((const char *)now.data, NULL, 10);
	free((void *)now.data);
	policy = fuzz_file(folder, "policy.json");
	if (policy.data && wv_policy_parse(policy, (struct wv_policy **)&world.policy, &fault))
		fuzz_die("policy.json: %s", fault.text);
	free((void *)policy.data);
	return &world;
}

const struct wv_collateral *fuzz_collateral(void)
{
	fuzz_world();
	return &collateral;
}

bool fuzz_split(struct wv_bytes in, struct wv_bytes *first, struct wv_bytes *second)
{
	size_t at;

	if (in.len < 2)
		return false;
	at = (size_t)in.data[0] << 8 | in.data[1];
	if (at > in.len - 2)
		at = in.len - 2;
	*first = (struct wv_bytes){ in.data + 2, at };
	*second = (struct wv_bytes){ in.data + 2 + at, in.len - 2 - at };
	return true;
}

static bool appraise(const struct fuzz_kind *k, struct wv_bytes in, struct wv_verdict *v)
{
	struct wv_appraisal a = *fuzz_world();
	struct wv_bytes none = { NULL, 0 };
	struct wv_evidence e = { .tee = "" };

	if (k->items)
		a.collateral = &collateral;
	if (in.len < k->head)
		return false;
	if (k->head)
		in = (struct wv_bytes){ in.data + k->head, in.len - k->head };
	e.data = in;
	if (!a.roots || (k->split && !fuzz_split(in, &e.data, &e.aux)))
		return false;
	if (!k->tee) {
		wv_verify_bundle(in, &a, v);
		return true;
	}
	snprintf(e.tee, sizeof(e.tee), "%s", k->tee);
	wv_verify_evidence(&e, none, &a, v);
	return true;
}

/* FNV-1a, twice: a digest of OpenSSL's fails once one of its allocations has been made to. */
static void digest_of(const char *text, uint64_t out[2])
{
	out[0] = 0xcbf29ce484222325ull;
	out[1] = 0x84222325cbf29ce4ull;
	for (; *text; text++) {
		out[0] = (out[0] ^ (uint8_t)*text) * 0x100000001b3ull;
		out[1] = (out[1] ^ (uint8_t)*text) * 0x10000000233ull;
	}
}

/*
 * What a verdict says, but for the digest of the input and what the kind leaves unsigned. Its
 * text and not its bytes: behind the count of a list there may be what was tried and left.
 */
static void saying(const struct fuzz_kind *k, const struct wv_verdict *v, uint64_t out[2])
{
	static struct wv_verdict copy;
	char *text;

	copy = *v;
	memset(copy.evidence_digest, 0, sizeof(copy.evidence_digest));
	if (k->forget)
		k->forget(&copy);
	text = wv_verdict_json(&copy);
	if (!text)
		fuzz_die("no memory for a verdict's text");
	digest_of(text, out);
	free(text);
}

static void read_seed(const char *folder, const char *name, void *arg)
{
	static struct wv_verdict v;
	struct wv_bytes in = fuzz_file(folder, name);

	if (in.data && appraise(arg, in, &v) && !v.fault.reason) {
		if (said_count == SAID_MAX)
			fuzz_die("more than %d seeds are accepted", SAID_MAX);
		saying(arg, &v, said[said_count++]);
	}
	free((void *)in.data);
}

static void read_seeds(const char *folder, const struct fuzz_kind *k)
{
	size_t i;

	for (i = 0; seeds_of[i]; i++)
		if (seeds_of[i] == k)
			return;
	if (i + 1 == sizeof(seeds_of) / sizeof(seeds_of[0]))
		fuzz_die("too many kinds");
	seeds_of[i] = k;
	each(folder, read_seed, (void *)k);
}

static void must_be_a_seeds(const struct fuzz_kind *k, const struct wv_verdict *v)
{
	const char *folder = getenv("FUZZ_SEEDS");
	uint64_t now[2];
	size_t i;

	if (!folder && world.policy)
		return;		/* by hand, under roots of the seeds: nothing to compare with */
	if (folder)
		read_seeds(folder, k);
	saying(k, v, now);
	for (i = 0; i < said_count; i++)
		if (!memcmp(now, said[i], sizeof(now)))
			return;
	fuzz_die("%s was accepted that nobody signed", k->tee ? k->tee : "a bundle");
}

static void results(const struct wv_verdict *v)
{
	struct wv_ear ear = { .verdict = v, .policy = world.policy, .issued_at = world.now,
			      .developer = "ward", .build = "fuzz", .whole = 1 };

	fuzz_text(wv_verdict_json(v));
	fuzz_text(wv_ear_json(&ear));
}

int fuzz_appraise(const struct fuzz_kind *k, struct wv_bytes in)
{
	static struct wv_verdict v;
	int rc;

	if (!appraise(k, in, &v))
		return WV_EVIDENCE_DAMAGED;
	rc = fuzz_refusal(v.fault.reason, &v.fault);
	results(&v);
	alloc_hold(true);
	if (!rc)
		must_be_a_seeds(k, &v);
	alloc_hold(false);
	return rc;
}

int fuzz_evidence(const struct fuzz_kind *k, struct wv_bytes in)
{
	struct wv_bytes own = in;
	struct wv_evidence e = { .tee = "" };
	struct wv_fault fault;
	int64_t when;

	if (in.len < k->head)
		return WV_EVIDENCE_DAMAGED;
	if (k->head)
		own = (struct wv_bytes){ in.data + k->head, in.len - k->head };
	e.data = own;
	wv_evidence_find(own);
	if (k->split && !fuzz_split(own, &e.data, &e.aux))
		return WV_EVIDENCE_DAMAGED;
	snprintf(e.tee, sizeof(e.tee), "%s", k->tee);
	fuzz_text(wv_evidence_json(&e, &fault));
	fuzz_refusal(wv_evidence_time(&e, &when, &fault), &fault);
	return fuzz_appraise(k, in);
}
