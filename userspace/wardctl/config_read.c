// SPDX-License-Identifier: MIT
/* From files to entries: sections, keys and values, not yet what they mean. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../common/regular.h"
#include "config.h"

enum {
	FILE_MAX = 64 << 10,	/* bytes of one file */
	FILES_MAX = 128,
	ENTRIES_MAX = 640,	/* more than all rules and users, and every other key */
	PROBLEMS_MAX = 16,	/* that are kept */
};

#define DROP_INS "ward.conf.d"

/** struct reading - where in a file we are */
struct reading {
	struct config *config;
	const char *file;
	unsigned int line;
	const char *section;	/* as config_section() has it; NULL before the first, and in one that nobody knows */
	bool begun;
};

/* ---- what is kept ------------------------------------------------------------------- */

void config_problem(struct config *config, const char *file, unsigned int line, const char *fmt, ...)
{
	char text[512];
	size_t at = 0;
	va_list ap;

	if (config->problems == PROBLEMS_MAX) {
		config->lost++;
		return;
	}
	if (file)
		at = (size_t)snprintf(text, sizeof(text), line ? "%.200s:%u: " : "%.200s: ", file, line);
	va_start(ap, fmt);
	vsnprintf(text + at, sizeof(text) - at, fmt, ap);
	va_end(ap);
	config->problem[config->problems] = strdup(text);
	if (config->problem[config->problems])
		config->problems++;
	else
		config->lost++;
}

static void entry_free(struct config_entry *entry)
{
	free(entry->key);
	free(entry->value);
}

void config_free(struct config *config)
{
	size_t i;

	for (i = 0; i < config->entries; i++)
		entry_free(&config->entry[i]);
	for (i = 0; i < config->files; i++)
		free(config->file[i]);
	for (i = 0; i < config->problems; i++)
		free(config->problem[i]);
	free(config->entry);
	free(config->file);
	free(config->problem);
	*config = (struct config){ 0 };
}

static int config_init(struct config *config)
{
	*config = (struct config){
		.file = calloc(FILES_MAX, sizeof(*config->file)),
		.entry = calloc(ENTRIES_MAX, sizeof(*config->entry)),
		.problem = calloc(PROBLEMS_MAX, sizeof(*config->problem)),
	};
	return config->file && config->entry && config->problem ? 0 : -ENOMEM;
}

/* ---- lines ---------------------------------------------------------------------------- */

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\r", end[-1]))
		end--;
	*end = '\0';
	return text + strspn(text, " \t");
}

static struct config_entry *find(struct config *config, const char *section, const char *key)
{
	for (size_t i = 0; i < config->entries; i++)
		if (config->entry[i].section == section && !strcmp(config->entry[i].key, key))
			return &config->entry[i];
	return NULL;
}

static int put(struct reading *r, const char *key, const char *value)
{
	struct config *config = r->config;
	struct config_entry *to = find(config, r->section, key);
	struct config_entry entry = { .file = r->file, .line = r->line, .section = r->section };

	if (to && to->file == r->file) {
		config_problem(config, r->file, r->line, "[%s] %s stands in line %u already",
			       r->section, key, to->line);
		return 0;
	}
	if (!to && config->entries == ENTRIES_MAX) {
		config_problem(config, r->file, r->line, "more than %d keys", ENTRIES_MAX);
		return 0;
	}
	entry.key = strdup(key);
	entry.value = strdup(value);
	if (!entry.key || !entry.value) {
		entry_free(&entry);
		return -ENOMEM;
	}
	if (to)
		entry_free(to);
	else
		to = &config->entry[config->entries++];
	*to = entry;
	return 0;
}

static void begin_section(struct reading *r, char *line)
{
	size_t len = strlen(line);

	r->begun = true;
	r->section = NULL;
	if (line[len - 1] != ']') {
		config_problem(r->config, r->file, r->line, "'%.64s': a section is [NAME]", line);
		return;
	}
	line[len - 1] = '\0';
	line = trim(line + 1);
	r->section = config_section(line);
	if (!r->section)
		config_problem(r->config, r->file, r->line, "there is no section [%.64s]; there are "
			       "limits, pace, policy, provider, wardd and fetch", line);
}

static int take_line(struct reading *r, char *line)
{
	char *equals = strchr(line, '=');

	for (const char *p = line; *p; p++)
		if (iscntrl((unsigned char)*p) && *p != '\t') {
			config_problem(r->config, r->file, r->line, "a control character");
			return 0;
		}
	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		begin_section(r, line);
		return 0;
	}
	if (!equals || equals == line) {
		config_problem(r->config, r->file, r->line, "'%.64s': a line is KEY = VALUE, [SECTION] or "
			       "begins with #", line);
		return 0;
	}
	*equals = '\0';
	if (!r->begun)
		config_problem(r->config, r->file, r->line, "%.64s stands before any section",
			       trim(line));
	return r->section ? put(r, trim(line), trim(equals + 1)) : 0;
}

