// SPDX-License-Identifier: MIT
#include <string.h>

#include "cursor.h"
#include "fault.h"
#include "snp.h"

#define KEY_INFO_SIGNING(k) ((k) >> 2 & 7)
#define KEY_INFO_RESERVED (~0x1fu)
#define POLICY_MUST_BE_ONE (1ull << 17)
#define POLICY_RESERVED (~0x3ffffffull)	/* from bit 26 on, revision 1.58 */

const char *wv_product_text(int product)
{
	static const char names[][8] = { "unknown", "milan", "genoa", "turin" };

	return product > 0 && product <= WV_PRODUCT_TURIN ? names[product] : names[0];
}

/*
 * AMD 56860, TCB_VERSION: Turin moved every part and added FMC. Bytes that no
 * part uses are reserved and ignored, as the VEK certificate ignores them.
 */
struct wv_tcb snp_tcb(uint64_t raw, int product)
{
	struct wv_tcb t = { 0 };

	if (product == WV_PRODUCT_TURIN) {
		t.fmc = (uint8_t)raw;
		t.bootloader = (uint8_t)(raw >> 8);
		t.tee = (uint8_t)(raw >> 16);
		t.snp = (uint8_t)(raw >> 24);
	} else {
		t.bootloader = (uint8_t)raw;
		t.tee = (uint8_t)(raw >> 8);
		t.snp = (uint8_t)(raw >> 48);
	}
	t.microcode = (uint8_t)(raw >> 56);
	return t;
}

void snp_set_product(struct wv_snp_report *report, int product)
{
	report->product = product;
	report->current_tcb = snp_tcb(report->raw_current_tcb, product);
	report->reported_tcb = snp_tcb(report->raw_reported_tcb, product);
	report->committed_tcb = snp_tcb(report->raw_committed_tcb, product);
	report->launch_tcb = snp_tcb(report->raw_launch_tcb, product);
}

/* Family and model as CPUID gives them, extended parts added. */
static int product_of(const struct wv_snp_report *r)
{
	if (r->version < 3)
		return WV_PRODUCT_UNKNOWN;
	if (r->cpuid_family == 0x19 && r->cpuid_model <= 0x0f)
		return WV_PRODUCT_MILAN;
	if (r->cpuid_family == 0x19 && (r->cpuid_model >> 4 == 1 || r->cpuid_model >> 4 == 0xa))
		return WV_PRODUCT_GENOA;
	if (r->cpuid_family == 0x1a && r->cpuid_model <= 0x1f)
		return WV_PRODUCT_TURIN;
	return WV_PRODUCT_UNKNOWN;
}

static void read_head(struct cursor *c, struct wv_snp_report *r)
{
	r->version = cursor_le32(c);
	r->guest_svn = cursor_le32(c);
	r->policy = cursor_le64(c);
	cursor_copy(c, r->family_id, sizeof(r->family_id));
	cursor_copy(c, r->image_id, sizeof(r->image_id));
	r->vmpl = cursor_le32(c);
	r->signature_algo = cursor_le32(c);
	r->raw_current_tcb = cursor_le64(c);
	r->platform_info = cursor_le64(c);
	r->key_info = cursor_le32(c);
	r->signing_key = KEY_INFO_SIGNING(r->key_info);
	cursor_skip(c, 4);
}

static void read_digests(struct cursor *c, struct wv_snp_report *r)
{
	cursor_copy(c, r->report_data, sizeof(r->report_data));
	cursor_copy(c, r->measurement, sizeof(r->measurement));
	cursor_copy(c, r->host_data, sizeof(r->host_data));
	cursor_copy(c, r->id_key_digest, sizeof(r->id_key_digest));
	cursor_copy(c, r->author_key_digest, sizeof(r->author_key_digest));
	cursor_copy(c, r->report_id, sizeof(r->report_id));
	cursor_copy(c, r->report_id_ma, sizeof(r->report_id_ma));
}

static void read_platform(struct cursor *c, struct wv_snp_report *r)
{
	r->raw_reported_tcb = cursor_le64(c);
	r->cpuid_family = cursor_u8(c);
	r->cpuid_model = cursor_u8(c);
	r->cpuid_stepping = cursor_u8(c);
	cursor_skip(c, 21);
	cursor_copy(c, r->chip_id, sizeof(r->chip_id));
	r->raw_committed_tcb = cursor_le64(c);
	cursor_copy(c, r->current_version, sizeof(r->current_version));
	cursor_skip(c, 1);
	cursor_copy(c, r->committed_version, sizeof(r->committed_version));
	cursor_skip(c, 1);
	r->raw_launch_tcb = cursor_le64(c);
	r->launch_mit_vector = cursor_le64(c);
	r->current_mit_vector = cursor_le64(c);
	cursor_skip(c, SNP_SIGNED_LEN - 0x208);
}

/*
 * Nothing signs the bytes after r and s. They must be zero, so that no two
 * different files count as the same report.
 */
static int check_padding(struct cursor *c, struct wv_fault *fault)
{
	int i;

	for (i = 0; i < 2; i++) {
		cursor_skip(c, SNP_COMPONENT_USED);
		cursor_zero(c, SNP_COMPONENT_LEN - SNP_COMPONENT_USED);
	}
	cursor_zero(c, WV_SNP_REPORT_SIZE - SNP_SIGNATURE - 2 * SNP_COMPONENT_LEN);
	if (cursor_done(c))
		return WV_OK;
	return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.signature", (int64_t)c->at,
			 "padding of the signature is not zero at offset 0x%zx", c->at);
}

/*
 * What each version leaves reserved (AMD 56860, table ATTESTATION_REPORT, revisions
 * 1.51, 1.56 and 1.58). What version 4 adds is not public; reports of it that were
 * seen are laid out as those of version 3.
 */
