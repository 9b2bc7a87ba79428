// SPDX-License-Identifier: MIT
/*
 * Policies that pin what the seeds' evidence says, and what it does not say: each member of
 * the kind that judges, in each way that it can be written. What else there is to say stands
 * in policy_bodies.h. Evidence is read back from the other targets' seeds.
 */
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu.h"
#include "hcl.h"
#include "hex.h"
#include "policy_bodies.h"
#include "quote.h"
#include "roots.h"
#include "tpm.h"

enum form { HEX, HASH, TEXT };

#define IN(member) offsetof(struct wv_verdict, member)
#define HEXED(format, member) \
	{ format, IN(member), sizeof(((struct wv_verdict *)0)->member), HEX }
#define HASHED(format, member) { format, IN(member), 0, HASH }
#define SAID(format, member) { format, IN(member), 0, TEXT }
#define COMPONENT(kind, what) \
	HASHED("'" #kind "':{'sw_components':[{'" #what "':%s}]}", \
	       kind.platform.components[0].what), \
	HASHED("'" #kind "':{'sw_components':[{'type':'BL','" #what "':%s}]}", \
	       kind.platform.components[0].what)
#define PLATFORM(kind) \
	HEXED("'" #kind "':{'implementation_id':%s}", kind.platform.implementation_id), \
	HEXED("'" #kind "':{'instance_id':%s}", kind.platform.instance_id), \
	COMPONENT(kind, measurement), COMPONENT(kind, signer)

/* A list of values stands for %s, an apostrophe for JSON's quotation mark. */
static const struct pin {
	const char *format;
	size_t at, len;
	enum form form;
} pins[] = {
	HEXED("'measurement':%s", report.measurement),
	HEXED("'host_data':%s", report.host_data),
	HEXED("'snp':{'id_key':%s}", report.id_key_digest),
	HEXED("'snp':{'author_key':%s}", report.author_key_digest),
	HEXED("'snp':{'family_id':%s}", report.family_id),
	HEXED("'snp':{'image_id':%s}", report.image_id),
	HEXED("'snp':{'chip_id':%s}", report.chip_id),
	HEXED("'snp':{'report_id':%s}", report.report_id),
	HEXED("'snp':{'report_id_ma':%s}", report.report_id_ma),
	HEXED("'tpm':{'ak':%s}", tpm.ak_sha256),
	{ "'tpm':{'pcrs':{'sha256':{'0':%s}}}", IN(tpm.pcr[0]), 32, HEX },
	{ "'tpm':{'pcrs':{'sha256':{'4':%s,'7':['" D64 "']}}}", IN(tpm.pcr[4]), 32, HEX },
	{ "'tpm':{'pcrs':{'sha256':{'23':%s}}}", IN(tpm.pcr[23]), 32, HEX },
	{ "'tpm':{'pcrs':{'sha384':{'0':%s}}}", IN(tpm.pcr[0]), 48, HEX },
	{ "'tpm':{'pcrs':{'sha512':{'0':%s}}}", IN(tpm.pcr[0]), 64, HEX },
	{ "'azure':{'pcrs':{'sha256':{'4':%s}}}", IN(azure.quote.pcr[4]), 32, HEX },
	SAID("'azure':{'vm_id':%s}", azure.vm_id),
	SAID("'azure':{'root_cert_thumbprint':%s}", azure.root_thumbprint),
	HEXED("'tdx':{'mrtd':%s,'rtmr1':['" D96 "']}", tdx.mr_td),
	HEXED("'tdx':{'mrtd':%s,'rtmr1':['" Z96 "'],'rtmr2':['" Z96 "']}", tdx.mr_td),
	HEXED("'tdx':{'rtmr0':%s}", tdx.rtmr[0]),
	HEXED("'tdx':{'rtmr3':%s}", tdx.rtmr[3]),
	HEXED("'tdx':{'mrseam':%s}", tdx.mr_seam),
	HEXED("'tdx':{'mrsignerseam':%s}", tdx.mr_signer_seam),
	HEXED("'tdx':{'mrconfigid':%s}", tdx.mr_config_id),
	HEXED("'tdx':{'mrowner':%s}", tdx.mr_owner),
	HEXED("'tdx':{'mrownerconfig':%s}", tdx.mr_owner_config),
	HEXED("'tdx':{'mrservicetd':%s}", tdx.mr_service_td),
	HEXED("'sgx':{'mrenclave':%s}", sgx.enclave.mr_enclave),
	HEXED("'sgx':{'mrsigner':%s,'isvprodid':[1,2],'min_isvsvn':1}", sgx.enclave.mr_signer),
	HEXED("'nitro':{'pcrs':{'0':%s}}", nitro.pcr[0]),
	HEXED("'nitro':{'pcrs':{'1':%s,'2':['" Z96 "']}}", nitro.pcr[1]),
	HEXED("'allow_debug':true,'nitro':{'pcrs':{'1':%s}}", nitro.pcr[1]),
	HEXED("'nitro':{'pcrs':{'31':%s}}", nitro.pcr[31]),
	SAID("'nitro':{'module_id':%s}", nitro.module_id),
	PLATFORM(cca),
	HASHED("'cca':{'rim':%s}", cca.rim),
	HASHED("'cca':{'rem':{'0':%s}}", cca.rem[0]),
	HASHED("'allow_debug':true,'cca':{'rem':{'3':%s}}", cca.rem[3]),
	HEXED("'cca':{'personalization':%s}", cca.personalization),
	PLATFORM(psa),
	SAID("'gpu':{'device_id':%s}", gpu.device_id),
	SAID("'gpu':{'driver_version':%s}", gpu.driver_version),
	SAID("'gpu':{'vbios_version':%s}", gpu.vbios_version),
	{ "'gpu':{'measurements':{'1':%s}}", IN(gpu.blocks[0].value), 48, HEX },
	{ "'gpu':{'measurements':{'2':%s,'200':['" D96 "']}}", IN(gpu.blocks[1].value), 48, HEX },
	HEXED("'declared':%s", claims.declared),
	HEXED("'exe':%s", claims.exe_digest),
	HEXED("'lease_anchor':%s", claims.lease_anchor),
	HEXED("'module':{'build_id':%s}", claims.build_id),
};

#define PINS (sizeof(pins) / sizeof(pins[0]))
#define TEXT_MAX (40u << 10)

static struct wv_verdict said;

/* What the evidence has there; or, with @n, what it has not: each @n another. */
static void value(const struct pin *p, unsigned int n, char *out)
{
	uint8_t copy[128];
	const uint8_t *from = (const uint8_t *)&said + p->at;
	size_t len = p->len;

	if (p->form == TEXT) {
		sprintf(out, "\"%s\"", (const char *)from);
		if (n && out[1] != '"')
			out[strlen(out) - 2] = (char)('0' + n % 10);
		return;
	}
	if (p->form == HASH) {
		len = ((const struct wv_hash *)from)->len;
		from = ((const struct wv_hash *)from)->data;
	}
	if (!len)
		len = 32;
	memcpy(copy, from, len);
	copy[0] ^= (uint8_t)n;
	*out = '"';
	hex_encode(copy, len, out + 1);
	strcat(out, "\"");
}

/* How a list can be written: value 0 is the evidence's, the others are not. */
static const struct {
	bool named;
	unsigned int first, count;
} lists[] = { { false, 0, 1 }, { false, 1, 1 }, { true, 0, 1 }, { true, 1, 3 }, { false, 1, 40 },
	      { true, 1, 40 }, { true, 200, 60 } };

static void list(const struct pin *p, size_t how, char *out)
{
	char one[300];
	unsigned int i;
	bool named = lists[how].named;

	strcpy(out, "[");
	for (i = 0; i < lists[how].count; i++) {
		out += strlen(out);
		value(p, (lists[how].first + i) & 0xff, one);
		sprintf(out, "%s", i ? "," : "");
		if (named)
			sprintf(out + strlen(out), "{\"name\":\"image %u\",\"value\":%s}", i, one);
		else
			strcat(out, one);
	}
	strcat(out, "]");
}

/* As a policy: for those that judge, and for those that read. */
static void policy(const char *kind, size_t n, const char *body)
{
	char name[64], *text, *at;

	assert_true(asprintf(&text, "{'ward-policy':1,%s}", body) > 0);
	for (at = text; *at; at++)
		*at = *at == '\'' ? '"' : *at;
	snprintf(name, sizeof(name), "json-%s-%03zu", kind, n);
	seed_text("judge", name, text);
	seed_text("policy", name, text);
	free(text);
}

static void pinned(void)
{
	static char text[TEXT_MAX], body[TEXT_MAX];
	size_t i, how;

	for (i = 0; i < PINS; i++)
		for (how = 0; how < sizeof(lists) / sizeof(lists[0]); how++) {
			list(&pins[i], how, text);
			snprintf(body, sizeof(body), pins[i].format, text);
			policy("pin", i * 10 + how, body);
		}
}

/* The key of an SPKI that is as long as one on P-256, with the byte of a whole point. */
static void no_curve(void)
{
	uint8_t der[91] = { 0x30, 0x59, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
			    0x01, 0x01, 0x01, 0x05, 0x00, 0x03, 0x48, 0x00, 0x30, 0x45, 0x02, 0x3e,
			    0x01, 0x01, 0x04, [86] = 0x02, 0x03, 0x01, 0x00, 0x01 };
	unsigned char text[128];
	char body[256];

	EVP_EncodeBlock(text, der, sizeof(der));
	snprintf(body, sizeof(body), "'cca':{'platform_keys':[{'public_key':'%s'}]}", text);
	policy("rsa", 0, body);
}

/* A whole point on a curve with shorter keys, and something behind it. */
static void followed(void)
{
	uint8_t der[91] = { 0 }, *at;
	unsigned char text[128];
	char body[256];
	EVP_PKEY *key;
	int tries;

	for (tries = 0; tries < 10000 && der[26] != 0x04; tries++) {
		key = EVP_EC_gen("P-224");
		at = der;
		assert_int_equal(i2d_PUBKEY(key, &at), 80);
		EVP_PKEY_free(key);
	}
	EVP_EncodeBlock(text, der, sizeof(der));
	snprintf(body, sizeof(body), "'cca':{'platform_keys':[{'public_key':'%s'}]}", text);
	policy("followed", 0, body);
}

/* Every register has a name, and the module: more than a verdict has room for. */
static void all_named(void)
{
	static char body[TEXT_MAX];
	char digits[97];
	size_t i;

	sprintf(body, "'allow_debug':true,'nitro':{'module_id':[{'name':'m','value':'%s'}],'pcrs':{",
		said.nitro.module_id);
	for (i = 0; i < WV_NITRO_PCRS; i++) {
		hex_encode(said.nitro.pcr[i], 48, digits);
		sprintf(body + strlen(body), "%s'%zu':[{'name':'r%zu','value':'%s'}]", i ? "," : "", i, i,
			digits);
	}
	strcat(body, "}}");
	policy("named", 0, body);
}

/* A value more than a list may have. */
static void too_many(void)
{
	static char body[TEXT_MAX] = "'uid':[0";
	char *at = body + strlen(body);
	size_t i;

	for (i = 0; i < 1024; i++)
		at += sprintf(at, ",%zu", i);
	strcat(at, "]");
	policy("many", 0, body);
}

void seeds_policy(void)
{
	struct wv_bundle *bundle = NULL;
	struct wv_fault fault;
	struct tpm_data t;
	struct quote q;
	struct hcl hcl;
	struct wv_bytes b;
	size_t i;

	b = seed_part("launch", "v5", 0, true);
	assert_int_equal(wv_snp_parse(b, &said.report, &fault), 0);
	b = seed_part("quote", "v4", 0, false);
	assert_int_equal(quote_parse(b, &q, &fault), 0);
	said.tdx = q.tdx;
	b = seed_part("quote", "v3", 0, false);
	assert_int_equal(quote_parse(b, &q, &fault), 0);
	said.sgx = q.sgx;
	b = seed_part("nitro", "open", 0, false);
	assert_int_equal(wv_nitro_parse(b, &said.nitro, &fault), 0);
	b = seed_part("cca", "token", 0, false);
	assert_int_equal(wv_cca_parse(b, &said.cca, &fault), 0);
	b = seed_part("psa", "token", 0, false);
	assert_int_equal(wv_psa_parse(b, &said.psa, &fault), 0);
	b = seed_part("gpu", "hopper", 0, true);
	assert_int_equal(gpu_parse(b, &said.gpu, &fault), 0);
	b = seed_part("bundle", "one", 0, false);
	assert_int_equal(wv_bundle_decode(b, &bundle, &fault), 0);
	assert_int_equal(wv_claims_parse(bundle->claims, &said.claims, &fault), 0);
	b = seed_part("tpm", "ecdsa", 0, true);
	assert_int_equal(tpm_data_parse(b, false, &t, &fault), 0);
	for (i = 0; i < t.pcr_count; i++)
		memcpy(said.tpm.pcr[i], t.pcr[i].data, t.pcr[i].len);
	b = seed_part("azure", "snp", 1, true);
	assert_int_equal(tpm_data_parse(b, true, &t, &fault), 0);
	assert_int_equal(hcl_parse(t.hcl, &hcl, &said.azure, &fault), 0);
	pinned();
	no_curve();
	followed();
	all_named();
	too_many();
	for (i = 0; policy_bodies[i]; i++)
		policy("body", i, policy_bodies[i]);
	wv_bundle_free(bundle);
}
