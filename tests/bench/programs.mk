# SPDX-License-Identifier: MIT
# The programs of tests/bench; included by the Makefile.

# Programs end in _cost; the rest of tests/bench are parts of the guest's.
BENCH_MAINS := $(wildcard tests/bench/*_cost.c)
BENCH := $(patsubst tests/bench/%.c,$(O)/tests/bench/%,$(BENCH_MAINS))

$(O)/tests/bench/guest_cost: $(patsubst %.c,$(O)/obj/%.o,$(filter-out $(BENCH_MAINS),$(wildcard tests/bench/*.c))) \
		$(O)/obj/tests/kernel/key_test.o $(O)/obj/tests/harness/ktap.o

# This one talks to a live broker, as the unit test of the client does.
$(O)/tests/bench/release_cost: $(O)/obj/tests/bench/release_cost.o \
		$(O)/tests/unit-shared.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka)

# Two sides of a channel, as its unit tests have them.
$(O)/tests/bench/handshake_cost: $(O)/obj/tests/bench/handshake_cost.o \
		$(O)/tests/unit-shared.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka)

# Aggregator and sites in one process, as the worker's unit tests have them.
$(O)/tests/bench/round_cost: $(O)/obj/tests/bench/round_cost.o $(O)/tests/unit-shared.a \
		$(O)/obj/worker.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka) -lm

# This one is a broker without its network; requests to it lead through what measures them.
$(O)/tests/bench/broker_cost: $(O)/obj/tests/bench/broker_cost.o \
		$(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/bench/broker/*.c)) \
		$(O)/tests/unit-shared.a $(O)/obj/broker.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=rcar_handle -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka)

# The worker's own parts, in plain memory.
$(O)/tests/bench/overlap_cost: $(O)/obj/tests/bench/overlap_cost.o $(O)/obj/worker.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call pkg-libs,all) -lm

# The library's calls of what it measures lead through it.
VERDICT_WRAP := EVP_DigestVerify EVP_DigestVerifyFinal X509_verify X509_CRL_verify X509_verify_cert \
	d2i_X509 PEM_bytes_read_bio d2i_X509_CRL PEM_read_bio_X509_CRL EVP_PKEY_fromdata \
	EVP_PKEY_public_check EVP_DigestVerifyInit EVP_DigestUpdate X509_free X509_CRL_free EVP_PKEY_free \
	EVP_MD_CTX_free malloc calloc realloc free
$(O)/tests/bench/verdict_cost: $(O)/obj/tests/bench/verdict_cost.o \
		$(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/bench/verdict/*.c)) $(O)/lib/libwardverify.a
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread $(addprefix -Wl$(,)--wrap=,$(VERDICT_WRAP)) -o $@ $^ \
		$(call pkg-libs,verifier)

$(O)/tests/bench/%: $(O)/obj/tests/bench/%.o $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--as-needed $(STATIC_LIBS) \
		$(call pkg-libs,lib)

.PHONY: bench-programs
bench-programs: $(BENCH)

# How good models are: the worker's own code on real tables.
$(O)/tests/bench/train_cost: $(O)/obj/tests/bench/train_cost.o $(O)/obj/worker.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka) -lm

$(O)/tests/bench/fit_cost: $(O)/obj/tests/bench/fit_cost.o $(O)/obj/worker.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call pkg-libs,all) -lm
