// SPDX-License-Identifier: MIT
/*
 * A platform's TCB status, for people.
 */
#include <stdio.h>

#include "appraise.h"

static void day(int64_t t, char out[32])
{
	wv_time_text(t, out);
	out[10] = '\0';
}

static void show_level(struct output *o, const struct wv_tcb_status *s)
{
	char since[32] = "";

	if (s->outdated_since)
		day(s->outdated_since, since);
	out_textf(o, "tcb", "%s%s%s (platform %s, quoting enclave %s, TDX module %s)",
		  wv_tcb_level_text(s->level), *since ? " since " : "", since,
		  wv_tcb_level_text(s->platform), wv_tcb_level_text(s->qe),
		  wv_tcb_level_text(s->module));
}

static void components(struct output *o, const char *of, const uint8_t *behind)
{
	int i;

	for (i = 0; i < 16; i++)
		if (behind[i])
			out_textf(o, NULL, "%s component %d by %u", of, i + 1, behind[i]);
}

static void show_behind(struct output *o, const struct wv_tcb_status *s)
{
	unsigned int any = s->behind_pcesvn | s->behind_qe | s->behind_module;
	int i;

	for (i = 0; i < 16; i++)
		any |= s->behind_sgx[i] | s->behind_tdx[i];
	if (!any)
		return;
	out_list(o, "behind");
	components(o, "SGX", s->behind_sgx);
	components(o, "TDX", s->behind_tdx);
	if (s->behind_pcesvn)
		out_textf(o, NULL, "PCE by %u", s->behind_pcesvn);
	if (s->behind_module)
		out_textf(o, NULL, "TDX module by %u", s->behind_module);
	if (s->behind_qe)
		out_textf(o, NULL, "quoting enclave by %u", s->behind_qe);
	out_close(o);
}

static void show_advisories(struct output *o, const struct wv_tcb_status *s)
{
	size_t i;

	if (!s->advisory_count)
		return;
	out_list(o, "advisories");
	for (i = 0; i < s->advisory_count; i++)
		out_text(o, NULL, s->advisories[i]);
	out_close(o);
}

static void show_unchecked(struct output *o, unsigned int bits)
{
	static const char *const words[] = {
		"TCB info", "identity of the quoting enclave", "revocation list of the platform's CA",
		"revocation list of the root",
	};
	size_t i;

	if (!bits)
		return;
	out_list(o, "not_given");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bits & 1u << i)
			out_text(o, NULL, words[i]);
	out_close(o);
}

void show_tcb(struct output *o, const struct wv_tcb_status *s)
{
	char from[32], to[32];

	show_level(o, s);
	show_behind(o, s);
	show_advisories(o, s);
	if (s->issued) {
		day(s->issued, from);
		day(s->next_update, to);
		out_textf(o, "tcb_info", "of %s, %lld days old, to be replaced by %s (evaluation %u)",
			  from, (long long)(s->age / 86400), to, s->evaluation);
	}
	show_unchecked(o, s->unchecked);
}
