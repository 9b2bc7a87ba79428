// SPDX-License-Identifier: MIT
/*
 * The broker's folder of collateral: evidence that a policy judges by it, a cache of many
 * machines, files that change under a broker that runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "exchange.h"
#include "quote_make.h"

#include "../../userspace/broker/collateral_set.h"

static struct intel_pki intel;
static int64_t today;
static char dir[] = "/tmp/ward-collateral-XXXXXX";
static char told[8192];		/* what the journal was told in the last step */

#define STRICT "{\"ward-policy\":1,\"purpose\":\"release\",\"accept_unmeasured\":true," \
	"\"allow_tee\":[\"tdx\",\"simulated-snp\"],\"collateral\":{\"crl\":\"required\"%s}}"
#define TCB ",\"tcb_status\":[\"UpToDate\"]"

static void set_policy(const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), STRICT, more);
	rx_set_policy(text);
}

static void put(const char *name, struct wv_bytes b)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	for (char *p = path + strlen(dir) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(path, 0755);
	}
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
	assert_int_equal(fclose(f), 0);
}

static void put_own(const char *name, struct wv_bytes b)
{
	put(name, b);
	ut_free(b);
}

static struct wv_bytes tcb_info(int64_t from, int64_t to)
{
	struct intel_doc d = intel_doc_default;
	char issued[32], next[32];

	wv_time_text(from, issued);
	wv_time_text(to, next);
	d.tdx = true;
	d.issued = issued;
	d.next = next;
	return intel_tcb_info(&intel, &d);
}

static struct wv_bytes identity(void)
{
	struct intel_doc d = intel_doc_default;
	char issued[32], next[32];

	wv_time_text(today - 86400, issued);
	wv_time_text(today + 86400, next);
	d.tdx = true;
	d.issued = issued;
	d.next = next;
	return intel_identity(&intel, &d);
}

static struct wv_bytes list_of(X509 *issuer, EVP_PKEY *key)
{
	struct crl_recipe c = { .issuer = issuer, .key = key, .from = today - 86400,
				.to = today + 86400 };

	return crl_make(&c);
}

static void put_intel(void)
{
	put_own("tcbinfo.json", tcb_info(today - 86400, today + 86400));
	put_own("qeidentity.json", identity());
	put_own("pck.crl", list_of(intel.ca, intel.ca_key));
	put_own("root.crl", list_of(intel.root, intel.root_key));
	put_own("signers.pem", intel_signers(&intel));
}

static void put_intel_cache(void)
{
	put_own("intel/90c06f000000/tcbinfo.json", tcb_info(today - 86400, today + 86400));
	put_own("intel/90c06f000000/tcbinfo-chain.pem", intel_signers(&intel));
	put_own("intel/qeidentity.json", identity());
	put_own("intel/qeidentity-chain.pem", intel_signers(&intel));
	put_own("intel/pck-platform.crl", list_of(intel.ca, intel.ca_key));
	put_own("intel/pck-processor.crl", list_of(intel.ca, intel.ca_key));
	put_own("intel/root.crl", list_of(intel.root, intel.root_key));
}

static void put_amd(const char *ca, const char *crl, const struct sim_pki *pki)
{
	struct crl_recipe c = { .issuer = pki->ark, .key = pki->ark_key, .pss = true,
				.from = today - 86400, .to = today + 86400 };

	put_own(ca, intel_pem((X509 *[]){ pki->ask, pki->ark }, 2));
	put_own(crl, crl_make(&c));
}

/* What the journal is told lands in @told. */
static void listen_to(int on)
{
	static int saved = -1, file = -1;
	ssize_t n;

	if (on) {
		file = memfd_create("journal", MFD_CLOEXEC);
		saved = dup(STDERR_FILENO);
		assert_true(file >= 0 && saved >= 0 && dup2(file, STDERR_FILENO) >= 0);
		return;
	}
	dup2(saved, STDERR_FILENO);
	n = pread(file, told, sizeof(told) - 1, 0);
	told[n > 0 ? n : 0] = '\0';
	close(saved);
	close(file);
}

