/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what the paravisor of a confidential VM of Azure's says. Part of
 * wardverify.h.
 *
 * Its report (HCL, "host compatibility layer") frames one of the hardware's, over a
 * JSON text: "runtime data", with the public keys of its vTPM and how the VM was set
 * up. doc/formats.md section 11.
 */
#ifndef WARDVERIFY_AZURE_H
#define WARDVERIFY_AZURE_H

#include "wardverify_tpm.h"

#ifdef __cplusplus
extern "C" {
#endif

/** enum wv_azure_kind - whose report the paravisor's is framed around */
enum wv_azure_kind {
	WV_AZURE_SNP = 2,
	WV_AZURE_TDX = 4,
};

/** enum wv_said - a word of the runtime data, which need not be there */
enum wv_said {
	WV_UNSAID = 0,
	WV_SAID_NO = 1,
	WV_SAID_YES = 2,
};

#define WV_AZURE_ID_LEN	64	/* of texts, with their NUL */

/**
 * struct wv_azure - a paravisor's report, and the quote of its vTPM (out)
 * @kind: enum wv_azure_kind
 * @version: of the frame; nothing signs it
 * @hash: WV_ALG_*: by which the hardware's report names the runtime data
 * @runtime_digest: SHA-256 of the runtime data as they stand, whatever @hash is
 * @secure_boot, @tpm_enabled, @tpm_persisted, @console_enabled: enum wv_said
 * @vm_id: of this VM, as Azure writes it; "" = not said
 * @root_thumbprint: of the certificate that vTPM keys are certified under; "" = not said
 * @has_user_data, @user_data: what the guest had written before the report was made
 * @has_quote: @quote is filled in: bare evidence may lack it. Its ak_sha256 is of the
 *	modulus that the runtime data name
 */
struct wv_azure {
	int kind;
	uint32_t version;
	uint16_t hash;
	uint8_t runtime_digest[32];
	int secure_boot, tpm_enabled, tpm_persisted, console_enabled;
	char vm_id[WV_AZURE_ID_LEN];
	char root_thumbprint[WV_AZURE_ID_LEN];
	int has_user_data;
	uint8_t user_data[64];
	int has_quote;
	struct wv_tpm quote;
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_AZURE_H */
