// SPDX-License-Identifier: MIT
/*
 * Launch digests against those that the peer sev-snp-measure publishes with its
 * tests. Their firmware's pages are given by their digest; its end, which decides
 * all else, is made here from the sections and addresses that are published too.
 */
#include <stdlib.h>
#include <string.h>

#include "../../userspace/verifier/hex.h"
#include "../../userspace/wardctl/measure_snp.h"
#include "support.h"

#define IMAGE_LEN 8192u
#define TABLE_END (IMAGE_LEN - 32)
#define METADATA 4096u

/* SHA-256 of nothing, and of command lines with their NUL. */
static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char no_cmdline[] = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
static const char console_cmdline[] =
	"321c8eec6a77bad179511397f913a083067ad8cb737bb260aacbfe8df70fc50a";

static const char firmware[] = "086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2"
			       "c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74";

static void put(uint8_t *at, uint64_t value, size_t width)
{
	for (; width--; value >>= 8)
		*at++ = (uint8_t)value;
}

/* Entries are written from the table's end towards its beginning. */
static size_t entry(uint8_t *image, size_t end, const char *guid, uint32_t value)
{
	assert_true(hex_decode(guid, image + end - 16, 16));
	put(image + end - 18, 22, 2);
	put(image + end - 22, value, 4);
	return end - 22;
}

static void section(uint8_t **at, uint32_t gpa, uint32_t size, uint32_t kind)
{
	put(*at, gpa, 4);
	put(*at + 4, size, 4);
	put(*at + 8, kind, 4);
	*at += 12;
}

/* The end of an image as OvmfPkg/AmdSev makes it. */
static uint8_t *make_image(void)
{
	uint8_t *image = calloc(1, IMAGE_LEN), *at = image + METADATA + 16;
	size_t end = TABLE_END - 18;

	assert_non_null(image);
	end = entry(image, end, "de71f7007e1acb4f890e68c77e2fb44e", 0x80b004);
	end = entry(image, end, "1f3755723b3a044b927b1da6efa8d454", 0x810c00);
	end = entry(image, end, "666588dc4a989847a75e5585a7bf67cc", IMAGE_LEN - METADATA);
	assert_true(hex_decode("de82b596b21ff745baeaa366c55a082d", image + TABLE_END - 16, 16));
	put(image + TABLE_END - 18, TABLE_END - end, 2);
	memcpy(image + METADATA, "ASEV", 4);
	put(image + METADATA + 4, 16 + 7 * 12, 4);
	put(image + METADATA + 8, 1, 4);
	put(image + METADATA + 12, 7, 4);
	section(&at, 0x800000, 0x9000, OVMF_MEMORY);
	section(&at, 0x80a000, 0x3000, OVMF_MEMORY);
	section(&at, 0x80d000, 0x1000, OVMF_SECRETS);
	section(&at, 0x80e000, 0x1000, OVMF_CPUID);
	section(&at, 0x80f000, 0x1000, OVMF_SVSM_CAA);
	section(&at, 0x810000, 0x1000, OVMF_KERNEL_HASHES);
	section(&at, 0x811000, 0xf000, OVMF_MEMORY);
	return image;
}

struct published {
	enum snp_vmm vmm;
	unsigned int vcpus;
	uint64_t features;
	const char *cmdline;	/* SHA-256, or NULL: no kernel */
	const char *digest;
};