static const struct reserved {
	uint32_t from, to;	/* versions */
	size_t at, end;
} reserved[] = {
	{ 2, 5, 0x04c, 0x050 }, { 2, 2, 0x188, 0x18b }, { 2, 5, 0x18b, 0x1a0 },
	{ 2, 5, 0x1eb, 0x1ec }, { 2, 5, 0x1ef, 0x1f0 }, { 2, 4, 0x1f8, 0x208 },
	{ 2, 5, 0x208, 0x2a0 },
};

#define RESERVED (sizeof(reserved) / sizeof(reserved[0]))

/* A firmware that sets them says something that this version does not know. */
static int check_reserved(struct wv_bytes report, uint32_t version, struct wv_fault *fault)
{
	struct cursor c = cursor_over(report.data, report.len);
	size_t i;

	for (i = 0; i < RESERVED; i++) {
		if (version < reserved[i].from || version > reserved[i].to)
			continue;
		c.at = reserved[i].at;
		cursor_zero(&c, reserved[i].end - reserved[i].at);
		if (!cursor_ok(&c))
			return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.reserved",
					 (int64_t)c.at,
					 "byte 0x%zx is reserved in version %u, and not zero", c.at,
					 version);
	}
	return WV_OK;
}

/* AMD 56860 tables GUEST_POLICY and "KEY_INFO": one bit must be set, others must not. */
static int check_bits(const struct wv_snp_report *r, struct wv_fault *fault)
{
	if (!(r->policy & POLICY_MUST_BE_ONE))
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.policy", 0x08,
				 "bit 17 of the guest policy 0x%llx must be set",
				 (unsigned long long)r->policy);
	if (r->policy & POLICY_RESERVED)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.policy", 0x08,
				 "reserved bits are set in the guest policy 0x%llx",
				 (unsigned long long)r->policy);
	if (r->key_info & KEY_INFO_RESERVED)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.key_info", 0x48,
				 "reserved bits are set in 0x%x", r->key_info);
	return WV_OK;
}

static int check_head(const struct wv_snp_report *r, struct wv_fault *fault)
{
	if (r->version < 2 || r->version > 5)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.version", 0,
				 "version %u of SNP reports is not known (2 to 5 are)",
				 r->version);
	if (r->signature_algo != 1)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report.signature_algo", 0x34,
				 "signature algorithm %u is not ECDSA P-384 with SHA-384 (1)",
				 r->signature_algo);
	return check_bits(r, fault);
}

int wv_snp_parse(struct wv_bytes report, struct wv_snp_report *out, struct wv_fault *fault)
{
	struct cursor c = cursor_over(report.data, report.len);
	int rc;

	memset(out, 0, sizeof(*out));
	if (report.len != WV_SNP_REPORT_SIZE)
		return fault_set(fault, WV_EVIDENCE_DAMAGED, "report", (int64_t)report.len,
				 "an SNP report has %d bytes, this has %zu", WV_SNP_REPORT_SIZE,
				 report.len);
	read_head(&c, out);
	read_digests(&c, out);
	read_platform(&c, out);
	rc = check_head(out, fault) ?: check_reserved(report, out->version, fault) ?:
	     check_padding(&c, fault);
	if (rc)
		return rc;
	snp_set_product(out, product_of(out));
	return fault_clear(fault);
}

struct guid_slot {
	uint8_t guid[16];
	size_t slot;
};

#define SLOT(m) offsetof(struct snp_table, m)

/* GHCB 56421 table 14, in RFC 4122 byte order as the hosts write them. */
static const struct guid_slot guids[] = {
	{ { 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c,
	    0xd0, 0xae }, SLOT(ark) },
	{ { 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27,
	    0xc7, 0x82 }, SLOT(ask) },
	{ { 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8,
	    0xac, 0xcd }, SLOT(vcek) },
	{ { 0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0,
	    0xb8, 0xa1 }, SLOT(vlek) },
};

static struct wv_bytes *table_slot(struct snp_table *t, const uint8_t *guid)
{
	size_t i;

	for (i = 0; i < sizeof(guids) / sizeof(guids[0]); i++)
		if (!memcmp(guid, guids[i].guid, sizeof(guids[i].guid)))
			return (struct wv_bytes *)((char *)t + guids[i].slot);
	return NULL;
}

#define TABLE_ENTRIES_MAX 32

int snp_table_parse(struct wv_bytes table, struct snp_table *out, struct wv_fault *fault)
{
	static const uint8_t end[24];
	struct cursor c = cursor_over(table.data, table.len);
	int i;

	memset(out, 0, sizeof(*out));
	if (!table.len)
		return WV_OK;
	for (i = 0; i < TABLE_ENTRIES_MAX; i++) {
		const uint8_t *entry = cursor_take(&c, sizeof(end));
		struct cursor field = cursor_over(entry ? entry + 16 : NULL, 8);
		size_t offset = cursor_le32(&field), len = cursor_le32(&field);
		struct cursor body = cursor_sub(&c, offset, len);
		struct wv_bytes *slot;

		if (!entry)
			break;
		if (!memcmp(entry, end, sizeof(end)))
			return WV_OK;
		if (!cursor_ok(&body) || offset < c.at)
			return fault_set(fault, WV_EVIDENCE_DAMAGED, "aux", (int64_t)(c.at - 8),
					 "entry %d of the certificate table lies outside of it", i);
		slot = table_slot(out, entry);
		if (slot)
			*slot = (struct wv_bytes){ body.data, body.len };
	}
	return fault_set(fault, WV_EVIDENCE_DAMAGED, "aux", (int64_t)c.at,
			 "the certificate table has no end mark");
}
