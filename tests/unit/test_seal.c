// SPDX-License-Identifier: MIT
/*
 * Sealing: what stands in the table, a double of the SNP firmware (SIMULATED: its key is a
 * hash of the request and of a guest that the test makes up), a software TPM.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sev-guest.h>
#include <openssl/evp.h>

#include "seal_private.h"
#include "swtpm.h"

/* ---- the firmware's double ------------------------------------------------------------ */

static struct guest {
	uint32_t svn;
	uint64_t tcb;
	uint8_t measurement, policy, chip;
	uint32_t status;
	int lost, open_errno, closed;
} guest;

static int fake_open(const char *path, int flags)
{
	(void)flags;
	assert_string_equal(path, "/dev/sev-guest");
	errno = guest.open_errno;
	return guest.open_errno ? -1 : 77;
}

static int fake_close(int fd)
{
	assert_int_equal(fd, 77);
	guest.closed++;
	return 0;
}

static void put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, 8);
}

static void report(struct snp_report_resp *r)
{
	const uint32_t len = 1184;

	memcpy(r->data + 4, &len, 4);
	memcpy(r->data + 32 + 4, &guest.svn, 4);
	put64(r->data + 32 + 0x1e0, guest.tcb);
}

static void derive(const struct snp_derived_key_req *q, struct snp_derived_key_resp *r)
{
	struct {
		struct snp_derived_key_req q;
		uint8_t chip, measurement, policy;
	} mix;

	memset(&mix, 0, sizeof(mix));
	mix.q = *q;
	mix.chip = guest.chip;
	if (q->guest_field_select & WARD_SEAL_SNP_MEASUREMENT)
		mix.measurement = guest.measurement;
	if (q->guest_field_select & WARD_SEAL_SNP_POLICY)
		mix.policy = guest.policy;
	if (q->guest_svn > guest.svn || (q->tcb_version & 0xff) > (guest.tcb & 0xff) ||
	    q->tcb_version >> 8 > guest.tcb >> 8)
		r->data[0] = 0x16;
	else
		EVP_Digest(&mix, sizeof(mix), r->data + 32, NULL, EVP_sha256(), NULL);
}

static int fake_ioctl(int fd, unsigned long what, void *arg)
{
	struct snp_guest_request_ioctl *cmd = arg;

	assert_int_equal(fd, 77);
	assert_int_equal(cmd->msg_version, 1);
	if (guest.lost) {
		errno = ENOTTY;
		return -1;
	}
	if (guest.status)
		*(uint8_t *)(uintptr_t)cmd->resp_data = (uint8_t)guest.status;
	else if (what == SNP_GET_REPORT)
		report((void *)(uintptr_t)cmd->resp_data);
	else if (what == SNP_GET_DERIVED_KEY)
		derive((void *)(uintptr_t)cmd->req_data, (void *)(uintptr_t)cmd->resp_data);
	else
		fail_msg("ioctl %lx", what);
	return 0;
}

static const struct ward_sys fake = { .open = fake_open, .close = fake_close, .ioctl = fake_ioctl };

static void reset(void)
{
	guest = (struct guest){ .svn = 3, .tcb = 7, .measurement = 1, .policy = 2, .chip = 9 };
}

static struct ward_recipient view(const struct ward_recipient_key *k)
{
	struct ward_recipient r = { .type = k->type, .how_len = k->how_len, .how = k->how };

	memcpy(r.id, k->id, sizeof(r.id));
	return r;
}

/* Why the guest of now does not get the secret. */
static const char *refusal(const struct ward_recipient_key *k, const struct seal_identity *id)
{
	static struct ward_seal_snp snp;
	struct ward_recipient r = view(k);
	uint8_t secret[32];

	snp = (struct ward_seal_snp){ .said = "" };
	assert_int_equal(seal_snp_unlock(&fake, id, &snp, &r, secret), -EIO);
	return snp.said;
}

/* What sealing to this gives, and whether the guest of now gets the secret again. */
static bool again(const struct ward_recipient_key *k, const struct seal_identity *id)
{
	struct ward_seal_snp snp = { .said = "" };
	struct ward_recipient r = view(k);
	uint8_t secret[32];

	return !seal_snp_unlock(&fake, id, &snp, &r, secret) && !memcmp(secret, k->secret, 32);
}

static void sealed(struct ward_recipient_key *k, uint32_t fields, uint32_t bind,
		   const struct seal_identity *id)
{
	struct ward_seal_snp snp = { .fields = fields, .bind = bind };

	assert_int_equal(seal_snp_make(&fake, id, k, &snp), 0);
	assert_int_equal(k->type, WARD_RECIPIENT_SNP);
	assert_int_equal(k->how_len, SEAL_SNP_HOW_LEN);
}

static void test_snp_guest(void **state)
{
	const struct seal_identity me = { .uid = 1000 };
	struct ward_recipient_key k;

	(void)state;
	reset();
	sealed(&k, WARD_SEAL_SNP_MEASUREMENT | WARD_SEAL_SNP_SVN | WARD_SEAL_SNP_TCB, 0, &me);
	assert_true(again(&k, &me));
	guest.policy++;
	assert_true(again(&k, &me));	/* was not asked for */
	guest.measurement++;
	assert_false(again(&k, &me));
	reset();
	guest.chip++;
	assert_false(again(&k, &me));
	assert_true(guest.closed > 0);
}