static const struct published known[] = {
	{ SNP_VMM_QEMU, 1, 0x21, no_cmdline,
	  "329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae15d22efc78fb9683632b9b50e4e1d7fa41179ef98a7ef198" },
	{ SNP_VMM_QEMU, 1, 0x1, no_cmdline,
	  "ddc5224521617a536ee7ce9dd6224d1b58a8d4fda1c741f3ac99fc4bfa04ba6e9fc98646d4a07a9079397fa3852819b5" },
	{ SNP_VMM_QEMU, 1, 0x21, console_cmdline,
	  "803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977" },
	{ SNP_VMM_QEMU, 1, 0x1, console_cmdline,
	  "6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa" },
	{ SNP_VMM_QEMU, 4, 0x21, no_cmdline,
	  "4953b1fb416fa874980e8442b3706d345926d5f38879134e00813c5d7abcbe78eafe7b422907be0b4698e2414a631942" },
	{ SNP_VMM_QEMU, 4, 0x1, no_cmdline,
	  "5061fffb019493a903613d56d54b94912a1a2f9e4502385f5c194616753720a92441310ba6c4933de877c36e23046ad5" },
	{ SNP_VMM_QEMU, 1, 0x21, NULL,
	  "e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b" },
	{ SNP_VMM_QEMU, 1, 0x1, NULL,
	  "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d" },
	{ SNP_VMM_EC2, 1, 0x21, no_cmdline,
	  "0ce9ccc06bab55eebe8abc234f3df6514883977a68a591b71052498ab52b2f1aa415db338033946ef93aa8278c0d67fb" },
	{ SNP_VMM_EC2, 1, 0x1, no_cmdline,
	  "0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056" },
	{ SNP_VMM_GCE, 1, 0x1, no_cmdline,
	  "5da7106cf14cf46b1725ebab123eb9e53bd46a1e9f400cd0c08e7827b04b688ea8b4e403c8404efed4397ea5d5d0722e" },
	{ SNP_VMM_GCE, 4, 0x1, no_cmdline,
	  "5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2e6c7a6c3370b2452a15a00eae11886a93d6fd1e7ab81e29d" },
};

static void digest_is(const struct ovmf *ovmf, const struct published *p)
{
	uint8_t start[SNP_DIGEST_LEN], empty[32], cmdline[32], digest[SNP_DIGEST_LEN];
	struct snp_launch l = { .ovmf = ovmf, .firmware_digest = start, .vmm = p->vmm,
				.vcpus = p->vcpus, .guest_features = p->features,
				.vcpu_sig = snp_vcpu_sig("EPYC-v4") };
	char text[2 * SNP_DIGEST_LEN + 1];

	assert_true(hex_decode(firmware, start, sizeof(start)));
	assert_true(hex_decode(nothing, empty, sizeof(empty)));
	if (p->cmdline) {
		assert_true(hex_decode(p->cmdline, cmdline, sizeof(cmdline)));
		l.kernel = l.initrd = empty;
		l.cmdline = cmdline;
	}
	assert_null(snp_launch_digest(&l, digest));
	hex_encode(digest, sizeof(digest), text);
	assert_string_equal(p->digest, text);
}

static void digests_are_those_published(void **state)
{
	uint8_t *image = make_image();
	struct ovmf ovmf;
	size_t i;

	(void)state;
	assert_null(ovmf_read((struct wv_bytes){ image, IMAGE_LEN }, &ovmf));
	assert_int_equal(7, ovmf.section_count);
	assert_int_equal(0x80b004, ovmf.reset_eip);
	assert_true(ovmf_takes_hashes(&ovmf));
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		digest_is(&ovmf, &known[i]);
	free(image);
}

static void signatures_are_those_of_cpuid(void **state)
{
	(void)state;
	assert_int_equal(0x800f12, snp_vcpu_sig("EPYC-v4"));
	assert_int_equal(0x830f10, snp_vcpu_sig("EPYC-Rome"));
	assert_int_equal(0xa00f11, snp_vcpu_sig("EPYC-Milan-v2"));
	assert_int_equal(0xa10f10, snp_vcpu_sig("EPYC-Genoa"));
	assert_int_equal(0xb00f00, snp_vcpu_sig("EPYC-Turin-v1"));
	assert_int_equal(0xa00f11, snp_vcpu_sig("0xa00f11"));
	assert_int_equal(0, snp_vcpu_sig("EPYC-Milan-v"));
	assert_int_equal(0, snp_vcpu_sig("EPYC-Zen9"));
	assert_int_equal(0, snp_vcpu_sig("0x"));
	assert_int_equal(0, snp_vcpu_sig("0x123456789"));
	assert_string_equal("EPYC", snp_vcpu_type(0));
}

/* A copy of just that length: reading past its end is seen by the heap's checkers. */
static const char *read_copy(const uint8_t *image, size_t len, bool launch)
{
	struct ovmf ovmf;
	uint8_t *copy = malloc(len ? len : 1), digest[SNP_DIGEST_LEN];
	struct snp_launch l = { .ovmf = &ovmf, .vcpus = 2, .vcpu_sig = 1, .guest_features = 1 };
	const char *why;

	assert_non_null(copy);
	memcpy(copy, image, len);
	why = ovmf_read((struct wv_bytes){ copy, len }, &ovmf);
	if (!why && launch) {
		l.kernel = l.initrd = l.cmdline = digest;
		memset(digest, 0, sizeof(digest));
		snp_launch_digest(&l, digest);
	}
	free(copy);
	return why;
}

