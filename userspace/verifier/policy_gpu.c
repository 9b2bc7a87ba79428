// SPDX-License-Identifier: MIT
/*
 * The member "gpu" of a policy: doc/policy.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "gpu.h"
#include "hex.h"
#include "policy_read.h"

static const char *const members[] = {
	"required", "arch", "device_id", "driver_version", "vbios_version", "measurements", NULL,
};

/* Text of 1 to 31 printable characters, zero padded. */
static bool text_element(json_t *v, uint8_t *out, size_t width)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t len = strlen(text), i;

	for (i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	if (!len || len >= width)
		return false;
	memcpy(out, text, len);
	return true;
}

/* As NVIDIA writes it: 96.00.9F.00.01, in either case. */
static bool vbios_element(json_t *v, uint8_t *out, size_t width)
{
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t i;

	(void)width;
	if (strlen(text) != 14)
		return false;
	for (i = 0; i < 14; i++) {
		if ((i % 3 == 2) ? text[i] != '.' : hex_digit(text[i]) < 0)
			return false;
		out[i] = (uint8_t)(text[i] >= 'a' ? text[i] - 'a' + 'A' : text[i]);
	}
	return true;
}

static bool id_element(json_t *v, uint8_t *out, size_t width)
{
	uint8_t bytes[8];
	const char *text = json_is_string(v) ? json_string_value(v) : "";
	size_t i;

	(void)width;
	if (!hex_decode(text, bytes, sizeof(bytes)))
		return false;
	for (i = 0; i < 16; i++)
		out[i] = (uint8_t)(text[i] >= 'a' ? text[i] - 'a' + 'A' : text[i]);
	return true;
}

static const struct policy_word archs[] = {
	{ "hopper", 1u << 0 },
	{ "blackwell", 1u << 1 },
	{ NULL, 0 },
};

/* "1" to "255", each in one spelling; 0 = it is none. */
static unsigned int index_of(const char *text)
{
	char again[8];
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < 3 && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (unsigned int)(text[i] - '0');
	snprintf(again, sizeof(again), "%u", n);
	return n < 256 && !strcmp(again, text) ? n : 0;
}

static int read_blocks(struct doc_in *in, json_t *object, struct policy_gpu *out)
{
	json_t *blocks = json_object_get(object, "measurements"), *value;
	const char *key;

	if (!blocks)
		return WV_OK;
	if (!json_is_object(blocks) || !json_object_size(blocks))
		return doc_fault(in, "measurements", "an object of indices is expected");
	out->blocks = calloc(json_object_size(blocks), sizeof(*out->blocks));
	if (!out->blocks)
		return fault_set(in->fault, WV_NO_MEMORY, "measurements", -1, "no memory");
	json_object_foreach(blocks, key, value) {
		struct policy_gpu_block *b = &out->blocks[out->block_count];
		int rc;

		b->index = index_of(key);
		if (!b->index)
			return doc_fault(in, key, "an index from \"1\" to \"255\" is expected");
		out->block_count++;
		rc = policy_read_set(in, blocks, key, 48, policy_hex_element,
				     "96 hexadecimal digits", &b->values);
		if (rc)
			return rc;
	}
	return WV_OK;
}

int policy_read_gpu(struct doc_in *in, struct policy_gpu *out)
{
	json_t *object;
	int rc = doc_object(in, in->root, "gpu", members, &object);

	if (rc || !object)
		return rc;
	out->required = 1;
	return doc_flag(in, object, "required", &out->required) ?:
	       policy_read_words(in, object, "arch", archs, &out->arch) ?:
	       policy_read_set(in, object, "device_id", WV_GPU_TEXT, id_element,
			       "16 hexadecimal digits", &out->device_id) ?:
	       policy_read_set(in, object, "driver_version", WV_GPU_TEXT, text_element,
			       "1 to 31 printable characters", &out->driver_version) ?:
	       policy_read_set(in, object, "vbios_version", WV_GPU_TEXT, vbios_element,
			       "five pairs of hexadecimal digits with dots between them",
			       &out->vbios_version) ?:
	       read_blocks(in, object, out);
}

void policy_gpu_clear(struct policy_gpu *g)
{
	size_t i;

	free(g->device_id.values);
	free(g->driver_version.values);
	free(g->vbios_version.values);
	for (i = 0; i < g->block_count; i++)
		free(g->blocks[i].values.values);
	free(g->blocks);
}

static int check_text(struct rules *rules, const char *name, const struct policy_set *set,
		      const char *found, int reason, const char *field)
{
	char expected[256] = "";
	uint8_t value[WV_GPU_TEXT] = { 0 };
	struct wv_rule says = { .name = name, .reason = reason, .field = field, .offset = -1,
				.expected = expected, .found = *found ? found : "nothing" };
	size_t i, len = 0;

	if (!set->count)
		return WV_OK;
	memcpy(value, found, strlen(found));
	says.held = *found && policy_has(set, value);
	for (i = 0; i < set->count && len + WV_GPU_TEXT + 8 < sizeof(expected); i++)
		len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s%s",
					i ? " or " : "", (const char *)set->values + i * set->width);
	return rule(rules, &says, "the GPU says '%s', which is not in the policy's list",
		    says.found);
}

static int check_arch(struct rules *rules, uint64_t accepted, const char *found)
{
	char expected[64];
	struct wv_rule says = { .name = "gpu.arch", .reason = WV_GPU_REFUSED, .field = "gpu.arch",
				.offset = -1, .expected = expected, .found = found };
	size_t i;

	if (!accepted)
		return WV_OK;
	policy_words_text(archs, accepted, expected, sizeof(expected));
	for (i = 0; archs[i].text; i++)
		if (!strcmp(archs[i].text, found))
			says.held = (accepted & archs[i].bit) != 0;
	return rule(rules, &says, "the GPU is of architecture %s", found);
}

static int check_block(struct rules *rules, const struct policy_gpu_block *b,
		       const struct wv_gpu *g)
{
	const struct wv_gpu_block *have = gpu_block(g, b->index);
	char name[40], field[40];
	struct wv_rule says = { .name = name, .reason = WV_GPU_MEASUREMENT_MISMATCH,
				.field = field, .offset = -1, .expected = "a digest of 48 bytes",
				.found = "none" };

	snprintf(name, sizeof(name), "gpu.measurements.%u", b->index);
	snprintf(field, sizeof(field), "gpu.measurements.%u", b->index);
	if (!have || have->len != 48)
		return rule(rules, &says, "the report has no digest of index %u", b->index);
	return rule_set(rules, name, &b->values, have->value, WV_GPU_MEASUREMENT_MISMATCH, field,
			-1);
}

int policy_gpu(const struct policy_gpu *p, const struct wv_gpu *g, struct rules *rules)
{
	size_t i;
	int rc = check_arch(rules, p->arch, g->arch) ?:
		 check_text(rules, "gpu.device_id", &p->device_id, g->device_id, WV_GPU_REFUSED,
			    "gpu.device_id") ?:
		 check_text(rules, "gpu.driver_version", &p->driver_version, g->driver_version,
			    WV_GPU_VERSION_REFUSED, "gpu.driver_version") ?:
		 check_text(rules, "gpu.vbios_version", &p->vbios_version, g->vbios_version,
			    WV_GPU_VERSION_REFUSED, "gpu.vbios_version");

	for (i = 0; !rc && i < p->block_count; i++)
		rc = check_block(rules, &p->blocks[i], g);
	return rc;
}
