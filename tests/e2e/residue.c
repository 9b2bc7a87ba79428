// SPDX-License-Identifier: MIT
/*
 * residue: search a guest's memory for what should not be there any more.
 *
 *   residue [options] --site DATASET KEY TABLE ...
 *     --ram FILE       the guest's memory, stopped
 *     --plan FILE      the worker's plan: order of columns in its matrix
 *     --model FILE     a model: how rows were standardised (may be repeated)
 *     --numbers FILE   numbers of training (numbers.c)
 *     --pages FILE     frames of the kernel's objects (kernelpages), told apart
 *     --list           print the patterns that are looked for
 *     --export FILE    write what the control program shall hold
 *     --json FILE      result for programs
 *     --expect none|some|any   else exit 1; default any
 *
 * Exit: 0; 1 the expectation did not hold, or misuse; 7 damaged input.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "derive.h"
#include "export.h"
#include "scan.h"

#define SITES_MAX	16
#define MODELS_MAX	16
#define PAGE		4096u

enum { EXPECT_ANY, EXPECT_NONE, EXPECT_SOME };

struct options {
	const char *ram, *plan, *export, *json, *pages, *numbers;
	char *model[MODELS_MAX];
	size_t models;
	char *site[SITES_MAX][3];
	size_t sites;
	bool list;
	int expect;
};

struct world {
	struct site site[SITES_MAX];
	size_t sites;
	struct design design;
	struct patterns set;
	struct numbers numbers;
	size_t rows, covered;
};

static int misuse(const char *what)
{
	fprintf(stderr, "residue: %s\n", what);
	return 1;
}

static int take_site(struct options *o, int argc, char **argv)
{
	int i;

	if (o->sites == SITES_MAX || optind + 2 > argc)
		return misuse("--site wants DATASET KEY TABLE, at most 16 times");
	o->site[o->sites][0] = optarg;
	for (i = 1; i < 3; i++)
		o->site[o->sites][i] = argv[optind++];
	o->sites++;
	return 0;
}

static int take_expect(struct options *o)
{
	static const char *const words[] = { "any", "none", "some" };
	int i;

	for (i = 0; i < 3; i++) {
		if (!strcmp(optarg, words[i])) {
			o->expect = i;
			return 0;
		}
	}
	return misuse("--expect takes none, some or any");
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "ram", 1, NULL, 'r' }, { "plan", 1, NULL, 'p' },
		{ "model", 1, NULL, 'm' }, { "site", 1, NULL, 's' },
		{ "list", 0, NULL, 'l' }, { "export", 1, NULL, 'e' },
		{ "json", 1, NULL, 'j' }, { "pages", 1, NULL, 'g' },
		{ "numbers", 1, NULL, 'n' }, { "expect", 1, NULL, 'x' }, { 0 }
	};
	int c, rc = 0;

	while (!rc && (c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 'r': o->ram = optarg; break;
		case 'p': o->plan = optarg; break;
		case 'e': o->export = optarg; break;
		case 'j': o->json = optarg; break;
		case 'n': o->numbers = optarg; break;
		case 'g': o->pages = optarg; break;
		case 'l': o->list = true; break;
		case 's': rc = take_site(o, argc, argv); break;
		case 'x': rc = take_expect(o); break;
		case 'm':
			if (o->models == MODELS_MAX)
				return misuse("more than 16 models");
			o->model[o->models++] = optarg;
			break;
		default: return 1;
		}
	}
	if (!rc && (!o->sites || optind != argc))
		rc = misuse("at least one --site DATASET KEY TABLE is needed, and nothing else");
	return rc;
}

static int load_numbers(struct numbers *n, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct stat st;

	if (f && !fstat(fileno(f), &st) && st.st_size > 0)
		n->value = malloc((size_t)st.st_size);
	if (n->value)
		n->count = fread(n->value, sizeof(*n->value), (size_t)st.st_size / sizeof(*n->value), f);
	if (f)
		fclose(f);
	if (n->count)
		return 0;
	fprintf(stderr, "residue: %s: no numbers can be read\n", path);
	return 7;
}

static int load(struct world *w, const struct options *o)
{
	char error[256];
	size_t i;

	for (i = 0; i < o->sites; i++) {
		w->sites++;
		if (site_load(&w->site[i], o->site[i][0], o->site[i][1], o->site[i][2], error))
			goto damaged;
		w->rows += w->site[i].rows;
	}
	if (o->plan && design_load(&w->design, o->plan, o->model, o->models, error))
		goto damaged;
	for (i = 0; i < w->sites; i++) {
		if (derive_rows(&w->set, &w->site[i], (uint32_t)i,
				o->plan ? &w->design : NULL, &w->covered) ||
		    derive_keys(&w->set, &w->site[i], (uint32_t)i)) {
			snprintf(error, sizeof(error), "%s: no patterns can be made of it",
				 w->site[i].name);
			goto damaged;
		}
	}
	if (o->numbers && load_numbers(&w->numbers, o->numbers))
		return 7;
	return derive_numbers(&w->set, &w->numbers) ? 1 : 0;
damaged:
	fprintf(stderr, "residue: %s\n", error);
	return 7;
}

/* Enough to recognise it, too little to use it. */
static void print_sample(const struct patterns *set, const struct pattern *p)
{
	const uint8_t *bytes = set->pool + p->offset;
	bool text = p->kind == PATTERN_TEXT ||
		    (p->kind > PATTERN_KEY_RAW && p->kind != PATTERN_NUMBERS);
	size_t i, shown = p->kind >= PATTERN_KEY_RAW ? 4 : text ? 14 : 8;

	for (i = 0; i < shown && i < p->len; i++)
		printf(text ? "%c" : "%02x", bytes[i]);
	printf("...\n");
}

