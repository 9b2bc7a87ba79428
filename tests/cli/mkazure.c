// SPDX-License-Identifier: MIT
/*
 * Bundles of Azure's confidential VMs: a paravisor's report over SNP or TDX, and its vTPM's quote.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/azure_make.h"
#include "../../userspace/verifier/hcl.h"
#include "../unit/quote_make.h"
#include "mkevidence.h"

static EVP_PKEY *ak, *other;

/** struct vm - what one bundle is made of, to be changed at will */
struct vm {
	struct sim_guest g;
	struct azure_make hcl;
	struct tpm_sim quote;
	struct quote_plan plan;
	uint8_t report[HCL_REPORT_LEN];
	const char *tee;
	bool td, no_quote;
};

static void vm_write(const char *name, struct vm *vm)
{
	struct wv_evidence e = { .provider = "azure" };
	uint8_t report_data[64];
	char file[64];

	strcpy(e.tee, vm->tee);
	sim_report_data(&vm->g, report_data);
	vm->quote.hcl = azure_make_hcl(&vm->hcl, &vm->g, &pki);
	if (vm->td && !vm->no_quote)
		vm->quote.td_quote = quote_make(&vm->plan);
	e.data = tpm_sim_data(&vm->quote, report_data);
	e.aux = tpm_sim_aux(&vm->quote);
	vm->g.more = &e;
	vm->g.more_count = 1;
	snprintf(file, sizeof(file), "%s.ward", name);
	write_bundle(file, &vm->g);
	ut_free(e.data);
	ut_free(e.aux);
	ut_free(vm->quote.hcl);
	if (vm->td && !vm->no_quote)
		ut_free(vm->quote.td_quote);
}

/* ---- on SNP -------------------------------------------------------------------------- */

static void snp_new(struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	sim_guest_new(&vm->g, WARD_PURPOSE_RELEASE);
	vm->g.claims.tee = htole32(WARD_TEE_AZURE_SNP);
	vm->g.no_launch = true;
	azure_make_new(&vm->hcl, ak);
	tpm_sim_new(&vm->quote, ak);
	vm->quote.shared = 1;
	vm->tee = "azure-snp";
}

static void snp_sound(void)
{
	static const uint8_t said[64] = { 1 };
	struct vm vm;

	snp_new(&vm);
	vm_write("azure-snp", &vm);
	vm.quote.bare = true;
	vm.hcl.version = 1;
	vm_write("azure-bare", &vm);
	vm.hcl.hash = 2;
	vm.hcl.user_data = said;
	vm_write("azure-384", &vm);
	vm.hcl.hash = 3;
	vm.hcl.padded = 0;
	vm_write("azure-512", &vm);
	vm.g.vmpl = 1;
	vm_write("azure-vmpl", &vm);
	snp_new(&vm);
	vm.g.no_launch = false;
	vm_write("azure-beside-snp", &vm);
}

static void snp_frames(void)
{
	struct vm vm[10];

	for (size_t i = 0; i < 10; i++)
		snp_new(&vm[i]);
	vm[0].hcl.version = 3;
	vm_write("azure-version", &vm[0]);
	vm[1].hcl.runtime_version = 2;
	vm_write("azure-runtime-version", &vm[1]);
	vm[2].hcl.kind = WV_AZURE_TDX;
	vm_write("azure-kind", &vm[2]);
	vm[3].hcl.hash = 4;
	vm_write("azure-hash", &vm[3]);
	vm[4].hcl.size_lie = 1;
	vm_write("azure-size", &vm[4]);
	vm[5].hcl.all_lie = 1;
	vm_write("azure-all", &vm[5]);
	vm[6].hcl.text_lie = -1;
	vm_write("azure-text", &vm[6]);
	vm[7].hcl.request = 1;
	vm_write("azure-request", &vm[7]);
	vm[8].hcl.named = other;
	vm_write("azure-other-key", &vm[8]);
	vm[9].tee = "azure-tdx";
	vm_write("azure-not-tdx", &vm[9]);
}

