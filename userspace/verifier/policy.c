// SPDX-License-Identifier: MIT
/*
 * Reading a policy: doc/formats.md section 7.
 */
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "fault.h"
#include "hex.h"
#include "json_read.h"
#include "policy.h"

const struct wv_policy policy_empty = { .tee = POLICY_TEE_SNP };

static const char *const members[] = {
	"ward-policy", "measurement", "accept_unmeasured", "purpose", "uid", "gid", "cgroup",
	"declared", "exe", "allow_debug", "vmpl_max", "host_data", "min_tcb", "posture",
	"taint_mask", "allow_tee", "lease_max", "lease_anchor", NULL,
};

/* Turns one element of a list into @width bytes; false = not of the right form. */
typedef bool (*element_fn)(json_t *v, uint8_t *out, size_t width);

static bool hex_element(json_t *v, uint8_t *out, size_t width)
{
	return json_is_string(v) && hex_decode(json_string_value(v), out, width);
}

/* Digests of 20 to 64 bytes, zero padded as in the claims. */
static bool exe_element(json_t *v, uint8_t *out, size_t width)
{
	size_t len = json_is_string(v) ? json_string_length(v) / 2 : 0;

	return len >= 20 && len <= width && hex_decode(json_string_value(v), out, len);
}

static bool id_element(json_t *v, uint8_t *out, size_t width)
{
	json_int_t n = json_is_integer(v) ? json_integer_value(v) : -1;
	size_t i;

	for (i = 0; i < width; i++)
		out[i] = (uint8_t)(n >> 8 * i);
	return n >= 0 && n <= UINT32_MAX;
}

static bool path_element(json_t *v, uint8_t *out, size_t width)
{
	struct wv_bytes path;

	(void)width;
	if (!json_is_string(v) || json_string_value(v)[0] != '/')
		return false;
	path = PIECE(json_string_value(v), json_string_length(v));
	return digest_sha256(out, &path, 1);
}

static int read_set(struct doc_in *in, const char *key, size_t width, element_fn element,
		    const char *what, struct policy_set *set)
{
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, in->root, key, POLICY_LIST_MAX, &list);

	if (rc || !list)
		return rc;
	set->width = width;
	set->values = calloc(json_array_size(list), width);
	if (!set->values)
		return fault_set(in->fault, WV_NO_MEMORY, key, -1, "no memory");
	json_array_foreach(list, i, v)
		if (!element(v, set->values + i * width, width))
			return doc_fault(in, key, "element %zu is not %s", i + 1, what);
	set->count = json_array_size(list);
	return WV_OK;
}

static int read_sets(struct doc_in *in, struct wv_policy *p)
{
	return read_set(in, "measurement", 48, hex_element, "96 hexadecimal digits",
			&p->measurement) ?:
	       read_set(in, "uid", 4, id_element, "a user id", &p->uid) ?:
	       read_set(in, "gid", 4, id_element, "a group id", &p->gid) ?:
	       read_set(in, "cgroup", 32, path_element, "a path that starts with '/'",
			&p->cgroup) ?:
	       read_set(in, "declared", 64, hex_element, "128 hexadecimal digits",
			&p->declared) ?:
	       read_set(in, "exe", 64, exe_element, "40 to 128 hexadecimal digits", &p->exe) ?:
	       read_set(in, "host_data", 32, hex_element, "64 hexadecimal digits",
			&p->host_data) ?:
	       read_set(in, "lease_anchor", 32, hex_element, "64 hexadecimal digits",
			&p->lease_anchor);
}

struct word {
	const char *text;
	uint64_t bit;
};

static const struct word posture_words[] = {
	{ "mem-encrypt", WARD_POSTURE_MEM_ENCRYPT },
	{ "module-sig", WARD_POSTURE_MODULE_SIG },
	{ "kexec-loaded", WARD_POSTURE_KEXEC_LOADED },
	{ "hibernation-off", WARD_POSTURE_HIBERNATION_OFF },
	{ "lockdown-integrity", WARD_POSTURE_LOCKDOWN_INTEGRITY },
	{ "lockdown-confidentiality", WARD_POSTURE_LOCKDOWN_CONF },
	{ "exclusive", WARD_POSTURE_EXCLUSIVE },
	{ "init-on-free", WARD_POSTURE_INIT_ON_FREE },
	{ NULL, 0 },
};

static const struct word tee_words[] = {
	{ "snp", POLICY_TEE_SNP },
	{ "simulated-snp", POLICY_TEE_SIMULATED },
	{ "tdx", POLICY_TEE_OTHER },
	{ "cca", POLICY_TEE_OTHER },
	{ NULL, 0 },
};

static int read_words(struct doc_in *in, const char *key, const struct word *words,
		      uint64_t *out)
{
	uint64_t bits = 0;
	json_t *list, *v;
	size_t i, n;
	int rc = doc_list(in, in->root, key, POLICY_LIST_MAX, &list);

	if (rc || !list)
		return rc;
	json_array_foreach(list, i, v) {
		for (n = 0; words[n].text; n++)
			if (json_is_string(v) && !strcmp(words[n].text, json_string_value(v)))
				break;
		if (!words[n].text)
			return doc_fault(in, key, "element %zu is not a word that is known here",
					  i + 1);
		bits |= words[n].bit;
	}
	*out = bits;
	return WV_OK;
}