/* A TD's quote in place of the simulated report, over the same claims. */
static void make_td(struct rx *x)
{
	struct wv_evidence e = { .provider = "test", .tee = "tdx" };
	struct quote_plan plan;

	x->guest.claims.tee = htole32(WARD_TEE_TDX);
	quote_plan_new(&plan, &intel, 4, 2);
	intel_qe_report(true, 4, plan.qe);
	memset(plan.bytes + TD_TCB_SVN, 5, 16);
	memset(plan.bytes + TD_MRSIGNERSEAM, 0, 48);
	memset(plan.bytes + TD_SEAM_ATTRIBUTES, 0, 8);
	plan.bytes[TD_TCB_SVN + 1] = 1;
	rx_evidence(x);		/* for its claims */
	sim_report_data(&x->guest, plan.bytes + TD_REPORT_DATA);
	e.data = quote_make(&plan);
	x->guest.more = &e;
	x->guest.more_count = 1;
	x->guest.no_launch = true;
	ut_free(x->bundle);
	x->bundle = sim_bundle(&x->guest, NULL);
	x->guest.more_count = 0;
	x->guest.no_launch = false;
	ut_free(e.data);
	quote_plan_free(&plan);
}

static int attest_td(struct rx *x)
{
	int status;

	rx_auth(x);
	make_td(x);
	listen_to(1);
	status = rx_attest(x);
	listen_to(0);
	return status;
}

static int attest_snp(struct rx *x)
{
	int status;

	rx_auth(x);
	rx_evidence(x);
	listen_to(1);
	status = rx_attest(x);
	listen_to(0);
	return status;
}

static void open_folder(void)
{
	struct config_fault fault = { "" };

	if (collateral_open(dir, &rx_rcar.collateral, &fault))
		fail_msg("%s", fault.text);
}

static void assert_told(const char *words)
{
	if (!strstr(told, words))
		fail_msg("no %s in: %s", words, told);
}

static int group_setup(void **state)
{
	struct intel_recipe r = intel_default;

	today = (int64_t)time(NULL);
	r.to = today + 3650LL * INTEL_DAY;
	intel_pki_make(&r, &intel);
	unsetenv("JOURNAL_STREAM");
	return rx_group_setup(state);
}

static int group_teardown(void **state)
{
	intel_pki_free(&intel);
	return rx_group_teardown(state);
}

static int setup(void **state)
{
	struct wv_bytes root = sim_pem(intel.root);
	int rc;

	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	if (!mkdtemp(dir) || rx_setup(state))
		return -1;
	rc = wv_roots_add((struct wv_roots *)rx_rcar.roots, root, NULL);
	ut_free(root);
	return rc;
}

static int teardown(void **state)
{
	char command[64];

	collateral_close(rx_rcar.collateral);
	rx_rcar.collateral = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) ? -1 : rx_teardown(state);
}

static void test_td_without(void **state)
{
	set_policy(TCB);
	assert_int_equal(attest_td(*state), 401);
	rx_refused(401, wv_reason_text(WV_CRL_MISSING));
	rx_set_policy("{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_tee\":[\"tdx\"],"
		      "\"collateral\":{\"tcb_status\":[\"UpToDate\"]}}");
	assert_int_equal(attest_td(*state), 401);
	rx_refused(401, wv_reason_text(WV_COLLATERAL_MISSING));
}

static void test_td_with_files(void **state)
{
	struct rx *x = *state;

	put_intel();
	open_folder();
	set_policy(TCB);
	assert_int_equal(attest_td(x), 200);
	assert_told("\"tcb\":\"UpToDate\"");
	assert_told("\"revocation\":\"checked\"");
	assert_told("\"tcb_until\":\"20");
	assert_int_equal(rx_get(x), 200);
}

static void test_td_with_cache(void **state)
{
	struct rx *x = *state;

	put_intel_cache();
	open_folder();
	set_policy(TCB);
	assert_int_equal(attest_td(x), 200);
	assert_told("\"tcb\":\"UpToDate\"");
}

/* What a cache has for another platform is not this one's. */
static void test_td_of_another_platform(void **state)
{
	char from[128], to[128];

	put_intel_cache();
	snprintf(from, sizeof(from), "%s/intel/90c06f000000", dir);
	snprintf(to, sizeof(to), "%s/intel/00906ea10000", dir);
	assert_int_equal(rename(from, to), 0);
	open_folder();
	set_policy(TCB);
	assert_int_equal(attest_td(*state), 401);
	rx_refused(401, wv_reason_text(WV_COLLATERAL_MISSING));
}

