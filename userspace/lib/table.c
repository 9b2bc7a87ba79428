// SPDX-License-Identifier: MIT
/*
 * Checks tables of numbers, a line at a time in one bounded buffer that is wiped
 * at the end. The grammar is doc/formats.md, section 6; the locale plays no part.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "table.h"

#define READ_SIZE	65536

struct reader {
	int fd;
	const struct ward_table_spec *spec;
	char delimiter;
	struct ward_table *table;
	struct ward_table_error *err;
	uint64_t line;			/* the one being read, from 1 */
	size_t fill;			/* bytes in text */
	char text[WARD_TABLE_LINE_MAX + 1];	/* the line, maybe with its CR */
	char block[READ_SIZE];
};

static int fail(struct ward_table_error *err, int rc, uint64_t line, uint32_t field,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int fail(struct ward_table_error *err, int rc, uint64_t line, uint32_t field,
		const char *fmt, ...)
{
	va_list ap;
	int n = 0;

	if (!err)
		return rc;
	err->line = line;
	err->field = field;
	if (field && !line)
		n = snprintf(err->text, sizeof(err->text), "column %" PRIu32 " of the list: ",
			     field);
	else if (field)
		n = snprintf(err->text, sizeof(err->text), "line %" PRIu64 ", field %" PRIu32 ": ",
			     line, field);
	else if (line)
		n = snprintf(err->text, sizeof(err->text), "line %" PRIu64 ": ", line);
	va_start(ap, fmt);
	vsnprintf(err->text + n, sizeof(err->text) - (size_t)n, fmt, ap);
	va_end(ap);
	return rc;
}

static size_t digits(const char *s, size_t len, size_t i)
{
	size_t n = 0;

	while (i + n < len && s[i + n] >= '0' && s[i + n] <= '9')
		n++;
	return n;
}

int ward_table_is_number(const char *s, size_t len)
{
	size_t i = 0, whole, part = 0;

	if (i < len && (s[i] == '+' || s[i] == '-'))
		i++;
	whole = digits(s, len, i);
	i += whole;
	if (i < len && s[i] == '.') {
		part = digits(s, len, ++i);
		i += part;
	}
	if (!whole && !part)
		return 0;
	if (i < len && (s[i] == 'e' || s[i] == 'E')) {
		i++;
		if (i < len && (s[i] == '+' || s[i] == '-'))
			i++;
		whole = digits(s, len, i);
		if (!whole)
			return 0;
		i += whole;
	}
	return i == len;
}

/* Of @len characters after an 'e' or 'E': no table has a number that this is too small for. */
static long exponent_of(const char *s, size_t len)
{
	int negative = len && *s == '-';
	size_t i = len && (*s == '-' || *s == '+');
	long value = 0;

	for (; i < len && value < 100000; i++)
		value = value * 10 + (s[i] - '0');
	return negative ? -value : value;
}

/* Of such a number: does no double come near it? */
static int is_too_large(const char *s, size_t len)
{
	static const char most[] = "17976931348623158";	/* e308: above the largest double */
	char lead[] = "00000000000000000";
	size_t i, taken = 0;
	long power = 0, zeros = 0;	/* power of ten: of the first digit that is not zero */
	int point = 0, found = 0;

	for (i = 0; i < len && s[i] != 'e' && s[i] != 'E'; i++) {
		point |= s[i] == '.';
		if (s[i] < '0' || s[i] > '9')
			continue;
		if (!found && s[i] == '0') {
			zeros += point;
			continue;
		}
		power = found ? power + !point : point ? -1 - zeros : 0;
		found = 1;
		if (taken < sizeof(lead) - 1)
			lead[taken++] = s[i];
	}
	if (i < len)
		power += exponent_of(s + i + 1, len - i - 1);
	found = found && (power > 308 || (power == 308 && memcmp(lead, most, sizeof(lead) - 1) >= 0));
	explicit_bzero(lead, sizeof(lead));	/* a patient's */
	return found;
}

static int blank(char c, char delimiter)
{
	return c == ' ' || (c == '\t' && delimiter != '\t');
}

/* Cuts blanks off both ends of a field. */
static void trim(const char **s, size_t *len, char delimiter)
{
	while (*len && blank(**s, delimiter)) {
		(*s)++;
		(*len)--;
	}
	while (*len && blank((*s)[*len - 1], delimiter))
		(*len)--;
}

static int add_column(struct ward_table *t, const char *s, size_t len,
		      struct ward_table_error *err, uint64_t line)
{
	uint32_t field = (uint32_t)t->column_count + 1;
	char **more;

	if (!len || len > WARD_TABLE_NAME_MAX)
		return fail(err, -EBADMSG, line, field,
			    "a column's name must have 1 to %d bytes", WARD_TABLE_NAME_MAX);
	if (field > WARD_TABLE_COLUMNS_MAX)
		return fail(err, -EBADMSG, line, field, "more than %d columns",
			    WARD_TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == '"')
			return fail(err, -EBADMSG, line, field,
				    "a column's name holds a quote or a control character");
	for (size_t i = 0; i < t->column_count; i++)
		if (strlen(t->columns[i]) == len && !memcmp(t->columns[i], s, len))
			return fail(err, -EBADMSG, line, field,
				    "this column has the same name as column %zu", i + 1);
	more = realloc(t->columns, field * sizeof(*more));
	if (!more)
		return fail(err, -ENOMEM, line, field, "out of memory");
	t->columns = more;
	t->columns[field - 1] = strndup(s, len);
	if (!t->columns[field - 1])
		return fail(err, -ENOMEM, line, field, "out of memory");
	t->column_count = field;
	return 0;
}

static int all_numbers(const char *s, size_t len, char delimiter)
{
	for (;;) {
		const char *end = memchr(s, delimiter, len);
		const char *f = s;
		size_t n = end ? (size_t)(end - s) : len;
		size_t flen = n;

		trim(&f, &flen, delimiter);
		if (!ward_table_is_number(f, flen))
			return 0;
		if (!end)
			return 1;
		s = end + 1;
		len -= n + 1;
	}
}

/* Reads names out of a header line or out of the specification's list. */
static int parse_columns(struct ward_table *t, const char *s, size_t len, char delimiter,
			 struct ward_table_error *err, uint64_t line)
{
	if (line && all_numbers(s, len, delimiter))
		return fail(err, -EBADMSG, line, 0,
			    "numbers where the columns' names should stand: "
			    "name them with --columns if the table has no header line");
	for (;;) {
		const char *end = memchr(s, delimiter, len);
		const char *f = s;
		size_t n = end ? (size_t)(end - s) : len;
		size_t flen = n;
		int rc;

		trim(&f, &flen, delimiter);
		rc = add_column(t, f, flen, err, line);
		if (rc || !end)
			return rc;
		s = end + 1;
		len -= n + 1;
	}
}

static int check_field(struct reader *r, const char *f, size_t len, uint32_t field)
{
	const char *missing = r->spec->missing;
	const char *name = field <= r->table->column_count ? r->table->columns[field - 1] : "?";

	trim(&f, &len, r->delimiter);
	if (missing && len == strlen(missing) && !memcmp(f, missing, len)) {
		r->table->missing_values++;
		return 0;
	}
	if (len > WARD_TABLE_NUMBER_MAX)
		return fail(r->err, -EBADMSG, r->line, field, "more than %d characters (column %.64s)",
			    WARD_TABLE_NUMBER_MAX, name);
	if (ward_table_is_number(f, len))
		return is_too_large(f, len) ?
		       fail(r->err, -EBADMSG, r->line, field,
			    "a number that is too large for a double (column %.64s)", name) : 0;
	if (!len)
		return fail(r->err, -EBADMSG, r->line, field, "empty (column %.64s)", name);
	return fail(r->err, -EBADMSG, r->line, field,
		    "not a decimal number (column %.64s, %zu bytes)%s", name, len,
		    missing ? "" : "; does it mark a missing value? Then say so with --missing");
}

static int check_row(struct reader *r, const char *s, size_t len)
{
	uint32_t field = 0;
	size_t want = r->table->column_count;

	for (;;) {
		const char *end = memchr(s, r->delimiter, len);
		size_t n = end ? (size_t)(end - s) : len;
		int rc;

		if (++field > want)
			return fail(r->err, -EBADMSG, r->line, field,
				    "more fields than the %zu columns", want);
		rc = check_field(r, s, n, field);
		if (rc)
			return rc;
		if (!end)
			break;
		s = end + 1;
		len -= n + 1;
	}
	if (field < want)
		return fail(r->err, -EBADMSG, r->line, field,
			    "the line ends here, it should have %zu fields", want);
	r->table->rows++;
	return 0;
}

/* A whole line stands in r->text. */
static int end_line(struct reader *r)
{
	size_t len = r->fill;
	int rc;

	if (len && r->text[len - 1] == '\r')
		len--;
	if (memchr(r->text, 0, len))
		return fail(r->err, -EBADMSG, r->line, 0, "a NUL: this is not a text file");
	if (!len)
		return fail(r->err, -EBADMSG, r->line, 0, "an empty line");
	if (r->line == 1 && len >= 3 && !memcmp(r->text, "\xef\xbb\xbf", 3))
		return fail(r->err, -EBADMSG, 1, 0,
			    "a byte order mark: save the table as UTF-8 without BOM");
	if (r->line == 1 && r->table->header)
		rc = parse_columns(r->table, r->text, len, r->delimiter, r->err, 1);
	else
		rc = check_row(r, r->text, len);
	r->fill = 0;
	r->line++;
	return rc;
}

static int feed(struct reader *r, const char *p, size_t len)
{
	while (len) {
		const char *lf = memchr(p, '\n', len);
		size_t n = lf ? (size_t)(lf - p) : len;
		int rc;

		if (n > WARD_TABLE_LINE_MAX - r->fill)
			return fail(r->err, -EBADMSG, r->line, 0, "longer than %d bytes",
				    WARD_TABLE_LINE_MAX);
		memcpy(r->text + r->fill, p, n);
		r->fill += n;
		if (!lf)
			return 0;
		rc = end_line(r);
		if (rc)
			return rc;
		p += n + 1;
		len -= n + 1;
	}
	return 0;
}

static int read_all(struct reader *r)
{
	for (;;) {
		ssize_t n = read(r->fd, r->block, sizeof(r->block));
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(r->err, -errno, r->line, 0, "can't read: %s", strerror(errno));
		if (!n)
			return r->fill ? end_line(r) : 0;
		r->table->bytes += (uint64_t)n;
		rc = feed(r, r->block, (size_t)n);
		if (rc)
			return rc;
	}
}

static int check_spec(const struct ward_table_spec *spec, struct ward_table *t,
		      struct ward_table_error *err)
{
	if (spec->delimiter && !strchr(",;\t", spec->delimiter))
		return fail(err, -EINVAL, 0, 0,
			    "the delimiter must be a comma, a semicolon or a tab");
	if (spec->missing && (strlen(spec->missing) > WARD_TABLE_MISSING_MAX ||
			      strpbrk(spec->missing, ",;\t\r\n") ||
			      ward_table_is_number(spec->missing, strlen(spec->missing))))
		return fail(err, -EINVAL, 0, 0,
			    "the mark of a missing value must have at most %d bytes, no delimiter, "
			    "and must not be a number", WARD_TABLE_MISSING_MAX);
	t->header = !spec->columns;
	if (t->header)
		return 0;
	if (parse_columns(t, spec->columns, strlen(spec->columns), ',', err, 0))
		return -EINVAL;
	return 0;
}

static int check_whole(const struct ward_table *t, const struct ward_table_spec *spec,
		       struct ward_table_error *err)
{
	if (!t->bytes)
		return fail(err, -EBADMSG, 0, 0, "the table is empty");
	if (!t->rows)
		return fail(err, -EBADMSG, 0, 0, "the table has a header line but no rows");
	if (!spec->label)
		return 0;
	for (size_t i = 0; i < t->column_count; i++)
		if (!strcmp(t->columns[i], spec->label))
			return 0;
	return fail(err, -EINVAL, 0, 0, "no column is called %.64s", spec->label);
}

int ward_table_check(int fd, const struct ward_table_spec *spec, struct ward_table *ret,
		     struct ward_table_error *err)
{
	struct ward_table table = { 0 };
	struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return fail(err, -ENOMEM, 0, 0, "out of memory");
	r->fd = fd;
	r->spec = spec;
	r->delimiter = spec->delimiter ? spec->delimiter : ',';
	r->table = &table;
	r->err = err;
	r->line = 1;
	rc = check_spec(spec, &table, err);
	if (!rc)
		rc = read_all(r);
	if (!rc)
		rc = check_whole(&table, spec, err);
	OPENSSL_cleanse(r, sizeof(*r));
	free(r);
	if (rc)
		ward_table_clear(&table);
	else
		*ret = table;
	return rc;
}

void ward_table_clear(struct ward_table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		free(table->columns[i]);
	free(table->columns);
	memset(table, 0, sizeof(*table));
}

static json_t *column_names(const struct ward_table *table)
{
	json_t *names = json_array();

	for (size_t i = 0; names && i < table->column_count; i++) {
		if (!json_array_append_new(names, json_string(table->columns[i])))
			continue;
		json_decref(names);
		return NULL;
	}
	return names;
}

static int add_table(json_t *meta, const struct ward_table *table,
		     const struct ward_table_spec *spec)
{
	char delimiter[2] = { spec->delimiter ? spec->delimiter : ',', 0 };
	int rc = json_object_set_new(meta, "columns", column_names(table));

	if (spec->label)
		rc |= json_object_set_new(meta, "label", json_string(spec->label));
	if (spec->missing)
		rc |= json_object_set_new(meta, "missing", json_string(spec->missing));
	rc |= json_object_set_new(meta, "delimiter", json_string(delimiter));
	rc |= json_object_set_new(meta, "header", json_boolean(table->header));
	return rc;
}

char *ward_table_metadata(const struct ward_table *table, const struct ward_table_spec *spec,
			  const char *name)
{
	json_t *meta = json_object();
	char *text = NULL;
	int rc = 0;

	if (name)
		rc |= json_object_set_new(meta, "name", json_string(name));
	if (table)
		rc |= add_table(meta, table, spec);
	if (meta && !rc)
		text = json_dumps(meta, JSON_COMPACT);
	json_decref(meta);
	return text;
}
