// SPDX-License-Identifier: MIT
/*
 * PE images as firmware measures them, and registers of a boot that did not happen:
 * the log of another boot with its parts replaced must lead where that boot's own
 * log leads.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/wardctl/measure_boot.h"
#include "support.h"
#include "tcglog_make.h"

#define HEADERS 0x400u
#define PE_AT 0x80u
#define OPTIONAL_AT (PE_AT + 24)
#define OPTIONAL_LEN 240u
#define TABLE_AT (OPTIONAL_AT + OPTIONAL_LEN)
#define CERTIFICATES_AT (OPTIONAL_AT + 112 + 32)

static void put(uint8_t *at, uint64_t value, size_t width)
{
	for (; width--; value >>= 8)
		*at++ = (uint8_t)value;
}

struct image {
	uint8_t bytes[0x4000];
	size_t len, sections;
};

static void image_begin(struct image *i)
{
	memset(i, 0, sizeof(*i));
	memcpy(i->bytes, "MZ", 2);
	put(i->bytes + 0x3c, PE_AT, 4);
	memcpy(i->bytes + PE_AT, "PE", 2);
	put(i->bytes + PE_AT + 20, OPTIONAL_LEN, 2);
	put(i->bytes + OPTIONAL_AT, 0x20b, 2);
	put(i->bytes + OPTIONAL_AT + 60, HEADERS, 4);
	put(i->bytes + OPTIONAL_AT + 64, 0x12345678, 4);
	put(i->bytes + OPTIONAL_AT + 108, 16, 4);
	i->len = HEADERS;
}

static void image_add(struct image *i, const char *name, const void *data, size_t len)
{
	uint8_t *row = i->bytes + TABLE_AT + 40 * i->sections++;
	size_t padded = (len + 0x1ff) & ~(size_t)0x1ff;

	assert_true(i->len + padded <= sizeof(i->bytes));
	memcpy(row, name, strlen(name));
	put(row + 8, len, 4);
	put(row + 12, 0x1000 * i->sections, 4);
	put(row + 16, padded, 4);
	put(row + 20, i->len, 4);
	memcpy(i->bytes + i->len, data, len);
	i->len += padded;
	put(i->bytes + PE_AT + 6, i->sections, 2);
}

static void image_sign(struct image *i, size_t len)
{
	put(i->bytes + CERTIFICATES_AT, i->len, 4);
	put(i->bytes + CERTIFICATES_AT + 4, len, 4);
	memset(i->bytes + i->len, 'c', len);
	i->len += len;
}

static struct wv_bytes bytes_of(const struct image *i)
{
	return (struct wv_bytes){ i->bytes, i->len };
}

static void make_kernel(struct image *i, const char *text)
{
	image_begin(i);
	image_add(i, ".text", text, strlen(text));
	image_add(i, ".data", "data", 4);
	memcpy(i->bytes + i->len, "behind", 6);
	i->len += 6;
	image_sign(i, 24);
}

/* The digest by another way: all that counts is copied together first. */
static void digest_of(const struct image *i, size_t certificates, uint8_t out[32])
{
	static uint8_t all[sizeof(i->bytes)];
	size_t checksum = OPTIONAL_AT + 64, n = 0;

	memcpy(all, i->bytes, checksum);
	n = checksum;
	memcpy(all + n, i->bytes + checksum + 4, CERTIFICATES_AT - checksum - 4);
	n += CERTIFICATES_AT - checksum - 4;
	memcpy(all + n, i->bytes + CERTIFICATES_AT + 8, i->len - certificates - CERTIFICATES_AT - 8);
	n += i->len - certificates - CERTIFICATES_AT - 8;
	assert_true(EVP_Digest(all, n, out, NULL, EVP_sha256(), NULL));
}

