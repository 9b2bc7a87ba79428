// SPDX-License-Identifier: MIT
/*
 * seeds DIR: what the fuzzers begin with, DIR/TARGET/NAME: sound evidence of every kind
 * that the project's own tests make, under keys of this run; whom to trust for them is in
 * DIR/../roots.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "roots.h"

static const char *top;

/*
 * For libcrypto too: all seeds are of one second. Of two certificates of one key either may
 * end a chain, and a verdict says until when its chain holds: made in two seconds, they would
 * make two verdicts of a seed that was damaged where nobody looks.
 */
time_t time(time_t *out)
{
	static struct timespec began;

	if (!began.tv_sec)
		clock_gettime(CLOCK_REALTIME, &began);
	if (out)
		*out = began.tv_sec;
	return began.tv_sec;
}

void seed(const char *target, const char *name, struct wv_bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", top, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

void seed_take(const char *target, const char *name, struct wv_bytes b)
{
	seed(target, name, b);
	ut_free(b);
}

void seed_text(const char *target, const char *name, const char *text)
{
	seed(target, name, (struct wv_bytes){ (const uint8_t *)text, strlen(text) });
}

struct wv_bytes seed_part(const char *target, const char *name, size_t head, bool split)
{
	char path[4096];
	struct wv_bytes b;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s/%s", top, target, name);
	b = ut_file(path);
	assert_true(b.len > head + 2);
	b.data += head;
	b.len -= head;
	if (!split)
		return b;
	len = (size_t)b.data[0] << 8 | b.data[1];
	assert_true(len <= b.len - 2);
	return (struct wv_bytes){ b.data + 2, len };
}

int main(int argc, char **argv)
{
	char items[4096];

	if (argc != 2) {
		fprintf(stderr, "seeds DIR\n");
		return 1;
	}
	top = argv[1];
	mkdir(top, 0777);
	snprintf(items, sizeof(items), "%s/../roots", top);
	mkdir(items, 0777);
	snprintf(items, sizeof(items), "%s/../roots/items", top);
	mkdir(items, 0777);
	seeds_ward();
	seeds_tpm();
	seeds_texts();
	seeds_vault();
	seeds_azure();
	seeds_worker();
	seeds_collateral();
	seeds_cose();
	seeds_token();
	seeds_intel();
	seeds_device();
	seeds_certs();
	seeds_anew();
	seeds_boot();
	seeds_machine();
	seeds_config();
	seeds_seal();
	seeds_rcar();
	seeds_look();
	seeds_bundle();
	seeds_policy();
	seeds_fetch();
	roots_done();
	return 0;
}
