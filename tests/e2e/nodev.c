// SPDX-License-Identifier: MIT
/*
 * nodev CGROUP MAJOR MINOR: whoever is in this control group may not open that
 * character device any more, as systemd's DeviceAllow= and container runtimes have
 * it: by a program that decides, which nobody can read back as a list.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(__NR_bpf, command, attr, sizeof(*attr));
}

/* Return 0 for that device and 1 for all others. */
static int load(int major, int minor)
{
	struct bpf_insn program[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1, .off = 4 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 3, .src_reg = 1, .off = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 1 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 2, .off = 2, .imm = major },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 3, .off = 1, .imm = minor },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };

	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (unsigned long)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (unsigned long)"MIT";
	return bpf(BPF_PROG_LOAD, &attr);
}

int main(int argc, char **argv)
{
	union bpf_attr attr = { 0 };
	int cgroup, program;

	if (argc != 4) {
		fprintf(stderr, "usage: nodev CGROUP MAJOR MINOR\n");
		return 1;
	}
	cgroup = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	program = load(atoi(argv[2]), atoi(argv[3]));
	attr.target_fd = (unsigned int)cgroup;
	attr.attach_bpf_fd = (unsigned int)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (cgroup < 0 || program < 0 || bpf(BPF_PROG_ATTACH, &attr)) {
		fprintf(stderr, "nodev: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	return 0;
}
