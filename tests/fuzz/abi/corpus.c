// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "random.h"

enum { KEPT = 4096, FILE_MAX = 8 << 20 };

static struct program *kept[KEPT];
static unsigned int count;

void corpus_keep(const struct program *program)
{
	if (count == KEPT || !program->n)
		return;
	kept[count] = malloc(sizeof(*program));
	if (kept[count])
		*kept[count++] = *program;
}

unsigned int corpus_count(void)
{
	return count;
}

const struct program *corpus_at(unsigned int at)
{
	return kept[at];
}

const struct program *corpus_pick(uint64_t *random)
{
	if (!count)
		return NULL;
	if (count > 8 && one_in(random, 2))
		return kept[count - 1 - random_below(random, count / 4)];
	return kept[random_below(random, count)];
}

static char *slurped(const char *path)
{
	char *text = calloc(1, FILE_MAX);
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f || !text) {
		fprintf(stderr, "abi: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	n = fread(text, 1, FILE_MAX - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

void corpus_load(const char *path)
{
	char *text = slurped(path), *at = text, *end;
	struct program program;
	const char *wrong;

	while (at && *at) {
		if (!strncmp(at, "program\n", 8))
			at += 8;
		end = strstr(at, "\nprogram\n");
		if (end)
			*end++ = '\0';
		if (!program_read(&program, at, &wrong)) {
			fprintf(stderr, "abi: %s: no call of the grammar, or too many: %.60s\n", path, wrong);
			exit(1);
		}
		corpus_keep(&program);
		at = end;
	}
	free(text);
}
