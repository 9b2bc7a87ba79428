// SPDX-License-Identifier: MIT
/* Programs as text. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar.h"
#include "program.h"

static size_t call_write(const struct call *call, char *line, size_t room)
{
	const struct op *op = op_at(call->op);
	size_t len = (size_t)snprintf(line, room, "%s", op->name);
	unsigned int i;

	for (i = 0; i < op->n && len < room; i++) {
		if (call->arg[i])
			len += (size_t)snprintf(line + len, room - len, " %s=%" PRIx64, op->arg[i].name,
						call->arg[i]);
	}
	if (len < room)
		len += (size_t)snprintf(line + len, room - len, "\n");
	return len;
}

void program_write(const struct program *program, char *text, size_t room)
{
	char line[TEXT];
	size_t at = 0, len;
	unsigned int i;

	for (i = 0; i < program->n; i++) {
		len = call_write(&program->call[i], line, sizeof(line));
		if (len >= sizeof(line) || at + len >= room)
			break;
		memcpy(text + at, line, len);
		at += len;
	}
	text[at] = '\0';
}

/* The word at *@text up to @end of it; its length, and *@text behind it. */
static size_t word(const char **text, const char *end, const char **first)
{
	size_t len = strcspn(*text, end);

	*first = *text;
	*text += len;
	return len;
}

static bool arg_read(struct call *call, const char **text)
{
	const char *name;
	size_t len = word(text, " =\n", &name);
	int at = op_arg(op_at(call->op), name, len);
	char *end;

	if (at < 0 || **text != '=')
		return false;
	call->arg[at] = strtoull(*text + 1, &end, 16);
	*text = end;
	return *end == ' ' || *end == '\n' || !*end;
}

static bool call_read(struct call *call, const char **text)
{
	const char *name;
	size_t len = word(text, " \n", &name);
	int op = op_named(name, len);

	if (op < 0)
		return false;
	*call = (struct call){ .op = (unsigned int)op };
	while (**text == ' ') {
		(*text)++;
		if (!arg_read(call, text))
			return false;
	}
	return true;
}

bool program_read(struct program *program, const char *text, const char **wrong)
{
	program->n = 0;
	while (*text) {
		*wrong = text;
		if (*text != '#' && *text != '\n' &&
		    (program->n == CALLS || !call_read(&program->call[program->n++], &text)))
			return false;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return true;
}
