/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the simulated TEEs have in common: SEV-SNP attestation reports (AMD 56860,
 * table 23, version 3) signed by a test VCEK that the build made, under a test ARK.
 * Each module has its own copy. They protect nothing and prove nothing; they are
 * there so that everything around the hardware can be run without it.
 *
 * Faults are module parameters that can be changed at any time, under
 * /sys/module/NAME/parameters.
 */
#ifndef TSMSIM_REPORT_H
#define TSMSIM_REPORT_H

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <crypto/ecdh.h>
#include <crypto/hash.h>
#include <crypto/internal/ecc.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/hex.h>
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#include "tsmsim_key.h"

enum {
	REPORT_LEN = 1184,
	REPORT_SIGNED = 0x2a0,		/* bytes that the signature covers */
	REPORT_DATA_LEN = 64,
	MEASUREMENT_LEN = 48,
	SIGNATURE_PART = 72,		/* r, then s, little endian */
	SHORT_LEN = 1000,
	OVERSIZED_LEN = 33 * 1024,
	SLOW_MAX_MS = 120 * 1000,
	P384_DIGITS = 6,
	P384_LEN = 48,
};

/* Guest policy: bit 17 must be one, 16 allows SMT, 19 debugging. */
#define POLICY_DEFAULT	((1ULL << 17) | (1ULL << 16))
#define POLICY_DEBUG	(1ULL << 19)

/* ---- parameters --------------------------------------------------------------- */

static char *measurement = "";
module_param(measurement, charp, 0444);
MODULE_PARM_DESC(measurement, "launch digest, 96 hex digits (default: zero)");

static uint guest_svn;
module_param(guest_svn, uint, 0644);
MODULE_PARM_DESC(guest_svn, "security version of the guest");

static ulong committed_tcb = TSMSIM_TCB;
module_param(committed_tcb, ulong, 0644);
MODULE_PARM_DESC(committed_tcb, "version that the firmware will not go below");

static uint family;
module_param(family, uint, 0644);
MODULE_PARM_DESC(family, "of the guest's family id the first four bytes, little endian");

static uint image;
module_param(image, uint, 0644);
MODULE_PARM_DESC(image, "of the guest's image id the first four bytes, little endian");

static bool debug;
module_param(debug, bool, 0644);
MODULE_PARM_DESC(debug, "fault: the policy allows debugging");

static bool stale;
module_param(stale, bool, 0644);
MODULE_PARM_DESC(stale, "fault: the report is over the previous request's data");

static bool empty;
module_param(empty, bool, 0644);
MODULE_PARM_DESC(empty, "fault: no bytes at all");

static bool shortened;
module_param_named(short, shortened, bool, 0644);
MODULE_PARM_DESC(short, "fault: 1000 bytes of the report");

static bool oversized;
module_param(oversized, bool, 0644);
MODULE_PARM_DESC(oversized, "fault: 33 KiB");

static uint slow_ms;
module_param(slow_ms, uint, 0644);
MODULE_PARM_DESC(slow_ms, "fault: take so long, up to 120000");

static bool nobody_signs;
module_param_named(unsigned, nobody_signs, bool, 0644);
MODULE_PARM_DESC(unsigned, "fault: the report has no signature");

static uint error;
module_param(error, uint, 0644);
MODULE_PARM_DESC(error, "fault: fail with this errno, a positive number");

static ulong calls;
module_param(calls, ulong, 0444);
MODULE_PARM_DESC(calls, "reports asked for so far");

/* ---- state: constant after init, but for the last request ------------------------- */

static struct crypto_shash *sha384_tfm;
static const struct ecc_curve *curve;
static u64 private_key[P384_DIGITS];
static u8 launch_digest[MEASUREMENT_LEN];
static u8 report_id[32];
/* Of the last report; who makes one holds the caller's lock. */
static u8 last_report_data[REPORT_DATA_LEN];

/* ---- ECDSA over P-384 --------------------------------------------------------------- */

/* a = a + b mod n, for a and b below n, by subtraction alone. */
static void add_mod_n(u64 *a, const u64 *b)
{
	u64 rest[P384_DIGITS];

	if (vli_is_zero(b, P384_DIGITS))
		return;
	vli_sub(rest, curve->n, b, P384_DIGITS);
	if (vli_cmp(a, rest, P384_DIGITS) >= 0) {
		vli_sub(a, a, rest, P384_DIGITS);
	} else {
		vli_sub(rest, rest, a, P384_DIGITS);
		vli_sub(a, curve->n, rest, P384_DIGITS);
	}
}