static void authenticode_leaves_out_what_signing_adds(void **state)
{
	uint8_t got[32], want[32], later[32];
	struct image i;
	struct pe pe;

	(void)state;
	make_kernel(&i, "kernel");
	assert_null(pe_read(bytes_of(&i), &pe));
	assert_true(pe_authenticode(&pe, got));
	digest_of(&i, 24, want);
	assert_memory_equal(want, got, 32);
	i.bytes[OPTIONAL_AT + 64] ^= 1;		/* checksum */
	i.bytes[i.len - 1] ^= 1;		/* certificate */
	assert_null(pe_read(bytes_of(&i), &pe));
	assert_true(pe_authenticode(&pe, later));
	assert_memory_equal(got, later, 32);
	i.bytes[HEADERS + 2] ^= 1;		/* one byte of the program */
	assert_true(pe_authenticode(&pe, later));
	assert_memory_not_equal(got, later, 32);
}

static const char *read_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1), digest[32];
	struct wv_bytes section;
	const char *why;
	struct pe pe;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	why = pe_read((struct wv_bytes){ copy, len }, &pe);
	if (!why && pe_authenticode(&pe, digest) && pe_section(&pe, ".text", &section))
		EVP_Digest(section.data, section.len, digest, NULL, EVP_sha256(), NULL);
	free(copy);
	return why;
}

static void truncated_and_flipped_never_crash(void **state)
{
	struct image i;
	size_t n, refused = 0;

	(void)state;
	make_kernel(&i, "kernel");
	for (n = 0; n < i.len; n++)	/* what is behind the sections may be any length */
		if (!read_copy(i.bytes, n))
			assert_in_range(n, i.len - 6, i.len);
	for (n = 0; n < 8 * (TABLE_AT + 80); n++) {
		i.bytes[n / 8] ^= (uint8_t)(1 << n % 8);
		refused += read_copy(i.bytes, i.len) != NULL;
		i.bytes[n / 8] ^= (uint8_t)(1 << n % 8);
	}
	print_message("%zu of %u flips break the structure\n", refused, 8 * (TABLE_AT + 80));
	assert_true(refused > 0);
}

static void refused(size_t at, uint64_t value, size_t width, const char *words)
{
	const char *why;
	struct image i;

	make_kernel(&i, "kernel");
	put(i.bytes + at, value, width);
	why = read_copy(i.bytes, i.len);
	if (!why || !strstr(why, words))
		fail_msg("byte %zu: \"%s\" does not say \"%s\"", at, why ? why : "", words);
}

static void hostile_images_are_refused(void **state)
{
	(void)state;
	refused(0, 'X', 1, "no PE");
	refused(0x3c, 0xffffffff, 4, "no PE");
	refused(PE_AT, 'X', 1, "no PE");
	refused(PE_AT + 6, 0, 2, "no sections");
	refused(PE_AT + 6, 97, 2, "too many");
	refused(PE_AT + 20, 10, 2, "cut");
	refused(OPTIONAL_AT, 0x30b, 2, "no PE");
	refused(OPTIONAL_AT + 60, 0, 4, "headers");
	refused(OPTIONAL_AT + 60, 0xffffffff, 4, "headers");
	refused(OPTIONAL_AT + 60, 0x500, 4, "overlap");
	refused(TABLE_AT + 20, 0x500, 4, "overlap");
	refused(TABLE_AT + 40 + 16, 0xffffffff, 4, "section is cut");
	refused(CERTIFICATES_AT + 4, 0x400, 4, "certificates");
}

/* The file's place of a section that has no bytes there is anything at all. */
static void a_section_without_bytes_has_no_place(void **state)
{
	struct wv_bytes found;
	struct image i;
	struct pe pe;

	(void)state;
	make_kernel(&i, "kernel");
	put(i.bytes + TABLE_AT + 8, 0, 4);
	put(i.bytes + TABLE_AT + 16, 0, 4);
	put(i.bytes + TABLE_AT + 20, 0xfffffff0, 4);
	assert_null(pe_read(bytes_of(&i), &pe));
	assert_true(pe_section(&pe, ".text", &found));
	assert_int_equal(found.len, 0);
	assert_in_range((uintptr_t)found.data, (uintptr_t)i.bytes, (uintptr_t)i.bytes + i.len);
}

/* ---- a boot */

struct parts {
	const char *kernel, *initrd, *cmdline;	/* of an image: also its sections */
};

static size_t widen(const char *text, uint8_t out[128])
{
	size_t i, n = strlen(text) + 1;

	for (i = 0; i < n; i++)
		put(out + 2 * i, (uint8_t)text[i], 2);
	return 2 * n;
}

