// SPDX-License-Identifier: MIT
/* wardd's vtpm backend over a TPM that is busy, hangs, dies, or answers nonsense. */
#include "vtpm_backend.h"

#define RC_RETRY	0x922u

static void quotes_well(void)
{
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p = good(&e, &aux);

	backend_piece_free(&p);
}

/* ---- a TPM that is busy, hangs, dies ------------------------------------------------- */

/* The first *arg quotes meet a TPM that wants to be asked again. */
static enum swtpm_way busy(struct swtpm *s, const struct swtpm_message *m,
			   struct swtpm_message *answer)
{
	if (swtpm_code(m) != SWTPM_CC_QUOTE || s->count++ >= *(int *)s->arg)
		return SWTPM_PASS;
	swtpm_say(answer, RC_RETRY);
	return SWTPM_ANSWER;
}

static void busy_tpm_is_asked_again(void **state)
{
	int times = 12;

	(void)state;
	started(NULL);
	tpm->arg = &times;
	tpm->command = busy;
	quotes_well();
	assert_int_equal(tpm->count, 13);
}

static void busy_tpm_is_not_asked_for_ever(void **state)
{
	int times = 1 << 30;
	struct ward_piece p;

	(void)state;
	started(NULL);
	tpm->arg = &times;
	tpm->command = busy;
	/* Where the machine is slow the time may run out in the midst of a try. */
	assert_true(quote(SECOND, &p) == -EBUSY || strstr(why.text, "in time"));
	tpm->command = NULL;
	quotes_well();
}

static enum swtpm_way on_quote(struct swtpm *s, const struct swtpm_message *m,
			       struct swtpm_message *answer)
{
	(void)answer;
	return swtpm_code(m) == SWTPM_CC_QUOTE ? *(enum swtpm_way *)s->arg : SWTPM_PASS;
}

static void hung_tpm_ends_before_the_deadline(void **state)
{
	enum swtpm_way way = SWTPM_SWALLOW;

	(void)state;
	started(NULL);
	tpm->arg = &way;
	tpm->command = on_quote;
	bad(-EIO, SECOND, "did not answer in time");
	tpm->command = NULL;
	quotes_well();
}

static void killed_tpm_comes_back(void **state)
{
	enum swtpm_way way = SWTPM_KILL;

	(void)state;
	started(NULL);
	tpm->arg = &way;
	tpm->command = on_quote;
	bad(-ENXIO, LONG, "the TPM is gone");
	bad(-ENXIO, LONG, "the TPM is gone");
	tpm->command = NULL;
	swtpm_again(tpm);
	quotes_well();
}

/* Between two requests: the caller need not know. */
static void restarted_tpm_is_opened_again(void **state)
{
	(void)state;
	started(NULL);
	swtpm_kill(tpm);
	swtpm_again(tpm);
	quotes_well();
}

static void connection_that_is_lost(void **state)
{
	(void)state;
	started(NULL);
	tpm->command = on_quote;
	tpm->arg = &(enum swtpm_way){ SWTPM_HANG_UP };
	bad(-ENXIO, LONG, "gone");
	tpm->command = NULL;
	swtpm_kill(tpm);	/* its keys were left behind: nothing manages them here */
	swtpm_again(tpm);
	quotes_well();
}

/* A byte of each quote, counted from its end; an answer may be a mere code, too. */
static void spoil(struct swtpm *s, uint32_t cc, struct swtpm_message *answer)
{
	size_t from_end = *(size_t *)s->arg;

	if (cc == SWTPM_CC_QUOTE && from_end < answer->len)
		answer->data[answer->len - from_end] ^= 1;
}

static void changed_answers_are_noticed(void **state)
{
	/* In the session's own part, and in the signature: the session covers both. */
	size_t places[] = { 3, 60, 120, 200 };

	(void)state;
	started(NULL);
	tpm->answered = spoil;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		tpm->arg = &places[i];
		bad(-EBADMSG, LONG, "TPM, asked for a quote");
		swtpm_kill(tpm);
		swtpm_again(tpm);
	}
}

/* ---- registers that change ------------------------------------------------------------ */

/* TPM2_PCR_Extend of register 7 with SHA-256, by an empty password. */
static const uint8_t extend[] = {
	0x80, 0x02, 0, 0, 0, 65, 0, 0, 1, 0x82, 0, 0, 0, 7,
	0, 0, 0, 9, 0x40, 0, 0, 9, 0, 0, 0, 0, 0,
	0, 0, 0, 1, 0, 0x0b, [64] = 1,
};

static enum swtpm_way extend_first(struct swtpm *s, const struct swtpm_message *m,
				   struct swtpm_message *answer)
{
	if (swtpm_code(m) != SWTPM_CC_QUOTE || s->count++ >= *(int *)s->arg)
		return SWTPM_PASS;
	swtpm_ask(s, extend, sizeof(extend), answer);
	assert_int_equal(swtpm_code(answer), 0);
	return SWTPM_PASS;
}

static void registers_are_those_of_the_quote(void **state)
{
	static const uint8_t zero[32];
	struct tpm_evidence e;
	struct tpm_aux aux;
	struct ward_piece p;
	int times = 3;

	(void)state;
	started(NULL);
	tpm->arg = &times;
	tpm->command = extend_first;
	p = good(&e, &aux);
	assert_int_equal(tpm->count, 4);
	assert_memory_not_equal(e.pcr[7].data, zero, 32);
	assert_memory_equal(e.pcr[8].data, zero, 32);
	backend_piece_free(&p);
}

static void registers_that_never_rest(void **state)
{
	int times = 1 << 30;

	(void)state;
	started(NULL);
	tpm->arg = &times;
	tpm->command = extend_first;
	bad(-EBUSY, LONG, "registers changed");
}

/* With such a key there is no session that covers the answer: we look ourselves. */
static void other_data_is_noticed(void **state)
{
	TPM2B_PUBLIC template = template_of(TPMA_OBJECT_RESTRICTED);
	struct tss bare = bare_tpm();
	size_t from_end;

	(void)state;
	persist(&bare, &template, 0x81010007);
	tss_close(&bare);
	assert_int_equal(open_backend(OPTIONS("ak", "0x81010007")), 0);
	tpm->answered = spoil;
	tpm->arg = &from_end;
	/* password session 5, ECDSA signature 72, digest 32 + 2, selection 10, firmware 8, clock 17 */
	from_end = 5 + 72 + 34 + 10 + 8 + 17 + 1;
	bad(-EBADMSG, LONG, "other data");
	from_end = 5 + 72 + 34 + 3;
	bad(-EBADMSG, LONG, "other registers");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(busy_tpm_is_asked_again),
		TEST(busy_tpm_is_not_asked_for_ever),
		TEST(hung_tpm_ends_before_the_deadline),
		TEST(killed_tpm_comes_back),
		TEST(restarted_tpm_is_opened_again),
		TEST(connection_that_is_lost),
		TEST(changed_answers_are_noticed),
		TEST(registers_are_those_of_the_quote),
		TEST(registers_that_never_rest),
		TEST(other_data_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
