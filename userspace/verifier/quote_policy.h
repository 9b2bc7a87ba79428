/* SPDX-License-Identifier: MIT */
/*
 * The members "tdx" and "sgx" of a policy, and quotes against them: doc/policy.md.
 */
#ifndef WARD_QUOTE_POLICY_H
#define WARD_QUOTE_POLICY_H

#include "rule.h"

/**
 * policy_tdx_tells - what the policy pins tells what the TD runs
 * The firmware (MRTD) and both registers that it and the boot loader extend: what is
 * started (RTMR1), command line and initrd (RTMR2). Firmware that is not pinned could
 * extend the registers to any values; pinned alone it starts whatever the host gives it.
 * @t: its quote: firmware that does not measure leaves RTMR1 zero; NULL = any
 */
bool policy_tdx_tells(const struct policy_tdx *p, const struct wv_tdx *t);

/** policy_sgx_tells - it tells which enclave that is: by itself, or signer, product and SVN */
bool policy_sgx_tells(const struct policy_sgx *s);

/** policy_tdx, policy_sgx - what the policy says of them; 0 or a reason. @v: for warnings */
int policy_tdx(const struct wv_policy *p, const struct wv_tdx *t, struct wv_verdict *v,
	       struct rules *rules);
int policy_sgx(const struct wv_policy *p, const struct wv_sgx *s, struct wv_verdict *v,
	       struct rules *rules);

/** policy_bits_rule - @found has the bits that the policy asks for */
int policy_bits_rule(struct rules *rules, const char *name, const struct policy_bits *bits,
		     uint64_t found, int reason, const char *field, int64_t offset);

/**
 * policy_clear_rule - none of @refused is set in @found
 * @name: the member by which a policy could accept them
 */
int policy_clear_rule(struct rules *rules, const char *name, uint64_t refused, uint64_t found,
		      int reason, const char *field, int64_t offset, const char *what);

#endif /* WARD_QUOTE_POLICY_H */
