// SPDX-License-Identifier: MIT
/* Bundles with one item that is another, and places in trees that are none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sim.h"
#include "seeds.h"

/* Bytes of a sound bundle, and what stands there instead: as many. */
#define PATCH(name, find, put) { name, find, put, sizeof(put) - 1 }
static const struct {
	const char *name, *find, *put;
	size_t len;
} patches[] = {
	PATCH("path", "dpath", "dpatH"), PATCH("claims", "fclaims", "fclaimS"),
	PATCH("events", "fevents", "feventS"), PATCH("version", "gversion\x01", "gversion\x02"),
	PATCH("version-key", "gversion", "gversioN"), PATCH("evidence", "hevidence", "hevidencE"),
	PATCH("aux", "caux", "cauX"), PATCH("tee", "ctee", "cteE"), PATCH("data", "ddata", "ddatA"),
	PATCH("manifest", "hmanifest", "hmanifesT"), PATCH("provider", "hprovider", "hprovideR"),
	PATCH("manifest-text", "hmanifest\x40", "hmanifest\x60"),
	PATCH("piece", "\xa5\x63\x61ux", "\xa4\x63\x61ux"), PATCH("aux-text", "caux\x59", "caux\x79"),
	PATCH("index", "\x83\x06\x07", "\x83\x07\x07"), PATCH("leaves", "\x83\x06\x07", "\x83\x06\x00"),
	PATCH("record", "fevents\x86\x58\x80", "fevents\x86\x58\x7f"),
};

static void patched(const char *sound)
{
	struct wv_bytes b = seed_part("bundle", sound, 0, false);
	char name[48];
	uint8_t *at;
	size_t i;

	for (i = 0; i < sizeof(patches) / sizeof(patches[0]); i++) {
		at = memmem(b.data, b.len, patches[i].find, patches[i].len);
		if (!at)
			continue;
		memcpy(at, patches[i].put, patches[i].len);
		snprintf(name, sizeof(name), "json-%s-%s", sound, patches[i].name);
		seed("bundle", name, b);
		memcpy(at, patches[i].find, patches[i].len);
	}
}

/* Claims of no bundle: behind them index, leaves and a path. */
static void places(void)
{
	static const struct {
		uint64_t index, leaves;
		size_t nodes;
	} made[] = {
		{ 0, 1, 0 }, { 0, 0, 0 }, { 1, 1, 0 }, { 0, 1, 1 }, { 6, 7, 3 }, { 6, 7, 2 },
		{ 6, 7, 1 }, { 0, 7, 3 }, { 4, 5, 1 }, { 8, 9, 1 }, { 2, 3, 1 }, { 0, 1ull << 40, 0 },
		{ 5, 7, 3 },
	};
	struct wv_bytes claims = seed_part("claims", "release", 0, false);
	uint8_t bytes[2048] = { 0 };
	char name[16];
	size_t i;

	memcpy(bytes, claims.data, WARD_CLAIMS_SIZE);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		memcpy(bytes + WARD_CLAIMS_SIZE, &made[i], 16);
		snprintf(name, sizeof(name), "place-%zu", i);
		seed("claims", name,
		     (struct wv_bytes){ bytes, WARD_CLAIMS_SIZE + 16 + 64 * made[i].nodes });
	}
}

/* Records that wiped more bytes together than there are numbers for. */
static void overflowing(void)
{
	struct sim_guest g;
	struct sim_pki pki;

	assert_int_equal(sim_pki_make(&sim_default_recipe, NULL, &pki), 0);
	sim_guest_new(&g, WARD_PURPOSE_RECEIPT);
	sim_event(&g, WARD_EVENT_BUF_WIPE, UINT64_MAX);
	sim_event(&g, WARD_EVENT_BUF_WIPE, UINT64_MAX);
	seed_take("bundle", "overflow", sim_bundle(&g, &pki));
	sim_pki_free(&pki);
}

void seeds_bundle(void)
{
	overflowing();
	patched("one");
	patched("seven");
	places();
}
