// SPDX-License-Identifier: MIT
/* wardctl provider show|set|unset: who answers requests for evidence. */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "provider.h"
#include "verbs.h"

const char *provider_link_text(int state)
{
	static const char *const texts[] = {
		"configfs-not-mounted", "no-tsm-provider", "module-not-loaded", "not-made", "made",
	};

	return state >= 0 && state <= WARD_LINK_MADE ? texts[state] : "unreadable";
}

static const char *breaker_text(uint32_t state)
{
	static const char *const texts[] = { "closed", "open", "probing" };

	return state < sizeof(texts) / sizeof(texts[0]) ? texts[state] : "unknown";
}

static void show_pace(struct wardctl *ctl, const struct ward_provider *provider)
{
	out_uint(ctl->out, "requests_reused", provider->reused);
	out_uint(ctl->out, "requests_refused", provider->refused);
	out_text(ctl->out, "breaker", breaker_text(provider->breaker));
	if (provider->breaker != WARD_BREAKER_IS_CLOSED)
		out_uint(ctl->out, "probe_in_ms", provider->probe_ns / 1000000);
	out_uint(ctl->out, "calls_left", provider->tokens);
	out_uint(ctl->out, "next_call_in_ms", provider->next_call_ns / 1000000);
	device_pace(ctl, &provider->pace);
	if (provider->breaker == WARD_BREAKER_IS_OPEN)
		out_line(ctl->out, "The provider failed and is left alone: requests answer EHOSTDOWN.");
}

static void show_provider(struct wardctl *ctl, const struct ward_provider *provider,
			  const struct ward_status *status)
{
	out_bool(ctl->out, "attached", provider->attached);
	if (provider->attached)
		out_text(ctl->out, "provider", provider->name);
	else
		out_null(ctl->out, "provider");
	out_text(ctl->out, "tee", device_tee(status->tee));
	out_uint(ctl->out, "calls", provider->calls);
	out_uint(ctl->out, "failed_calls", provider->errors);
	out_uint(ctl->out, "requests_served", provider->served);
	out_uint(ctl->out, "requests_waiting", provider->queued);
	out_uint(ctl->out, "generation", provider->generation);
	out_text(ctl->out, "link", provider_link_text(ward_provider_state(NULL)));
	show_pace(ctl, provider);
	if (status->tee == WARD_TEE_SIMULATED)
		out_line(ctl->out, "The TEE is simulated: its evidence proves nothing about hardware.");
	if (!provider->attached)
		out_line(ctl->out, "Requests for evidence answer ENODEV. As root: wardctl provider set tsm, or run wardd");
}

static int show_entry(const struct ward_provider_entry *entry, void *arg)
{
	struct output *out = arg;

	out_object(out, NULL);
	out_text(out, "name", entry->name);
	out_text(out, "kind", entry->kind == WARD_PROVIDER_AGENT ? "agent" : "tsm");
	out_text(out, "tee", device_tee(entry->tee));
	out_bool(out, "primary", entry->primary);
	out_bool(out, "beside", entry->flags & WARD_AGENT_BESIDE);
	out_bool(out, "exclusive", entry->flags & WARD_AGENT_EXCLUSIVE);
	out_uint(out, "calls", entry->calls);
	out_uint(out, "failed_calls", entry->errors);
	out_uint(out, "generation", entry->generation);
	out_close(out);
	return 0;
}

/* By place. A module that knows of one provider alone has shown it already. */
static int show_all(struct wardctl *ctl, struct ward_control *control)
{
	int err;

	out_list(ctl->out, "providers");
	err = ward_control_providers(control, show_entry, ctl->out);
	out_close(ctl->out);
	return err == -EOPNOTSUPP ? 0 : err;
}

static int run_show(struct wardctl *ctl, int argc, char **argv)
{
	struct ward_provider provider = { .size = sizeof(provider) };
	struct ward_status status = { .size = sizeof(status) };
	struct ward_control *control;
	int err, rc;

	if (argc > 1)
		return ctl_usage(ctl, "provider show takes no argument, not '%s'", argv[1]);
	rc = device_control(ctl, &control);
	if (rc)
		return rc;
	err = ward_control_provider(control, &provider);
	if (!err)
		err = ward_control_status(control, &status);
	if (!err) {
		show_provider(ctl, &provider, &status);
		err = show_all(ctl, control);
	}
	ward_control_close(control);
	return err ? device_error(ctl, err, "provider show") : EXIT_OK;
}

/* configfs is root's; group ward opens the device alone. */
static int not_root(struct wardctl *ctl, const char *what)
{
	return ctl_error(ctl, EXIT_DEVICE, "refused",
			 "%s: not allowed: only root may change configfs\n"
			 "  mend: run it as root", what);
}