/* @text ends in a zero byte and has no other. Who has so many errors need not be told them all. */
static int take_text(struct reading *r, char *text)
{
	int err = 0;

	while (text && !err && !r->config->lost) {
		char *next = strchr(text, '\n');

		if (next)
			*next++ = '\0';
		r->line++;
		err = take_line(r, trim(text));
		text = next;
	}
	return err;
}

/* ---- files ---------------------------------------------------------------------------- */

/* Who may write it says what the kernel is told, which is root's to say. */
static void check_owner(struct config *config, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		config_problem(config, path, 0, "%s", strerror(errno));
	else if (st.st_uid && st.st_uid != geteuid())
		config_problem(config, path, 0, "belongs to uid %u, not to root: chown root it",
			       (unsigned int)st.st_uid);
	else if (st.st_mode & 0022)
		config_problem(config, path, 0, "others than its owner may write it (mode %04o): "
			       "chmod go-w it", (unsigned int)st.st_mode & 07777);
}

static int read_whole(int fd, char *text, size_t room, size_t *len)
{
	ssize_t n = 1;

	for (*len = 0; n > 0 && *len < room; *len += (size_t)n) {
		n = read(fd, text + *len, room - *len);
		if (n < 0)
			return -errno;
	}
	return 0;
}

static int take_fd(struct config *config, const char *path, int fd)
{
	struct reading r = { .config = config, .file = path };
	char *text = malloc(FILE_MAX + 1);
	size_t len = 0;
	int err = text ? read_whole(fd, text, FILE_MAX + 1, &len) : -ENOMEM;

	if (!err && len > FILE_MAX) {
		config_problem(config, path, 0, "longer than %d bytes", FILE_MAX);
	} else if (!err && memchr(text, '\0', len)) {
		config_problem(config, path, 0, "not a text: it has a zero byte");
	} else if (!err) {
		text[len] = '\0';
		err = take_text(&r, text);
	}
	free(text);
	return err;
}

/* @wanted: it was named, so it has to be there. */
static int take_file(struct wardctl *ctl, struct config *config, const char *path, bool wanted)
{
	int fd = regular_open(path), err;

	if (fd == -ENOENT && !wanted)
		return EXIT_OK;
	if (fd < 0)
		return ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, regular_strerror(fd));
	if (config->files == FILES_MAX) {
		close(fd);
		return ctl_error(ctl, EXIT_DAMAGED, "config-damaged", "%s: more than %d files", path,
				 FILES_MAX);
	}
	config->file[config->files] = strdup(path);
	err = config->file[config->files] ? 0 : -ENOMEM;
	if (!err) {
		path = config->file[config->files++];
		check_owner(config, path, fd);
		err = take_fd(config, path, fd);
	}
	close(fd);
	return err ? ctl_error(ctl, err == -ENOMEM ? EXIT_DEVICE : EXIT_USAGE,
			       err == -ENOMEM ? "no-memory" : "read", "%s: %s", path, strerror(-err)) :
		     EXIT_OK;
}

static int is_drop_in(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && !strcmp(entry->d_name + len - 5, ".conf");
}

/* By bytes, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int take_drop_ins(struct wardctl *ctl, struct config *config, const char *dir)
{
	struct dirent **names;
	char path[4096];
	int i, n, rc = EXIT_OK;

	snprintf(path, sizeof(path), "%.3000s/" DROP_INS, dir);
	n = scandir(path, &names, is_drop_in, by_name);
	if (n < 0)
		return errno == ENOENT ? EXIT_OK :
		       ctl_error(ctl, EXIT_USAGE, "read", "%s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%.3000s/" DROP_INS "/%s", dir, names[i]->d_name);
		if (!rc)
			rc = take_file(ctl, config, path, true);
		free(names[i]);
	}
	free(names);
	return rc;
}

int config_load(struct wardctl *ctl, const char *path, struct config *config)
{
	char main_file[4096];
	struct stat st;
	int rc;

	if (config_init(config))
		return ctl_error(ctl, EXIT_DEVICE, "no-memory", "no memory");
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return strcmp(path, CONFIG_DIR) ? take_file(ctl, config, path, true) : EXIT_OK;
	snprintf(main_file, sizeof(main_file), "%.3000s/ward.conf", path);
	rc = take_file(ctl, config, main_file, false);
	return rc ? rc : take_drop_ins(ctl, config, path);
}
