// SPDX-License-Identifier: MIT
/* The release log against the database, when the broker starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "release.h"
#include "text.h"

#define ID_LEN	16
#define PAGE	256	/* rows that are held at a time */

/** struct logged - a release that the log has; @stored: the database has it, too */
struct logged {
	uint8_t id[ID_LEN];
	uint8_t stored;
};

/** struct known - all of them, sorted */
struct known {
	struct logged *list;
	size_t count, room;
};

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

/* The id out of a line that release_line() wrote; other lines have none. */
static int id_of(const char *line, uint8_t id[ID_LEN])
{
	static const char member[] = "\"release\":\"";
	const char *at = strstr(line, member);
	char hex[2 * ID_LEN + 1];

	if (!at || line[0] != '{' || strcmp(line + strlen(line) - 2, "\"}"))
		return -1;
	snprintf(hex, sizeof(hex), "%s", at + strlen(member));
	return text_unhex(hex, id, ID_LEN);
}

static int know(struct known *k, const char *line)
{
	if (k->count == k->room) {
		size_t room = k->room ? 2 * k->room : 256;
		struct logged *more = reallocarray(k->list, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		k->list = more;
		k->room = room;
	}
	k->list[k->count].stored = 0;
	if (!id_of(line, k->list[k->count].id))
		k->count++;
	return 0;
}

static int read_log(int fd, struct known *k)
{
	int copy = dup(fd);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	int rc = 0;

	if (!f) {
		rc = -errno;
		if (copy >= 0)
			close(copy);
		return rc;
	}
	rewind(f);
	while (!rc && (n = getline(&line, &room, f)) > 0) {
		if (line[n - 1] == '\n')
			line[--n] = 0;
		if (n > 2 && n < RELEASE_LINE_MAX)
			rc = know(k, line);
	}
	if (!rc && ferror(f))
		rc = -EIO;
	free(line);
	fclose(f);
	if (k->count)
		qsort(k->list, k->count, sizeof(*k->list), by_id);
	return rc;
}

/** struct mending - @last: number of the last row */
struct mending {
	struct release_log *log;
	const struct audit *audit;
	struct known *known;
	int64_t last;
	struct release_mended *out;
};

static int mend_row(void *arg, const struct db_value *c, size_t count)
{
	struct mending *m = arg;
	struct logged *logged = NULL;
	uint8_t id[ID_LEN];
	int rc;

	if (count != 6 || c[0].type != DB_INT || c[1].type != DB_TEXT ||
	    c[1].len < 3 || id_of(c[1].data, id))
		return -EBADMSG;
	m->last = c[0].number;
	if (m->known->count)
		logged = bsearch(id, m->known->list, m->known->count, sizeof(*logged), by_id);
	if (logged) {
		logged->stored = 1;
		return 0;
	}
	if (!audit_vouches(m->audit, c[1].data, &c[2], &c[5], &c[3], &c[4])) {
		m->out->forged++;
		return 0;
	}
	rc = release_log_append(m->log, c[1].data);
	m->out->added += !rc;
	return rc;
}

static int mend(struct mending *m, struct db *db, struct db_fault *fault)
{
	int rc;

	do {
		struct db_query q = {
			.sql = "SELECT seq, line, record, head, signature, (SELECT head FROM audit b"
			       " WHERE b.seq = audit.seq - 1) FROM audit WHERE line IS NOT NULL"
			       " AND seq > $1 ORDER BY seq LIMIT $2",
			.args = { db_int(m->last), db_int(PAGE) }, .arg_count = 2,
			.row = mend_row, .arg = m,
		};

		rc = db_run(db, &q, fault);
	} while (rc > 0);
	return rc;
}

/* A line is written when the database has its row on disk. */
static int count_strange(const struct known *k)
{
	int n = 0;

	for (size_t i = 0; i < k->count; i++)
		n += !k->list[i].stored;
	return n;
}

int release_log_mend(struct release_log *log, struct db *db, const struct audit *audit,
		     struct release_mended *out, struct db_fault *fault)
{
	struct known known = { 0 };
	struct mending m = { .log = log, .audit = audit, .known = &known, .out = out };
	int rc = read_log(release_log_fd(log), &known);

	*out = (struct release_mended){ 0 };
	*fault = (struct db_fault){ "can't be compared with the database" };
	rc = rc ? rc : mend(&m, db, fault);
	if (!rc)
		out->strange = count_strange(&known);
	free(known.list);
	return rc;
}
