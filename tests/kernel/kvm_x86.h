/* SPDX-License-Identifier: MIT */
/*
 * test_cve_kvm's machine on x86: in real mode it loads from the buffer and puts the
 * word out at a port, over and over.
 */
#ifndef WARD_TEST_KVM_X86_H
#define WARD_TEST_KVM_X86_H

#define KVM_MAY_REFUSE	false

static const unsigned char code[] = {
	0xb8, 0x00, 0x10,		/* mov ax, 0x1000 */
	0x8e, 0xd8,			/* mov ds, ax */
	0x66, 0xa1, 0x00, 0x00,		/* again: mov eax, [0] */
	0x66, 0xe7, 0x10,		/* out 0x10, eax */
	0xeb, 0xf7,			/* jmp again */
};

static void cpu_begin(int vm, int cpu)
{
	(void)vm;
	(void)cpu;
}

static void cpu_reset(int cpu)
{
	struct kvm_regs regs = { .rip = CODE_AT, .rflags = 2 };
	struct kvm_sregs sregs;

	ASSERT_EQ(ioctl(cpu, KVM_GET_SREGS, &sregs), 0);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	ASSERT_EQ(ioctl(cpu, KVM_SET_SREGS, &sregs), 0);
	ASSERT_EQ(ioctl(cpu, KVM_SET_REGS, &regs), 0);
}

static bool cpu_said(const struct kvm_run *run, uint32_t *word)
{
	if (run->exit_reason != KVM_EXIT_IO)
		return false;
	memcpy(word, (const char *)run + run->io.data_offset, sizeof(*word));
	return true;
}

#endif
