// SPDX-License-Identifier: MIT
/* wardctl doctor: which layer refuses, and the mend. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "verbs.h"

static const char *const state_words[] = { "ok", "warn", "fail", "skip" };

static void say_json(struct doctor *d, const char *name, enum doctor_state state,
		     const char *mend, const char *text)
{
	out_object(d->ctl->out, NULL);
	out_text(d->ctl->out, "check", name);
	out_text(d->ctl->out, "state", state_words[state]);
	out_text(d->ctl->out, "text", text);
	out_text(d->ctl->out, "mend", mend);
	out_close(d->ctl->out);
}

void doctor_say(struct doctor *d, const char *name, enum doctor_state state, const char *mend,
		const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	d->counts[state]++;
	if (d->ctl->json) {
		say_json(d, name, state, mend, text);
		return;
	}
	out_line(d->ctl->out, "%-4s  %-18s %s", state_words[state], name, text);
	if (mend)
		out_line(d->ctl->out, "      %-18s mend: %s", "", mend);
}

static void sum_up(struct doctor *d)
{
	struct output *out = d->ctl->out;

	out_line(out, "%s", "");
	if (!d->ctl->json) {
		out_line(out, "%u ok, %u to think about, %u failed, %u not checked",
			 d->counts[DOCTOR_OK], d->counts[DOCTOR_WARN], d->counts[DOCTOR_FAIL],
			 d->counts[DOCTOR_SKIP]);
		return;
	}
	out_uint(out, "ok", d->counts[DOCTOR_OK]);
	out_uint(out, "warnings", d->counts[DOCTOR_WARN]);
	out_uint(out, "failures", d->counts[DOCTOR_FAIL]);
	out_uint(out, "not_checked", d->counts[DOCTOR_SKIP]);
}

/* In the order in which one thing needs the other. */
static void look(struct doctor *d)
{
	doctor_machine(d);
	doctor_tee(d);
	doctor_boot(d);
	doctor_module(d);
	doctor_device(d);
	doctor_provider(d);
	doctor_tpm(d);
	doctor_policy(d);
	doctor_quote_interfaces(d);
	doctor_clock(d);
	doctor_system(d);
}

static int run(struct wardctl *ctl, int argc, char **argv)
{
	struct doctor d = { .ctl = ctl, .from = &machine_itself };

	if (argc > 1)
		return ctl_usage(ctl, "doctor takes no argument, not '%s'", argv[1]);
	d.facts_err = module_facts_get(&d.facts, NULL);
	machine_get(d.from, &d.machine);
	doctor_ask_provider(&d);
	if (ctl->json)
		out_list(ctl->out, "checks");
	look(&d);
	if (ctl->json)
		out_close(ctl->out);
	sum_up(&d);
	return d.counts[DOCTOR_FAIL] ? EXIT_DEVICE : EXIT_OK;
}

const struct wardctl_verb verb_doctor = {
	.name = "doctor",
	.args = "",
	.help = "what is missing for ward to work here, and how to mend it",
	.details = "fail: something does not work. warn: ward works, but something about this machine\n"
		   "weakens what its evidence says. skip: cannot be told. Exit code 6 when a check\n"
		   "failed. Nothing is changed when it ends: to look it opens /dev/ward once, and as\n"
		   "root makes and removes an entry in configfs. Run it as the user whom ward refuses.\n",
	.run = run,
};
