// SPDX-License-Identifier: MIT
/*
 * The member "snp" of a policy: doc/policy.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "policy_read.h"
#include "snp.h"

static const char *const members[] = {
	"id_key", "author_key", "require_id_block", "require_author_key", "family_id", "image_id",
	"chip_id", "report_id", "report_id_ma", "product", "min_launch_tcb", "min_committed_tcb",
	"min_version", "min_build", "min_guest_svn", "permit_provisional", "guest_policy",
	"platform_info", "launch_mitigations", "current_mitigations", NULL,
};

/* The 64 bytes of the report, or the 8 that Turin uses of them. */
static bool chip_element(json_t *v, uint8_t *out, size_t width)
{
	size_t len = json_is_string(v) ? json_string_length(v) / 2 : 0;

	return (len == width || len == 8) && hex_decode(json_string_value(v), out, len);
}

/* "milan", or with a stepping of CPUID, "milan-1". */
static bool product_element(json_t *v, uint8_t *out, size_t width)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	char again[24];
	int product, stepping;

	(void)width;
	for (product = WV_PRODUCT_MILAN; product <= WV_PRODUCT_TURIN; product++) {
		out[0] = (uint8_t)product;
		out[1] = SNP_ANY_STEPPING;
		if (!strcmp(text, wv_product_text(product)))
			return true;
		for (stepping = 0; stepping < 16; stepping++) {
			snprintf(again, sizeof(again), "%s-%d", wv_product_text(product), stepping);
			out[1] = (uint8_t)stepping;
			if (!strcmp(text, again))
				return true;
		}
	}
	return false;
}

static int read_sets(struct doc_in *in, json_t *o, struct policy_snp *s)
{
	static const char hex96[] = "96 hexadecimal digits", hex64[] = "64 hexadecimal digits",
			  hex32[] = "32 hexadecimal digits";

	return policy_read_set(in, o, "id_key", 48, policy_hex_element, hex96, &s->id_key) ?:
	       policy_read_set(in, o, "author_key", 48, policy_hex_element, hex96,
			       &s->author_key) ?:
	       policy_read_set(in, o, "family_id", 16, policy_hex_element, hex32, &s->family_id) ?:
	       policy_read_set(in, o, "image_id", 16, policy_hex_element, hex32, &s->image_id) ?:
	       policy_read_set(in, o, "chip_id", 64, chip_element,
			       "128 hexadecimal digits (or 16, of Turin)", &s->chip_id) ?:
	       policy_read_set(in, o, "report_id", 32, policy_hex_element, hex64, &s->report_id) ?:
	       policy_read_set(in, o, "report_id_ma", 32, policy_hex_element, hex64,
			       &s->report_id_ma) ?:
	       policy_read_set(in, o, "product", 2, product_element,
			       "milan, genoa or turin, or one of them with a stepping (milan-1)",
			       &s->product);
}

/* @count numbers from 0 to 255 with dots between them, each in one spelling. */
static bool read_dotted(const char *text, int count, uint8_t *out)
{
	char again[16];
	int at = 0, i, n;

	for (i = 0; i < count; i++) {
		n = 0;
		while (text[at] >= '0' && text[at] <= '9' && n <= 255)
			n = n * 10 + (text[at++] - '0');
		if (n > 255 || text[at++] != (i < count - 1 ? '.' : '\0'))
			return false;
		out[i] = (uint8_t)n;
	}
	if (count == 3)
		snprintf(again, sizeof(again), "%u.%u.%u", out[0], out[1], out[2]);
	else
		snprintf(again, sizeof(again), "%u.%u", out[0], out[1]);
	return !strcmp(again, text);
}

static int read_version(struct doc_in *in, json_t *o, struct policy_snp *s)
{
	uint8_t v[3] = { 0 };
	char text[16];
	int rc;

	if (!json_object_get(o, "min_version"))
		return WV_OK;
	rc = doc_text(in, o, "min_version", text, sizeof(text));
	if (rc)
		return rc;
	if (!read_dotted(text, 2, v) && !read_dotted(text, 3, v))
		return doc_fault(in, "min_version", "a version such as 1.55 or 1.55.29 is expected");
	s->has_version = 1;
	s->min_version[0] = v[2];
	s->min_version[1] = v[1];
	s->min_version[2] = v[0];
	return WV_OK;
}

