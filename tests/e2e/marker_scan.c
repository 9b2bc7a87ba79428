// SPDX-License-Identifier: MIT
/*
 * marker_scan: search a stopped guest's memory for markers, at every byte.
 *
 *   marker_scan --seed N --ram FILE [--held WAY=BUFFERS]... [--found WAY]...
 *
 * --held: markers of so many buffers of that way must all be there; --found:
 * some must be, as after the control that wiped nothing. Of every other way
 * there must be none. Prints a line for each way that was found. Exit: 0; 1 an
 * expectation did not hold; 7 the memory cannot be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marker.h"

enum { BUFFERS = 1 << 16, PAGE = 4096 };

/** struct way - what is expected of a way, and what was found */
struct way {
	int held, found;	/* buffers; any */
	uint64_t markers, buffers;
	uint64_t first;		/* offset of the first marker */
	uint8_t seen[BUFFERS];
};

static struct way ways[MARKER_WAYS];
static uint64_t seed;

static void found(uint64_t word, size_t at)
{
	struct marker m = marker_read(seed, word);
	struct way *way;

	if (m.way >= MARKER_WAYS || m.buffer >= BUFFERS)
		return;
	way = &ways[m.way];
	if (!way->markers++)
		way->first = at;
	way->buffers += !way->seen[m.buffer];
	way->seen[m.buffer] = 1;
}

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

static void look(const uint8_t *at, size_t offset)
{
	uint64_t word = word_at(at), first = word;
	unsigned int i;

	for (i = 1; i < MARKER_WORDS; i++) {
		word = marker_next(seed, word);
		if (word != word_at(at + i * sizeof(word)))
			return;
	}
	found(first, offset);
}

static int is_zero(const uint8_t *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE - 1);
}

/* A marker does not begin in a page of zeros but in its last bytes. */
static void search(const uint8_t *image, size_t len)
{
	size_t last = len - MARKER_WORDS * sizeof(uint64_t), at;

	for (at = 0; at <= last; at++) {
		if (at % PAGE == 0 && at + PAGE <= len && is_zero(image + at))
			at += PAGE - MARKER_WORDS * sizeof(uint64_t);
		if (at <= last)
			look(image + at, at);
	}
}

static int judge(void)
{
	unsigned int i;
	int bad = 0, wrong;

	for (i = 0; i < MARKER_WAYS; i++) {
		const struct way *way = &ways[i];

		wrong = way->held ? way->buffers != (uint64_t)way->held :
			way->found ? !way->markers : way->markers != 0;
		bad |= wrong;
		if (way->markers || wrong)
			printf("way %u: %llu markers of %llu buffers, the first at 0x%llx%s\n", i,
			       (unsigned long long)way->markers,
			       (unsigned long long)way->buffers,
			       (unsigned long long)way->first, wrong ? "  WRONG" : "");
	}
	return bad;
}

static int search_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *image = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && st.st_size >= PAGE)
		image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED) {
		fprintf(stderr, "marker_scan: %s: %s\n", path, strerror(errno));
		return -1;
	}
	search(image, (size_t)st.st_size);
	return 0;
}

static struct way *way_of(const char *text, char **end)
{
	unsigned long way = strtoul(text, end, 10);

	return way < MARKER_WAYS ? &ways[way] : NULL;
}

static int misuse(void)
{
	fprintf(stderr, "marker_scan: --seed N --ram FILE [--held WAY=BUFFERS]... [--found WAY]...\n");
	return 1;
}

int main(int argc, char **argv)
{
	const char *ram = NULL;
	struct way *way;
	char *end;
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--ram")) {
			ram = argv[i + 1];
		} else if (!strcmp(argv[i], "--seed")) {
			seed = strtoull(argv[i + 1], NULL, 0);
		} else {
			way = way_of(argv[i + 1], &end);
			if (!way)
				return misuse();
			if (!strcmp(argv[i], "--held") && *end == '=')
				way->held = atoi(end + 1);
			else if (!strcmp(argv[i], "--found"))
				way->found = 1;
			else
				return misuse();
		}
	}
	if (i != argc || !ram)
		return misuse();
	return search_file(ram) ? 7 : judge();
}
