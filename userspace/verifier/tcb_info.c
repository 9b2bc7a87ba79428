// SPDX-License-Identifier: MIT
/*
 * A platform's security version numbers against TCB info: which level it reaches, and
 * how far it is from the newest. 4.1.2.4.11 and 4.1.2.4.17 of the DCAP quote
 * verification library.
 */
#include <stdio.h>
#include <string.h>

#include "fault.h"
#include "hex.h"
#include "tcb_status.h"

#define COMPONENTS 16

struct info_level {
	uint8_t sgx[COMPONENTS], tdx[COMPONENTS];
	uint16_t pcesvn;
};

static int read_components(struct doc_in *in, json_t *tcb, const char *key, uint8_t *out)
{
	json_t *list = json_object_get(tcb, key);
	uint64_t n = 0;
	size_t i;
	int rc = WV_OK;

	if (json_array_size(list) != COMPONENTS)
		return doc_fault(in, key, "a list of %d components is expected", COMPONENTS);
	for (i = 0; !rc && i < COMPONENTS; i++) {
		rc = doc_number(in, json_array_get(list, i), "svn", UINT8_MAX, 1, &n);
		out[i] = (uint8_t)n;
	}
	return rc;
}

static int read_info_level(struct doc_in *in, json_t *element, bool tdx, struct info_level *l)
{
	json_t *tcb = json_object_get(element, "tcb");
	uint64_t n = 0;
	int rc = read_components(in, tcb, "sgxtcbcomponents", l->sgx) ?:
		 doc_number(in, tcb, "pcesvn", UINT16_MAX, 1, &n);

	l->pcesvn = (uint16_t)n;
	if (!rc && tdx)
		rc = read_components(in, tcb, "tdxtcbcomponents", l->tdx);
	return rc;
}

static bool reaches(const uint8_t *have, const uint8_t *want, size_t from)
{
	size_t i;

	for (i = from; i < COMPONENTS; i++)
		if (have[i] < want[i])
			return false;
	return true;
}

static void fall_short(const uint8_t *have, const uint8_t *want, size_t from, uint8_t *out)
{
	size_t i;

	for (i = from; i < COMPONENTS; i++)
		out[i] = have[i] < want[i] ? (uint8_t)(want[i] - have[i]) : 0;
}

/* Components 0 and 1 are the module's where it has a generation: its identity speaks then. */
static size_t tdx_from(const struct wv_tdx *tdx)
{
	return tdx->tee_tcb_svn[1] ? 2 : 0;
}

static void measure_lag(const struct tcb_platform *t, const struct info_level *newest,
			struct wv_tcb_status *out)
{
	fall_short(t->pck->components, newest->sgx, 0, out->behind_sgx);
	if (t->pck->pce_svn < newest->pcesvn)
		out->behind_pcesvn = (uint16_t)(newest->pcesvn - t->pck->pce_svn);
	if (t->tdx)
		fall_short(t->tdx->tee_tcb_svn, newest->tdx, tdx_from(t->tdx), out->behind_tdx);
}

/**
 * struct search - positions in tcbLevels, -1 = none yet
 * @sgx: first that the certificate's SVNs reach; @both: ... and the TD's, too
 */
struct search {
	long sgx, both;
};

static int search_levels(struct doc_in *in, json_t *levels, const struct tcb_platform *t,
			 struct search *s, struct wv_tcb_status *out)
{
	struct info_level l;
	size_t i;
	int rc = WV_OK;

	s->sgx = s->both = -1;
	for (i = 0; !rc && s->both < 0 && i < json_array_size(levels); i++) {
		rc = read_info_level(in, json_array_get(levels, i), t->tdx != NULL, &l);
		if (rc)
			break;
		if (!i)
			measure_lag(t, &l, out);
		if (!reaches(t->pck->components, l.sgx, 0) || t->pck->pce_svn < l.pcesvn)
			continue;
		if (s->sgx < 0)
			s->sgx = (long)i;
		if (!t->tdx || reaches(t->tdx->tee_tcb_svn, l.tdx, tdx_from(t->tdx)))
			s->both = (long)i;
	}
	return rc;
}

static int unsupported(const struct tcb_platform *t, const struct search *s,
		       struct wv_fault *fault)
{
	char have[2 * COMPONENTS + 1];

	hex_encode(s->sgx < 0 ? t->pck->components : t->tdx->tee_tcb_svn, COMPONENTS, have);
	return fault_set(fault, WV_TCB_UNSUPPORTED, s->sgx < 0 ? "pck.tcb" : "tdx.tee_tcb_svn", -1,
			 "%s%s is below every level that TCB info lists", have,
			 s->sgx < 0 ? " of the PCK certificate" : " of the TD");
}

static int take_level(struct doc_in *in, json_t *levels, const struct search *s,
		      struct tcb_info_levels *found, struct wv_tcb_status *out)
{
	json_t *element = json_array_get(levels, (size_t)s->both);
	int64_t unused;
	int newest;
	int rc = tcb_read_level(in, json_array_get(levels, 0), &newest, &out->newest_date) ?:
		 tcb_read_level(in, json_array_get(levels, (size_t)s->sgx), &found->sgx, &unused) ?:
		 tcb_read_level(in, element, &out->platform, &out->tcb_date) ?:
		 tcb_add_advisories(in, element, out);

	if (!rc && tcb_outdated(out->platform))
		rc = tcb_add_outdated(in, levels, (size_t)s->both, out);
	/* No level above is known to be revoked; if one were, it would count. */
	if (found->sgx == WV_TCB_REVOKED)
		out->platform = WV_TCB_REVOKED;
	return rc;
}

