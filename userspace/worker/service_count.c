// SPDX-License-Identifier: MIT
#include "service_count.h"

#include <inttypes.h>

static const char *const paths[SERVICE_PATHS] = {
	[SERVICE_PAGE] = "/", [SERVICE_INFER] = "/infer", [SERVICE_ATTEST] = "/attest",
	[SERVICE_HEALTH] = "/health", [SERVICE_METRICS] = "/metrics", [SERVICE_OTHER] = "other",
};

const char *service_path_text(enum service_path path)
{
	return paths[path];
}

/* The statuses are the program's own, fewer than there is room for. */
void service_counted(struct service_count *count, enum service_path path, int code)
{
	size_t i;

	for (i = 0; i < count->codes && count->code[i] != code; i++)
		;
	if (i == SERVICE_CODES)
		return;
	if (i == count->codes)
		count->code[count->codes++] = code;
	count->requests[path][i]++;
}

struct figure {
	const char *name;
	const char *type;
	const char *help;
	uint64_t value;
};

static int put_figures(const struct figure *figure, size_t n, struct evbuffer *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (evbuffer_add_printf(out, "# HELP ward_serve_%s %s\n# TYPE ward_serve_%s %s\n"
					"ward_serve_%s %" PRIu64 "\n", figure[i].name,
					figure[i].help, figure[i].name, figure[i].type,
					figure[i].name, figure[i].value) < 0)
			return -1;
	}
	return 0;
}

static int put_requests(const struct service_count *count, struct evbuffer *out)
{
	size_t p, c;

	if (evbuffer_add_printf(out, "# HELP ward_serve_requests_total Requests answered, by path and code.\n"
				"# TYPE ward_serve_requests_total counter\n") < 0)
		return -1;
	for (p = 0; p < SERVICE_PATHS; p++) {
		for (c = 0; c < count->codes; c++) {
			if (count->requests[p][c] &&
			    evbuffer_add_printf(out, "ward_serve_requests_total{path=\"%s\",code=\"%d\"} %"
						PRIu64 "\n", paths[p], count->code[c],
						count->requests[p][c]) < 0)
				return -1;
		}
	}
	return 0;
}

int service_count_put(const struct service_count *count, const struct service_now *now,
		      struct evbuffer *out)
{
	const struct connection_counts *c = &now->connections;
	const struct figure figure[] = {
		{ "rows_total", "counter", "Rows that were answered.", count->rows },
		{ "received_bytes_total", "counter", "Bytes of requests for inference.", count->received },
		{ "sent_bytes_total", "counter", "Bytes of their answers.", count->sent },
		{ "ward_live_bytes", "gauge", "Protected memory that the session holds.", now->live },
		{ "ward_budget_bytes", "gauge", "Protected memory that it may hold.", now->budget },
		{ "ward_vault_used_bytes", "gauge",
		  "Of it, what connections, requests and answers take now.", now->vault },
		{ "evidence_waiting", "gauge", "Requests that wait for evidence.", now->evidence },
		{ "connections", "gauge", "Connections now.", c->open },
		{ "unfinished_bytes", "gauge", "Bytes of requests that are not answered yet.",
		  c->unfinished },
		{ "connections_taken_total", "counter", "Connections that were admitted.", c->taken },
		{ "connections_refused_total", "counter",
		  "Connections refused, for their prefix has enough.", c->refused },
		{ "connections_evicted_total", "counter",
		  "Connections closed where there were too many.", c->evicted },
		{ "connections_late_total", "counter",
		  "Connections closed whose request did not end in time.", c->late },
		{ "attested", "gauge", "The session's evidence could be had at the start.",
		  now->evident != 0 },
		{ "simulated", "gauge", "It is that of a SIMULATED TEE, which protects nothing.",
		  now->simulated != 0 },
	};

	return put_requests(count, out) ||
	       put_figures(figure, sizeof(figure) / sizeof(figure[0]), out) ? -1 : 0;
}