static void test_snp_lists(void **state)
{
	struct rx *x = *state;
	char ca[64], crl[64];

	set_policy("");
	assert_int_equal(attest_snp(x), 401);
	rx_refused(401, wv_reason_text(WV_CRL_MISSING));
	put_amd("issuers.pem", "list.der", x->pki);
	open_folder();
	assert_int_equal(attest_snp(x), 200);
	assert_told("\"revocation\":\"checked\"");
	assert_null(strstr(told, "\"tcb\""));
	collateral_close(rx_rcar.collateral);
	snprintf(ca, sizeof(ca), "%s/issuers.pem", dir);
	snprintf(crl, sizeof(crl), "%s/list.der", dir);
	assert_int_equal(unlink(ca) | unlink(crl), 0);
	snprintf(ca, sizeof(ca), "amd/%s/vcek-ca.pem", wv_product_text(WV_PRODUCT_MILAN));
	snprintf(crl, sizeof(crl), "amd/%s/vcek-crl.der", wv_product_text(WV_PRODUCT_MILAN));
	put_amd(ca, crl, x->pki);
	open_folder();
	assert_int_equal(attest_snp(x), 200);
}

static void later(struct rx *x, int64_t seconds)
{
	x->now += seconds;
}

/* Damaged in either way: as a document cut short, and as nothing at all. */
static void test_damaged_file_is_not_taken(void **state)
{
	struct wv_bytes good, whole = tcb_info(today - 86400, today + 86400);
	struct rx *x = *state;
	size_t lens[] = { whole.len / 2, 0 };

	put_intel();
	open_folder();
	set_policy(TCB);
	for (size_t i = 0; i < 2; i++) {
		put("tcbinfo.json", (struct wv_bytes){ whole.data, lens[i] });
		later(x, 2 * COLLATERAL_SECONDS);
		assert_int_equal(attest_td(x), 200);
		assert_told("\"event\":\"collateral\",\"result\":\"collateral-kept\"");
		assert_told("tcbinfo.json");
		assert_told("\"tcb\":\"UpToDate\"");
		/* and is not told again for as long as it is the same */
		later(x, COLLATERAL_SECONDS);
		assert_int_equal(attest_td(x), 200);
		assert_null(strstr(told, "collateral-kept"));
	}
	good = tcb_info(today - 7200, today + 7200);
	put_own("tcbinfo.json", good);
	later(x, COLLATERAL_SECONDS);
	assert_int_equal(attest_td(x), 200);
	assert_told("\"event\":\"collateral\",\"result\":\"ok\"");
	ut_free(whole);
}

/* A folder that is gone takes nothing with it. */
static void test_folder_that_is_gone(void **state)
{
	struct rx *x = *state;
	char away[64];

	put_intel();
	open_folder();
	set_policy(TCB);
	snprintf(away, sizeof(away), "%s.away", dir);
	assert_int_equal(attest_td(x), 200);
	assert_int_equal(rename(dir, away), 0);
	later(x, COLLATERAL_SECONDS);
	assert_int_equal(attest_td(x), 200);
	assert_told("collateral-kept");
	assert_int_equal(rename(away, dir), 0);
	later(x, COLLATERAL_SECONDS);
	assert_int_equal(attest_td(x), 200);
}

/* Sound files count, also where they say less; before a minute is over none does. */
static void test_change_counts(void **state)
{
	struct rx *x = *state;

	put_intel();
	open_folder();
	set_policy(TCB);
	assert_int_equal(attest_td(x), 200);
	put_own("tcbinfo.json", tcb_info(today - 86400, today - 3600));
	later(x, COLLATERAL_SECONDS - 1);
	assert_int_equal(attest_td(x), 200);
	assert_null(strstr(told, "\"event\":\"collateral\""));
	later(x, 1);
	assert_int_equal(attest_td(x), 401);
	rx_refused(401, wv_reason_text(WV_COLLATERAL_EXPIRED));
	assert_told("\"event\":\"collateral\",\"result\":\"ok\"");
	/* who says so need not wait */
	put_own("tcbinfo.json", tcb_info(today - 86400, today + 86400));
	assert_int_equal(attest_td(x), 401);
	collateral_reread(rx_rcar.collateral, today);
	assert_int_equal(attest_td(x), 200);
}