/* Runtime data of other forms: %s is where the sound one's pairs go. */
static void snp_texts(void)
{
	static const char *const texts[] = {
		"{%s,\"more\":null}", "{%s,\"keys\":[]}", "{\"keys\":[]}", "[]", "{%s} ", "{%s}x", "{%s,}",
		"{%s,\"more\":NaN}", "{%s,\"more\":\"\\ud800\"}", "{%s,\"more\":{\"a\":1,\"a\":2}}",
		"{%s,\"user-data\":\"00\"}", "{%s,\"user-data\":\"zz\"}", "{%s,\"user-data\":1}",
		"{%s,\"more\":\"\\u0000\"}", "{%s,\"more\":1e999}", "{%s,\"more\":99999999999999999999}",
		"{%s,\"vm-configuration\":{}}", "{%s,\"more\":\"\x01\"}", "{%s,\"more\":\"\xff\"}",
	};
	struct vm vm;
	char text[4096], name[64], *whole, *pairs, *end;

	snp_new(&vm);
	whole = azure_make_text(&vm.hcl);
	end = strstr(whole, ",\"vm-configuration\"");
	pairs = whole + 1;
	*end = '\0';
	vm.hcl.text = text;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *at = strstr(texts[i], "%s");
		int head = at ? (int)(at - texts[i]) : (int)strlen(texts[i]);

		snprintf(text, sizeof(text), "%.*s%s%s", head, texts[i], at ? pairs : "", at ? at + 2 : "");
		snprintf(name, sizeof(name), "azure-text-%zu", i);
		vm_write(name, &vm);
	}
	free(whole);
}

/* ---- on TDX -------------------------------------------------------------------------- */

static void td_new(struct vm *vm, const struct intel_pki *p, int version, int body)
{
	char *text;

	snp_new(vm);
	vm->tee = "azure-tdx";
	vm->td = true;
	vm->g.claims.tee = htole32(WARD_TEE_AZURE_TDX);
	vm->hcl.kind = WV_AZURE_TDX;
	vm->hcl.report = vm->report;
	quote_plan_new(&vm->plan, p, version, body);
	text = azure_make_text(&vm->hcl);
	azure_make_data(&vm->hcl, text, vm->plan.bytes + TD_REPORT_DATA);
	free(text);
	azure_make_tdreport(vm->plan.bytes, quote_body_len(&vm->plan), vm->report);
}

static void td_write(const char *name, struct vm *vm)
{
	vm_write(name, vm);
	quote_plan_free(&vm->plan);
}

static void tds(void)
{
	static const size_t reserved[] = { 0, 1, 2, 3, 15, 16, 31, 192, 223, 224, 256, 495, 511, 960,
					   1024 };
	struct intel_pki p;
	struct vm vm;
	char name[32];

	intel_pki_make(&intel_default, &p);
	write_cert("azure-root.pem", p.root);
	td_new(&vm, &p, 4, 2);
	td_write("azure-tdx", &vm);
	td_new(&vm, &p, 5, 3);
	td_write("azure-tdx-15", &vm);
	td_new(&vm, &p, 4, 2);
	vm.no_quote = true;
	td_write("azure-tdx-no-quote", &vm);
	td_new(&vm, &p, 4, 2);
	vm.plan.bytes[TD_MRTD] ^= 1;
	td_write("azure-tdx-other-td", &vm);
	td_new(&vm, &p, 4, 2);
	vm.plan.bad_hash = true;
	td_write("azure-tdx-other-qe", &vm);
	td_new(&vm, &p, 4, 2);
	vm.tee = "azure-snp";
	td_write("azure-not-snp", &vm);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		td_new(&vm, &p, 4, 2);
		vm.report[reserved[i]] ^= 1;
		snprintf(name, sizeof(name), "azure-tdx-at-%zu", reserved[i]);
		td_write(name, &vm);
	}
	intel_pki_free(&p);
}

void azures(void)
{
	make_folder("azure");
	write_cert("azure/ark.pem", pki.ark);
	write_cert("azure/ask.pem", pki.ask);
	write_cert("azure/vcek.pem", pki.vek);
	ak = EVP_RSA_gen(2048);
	other = EVP_RSA_gen(2048);
	snp_sound();
	snp_frames();
	snp_texts();
	tds();
	EVP_PKEY_free(ak);
	EVP_PKEY_free(other);
}
