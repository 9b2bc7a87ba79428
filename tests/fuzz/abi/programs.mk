# SPDX-License-Identifier: MIT
# Included by the Makefile: the fuzzer of the module's own ABI, whose table is made of the
# headers, and what of the module it and the kernel tests run.
ABI_FUZZ := $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/fuzz/abi/*.c))
$(O)/gen/abi_table.h: tests/fuzz/abi/table.py $(wildcard include/uapi/linux/*.h)
	@mkdir -p $(@D)
	$(call say,GEN)
	$(Q)python3 $< c include/uapi >$@
$(O)/obj/tests/fuzz/abi/grammar.o: $(O)/gen/abi_table.h
$(O)/obj/tests/fuzz/abi/grammar.o: private CPPFLAGS += -I$(O)/gen
$(O)/tests/fuzz-abi: $(ABI_FUZZ) $(O)/obj/tests/harness/ktap.o \
		$(patsubst %,$(O)/obj/tests/kernel/%.o,key_test agent_test attest_test) $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(call pkg-libs,lib)

# SECONDS=, SEED=; the corpus of the runs before is gone on with.
.PHONY: fuzz-abi coverage-kmod
fuzz-abi: deps
	@tests/fuzz/abi/fuzz-abi --seconds $(or $(SECONDS),3600) --seed $(or $(SEED),$(shell od -An -N6 -tu8 /dev/urandom))

# Half an hour; then tests/coverage/run --lines names what was not run.
coverage-kmod: deps
	@tests/coverage/run
