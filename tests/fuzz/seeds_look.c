// SPDX-License-Identifier: MIT
/*
 * What is handed in for a bundle, and is none; documents that are written as no service
 * writes them, and mean the same; times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roots.h"

#define BYTES(text) { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct {
	const char *name;
	struct wv_bytes bytes;
} looks[] = {
	{ "look-pem", BYTES("-----BEGIN CERTIFICATE-----\n") },
	{ "look-token", BYTES("eyJhbGciOiJSUzI1NiJ9.e30.AA") },
	{ "look-object", BYTES("{\"evidence\":\"\"}") },
	{ "look-list", BYTES("[1]") },
	{ "look-hex", BYTES("0123 4567\t89ab\r\ncdEF\n") },
	{ "look-base64", BYTES("AAECAwQ+/w==\n") },
	{ "look-nul", BYTES("0123\0") },
	{ "look-text", BYTES("hello, world") },
	{ "look-quote", BYTES("\xff\x54\x43\x47\x80\x18") },
	{ "look-table-vcek", BYTES("\x63\xda\x75\x8d\xe6\x64\x45\x64") },
	{ "look-table-vlek", BYTES("\xa8\x07\x4b\xc2\xa2\x5a\x48\x3e") },
	{ "look-table-ask", BYTES("\x4a\xb7\xb3\x79\xbb\xac\x4f\xe4") },
	{ "look-table-ark", BYTES("\xc0\xb4\x06\xa4\xa8\x03\x49\x52") },
	{ "look-nothing", BYTES("\xff\xff\xff\xff") },
};

/* Evidence without a bundle around it, and what was left of a report. */
static void bare(void)
{
	struct wv_bytes report = seed_part("launch", "v5", 0, true);
	uint8_t log[64] = { 0 }, cut[600];

	seed("bundle", "look-bare", report);
	report.len = sizeof(cut);
	seed("bundle", "look-cut", report);
	report.len = 0x38;
	seed("bundle", "look-cut-most", report);
	report.len = 0x36;
	seed("bundle", "look-cut-more", report);
	memcpy(cut, report.data, sizeof(cut));
	cut[0] = 1;
	seed("bundle", "look-cut-1", (struct wv_bytes){ cut, sizeof(cut) });
	cut[0] = 6;
	seed("bundle", "look-cut-6", (struct wv_bytes){ cut, sizeof(cut) });
	memcpy(log + 32, "Spec ID Event03", 16);
	seed("bundle", "look-log", (struct wv_bytes){ log, sizeof(log) });
}

static const char *const times[] = {
	"2026-01-01T00:00:00.123456789Z", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00z", "2026-01-01 00:00:00.Z",
	"2026-01-01T00:00:00+02:30", "2026-01-01T00:00:00-23:59", "2026-01-01T00:00:00+24:00",
	"2026-01-01T00:00:00+00:60", "2026-01-01T00:00:00*00:00", "2026-01-01T00:60:00Z",
	"2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "2026-01-01T23:59:61Z", "2024-02-29T00:00:00Z",
	"2026-02-29T00:00:00Z", "2026-12-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	"2026-01-00T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
	"1969-12-31T23:59:59Z", "2026-01-01T00:00:00.9:", "2026-01-01T00:00:00./Z", "2026-01-01",
};

/* As a time alone, and as that of a release. */
static void dates(void)
{
	static const int64_t numbers[] = { 0, -1, -62135596800, -62135596801, 253402300799,
					   253402300800, -68256000, INT64_MIN, INT64_MAX };
	struct wv_bytes line = seed_part("release", "line", 0, false);
	const char *at = strstr((const char *)line.data, "2026-");
	char name[32], text[2048];
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(name, sizeof(name), "time-%02zu", i);
		seed_text("release", name, times[i]);
		snprintf(text, sizeof(text), "%.*s%s%.*s", (int)(at - (const char *)line.data),
			 (const char *)line.data, times[i],
			 (int)(line.len - (size_t)(at + 20 - (const char *)line.data)), at + 20);
		snprintf(name, sizeof(name), "line-%02zu", i);
		seed_text("release", name, text);
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(name, sizeof(name), "number-%zu", i);
		seed("release", name, (struct wv_bytes){ (const uint8_t *)&numbers[i], 8 });
	}
}

/* What may stand before the member that is looked for, between, and behind. */
static const char *const around[] = {
	" \t\r\n{ \"a\\\"b\" : [ \"]\\\\\" , { \"}\" : \"{\" } ] , %s }",
	"{\"n\":1\n,\"o\":-2.5e3\r,\"p\":true\t,\"q\":null ,\"r\":{},\"s\":[],%s}",
	"{%s,\"signature_\":[{\"a\":[1,2]}]}\n", "{\"x\":\"\",%s\n}\n\n",
	"{\"tcbInf\":1,\"tcbInfO\":2,\"enclaveIdentitY\":3,%s}",
};

/* What no JSON reader lets through: where a member stands is told of any bytes. */
static const char *const torn[] = {
	"", "{", "{\"a\"", "{\"a\":", "{\"a\\", "{\"tcbInfo\":1", "{\"tcbInfo\":{", "{\"tcbInfo\":1}",
	"{\"a\":1,", "{\"a\" 1}", "{a:1}", "[1]", "{\"a\":[\"", "{\"a\":1;\"b\":2}", "{\"a\":{}}}", "{\"tcbInfo\":\"\\",
	"{\"a\":1 2}", "{\"a\":}", "{\"tcbInfX\":1,\"tcbInfo\":true }",
};

static void fragments(void)
{
	char name[32];
	size_t i;

	seed_text("policy", "json-list", "[]");
	for (i = 0; i < sizeof(torn) / sizeof(torn[0]); i++) {
		snprintf(name, sizeof(name), "torn-%02zu", i);
		seed_text("release", name, torn[i]);
	}
}

static void documents(void)
{
	static const char *const names[] = { "tdx", "sgx", "td-qe", "qe" };
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct wv_bytes doc = seed_part("collateral", names[i], 0, false);
		char *inner = strndup((const char *)doc.data + 1, doc.len - 2), *text, name[32];

		for (n = 0; n < sizeof(around) / sizeof(around[0]); n++) {
			assert_true(asprintf(&text, around[n], inner) > 0);
			snprintf(name, sizeof(name), "json-around-%s-%zu", names[i], n);
			seed_text("collateral", name, text);
			free(text);
		}
		free(inner);
	}
}

void seeds_look(void)
{
	size_t i;

	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		seed("bundle", looks[i].name, looks[i].bytes);
	bare();
	dates();
	documents();
	fragments();
}
