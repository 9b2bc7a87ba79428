/* SPDX-License-Identifier: MIT */
/* The launch digest of an SEV-SNP guest, before it is started. */
#ifndef WARDCTL_MEASURE_SNP_H
#define WARDCTL_MEASURE_SNP_H

#include "measure_ovmf.h"

#define SNP_DIGEST_LEN	48
#define SNP_VCPUS_MAX	4096

/** enum snp_vmm - who starts the guest: each leaves other values in registers */
enum snp_vmm { SNP_VMM_QEMU, SNP_VMM_EC2, SNP_VMM_GCE };

/**
 * struct snp_launch - all that is measured
 * @firmware_digest: of the firmware's pages, where @ovmf is only its end; or NULL
 * @kernel, @initrd, @cmdline: SHA-256 of each as QEMU hands them to the firmware;
 *	@kernel NULL = no kernel is handed to it
 * @vcpu_sig: CPUID 1, EAX, of the virtual processor
 * @guest_features: SEV_FEATURES of the VMSA
 */
struct snp_launch {
	const struct ovmf *ovmf;
	const uint8_t *firmware_digest;
	const uint8_t *kernel, *initrd, *cmdline;
	enum snp_vmm vmm;
	unsigned int vcpus;
	uint32_t vcpu_sig;
	uint64_t guest_features;
};

/** snp_launch_digest - NULL, or a sentence: why there is none */
const char *snp_launch_digest(const struct snp_launch *launch, uint8_t out[SNP_DIGEST_LEN]);

/** snp_vcpu_sig - of a model as QEMU names it ("EPYC-Milan-v2"), or of "0xa00f11"; 0 = unknown */
uint32_t snp_vcpu_sig(const char *type);
/** snp_vcpu_type - the names of models in their order, then NULL */
const char *snp_vcpu_type(size_t n);

/** snp_vmm_find - "qemu", "ec2" or "gce"; -1 = another word */
int snp_vmm_find(const char *text);

/** snp_vmsa - the page of registers with which a processor starts at @eip */
void snp_vmsa(const struct snp_launch *launch, uint32_t eip, uint8_t page[OVMF_PAGE]);

#endif /* WARDCTL_MEASURE_SNP_H */
