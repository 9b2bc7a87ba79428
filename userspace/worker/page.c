// SPDX-License-Identifier: MIT
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/evp.h>

#include "page_text.h"

static void put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			fputs("&lt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			putc(*text, f);
		}
	}
}

static void put_hex(FILE *f, const char *name, const uint8_t *bytes, size_t len)
{
	fprintf(f, "<dt>%s</dt><dd><code>", name);
	while (len--)
		fprintf(f, "%02x", *bytes++);
	fputs("</code></dd>\n", f);
}

static void put_said(FILE *f, const char *name, const char *text)
{
	fprintf(f, "<dt>%s</dt><dd>", name);
	put_escaped(f, text);
	fputs("</dd>\n", f);
}

/* ---- what the server is ----------------------------------------------------------- */

static void put_tee(FILE *f, const struct standing *standing)
{
	fputs("<dt>TEE</dt><dd id=\"tee\">", f);
	put_escaped(f, standing->tee);
	if (standing->simulated)
		fputs(" <strong class=\"simulated\">SIMULATED: it protects nothing</strong>", f);
	if (!standing->evident) {
		fputs(" <strong class=\"simulated\">NO EVIDENCE</strong> ", f);
		put_escaped(f, standing->why);
	}
	fputs("</dd>\n", f);
}

static void put_standing(FILE *f, const struct infer *infer, const struct standing *standing)
{
	fputs("<h2>What answers</h2>\n<dl>\n", f);
	put_tee(f, standing);
	put_said(f, "Measurement", *standing->measurement ? standing->measurement :
		 "in the evidence");
	put_hex(f, "TLS key (SHA-256)", standing->key, sizeof(standing->key));
	put_hex(f, "Plan (SHA-512)", infer->plan->digest, PLAN_DIGEST_LEN);
	put_hex(f, "Model (SHA-256)", infer->model, INFER_MODEL_LEN);
	fputs("<dt>Evidence now</dt><dd><code id=\"fresh\"></code></dd>\n</dl>\n"
	      "<p>This is what the server says of itself: a page cannot verify it. <code>wardctl verify "
	      "bundle</code> does, with the evidence of <code>/attest?nonce=</code>.</p>\n", f);
}

/* ---- what it is asked ----------------------------------------------------------------- */

static int is_word(const struct plan *plan, const char *column)
{
	size_t i;

	for (i = 0; i < plan->features; i++) {
		if (!strcmp(plan->feature[i].column, column) && *plan->feature[i].word)
			return 1;
	}
	return 0;
}

static void put_names(FILE *f, const char *const *names, size_t count)
{
	json_t *list = json_array();
	char *text;
	size_t i;

	for (i = 0; list && i < count; i++)
		json_array_append_new(list, json_string(names[i]));
	text = list ? json_dumps(list, JSON_COMPACT) : NULL;
	put_escaped(f, text ? text : "[]");
	free(text);
	json_decref(list);
}

static void put_input(FILE *f, const struct plan *plan, const char *name)
{
	fputs("<label>", f);
	put_escaped(f, name);
	fputs(" <input id=\"v-", f);
	put_escaped(f, name);
	fprintf(f, "\" autocomplete=\"off\"%s></label>\n", is_word(plan, name) ? " data-word=\"1\"" : "");
}

static void put_form(FILE *f, const struct infer *infer)
{
	const struct plan *plan = infer->plan;
	const char *names[PLAN_FEATURES_MAX];
	size_t i, count = infer_columns(plan, names);

	fprintf(f, "<h2>%s</h2>\n<form id=\"ask\" data-past=\"%llu\" data-classes=\"%s\" data-names=\"",
		plan->course.past ? "A patient's course" : "A patient",
		(unsigned long long)plan->course.past,
		infer->trained->net.loss == LOSS_LOG ? "1" : "");
	put_names(f, names, count);
	fputs("\" data-column=\"", f);
	put_escaped(f, plan->course.column);
	fputs("\">\n", f);
	for (i = 0; !plan->course.past && i < count; i++)
		put_input(f, plan, names[i]);
	fputs("<p><label for=\"table\">Table with a line of names: <code>", f);
	for (i = 0; i < count; i++) {
		fputs(i ? "," : "", f);
		put_escaped(f, names[i]);
	}
	fputs("</code></label>\n<textarea id=\"table\" autocomplete=\"off\" spellcheck=\"false\">"
	      "</textarea></p>\n<button>Ask</button> <span id=\"state\"></span>\n</form>\n"
	      "<p id=\"problem\" role=\"alert\"></p>\n"
	      "<svg id=\"drawing\" viewBox=\"0 0 600 300\" role=\"img\" aria-label=\"answer\"></svg>\n"
	      "<ul id=\"answers\"></ul>\n", f);
}

/* ---- all of it -------------------------------------------------------------------------- */

static int put_digest(FILE *f, const char *what, const char *text)
{
	uint8_t digest[32];
	char base64[48];

	if (!EVP_Digest(text, strlen(text), digest, NULL, EVP_sha256(), NULL))
		return -1;
	EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
	fprintf(f, " %s 'sha256-%s';", what, base64);
	return 0;
}

static int put_policy(FILE *f)
{
	fputs("default-src 'none';", f);
	if (put_digest(f, "script-src", page_script) || put_digest(f, "style-src", page_style))
		return -1;
	fputs(" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", f);
	return 0;
}

static void put_page(FILE *f, const struct infer *infer, const struct standing *standing)
{
	fprintf(f, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width\">\n<title>ward: ");
	put_escaped(f, infer->plan->name);
	fprintf(f, "</title>\n<style>%s</style>\n<h1>",
		page_style);
	put_escaped(f, infer->plan->name);
	fputs(": ", f);
	put_escaped(f, infer->run->name);
	fputs("</h1>\n", f);
	put_form(f, infer);
	put_standing(f, infer, standing);
	fprintf(f, "<script>%s</script>\n</html>\n", page_script);
}

static char *whole(FILE *f, char **text, int bad)
{
	bad |= ferror(f);
	return fclose(f) || bad ? NULL : *text;
}

int page_make(struct page *page, const struct infer *infer, const struct standing *standing,
	      struct failure *failure)
{
	size_t len;
	FILE *f = open_memstream(&page->html, &len);

	if (f) {
		put_page(f, infer, standing);
		if (whole(f, &page->html, 0)) {
			f = open_memstream(&page->policy, &len);
			if (f && whole(f, &page->policy, put_policy(f)))
				return 0;
		}
	}
	return failed(failure, EXIT_DEVICE, "no room for the page; raise --budget");
}

void page_free(struct page *page)
{
	free(page->html);
	free(page->policy);
	*page = (struct page){ 0 };
}