static void add_tagged(struct tcglog_made *log, uint32_t tag, const void *data, size_t len)
{
	uint8_t said[12] = { 0 };

	put(said, tag, 4);
	put(said + 4, 4, 4);
	memcpy(said + 8, "text", 4);
	tcglog_measured(log, 9, WV_EV_EVENT_TAG, (struct wv_bytes){ data, len },
			(struct wv_bytes){ said, sizeof(said) });
}

/* Firmware's event of a program: its digest is the program's own, by SHA-256. */
static void add_image(struct tcglog_made *log, const struct image *i, size_t certificates)
{
	uint8_t digest[32], said[32] = { 0 };

	digest_of(i, certificates, digest);
	tcglog_measured(log, 4, WV_EV_EFI_BOOT_SERVICES_APPLICATION, bytes_of(i),
			(struct wv_bytes){ said, sizeof(said) });
	memcpy(log->bytes + log->len - sizeof(said) - 4 - 32, digest, 32);
}

static void add_section(struct tcglog_made *log, const char *name, const void *data, size_t len)
{
	uint8_t wide[128];
	struct wv_bytes said = { wide, widen(name, wide) };

	tcglog_measured(log, 11, WV_EV_IPL, (struct wv_bytes){ (const uint8_t *)name, strlen(name) + 1 },
			said);
	tcglog_measured(log, 11, WV_EV_IPL, (struct wv_bytes){ data, len }, said);
}

static void make_uki(struct image *i, const struct parts *p)
{
	struct image kernel;

	make_kernel(&kernel, p->kernel);
	image_begin(i);
	image_add(i, ".text", "stub", 4);
	image_add(i, ".sdmagic", "#### LoaderInfo: systemd-stub 252.39 ####", 41);
	image_add(i, ".osrel", "ID=x", 4);
	image_add(i, ".cmdline", p->cmdline, strlen(p->cmdline));
	image_add(i, ".initrd", p->initrd, strlen(p->initrd));
	image_add(i, ".linux", kernel.bytes, kernel.len);
}

static void make_log(struct tcglog_made *log, const struct parts *p, bool uki)
{
	struct image kernel, image;
	uint8_t wide[128];
	size_t len = widen(p->cmdline, wide);

	make_kernel(&kernel, p->kernel);
	tcglog_begin(log);
	tcglog_add(log, 4, 0x80000007, "Calling EFI Application from Boot Option", 40);
	tcglog_add(log, 4, WV_EV_SEPARATOR, "\0\0\0", 4);
	if (uki) {
		make_uki(&image, p);
		add_image(log, &image, 0);
		add_section(log, ".linux", kernel.bytes, kernel.len);
		add_section(log, ".osrel", "ID=x", 4);
		add_section(log, ".cmdline", p->cmdline, strlen(p->cmdline));
		add_section(log, ".initrd", p->initrd, strlen(p->initrd));
	}
	add_image(log, &kernel, 24);
	add_tagged(log, 0x8f3b22ed, wide, len);
	add_tagged(log, 0x8f3b22ec, p->initrd, strlen(p->initrd));
	tcglog_add(log, 5, 0x80000007, "Exit Boot Services Invocation", 29);
}

static const struct parts old_boot = { "kernel", "initrd with ward.ko", "quiet" };
static const struct parts new_boot = { "Kernel", "initrd with Ward.ko", "quiet module.sig_enforce" };

static void predicted(const struct parts *now, bool uki, const struct boot_parts *parts)
{
	struct tcglog_made before, after;
	struct wv_tcglog_pcrs want;
	struct wv_tcglog log;
	struct boot boot;

	make_log(&before, &old_boot, uki);
	make_log(&after, now, uki);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&after), &log, NULL));
	assert_int_equal(0, wv_tcglog_replay(&log, WV_ALG_SHA256, &want, NULL));
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&before), &log, NULL));
	assert_null(boot_predict(&log, parts, &boot));
	assert_memory_equal(&want, &boot.pcrs, sizeof(want));
}