/** find_module - the identity of the TDX module of generation @n: "TDX_01" and so on */
static json_t *find_module(json_t *object, uint8_t n)
{
	json_t *list = json_object_get(object, "tdxModuleIdentities"), *v;
	char id[8];
	size_t i;

	snprintf(id, sizeof(id), "TDX_%02X", n);
	json_array_foreach(list, i, v) {
		const char *has = json_string_value(json_object_get(v, "id"));

		if (has && !strcasecmp(has, id))
			return v;
	}
	return NULL;
}

static int no_module(struct wv_fault *fault, uint8_t n)
{
	return fault_set(fault, WV_TDX_MODULE_MISMATCH, "tdx.tee_tcb_svn", 1,
			 "TCB info knows no TDX module of generation %u", n);
}

static int compare_module(struct doc_in *in, json_t *module, const struct wv_tdx *tdx)
{
	uint8_t signer[48], attributes[8], mask[8];
	uint64_t want = 0, bits = 0;
	size_t i;
	int rc = doc_hex(in, module, "mrsigner", signer, sizeof(signer)) ?:
		 doc_hex(in, module, "attributes", attributes, sizeof(attributes)) ?:
		 doc_hex(in, module, "attributesMask", mask, sizeof(mask));

	if (rc)
		return rc;
	for (i = 0; i < 8; i++) {
		want |= (uint64_t)attributes[i] << 8 * i;
		bits |= (uint64_t)mask[i] << 8 * i;
	}
	if (memcmp(signer, tdx->mr_signer_seam, sizeof(signer)))
		return fault_set(in->fault, WV_TDX_MODULE_MISMATCH, "tdx.mr_signer_seam", -1,
				 "the TDX module is signed by another than TCB info says");
	if ((tdx->seam_attributes & bits) != want)
		return fault_set(in->fault, WV_TDX_MODULE_MISMATCH, "tdx.seam_attributes", -1,
				 "attributes 0x%016llx, TCB info says 0x%016llx",
				 (unsigned long long)tdx->seam_attributes,
				 (unsigned long long)want);
	return WV_OK;
}

static int evaluate_module(struct doc_in *in, json_t *object, const struct wv_tdx *tdx,
			   struct wv_tcb_status *out)
{
	uint8_t generation = tdx->tee_tcb_svn[1];
	json_t *module = generation ? find_module(object, generation) :
				      json_object_get(object, "tdxModule");
	struct tcb_svn_match m;
	int rc;

	if (!module)
		return no_module(in->fault, generation);
	rc = compare_module(in, module, tdx);
	if (rc || !generation)
		return rc;
	rc = tcb_match_svn(in, json_object_get(module, "tcbLevels"), tdx->tee_tcb_svn[0],
			   "tdx.tee_tcb_svn", &m, out);
	if (rc)
		return rc;
	out->module = m.level;
	out->module_date = m.date;
	out->behind_module = m.behind;
	return WV_OK;
}

int tcb_info_evaluate(const struct store_doc *d, const struct tcb_platform *t,
		      struct tcb_info_levels *found, struct wv_tcb_status *out,
		      struct wv_fault *fault)
{
	json_t *levels = json_object_get(d->object, "tcbLevels");
	struct doc_in in = tcb_doc_in(d, fault);
	uint64_t type = 0;
	struct search s;
	int rc = doc_number(&in, d->object, "tcbType", 0, 1, &type) ?:
		 (t->tdx ? evaluate_module(&in, d->object, t->tdx, out) : WV_OK) ?:
		 search_levels(&in, levels, t, &s, out);

	if (!rc && s.both < 0)
		rc = unsupported(t, &s, fault);
	if (!rc)
		rc = take_level(&in, levels, &s, found, out);
	found->tdx = tcb_converge(out->platform, out->module);
	return rc;
}

static bool patched_now(struct doc_in *in, const struct store_doc *d, const struct wv_tdx *tdx,
			int *rc)
{
	const uint8_t *now = tdx->tee_tcb_svn2;
	json_t *first = json_array_get(json_object_get(d->object, "tcbLevels"), 0);
	struct tcb_svn_match m;
	struct wv_tcb_status scratch = { .level = 0 };
	struct info_level newest;
	json_t *module;

	*rc = read_info_level(in, first, true, &newest);
	if (*rc || now[2] < newest.tdx[2])
		return false;
	if (!now[1])
		return now[0] >= newest.tdx[0];
	module = find_module(d->object, now[1]);
	if (!module) {
		*rc = no_module(in->fault, now[1]);
		return false;
	}
	*rc = tcb_match_svn(in, json_object_get(module, "tcbLevels"), now[0],
			    "tdx.tee_tcb_svn2", &m, &scratch);
	return !*rc && !m.behind;
}

int tcb_relaunch(const struct store_doc *d, const struct tcb_platform *t,
		 const struct tcb_info_levels *found, const struct wv_tcb_status *st, int *level,
		 struct wv_fault *fault)
{
	struct doc_in in = tcb_doc_in(d, fault);
	int rc = WV_OK;

	if (!t->tdx || t->tdx->body != 3 || tcb_outdated(st->qe) || st->qe == WV_TCB_REVOKED ||
	    tcb_outdated(found->sgx) || found->sgx == WV_TCB_REVOKED ||
	    !tcb_outdated(found->tdx) || st->module != WV_TCB_OUT_OF_DATE)
		return WV_OK;
	if (!patched_now(&in, d, t->tdx, &rc))
		return rc;
	*level = tcb_needs_configuration(found->sgx) || tcb_needs_configuration(found->tdx) ?
			 WV_TCB_TD_RELAUNCH_CONFIGURATION : WV_TCB_TD_RELAUNCH;
	return WV_OK;
}