/* Updates don't lock a file, going back below does. */
static void test_snp_updates(void **state)
{
	const struct seal_identity me = { .uid = 0 };
	struct ward_recipient_key k;

	(void)state;
	reset();
	sealed(&k, WARD_SEAL_SNP_MEASUREMENT | WARD_SEAL_SNP_SVN | WARD_SEAL_SNP_TCB, 0, &me);
	guest.svn += 5;
	guest.tcb += 5;
	assert_true(again(&k, &me));
	guest.svn = 2;
	assert_non_null(strstr(refusal(&k, &me), "a guest of SVN 3, and this one has 2"));
	reset();
	guest.tcb--;
	assert_non_null(strstr(refusal(&k, &me), "TCB 0000000000000007, and the processor's firmware is "
			       "committed to 0000000000000006"));
	/* part by part: a larger number may be an older firmware */
	guest.tcb = 0x106;
	assert_non_null(strstr(refusal(&k, &me), "0000000000000106"));
	guest.status = 0x27;
	assert_non_null(strstr(refusal(&k, &me), "status 0x27"));
}

static void test_snp_identity(void **state)
{
	const struct seal_identity me = { .uid = 1000, .cgroup = { 1 }, .module = { 2 } };
	struct seal_identity other = me;
	struct ward_recipient_key k;

	(void)state;
	reset();
	sealed(&k, WARD_SEAL_SNP_MEASUREMENT, WARD_SEAL_BIND_UID | WARD_SEAL_BIND_CGROUP, &me);
	other.module[0]++;
	assert_true(again(&k, &other));
	other.cgroup[0]++;
	assert_false(again(&k, &other));
	other = me;
	other.uid++;
	assert_false(again(&k, &other));
	sealed(&k, 0, WARD_SEAL_BIND_MODULE, &me);
	assert_true(again(&k, &other));
	other.module[0]++;
	assert_false(again(&k, &other));
}

static void test_snp_trouble(void **state)
{
	const struct seal_identity me = { .uid = 0 };
	struct ward_seal_snp snp = { .fields = 1u << 9 };
	struct ward_recipient_key k;

	(void)state;
	reset();
	assert_int_equal(seal_snp_make(&fake, &me, &k, &snp), -EINVAL);
	snp.fields = WARD_SEAL_SNP_POLICY;
	guest.status = 0x16;
	assert_int_equal(seal_snp_make(&fake, &me, &k, &snp), -EIO);
	assert_non_null(strstr(snp.said, "0x16"));
	guest.status = 0;
	guest.lost = 1;
	assert_int_equal(seal_snp_make(&fake, &me, &k, &snp), -ENXIO);
	guest.open_errno = EACCES;
	assert_int_equal(seal_snp_make(&fake, &me, &k, &snp), -EACCES);
	guest.open_errno = ENOENT;
	assert_int_equal(seal_snp_make(&fake, &me, &k, &snp), -ENOENT);
}

/* ---- what stands in the table ------------------------------------------------------------ */

static void test_snp_how(void **state)
{
	const struct seal_snp_how want = { .bind = 5, .root = 1, .fields = 0x3f, .vmpl = 2,
					   .svn = 0x01020304, .tcb = 0x1122334455667788,
					   .salt = { 1, 2, 3 } };
	uint8_t how[SEAL_SNP_HOW_LEN + 1];
	struct seal_snp_how got;
	const char *why;

	(void)state;
	seal_snp_format(&want, how);
	assert_memory_equal(how, "\1\0\5\0\1\0\0\0\x3f\0\0\0\0\0\0\0\2\0\0\0\4\3\2\1\x88\x77", 26);
	assert_int_equal(seal_snp_parse(how, SEAL_SNP_HOW_LEN, &got, &why), 0);
	assert_memory_equal(&got, &want, sizeof(got));
	assert_int_equal(seal_snp_parse(how, SEAL_SNP_HOW_LEN - 1, &got, &why), -EBADMSG);
	assert_int_equal(seal_snp_parse(how, SEAL_SNP_HOW_LEN + 1, &got, &why), -EBADMSG);
	for (size_t at = 0; at < 20; at++) {	/* what is unknown there is refused, not guessed at */
		how[at] ^= 0x80;
		assert_int_equal(seal_snp_parse(how, SEAL_SNP_HOW_LEN, &got, &why), -EBADMSG);
		how[at] ^= 0x80;
	}
}

