// SPDX-License-Identifier: MIT
/*
 * ward ROOT...: what libwardverify says of cases on stdin, one reason's word on a line for
 * each; its own roots and these are trusted.
 * A case (little endian): kind (16 bytes, NUL padded), time (8), number of parts (2),
 * then each part's length (4) and bytes; length ffffffff = as in the first case.
 * Which parts a kind has: cases.py.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wardverify.h"

#define PARTS 12
#define SAME 0xffffffffu

struct test_case {
	char tee[16];
	int64_t now;
	uint16_t parts;
	struct wv_bytes part[PARTS];
	int changed;			/* first part that is not the first case's, or -1 */
	enum { AUTHENTIC, BY_POLICY, BY_LIST } asked;
};

struct put {
	uint8_t *at;
	size_t len;
};

static struct wv_bytes first[PARTS];

static void die(const char *text)
{
	fprintf(stderr, "ward: %s\n", text);
	exit(1);
}

static int take(void *out, size_t len)
{
	return fread(out, 1, len, stdin) == len;
}

static void read_part(struct test_case *c, int i)
{
	uint32_t len;
	uint8_t *data;

	if (!take(&len, 4))
		die("cut short");
	if (len == SAME) {
		c->part[i] = first[i];
		return;
	}
	data = malloc(len ? len : 1);
	if (!data || !take(data, len))
		die("cut short");
	c->part[i] = (struct wv_bytes){ data, len };
	if (c->changed < 0)
		c->changed = i;
}

/* "snp-policy" is snp, and what is asked: the last parts say it. */
static void read_asked(struct test_case *c)
{
	static const struct { const char *text; int asked; } all[] = {
		{ "snp-policy", BY_POLICY }, { "tdx-policy", BY_POLICY }, { "snp-crl", BY_LIST },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(c->tee, all[i].text))
			continue;
		c->asked = all[i].asked;
		c->tee[3] = 0;
	}
}

static int read_case(struct test_case *c)
{
	memset(c, 0, sizeof(*c));
	c->changed = -1;
	if (!take(c->tee, sizeof(c->tee)))
		return 0;
	if (!take(&c->now, 8) || !take(&c->parts, 2) || c->parts > PARTS)
		die("no case");
	for (int i = 0; i < c->parts; i++)
		read_part(c, i);
	read_asked(c);
	return 1;
}

static void free_case(struct test_case *c)
{
	for (int i = 0; i < c->parts; i++)
		if (c->part[i].data != first[i].data)
			free((void *)c->part[i].data);
}

/* Deterministic CBOR, as much as a TPM's evidence has: formats.md, section 11. */
static void put_head(struct put *w, int major, size_t n)
{
	int size = n < 24 ? 0 : n < 256 ? 1 : n < 65536 ? 2 : 4;

	w->at[w->len++] = (uint8_t)(major << 5 | (!size ? (int)n : size == 1 ? 24 : size == 2 ? 25 : 26));
	while (size--)
		w->at[w->len++] = (uint8_t)(n >> 8 * size);
}

static void put_bytes(struct put *w, struct wv_bytes b)
{
	put_head(w, 2, b.len);
	if (b.len)
		memcpy(w->at + w->len, b.data, b.len);
	w->len += b.len;
}

static void put_text(struct put *w, const char *text)
{
	put_head(w, 3, strlen(text));
	memcpy(w->at + w->len, text, strlen(text));
	w->len += strlen(text);
}

static void put_field(struct put *w, const char *key, struct wv_bytes b)
{
	put_text(w, key);
	put_bytes(w, b);
}

static void put_pcrs(struct put *w, struct wv_bytes values, size_t each)
{
	size_t n = (values.len + each - 1) / each;

	put_text(w, "pcrs");
	put_head(w, 4, n);
	for (size_t i = 0; i < n; i++) {
		size_t left = values.len - i * each;

		put_bytes(w, (struct wv_bytes){ values.data + i * each, left < each ? left : each });
	}
}

/* @p: key, quote, signature, registers, size of one; @hcl: of a paravisor, or nothing */
static struct put tpm_data(const struct wv_bytes *p, struct wv_bytes hcl)
{
	struct put w = { malloc(hcl.len + p[0].len + p[1].len + p[2].len + 4 * p[3].len + 512), 0 };

	if (!w.at)
		die("no memory");
	put_head(&w, 5, hcl.data ? 7 : 6);
	put_field(&w, "ak", p[0]);
	if (hcl.data)
		put_field(&w, "hcl", hcl);
	put_pcrs(&w, p[3], p[4].data[0]);
	put_field(&w, "quote", p[1]);
	put_text(&w, "shared");
	put_head(&w, 0, 1);
	put_text(&w, "version");
	put_head(&w, 0, 1);
	put_field(&w, "signature", p[2]);
	return w;
}

static struct put td_aux(struct wv_bytes quote)
{
	static const struct wv_bytes none;
	struct put w = { malloc(quote.len + 256), 0 };

	if (!w.at)
		die("no memory");
	put_head(&w, 5, 7);
	put_field(&w, "ak_cert", none);
	put_field(&w, "ek_cert", none);
	put_field(&w, "ima_log", none);
	put_field(&w, "td_quote", quote);
	put_field(&w, "event_log", none);
	put_text(&w, "ima_log_size");
	put_head(&w, 0, 0);
	put_text(&w, "event_log_size");
	put_head(&w, 0, 0);
	return w;
}

static const char list_policy[] =
	"{\"ward-policy\":1,\"accept_unmeasured\":true,\"allow_debug\":true,\"vmpl_max\":3,"
	"\"allow_tee\":[\"snp\"],\"collateral\":{\"crl\":\"required\"}}";