/* Values below 2^384 exceed n at most once. */
static void reduce_mod_n(u64 *a)
{
	if (vli_cmp(a, curve->n, P384_DIGITS) >= 0)
		vli_sub(a, a, curve->n, P384_DIGITS);
}

/* Whether this kernel's ecc_make_pub_key() takes its scalar in big endian. */
static bool scalar_is_be;

static int scalar_times_g(const u64 *k, u64 *point)
{
	u64 be[P384_DIGITS];
	unsigned int i;
	int rc;

	for (i = 0; i < P384_DIGITS; i++)
		put_unaligned_be64(k[P384_DIGITS - 1 - i], be + i);
	rc = ecc_make_pub_key(ECC_CURVE_NIST_P384, P384_DIGITS, scalar_is_be ? be : k, point);
	memzero_explicit(be, sizeof(be));
	return rc;
}

/* r = x coordinate of k G, mod n. */
static int point_x(const u64 *k, u64 *x)
{
	u64 point[2 * P384_DIGITS];
	int rc = scalar_times_g(k, point);

	if (rc)
		return rc;
	vli_from_be64(x, point, P384_DIGITS);
	reduce_mod_n(x);
	return 0;
}

/* A nonce that is used twice gives the key away: fresh, and in range. */
static void draw_nonce(u64 *k)
{
	do {
		get_random_bytes(k, P384_LEN);
	} while (ecc_is_key_valid(ECC_CURVE_NIST_P384, P384_DIGITS, k, P384_LEN));
}

/* FIPS 186-5 section 6.4.1. -EAGAIN for a nonce that does not do. */
static int sign_with(const u64 *k, const u64 *hash, u64 *r, u64 *s)
{
	u64 sum[P384_DIGITS], inverse[P384_DIGITS];
	int rc = point_x(k, r);

	if (rc)
		return rc;
	vli_mod_mult_slow(sum, r, private_key, curve->n, P384_DIGITS);
	add_mod_n(sum, hash);
	vli_mod_inv(inverse, k, curve->n, P384_DIGITS);
	vli_mod_mult_slow(s, inverse, sum, curve->n, P384_DIGITS);
	memzero_explicit(inverse, sizeof(inverse));
	return vli_is_zero(r, P384_DIGITS) || vli_is_zero(s, P384_DIGITS) ?
	       -EAGAIN : 0;
}

static void put_little_endian(u8 *out, const u64 *digits)
{
	unsigned int i;

	for (i = 0; i < P384_DIGITS; i++)
		put_unaligned_le64(digits[i], out + 8 * i);
}

static int sign_report(u8 *report)
{
	u64 k[P384_DIGITS], hash[P384_DIGITS], r[P384_DIGITS], s[P384_DIGITS];
	u8 digest[P384_LEN];
	int rc;

	rc = crypto_shash_tfm_digest(sha384_tfm, report, REPORT_SIGNED, digest);
	if (rc)
		return rc;
	vli_from_be64(hash, digest, P384_DIGITS);
	reduce_mod_n(hash);
	do {
		draw_nonce(k);
		rc = sign_with(k, hash, r, s);
	} while (rc == -EAGAIN);
	memzero_explicit(k, sizeof(k));
	if (rc)
		return rc;
	put_little_endian(report + REPORT_SIGNED, r);
	put_little_endian(report + REPORT_SIGNED + SIGNATURE_PART, s);
	return 0;
}

/* ---- the report ------------------------------------------------------------------------ */

static u64 guest_policy(void)
{
	return POLICY_DEFAULT | (READ_ONCE(debug) ? POLICY_DEBUG : 0);
}

