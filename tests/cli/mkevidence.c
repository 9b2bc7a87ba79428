// SPDX-License-Identifier: MIT
/*
 * mkevidence DIR: bundles, receipts and reports of a simulated guest, sound and
 * unsound, under keys made for this run, for the tests of the command line.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sim.h"

static const char *dir;
static struct sim_pki pki;

static void write_file(const char *name, struct wv_bytes b)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b.data, 1, b.len, f) != b.len || fclose(f)) {
		perror(path);
		exit(1);
	}
}

static void write_text(const char *name, const char *text)
{
	write_file(name, (struct wv_bytes){ (const uint8_t *)text, strlen(text) });
}

static void write_cert(const char *name, X509 *cert)
{
	struct wv_bytes pem = sim_pem(cert);

	write_file(name, pem);
	ut_free(pem);
}

static void write_bundle(const char *name, const struct sim_guest *g)
{
	struct wv_bytes b = sim_bundle(g, &pki);

	write_file(name, b);
	ut_free(b);
}

static void write_changed(const char *name, const struct sim_guest *g, size_t at)
{
	struct wv_bytes b = sim_bundle(g, &pki);

	((uint8_t *)b.data)[at] ^= 1;
	write_file(name, b);
	ut_free(b);
}

static void releases(void)
{
	struct sim_guest g;
	struct wv_bytes b;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.leaves = 7;
	g.index = 6;
	write_bundle("release.ward", &g);
	/* the head of the file is 20 bytes and 3 nodes: byte 400 lies in the claims */
	write_changed("edited.ward", &g, 400);
	b = sim_bundle(&g, &pki);
	write_file("cut.ward", (struct wv_bytes){ b.data, b.len - 1 });
	ut_free(b);
	g.policy |= WV_SNP_POLICY_DEBUG;
	write_bundle("debug.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.measurement[0] ^= 1;
	write_bundle("other-image.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.claims.caller.uid = htole32(1001);
	write_bundle("other-uid.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.event_count = 0;
	write_bundle("no-events.ward", &g);
	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	g.events[1].id = htole64(99);
	write_bundle("other-events.ward", &g);
}

static void receipt(struct sim_guest *g)
{
	uint8_t release[16], dataset[16], nonce[32];

	sim_guest_new(g, WARD_PURPOSE_RECEIPT);
	memset(release, 0x77, sizeof(release));
	memset(dataset, 0x66, sizeof(dataset));
	memset(nonce, 0x11, sizeof(nonce));
	wv_binding_receipt(release, dataset, nonce, g->claims.binding);
}

static void receipts(void)
{
	struct sim_guest g;

	receipt(&g);
	write_bundle("receipt.ward", &g);
	g.event_count = 0;
	write_bundle("receipt-bare.ward", &g);
	receipt(&g);
	memmove(g.events, g.events + 1, (g.event_count - 1) * sizeof(g.events[0]));
	g.event_count--;
	write_bundle("receipt-gap.ward", &g);
	receipt(&g);
	g.claims.state = 0;
	write_bundle("unsealed.ward", &g);
	receipt(&g);
	g.claims.live_a = htole64(4096);
	write_bundle("live.ward", &g);
	receipt(&g);
	memset(g.claims.session, 0x45, 16);
	memset(g.claims.subject, 0x45, 16);
	sim_heads(&g);
	write_bundle("other-session.ward", &g);
	write_text("log.json",
		   "{\"version\":1,\"time\":\"2026-11-22T02:00:00Z\",\"resource\":\"default/site/1\","
		   "\"dataset\":\"66666666666666666666666666666666\","
		   "\"release\":\"77777777777777777777777777777777\",\"receipt_nonce\":"
		   "\"1111111111111111111111111111111111111111111111111111111111111111\","
		   "\"session\":\"44444444444444444444444444444444\","
		   "\"instance\":\"33333333333333333333333333333333\",\"uid\":1000,"
		   "\"measurement\":\"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
		   "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf\",\"evidence_sha256\":"
		   "\"0000000000000000000000000000000000000000000000000000000000000000\"}\n");
}

static void reports(void)
{
	uint8_t report[WV_SNP_REPORT_SIZE], data[64];
	struct sim_guest g;

	memset(data, 0x5a, sizeof(data));
	sim_guest_new(&g, WARD_PURPOSE_REPORT);
	sim_report(&g, &pki, data, report);
	write_file("report.bin", (struct wv_bytes){ report, sizeof(report) });
	report[0x90] ^= 1;
	write_file("report-edited.bin", (struct wv_bytes){ report, sizeof(report) });
	write_file("report-cut.bin", (struct wv_bytes){ report, sizeof(report) - 1 });
}

static void policies(void)
{
	write_text("policy.json",
		   "{\n \"ward-policy\": 1,\n \"measurement\": [\"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"
		   "b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf\"],\n"
		   " \"purpose\": \"release\",\n \"uid\": [1000],\n"
		   " \"allow_tee\": [\"simulated-snp\"]\n}\n");
	write_text("unpinned.json",
		   "{\"ward-policy\":1,\"allow_tee\":[\"simulated-snp\"]}\n");
	write_text("real-only.json", "{\"ward-policy\":1,\"accept_unmeasured\":true}\n");
	write_text("bad.json", "{\"ward-policy\":1,\n  \"uids\":[1000]}\n");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: mkevidence DIR\n");
		return 1;
	}
	dir = argv[1];
	if (sim_pki_make(&sim_default_recipe, NULL, &pki)) {
		fprintf(stderr, "mkevidence: no keys\n");
		return 1;
	}
	write_cert("ark.pem", pki.ark);
	write_cert("ask.pem", pki.ask);
	write_cert("vcek.pem", pki.vek);
	releases();
	receipts();
	reports();
	policies();
	sim_pki_free(&pki);
	return 0;
}
