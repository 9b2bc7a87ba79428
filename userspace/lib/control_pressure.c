// SPDX-License-Identifier: MIT
/* How full protected memory is: asked for, and told by the kernel unasked. */
#include <errno.h>
#include <stdlib.h>

#include "control_private.h"

#define FIGURES_MAX 256u

static int memory_valid(const struct answer *a, void *arg)
{
	if (!a->attr[WARD_A_LEVEL])
		return -EBADMSG;
	get_memory(a, arg);
	return 0;
}

int ward_control_pressure(struct ward_control *control,
			  struct ward_memory *memory)
{
	struct ward_memory got = { 0 };
	int err;

	err = control_ask(control,
			  control_command(control, WARD_GENL_CMD_PRESSURE_GET,
					  NLM_F_ACK), memory_valid, &got);
	if (!err)
		*memory = got;
	return err;
}

static int figure_read(struct nlattr *nest, void *entry)
{
	struct ward_figure *figure = entry;
	struct answer in;

	if (nla_parse_nested(in.attr, WARD_A_MAX, nest, control_policy) < 0 ||
	    !in.attr[WARD_A_NAME] || !in.attr[WARD_A_VALUE])
		return -EBADMSG;
	get_text(&in, WARD_A_NAME, figure->name, sizeof(figure->name));
	get_text(&in, WARD_A_SOURCE, figure->source, sizeof(figure->source));
	figure->value = get_u64(&in, WARD_A_VALUE);
	return 0;
}

static int figures_read(const struct answer *a, struct ward_gauge *gauge)
{
	struct nests nests = {
		.size = sizeof(*gauge->figure), .most = FIGURES_MAX, .read = figure_read,
	};
	int err = get_nests(a, WARD_A_FIGURE, &nests);

	gauge->figure = nests.entry;
	gauge->figures = nests.count;
	return err;
}

static void stalls_read(const struct answer *a, struct ward_stall *some,
			struct ward_stall *full)
{
	get_bytes(a, WARD_A_SOME, some, sizeof(*some));
	get_bytes(a, WARD_A_FULL, full, sizeof(*full));
}

static int gauge_valid(const struct answer *a, void *arg)
{
	struct ward_gauge *gauge = arg;

	if (!a->attr[WARD_A_LEVEL] || gauge->figure)
		return -EBADMSG;
	get_memory(a, &gauge->memory);
	gauge->limit_user = get_limit(a, WARD_A_LIMIT_USER);
	gauge->limit_session = get_limit(a, WARD_A_LIMIT_SESSION);
	gauge->waiting = get_u32(a, WARD_A_WAITING);
	gauge->has_level_seq = a->attr[WARD_A_LEVEL_SEQ] != NULL;
	gauge->level_seq = get_u64(a, WARD_A_LEVEL_SEQ);
	gauge->has_stalls = a->attr[WARD_A_SOME] && a->attr[WARD_A_FULL];
	stalls_read(a, &gauge->some, &gauge->full);
	return figures_read(a, gauge);
}

int ward_control_gauge(struct ward_control *control, struct ward_gauge **out)
{
	struct ward_gauge *gauge = calloc(1, sizeof(*gauge));
	int err;

	if (!gauge)
		return -ENOMEM;
	err = control_ask(control,
			  control_command(control, WARD_GENL_CMD_PRESSURE_GET,
					  NLM_F_ACK), gauge_valid, gauge);
	if (err) {
		ward_gauge_free(gauge);
		return err;
	}
	*out = gauge;
	return 0;
}

void ward_gauge_free(struct ward_gauge *gauge)
{
	if (!gauge)
		return;
	free(gauge->figure);
	free(gauge);
}

/* ---- the group `pressure` ----------------------------------------------------- */

int ward_control_watch(struct ward_control *control)
{
	return group_join(control, WARD_GENL_GROUP_PRESSURE, &control->pressure);
}

int ward_control_fd(const struct ward_control *control)
{
	return group_fd(control->pressure);
}

static int level_valid(const struct answer *a, void *arg)
{
	struct ward_level_change *change = arg;

	if (!a->attr[WARD_A_LEVEL] || !a->attr[WARD_A_LEVEL_SEQ])
		return -EBADMSG;
	get_memory(a, &change->memory);
	change->seq = get_u64(a, WARD_A_LEVEL_SEQ);
	change->waiting = get_u32(a, WARD_A_WAITING);
	stalls_read(a, &change->some, &change->full);
	return 0;
}

int ward_control_level(struct ward_control *control, int timeout_ms,
		       struct ward_level_change *change)
{
	struct ward_level_change got = { 0 };
	int err = group_receive(control->pressure, timeout_ms, level_valid, &got);

	if (err)
		return err;
	got.size = change->size;
	return control_copy_out(change, &got, sizeof(got));
}
