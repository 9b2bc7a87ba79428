// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../common/journal_ids.h"
#include "../common/journald.h"
#include "say.h"

static const struct kind {
	const char *id;
	enum journald_priority priority;
} kinds[SAID_COUNT] = {
	[SAID_FOUND] = { JOURNAL_AGENT_FOUND, JOURNALD_INFO },
	[SAID_ABSENT] = { JOURNAL_AGENT_ABSENT, JOURNALD_INFO },
	[SAID_UNUSABLE] = { JOURNAL_AGENT_UNUSABLE, JOURNALD_ERR },
	[SAID_NONE] = { JOURNAL_AGENT_NONE, JOURNALD_ERR },
	[SAID_EXCLUSIVE] = { JOURNAL_AGENT_EXCLUSIVE, JOURNALD_ERR },
	[SAID_REFUSED] = { JOURNAL_AGENT_REFUSED, JOURNALD_ERR },
	[SAID_BOUND] = { JOURNAL_AGENT_BOUND, JOURNALD_INFO },
	[SAID_FAILED] = { JOURNAL_AGENT_FAILED, JOURNALD_ERR },
	[SAID_WORKS] = { JOURNAL_AGENT_WORKS, JOURNALD_INFO },
	[SAID_RETIRED] = { JOURNAL_AGENT_RETIRED, JOURNALD_NOTICE },
	[SAID_BROKEN] = { JOURNAL_AGENT_BROKEN, JOURNALD_ERR },
	[SAID_HUNG] = { JOURNAL_AGENT_HUNG, JOURNALD_ERR },
	[SAID_ENDED] = { JOURNAL_AGENT_ENDED, JOURNALD_INFO },
	[SAID_MANAGER] = { JOURNAL_AGENT_MANAGER, JOURNALD_ERR },
};

static int to_journal(const struct kind *kind, const char *backend, int err, const char *text)
{
	struct journald j;

	journald_begin(&j, "wardd", kind->id, kind->priority, text);
	if (backend)
		journald_field(&j, "WARD_BACKEND", backend);
	if (err)
		journald_number(&j, "ERRNO", -err);
	return journald_send(&j, JOURNALD_SOCKET);
}

/* @level: 0, or a priority that the journal takes from a line as sd-daemon(3) has it. */
static void to_stderr(int level, const char *text)
{
	char line[640];
	size_t at = 0;

	if (level)
		at = (size_t)snprintf(line, sizeof(line), "<%d>", level);
	at += (size_t)snprintf(line + at, sizeof(line) - at, "wardd: %s\n", text);
	/* Nobody is left to tell that nobody reads. */
	if (write(STDERR_FILENO, line, at) < 0)
		return;
}

void say(enum said said, const char *backend, int err, const char *fmt, ...)
{
	const struct kind *kind = &kinds[said];
	bool listens = journald_listens(STDERR_FILENO);
	char text[512];
	size_t at = 0;
	va_list ap;

	if (backend)
		at = (size_t)snprintf(text, sizeof(text), "%.40s: ", backend);
	va_start(ap, fmt);
	vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	if (!listens || to_journal(kind, backend, err, text))
		to_stderr(listens ? (int)kind->priority : 0, text);
}