static void list_patterns(const struct world *w)
{
	unsigned int kind;
	size_t i;

	printf("%zu patterns of %zu rows (%zu as text) and %zu keys, %zu bytes:\n",
	       w->set.count, w->rows, w->covered, w->sites, w->set.pool_len);
	for (kind = 0; kind < PATTERN_KINDS; kind++) {
		for (i = 0; i < w->set.count && w->set.list[i].kind != kind; i++)
			;
		if (i == w->set.count)
			continue;
		printf("  %-22s %7zu  %2u bytes, like ", patterns_name(kind),
		       patterns_count(&w->set, kind), w->set.list[i].len);
		print_sample(&w->set, &w->set.list[i]);
	}
}

static void progress(size_t done, size_t all)
{
	if (isatty(2))
		fprintf(stderr, "\r  searching %zu of %zu MiB%s", done >> 20, all >> 20,
			done == all ? "\r\033[K" : "");
}

/* A bit per page of @len bytes; what lies beyond is a device's. NULL: no such file. */
static uint8_t *load_pages(const char *path, size_t len)
{
	uint8_t *kernel = calloc(len / PAGE / 8 + 1, 1);
	FILE *f = fopen(path, "r");
	unsigned long long first, count;
	bool any = false;

	while (f && kernel && fscanf(f, "%llu %llu", &first, &count) == 2) {
		for (; count-- && first < len / PAGE; first++)
			kernel[first / 8] |= (uint8_t)(1u << first % 8);
		any = true;
	}
	if (f)
		fclose(f);
	if (any)
		return kernel;
	free(kernel);
	return NULL;
}

static int search(const struct world *w, const char *path, const char *pages, struct scan *out)
{
	uint8_t *kernel = NULL;
	struct stat st;
	uint8_t *image = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = -1;

	if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0)
		image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (image != MAP_FAILED) {
		madvise(image, (size_t)st.st_size, MADV_SEQUENTIAL);
		kernel = pages ? load_pages(pages, (size_t)st.st_size) : NULL;
		if (!pages || kernel)
			rc = scan_memory(&w->set, image, (size_t)st.st_size, kernel, progress, out);
		free(kernel);
		munmap(image, (size_t)st.st_size);
	}
	if (rc)
		fprintf(stderr, "residue: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc ? 7 : 0;
}