static void what_is_named_is_replaced(void **state)
{
	struct parts now = old_boot;
	struct boot_parts parts = { 0 };
	uint8_t wide[128];
	struct image i;
	struct pe pe;

	(void)state;
	predicted(&now, false, &parts);		/* nothing: the log's own */
	now.initrd = new_boot.initrd;
	parts.initrd = (struct wv_bytes){ (const uint8_t *)now.initrd, strlen(now.initrd) };
	predicted(&now, false, &parts);
	now.cmdline = new_boot.cmdline;
	parts.cmdline = (struct wv_bytes){ wide, widen(now.cmdline, wide) };
	predicted(&now, false, &parts);
	now.kernel = new_boot.kernel;
	make_kernel(&i, now.kernel);
	assert_null(pe_read(bytes_of(&i), &pe));
	parts.kernel = &pe;
	predicted(&now, false, &parts);
}

static void a_unified_image_replaces_all_of_it(void **state)
{
	struct boot_parts parts = { 0 };
	uint8_t wide[128];
	struct image i;
	struct boot boot;
	struct pe pe;

	(void)state;
	make_uki(&i, &new_boot);
	assert_null(pe_read(bytes_of(&i), &pe));
	parts.uki = &pe;
	assert_true(pe_section(&pe, ".initrd", &parts.initrd));
	parts.cmdline = (struct wv_bytes){ wide, widen(new_boot.cmdline, wide) };
	predicted(&new_boot, true, &parts);
	assert_null(boot_predict_uki(&pe, &boot));
	assert_int_equal(1 << 11, boot.pcrs.extended);
	assert_null(boot_phases("enter-initrd:leave-initrd", &boot));
	assert_string_equal("phase leave-initrd", boot.replaced[boot.count - 1].what);
	assert_non_null(boot_phases("a::b", &boot));
	i.bytes[pe.section[1].raw_at + 31] = '9';	/* systemd-stub 292 */
	assert_non_null(strstr(boot_predict_uki(&pe, &boot), "not known here"));
}

static void without_a_place_nothing_is_predicted(void **state)
{
	struct boot_parts parts = { 0 };
	struct tcglog_made made;
	struct wv_tcglog log;
	struct boot boot;
	struct image i;
	struct pe pe;

	(void)state;
	make_uki(&i, &new_boot);
	assert_null(pe_read(bytes_of(&i), &pe));
	make_log(&made, &old_boot, false);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&made), &log, NULL));
	parts.uki = &pe;
	assert_non_null(strstr(boot_predict(&log, &parts, &boot), "unified kernel image"));
	tcglog_begin(&made);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&made), &log, NULL));
	parts.uki = NULL;
	parts.kernel = &pe;
	assert_non_null(strstr(boot_predict(&log, &parts, &boot), "no program"));
	parts.kernel = NULL;
	parts.initrd = bytes_of(&i);
	assert_non_null(strstr(boot_predict(&log, &parts, &boot), "not one initrd"));
	parts.initrd.data = NULL;
	parts.cmdline = bytes_of(&i);
	assert_non_null(strstr(boot_predict(&log, &parts, &boot), "not one command line"));
}

/* A section that the log's image had not: whether the stub measures it, nobody knows. */
static void a_new_section_has_no_place(void **state)
{
	struct boot_parts parts = { 0 };
	struct tcglog_made made;
	struct wv_tcglog log;
	struct boot boot;
	struct image i;
	struct pe pe;

	(void)state;
	make_uki(&i, &new_boot);
	image_add(&i, ".splash", "picture", 7);
	assert_null(pe_read(bytes_of(&i), &pe));
	make_log(&made, &old_boot, true);
	assert_int_equal(0, wv_tcglog_open(tcglog_bytes(&made), &log, NULL));
	parts.uki = &pe;
	assert_non_null(strstr(boot_predict(&log, &parts, &boot), "had not"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authenticode_leaves_out_what_signing_adds),
		cmocka_unit_test(truncated_and_flipped_never_crash),
		cmocka_unit_test(hostile_images_are_refused),
		cmocka_unit_test(a_section_without_bytes_has_no_place),
		cmocka_unit_test(what_is_named_is_replaced),
		cmocka_unit_test(a_unified_image_replaces_all_of_it),
		cmocka_unit_test(without_a_place_nothing_is_predicted),
		cmocka_unit_test(a_new_section_has_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