/* A list or document that came after the verdict: no key goes out on the old one. */
static void test_news_end_sessions(void **state)
{
	struct rx *x = *state;
	char other[64];

	put_intel();
	open_folder();
	set_policy(TCB);
	assert_int_equal(attest_td(x), 200);
	assert_int_equal(rx_get(x), 200);
	put_own("tcbinfo.json", tcb_info(today - 86400, today + 2 * 86400));
	assert_int_equal(rx_get(x), 200);	/* nobody looked yet */
	later(x, COLLATERAL_SECONDS);
	assert_int_equal(rx_get(x), 403);
	assert_string_equal(rx_member("reason"), "policy-unmet");
	assert_non_null(strstr(rx_member("detail"), "other collateral"));
	assert_int_equal(attest_td(x), 200);
	assert_int_equal(rx_get(x), 200);
	/* at once, where the broker is told; and worse news are no verdict at all */
	put_own("tcbinfo.json", tcb_info(today - 86400, today - 3600));
	collateral_reread(rx_rcar.collateral, today);
	assert_int_equal(rx_get(x), 403);
	assert_int_equal(attest_td(x), 401);
	/* equal files elsewhere are the same ones: another broker's */
	put_own("tcbinfo.json", tcb_info(today - 86400, today + 2 * 86400));
	collateral_reread(rx_rcar.collateral, today);
	assert_int_equal(attest_td(x), 200);
	snprintf(other, sizeof(other), "touch %s/*", dir);
	assert_int_equal(system(other), 0);
	collateral_reread(rx_rcar.collateral, today);
	assert_int_equal(rx_get(x), 200);
}

static void refused(const char *words)
{
	struct config_fault fault = { "" };
	struct collateral *c;

	assert_int_equal(collateral_open(dir, &c, &fault), -1);
	if (!strstr(fault.text, words))
		fail_msg("says '%s', lacks '%s'", fault.text, words);
	collateral_close(c);
}

/* A cache's files don't count: an appraisal takes what it needs of them. */
static void too_long_together(void)
{
	static uint8_t text[48 << 10];
	struct wv_bytes info = tcb_info(today - 86400, today + 86400);
	struct wv_bytes third = { text, sizeof(text) };

	memset(text, '\n', sizeof(text));
	assert_true(info.len < sizeof(text));
	memcpy(text + sizeof(text) - info.len, info.data, info.len);
	ut_free(info);
	put("a.json", third);
	put("b.json", third);
	put("intel/90c06f000000/tcbinfo.json", third);
	open_folder();
	put("c.json", third);
	refused("have 147456 bytes, up to 131072 are read");
	put("c.json", (struct wv_bytes){ text, 0 });
}

static void test_not_opened(void **state)
{
	static const uint8_t text[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	struct wv_bytes damaged = { text, sizeof(text) - 1 };
	char name[32];

	(void)state;
	put("intel/90c06f000000/tcbinfo-chain.pem", damaged);
	refused("/intel/90c06f000000/tcbinfo-chain.pem: ");
	put("intel/90c06f000000/tcbinfo-chain.pem", (struct wv_bytes){ text, 0 });
	/* what no vendor publishes is passed over, and what is no file of collateral not read */
	put("notes.json", (struct wv_bytes){ (const uint8_t *)"{}", 2 });
	put("readme", damaged);
	put(".hidden.pem", damaged);
	put("other/x.pem", damaged);
	open_folder();
	too_long_together();
	for (int i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "%d.json", i);
		put(name, (struct wv_bytes){ (const uint8_t *)"{}", 2 });
	}
	refused("more than 64 files");
	strcpy(dir + strlen(dir) - 6, "nobody");
	refused("No such file");
}

static void test_too_long(void **state)
{
	struct wv_bytes big = { calloc(1, COLLATERAL_FILE_MAX + 1), COLLATERAL_FILE_MAX + 1 };

	(void)state;
	put("intel/big.der", big);
	refused("/intel/big.der: longer than 2 MiB");
	free((void *)big.data);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_td_without), T(test_td_with_files), T(test_td_with_cache),
		T(test_td_of_another_platform), T(test_snp_lists),
		T(test_damaged_file_is_not_taken), T(test_folder_that_is_gone),
		T(test_change_counts), T(test_news_end_sessions), T(test_not_opened), T(test_too_long),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
