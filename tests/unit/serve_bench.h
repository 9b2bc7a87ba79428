/* SPDX-License-Identifier: MIT */
/* What the unit tests of `ward-train serve` share: a model to answer with. */
#ifndef WARD_TESTS_SERVE_BENCH_H
#define WARD_TESTS_SERVE_BENCH_H

#include "worker_bench.h"

#define SERVE_BENCH_MODEL_MAX	65536

/** serve_bench_model - train one on a small table; its file's bytes, by way of @dir; Return: length */
size_t serve_bench_model(const char *dir, uint8_t bytes[SERVE_BENCH_MODEL_MAX]);

#endif /* WARD_TESTS_SERVE_BENCH_H */
