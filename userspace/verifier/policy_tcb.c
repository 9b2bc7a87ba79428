// SPDX-License-Identifier: MIT
/*
 * Least security patch levels, per product: doc/policy.md.
 */
#include <stdio.h>

#include "policy_read.h"
#include "rule.h"

static const char *const parts[] = { "fmc", "bootloader", "tee", "snp", "microcode", NULL };

static int read_parts(struct doc_in *in, const char *key, json_t *object, int product,
		      struct policy_tcb *t)
{
	uint8_t *const slots[] = { &t->min.fmc, &t->min.bootloader, &t->min.tee, &t->min.snp,
				   &t->min.microcode };
	uint64_t n = 0;
	size_t i;
	int rc;

	if (!json_is_object(object) || !json_object_size(object))
		return doc_fault(in, key, "an object of levels is expected for %s",
				  wv_product_text(product));
	if (product != WV_PRODUCT_TURIN && json_object_get(object, "fmc"))
		return doc_fault(in, "fmc", "only turin has this part");
	rc = doc_known(in, object, parts);
	for (i = 0; !rc && parts[i]; i++) {
		if (!json_object_get(object, parts[i]))
			continue;
		rc = doc_number(in, object, parts[i], 255, 1, &n);
		*slots[i] = (uint8_t)n;
		t->has |= 1u << i;
	}
	return rc;
}

int policy_read_tcb(struct doc_in *in, json_t *from, const char *key, struct policy_tcb *out)
{
	static const char *const products[] = { "milan", "genoa", "turin", NULL };
	json_t *object = json_object_get(from, key), *v;
	int rc, i;

	if (!object)
		return WV_OK;
	if (!json_is_object(object) || !json_object_size(object))
		return doc_fault(in, key, "an object of products is expected");
	rc = doc_known(in, object, products);
	for (i = 0; !rc && products[i]; i++) {
		v = json_object_get(object, products[i]);
		if (v)
			rc = read_parts(in, key, v, i + 1, &out[i + 1]);
	}
	return rc;
}

/* A policy with levels for other products only says nothing of this one. */
static int check_product(struct rules *rules, const struct tcb_rule *t)
{
	struct wv_rule says = { .name = t->name, .held = t->min[t->product].has != 0,
				.reason = WV_TCB_BELOW_POLICY, .field = t->field,
				.offset = t->offset, .expected = "a product that the policy names",
				.found = wv_product_text(t->product) };
	unsigned int any = 0;
	int i;

	for (i = 0; i <= WV_PRODUCT_TURIN; i++)
		any |= t->min[i].has;
	if (!any)
		return WV_OK;
	return rule(rules, &says, "%s of the policy has no levels for %s", t->name,
		    wv_product_text(t->product));
}

int policy_tcb(struct rules *rules, const struct tcb_rule *t)
{
	const struct policy_tcb *p = &t->min[t->product];
	const uint8_t want[] = { p->min.fmc, p->min.bootloader, p->min.tee, p->min.snp,
				 p->min.microcode };
	const uint8_t have[] = { t->found->fmc, t->found->bootloader, t->found->tee,
				 t->found->snp, t->found->microcode };
	char name[64];
	size_t i;
	int rc = check_product(rules, t);

	for (i = 0; !rc && i < sizeof(want); i++) {
		if (!(p->has & 1u << i))
			continue;
		snprintf(name, sizeof(name), "%s.%s.%s", t->name, wv_product_text(t->product),
			 parts[i]);
		rc = rule_least(rules, name, want[i], have[i], WV_TCB_BELOW_POLICY, t->field,
				t->offset);
	}
	return rc;
}
