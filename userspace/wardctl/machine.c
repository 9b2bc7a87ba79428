// SPDX-License-Identifier: MIT
/*
 * Each source says what it knows, the least trustworthy first, so that a better one
 * overrules it: the processor's CPUID, which a hypervisor fills in; sysfs; the
 * kernel's own words in its log; and, above all, that there is a paravisor, since
 * a guest below one takes itself for one without SNP.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "kmsg.h"
#include "machine.h"
#include "sysfs.h"

/* Azure's, the same on every machine (and on no other Hyper-V). */
#define AZURE_ASSET_TAG "7783-7084-3265-9085-8269-3286-77"

static bool cpuid_of_this(uint32_t leaf, uint32_t regs[4])
{
#if defined(__x86_64__) || defined(__i386__)
	__cpuid_count(leaf, 0, regs[MACHINE_EAX], regs[MACHINE_EBX], regs[MACHINE_ECX],
		      regs[MACHINE_EDX]);
	return true;
#else
	(void)leaf;
	(void)regs;
	return false;
#endif
}

const struct machine_source machine_itself = { "", cpuid_of_this };

bool machine_path(const struct machine_source *from, const char *path, char *to, size_t room)
{
	int n = snprintf(to, room, "%s%s", from->root, path);

	return n >= 0 && (size_t)n < room;
}

bool machine_there(const struct machine_source *from, const char *path)
{
	char whole[512];

	return machine_path(from, path, whole, sizeof(whole)) && !access(whole, F_OK);
}

int machine_line(const struct machine_source *from, const char *path, char *to, size_t room)
{
	char whole[512];

	to[0] = '\0';
	if (!machine_path(from, path, whole, sizeof(whole)))
		return -1;
	return sysfs_line(whole, to, room);
}

/* ---- whose machine: firmware tables -------------------------------------------- */

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void find_cloud(const struct machine_source *from, struct machine *m)
{
	machine_line(from, "/sys/class/dmi/id/sys_vendor", m->vendor, sizeof(m->vendor));
	machine_line(from, "/sys/class/dmi/id/product_name", m->product, sizeof(m->product));
	machine_line(from, "/sys/class/dmi/id/chassis_asset_tag", m->asset, sizeof(m->asset));
	if (!strcmp(m->asset, AZURE_ASSET_TAG))
		m->cloud = CLOUD_AZURE;
	else if (!strcmp(m->vendor, "Google") || begins(m->product, "Google Compute Engine"))
		m->cloud = CLOUD_GOOGLE;
	else if (!strcmp(m->vendor, "Amazon EC2"))
		m->cloud = CLOUD_AWS;
	else if (!m->vendor[0] && machine_there(from, "/dev/nsm"))
		m->cloud = CLOUD_NITRO;
}

/* ---- the processor -------------------------------------------------------------- */

static void found(struct machine *m, enum machine_tee tee, const char *by)
{
	m->tee = tee;
	m->by = by;
}

static bool named(const uint32_t first, const uint32_t second, const uint32_t third,
		  const char *name)
{
	uint32_t text[3] = { first, second, third };

	return !memcmp(text, name, sizeof(text));
}

/*
 * Hyper-V TLFS, leaf 0x4000000c: EAX bit 0 paravisor; EBX bits 0 to 3 what isolates
 * the guest: 2 SNP, 3 TDX.
 */
static void isolation(struct machine *m, uint32_t eax, uint32_t ebx, const char *by)
{
	uint32_t type = ebx & 0xf;

	if (type != 2 && type != 3)
		return;
	m->paravisor = eax & 1;
	found(m, type == 2 ? MACHINE_SNP : MACHINE_TDX, by);
}

static void ask_hyperv(const struct machine_source *from, struct machine *m)
{
	uint32_t r[4];

	if (!from->cpuid(0x40000000, r) || r[MACHINE_EAX] < 0x4000000c ||
	    !named(r[MACHINE_EBX], r[MACHINE_ECX], r[MACHINE_EDX], "Microsoft Hv"))
		return;
	if (!from->cpuid(0x40000003, r) || !(r[MACHINE_EBX] & 1u << 22))
		return;
	if (from->cpuid(0x4000000c, r))
		isolation(m, r[MACHINE_EAX], r[MACHINE_EBX], "Hyper-V's CPUID");
}