static int attach_failed(struct wardctl *ctl, int err)
{
	if (access("/sys/module/ward", F_OK))
		return ctl_error(ctl, EXIT_DEVICE, "no-module",
				 "the ward module is not loaded\n  mend: wardctl module load");
	if (ward_provider_state(NULL) == WARD_LINK_NO_CONFIGFS)
		return ctl_error(ctl, EXIT_DEVICE, "no-configfs",
				 "configfs is not mounted\n"
				 "  mend: mount -t configfs none /sys/kernel/config");
	if (err == -EACCES || err == -EPERM)
		return not_root(ctl, "make the link in configfs");
	if (err != -ENODEV)
		return device_error(ctl, err, "make the link in configfs");
	return ctl_error(ctl, EXIT_DEVICE, "no-provider",
			 "no TSM report provider is registered with the kernel\n"
			 "  mend: in an SNP or TDX guest with kernel 6.7 or later: modprobe sev-guest"
			 " or tdx-guest; wardctl doctor tells more");
}

int provider_attach(struct wardctl *ctl)
{
	int err = ward_provider_attach(NULL);

	return err ? attach_failed(ctl, err) : EXIT_OK;
}

static int set_failed(struct wardctl *ctl, const char *attribute, int err)
{
	if (err == -EOPNOTSUPP)
		return ctl_error(ctl, EXIT_DEVICE, "no-attribute",
				 "this TSM provider has no attribute '%s'", attribute);
	if (err == -EINVAL || err == -ERANGE)
		return ctl_error(ctl, EXIT_USAGE, "bad-value",
				 "the kernel does not take this value for '%s'\n"
				 "  mend: see privlevel_floor of the entry, and"
				 " Documentation/ABI/testing/configfs-tsm-report", attribute);
	return attach_failed(ctl, err);
}

int provider_attribute(struct wardctl *ctl, const char *attribute, const char *value)
{
	int err = ward_provider_set(NULL, attribute, value);

	return err ? set_failed(ctl, attribute, err) : EXIT_OK;
}

/* Long options are the entry's attributes, in their own words. */
static int set_attributes(struct wardctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "privlevel", required_argument, NULL, 'p' },
		{ "service-provider", required_argument, NULL, 's' },
		{ "service-guid", required_argument, NULL, 'g' },
		{ "service-manifest-version", required_argument, NULL, 'm' },
		{ 0 },
	};
	static const char *const names[] = {
		"privlevel", "service_provider", "service_guid", "service_manifest_version",
	};
	int c, i = 0, rc;

	while ((c = getopt_long(argc, argv, "", longs, &i)) != -1) {
		if (c == '?')
			return ctl_bad_option(ctl, argv);
		rc = provider_attribute(ctl, names[i], optarg);
		if (rc)
			return rc;
	}
	return EXIT_OK;
}

static int run_set(struct wardctl *ctl, int argc, char **argv)
{
	int rc;

	if (argc < 2 || strcmp(argv[1], "tsm"))
		return ctl_usage(ctl, "the provider that can be set is 'tsm'");
	rc = set_attributes(ctl, argc - 1, argv + 1);
	if (rc)
		return rc;
	if (optind != argc - 1)
		return ctl_usage(ctl, "'%s' is no option", argv[1 + optind]);
	rc = provider_attach(ctl);
	if (rc)
		return rc;
	out_text(ctl->out, "link", provider_link_text(ward_provider_state(NULL)));
	return EXIT_OK;
}

static int run_unset(struct wardctl *ctl, int argc, char **argv)
{
	int err;

	if (argc > 1)
		return ctl_usage(ctl, "provider unset takes no argument, not '%s'", argv[1]);
	if (access("/sys/module/ward", F_OK))
		return ctl_error(ctl, EXIT_DEVICE, "no-module",
				 "the ward module is not loaded: there is no link");
	err = ward_provider_detach(NULL);
	if (err == -EACCES || err == -EPERM)
		return not_root(ctl, "remove the link in configfs");
	if (err)
		return device_error(ctl, err, "remove the link in configfs");
	out_text(ctl->out, "link", provider_link_text(ward_provider_state(NULL)));
	return EXIT_OK;
}

const struct wardctl_verb verb_provider_show = {
	.name = "provider show",
	.args = "",
	.help = "who answers requests for evidence (root)",
	.run = run_show,
};

const struct wardctl_verb verb_provider_set = {
	.name = "provider set",
	.args = "tsm [--privlevel N] [--service-provider NAME] [--service-guid GUID]"
		" [--service-manifest-version N]",
	.help = "let the kernel's TSM answer requests for evidence (root)",
	.details = "Makes /sys/kernel/config/tsm/report/ward and the link\n"
		   "/sys/kernel/config/ward/tsm/source to it. The options are attributes of the\n"
		   "entry: at which privilege level (VMPL) evidence is asked for, and of which\n"
		   "service beside the kernel (an SVSM) a manifest is wanted. Where the link is\n"
		   "made already and no option is given nothing is done, which anybody may.\n",
	.run = run_set,
};

const struct wardctl_verb verb_provider_unset = {
	.name = "provider unset",
	.args = "",
	.help = "take the provider away; requests then answer ENODEV (root)",
	.run = run_unset,
};
