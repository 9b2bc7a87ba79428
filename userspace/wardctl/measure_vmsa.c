// SPDX-License-Identifier: MIT
/*
 * The registers with which a processor of an SNP guest starts: AMD 24593, appendix
 * B, VMSA; their values as KVM and each VMM set them at a reset.
 */
#include <stdlib.h>
#include <string.h>

#include "measure_snp.h"

/* Offsets in the VMSA. */
enum {
	ES = 0x00, CS = 0x10, SS = 0x20, DS = 0x30, FS = 0x40, GS = 0x50,
	GDTR = 0x60, LDTR = 0x70, IDTR = 0x80, TR = 0x90,
	EFER = 0xd0, CR4 = 0x148, CR0 = 0x158, DR7 = 0x160, DR6 = 0x168,
	RFLAGS = 0x170, RIP = 0x178, G_PAT = 0x268, RDX = 0x310,
	SEV_FEATURES = 0x3b0, XCR0 = 0x3e8, MXCSR = 0x408, X87_FCW = 0x410,
};

/* What differs between VMMs: attributes of segments, and a few registers. */
struct vmm {
	const char *name;
	uint16_t cs_first, cs_other, ss, tr;
	uint64_t pat, rdx;	/* rdx 0: the processor's signature */
	uint32_t mxcsr;
	uint16_t fcw;
};

static const struct vmm vmms[] = {
	[SNP_VMM_QEMU] = { "qemu", 0x9b, 0x9b, 0x93, 0x8b, 0x7040600070406, 0, 0x1f80, 0x37f },
	[SNP_VMM_EC2] = { "ec2", 0x9a, 0x9b, 0x92, 0x83, 0x7040600070406, 0x600, 0, 0 },
	[SNP_VMM_GCE] = { "gce", 0x9b, 0x9b, 0x93, 0x8b, 0x70106, 0x600, 0, 0 },
};

int snp_vmm_find(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(vmms) / sizeof(vmms[0]); i++)
		if (!strcmp(vmms[i].name, text))
			return (int)i;
	return -1;
}

static void put(uint8_t *page, size_t at, uint64_t value, size_t width)
{
	for (; width--; value >>= 8)
		page[at++] = (uint8_t)value;
}

static void segment(uint8_t *page, size_t at, uint16_t selector, uint16_t attributes, uint64_t base)
{
	put(page, at, selector, 2);
	put(page, at + 2, attributes, 2);
	put(page, at + 4, 0xffff, 4);
	put(page, at + 8, base, 8);
}

static void segments(uint8_t *page, const struct vmm *v, uint32_t eip, bool first)
{
	static const uint16_t data[] = { ES, DS, FS, GS };
	size_t i;

	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		segment(page, data[i], 0, 0x93, 0);
	segment(page, CS, 0xf000, first ? v->cs_first : v->cs_other, eip & 0xffff0000);
	segment(page, SS, 0, v->ss, 0);
	segment(page, GDTR, 0, 0, 0);
	segment(page, IDTR, 0, 0, 0);
	segment(page, LDTR, 0, 0x82, 0);
	segment(page, TR, 0, v->tr, 0);
}

void snp_vmsa(const struct snp_launch *l, uint32_t eip, uint8_t page[OVMF_PAGE])
{
	const struct vmm *v = &vmms[l->vmm];

	memset(page, 0, OVMF_PAGE);
	segments(page, v, eip, eip == 0xfffffff0);
	put(page, EFER, 0x1000, 8);	/* SVME */
	put(page, CR4, 0x40, 8);	/* MCE */
	put(page, CR0, 0x10, 8);
	put(page, DR7, 0x400, 8);
	put(page, DR6, 0xffff0ff0, 8);
	put(page, RFLAGS, 0x2, 8);
	put(page, RIP, eip & 0xffff, 8);
	put(page, G_PAT, v->pat, 8);
	put(page, RDX, v->rdx ? v->rdx : l->vcpu_sig, 8);
	put(page, SEV_FEATURES, l->guest_features, 8);
	put(page, XCR0, 0x1, 8);
	put(page, MXCSR, v->mxcsr, 4);
	put(page, X87_FCW, v->fcw, 2);
}

/* Models as QEMU names them; their versions (-v1 and so on) have the same signature. */
static const struct {
	const char *name;
	unsigned int family, model, stepping;
} models[] = {
	{ "EPYC", 23, 1, 2 },
	{ "EPYC-IBPB", 23, 1, 2 },
	{ "EPYC-Rome", 23, 49, 0 },
	{ "EPYC-Milan", 25, 1, 1 },
	{ "EPYC-Genoa", 25, 17, 0 },
	{ "EPYC-Turin", 26, 0, 0 },
};

#define MODELS (sizeof(models) / sizeof(models[0]))

const char *snp_vcpu_type(size_t n)
{
	return n < MODELS ? models[n].name : NULL;
}

/* AMD 25481, CPUID Fn0000_0001_EAX; all families here are above 15. */
static uint32_t signature(size_t n)
{
	return (models[n].family - 0xf) << 20 | (models[n].model >> 4) << 16 | 0xf << 8 |
	       (models[n].model & 0xf) << 4 | models[n].stepping;
}

/* "" or "-v" and digits */
static bool is_version(const char *text)
{
	if (!*text)
		return true;
	return text[0] == '-' && text[1] == 'v' && text[2] &&
	       strspn(text + 2, "0123456789") == strlen(text + 2);
}

static uint32_t numeric(const char *text)
{
	unsigned long value;
	char *end;

	if (strncmp(text, "0x", 2) || strlen(text) > 10)
		return 0;
	value = strtoul(text + 2, &end, 16);
	return *end || end == text + 2 ? 0 : (uint32_t)value;
}

uint32_t snp_vcpu_sig(const char *type)
{
	size_t i, len;

	for (i = 0; i < MODELS; i++) {
		len = strlen(models[i].name);
		if (!strncmp(type, models[i].name, len) && is_version(type + len))
			return signature(i);
	}
	return numeric(type);
}
