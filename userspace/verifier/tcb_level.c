// SPDX-License-Identifier: MIT
/*
 * What every list of levels has, in TCB info, TDX modules and identities: the newest
 * first, each with a date, a status and the advisories that apply to it.
 */
#include <string.h>

#include "fault.h"
#include "tcb_status.h"
#include "when.h"

struct doc_in tcb_doc_in(const struct store_doc *d, struct wv_fault *fault)
{
	return (struct doc_in){ .text = d->text, .reason = WV_COLLATERAL_DAMAGED,
				.fault = fault, .root = d->root };
}

static int read_date(struct doc_in *in, json_t *element, int64_t *date)
{
	char text[40];
	int rc = doc_text(in, element, "tcbDate", text, sizeof(text));

	if (!rc && !when_parse(text, date))
		rc = doc_fault(in, "tcbDate", "a time is expected: 2026-01-31T00:00:00Z");
	return rc;
}

int tcb_read_level(struct doc_in *in, json_t *element, int *level, int64_t *date)
{
	char word[64];
	int rc = read_date(in, element, date) ?:
		 doc_text(in, element, "tcbStatus", word, sizeof(word));

	if (rc)
		return rc;
	*level = tcb_level_find(word);
	if (*level < 0 || *level == WV_TCB_TD_RELAUNCH ||
	    *level == WV_TCB_TD_RELAUNCH_CONFIGURATION)
		return doc_fault(in, "tcbStatus", "'%s' is not known", word);
	return WV_OK;
}

static bool printable(const char *s)
{
	for (; *s; s++)
		if (*s <= 0x20 || *s > 0x7e)
			return false;
	return true;
}

static int add_advisory(struct doc_in *in, json_t *v, struct wv_tcb_status *out)
{
	const char *id = json_string_value(v);
	size_t i;

	if (!id || !*id || strlen(id) >= WV_ADVISORY_LEN || strlen(id) != json_string_length(v) ||
	    !printable(id))
		return doc_fault(in, "advisoryIDs", "text of 1 to %d letters is expected",
				 WV_ADVISORY_LEN - 1);
	for (i = 0; i < out->advisory_count; i++)
		if (!strcmp(out->advisories[i], id))
			return WV_OK;
	if (out->advisory_count == WV_ADVISORIES_MAX)
		return doc_fault(in, "advisoryIDs", "more than %d advisories", WV_ADVISORIES_MAX);
	strcpy(out->advisories[out->advisory_count++], id);
	return WV_OK;
}

int tcb_add_advisories(struct doc_in *in, json_t *element, struct wv_tcb_status *out)
{
	json_t *list = json_object_get(element, "advisoryIDs"), *v;
	size_t i;
	int rc = WV_OK;

	if (list && !json_is_array(list))
		return doc_fault(in, "advisoryIDs", "a list is expected");
	json_array_foreach(list, i, v)
		if ((rc = add_advisory(in, v, out)))
			break;
	return rc;
}

int tcb_add_outdated(struct doc_in *in, json_t *levels, size_t at, struct wv_tcb_status *out)
{
	int64_t own = 0, date = 0, since = INT64_MAX;
	size_t i;
	int rc = read_date(in, json_array_get(levels, at), &own);

	for (i = 0; !rc && i < at; i++) {
		rc = read_date(in, json_array_get(levels, i), &date);
		if (!rc && date > own && date < since)
			since = date;
	}
	if (!rc && since != INT64_MAX && (!out->outdated_since || since < out->outdated_since))
		out->outdated_since = since;
	return rc;
}

static int read_svn(struct doc_in *in, json_t *element, uint16_t *svn)
{
	uint64_t n = 0;
	int rc = doc_number(in, json_object_get(element, "tcb"), "isvsvn", UINT16_MAX, 1, &n);

	*svn = (uint16_t)n;
	return rc;
}

/* The level that fits: its status and date, its advisories, since when it is surpassed. */
static int take(struct doc_in *in, json_t *levels, struct tcb_svn_match *m,
		struct wv_tcb_status *out)
{
	json_t *element = json_array_get(levels, m->at);
	int rc = tcb_read_level(in, element, &m->level, &m->date) ?:
		 tcb_add_advisories(in, element, out);

	if (!rc && tcb_outdated(m->level))
		rc = tcb_add_outdated(in, levels, m->at, out);
	return rc;
}

int tcb_match_svn(struct doc_in *in, json_t *levels, uint16_t svn, const char *field,
		  struct tcb_svn_match *m, struct wv_tcb_status *out)
{
	size_t i, count = json_array_size(levels);
	uint16_t want;
	int rc;

	memset(m, 0, sizeof(*m));
	for (i = 0; i < count; i++) {
		rc = read_svn(in, json_array_get(levels, i), &want);
		if (rc)
			return rc;
		if (!i && svn < want)
			m->behind = (uint16_t)(want - svn);
		m->at = i;
		if (svn >= want)
			return take(in, levels, m, out);
	}
	return fault_set(in->fault, count ? WV_TCB_UNSUPPORTED : WV_COLLATERAL_DAMAGED, field, -1,
			 count ? "SVN %u is below every level that is listed" :
				 "no level is listed for SVN %u", svn);
}
