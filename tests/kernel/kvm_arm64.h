/* SPDX-License-Identifier: MIT */
/*
 * test_cve_kvm's machine on arm64: it loads from the buffer and stores the word where
 * it has no memory, which ends KVM_RUN, over and over.
 */
#ifndef WARD_TEST_KVM_ARM64_H
#define WARD_TEST_KVM_ARM64_H

/* Newer kernels map such memory only where the processor keeps its caches in step (FWB, DIC). */
#define KVM_MAY_REFUSE	true

#define NOWHERE		0x10000000

/* Begins with a step to spare: after such a store KVM adds one to wherever it goes on. */
static const uint32_t code[] = {
	0xd503201f,	/* nop */
	0xb9400001,	/* again: ldr w1, [x0] */
	0xb9000041,	/* str w1, [x2] */
	0x17fffffe,	/* b again */
};

static void cpu_begin(int vm, int cpu)
{
	struct kvm_vcpu_init init;

	ASSERT_EQ(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), 0);
	ASSERT_EQ(ioctl(cpu, KVM_ARM_VCPU_INIT, &init), 0);
}

static void set_register(int cpu, uint64_t which, uint64_t value)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | which,
		.addr = (uintptr_t)&value,
	};

	ASSERT_EQ(ioctl(cpu, KVM_SET_ONE_REG, &reg), 0);
}

static void cpu_reset(int cpu)
{
	set_register(cpu, KVM_REG_ARM_CORE_REG(regs.regs[0]), BUFFER_AT);
	set_register(cpu, KVM_REG_ARM_CORE_REG(regs.regs[2]), NOWHERE);
	set_register(cpu, KVM_REG_ARM_CORE_REG(regs.pc), CODE_AT);
}

static bool cpu_said(const struct kvm_run *run, uint32_t *word)
{
	if (run->exit_reason != KVM_EXIT_MMIO || !run->mmio.is_write)
		return false;
	memcpy(word, run->mmio.data, sizeof(*word));
	return true;
}

#endif
