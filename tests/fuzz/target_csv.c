// SPDX-License-Identifier: MIT
/*
 * A table of patients, as ward-train reads it: what comes of it does not depend on where its
 * chunks end. And what its owner's check lets through ward-train reads, number by number.
 * Twelve bytes before the text say how it is read.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../userspace/worker/scrub.h"
#include "../../userspace/worker/table.h"
#include "plain_memory.h"
#include "sentence.h"
#include "table.h"

#define HEAD	12
#define WIDTH	8
#define BUDGET	(1u << 20)

static const char *const names[WIDTH] = { "a", "b", "c", "d", "e", "f", "g", "h" };
static const char *const missings[] = { NULL, "", "?", "NA" };

/** struct reading - what came of a text: two readings of one are alike */
struct reading {
	uint64_t rows, missing, sum;
	struct failure failure;
};

/* What is left on the stack is another test's. */
void scrub_stack(void)
{
}

/* ---- ward-train's reading ---------------------------------------------------------------- */

static void take(struct reading *r, const double *values, size_t columns)
{
	size_t i;

	r->rows++;
	for (i = 0; i < columns; i++) {
		uint64_t bits = 0;

		if (isinf(values[i]))
			fuzz_die("a value that is no number");
		if (isnan(values[i]))
			r->missing++;
		else
			memcpy(&bits, &values[i], sizeof(bits));
		r->sum = (r->sum ^ bits) * 0x100000001b3ull + i;
	}
}

/* Each piece in memory of its own length, gone once it is used up. */
static int feed(struct table *table, struct wv_bytes piece, bool last, double *values,
		struct reading *r)
{
	uint8_t *own = NULL;
	int got;

	alloc_hold(true);
	own = malloc(piece.len + !piece.len);
	alloc_hold(false);
	if (!own)
		fuzz_die("no memory");
	if (piece.len)
		memcpy(own, piece.data, piece.len);
	table_feed(table, own, piece.len, last);
	while ((got = table_next(table, values, &r->failure)) == 1)
		take(r, values, table->columns);
	free(own);
	return got;
}

static void read_by(const struct table *how, struct wv_bytes text, size_t step, struct reading *r)
{
	struct memory memory;
	struct table table = *how;
	static double values[TABLE_COLUMNS_MAX];
	size_t at = 0;
	int got = 0;

	memset(r, 0, sizeof(*r));
	memory_init(&memory, &plain_memory, BUDGET);
	if (!table_init(&table, &memory, &r->failure)) {
		do {
			size_t n = text.len - at < step ? text.len - at : step;

			got = feed(&table, (struct wv_bytes){ text.data + at, n }, at + n == text.len,
				   values, r);
			at += n;
		} while (!got && at < text.len);
	}
	table_end(&table);
	memory_release(&memory, NULL);
	if (memory.live)
		fuzz_die("%zu bytes are not given back", memory.live);
}

static void alike(const struct reading *a, const struct reading *b, size_t step)
{
	if (a->rows != b->rows || a->missing != b->missing || a->sum != b->sum ||
	    a->failure.exit != b->failure.exit || strcmp(a->failure.text, b->failure.text))
		fuzz_die("cut into pieces of %zu bytes it is another table: %s | %s", step,
			 a->failure.text, b->failure.text);
}

/* ---- its owner's ------------------------------------------------------------------------- */

static int owner(const struct table *how, struct wv_bytes text, struct ward_table *out)
{
	struct ward_table_spec spec = { .delimiter = how->delimiter, .missing = how->missing,
					.columns = how->header ? NULL : "a,b,c,d,e,f,g,h" };
	struct ward_table_error err;
	char columns[2 * WIDTH] = "";
	int fd = memfd_create("table", MFD_CLOEXEC), rc;

	if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len || lseek(fd, 0, SEEK_SET))
		fuzz_die("no file");
	if (!how->header) {
		memcpy(columns, spec.columns, 2 * how->columns - 1);
		spec.columns = columns;
	}
	rc = ward_table_check(fd, &spec, out, &err);
	close(fd);
	if (rc)
		fuzz_sentence(err.text);
	return rc;
}

static void owned(const struct table *how, struct wv_bytes text)
{
	struct table table = *how;
	struct ward_table checked;
	struct reading r;

	if (owner(how, text, &checked))
		return;
	table.use = NULL;
	table.columns = checked.column_count;
	table.names = (const char *const *)checked.columns;
	read_by(&table, text, text.len + 1, &r);
	if (!alloc_failing() && (r.failure.exit != EXIT_OK || r.rows != checked.rows ||
				 r.missing != checked.missing_values))
		fuzz_die("its owner's check found %llu rows, %llu missing values; ward-train %llu, %llu: %s",
			 (unsigned long long)checked.rows, (unsigned long long)checked.missing_values,
			 (unsigned long long)r.rows, (unsigned long long)r.missing, r.failure.text);
	ward_table_clear(&checked);
}

int fuzz_one(struct wv_bytes in)
{
	static const char *const words[] = { "x", "yes", "" };
	struct field_use use[WIDTH];
	struct table how = { .name = "t", .names = names, .use = use };
	struct reading whole, cut;
	struct wv_bytes text;
	size_t i, step;

	if (in.len < HEAD)
		return WV_USAGE;
	how.delimiter = ",;\t"[in.data[0] % 3];
	how.header = in.data[0] & 0x80;
	how.missing = missings[in.data[1] % 4];
	how.columns = 1 + in.data[2] % WIDTH;
	step = 1 + in.data[3];
	for (i = 0; i < WIDTH; i++)
		use[i] = (struct field_use){ .kind = in.data[4 + i] % (FIELD_NAME + 1), .words = words,
					     .count = 3 };
	text = (struct wv_bytes){ in.data + HEAD, in.len - HEAD };
	read_by(&how, text, text.len + 1, &whole);
	read_by(&how, text, step, &cut);
	if (!alloc_failing())
		alike(&whole, &cut, step);
	owned(&how, text);
	return whole.failure.exit == EXIT_OK ? WV_OK : fuzz_sentence(whole.failure.text);
}
