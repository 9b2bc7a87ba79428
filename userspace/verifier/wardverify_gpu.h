/* SPDX-License-Identifier: MIT */
/*
 * libwardverify: what an NVIDIA GPU in confidential-computing mode says of itself. Part
 * of wardverify.h.
 *
 * Format: GET_MEASUREMENTS of DMTF's SPDM 1.1 (DSP0274 section 10.11), with opaque data
 * as NVIDIA's attestation tools read them. doc/formats.md section 13.
 */
#ifndef WARDVERIFY_GPU_H
#define WARDVERIFY_GPU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WV_GPU_BLOCKS	128
#define WV_GPU_CHAIN	6
#define WV_GPU_TEXT	32	/* of texts, with their NUL */

/** struct wv_gpu_block - one measurement; @type: bit 7 raw, else a digest (DSP0274 table 45) */
struct wv_gpu_block {
	uint8_t index, type;
	size_t len;
	uint8_t value[64];
};

/**
 * struct wv_gpu - a report of a GPU, and whose key signed it (out)
 * @nonce: of the request
 * @blocks, @block_count: measurements, by rising index
 * @driver_version, @vbios_version: as NVIDIA writes them; "" = not said
 * @board_id, @chip_sku, @project, @project_sku: of the board
 * @has_fwid, @fwid: digest of the GPU's firmware, the same as in its certificate
 * @protected_pcie: 0x55 on, 0xaa off, 0 = not said
 * @has_feature, @feature: NVIDIA's feature flag: how the GPU is used
 * @chip, @arch: "GH100", "hopper", as the certificate says; @arch may be "unknown"
 * @device_id: of this GPU, as its certificate says
 * @subject, @chain_len: common names from the leaf to the root
 * @named_root, @simulated: the root was named by the caller; its subject says SIMULATED
 * @not_before, @not_after: of the whole chain: latest start, earliest end
 * @crl_checked: every issuer that signs revocation lists had one at hand
 */
struct wv_gpu {
	uint8_t nonce[32];
	size_t block_count;
	struct wv_gpu_block blocks[WV_GPU_BLOCKS];
	char driver_version[WV_GPU_TEXT];
	char vbios_version[WV_GPU_TEXT];
	uint32_t board_id;
	char chip_sku[WV_GPU_TEXT];
	char project[WV_GPU_TEXT];
	char project_sku[WV_GPU_TEXT];
	int has_fwid;
	uint8_t fwid[48];
	uint8_t protected_pcie;
	int has_feature;
	uint32_t feature;
	char chip[WV_GPU_TEXT];
	char arch[WV_GPU_TEXT];
	char device_id[WV_GPU_TEXT];
	size_t chain_len;
	char subject[WV_GPU_CHAIN][128];
	int named_root, simulated, crl_checked;
	int64_t not_before, not_after;
};

#ifdef __cplusplus
}
#endif

#endif /* WARDVERIFY_GPU_H */
