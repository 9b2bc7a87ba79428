// SPDX-License-Identifier: MIT
/*
 * PostgreSQL, by libpq. Values go and come in its binary form, so that nothing is
 * quoted. A connection that broke is made anew outside of transactions only: inside of one
 * the statements after would stand alone.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "db_backend.h"

/* Of pg_type: the four kinds of values that the broker has. */
enum { OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, OID_TEXT = 25 };

/** struct connection - @lost: it broke, though libpq may not know yet */
struct connection {
	PGconn *pg;
	int lost;
};

static void no_notice(void *arg, const PGresult *result)
{
	(void)arg, (void)result;
}

/* What the conninfo doesn't say: a database that hangs must not hang the broker for long. */
static PGconn *connect_to(const char *conninfo)
{
	static const char *const names[] = { "dbname", "connect_timeout", "options",
					     "tcp_user_timeout", "application_name", NULL };
	const char *const values[] = { conninfo, "5",
		"-c statement_timeout=5000 -c lock_timeout=5000 -c client_min_messages=warning",
		"5000", "ward-broker", NULL };

	return PQconnectdbParams(names, values, 1);
}

static int open_server(const char *conninfo, void **out, struct db_fault *fault)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (!c)
		return db_fail(fault, -ENOMEM, "database", "no memory");
	c->pg = connect_to(conninfo);
	if (PQstatus(c->pg) != CONNECTION_OK) {
		db_fail(fault, -EIO, "database", PQerrorMessage(c->pg));
		PQfinish(c->pg);
		free(c);
		return -EIO;
	}
	PQsetNoticeReceiver(c->pg, no_notice, NULL);
	*out = c;
	return 0;
}

static void close_server(void *connection)
{
	struct connection *c = connection;

	PQfinish(c->pg);
	free(c);
}

/**
 * struct binding - arguments as libpq takes them
 * @number: of integers, big endian
 */
struct binding {
	Oid type[DB_ARGS_MAX];
	const char *value[DB_ARGS_MAX];
	int length[DB_ARGS_MAX];
	int format[DB_ARGS_MAX];
	uint64_t number[DB_ARGS_MAX];
};

static void bind_all(struct binding *b, const struct db_query *q)
{
	static const Oid types[] = { [DB_INT] = OID_INT8, [DB_TEXT] = OID_TEXT,
				     [DB_BLOB] = OID_BYTEA };

	for (size_t i = 0; i < q->arg_count; i++) {
		const struct db_value *v = &q->args[i];

		b->type[i] = types[v->type];
		b->format[i] = 1;
		b->value[i] = v->data;
		b->length[i] = (int)v->len;
		if (v->type == DB_INT) {
			b->number[i] = htobe64((uint64_t)v->number);
			b->value[i] = (const char *)&b->number[i];
			b->length[i] = 8;
		}
	}
}

static int column(const PGresult *r, int row, int i, struct db_value *v)
{
	const char *data = PQgetvalue(r, row, i);
	size_t len = (size_t)PQgetlength(r, row, i);
	uint64_t wide;
	uint32_t narrow;

	*v = (struct db_value){ .type = DB_NULL };
	if (PQgetisnull(r, row, i))
		return 0;
	switch (PQftype(r, i)) {
	case OID_INT8:
		memcpy(&wide, data, sizeof(wide));
		*v = db_int((int64_t)be64toh(wide));
		return 0;
	case OID_INT4:
		memcpy(&narrow, data, sizeof(narrow));
		*v = db_int((int32_t)be32toh(narrow));
		return 0;
	case OID_TEXT:
		*v = (struct db_value){ .type = DB_TEXT, .data = data, .len = len };
		return 0;
	case OID_BYTEA:
		*v = db_blob(data, len);
		return 0;
	}
	return -EIO;
}

static int hand_rows(const PGresult *r, const struct db_query *q)
{
	struct db_value columns[DB_COLUMNS_MAX];
	int rows = PQntuples(r), count = PQnfields(r), rc = count > DB_COLUMNS_MAX ? -EIO : 0;

	for (int row = 0; !rc && q->row && row < rows; row++) {
		for (int i = 0; !rc && i < count; i++)
			rc = column(r, row, i, &columns[i]);
		rc = rc ? rc : q->row(q->arg, columns, (size_t)count);
	}
	return rc ? rc : rows;
}

/* By SQLSTATE: 23505 unique_violation, 40001 serialization_failure, 40P01 deadlock. */
static int refuse(struct connection *c, const PGresult *r, struct db_fault *fault)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	int rc = -EIO;

	/* 57P: the server shuts down; nothing: there was no answer. */
	if (!state || !strncmp(state, "57P", 3))
		c->lost = 1;
	if (state && !strcmp(state, "23505"))
		rc = -EEXIST;
	else if (state && (!strcmp(state, "40001") || !strcmp(state, "40P01")))
		rc = -EAGAIN;
	return db_fail(fault, rc, "database", text ? text : PQerrorMessage(c->pg));
}

/* A COMMIT of what failed before is answered with ROLLBACK, and with success. */
static int rolled_back(const struct db_query *q, PGresult *r)
{
	return !strcmp(q->sql, "COMMIT") && strcmp(PQcmdStatus(r), "COMMIT");
}

static int revive(void *connection, struct db_fault *fault)
{
	struct connection *c = connection;

	if (c->lost || PQstatus(c->pg) != CONNECTION_OK)
		PQreset(c->pg);
	c->lost = 0;
	return PQstatus(c->pg) == CONNECTION_OK ? 0 :
	       db_fail(fault, -EIO, "database", PQerrorMessage(c->pg));
}

static int run(void *connection, const struct db_query *q, struct db_fault *fault)
{
	struct connection *c = connection;
	struct binding b;
	PGresult *r;
	int rc;

	bind_all(&b, q);
	r = PQexecParams(c->pg, q->sql, (int)q->arg_count, b.type, b.value, b.length, b.format, 1);
	switch (PQresultStatus(r)) {
	case PGRES_TUPLES_OK:
		rc = hand_rows(r, q);
		break;
	case PGRES_COMMAND_OK:
		rc = rolled_back(q, r) ? db_fail(fault, -EIO, "database", "the transaction was undone") :
					 atoi(PQcmdTuples(r));
		break;
	default:
		rc = refuse(c, r, fault);
	}
	PQclear(r);
	return rc;
}

const struct db_backend db_postgres = {
	.scheme = "postgresql",
	.open = open_server,
	.close = close_server,
	.revive = revive,
	.run = run,
	.begin = "BEGIN ISOLATION LEVEL SERIALIZABLE",
	.hasten_inside = "SET LOCAL synchronous_commit = off",
	.lock = "LOCK TABLE",
};
