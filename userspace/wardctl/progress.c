// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

#define WIDTH 40

static void draw(struct progress *p)
{
	int permille = (int)((double)p->done / (double)p->total * 1000);
	int full = permille * WIDTH / 1000;
	char bar[WIDTH + 1];

	if (permille == p->shown)
		return;
	p->shown = permille;
	memset(bar, '.', WIDTH);
	memset(bar, '#', (size_t)(full > WIDTH ? WIDTH : full));
	bar[WIDTH] = 0;
	fprintf(stderr, "\r%s [%s] %3d%%", p->label, bar, permille / 10);
	fflush(stderr);
}

void progress_start(struct progress *p, const char *label, uint64_t total, bool quiet)
{
	*p = (struct progress){ .label = label, .total = total, .shown = -1 };
	p->on = total && !quiet && isatty(STDERR_FILENO);
	if (p->on)
		draw(p);
}

void progress_add(struct progress *p, uint64_t units)
{
	p->done += units;
	if (p->on)
		draw(p);
}

void progress_end(struct progress *p)
{
	if (p->on)
		fputs("\r\033[K", stderr);
	p->on = false;
}
