// SPDX-License-Identifier: MIT
/*
 * An event log and a program: what the log's events say for people, and the registers of a
 * boot with that program, initrd and command line in the places of the log's. With nothing
 * replaced they are those to which the log leads.
 */
#include <string.h>

#include "../../userspace/wardctl/measure_boot.h"
#include "sentence.h"

static struct boot boot;

static void texts(const struct wv_tcglog *log)
{
	char text[EVENT_TEXT_MAX], section[EVENT_TEXT_MAX];
	struct wv_tcglog_event e;
	size_t at = log->first, i;

	while (wv_tcglog_next(log, &at, &e)) {
		event_text(&e, text);
		for (i = 0; text[i]; i++)
			if (text[i] < ' ' || text[i] > '~')
				fuzz_die("an event's text goes to a terminal with byte %d", text[i]);
		if (event_role(&e, section) == EVENT_SECTION && section[0] != '.')
			fuzz_die("'%s' is no section", section);
	}
}

static int unchanged(const struct wv_tcglog *log)
{
	const struct boot_parts none = { .kernel = NULL };
	struct wv_tcglog_pcrs pcrs;
	struct wv_fault fault;
	int rc = fuzz_sentence(boot_predict(log, &none, &boot));

	if (!rc && !wv_tcglog_replay(log, WV_ALG_SHA256, &pcrs, &fault) &&
	    memcmp(&pcrs, &boot.pcrs, sizeof(pcrs)))
		fuzz_die("a boot with nothing replaced has other registers than its log");
	return rc;
}

static void replaced(const struct wv_tcglog *log, struct wv_bytes image)
{
	struct boot_parts parts = { .initrd = image };
	struct pe pe;

	fuzz_sentence(boot_predict(log, &parts, &boot));
	parts = (struct boot_parts){ .cmdline = image };
	fuzz_sentence(boot_predict(log, &parts, &boot));
	if (fuzz_sentence(pe_read(image, &pe)))
		return;
	parts = (struct boot_parts){ .kernel = &pe };
	fuzz_sentence(boot_predict(log, &parts, &boot));
	parts = (struct boot_parts){ .uki = &pe };
	fuzz_sentence(boot_predict(log, &parts, &boot));
}

int fuzz_one(struct wv_bytes in)
{
	struct wv_bytes first, image;
	struct wv_tcglog log;
	struct wv_fault fault;
	int rc;

	if (!fuzz_split(in, &first, &image))
		return WV_EVIDENCE_DAMAGED;
	rc = fuzz_refusal(wv_tcglog_open(first, &log, &fault), &fault);
	if (rc)
		return rc;
	texts(&log);
	replaced(&log, image);
	return unchanged(&log);
}