static int read_abi(struct doc_in *in, json_t *o, struct policy_snp *s)
{
	uint8_t v[2];
	char text[16];
	int rc;

	if (!json_object_get(o, "min_abi"))
		return WV_OK;
	rc = doc_text(in, o, "min_abi", text, sizeof(text));
	if (rc)
		return rc;
	if (!read_dotted(text, 2, v))
		return doc_fault(in, "min_abi", "a version such as 1.51 is expected");
	s->has_abi = 1;
	s->min_abi = (uint16_t)(v[0] << 8 | v[1]);
	return WV_OK;
}

/* An object of bits, each true or false; @also is one more member that it may have. */
static int read_bits(struct doc_in *in, json_t *from, const char *key,
		     const struct snp_bit *bits, const char *also, struct policy_bits *out)
{
	const char *known[12] = { NULL };
	json_t *o = json_object_get(from, key);
	size_t i, n = 0;
	int rc;

	if (!o)
		return WV_OK;
	if (!json_is_object(o) || !json_object_size(o))
		return doc_fault(in, key, "an object of bits, each true or false, is expected");
	for (i = 0; bits[i].name; i++)
		known[n++] = bits[i].name;
	known[n] = also;
	rc = doc_known(in, o, known);
	for (i = 0; !rc && bits[i].name; i++) {
		int set = 0;

		if (!json_object_get(o, bits[i].name))
			continue;
		rc = doc_flag(in, o, bits[i].name, &set);
		out->mask |= 1ull << bits[i].bit;
		out->want |= (uint64_t)set << bits[i].bit;
	}
	return rc;
}

/* A list of numbers of bits. */
static int read_vector(struct doc_in *in, json_t *o, const char *key, uint64_t *out)
{
	json_t *list, *v;
	size_t i;
	int rc = doc_list(in, o, key, 64, &list);

	if (rc || !list)
		return rc;
	json_array_foreach(list, i, v) {
		if (!json_is_integer(v) || json_integer_value(v) < 0 || json_integer_value(v) > 63)
			return doc_fault(in, key, "element %zu is not a bit from 0 to 63", i + 1);
		*out |= 1ull << json_integer_value(v);
	}
	return WV_OK;
}

static int read_least(struct doc_in *in, json_t *o, struct policy_snp *s)
{
	return policy_read_tcb(in, o, "min_launch_tcb", s->min_launch_tcb) ?:
	       policy_read_tcb(in, o, "min_committed_tcb", s->min_committed_tcb) ?:
	       read_version(in, o, s) ?: doc_number(in, o, "min_build", 255, 0, &s->min_build) ?:
	       doc_number(in, o, "min_guest_svn", UINT32_MAX, 0, &s->min_guest_svn) ?:
	       doc_flag(in, o, "permit_provisional", &s->permit_provisional);
}

static int read_abilities(struct doc_in *in, json_t *o, struct policy_snp *s)
{
	return read_bits(in, o, "guest_policy", snp_guest_bits, "min_abi", &s->guest) ?:
	       read_abi(in, json_object_get(o, "guest_policy"), s) ?:
	       read_bits(in, o, "platform_info", snp_platform_bits, NULL, &s->platform) ?:
	       read_vector(in, o, "launch_mitigations", &s->launch_mitigations) ?:
	       read_vector(in, o, "current_mitigations", &s->current_mitigations);
}

int policy_read_snp(struct doc_in *in, struct policy_snp *s)
{
	json_t *o;
	int rc = doc_object(in, in->root, "snp", members, &o);

	s->permit_provisional = 1;
	if (rc || !o)
		return rc;
	s->given = 1;
	return read_sets(in, o, s) ?:
	       doc_flag(in, o, "require_id_block", &s->require_id_block) ?:
	       doc_flag(in, o, "require_author_key", &s->require_author_key) ?:
	       read_least(in, o, s) ?: read_abilities(in, o, s);
}

void policy_snp_clear(struct policy_snp *s)
{
	free(s->id_key.values);
	free(s->author_key.values);
	free(s->family_id.values);
	free(s->image_id.values);
	free(s->chip_id.values);
	free(s->report_id.values);
	free(s->report_id_ma.values);
	free(s->product.values);
}
