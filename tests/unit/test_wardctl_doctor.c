// SPDX-License-Identifier: MIT
/*
 * doctor on machines that are files and registers made here: what no emulator has.
 * What it says of a running kernel is tried in guests, tests/e2e/doctor.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../userspace/wardctl/doctor.h"

/* main.c's own, which the archive of the parts leaves out. */
int ctl_error(struct wardctl *ctl, int code, const char *reason, const char *fmt, ...)
{
	(void)ctl;
	(void)reason;
	(void)fmt;
	return code;
}

int ctl_usage(struct wardctl *ctl, const char *fmt, ...)
{
	(void)ctl;
	(void)fmt;
	return EXIT_USAGE;
}

/* ---- a machine --------------------------------------------------------------------- */

static struct leaf {
	uint32_t leaf, regs[4];
} leaves[8];
static size_t leaf_count;
static char root[] = "/tmp/ward-doctor-XXXXXX";

static bool fake_cpuid(uint32_t leaf, uint32_t regs[4])
{
	size_t i;

	memset(regs, 0, 4 * sizeof(*regs));
	for (i = 0; i < leaf_count; i++)
		if (leaves[i].leaf == leaf)
			memcpy(regs, leaves[i].regs, sizeof(leaves[i].regs));
	return true;
}

static const struct machine_source source = { root, fake_cpuid };

static void put_leaf(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
	assert_true(leaf_count < sizeof(leaves) / sizeof(leaves[0]));
	leaves[leaf_count++] = (struct leaf){ leaf, { eax, ebx, ecx, edx } };
}

