// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../common/journal_ids.h"
#include "../common/journald.h"
#include "journal_native.h"
#include "text.h"

#define PROGRAM "ward-broker"

/* How something ended, and how that reads. */
struct outcome {
	const char *id;
	enum journald_priority priority;
	const char *text;
};

#define REFUSED { JOURNAL_BROKER_REFUSED, JOURNALD_WARNING, "refused to" }
#define TROUBLE { JOURNAL_BROKER_TROUBLE, JOURNALD_ERR, "trouble" }

static const struct kind {
	const char *event;
	bool asked;		/* by a client, whose address ends the text */
	struct outcome ok;
	struct outcome other;
} kinds[] = {
	{ "auth", true, { JOURNAL_BROKER_CHALLENGED, JOURNALD_INFO, "challenge for" }, REFUSED },
	{ "attest", true, { JOURNAL_BROKER_ACCEPTED, JOURNALD_INFO, "evidence accepted of" }, REFUSED },
	{ "resource", true, { JOURNAL_BROKER_RELEASED, JOURNALD_NOTICE, "key released to" }, REFUSED },
	{ "counter", true, { JOURNAL_BROKER_COUNTED, JOURNALD_INFO, "version told to" }, REFUSED },
	{ "request", true, REFUSED, REFUSED },
	{ "policy", false, TROUBLE,
	  { JOURNAL_BROKER_POLICY, JOURNALD_NOTICE, "the policy leaves open" } },
	{ "collateral", false,
	  { JOURNAL_BROKER_COLLATERAL, JOURNALD_NOTICE, "collateral read anew" },
	  { JOURNAL_BROKER_COLLATERAL_KEPT, JOURNALD_WARNING, "collateral stays as it was" } },
	{ "reload", false, { JOURNAL_BROKER_RELOADED, JOURNALD_NOTICE, "configuration read anew" },
	  { JOURNAL_BROKER_RELOAD_KEPT, JOURNALD_WARNING, "configuration stays as it was" } },
	{ "admin", true, { JOURNAL_BROKER_ADMIN, JOURNALD_NOTICE, "administered by" }, REFUSED },
	{ "start", false, { JOURNAL_BROKER_STARTED, JOURNALD_INFO, "started" }, TROUBLE },
	{ "stop", false, { JOURNAL_BROKER_STOPPED, JOURNALD_INFO, "stopped" }, TROUBLE },
	{ "error", false, TROUBLE, TROUBLE },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Of an event that nobody foresaw: trouble. */
static const struct kind *kind_of(const struct decision *d)
{
	size_t i;

	for (i = 0; i < KINDS - 1; i++)
		if (!strcmp(kinds[i].event, d->event))
			break;
	return &kinds[i];
}

/* " 192.0.2.7", ": wrong-uid": nothing where there is no @part. */
static void append(char *out, size_t size, const char *between, const char *part)
{
	size_t at = strlen(out);

	if (part)
		snprintf(out + at, size - at, "%s%s", between, part);
}

/* "key released to 192.0.2.7: default/dataset/va" */
static void compose(const struct kind *kind, const struct outcome *outcome,
		    const struct decision *d, char *out, size_t size)
{
	snprintf(out, size, "%s", outcome->text);
	if (kind->asked)
		append(out, size, " ", d->peer ? d->peer : "a client");
	append(out, size, ": ", strcmp(d->result, "ok") ? d->result : NULL);
	append(out, size, ": ", d->resource);
	append(out, size, ": ", d->detail);
}

static void add_who(struct journald *j, const struct attested *who)
{
	char hex[2 * sizeof(who->measurement) + 1];

	text_hex(who->session, sizeof(who->session), hex);
	journald_field(j, "WARD_SESSION", hex);
	text_hex(who->instance, sizeof(who->instance), hex);
	journald_field(j, "WARD_INSTANCE", hex);
	journald_number(j, "WARD_UID", who->uid);
	text_hex(who->measurement, sizeof(who->measurement), hex);
	journald_field(j, "WARD_MEASUREMENT", hex);
	journald_field(j, "WARD_SIMULATED", who->simulated ? "yes" : "no");
}

static void add_text(struct journald *j, const char *name, const char *value)
{
	if (value)
		journald_field(j, name, value);
}

static void add_platform(struct journald *j, const struct platform *p)
{
	char until[TEXT_TIME_LEN];

	add_text(j, "WARD_TCB", p->tcb);
	if (p->until) {
		text_time(p->until, until);
		journald_field(j, "WARD_TCB_UNTIL", until);
	}
	add_text(j, "WARD_REVOCATION", p->revocation);
}

int journal_native(const struct decision *d)
{
	const struct kind *kind = kind_of(d);
	const struct outcome *outcome = strcmp(d->result, "ok") ? &kind->other : &kind->ok;
	struct journald j;
	char text[1024];

	if (!journald_listens(STDERR_FILENO))
		return -ENOTCONN;
	compose(kind, outcome, d, text, sizeof(text));
	journald_begin(&j, PROGRAM, outcome->id, outcome->priority, text);
	add_text(&j, "WARD_EVENT", d->event);
	add_text(&j, "WARD_RESULT", d->result);
	add_text(&j, "WARD_PEER", d->peer);
	add_text(&j, "WARD_RESOURCE", d->resource);
	add_text(&j, "WARD_DETAIL", d->detail);
	if (d->who)
		add_who(&j, d->who);
	if (d->platform)
		add_platform(&j, d->platform);
	return journald_send(&j, JOURNALD_SOCKET);
}

int journal_native_fault(const char *text)
{
	struct journald j;

	if (!journald_listens(STDERR_FILENO))
		return -ENOTCONN;
	journald_begin(&j, PROGRAM, JOURNAL_BROKER_NOT_STARTED, JOURNALD_ERR, text);
	return journald_send(&j, JOURNALD_SOCKET);
}