static void test_tpm_how(void **state)
{
	uint8_t parent[SEAL_NAME_LEN] = { 0, 11 }, values[96] = { 7 }, how[512];
	const struct seal_tpm_how want = {
		.flags = 1, .bank = WARD_SEAL_BANK_SHA384, .pcrs = 0x11, .parent = parent,
		.values = values, .public = (const uint8_t *)"public", .public_len = 6,
		.private = (const uint8_t *)"private", .private_len = 7,
	};
	struct ward_recipient r = { .type = WARD_RECIPIENT_TPM2, .how = how };
	struct seal_tpm_how got;
	const char *why;
	char text[WARD_SEAL_SAID];
	size_t len;

	(void)state;
	assert_int_equal(seal_tpm_format(&want, how, 50 + 96 + 12), 0);
	len = seal_tpm_format(&want, how, sizeof(how));
	assert_int_equal(len, 50 + 96 + 13);
	assert_int_equal(seal_tpm_parse(how, len, &got, &why), 0);
	assert_memory_equal(got.values, values, 96);
	assert_memory_equal(got.private, "private", 7);
	r.how_len = (uint16_t)len;
	assert_int_equal(ward_recipient_needs(&r, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "PCRs 0,4 (SHA-384)"));
	for (size_t n = 0; n < len; n++)
		assert_int_equal(seal_tpm_parse(how, n, &got, &why), -EBADMSG);
	how[7] = 1;	/* PCR 24 */
	assert_int_equal(seal_tpm_parse(how, len, &got, &why), -EBADMSG);
	assert_int_equal(ward_recipient_needs(&r, text, sizeof(text)), -EBADMSG);
}

/* A stranger's file says what it takes: nothing of that commands a terminal. */
static void test_hint_shown(void **state)
{
	static const char hint[] = "\x1b[2Ja\xc2\x9b" "31m\nz\x7f\xff~";
	struct ward_recipient r = { .type = WARD_RECIPIENT_KEY, .how_len = sizeof(hint) - 1,
				    .how = (const uint8_t *)hint };
	char text[WARD_SEAL_SAID];

	(void)state;
	assert_int_equal(ward_recipient_needs(&r, text, sizeof(text)), 0);
	assert_string_equal(text, "the data key, found at ?[2Ja??31m?z??~");
}

/* ---- a TPM ---------------------------------------------------------------------------------- */

static void test_tpm(void **state)
{
	struct swtpm *s = swtpm_start();
	struct ward_seal_tpm tpm = { .pcrs = 1 << 7, .auth_len = 32,
				     .auth = (const uint8_t *)"what only root has in a file....." };
	struct ward_recipient_key k;
	struct ward_recipient r;
	uint8_t secret[32];

	(void)state;
	if (!s)
		return;
	tpm.where = s->socket;
	assert_int_equal(ward_recipient_tpm2(&k, &tpm), 0);
	r = view(&k);
	assert_int_equal(ward_recipient_unlock_tpm2(&tpm, &r, secret), 0);
	assert_memory_equal(secret, k.secret, 32);
	/* who listens in between learns neither */
	assert_null(memmem(s->seen, s->seen_len, secret, 32));
	assert_null(memmem(s->seen, s->seen_len, tpm.auth, 32));
	assert_non_null(memmem(s->seen, s->seen_len, k.how + k.how_len - 32, 32));
	k.how[k.how_len - 1] ^= 1;
	assert_int_equal(ward_recipient_unlock_tpm2(&tpm, &r, secret), -EBADMSG);
	k.how[20] ^= 1;
	assert_int_equal(ward_recipient_unlock_tpm2(&tpm, &r, secret), -EXDEV);
	tpm.auth_len = 8;
	assert_int_equal(ward_recipient_tpm2(&k, &tpm), -EINVAL);
	swtpm_end(s);
}

static void test_counter(void **state)
{
	struct swtpm *s = swtpm_start();
	struct ward_seal_tpm tpm = { .said = "" };
	uint64_t first, then;

	(void)state;
	if (!s)
		return;
	tpm.where = s->socket;
	assert_int_equal(ward_seal_counter(&tpm, 0x01800001, 0, &first), -ENOENT);
	assert_int_equal(ward_seal_counter(&tpm, 0x02000001, 1, &first), -EINVAL);
	assert_int_equal(ward_seal_counter(&tpm, 0x01800001, 1, &first), 0);
	assert_int_equal(ward_seal_counter(&tpm, 0x01800001, 1, &then), 0);
	assert_int_equal(first, then);
	assert_int_equal(ward_seal_counter_step(&tpm, 0x01800001), 0);
	assert_int_equal(ward_seal_counter(&tpm, 0x01800001, 0, &then), 0);
	assert_int_equal(then, first + 1);
	tpm.name[33] ^= 1;	/* another TPM's counter is not this one's */
	assert_int_equal(ward_seal_counter(&tpm, 0x01800001, 1, &then), -EXDEV);
	assert_int_equal(ward_seal_counter_step(&tpm, 0x01800001), -EXDEV);
	swtpm_end(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_snp_guest),
		cmocka_unit_test(test_snp_updates),
		cmocka_unit_test(test_snp_identity),
		cmocka_unit_test(test_snp_trouble),
		cmocka_unit_test(test_snp_how),
		cmocka_unit_test(test_tpm_how),
		cmocka_unit_test(test_hint_shown),
		cmocka_unit_test(test_tpm),
		cmocka_unit_test(test_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
