// SPDX-License-Identifier: MIT
/* What came of a training that was measured: one object, numbers in ns and counts. */
#include <inttypes.h>

#include "bench_private.h"

static void put_number(json_t *to, const char *name, uint64_t value)
{
	json_object_set_new(to, name, json_integer((json_int_t)value));
}

/* Work in the kernel beside memory and evidence is a part of its own: that of system calls. */
static json_t *parts(const struct bench *b)
{
	const uint64_t *wall = b->phases.wall, *kernel = b->phases.kernel;
	uint64_t decrypt = kernel[PHASE_DECRYPT], compute = kernel[PHASE_COMPUTE];
	json_t *ns = json_object();

	/* sampled, and so sometimes more than there was */
	decrypt = decrypt < wall[PHASE_DECRYPT] ? decrypt : wall[PHASE_DECRYPT];
	compute = compute < wall[PHASE_COMPUTE] ? compute : wall[PHASE_COMPUTE];
	put_number(ns, "memory", wall[PHASE_MEMORY]);
	if (!b->unattested[0])
		put_number(ns, "attestation", wall[PHASE_ATTEST]);
	put_number(ns, "system_calls", decrypt + compute);
	put_number(ns, "decrypt", wall[PHASE_DECRYPT] - decrypt);
	put_number(ns, "compute", wall[PHASE_COMPUTE] - compute);
	put_number(ns, "total", phases_wall(&b->phases) -
		   (b->unattested[0] ? wall[PHASE_ATTEST] : 0));
	put_number(ns, "training", b->train_ns);
	return ns;
}

static json_t *counts(const struct bench *b)
{
	json_t *counts = json_object();
	int i;

	for (i = 0; i < COUNTERS; i++) {
		if (!b->counters.why[i][0])
			put_number(counts, counter_name(i), b->counters.value[i]);
	}
	put_number(counts, "page_faults", b->faults);
	put_number(counts, "chunks_decrypted", b->chunks);
	put_number(counts, "epochs", b->steps);
	put_number(counts, "peak_bytes", b->session.memory.peak);
	return counts;
}

static json_t *lacks(const struct bench *b)
{
	json_t *lacks = json_object();
	int i;

	if (b->lacking[0]) {
		json_object_set_new(lacks, "memory", json_string(b->lacking));
		return lacks;
	}
	if (b->unattested[0])
		json_object_set_new(lacks, "attestation", json_string(b->unattested));
	for (i = 0; i < COUNTERS; i++) {
		if (b->counters.why[i][0])
			json_object_set_new(lacks, counter_name(i),
					    json_string(b->counters.why[i]));
	}
	return lacks;
}

void bench_tell(const struct bench *b, const struct emit *emit)
{
	const char *kind = memory_kind_name(b->options->kind);
	json_t *fields = json_pack("{s:s, s:o}", "memory", kind, "not_measured", lacks(b));

	if (b->lacking[0]) {
		emit_step(emit, "bench", fields, "%s: not measured here: %s", kind, b->lacking);
		return;
	}
	if (fields) {
		json_object_set_new(fields, "ns", parts(b));
		json_object_set_new(fields, "counts", counts(b));
		json_object_set_new(fields, "weights", emit_hex(b->weights, sizeof(b->weights)));
	}
	emit_step(emit, "bench", fields,
		  "%s: %.3f ms, of them %.3f memory; %" PRIu64 " epochs or steps, %" PRIu64
		  " chunks decrypted", kind, (double)phases_wall(&b->phases) / 1e6,
		  (double)b->phases.wall[PHASE_MEMORY] / 1e6, b->steps, b->chunks);
}
