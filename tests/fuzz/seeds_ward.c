// SPDX-License-Identifier: MIT
/* Bundles, claims, records, SNP reports and their certificates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/sim.h"
#include "roots.h"

static struct sim_pki pki;

static void reports(const struct sim_guest *base)
{
	static const uint32_t versions[] = { 2, 3, 4, 5 };
	uint8_t report[WV_SNP_REPORT_SIZE], data[64] = { 1 };
	struct wv_bytes table;
	char name[16];
	size_t i;

	table.data = sim_cert_table(&pki, &table.len);

	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct sim_guest g = *base;

		g.version = versions[i];
		sim_report(&g, &pki, data, report);
		snprintf(name, sizeof(name), "v%u", versions[i]);
		seed("snp", name, (struct wv_bytes){ report, sizeof(report) });
		seed_pair("launch", name, NULL, (struct wv_bytes){ report, sizeof(report) }, table);
	}
	ut_free(table);
}

static void certificates(void)
{
	size_t len;
	uint8_t *table = sim_cert_table(&pki, &len);

	seed("table", "der", (struct wv_bytes){ table, len });
	free(table);
	seed_take("certs", "ark", sim_pem(pki.ark));
	seed_take("certs", "vek", sim_pem(pki.vek));
}

static void bundles(void)
{
	struct sim_guest g;

	sim_guest_new(&g, WARD_PURPOSE_RELEASE);
	seed_take("bundle", "one", sim_bundle(&g, &pki));
	seed("claims", "release", (struct wv_bytes){ (uint8_t *)&g.claims, sizeof(g.claims) });
	seed("event", "first", (struct wv_bytes){ (uint8_t *)&g.events[0], sizeof(g.events[0]) });
	reports(&g);
	g.leaves = 7;
	g.index = 6;
	seed_take("bundle", "seven", sim_bundle(&g, &pki));
	g.beside = "other";
	seed_take("bundle", "beside", sim_bundle(&g, &pki));
	g.event_count = 0;
	seed_take("bundle", "no-events", sim_bundle(&g, &pki));
}

void seeds_ward(void)
{
	if (sim_pki_make(&sim_default_recipe, NULL, &pki)) {
		fprintf(stderr, "seeds: no keys\n");
		exit(1);
	}
	root("amd.pem", pki.ark);
	bundles();
	certificates();
	seeds_rcar_accepted(&pki);
	sim_pki_free(&pki);
}
