// SPDX-License-Identifier: MIT
/* A training plan: what is taken is within the ranges that the trainer leans on. */
#include <string.h>

#include "../../userspace/worker/plan.h"
#include "sentence.h"

static void named(const char text[PLAN_NAME_MAX + 1], bool needed)
{
	if (!memchr(text, 0, PLAN_NAME_MAX + 1) || (needed && !*text))
		fuzz_die("a name that is none");
}

static void sound_run(const struct plan *plan, const struct plan_run *run)
{
	struct net net = plan_net(plan, run);
	size_t i;

	named(run->name, true);
	if (!plan_method_name(run->method) || run->hidden > NET_HIDDEN_MAX ||
	    (run->method == PLAN_NEWTON && run->hidden))
		fuzz_die("a run that cannot be");
	for (i = 0; i < run->hidden; i++)
		if (!run->width[i])
			fuzz_die("a layer of nothing");
	if (plan_by_step(run->method) ? !run->max_steps || !(run->tolerance > 0) :
	    !run->epochs || !run->batch || !run->window || !(run->rate > 0))
		fuzz_die("a run without an end");
	(void)net;
}

static void sound_rows(const struct plan_rows *rows)
{
	size_t i;

	named(rows->site, false);
	for (i = 0; i < rows->count; i++)
		if (rows->range[i].first > rows->range[i].last ||
		    (i && rows->range[i].first <= rows->range[i - 1].last))
			fuzz_die("ranges that are not ascending, or not apart");
}

static void sound(const struct plan *plan)
{
	static const uint64_t some[] = { 0, 1, 1000, UINT64_MAX };
	size_t i;

	named(plan->name, true);
	named(plan->label_column, false);
	if (!plan->features || plan->features > PLAN_FEATURES_MAX || !plan->outputs || !plan->runs ||
	    plan->runs > PLAN_RUNS_MAX || plan->split_sites > PLAN_SITES_MAX)
		fuzz_die("%zu features, %zu outputs, %zu runs, %zu sites", plan->features, plan->outputs,
			 plan->runs, plan->split_sites);
	for (i = 0; i < plan->features; i++)
		named(plan->feature[i].column, true);
	for (i = 0; i < plan->runs; i++)
		sound_run(plan, &plan->run[i]);
	for (i = 0; i < plan->split_sites; i++)
		sound_rows(&plan->split_rows[i]);
	if (plan->split == PLAN_SPLIT_TAIL)
		return;
	for (i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		plan_is_test(plan, "a", some[i], plan->split == PLAN_SPLIT_FOLDS ? 0 : PLAN_NO_FOLD);
		plan_names_site(plan, "a");
	}
}

int fuzz_one(struct wv_bytes in)
{
	struct failure failure = { .exit = EXIT_OK };
	struct plan *plan = NULL;

	if (plan_parse((const char *)in.data, in.len, &plan, &failure)) {
		if (failure.exit == EXIT_OK)
			fuzz_die("refused, and no failure");
		return fuzz_sentence(failure.text);
	}
	sound(plan);
	plan_free(plan);
	return WV_OK;
}