static void fill_report(u8 *report, const u8 *report_data, u32 vmpl)
{
	put_unaligned_le32(3, report + 0x000);			/* version */
	put_unaligned_le32(READ_ONCE(guest_svn), report + 0x004);
	put_unaligned_le64(guest_policy(), report + 0x008);
	put_unaligned_le32(READ_ONCE(family), report + 0x010);
	put_unaligned_le32(READ_ONCE(image), report + 0x020);
	put_unaligned_le32(vmpl, report + 0x030);
	put_unaligned_le32(1, report + 0x034);			/* ECDSA P-384, SHA-384 */
	put_unaligned_le64(TSMSIM_TCB, report + 0x038);		/* current */
	put_unaligned_le64(1, report + 0x040);			/* platform: SMT */
	put_unaligned_le32(0, report + 0x048);			/* signed by VCEK */
	memcpy(report + 0x050, report_data, REPORT_DATA_LEN);
	memcpy(report + 0x090, launch_digest, MEASUREMENT_LEN);
	memcpy(report + 0x140, report_id, sizeof(report_id));
	memset(report + 0x160, 0xff, 32);			/* no migration agent */
	put_unaligned_le64(TSMSIM_TCB, report + 0x180);		/* reported */
	report[0x188] = TSMSIM_CPUID_FAMILY;
	report[0x189] = TSMSIM_CPUID_MODEL;
	report[0x18a] = TSMSIM_CPUID_STEPPING;
	memcpy(report + 0x1a0, tsmsim_chip_id, sizeof(tsmsim_chip_id));
	put_unaligned_le64(READ_ONCE(committed_tcb), report + 0x1e0);
	put_unaligned_le64(TSMSIM_TCB, report + 0x1f0);		/* launch */
}

/* Nothing but the length is faulty: the first bytes are a sound report. */
static size_t report_length(void)
{
	if (READ_ONCE(empty))
		return 0;
	if (READ_ONCE(shortened))
		return SHORT_LEN;
	return READ_ONCE(oversized) ? OVERSIZED_LEN : REPORT_LEN;
}

/*
 * The report over @report_data into @out, which is zeroed and long enough. The
 * caller lets one in at a time.
 */
static int simulate_report(u8 *out, const u8 *report_data, u32 vmpl)
{
	int rc;

	fill_report(out, READ_ONCE(stale) ? last_report_data : report_data, vmpl);
	rc = READ_ONCE(nobody_signs) ? 0 : sign_report(out);
	if (!rc && !READ_ONCE(stale))
		memcpy(last_report_data, report_data, REPORT_DATA_LEN);
	return rc;
}

/* What the parameters want to happen before anything else: 0 or -errno. */
static int simulate_delay(void)
{
	uint errno = READ_ONCE(error);

	calls++;
	if (READ_ONCE(slow_ms))
		msleep_interruptible(min_t(uint, READ_ONCE(slow_ms), SLOW_MAX_MS));
	return -(int)min_t(uint, errno, MAX_ERRNO);
}

/* ---- coming and going ----------------------------------------------------------------------- */

/*
 * The key and its public point come from the build: they must belong together, by
 * one order of bytes or by the other, which depends on the kernel.
 */
static int check_key(void)
{
	u64 point[2 * P384_DIGITS];
	int rc, i;

	vli_from_be64(private_key, tsmsim_key, P384_DIGITS);
	for (i = 0; i < 2; i++) {
		scalar_is_be = i;
		rc = scalar_times_g(private_key, point);
		if (!rc && !memcmp(point, tsmsim_pub, sizeof(point)))
			return 0;
	}
	return rc ?: -EKEYREJECTED;
}

static int parse_measurement(void)
{
	if (!*measurement)
		return 0;
	if (strlen(measurement) != 2 * MEASUREMENT_LEN ||
	    hex2bin(launch_digest, measurement, MEASUREMENT_LEN)) {
		pr_err(KBUILD_MODNAME ": measurement is not %d hex digits\n", 2 * MEASUREMENT_LEN);
		return -EINVAL;
	}
	return 0;
}

static int simulator_start(void)
{
	int rc = parse_measurement();

	if (rc)
		return rc;
	curve = ecc_get_curve(ECC_CURVE_NIST_P384);
	if (!curve)
		return -ENOPKG;
	rc = check_key();
	if (rc)
		return rc;
	sha384_tfm = crypto_alloc_shash("sha384", 0, 0);
	if (IS_ERR(sha384_tfm))
		return PTR_ERR(sha384_tfm);
	get_random_bytes(report_id, sizeof(report_id));
	return 0;
}

static void simulator_end(void)
{
	crypto_free_shash(sha384_tfm);
	memzero_explicit(private_key, sizeof(private_key));
}

#endif /* TSMSIM_REPORT_H */
