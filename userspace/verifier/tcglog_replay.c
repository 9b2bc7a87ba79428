// SPDX-License-Identifier: MIT
/*
 * What registers hold after the events of a log: new = H(old || digest).
 */
#include <openssl/evp.h>
#include <string.h>

#include "fault.h"

static const struct {
	uint16_t alg;
	size_t len;
	const char *name;
	const EVP_MD *(*md)(void);
} algs[] = {
	{ WV_ALG_SHA1, 20, "sha1", EVP_sha1 },
	{ WV_ALG_SHA256, 32, "sha256", EVP_sha256 },
	{ WV_ALG_SHA384, 48, "sha384", EVP_sha384 },
	{ WV_ALG_SHA512, 64, "sha512", EVP_sha512 },
};

#define ALGS (sizeof(algs) / sizeof(algs[0]))

static size_t find_alg(uint16_t alg)
{
	size_t i;

	for (i = 0; i < ALGS && algs[i].alg != alg; i++)
		;
	return i;
}

const char *wv_alg_text(uint16_t alg)
{
	size_t i = find_alg(alg);

	return i < ALGS ? algs[i].name : NULL;
}

/*
 * A reset leaves zeroes, and in register 0 the locality of what starts. 17 to 22
 * hold ones until a dynamic launch zeroes them, so events of theirs follow one.
 */
int wv_tcglog_start(uint16_t alg, uint8_t locality, struct wv_tcglog_pcrs *out)
{
	size_t i = find_alg(alg);

	memset(out, 0, sizeof(*out));
	if (i == ALGS)
		return WV_USAGE;
	out->alg = alg;
	out->len = algs[i].len;
	out->value[0][out->len - 1] = locality;
	return WV_OK;
}

int wv_tcglog_extend(struct wv_tcglog_pcrs *pcrs, uint32_t pcr, const uint8_t *digest)
{
	size_t i = find_alg(pcrs->alg);
	uint8_t both[2 * WV_TCGLOG_DIGEST_MAX];

	if (i == ALGS || pcr >= WV_TCGLOG_PCRS)
		return WV_USAGE;
	memcpy(both, pcrs->value[pcr], pcrs->len);
	memcpy(both + pcrs->len, digest, pcrs->len);
	if (!EVP_Digest(both, 2 * pcrs->len, pcrs->value[pcr], NULL, algs[i].md(), NULL))
		return WV_NO_MEMORY;
	pcrs->extended |= 1u << pcr;
	return WV_OK;
}

int wv_tcglog_replay(const struct wv_tcglog *log, uint16_t alg, struct wv_tcglog_pcrs *out,
		     struct wv_fault *fault)
{
	int bank = wv_tcglog_bank(log, alg), rc = wv_tcglog_start(alg, log->locality, out);
	struct wv_tcglog_event e;
	size_t at = log->first;

	fault_clear(fault);
	if (bank < 0 || rc)
		return fault_set(fault, WV_USAGE, "event log", -1,
				 "it has no bank of digests that can be replayed as asked");
	while (!rc && wv_tcglog_next(log, &at, &e)) {
		if (e.type == WV_EV_NO_ACTION)
			continue;
		if (!e.digest[bank])
			return fault_set(fault, WV_EVENT_LOG_DAMAGED, "event log", (int64_t)e.offset,
					 "an event has no %s digest", wv_alg_text(alg));
		rc = wv_tcglog_extend(out, e.pcr, e.digest[bank]);
	}
	return rc ? fault_set(fault, rc, "event log", -1, "no memory") : WV_OK;
}

const char *wv_tcglog_type_text(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ 0x00000000, "EV_PREBOOT_CERT" },
		{ 0x00000001, "EV_POST_CODE" },
		{ 0x00000003, "EV_NO_ACTION" },
		{ 0x00000004, "EV_SEPARATOR" },
		{ 0x00000005, "EV_ACTION" },
		{ 0x00000006, "EV_EVENT_TAG" },
		{ 0x00000007, "EV_S_CRTM_CONTENTS" },
		{ 0x00000008, "EV_S_CRTM_VERSION" },
		{ 0x00000009, "EV_CPU_MICROCODE" },
		{ 0x0000000a, "EV_PLATFORM_CONFIG_FLAGS" },
		{ 0x0000000b, "EV_TABLE_OF_DEVICES" },
		{ 0x0000000c, "EV_COMPACT_HASH" },
		{ 0x0000000d, "EV_IPL" },
		{ 0x0000000e, "EV_IPL_PARTITION_DATA" },
		{ 0x0000000f, "EV_NONHOST_CODE" },
		{ 0x00000010, "EV_NONHOST_CONFIG" },
		{ 0x00000011, "EV_NONHOST_INFO" },
		{ 0x00000012, "EV_OMIT_BOOT_DEVICE_EVENTS" },
		{ 0x80000001, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
		{ 0x80000002, "EV_EFI_VARIABLE_BOOT" },
		{ 0x80000003, "EV_EFI_BOOT_SERVICES_APPLICATION" },
		{ 0x80000004, "EV_EFI_BOOT_SERVICES_DRIVER" },
		{ 0x80000005, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
		{ 0x80000006, "EV_EFI_GPT_EVENT" },
		{ 0x80000007, "EV_EFI_ACTION" },
		{ 0x80000008, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
		{ 0x80000009, "EV_EFI_HANDOFF_TABLES" },
		{ 0x8000000a, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
		{ 0x8000000b, "EV_EFI_HANDOFF_TABLES2" },
		{ 0x8000000c, "EV_EFI_VARIABLE_BOOT2" },
		{ 0x80000010, "EV_EFI_HCRTM_EVENT" },
		{ 0x800000e0, "EV_EFI_VARIABLE_AUTHORITY" },
		{ 0x800000e1, "EV_EFI_SPDM_FIRMWARE_BLOB" },
		{ 0x800000e2, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
	};
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].type == type)
			return types[i].name;
	return NULL;
}
