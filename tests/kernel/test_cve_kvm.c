// SPDX-License-Identifier: MIT
/*
 * CVE-2021-22543 (f8be156be163, "KVM: do not allow mapping valid but
 * non-reference-counted pages"): KVM maps memory of VM_PFNMAP mappings into a
 * guest by frame number, without a reference; what was freed stayed readable
 * and writable from there. An owner of a buffer may give it to a virtual
 * machine of its own; what the machine sees must end with the buffer.
 *
 * The machine is a handful of instructions: load from the buffer, out. Under
 * emulation the kernel has virtualisation nested (AMD's; EL2); without it the
 * test is skipped. VFIO, which follows frames the same way, needs an IOMMU.
 */
#define _GNU_SOURCE
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "ward_test.h"

#define CODE_AT		0x1000
#define BUFFER_AT	0x10000
#define BUFFER_SEEN	(16 * PAGE)

#ifdef __aarch64__
#include "kvm_arm64.h"
#else
#include "kvm_x86.h"
#endif

struct machine {
	int vm, cpu;
	struct kvm_run *run;
	unsigned char *memory;
};

static void load_module(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/lib/ward/%s.ko", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	syscall(SYS_finit_module, fd, "", 0);
	close(fd);
}

static int kvm_open(void)
{
	static const char *const modules[] = { "irqbypass", "ccp", "kvm", "kvm-amd" };
	unsigned int i;
	int fd;

	for (i = 0; i < 4 && access("/dev/kvm", F_OK); i++)
		load_module(modules[i]);
	fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		SKIP("no /dev/kvm: this machine does not nest virtualisation");
	return fd;
}

static int set_region(const struct machine *m, uint32_t slot, uint64_t at, void *p, uint64_t n)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = at, .memory_size = n,
		.userspace_addr = (uintptr_t)p,
	};

	return ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

/* At the first instruction again, whatever came before. */
static void machine_reset(const struct machine *m)
{
	cpu_reset(m->cpu);
}

static struct machine machine_with(void *memory, bool may_be_refused)
{
	int kvm = kvm_open();
	struct machine m = { .vm = ioctl(kvm, KVM_CREATE_VM, 0) };
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), err;

	if (m.vm < 0)
		SKIP("KVM makes no machine here");
	m.memory = mmap(NULL, BUFFER_AT, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(m.memory != MAP_FAILED);
	memcpy(m.memory + CODE_AT, code, sizeof(code));
	ASSERT_EQ(set_region(&m, 0, 0, m.memory, BUFFER_AT), 0);
	err = set_region(&m, 1, BUFFER_AT, memory, BUFFER_SEEN);
	if (err == -EINVAL && may_be_refused)
		SKIP("KVM takes no VM_PFNMAP memory on this processor: nothing of a buffer is seen");
	ASSERT_EQ(err, 0);
	m.cpu = ioctl(m.vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(m.cpu, 0);
	cpu_begin(m.vm, m.cpu);
	m.run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m.cpu, 0);
	ASSERT_TRUE(m.run != MAP_FAILED);
	machine_reset(&m);
	close(kvm);
	return m;
}

/* True with the word that the machine loaded from the buffer. */
static bool machine_reads(const struct machine *m, uint32_t *word)
{
	return ioctl(m->cpu, KVM_RUN, 0) >= 0 && cpu_said(m->run, word);
}

/* Fills what is free with words, so that a frame that was kept shows them. */
static void reuse_memory(void)
{
	unsigned char *p = mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	memset(p, 0xee, 64 << 20);
	munmap(p, 64 << 20);
}

static void ends_with_the_buffer(uint64_t length)
{
	int s = session_open();
	struct buf b = buf_get(s, length);
	struct machine m;
	uint32_t word = 0;
	bool seen;

	*(volatile uint32_t *)b.p = 0x57a7d000;
	m = machine_with(b.p, KVM_MAY_REFUSE);
	seen = machine_reads(&m, &word);
	ktap_note("the machine %s (exit %u)", seen ? "sees the buffer" : "is refused the buffer",
		  m.run->exit_reason);
	if (seen)
		EXPECT_EQ(word, 0x57a7d000);
	EXPECT_EQ(buf_wipe(b.fd), length);
	reuse_memory();
	machine_reset(&m);
	EXPECT_FALSE(machine_reads(&m, &word));
	buf_drop(&b);
	reuse_memory();
	machine_reset(&m);
	EXPECT_FALSE(machine_reads(&m, &word));
}

/* The machine itself works: ordinary memory is seen. */
TEST(control_is_seen)
{
	uint32_t *plain = mmap(NULL, BUFFER_SEEN, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), word = 0;
	struct machine m;

	plain[0] = 0x0d01a150;
	m = machine_with(plain, false);
	ASSERT_TRUE(machine_reads(&m, &word));
	EXPECT_EQ(word, 0x0d01a150);
}

TEST(large_buffer_ends_for_the_machine)
{
	ends_with_the_buffer(HUGE);
}

TEST(small_buffer_ends_for_the_machine)
{
	ends_with_the_buffer(BUFFER_SEEN);
}

/* ---- the end, while the machine runs --------------------------------------------------- */

static struct {
	struct machine m;
	volatile bool ended, stop;
	unsigned int after, wrong, reads;
} running;

/* A read that began after the end of the buffer must not be one. */
static void *keep_reading(void *unused)
{
	uint32_t word;
	bool ended;

	(void)unused;
	while (!running.stop) {
		ended = running.ended;
		if (!machine_reads(&running.m, &word)) {
			machine_reset(&running.m);
			continue;
		}
		running.reads++;
		running.wrong += word != 0x57a7d000;
		running.after += ended;		/* it loads anew at each entry */
	}
	return NULL;
}

TEST_TIMEOUT(end_while_the_machine_runs, 300)
{
	int s = session_open(), i;
	struct buf b;
	pthread_t thread;

	for (i = 0; i < 20; i++) {
		b = buf_get(s, HUGE);
		*(volatile uint32_t *)b.p = 0x57a7d000;
		running.m = machine_with(b.p, KVM_MAY_REFUSE);
		running.stop = running.ended = false;
		ASSERT_EQ(pthread_create(&thread, NULL, keep_reading, NULL), 0);
		usleep(20000);
		EXPECT_EQ(buf_wipe(b.fd), HUGE);
		running.ended = true;
		usleep(5000);
		running.stop = true;
		pthread_join(thread, NULL);
		close(running.m.cpu);
		close(running.m.vm);
		buf_drop(&b);
	}
	ktap_note("%u reads", running.reads);
	EXPECT_EQ(running.wrong, 0);
	EXPECT_EQ(running.after, 0);
}

KTAP_MAIN()
