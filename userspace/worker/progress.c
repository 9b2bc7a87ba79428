// SPDX-License-Identifier: MIT
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR		30
#define BAR_EVERY	0.1
#define LINE_EVERY	5.0

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

void progress_begin(struct progress *progress, const char *what, bool quiet)
{
	*progress = (struct progress){
		.quiet = quiet, .terminal = isatty(STDERR_FILENO), .began = now(),
	};
	progress->told = progress->began;
	snprintf(progress->what, sizeof(progress->what), "%s", what);
}

static void show_bar(struct progress *progress, uint64_t done, uint64_t total)
{
	char bar[BAR + 1];
	int filled = total ? (int)(done * BAR / total) : 0;
	int i;

	for (i = 0; i < BAR; i++)
		bar[i] = i < filled ? '#' : '.';
	bar[BAR] = '\0';
	fprintf(stderr, "\r%s [%s] ", progress->what, bar);
	progress->shown = true;
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total,
		   const char *unit)
{
	double time = now(), past = time - progress->began;
	double rate = past > 0 ? (double)done / past : 0;

	if (done > total)
		total = 0;
	if (progress->quiet ||
	    time - progress->told < (progress->terminal ? BAR_EVERY : LINE_EVERY))
		return;
	progress->told = time;
	if (progress->terminal)
		show_bar(progress, done, total);
	else
		fprintf(stderr, "%s: ", progress->what);
	if (total)
		fprintf(stderr, "%" PRIu64 "/%" PRIu64 " %s, %.1f/s, %.0f s to go",
			done, total, unit, rate,
			rate > 0 ? (double)(total - done) / rate : 0);
	else
		fprintf(stderr, "%" PRIu64 " %s, %.1f/s", done, unit, rate);
	fputs(progress->terminal ? "\033[K" : "\n", stderr);
	fflush(stderr);
}

void progress_clear(struct progress *progress)
{
	if (!progress->shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress->shown = false;
}