static void print_result(const struct world *w, const struct scan *s)
{
	unsigned int kind, i;

	printf("%llu MiB searched at every byte, %llu zero pages: %llu hits\n",
	       (unsigned long long)s->bytes >> 20, (unsigned long long)s->zero_pages,
	       (unsigned long long)s->hits);
	for (kind = 0; kind < PATTERN_KINDS; kind++) {
		const struct scan_kind *k = &s->kind[kind];

		if (!k->hits)
			continue;
		printf("  %-22s %7llu hits, %llu of %zu patterns; at", patterns_name(kind),
		       (unsigned long long)k->hits, (unsigned long long)k->distinct,
		       patterns_count(&w->set, kind));
		for (i = 0; i < k->hits && i < SCAN_SHOWN / 2; i++) {
			const struct pattern *p = &w->set.list[k->shown[i].pattern];

			printf(" 0x%llx (%s:%u)", (unsigned long long)k->shown[i].offset,
			       w->site[p->source].name, p->line);
		}
		printf("\n");
	}
}

static json_t *kind_json(const struct world *w, const struct scan *s, unsigned int kind)
{
	const struct scan_kind *k = &s->kind[kind];
	json_t *offsets = json_array();
	unsigned int i;

	for (i = 0; i < k->hits && i < SCAN_SHOWN; i++)
		json_array_append_new(offsets, json_integer((json_int_t)k->shown[i].offset));
	return json_pack("{s:s,s:I,s:I,s:I,s:I,s:o}", "kind", patterns_name(kind), "patterns",
			 (json_int_t)patterns_count(&w->set, kind), "hits",
			 (json_int_t)k->hits, "kernel_hits", (json_int_t)k->kernel_hits, "distinct", (json_int_t)k->distinct,
			 "offsets", offsets);
}

static int write_json(const struct world *w, const struct scan *s, const char *path)
{
	json_t *kinds = json_array(), *root;
	unsigned int kind;
	int rc;

	for (kind = 0; kind < PATTERN_KINDS; kind++)
		if (patterns_count(&w->set, kind))
			json_array_append_new(kinds, kind_json(w, s, kind));
	root = json_pack("{s:I,s:I,s:I,s:I,s:I,s:o}", "bytes", (json_int_t)s->bytes, "rows",
			 (json_int_t)w->rows, "rows_as_text", (json_int_t)w->covered,
			 "patterns", (json_int_t)w->set.count, "hits",
			 (json_int_t)s->hits, "kinds", kinds);
	rc = json_dump_file(root, path, JSON_INDENT(1));
	json_decref(root);
	if (rc)
		fprintf(stderr, "residue: %s cannot be written\n", path);
	return rc ? 1 : 0;
}

static int run(struct world *w, const struct options *o)
{
	struct scan result = { 0 };
	int rc = load(w, o);

	if (rc)
		return rc;
	if (o->list)
		list_patterns(w);
	if (o->export && export_holding(o->export, w->site, w->sites,
					o->plan ? &w->design : NULL, &w->numbers)) {
		fprintf(stderr, "residue: %s: %s\n", o->export, strerror(errno));
		return 1;
	}
	if (!o->ram)
		return 0;
	rc = search(w, o->ram, o->pages, &result);
	if (rc)
		return rc;
	print_result(w, &result);
	if (o->json && write_json(w, &result, o->json))
		return 1;
	return (o->expect == EXPECT_NONE && result.hits) ||
	       (o->expect == EXPECT_SOME && !result.hits);
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	struct world w = { 0 };
	size_t i;
	int rc = parse(&o, argc, argv);

	if (!rc)
		rc = run(&w, &o);
	for (i = 0; i < w.sites; i++)
		site_free(&w.site[i]);
	design_free(&w.design);
	free(w.numbers.value);
	patterns_free(&w.set);
	return rc;
}
