// SPDX-License-Identifier: MIT
/* Every bit of a GPU's report, and of the certificates beside it. */
#include <string.h>
#include <time.h>

#include "bits.h"
#include "gpu_make.h"
#include "sim.h"

static struct gpu_pki pki;
static struct wv_bytes made, chain;
static uint8_t nonce[32];

static void open_common(struct bits_subject *s)
{
	struct gpu_recipe recipe;
	struct gpu_plan plan;

	gpu_recipe_new(&recipe);
	gpu_pki_make(&recipe, &pki);
	gpu_plan_new(&plan, &pki, NULL);
	plan.blocks = 8;
	plan.feature = 1;
	made = gpu_make(&plan);
	chain = gpu_pem(&pki, true);
	memset(nonce, 0x77, sizeof(nonce));
	strcpy(s->evidence.tee, "nvidia-gpu");
	s->evidence.data = made;
	s->evidence.aux = chain;
	s->challenge = (struct wv_bytes){ nonce, sizeof(nonce) };
	s->appraisal.now = (int64_t)time(NULL);
	bits_root(s, sim_pem(pki.cert[GPU_CHAIN - 1]));
	bits_policy(s, "{\"ward-policy\":1,\"accept_unmeasured\":true}");
}

static bool open_report(struct bits_subject *s, int form)
{
	(void)form;
	open_common(s);
	s->bytes = (uint8_t *)made.data;
	s->len = made.len;
	return true;
}

static bool open_chain(struct bits_subject *s, int form)
{
	(void)form;
	open_common(s);
	s->bytes = (uint8_t *)chain.data;
	s->len = chain.len;
	bits_pem(s, 0, s->len);
	return true;
}

static void close_gpu(struct bits_subject *s)
{
	bits_close(s);
	ut_free(made);
	ut_free(chain);
	gpu_pki_free(&pki);
}

static const struct bits_kind gpu_report = { "nvidia-gpu, report", 8, open_report, close_gpu, 0 };
static const struct bits_kind gpu_chain = { "nvidia-gpu, certificates", 1, open_chain, close_gpu,
					    0 };

int main(void)
{
	const struct bits_kind *const kinds[] = { &gpu_report, &gpu_chain };

	return bits_run("every bit of a GPU's evidence", kinds, 2);
}
