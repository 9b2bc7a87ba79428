// SPDX-License-Identifier: MIT
/* The section [fetch] of ward.conf(5): what a house says once for all. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "fetch.h"

static int take_sources(struct fetch *f, enum fetch_kind vendor, const char *value)
{
	char *word, *rest;

	f->words = strdup(value);
	if (!f->words)
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "no memory");
	for (word = strtok_r(f->words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		fetch_source_take(f, vendor, word);
	return EXIT_OK;
}

static int take(struct fetch *f, enum fetch_kind vendor, const struct config_settings *s)
{
	if (!f->tls_ca)
		f->tls_ca = s->fetch_tls_ca;
	if (!f->proxy)
		f->proxy = s->fetch_proxy;
	if (!f->import_count && s->fetch_import)
		f->imports[f->import_count++] = s->fetch_import;
	if (f->source_count || !s->fetch_source)
		return EXIT_OK;
	return take_sources(f, vendor, s->fetch_source);
}

int fetch_config(struct fetch *f, enum fetch_kind vendor, const char *path)
{
	struct config_settings settings;
	int rc;

	f->config = calloc(1, sizeof(*f->config));
	if (!f->config)
		return ctl_error(f->ctl, EXIT_DEVICE, "no-memory", "no memory");
	rc = config_load(f->ctl, path ? path : CONFIG_DIR, f->config);
	if (rc)
		return rc;
	config_settings_read(f->config, &settings);
	return config_complain(f->ctl, f->config) ?: take(f, vendor, &settings);
}

void fetch_config_free(struct fetch *f)
{
	if (f->config)
		config_free(f->config);
	free(f->config);
	free(f->words);
}