/* One that can't be read is the fault of who drew it. */
static struct wv_policy *given_policy(const struct test_case *c)
{
	struct wv_bytes text = { (const uint8_t *)list_policy, sizeof(list_policy) - 1 };
	struct wv_policy *policy;
	struct wv_fault fault;

	if (c->asked == BY_POLICY)
		text = c->part[c->parts - 2];
	if (wv_policy_parse(text, &policy, &fault)) {
		fprintf(stderr, "ward: %s: %.*s\n", fault.text, (int)text.len, text.data);
		die("a policy that can't be read");
	}
	return policy;
}

/* What is asked for is that evidence is authentic: whatever it says of the guest will do. */
static struct wv_policy *policy_of(const char *tee, struct wv_bytes key)
{
	char text[4096], cca[2048] = "", base64[1024];
	struct wv_policy *policy;
	struct wv_fault fault;

	if (!strcmp(tee, "cca") && key.len < 700) {
		EVP_EncodeBlock((uint8_t *)base64, key.data, (int)key.len);
		snprintf(cca, sizeof(cca), ",\"cca\":{\"platform_keys\":[{\"public_key\":\"%s\"}]}",
			 base64);
	}
	snprintf(text, sizeof(text), "{\"ward-policy\":1,\"accept_unmeasured\":true,"
		 "\"allow_debug\":true,\"vmpl_max\":3,\"allow_tee\":[\"%s\"]%s%s}",
		 strcmp(tee, "sgx") && strcmp(tee, "nvidia-gpu") ? tee : "snp", cca,
		 strcmp(tee, "tpm") ? "" : ",\"tpm\":{\"accept_unpinned_ak\":true}");
	if (wv_policy_parse((struct wv_bytes){ (uint8_t *)text, strlen(text) }, &policy, &fault))
		return NULL;
	return policy;
}

/* The first case's chain is verified once, and again where a case has another or its time. */
static const struct wv_vek *vek_of(const struct test_case *c, const struct wv_appraisal *a)
{
	static struct wv_vek *vek;
	static int64_t when;
	static int asked;

	if (strcmp(c->tee, "snp") || c->asked == BY_LIST)
		return NULL;
	for (int i = 1; i < 4; i++)
		if (c->part[i].data != first[i].data)
			return NULL;
	if (!asked) {
		asked = 1;
		when = c->now;
		if (wv_vek_open(a->roots, a->collateral, (struct wv_bytes){ NULL, 0 }, c->now, &vek,
				NULL))
			vek = NULL;
	}
	return c->now == when ? vek : NULL;
}

static void judge(const struct test_case *c, const struct wv_roots *roots)
{
	static struct wv_policy *usual;
	static struct wv_verdict v;
	struct wv_evidence e = { .data = c->part[0] };
	struct wv_collateral col = { .vek = { NULL, 0 } };
	struct wv_appraisal a = { .roots = roots, .now = c->now, .collateral = &col };
	struct put data = { NULL, 0 }, aux = { NULL, 0 };
	int fresh = !usual || c->changed == 1;
	struct wv_policy *policy = c->asked ? given_policy(c) :
				   fresh ? policy_of(c->tee, c->part[1]) : usual;
	struct wv_bytes data_asked = { NULL, 0 };

	if (!usual && !c->asked)
		usual = policy;
	if (!policy) {
		puts("policy-damaged");
		return;
	}
	a.policy = policy;
	snprintf(e.tee, sizeof(e.tee), "%s", c->tee);
	if (!strcmp(c->tee, "snp"))
		col = (struct wv_collateral){ c->part[1], c->part[2], c->part[3], NULL, 0, 0 };
	else if (!strcmp(c->tee, "nvidia-gpu"))
		e.aux = c->part[1];
	else if (!strcmp(c->tee, "tpm"))
		data = tpm_data(c->part, (struct wv_bytes){ NULL, 0 });
	else if (!strncmp(c->tee, "azure-", 6))
		data = tpm_data(c->part + 1, c->part[0]);
	if (!strcmp(c->tee, "azure-snp"))
		col = (struct wv_collateral){ c->part[6], c->part[7], c->part[8], NULL, 0, 0 };
	if (!strcmp(c->tee, "azure-tdx"))
		aux = td_aux(c->part[6]);
	if (c->asked == BY_LIST && c->part[4].len) {
		col.items = &c->part[4];
		col.item_count = 1;
	}
	if (c->asked == BY_POLICY && c->part[c->parts - 3].len)
		data_asked = c->part[c->parts - 3];
	if (data.at)
		e.data = (struct wv_bytes){ data.at, data.len };
	if (aux.at)
		e.aux = (struct wv_bytes){ aux.at, aux.len };
	a.vek = vek_of(c, &a);
	wv_verify_evidence(&e, data_asked, &a, &v);
	puts(wv_reason_text(v.fault.reason));
	free(data.at);
	free(aux.at);
	if (policy != usual)
		wv_policy_free(policy);
}

static void add_root(struct wv_roots *roots, const char *path)
{
	static uint8_t text[16384];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f)
		die(path);
	len = fread(text, 1, sizeof(text), f);
	fclose(f);
	if (wv_roots_add(roots, (struct wv_bytes){ text, len }, NULL))
		die(path);
}

int main(int argc, char **argv)
{
	struct wv_roots *roots = wv_roots_new();
	struct test_case c;
	int n = 0;

	if (!roots)
		die("no memory");
	for (int i = 1; i < argc; i++)
		add_root(roots, argv[i]);
	for (; read_case(&c); n++) {
		if (!n) {
			memcpy(first, c.part, sizeof(first));
			c.changed = -1;
		}
		judge(&c, roots);
		free_case(&c);
	}
	return n ? 0 : 1;
}
