// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metrics.h"
#include "problem.h"
#include "wardverify.h"

#define REASONS_MAX 192

static const char *const events[] = { "auth", "attest", "resource", "counter", "request" };
#define EVENTS (sizeof(events) / sizeof(events[0]))

/* Upper bounds of the histograms, microseconds. */
static const uint64_t bounds[] = { 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
				   500000, 1000000 };
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

/**
 * @reasons: words of problem.c and the verifier, in the order in which they came;
 *	what is none of these counts as "other"
 * @buckets: cumulative only when they are printed
 */
static struct {
	const char *reasons[REASONS_MAX];
	size_t reason_count;
	uint64_t decisions[EVENTS][REASONS_MAX];
	uint64_t buckets[EVENTS][BOUNDS + 1], microseconds[EVENTS];
	uint64_t database_errors, policies_damaged, reloads[2];
} all = { .reasons = { "ok", "other" }, .reason_count = 2 };

uint64_t metrics_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* The word of the list, not the caller's: that one may not stay. */
static const char *known(const char *result)
{
	const char *word = problem_word(result);
	int code;

	if (word)
		return word;
	code = wv_reason_find(result);
	return code >= 0 ? wv_reason_text(code) : NULL;
}

static size_t reason_of(const char *result)
{
	const char *word;
	size_t i;

	for (i = 0; i < all.reason_count; i++)
		if (!strcmp(all.reasons[i], result))
			return i;
	word = known(result);
	if (!word || i == REASONS_MAX)
		return 1;
	all.reasons[all.reason_count++] = word;
	return i;
}

static size_t event_of(const char *event)
{
	size_t i;

	for (i = 0; i < EVENTS - 1; i++)
		if (!strcmp(events[i], event))
			break;
	return i;
}

void metrics_decision(const char *event, const char *result, uint64_t microseconds)
{
	size_t e = event_of(event), b = 0;

	all.decisions[e][reason_of(result)]++;
	while (b < BOUNDS && microseconds > bounds[b])
		b++;
	all.buckets[e][b]++;
	all.microseconds[e] += microseconds;
}

void metrics_database_error(void)
{
	all.database_errors++;
}

void metrics_reload(int taken)
{
	all.reloads[!taken]++;
}

void metrics_policies_damaged(uint64_t count)
{
	all.policies_damaged = count;
}

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(FILE *f, const char *name, const char *type, const char *help, uint64_t value)
{
	head(f, name, type, help);
	fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void put_decisions(FILE *f)
{
	head(f, "ward_broker_decisions_total", "counter", "Requests by kind and by what was decided.");
	for (size_t e = 0; e < EVENTS; e++)
		for (size_t r = 0; r < all.reason_count; r++)
			if (all.decisions[e][r] || !r)
				fprintf(f, "ward_broker_decisions_total{event=\"%s\",result=\"%s\"} %" PRIu64
					"\n", events[e], all.reasons[r], all.decisions[e][r]);
	one(f, "ward_broker_releases_total", "counter", "Data keys that were released.",
	    all.decisions[event_of("resource")][0]);
}

static void put_durations(FILE *f)
{
	static const char name[] = "ward_broker_request_duration_seconds";

	head(f, name, "histogram", "Time from a whole request to its answer.");
	for (size_t e = 0; e < EVENTS; e++) {
		uint64_t sum = 0;

		for (size_t b = 0; b < BOUNDS; b++) {
			sum += all.buckets[e][b];
			fprintf(f, "%s_bucket{event=\"%s\",le=\"%g\"} %" PRIu64 "\n", name, events[e],
				(double)bounds[b] / 1e6, sum);
		}
		sum += all.buckets[e][BOUNDS];
		fprintf(f, "%s_bucket{event=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, events[e], sum);
		fprintf(f, "%s_sum{event=\"%s\"} %.6f\n", name, events[e],
			(double)all.microseconds[e] / 1e6);
		fprintf(f, "%s_count{event=\"%s\"} %" PRIu64 "\n", name, events[e], sum);
	}
}

static void put_connections(FILE *f, const struct connection_counts *c)
{
	static const char name[] = "ward_broker_connections_total";

	one(f, "ward_broker_connections", "gauge", "Connections that are open.", c->open);
	head(f, name, "counter", "Connections by what became of them: taken; refused, as the address "
	     "has enough; evicted, where all together were too many; late.");
	fprintf(f, "%s{outcome=\"taken\"} %" PRIu64 "\n%s{outcome=\"refused\"} %" PRIu64 "\n", name,
		c->taken, name, c->refused);
	fprintf(f, "%s{outcome=\"evicted\"} %" PRIu64 "\n%s{outcome=\"late\"} %" PRIu64 "\n", name,
		c->evicted, name, c->late);
}

char *metrics_text(const struct metrics_now *now)
{
	static const char reloads[] = "ward_broker_reloads_total";
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	head(f, "ward_broker_build_info", "gauge", "1, with the version as label.");
	fprintf(f, "ward_broker_build_info{version=\"%s\"} 1\n", WARD_VERSION);
	put_decisions(f);
	put_durations(f);
	if (now->sessions >= 0)
		one(f, "ward_broker_sessions", "gauge", "Sessions that live, of all brokers.",
		    (uint64_t)now->sessions);
	put_connections(f, &now->connections);
	one(f, "ward_broker_database_errors_total", "counter", "Statements that the database failed.",
	    all.database_errors);
	one(f, "ward_broker_policies_damaged", "gauge", "Policies of the database that do not parse.",
	    all.policies_damaged);
	head(f, reloads, "counter", "Configurations read again: taken, or kept as it was.");
	fprintf(f, "%s{outcome=\"taken\"} %" PRIu64 "\n%s{outcome=\"kept\"} %" PRIu64 "\n", reloads,
		all.reloads[0], reloads, all.reloads[1]);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