/* AMD 24594: leaf 0x8000001f, EAX bit 1 SEV, 3 SEV-ES, 4 SNP. */
static void ask_amd(const struct machine_source *from, struct machine *m)
{
	uint32_t r[4];

	if (!from->cpuid(0x80000000, r) || r[MACHINE_EAX] < 0x8000001f ||
	    !from->cpuid(0x8000001f, r) || !(r[MACHINE_EAX] & 1u << 1))
		return;
	found(m, r[MACHINE_EAX] & 1u << 4 ? MACHINE_SNP :
		 r[MACHINE_EAX] & 1u << 3 ? MACHINE_SEV_ES : MACHINE_SEV, "CPUID");
}

static void ask_intel(const struct machine_source *from, struct machine *m)
{
	uint32_t r[4];

	if (from->cpuid(0, r) && r[MACHINE_EAX] >= 0x21 && from->cpuid(0x21, r) &&
	    named(r[MACHINE_EBX], r[MACHINE_EDX], r[MACHINE_ECX], "IntelTDX    "))
		found(m, MACHINE_TDX, "CPUID");
}

/* On a host these leaves say what guests may have: only a guest is asked. */
static void ask_processor(const struct machine_source *from, struct machine *m)
{
	uint32_t r[4];

	if (!from->cpuid(1, r) || !(r[MACHINE_ECX] & 1u << 31))
		return;
	ask_amd(from, m);
	ask_intel(from, m);
	ask_hyperv(from, m);
}

/* ---- the kernel ------------------------------------------------------------------ */

static enum machine_tee features(const char *active)
{
	if (strstr(active, "TDX"))
		return MACHINE_TDX;
	if (strstr(active, "SEV-SNP"))
		return MACHINE_SNP;
	if (strstr(active, "SEV-ES"))
		return MACHINE_SEV_ES;
	return strstr(active, "SEV") ? MACHINE_SEV : MACHINE_PLAIN;	/* SME is a host's */
}

static void take_line(const char *line, void *arg)
{
	static const char active[] = "Memory Encryption Features active:";
	static const char config[] = "Isolation Config: Group A ";
	struct machine *m = arg;
	const char *at = strstr(line, active);
	unsigned int a, b;

	if (at)
		at += sizeof(active) - 1;
	if (at && !m->paravisor && features(at) != MACHINE_PLAIN)
		found(m, features(at), "the kernel's log");
	at = strstr(line, config);
	if (at && sscanf(at + sizeof(config) - 1, "0x%x, Group B 0x%x", &a, &b) == 2)
		isolation(m, a, b, "the kernel's log");
	/* Longer than the name of a process, which the kernel repeats. */
	if (strstr(line, "communication key to prevent IV reuse") ||
	    strstr(line, "VMPCK is disabled"))
		m->vmpck_lost = true;
}

static void ask_kernel(const struct machine_source *from, struct machine *m)
{
	char path[512];

	if (!m->paravisor && machine_there(from, "/sys/devices/system/cpu/sev"))
		found(m, MACHINE_SNP, "/sys/devices/system/cpu/sev");
	if (machine_path(from, "/dev/kmsg", path, sizeof(path)))
		m->log = !kmsg_each(path, take_line, m);
}

void machine_get(const struct machine_source *from, struct machine *out)
{
	memset(out, 0, sizeof(*out));
	found(out, MACHINE_PLAIN, "CPUID");
	find_cloud(from, out);
	ask_processor(from, out);
	ask_kernel(from, out);
}

const char *machine_cloud_text(enum machine_cloud cloud)
{
	static const char *const names[] = {
		NULL, "Azure", "Google Cloud", "AWS EC2", "AWS Nitro enclave",
	};

	return names[cloud];
}

const char *machine_tee_text(enum machine_tee tee)
{
	static const char *const names[] = {
		"none", "SEV", "SEV-ES", "SEV-SNP", "TDX",
	};

	return names[tee];
}