static int read_parts(struct doc_in *in, json_t *object, int product, struct policy_tcb *t)
{
	static const char *const parts[] = { "fmc", "bootloader", "tee", "snp", "microcode",
					     NULL };
	uint8_t *const slots[] = { &t->min.fmc, &t->min.bootloader, &t->min.tee, &t->min.snp,
				   &t->min.microcode };
	uint64_t n = 0;
	size_t i;
	int rc;

	if (!json_is_object(object) || !json_object_size(object))
		return doc_fault(in, "min_tcb", "an object of levels is expected for %s",
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

static int read_min_tcb(struct doc_in *in, struct wv_policy *p)
{
	static const char *const products[] = { "milan", "genoa", "turin", NULL };
	json_t *object = json_object_get(in->root, "min_tcb"), *v;
	int rc, i;

	if (!object)
		return WV_OK;
	if (!json_is_object(object) || !json_object_size(object))
		return doc_fault(in, "min_tcb", "an object of products is expected");
	rc = doc_known(in, object, products);
	for (i = 0; !rc && products[i]; i++) {
		v = json_object_get(object, products[i]);
		if (v)
			rc = read_parts(in, v, i + 1, &p->min_tcb[i + 1]);
	}
	return rc;
}

static int read_purpose(struct doc_in *in, struct wv_policy *p)
{
	char word[16];
	int rc;

	if (!json_object_get(in->root, "purpose"))
		return WV_OK;
	rc = doc_text(in, in->root, "purpose", word, sizeof(word));
	if (rc)
		return rc;
	p->purpose = wv_purpose_find(word);
	if (!p->purpose)
		return doc_fault(in, "purpose",
				  "'%s' is none of release, channel, receipt, seal, report", word);
	return WV_OK;
}

static int read_lease(struct doc_in *in, struct wv_policy *p)
{
	int rc;

	if (!json_object_get(in->root, "lease_max"))
		return WV_OK;
	rc = doc_number(in, in->root, "lease_max", UINT32_MAX, 1, &p->lease_max);
	if (!rc && !p->lease_max)
		rc = doc_fault(in, "lease_max", "at least 1 second is expected");
	return rc;
}

static int read_policy(struct doc_in *in, struct wv_policy *p)
{
	uint64_t version = 0, vmpl = 0, tee = POLICY_TEE_SNP;
	int rc;

	rc = doc_known(in, in->root, members) ?:
	     doc_number(in, in->root, "ward-policy", 1, 1, &version);
	if (!rc && version != 1)
		rc = doc_fault(in, "ward-policy", "version 1 is the only one known");
	rc = rc ?: read_sets(in, p) ?: read_purpose(in, p) ?:
	     doc_flag(in, in->root, "accept_unmeasured", &p->accept_unmeasured) ?:
	     doc_flag(in, in->root, "allow_debug", &p->allow_debug) ?:
	     doc_number(in, in->root, "vmpl_max", 3, 0, &vmpl) ?:
	     read_min_tcb(in, p) ?: read_words(in, "posture", posture_words, &p->posture) ?:
	     doc_number(in, in->root, "taint_mask", INT64_MAX, 0, &p->taint_mask) ?:
	     read_words(in, "allow_tee", tee_words, &tee) ?: read_lease(in, p);
	p->vmpl_max = (uint32_t)vmpl;
	p->tee = (unsigned int)tee;
	return rc;
}

int wv_policy_parse(struct wv_bytes json, struct wv_policy **out, struct wv_fault *fault)
{
	struct wv_policy *p = calloc(1, sizeof(*p));
	struct doc_in in;
	int rc;

	*out = NULL;
	if (!p)
		return fault_set(fault, WV_NO_MEMORY, "policy", -1, "no memory");
	rc = doc_open(&in, json, WV_POLICY_MAX, WV_POLICY_DAMAGED, fault);
	if (!rc)
		rc = read_policy(&in, p);
	doc_close(&in);
	if (rc)
		wv_policy_free(p);
	else
		*out = p;
	return rc;
}

void wv_policy_free(struct wv_policy *p)
{
	if (!p)
		return;
	free(p->measurement.values);
	free(p->uid.values);
	free(p->gid.values);
	free(p->cgroup.values);
	free(p->declared.values);
	free(p->exe.values);
	free(p->host_data.values);
	free(p->lease_anchor.values);
	free(p);
}

uint64_t wv_policy_warnings(const struct wv_policy *p)
{
	uint64_t w = 0;

	if (!p->measurement.count)
		w |= WV_WARN_UNMEASURED;
	if (p->tee & POLICY_TEE_SIMULATED)
		w |= WV_WARN_SIMULATED;
	if (p->allow_debug)
		w |= WV_WARN_DEBUG;
	if (p->exe.count)
		w |= WV_WARN_EXE_ADVISORY;
	if (!p->purpose)
		w |= WV_WARN_NO_PURPOSE;
	return w;
}
