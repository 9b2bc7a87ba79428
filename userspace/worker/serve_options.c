// SPDX-License-Identifier: MIT
/* The command line of `ward-train serve`. */
#include "job.h"
#include "options.h"
#include "serve.h"

static const char usage[] =
	"usage: ward-train serve --plan PLAN.json --model M.safetensors --listen ADDR:PORT\n"
	"                        {--tls-cert CERT.pem --tls-key KEY.pem | --channel} --out DIR\n"
	"                        [OPTION...]\n"
	"\n"
	"Answers what a model says of rows: POST /infer. Requests and answers lie in protected\n"
	"memory, zeroed after each answer. GET /attest proves what answers, /health and /metrics\n"
	"tell how it is, / is a page for people. SIGTERM: answers what is under way, wipes, seals\n"
	"the session and writes a receipt.\n"
	"\n"
	"  --plan FILE           that the model was trained by; its SHA-512 is declared\n"
	"  --run NAME            of the plan (needed where it has several)\n"
	"  --model FILE          model-NAME.safetensors; its SHA-512 is declared after the plan's\n"
	"  --site NAME           whose statistics standardise, where the plan says by site\n"
	"  --listen ADDR:PORT    a numeric address, [..] around one of IPv6; port 0 = any\n"
	"  --tls-cert FILE       PEM certificate, the chain behind it\n"
	"  --tls-key FILE        PEM key, for its owner alone\n"
	"  --channel             attested channels in place of TLS with a certificate: clients\n"
	"                        are `ward-train infer' and libward's\n"
	"  --out DIR             where the receipt goes\n"
	"  --missing TEXT        that marks a missing value in tables (an empty field)\n"
	"  --rows N              most rows of a request (1000)\n"
	"  --body SIZE           most bytes of a request (256K)\n"
	"  --connections N       at a time (64)\n"
	"  --request-timeout S   seconds for a request to come, and for the last answers (20)\n"
	"  --evidence-timeout S  seconds for evidence that is asked for (30)\n"
	"  --budget SIZE         most protected memory to be held at once (32M)\n"
	"  --device FILE         (/dev/ward)\n"
	"  -o, --output FORMAT   text for people, json for programs: one object per step\n"
	"  -q, --quiet           errors alone\n";

enum {
	OPT_PLAN = 256, OPT_RUN, OPT_MODEL, OPT_SITE, OPT_LISTEN, OPT_CERT, OPT_KEY,
	OPT_CHANNEL, OPT_OUT,
	OPT_MISSING, OPT_ROWS, OPT_BODY, OPT_CONNECTIONS, OPT_TIMEOUT, OPT_EVIDENCE,
	OPT_BUDGET, OPT_DEVICE,
};

static const struct option long_options[] = {
	{ "plan", required_argument, NULL, OPT_PLAN },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "model", required_argument, NULL, OPT_MODEL },
	{ "site", required_argument, NULL, OPT_SITE },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "tls-cert", required_argument, NULL, OPT_CERT },
	{ "tls-key", required_argument, NULL, OPT_KEY },
	{ "channel", no_argument, NULL, OPT_CHANNEL },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "missing", required_argument, NULL, OPT_MISSING },
	{ "rows", required_argument, NULL, OPT_ROWS },
	{ "body", required_argument, NULL, OPT_BODY },
	{ "connections", required_argument, NULL, OPT_CONNECTIONS },
	{ "request-timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "evidence-timeout", required_argument, NULL, OPT_EVIDENCE },
	{ "budget", required_argument, NULL, OPT_BUDGET },
	{ "device", required_argument, NULL, OPT_DEVICE },
	OPTIONS_OF_ALL
};

static int read_limit(int option, const char *text, struct serve_options *o,
		      struct failure *failure)
{
	switch (option) {
	case OPT_ROWS:
		return options_number("rows", text, 1, 1000000, &o->rows, failure);
	case OPT_BODY:
		return options_size("body", text, &o->body, failure);
	case OPT_CONNECTIONS:
		return options_number("connections", text, 1, 1024, &o->connections, failure);
	case OPT_TIMEOUT:
		return options_number("request-timeout", text, 1, 300, &o->timeout_s, failure);
	case OPT_EVIDENCE:
		return options_number("evidence-timeout", text, 1, 60, &o->evidence_s, failure);
	default:
		return options_size("budget", text, &o->budget, failure);
	}
}

static const char **text_of(int option, struct serve_options *o)
{
	switch (option) {
	case OPT_PLAN:
		return &o->plan;
	case OPT_RUN:
		return &o->run;
	case OPT_MODEL:
		return &o->model;
	case OPT_SITE:
		return &o->site;
	case OPT_LISTEN:
		return &o->listen;
	case OPT_CERT:
		return &o->certificate;
	case OPT_KEY:
		return &o->key;
	case OPT_OUT:
		return &o->out;
	case OPT_MISSING:
		return &o->missing;
	case OPT_DEVICE:
		return &o->device;
	default:
		return NULL;
	}
}

static int read_option(int option, void *to, struct failure *failure)
{
	const char **text = text_of(option, to);

	if (option == OPT_CHANNEL) {
		((struct serve_options *)to)->channel = true;
		return 0;
	}
	if (!text)
		return read_limit(option, optarg, to, failure);
	*text = optarg;
	return 0;
}

static int check(const struct serve_options *o, struct failure *failure)
{
	bool files = o->certificate && o->key, none = !o->certificate && !o->key;

	if (!o->plan || !o->model || !o->listen || !o->out || (o->channel ? !none : !files))
		return failed(failure, EXIT_MISUSE,
			      "--plan, --model, --listen, --out, and either --tls-cert and --tls-key or --channel must stand");
	if (o->body > SERVE_BODY_MOST)
		return failed(failure, EXIT_MISUSE, "--body: at most %u bytes", SERVE_BODY_MOST);
	if (o->budget < JOB_BUDGET_MIN)
		return failed(failure, EXIT_MISUSE, "--budget: at least %u bytes are needed",
			      JOB_BUDGET_MIN);
	return 0;
}

int serve_read(int argc, char **argv, struct serve_options *options, struct emit *emit, bool *help,
	       struct failure *failure)
{
	static const struct options_kind kind = { "serve", usage, long_options, read_option };

	*options = (struct serve_options){
		.missing = "", .rows = SERVE_ROWS_DEFAULT, .body = SERVE_BODY_DEFAULT,
		.connections = SERVE_CONNECTIONS_DEFAULT, .timeout_s = SERVE_TIMEOUT_DEFAULT,
		.evidence_s = SERVE_EVIDENCE_DEFAULT, .budget = JOB_BUDGET_DEFAULT,
	};
	if (options_walk(argc, argv, &kind, options, emit, help, failure))
		return -1;
	return *help ? 0 : check(options, failure);
}
