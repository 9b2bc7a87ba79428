# SPDX-License-Identifier: MIT
# What a person starts who wants figures: none of it is part of `make check`.

# COUNT= mutations of each vector, SEED=, NAMES= of vectors.
.PHONY: differential
differential:
	@COUNT='$(COUNT)' SEED='$(SEED)' NAMES='$(NAMES)' tests/differential/run

# Real evidence for the tests, into the cache or TO=.
.PHONY: vectors
vectors:
	@tests/vectors/fetch $(TO)

# How good models are on real tables; those that are not at hand are counted as skipped.
.PHONY: bench-train
bench-train: deps $(O)/tests/bench/train_cost
	@tests/bench/train

# Faults put into a copy of the tree, one at a time, and the test of each; NAMES= some of them.
.PHONY: mutation
mutation: deps
	@KERNEL='$(or $(KERNEL),6.12)' tests/mutation/run $(NAMES)