static void truncated_and_flipped_never_crash(void **state)
{
	uint8_t *image = make_image();
	size_t i, refused = 0, bits = 0;

	(void)state;
	for (i = 0; i < IMAGE_LEN; i += i < IMAGE_LEN - 300 ? 97 : 1)
		assert_non_null(read_copy(image, i, true));
	for (i = 8 * METADATA; i < 8 * IMAGE_LEN; i++) {
		if (i == 8 * (METADATA + 120))
			i = 8 * (TABLE_END - 100);
		image[i / 8] ^= (uint8_t)(1 << i % 8);
		refused += read_copy(image, IMAGE_LEN, i % 61 == 0) != NULL;
		image[i / 8] ^= (uint8_t)(1 << i % 8);
		bits++;
	}
	print_message("%zu of %zu flips break the structure\n", refused, bits);
	assert_true(refused > 0);
	free(image);
}

static void refused(size_t at, uint64_t value, size_t width, const char *words)
{
	uint8_t *image = make_image();
	const char *why;

	put(image + at, value, width);
	why = read_copy(image, IMAGE_LEN, false);
	if (!why || !strstr(why, words))
		fail_msg("byte %zu: \"%s\" does not say \"%s\"", at, why ? why : "", words);
	free(image);
}

static void hostile_images_are_refused(void **state)
{
	(void)state;
	refused(TABLE_END - 16, 0, 1, "no table");
	refused(TABLE_END - 18, 17, 2, "no table");
	refused(TABLE_END - 18, 0xffff, 2, "no table");
	refused(TABLE_END - 18 - 18, 17, 2, "table of GUIDs is damaged");
	refused(TABLE_END - 18 - 18, 0x7fff, 2, "table of GUIDs is damaged");
	refused(TABLE_END - 18 - 3 * 22, IMAGE_LEN + 1, 4, "outside");
	refused(TABLE_END - 18 - 3 * 22, 12, 4, "begin as they must");
	refused(METADATA, 0, 1, "begin as they must");
	refused(METADATA + 12, 65, 4, "more sections");
	refused(METADATA + 12, 6, 4, "as they say");
	refused(METADATA + 16, 0x800001, 4, "whole pages");
	refused(METADATA + 20, 0, 4, "whole pages");
	refused(METADATA + 20, 0xfffff000, 4, "whole pages");
	refused(METADATA + 24, 9, 4, "does not know");
	refused(METADATA + 16 + 2 * 12 + 4, 0x2000, 4, "is longer");
	refused(TABLE_END - 18 - 2 * 22 - 16, 0, 1, "no metadata");
}

/* What a digest cannot be had for, though the image can be read. */
static void unfit_images_are_refused(void **state)
{
	uint8_t *image = make_image(), digest[SNP_DIGEST_LEN] = { 0 };
	struct ovmf ovmf, good;
	struct snp_launch l = { .ovmf = &ovmf, .vcpus = 1, .vcpu_sig = 1, .kernel = digest,
				.initrd = digest, .cmdline = digest };

	(void)state;
	assert_null(ovmf_read((struct wv_bytes){ image, IMAGE_LEN }, &good));
	ovmf = good;
	ovmf.section[5].kind = OVMF_MEMORY;
	assert_non_null(strstr(snp_launch_digest(&l, digest), "no place for the hashes"));
	ovmf = good;
	ovmf.hashes_gpa = 0;
	assert_non_null(strstr(snp_launch_digest(&l, digest), "no place for the hashes"));
	ovmf = good;
	ovmf.hashes_gpa = 0x810f60;
	assert_non_null(strstr(snp_launch_digest(&l, digest), "crosses a page"));
	ovmf = good;
	ovmf.reset_eip = 0;
	assert_null(snp_launch_digest(&l, digest));
	l.vcpus = 2;
	assert_non_null(strstr(snp_launch_digest(&l, digest), "other processors"));
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_published),
		cmocka_unit_test(signatures_are_those_of_cpuid),
		cmocka_unit_test(truncated_and_flipped_never_crash),
		cmocka_unit_test(hostile_images_are_refused),
		cmocka_unit_test(unfit_images_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
