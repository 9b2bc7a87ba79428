/* SPDX-License-Identifier: MIT */
/*
 * Every verb of wardctl: add a line X(NAME) here and define
 * `const struct wardctl_verb verb_NAME` in cmd_*.c. The order is that of the
 * help text.
 */
#ifndef WARDCTL_VERBS_H
#define WARDCTL_VERBS_H

#include "wardctl.h"

#define WARDCTL_VERBS(X)		\
	X(status)			\
	X(doctor)			\
	X(module_status)		\
	X(module_load)			\
	X(module_unload)		\
	X(report)			\
	X(display)			\
	X(verify_bundle)		\
	X(verify_evidence)		\
	X(verify_certs)			\
	X(verify_attestation)		\
	X(fetch_ca)			\
	X(fetch_vcek)			\
	X(fetch_crl)			\
	X(fetch_tdx)			\
	X(token_fetch)			\
	X(token_verify)			\
	X(policy_check)			\
	X(policy_show)			\
	X(policy_set)			\
	X(receipt_export)		\
	X(receipt_verify)		\
	X(receipt_federation)		\
	X(audit_verify)			\
	X(events)			\
	X(pressure)			\
	X(session_list)			\
	X(session_revoke)		\
	X(mem_list)			\
	X(mem_selftest)			\
	X(limits_show)			\
	X(limits_set)			\
	X(provider_show)		\
	X(provider_set)			\
	X(provider_unset)		\
	X(pace_show)			\
	X(pace_set)			\
	X(config_check)			\
	X(config_show)			\
	X(config_apply)			\
	X(kbs_attest)			\
	X(kbs_get_resource)		\
	X(kbs_set_resource)		\
	X(kbs_delete_resource)		\
	X(kbs_set_resource_policy)	\
	X(kbs_set_attestation_policy)	\
	X(kbs_release)			\
	X(dataset_encrypt)		\
	X(dataset_decrypt)		\
	X(dataset_info)			\
	X(dataset_verify)		\
	X(dataset_rekey)		\
	X(seal)				\
	X(unseal)			\
	X(measure_snp)			\
	X(measure_log)			\
	X(measure_boot)			\
	X(bench_train)			\
	X(explain)

#define WARDCTL_DECLARE(n) extern const struct wardctl_verb verb_##n;
WARDCTL_VERBS(WARDCTL_DECLARE)
#undef WARDCTL_DECLARE

#endif /* WARDCTL_VERBS_H */