static void put_file(const char *path, const char *data, size_t len)
{
	char whole[512], *slash;
	int fd;

	assert_true(machine_path(&source, path, whole, sizeof(whole)));
	for (slash = strchr(whole + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

static void put_text(const char *path, const char *text)
{
	put_file(path, text, strlen(text));
}

static int new_machine(void **state)
{
	char name[] = "/tmp/ward-doctor-XXXXXX";

	(void)state;
	leaf_count = 0;
	if (!mkdtemp(name))
		return -1;
	memcpy(root, name, sizeof(root));
	return 0;
}

static int end_machine(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void put_guest(void)
{
	put_leaf(0, 0x21, 0, 0, 0);
	put_leaf(1, 0, 0, 1u << 31, 0);
	put_leaf(0x80000000, 0x80000021, 0, 0, 0);
}

static void put_hyperv(uint32_t eax, uint32_t ebx)
{
	put_leaf(0x40000000, 0x4000000c, 0x7263694d, 0x666f736f, 0x76482074);
	put_leaf(0x40000003, 0, 1u << 22, 0, 0);
	put_leaf(0x4000000c, eax, ebx, 0, 0);
}

/* ---- what a check says of it ---------------------------------------------------------- */

static char *said;

static const char *say(void (*check)(struct doctor *d), struct doctor *d)
{
	struct wardctl ctl = { 0 };
	size_t len;
	FILE *f;

	free(said);
	f = open_memstream(&said, &len);
	assert_non_null(f);
	ctl.out = out_new(f, false);
	d->ctl = &ctl;
	d->from = &source;
	machine_get(&source, &d->machine);
	check(d);
	assert_true(out_finish(ctl.out));
	out_free(ctl.out);
	fclose(f);
	return said;
}

#define SAYS(check, words) do {							\
	struct doctor d_ = { 0 };						\
	if (!strstr(say(check, &d_), words))					\
		fail_msg("'%s' is missing in:\n%s", words, said);		\
} while (0)

static void a_machine_without_anything(void **state)
{
	struct machine m;

	(void)state;
	machine_get(&source, &m);
	assert_int_equal(m.cloud, CLOUD_OTHER);
	assert_int_equal(m.tee, MACHINE_PLAIN);
	assert_false(m.paravisor || m.log || m.vmpck_lost);
	SAYS(doctor_machine, "ok    machine            it has no firmware tables");
	SAYS(doctor_tee, "warn  tee                no memory encryption");
	SAYS(doctor_tee, "skip  vmpck");
	SAYS(doctor_tpm, "ok    tpm                none");
	SAYS(doctor_boot, "not booted by EFI");
	SAYS(doctor_boot, "skip  lockdown");
}

/* A host's processor says what its guests may have. */
static void a_host_is_no_guest(void **state)
{
	struct machine m;

	(void)state;
	put_leaf(0x80000000, 0x80000021, 0, 0, 0);
	put_leaf(0x8000001f, 0x1f, 0, 0, 0);
	machine_get(&source, &m);
	assert_int_equal(m.tee, MACHINE_PLAIN);
}

static void sev_without_snp(void **state)
{
	(void)state;
	put_guest();
	put_leaf(0x8000001f, 1u << 1 | 1u << 3, 0, 0, 0);
	put_text("/sys/class/dmi/id/sys_vendor", "Amazon EC2\n");
	put_text("/sys/class/dmi/id/product_name", "m6a.large\n");
	SAYS(doctor_machine, "AWS EC2: Amazon EC2, m6a.large");
	SAYS(doctor_tee, "fail  tee                SEV-ES without SNP, says CPUID: memory is encrypted,"
			 " but no report possible");
	SAYS(doctor_tee, "mend: start it anew as M6a");
}

static void snp(void **state)
{
	(void)state;
	put_guest();
	put_leaf(0x8000001f, 1u << 1 | 1u << 3 | 1u << 4, 0, 0, 0);
	SAYS(doctor_tee, "ok    tee                SEV-SNP, says CPUID");
	SAYS(doctor_tee, "ok    paravisor          none");
	put_text("/sys/devices/system/cpu/sev/vmpl", "0\n");
	SAYS(doctor_tee, "SEV-SNP, says /sys/devices/system/cpu/sev");
}

static void tdx(void **state)
{
	(void)state;
	put_guest();
	put_leaf(0x21, 0, 0x65746e49, 0x20202020, 0x5844546c);
	SAYS(doctor_tee, "ok    tee                TDX, says CPUID");
}

/* Below a paravisor the kernel takes itself for a guest of SEV without SNP. */
static void a_paravisor(void **state)
{
	(void)state;
	put_guest();
	put_leaf(0x8000001f, 1u << 1, 0, 0, 0);
	put_hyperv(1, 0xba2);
	put_text("/dev/kmsg", "6,1,1,-;Memory Encryption Features active: AMD SEV\n");
	put_text("/sys/class/dmi/id/chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n");
	SAYS(doctor_machine, "Azure");
	SAYS(doctor_tee, "ok    tee                SEV-SNP, says Hyper-V's CPUID");
	SAYS(doctor_tee, "warn  paravisor          one stands between");
	SAYS(doctor_tpm, "fail  tpm                none: evidence of an Azure machine");
}

static void a_paravisor_with_an_agent(void **state)
{
	struct doctor d = { .provider = { .it = { .attached = 1, .name = "azure" } } };

	(void)state;
	put_guest();
	put_hyperv(1, 3);
	say(doctor_tee, &d);
	assert_non_null(strstr(said, "ok    paravisor          Hyper-V's CPUID; azure gives evidence"));
	assert_non_null(strstr(said, "ok    tee                TDX"));
}

/* Hyper-V isolates guests without hardware, too; and there is SNP without a paravisor. */
static void hyperv_without_a_paravisor(void **state)
{
	(void)state;
	put_guest();
	put_hyperv(1, 1);
	SAYS(doctor_tee, "ok    paravisor          none");
	leaf_count--;
	put_leaf(0x4000000c, 0, 2, 0, 0);
	SAYS(doctor_tee, "ok    paravisor          none");
	SAYS(doctor_tee, "ok    tee                SEV-SNP");
}

static void a_nitro_enclave(void **state)
{
	(void)state;
	put_text("/dev/nsm", "");
	SAYS(doctor_machine, "AWS Nitro enclave");
	SAYS(doctor_tee, "ok    tee                a Nitro enclave");
}

static void the_log(void **state)
{
	struct machine m;

	(void)state;
	put_text("/dev/kmsg",
		 "12,3,1,-;Disabling VMPCK0 communication key to prevent IV reuse.\n"
		 "6,3,1,-;Disabling VMPCK[7]: segfault at 0\n"
		 "6,4,1,-;Memory Encryption Features active: AMD SEV SEV-ES SEV-SNP\n"
		 " SUBSYSTEM=platform\n"
		 "garbage\n;\n1,;\n6,5,1,-;Hyper-V: Isolation Config: Group A 0x, Group B\n");
	machine_get(&source, &m);
	assert_true(m.log);
	assert_false(m.vmpck_lost || m.paravisor);
	assert_int_equal(m.tee, MACHINE_SNP);
	SAYS(doctor_tee, "ok    vmpck");
	put_text("/dev/kmsg", "1,6,1,-;sev-guest sev-guest: Disabling VMPCK0 communication key to"
		 " prevent IV reuse.\n");
	SAYS(doctor_tee, "fail  vmpck              lost");
	SAYS(doctor_tee, "mend: reboot");
}

static void secure_boot(void **state)
{
	static const char path[] =
		"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

	(void)state;
	put_file(path, "\6\0\0\0\1", 5);
	SAYS(doctor_boot, "ok    secure-boot        on");
	put_file(path, "\6\0\0\0\0", 5);
	SAYS(doctor_boot, "ok    secure-boot        off");
	put_file(path, "\6\0\0\0", 4);
	SAYS(doctor_boot, "skip  secure-boot");
	SAYS(doctor_boot, "mend: mount -t efivarfs");
}

static void tpms(void **state)
{
	(void)state;
	put_text("/sys/class/tpm/tpm0/tpm_version_major", "2\n");
	SAYS(doctor_tpm, "ok    tpm                tpm0");
	put_text("/sys/class/tpm/tpm0/tpm_version_major", "1\n");
	SAYS(doctor_tpm, "warn  tpm                tpm0 is a TPM 1.2");
}

static void when_a_kernel_was_built(void **state)
{
	(void)state;
	assert_int_equal(doctor_built("#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1 (2026-09-12)"),
			 1789171200);
	assert_int_equal(doctor_built("#45-Ubuntu SMP PREEMPT_DYNAMIC Fri Aug 30 12:02:04 UTC 2024"),
			 1724976000);
	assert_int_equal(doctor_built("#1 SMP Tue Feb  3 01:02:03 CET 2026"), 1770076800);
	assert_int_equal(doctor_built("#1 SMP PREEMPT_DYNAMIC @0"), 0);
	assert_int_equal(doctor_built("#1 SMP 6.1.0-0-0 2026-13-01"), 0);
	assert_int_equal(doctor_built(""), 0);
}

static void judged(const struct doctor_clock *clock, const char *words)
{
	struct wardctl ctl = { 0 };
	struct doctor d = { .ctl = &ctl };
	size_t len;
	FILE *f;

	free(said);
	f = open_memstream(&said, &len);
	ctl.out = out_new(f, false);
	doctor_judge_clock(&d, clock);
	assert_true(out_finish(ctl.out));
	out_free(ctl.out);
	fclose(f);
	if (!strstr(said, words))
		fail_msg("'%s' is missing in:\n%s", words, said);
}

static void clocks(void **state)
{
	struct doctor_clock c = { 1000000000, 1789171200, 1000000000, false };

	(void)state;
	judged(&c, "fail  clock              it says 2001-09-09 01:46:40 UTC, which is before the"
		   " kernel was built (2026-09-12,");
	c.now = 1789171200 - 3600;	/* the builder's day began elsewhere */
	c.rtc = c.now + 301;
	judged(&c, "warn  clock");
	judged(&c, "is 301 s away");
	c.rtc = c.now - 300;
	judged(&c, "no time service keeps it");
	c.synced = true;
	judged(&c, "ok    clock");
	c.rtc = c.built = 0;
	judged(&c, "ok    clock");
}

int main(void)
{
#define MACHINE(f) cmocka_unit_test_setup_teardown(f, new_machine, end_machine)
	const struct CMUnitTest tests[] = {
		MACHINE(a_machine_without_anything),
		MACHINE(a_host_is_no_guest),
		MACHINE(sev_without_snp),
		MACHINE(snp),
		MACHINE(tdx),
		MACHINE(a_paravisor),
		MACHINE(a_paravisor_with_an_agent),
		MACHINE(hyperv_without_a_paravisor),
		MACHINE(a_nitro_enclave),
		MACHINE(the_log),
		MACHINE(secure_boot),
		MACHINE(tpms),
		cmocka_unit_test(when_a_kernel_was_built),
		cmocka_unit_test(clocks),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	free(said);
	return rc;
}
