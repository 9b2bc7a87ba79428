// SPDX-License-Identifier: MIT
/*
 * Evidence as Trustee's verifiers read it. An SNP report goes field by field, under the
 * names that the sev crate gives them, since its reader takes no bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "kbs_private.h"

#define SNP_REPORT_LEN	1184
#define SNP_V3		3	/* from here on with the processor's family, model, stepping */
#define SNP_V5		5	/* and mitigation vectors */
#define FAMILY_TURIN	0x1a
#define CERTS_MAX	16

const char *kbs_trustee_tee(uint32_t tee)
{
	switch (tee) {
	case WARD_TEE_SNP:
	case WARD_TEE_SIMULATED:
		return "snp";
	case WARD_TEE_TDX:
		return "tdx";
	case WARD_TEE_CCA:
		return "cca";
	default:	/* a vTPM's quote holds SHA-256 of the report data, see formats.md */
		return NULL;
	}
}

static json_t *bytes(const uint8_t *data, size_t len)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < len; i++)
		if (json_array_append_new(list, json_integer(data[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_int_t le(const uint8_t *p, size_t len)
{
	uint64_t value = 0;

	while (len--)
		value = value << 8 | p[len];
	return (json_int_t)value;
}

/* Eight bytes; Turin has the FMC in the first and moves the rest. */
static json_t *tcb(const uint8_t *p, int turin)
{
	if (turin)
		return json_pack("{s:i, s:i, s:i, s:i, s:i}", "fmc", p[0], "bootloader", p[1],
				 "tee", p[2], "snp", p[3], "microcode", p[7]);
	return json_pack("{s:n, s:i, s:i, s:i, s:i}", "fmc", "bootloader", p[0], "tee", p[1], "snp",
			 p[6], "microcode", p[7]);
}

static json_t *firmware(const uint8_t *p)
{
	return json_pack("{s:i, s:i, s:i}", "major", p[2], "minor", p[1], "build", p[0]);
}

static json_t *signature(const uint8_t *p)
{
	return json_pack("{s:o, s:o}", "r", bytes(p, 72), "s", bytes(p + 72, 72));
}

static json_t *optional(int there, json_int_t value)
{
	return there ? json_integer(value) : json_null();
}

/* Numbers and digests of the report; @p: SNP_REPORT_LEN bytes. */
static json_t *report_plain(const uint8_t *p)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o,"
			 " s:o, s:o, s:o}",
			 "version", le(p, 4), "guest_svn", le(p + 4, 4), "policy", le(p + 8, 8),
			 "family_id", bytes(p + 0x10, 16), "image_id", bytes(p + 0x20, 16),
			 "vmpl", le(p + 0x30, 4), "sig_algo", le(p + 0x34, 4),
			 "plat_info", le(p + 0x40, 8), "key_info", le(p + 0x48, 4),
			 "report_data", bytes(p + 0x50, 64), "measurement", bytes(p + 0x90, 48),
			 "host_data", bytes(p + 0xc0, 32), "id_key_digest", bytes(p + 0xe0, 48),
			 "author_key_digest", bytes(p + 0x110, 48), "report_id",
			 bytes(p + 0x140, 32), "report_id_ma", bytes(p + 0x160, 32), "chip_id",
			 bytes(p + 0x1a0, 64));
}

static json_t *report_versions(const uint8_t *p)
{
	int v3 = le(p, 4) >= SNP_V3, v5 = le(p, 4) >= SNP_V5;
	int turin = v3 && p[0x188] >= FAMILY_TURIN;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "current_tcb", tcb(p + 0x38, turin), "reported_tcb", tcb(p + 0x180, turin),
			 "cpuid_fam_id", optional(v3, p[0x188]), "cpuid_mod_id",
			 optional(v3, p[0x189]), "cpuid_step", optional(v3, p[0x18a]),
			 "committed_tcb", tcb(p + 0x1e0, turin), "current", firmware(p + 0x1e8),
			 "committed", firmware(p + 0x1ec), "launch_tcb", tcb(p + 0x1f0, turin),
			 "launch_mit_vector", optional(v5, le(p + 0x1f8, 8)), "current_mit_vector",
			 optional(v5, le(p + 0x200, 8)), "signature", signature(p + 0x2a0));
}

static json_t *report(const struct ward_evidence *e)
{
	json_t *all, *more;

	if (e->data_len < SNP_REPORT_LEN)
		return NULL;
	all = report_plain(e->data);
	more = report_versions(e->data);
	if (!all || !more || json_object_update(all, more)) {
		json_decref(all);
		all = NULL;
	}
	json_decref(more);
	return all;
}

/* The GUIDs of the certificate table (GHCB specification) by their first four bytes. */
static const char *cert_type(const uint8_t *guid)
{
	static const struct { uint8_t first[4]; const char *name; } types[] = {
		{ { 0x63, 0xda, 0x75, 0x8d }, "VCEK" }, { { 0xa8, 0x07, 0x4b, 0xc2 }, "VLEK" },
		{ { 0x4a, 0xb7, 0xb3, 0x79 }, "ASK" }, { { 0xc0, 0xb4, 0x06, 0xa4 }, "ARK" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!memcmp(guid, types[i].first, 4))
			return types[i].name;
	return NULL;
}

/*
 * A row is a GUID, an offset and a length. What is damaged, or of another kind, is left
 * out: the verifier looks for what it lacks, and believes none of it unseen.
 */
static json_t *certificates(const uint8_t *table, size_t len)
{
	json_t *list = json_array();
	static const uint8_t end[16];
	size_t at;

	for (at = 0; list && at / 24 < CERTS_MAX && at + 24 <= len; at += 24) {
		const char *type = cert_type(table + at);
		uint64_t start = (uint64_t)le(table + at + 16, 4);
		uint64_t size = (uint64_t)le(table + at + 20, 4);

		if (!memcmp(table + at, end, sizeof(end)))
			break;
		if (type && start <= len && size <= len - start)
			json_array_append_new(list, json_pack("{s:s, s:o}", "cert_type", type,
							      "data", bytes(table + start, size)));
	}
	if (json_array_size(list))
		return list;
	json_decref(list);
	return json_null();
}

static json_t *base64(const uint8_t *data, size_t len)
{
	size_t room = 4 * ((len + 2) / 3) + 1;
	unsigned char *text = malloc(room);
	json_t *out = NULL;

	if (text && EVP_EncodeBlock(text, data, (int)len) == (int)room - 1)
		out = json_string((char *)text);
	free(text);
	return out;
}

json_t *kbs_trustee_evidence(const struct ward_evidence *e)
{
	switch (e->tee) {
	case WARD_TEE_SNP:
	case WARD_TEE_SIMULATED:
		return json_pack("{s:o, s:o}", "attestation_report", report(e), "cert_chain",
				 certificates(e->aux, e->aux_len));
	case WARD_TEE_TDX:
		return json_pack("{s:o, s:n}", "quote", base64(e->data, e->data_len),
				 "cc_eventlog");
	case WARD_TEE_CCA:
		return json_pack("{s:o}", "token", bytes(e->data, e->data_len));
	default:
		return NULL;
	}
}
