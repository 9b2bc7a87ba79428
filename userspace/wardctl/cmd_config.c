// SPDX-License-Identifier: MIT
/* wardctl config check, config show: the machine's configuration, ward.conf(5). */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "verbs.h"

int config_complain(struct wardctl *ctl, const struct config *config)
{
	char text[960] = "";
	size_t at = 0, i;

	if (!config->problems && !config->lost)
		return EXIT_OK;
	for (i = 0; i < config->problems && at + strlen(config->problem[i]) + 40 < sizeof(text); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? "\n  " : "",
				       config->problem[i]);
	if (config->problems - i + config->lost)
		snprintf(text + at, sizeof(text) - at, "\n  and %zu more",
			 config->problems - i + config->lost);
	return ctl_error(ctl, EXIT_DAMAGED, "config-damaged", "%s", text);
}

static void show_files(struct output *out, const struct config *config)
{
	out_list(out, "files");
	for (size_t i = 0; i < config->files; i++)
		out_text(out, NULL, config->file[i]);
	out_close(out);
}

static void show_values(struct output *out, const struct config *config)
{
	out_list(out, "values");
	for (size_t i = 0; i < config->entries; i++) {
		const struct config_entry *entry = &config->entry[i];

		if (!*entry->value)
			continue;
		out_object(out, NULL);
		out_text(out, "section", entry->section);
		out_text(out, "key", entry->key);
		out_text(out, "value", entry->value);
		out_text(out, "file", entry->file);
		out_uint(out, "line", entry->line);
		out_close(out);
	}
	out_close(out);
}

static int show(struct wardctl *ctl, const struct config *config)
{
	show_files(ctl->out, config);
	show_values(ctl->out, config);
	return EXIT_OK;
}

static int say_ok(struct wardctl *ctl, const struct config *config)
{
	out_text(ctl->out, "verdict", "ok");
	show_files(ctl->out, config);
	return EXIT_OK;
}

static int run(struct wardctl *ctl, int argc, char **argv,
	       int (*tell)(struct wardctl *, const struct config *))
{
	static struct config_settings settings;
	struct config config;
	int rc;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return ctl_usage(ctl, "one file or directory is expected, or none for " CONFIG_DIR);
	rc = config_load(ctl, argc == 2 ? argv[1] : CONFIG_DIR, &config);
	if (!rc) {
		config_settings_read(&config, &settings);
		rc = config_complain(ctl, &config);
	}
	if (!rc)
		rc = tell(ctl, &config);
	config_free(&config);
	return rc;
}

static int run_check(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, say_ok);
}

static int run_show(struct wardctl *ctl, int argc, char **argv)
{
	return run(ctl, argc, argv, show);
}

const struct wardctl_verb verb_config_check = {
	.name = "config check",
	.args = "[FILE]",
	.help = "read the machine's configuration strictly",
	.details = "FILE is one file, or a directory with ward.conf and ward.conf.d/*.conf in it;\n"
		   "/etc/ward unless given. A key that is not known, or a value that cannot be, is\n"
		   "told with file and line and what is allowed: exit code 7. Nothing is changed.\n"
		   "See ward.conf(5).\n",
	.run = run_check,
};

const struct wardctl_verb verb_config_show = {
	.name = "config show",
	.args = "[FILE]",
	.help = "what it says in all, and where each value stands",
	.details = "FILE as for config check. What is not named is not shown: it stays as the kernel\n"
		   "has it ('limits show', 'pace show', 'policy show').\n",
	.run = run_show,
};
