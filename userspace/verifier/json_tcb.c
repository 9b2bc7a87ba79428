// SPDX-License-Identifier: MIT
/*
 * A platform against its vendor's collateral, as JSON: doc/json.md.
 */
#include "json_write.h"

static void put_date(struct json_out *o, const char *key, int64_t t)
{
	if (t)
		out_put_when(o, key, t);
	else
		out_put_text(o, key, NULL);
}

static json_t *numbers(const uint8_t *n, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < count; i++)
		json_array_append_new(list, json_integer(n[i]));
	return list;
}

static json_t *behind_json(const struct wv_tcb_status *s)
{
	struct json_out o = out_start();

	out_put(&o, "sgx", numbers(s->behind_sgx, sizeof(s->behind_sgx)));
	out_put(&o, "tdx", numbers(s->behind_tdx, sizeof(s->behind_tdx)));
	out_put_number(&o, "pcesvn", s->behind_pcesvn);
	out_put_number(&o, "qe", s->behind_qe);
	out_put_number(&o, "module", s->behind_module);
	return out_take(&o);
}

static json_t *unchecked_json(unsigned int bits)
{
	static const char words[][12] = { "tcb-info", "qe-identity", "pck-crl", "root-crl" };
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < sizeof(words) / sizeof(words[0]); i++)
		if (bits & 1u << i)
			json_array_append_new(list, json_string(words[i]));
	return list;
}

static json_t *advisories_json(const struct wv_tcb_status *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < s->advisory_count; i++)
		json_array_append_new(list, json_string(s->advisories[i]));
	return list;
}

json_t *tcb_status_json(const struct wv_tcb_status *s)
{
	struct json_out o = out_start();

	out_put_text(&o, "status", wv_tcb_level_text(s->level));
	out_put_text(&o, "platform", wv_tcb_level_text(s->platform));
	out_put_text(&o, "qe", wv_tcb_level_text(s->qe));
	out_put_text(&o, "module", wv_tcb_level_text(s->module));
	out_put(&o, "unchecked", unchecked_json(s->unchecked));
	put_date(&o, "tcb_date", s->tcb_date);
	put_date(&o, "newest_date", s->newest_date);
	put_date(&o, "qe_date", s->qe_date);
	put_date(&o, "module_date", s->module_date);
	put_date(&o, "outdated_since", s->outdated_since);
	out_put(&o, "behind", behind_json(s));
	out_put(&o, "advisories", advisories_json(s));
	put_date(&o, "issued", s->issued);
	put_date(&o, "next_update", s->next_update);
	out_put_number(&o, "age_seconds", s->issued && s->age > 0 ? (uint64_t)s->age : 0);
	out_put_number(&o, "evaluation", s->evaluation);
	return out_take(&o);
}
