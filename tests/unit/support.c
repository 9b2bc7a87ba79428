// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "support.h"

#define FILE_MAX (4u << 20)
#define NAMES_MAX 256

static char opened[NAMES_MAX][80];	/* of the evidence folder, each once */
static size_t opened_count;

struct wv_bytes ut_file(const char *path)
{
	struct wv_bytes none = { NULL, 0 };
	FILE *f = fopen(path, "rb");
	uint8_t *data = f ? malloc(FILE_MAX) : NULL;
	size_t len = data ? fread(data, 1, FILE_MAX, f) : 0;

	if (f)
		fclose(f);
	if (len)
		return (struct wv_bytes){ data, len };
	free(data);
	return none;
}

static bool is_dir(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The tests run in the source tree or in a folder of it. */
static const char *vectors_dir(void)
{
	static char path[4096];
	const char *cache = getenv("WARD_CACHE"), *home = getenv("HOME");
	const char *beside[] = { "../shared/vectors", "../../shared/vectors",
				 "../../../shared/vectors" };
	size_t i;

	if (getenv("WARD_VECTORS")) {
		snprintf(path, sizeof(path), "%s", getenv("WARD_VECTORS"));
		return is_dir(path) ? path : NULL;
	}
	if (cache)
		snprintf(path, sizeof(path), "%s/vectors", cache);
	else
		snprintf(path, sizeof(path), "%s/.cache/ward/vectors", home ? home : "");
	if (is_dir(path))
		return path;
	for (i = 0; i < sizeof(beside) / sizeof(beside[0]); i++)
		if (is_dir(beside[i]))
			return beside[i];
	return NULL;
}

bool ut_has_vectors(void)
{
	return vectors_dir() != NULL;
}

bool ut_opened(const char *name)
{
	size_t i;

	for (i = 0; i < opened_count; i++)
		if (!strcmp(opened[i], name))
			return true;
	return false;
}

struct wv_bytes ut_vector(const char *name)
{
	const char *dir = vectors_dir();
	char path[8192];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "", name);
	if (!ut_opened(name) && opened_count < NAMES_MAX)
		snprintf(opened[opened_count++], sizeof(opened[0]), "%s", name);
	return ut_file(path);
}

void ut_skip(const char *why)
{
	print_message("# skip: %s\n", why);
	skip();
}

void ut_free(struct wv_bytes b)
{
	free((void *)b.data);
}

int64_t ut_time(int year, int month, int day)
{
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };

	return timegm(&tm);
}

void ut_reason_at(int want, int got, const struct wv_fault *fault, const char *file, int line)
{
	if (want == got && (!fault || fault->reason == got))
		return;
	print_error("%s:%d: expected %s, got %s (%s: %s)\n", file, line, wv_reason_text(want),
		    wv_reason_text(got), fault ? fault->field : "", fault ? fault->text : "");
	_assert_int_equal((LargestIntegralType)got, (LargestIntegralType)want, file, line);
}
