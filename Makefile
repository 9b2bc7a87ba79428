# SPDX-License-Identifier: MIT
# ward's build. `make help` lists the targets. Programs land in build/bin,
# libraries in build/lib, modules in build/kmod/<kernel>.

VERSION := 0.1.0
O := build
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
KERNELS ?= 6.12 6.1 newest
PKG_CONFIG ?= pkg-config

# CROSS=aarch64-linux-gnu- names compiler, archiver and pkg-config of another machine;
# what they make is best kept apart: O=build/arm64.
ifdef CROSS
CC := $(CROSS)gcc
AR := $(CROSS)ar
PKG_CONFIG := $(CROSS)pkg-config
endif

# make V=1 prints commands whole.
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-7s %s\n' $(1) $(patsubst $(O)/%,%,$@))

WARNINGS := -Wall -Wextra -Werror
CFLAGS ?= -O2 -g
CPPFLAGS ?=
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2
BASE_CFLAGS := -std=gnu11 $(WARNINGS) $(HARDEN) -fPIC
BASE_CPPFLAGS := -D_GNU_SOURCE= -DWARD_VERSION=\"$(VERSION)\" -Iinclude/uapi \
	-Iuserspace/lib -Iuserspace/verifier

# What each room may lean on (pkg-config names).
PKG_lib := tss2-esys tss2-mu tss2-rc libcurl jose libcbor jansson libnl-genl-3.0 libnl-3.0 libssl libcrypto
PKG_verifier := libcbor jansson libcrypto
PKG_wardctl := libcurl libkmod libcbor jansson libnl-genl-3.0 libnl-3.0 libcrypto tss2-esys tss2-mu tss2-rc zlib
PKG_broker := libevent libevent_openssl jose jansson libcbor libssl libcrypto sqlite3 libpq tss2-esys tss2-mu tss2-rc
PKG_common := libcbor jansson libevent libevent_openssl libssl libcrypto
PKG_worker := libevent libevent_openssl libcurl jose jansson libcbor libssl libcrypto
PKG_python := libcbor jansson libcrypto
PKG_agent := tss2-esys tss2-mu tss2-rc jose libcbor jansson libcrypto
PKG_all := $(sort $(PKG_lib) $(PKG_verifier) $(PKG_wardctl) $(PKG_broker) $(PKG_worker) $(PKG_agent))
pkg-cflags = $(shell $(PKG_CONFIG) --cflags $(PKG_$(1)))
pkg-libs = $(shell $(PKG_CONFIG) --libs $(PKG_$(1)))

sources = $(sort $(wildcard userspace/$(1)/*.c))
objects = $(patsubst %.c,$(O)/obj/%.o,$(call sources,$(1)))
# A program's objects without its main, for unit tests.
parts = $(filter-out %/main.o,$(call objects,$(1)))

LIB_OBJS := $(call objects,lib)
VERIFIER_OBJS := $(call objects,verifier)
# Of what programs share, what serves strangers over TLS: of broker and worker alone.
HTTPS_OBJS := $(patsubst %,$(O)/obj/userspace/common/%.o,connection https peer tls_server)
COMMON_OBJS := $(filter-out $(HTTPS_OBJS),$(call objects,common))
PROGRAMS := $(if $(wildcard userspace/wardctl/main.c),$(O)/bin/wardctl) \
	$(if $(wildcard userspace/agent/main.c),$(O)/bin/wardd) \
	$(if $(wildcard userspace/broker/main.c),$(O)/bin/ward-broker) \
	$(if $(wildcard userspace/worker/main.c),$(O)/bin/ward-train)
LIBS := $(if $(LIB_OBJS),$(O)/lib/libward.so $(O)/lib/libward.a) \
	$(if $(VERIFIER_OBJS),$(O)/lib/libwardverify.so $(O)/lib/libwardverify.a)
STATIC_LIBS := $(filter %.a,$(LIBS))
SHARED_LIBS := $(filter %.so,$(LIBS))
# Programs find the libraries beside them; where they are installed for all, RPATH=.
RPATH ?= $$ORIGIN/../lib
LINK_SHARED = -L$(O)/lib $(if $(RPATH),-Wl$(,)-rpath$(,)'$(RPATH)') \
	$(if $(LIB_OBJS),-lward) $(if $(VERIFIER_OBJS),-lwardverify)

UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
KERNEL_MAINS := $(wildcard tests/kernel/test_*.c tests/kernel/t_*.c)
KERNEL_TESTS := $(patsubst tests/kernel/%.c,$(O)/tests/kernel/%,$(KERNEL_MAINS))

.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

.PHONY: all
all: module-if-possible userspace

.PHONY: help
help:
	@echo 'make               module (when headers are at hand) and user space'
	@echo 'make userspace     libraries and programs alone'
	@echo '                   (CROSS=aarch64-linux-gnu- O=build/arm64: for arm64)'
	@echo 'make python        the Python package, into build/python (PYTHON=$(PYTHON))'
	@echo 'make module        module for the running kernel, or KDIR=headers,'
	@echo '                   or KERNEL=6.1|6.12|newest (fetched by name)'
	@echo 'make examples      programs for a worker developer to copy'
	@echo 'make demo          the whole story in a throwaway guest'
	@echo 'make deps          install what building and testing take, by apt'
	@echo 'make check         every test; closes with N passed, N failed, N skipped'
	@echo 'make check-unit check-cli check-vm check-kernel check-e2e'
	@echo '                   one stage of it (KERNELS="6.1 6.12 newest")'
	@echo 'make check-model   the spin models alone (check-unit has them too)'
	@echo 'make check-debug   the kernel tests in a debug kernel (made first, once)'
	@echo 'make check-debug-all   the same in those of 6.12, of the newest, and for data races'
	@echo 'make check-arm64   the kernel tests on arm64: cross-built, in guests'
	@echo 'make bench         figures of cost, no pass or fail'
	@echo 'make bench-train   figures of models on real tables, beside their gates'
	@echo 'make soak          a malicious host, and the model test for hours (SEED=, OPS=, LEG=, KERNEL=); goes on where it was broken off'
	@echo 'make leak-matrix   who can read what kind of memory, measured in guests of KERNELS'
	@echo 'make dkms-matrix   DKMS builds the module for every kernel of Debian 12 and 13'
	@echo 'make fuzz          libFuzzer and AFL++ on every parser (TARGETS=, TIME=seconds); fuzz-long: a day each'
	@echo 'make proof         bounds proofs by CBMC: no access outside of what is there (NAMES=)'
	@echo 'make every-bit     every bit of every kind of evidence flipped (JOBS=): five minutes of processor time'
	@echo 'make mutation      faults put into the tree one at a time, each with the test that should notice (NAMES=)'
	@echo 'make differential  other verifiers and ours on real evidence and its mutations (COUNT=, SEED=)'
	@echo 'make vectors       fetch real evidence for the tests, by tests/vectors/SOURCES (TO=)'
	@echo 'make static        every static checker there is (TOOLS=): doc/reliability.md has the table'
	@echo 'make sbom          what ward is made of and leans on (SPDX), into build/ward.spdx.json'
	@echo 'make deb           Debian packages, into build/deb'
	@echo 'make install       DESTDIR= PREFIX=$(PREFIX); make uninstall'
	@echo 'make clean'
	@echo 'DEPS=skip leaves the system alone (else missing packages are installed)'

# ---- user space -------------------------------------------------------------

include userspace/python/python.mk

.PHONY: userspace
userspace: $(LIBS) $(PROGRAMS) $(PYTHON_GOALS)

# What a library exports is its version map's to say, once; programs export nothing.
visibility = $(if $(wildcard userspace/$(1)/*.map),,-fvisibility=hidden)
room = $(word 2,$(subst /, ,$(patsubst $(O)/obj/%,%,$(1))))
# The verifier's time is OpenSSL's: its own code may be small. Nothing unwinds through it.
OPT_verifier := -Os -fno-asynchronous-unwind-tables

# Objects are made anew when the flags change, not when this file does.
FLAGS := $(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) $(OPT_verifier)
$(O)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(FLAGS)' | cmp -s - $@ || printf '%s\n' '$(FLAGS)' >$@
.PHONY: FORCE

$(O)/obj/userspace/%.o: userspace/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) $(OPT_$(call room,$@)) \
		$(call visibility,$(call room,$@)) $(call pkg-cflags,$(call room,$@)) $(PYTHON_FLAGS) -MMD -MP -c -o $@ $<

$(O)/obj/tests/%.o: tests/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CPPFLAGS) -Itests/harness $(CPPFLAGS) $(BASE_CFLAGS) \
		-Wno-sign-compare $(CFLAGS) $(call pkg-cflags,all) -MMD -MP -c -o $@ $<

# link-shared: name, room, objects; keeps to the version map where there is one.
define link-shared
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,$(1).so.0 -Wl,-z,defs -Wl,-z,relro,-z,now \
		$(addprefix -Wl$(,)--version-script=,$(wildcard userspace/$(2)/$(1).map)) \
		-o $@.0 $(3) $(call pkg-libs,$(2))
	@ln -sf $(1).so.0 $@
endef
, := ,

$(O)/lib/libward.so: $(LIB_OBJS) $(wildcard userspace/lib/*.map)
	$(call link-shared,libward,lib,$(LIB_OBJS))

$(O)/lib/libwardverify.so: $(VERIFIER_OBJS) $(wildcard userspace/verifier/*.map)
	$(call link-shared,libwardverify,verifier,$(VERIFIER_OBJS))

$(O)/lib/libward.a: $(LIB_OBJS)
$(O)/lib/libwardverify.a: $(VERIFIER_OBJS)
$(O)/obj/wardctl.a: $(call parts,wardctl) $(COMMON_OBJS)
$(O)/obj/broker.a: $(call parts,broker) $(COMMON_OBJS) $(HTTPS_OBJS)
WORKER_SHARES := $(patsubst %,$(O)/obj/userspace/common/%.o,federation_file seal_words) $(HTTPS_OBJS) \
	$(O)/obj/userspace/lib/channel_frame.o
$(O)/obj/worker.a: $(call parts,worker) $(WORKER_SHARES)
$(O)/obj/wardd.a: $(call parts,agent)
ARCHIVES := $(addprefix $(O)/,lib/libward.a lib/libwardverify.a obj/wardctl.a obj/broker.a obj/worker.a \
	obj/wardd.a)
$(ARCHIVES): %.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcsD $@ $^

link-program = $(CC) $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $(filter %.o,$^) \
	$(LINK_SHARED) $(call pkg-libs,$(1)) -lm

# What libward has for itself: system calls, the way to a TPM, and what seals grants.
TSS_OBJS := $(patsubst %,$(O)/obj/userspace/lib/%.o,sys trouble tss tss_key tss_link)
# Of the libraries it has parts that they do not export: the way to a TPM, a quote's frame, JWS.
WARDCTL_SHARES := $(TSS_OBJS) $(patsubst %,$(O)/obj/userspace/verifier/%.o,cbor_read ecdsa fault jws tpm)
$(O)/bin/wardctl: $(call objects,wardctl) $(WARDCTL_SHARES) $(COMMON_OBJS) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(call link-program,wardctl)
BROKER_LIB := $(TSS_OBJS) $(O)/obj/userspace/lib/hpke.o
$(O)/bin/ward-broker: $(call objects,broker) $(BROKER_LIB) $(COMMON_OBJS) $(HTTPS_OBJS) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(call link-program,broker)
$(O)/bin/ward-train: $(call objects,worker) $(WORKER_SHARES) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(call link-program,worker)

# Of the libraries it has parts that they do not export: system calls, the way to a TPM,
# keys that firmware derives, strict CBOR.
AGENT_SHARES := $(TSS_OBJS) $(patsubst %,$(O)/obj/userspace/%.o,lib/seal_agent lib/seal_how lib/seal_identity \
	lib/seal_snp verifier/cbor_read verifier/fault)
$(O)/bin/wardd: $(call objects,agent) $(AGENT_SHARES) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(call link-program,agent)

# What a worker's developer copies: it leans on what is installed, and nothing else.
EXAMPLES := $(addprefix $(O)/examples/channel/,server client)
$(EXAMPLES): RPATH = $$ORIGIN/../../lib
$(EXAMPLES): $(O)/examples/%: examples/%.c $(wildcard examples/channel/worker.?) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CPPFLAGS) $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) $(LINK_SHARED)

PYTHON_EXAMPLES := $(patsubst %,$(O)/%,$(wildcard examples/python/*.py))
$(PYTHON_EXAMPLES): $(O)/%: %
	@mkdir -p $(@D)
	@cp $< $@

.PHONY: examples
examples: $(EXAMPLES) $(PYTHON_EXAMPLES) python

# ---- the module -------------------------------------------------------------

KDIR ?= $(wildcard /lib/modules/$(shell uname -r)/build)

.PHONY: module module-if-possible
module:
	@if [ -z "$(KERNEL)$(KDIR)" ]; then \
		echo "module: no headers for $$(uname -r); name them with KDIR=, or a kernel to fetch with KERNEL=6.12"; \
		exit 1; \
	fi; \
	tests/vm/module $(if $(KERNEL),$(KERNEL),--kdir "$(KDIR)")

module-if-possible:
	@if [ -n "$(KERNEL)$(KDIR)" ]; then \
		$(MAKE) --no-print-directory module; \
	else \
		echo "module: no headers for $$(uname -r) (KDIR= names others, KERNEL=6.12 fetches them): not built"; \
	fi

# The simulated TEE's keys and certificates, anew for each build tree.
TSMSIM_HOST := $(filter-out %/tsmsim.c,$(wildcard tests/tsmsim/certs.c tests/tsmsim/mkcerts.c))

$(O)/tests/mkcerts: $(patsubst %.c,$(O)/obj/%.o,$(TSMSIM_HOST))
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libcrypto)

$(O)/tsmsim/tsmsim_key.h: $(TSMSIM_HOST) | $(O)/tests/mkcerts
	@mkdir -p $(@D)
	$(O)/tests/mkcerts $(@D)

.PHONY: tsmsim-keys
tsmsim-keys: $(O)/tsmsim/tsmsim_key.h

# ---- tests ------------------------------------------------------------------

# test_worker_x.c is linked with the worker's own objects, and so on.
UNIT_ROOMS := wardctl broker worker wardd
unit-parts = $(foreach r,$(UNIT_ROOMS),$(if $(findstring test_$(r),$(1)),$(O)/obj/$(r).a))
UNIT_ARCHIVES := $(patsubst %,$(O)/obj/%.a,$(UNIT_ROOMS))

# What several tests share: tests/unit/*.c without a main, and forged certificates.
UNIT_SHARED := $(patsubst %.c,$(O)/obj/%.o,$(filter-out tests/unit/test_%.c,$(wildcard tests/unit/*.c)) \
	$(wildcard tests/tsmsim/certs.c))

$(O)/tests/unit-shared.a: $(UNIT_SHARED)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR)
	$(Q)$(AR) rcsD $@ $^

$(O)/tests/unit/%: $(O)/obj/tests/unit/%.o $(O)/tests/unit-shared.a $(STATIC_LIBS) $(UNIT_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(O)/tests/unit-shared.a $(call unit-parts,$@) $(STATIC_LIBS) \
		$(call pkg-libs,all) $(shell $(PKG_CONFIG) --libs cmocka) -lm

# A broker that dies or stops where the environment says, for two tests alone (die_at.h).
BROKER_DIES := $(patsubst userspace/%.c,$(O)/obj/dies/%.o,$(wildcard userspace/broker/*.c))
$(O)/obj/dies/broker/%.o: userspace/broker/%.c $(O)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(BASE_CPPFLAGS) -DBROKER_DIES $(CPPFLAGS) $(BASE_CFLAGS) $(CFLAGS) \
		$(call pkg-cflags,broker) -MMD -MP -c -o $@ $<
$(O)/tests/ward-broker-dies: $(BROKER_DIES) $(COMMON_OBJS) $(HTTPS_OBJS) $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,all) -lm
$(O)/tests/unit/test_broker_crash $(O)/tests/unit/test_broker_residue: | $(O)/tests/ward-broker-dies

# Evidence, sound and unsound, for the tests of the command line.
$(O)/tests/mkevidence: $(addprefix $(O)/obj/tests/cli/,mkpieces.o mkbeside.o mkazure.o)
$(O)/tests/mkevidence $(O)/tests/mkcollateral $(O)/tests/mkcose: $(O)/tests/%: $(O)/obj/tests/cli/%.o $(O)/tests/unit-shared.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(call pkg-libs,verifier) \
		$(shell $(PKG_CONFIG) --libs cmocka)

# Of a software TPM that of an Azure VM.
$(O)/tests/mkguest: $(O)/obj/tests/cli/mkguest.o $(O)/tests/unit-shared.a $(O)/obj/wardd.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,all) $(shell $(PKG_CONFIG) --libs cmocka) -lm

# A stand-in for /dev/ward below a program (LD_PRELOAD).
$(O)/tests/fakeward.so: $(O)/obj/tests/cli/fakeward.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

# What the fuzzers begin with.
$(O)/tests/fuzz-seeds: $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/fuzz/seeds*.c tests/fuzz/roots.c)) \
		$(O)/tests/unit-shared.a $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,all) \
		$(shell $(PKG_CONFIG) --libs cmocka) -lm

# Says of each policy on stdin what the reader says of it.
$(O)/tests/policy_try: $(O)/obj/tests/cli/policy_try.o $(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(call pkg-libs,verifier)

$(O)/tests/kernel/%: $(O)/obj/tests/kernel/%.o $(O)/obj/tests/harness/ktap.o \
		$(patsubst %.c,$(O)/obj/%.o,$(filter-out $(KERNEL_MAINS),$(wildcard tests/kernel/*.c))) \
		$(STATIC_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pthread -o $@ $(filter %.o,$^) -Wl,--as-needed $(STATIC_LIBS) \
		$(if $(STATIC_LIBS),$(call pkg-libs,lib))

# Their parts are many and nobody else's.
$(O)/tests/kernel/test_model: $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/kernel/model/*.c))
$(O)/tests/kernel/test_storm: $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/kernel/storm/*.c))

# The kinds of memory that class A is compared with come from their own libraries.
LEAK_OBJS := $(patsubst %.c,$(O)/obj/%.o,$(wildcard tests/leak/*.c))
$(O)/tests/leak/matrix: $(LEAK_OBJS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs libsodium libcrypto)

.PHONY: leak-programs
leak-programs: $(O)/tests/leak/matrix

$(O)/tests/harness/selftest: $(O)/obj/tests/harness/selftest.o $(O)/obj/tests/harness/ktap.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^

# What the end-to-end story runs beside ward's own programs.
E2E := $(O)/obj/tests/e2e
$(O)/tests/e2e/residue: $(patsubst %,$(E2E)/%.o,residue derive design export patterns scan site)
$(O)/tests/e2e/keeper: $(E2E)/keeper.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/contained: $(E2E)/contained.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/holder: $(E2E)/holder.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/sealed: $(E2E)/sealed.o
$(O)/tests/e2e/launch: $(E2E)/launch.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/ways: $(E2E)/ways.o $(E2E)/crowd.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/keyed: $(E2E)/keyed.o $(O)/obj/tests/kernel/key_test.o $(O)/obj/tests/harness/ktap.o
$(O)/tests/e2e/key_owner: $(E2E)/key_owner.o $(O)/obj/tests/kernel/key_test.o $(O)/obj/tests/harness/ktap.o
$(O)/tests/e2e/attack: $(E2E)/attack.o $(E2E)/rcar.o $(filter %/libward.a,$(STATIC_LIBS))
$(O)/tests/e2e/enrol: $(E2E)/enrol.o $(STATIC_LIBS)
$(O)/tests/e2e/middle: $(E2E)/middle.o $(O)/obj/tests/unit/channel_leg.o $(filter %/libward.a,$(STATIC_LIBS))
# The worker itself, with what it answers an aggregator in other hands.
$(O)/tests/e2e/turncoat: $(E2E)/turncoat.o $(call objects,worker) $(WORKER_SHARES) $(STATIC_LIBS)
$(O)/tests/e2e/turncoat: private LDFLAGS += -Wl,--wrap=wire_sums_put,--wrap=wire_update_put
# Training in one place, with what the numbers of training go through in other hands.
$(O)/tests/e2e/numbers: $(E2E)/numbers.o $(O)/obj/worker.a $(STATIC_LIBS)
$(O)/tests/e2e/numbers: private LDFLAGS += \
	-Wl,--wrap=gradient_merge,--wrap=gradient_finish,--wrap=sgd_solve
$(O)/tests/e2e/%: $(E2E)/%.o
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--as-needed \
		$(filter %.a,$^) $(call pkg-libs,all) -lm

.PHONY: e2e-programs
e2e-programs: userspace examples $(addprefix $(O)/tests/e2e/,residue hoard kernelpages attack keeper launch nodev \
	remains ways marker_scan contained enrol holder keyed key_owner middle sealed turncoat numbers)

.PHONY: unit-tests cli-tests kernel-tests harness-tests
unit-tests: $(UNIT_TESTS)
cli-tests: $(O)/tests/mkevidence $(O)/tests/mkcollateral $(O)/tests/mkcose $(O)/tests/policy_try \
	$(O)/tests/fakeward.so $(O)/tests/mkguest
kernel-tests: $(KERNEL_TESTS)
harness-tests: $(O)/tests/harness/selftest

include tests/bench/programs.mk
include tests/fuzz/abi/programs.mk

.PHONY: check check-model check-unit check-cli check-vm check-kernel check-e2e check-debug check-debug-all check-arm64 deps
deps:
	@tests/deps

STAGES ?= vm unit cli kernel e2e
check: deps
	@KERNELS="$(KERNELS)" tests/run-all $(STAGES)
check-unit check-cli check-vm check-kernel check-e2e: check-%:
	@KERNELS="$(KERNELS)" tests/run-all $*
check-model: deps
	@tests/harness/run-programs model tests/model/*.sh
check-debug: deps
	@tests/run-all debug
check-debug-all: deps
	@DEBUG_KERNELS="debug debug-newest kcsan" tests/run-all debug
# All kernel tests; the stage of `make check STAGES=arm64` takes some of them.
check-arm64: deps
	@ARM64_KERNELS="6.12-arm64 6.1-arm64 newest-arm64" ARM64_TESTS= tests/run-all arm64

.PHONY: demo bench leak-matrix static soak
demo: deps
	@tests/e2e/demo

bench: deps
	@tests/bench/run

leak-matrix: deps
	@tests/leak/run --table $(KERNELS)

# TOOLS= names some of those in tests/static/tools.bash.
static:
	@tests/static/run $(TOOLS)

# TARGETS= names some of tests/fuzz/target_*.c, TIME= seconds for each fuzzer of each.
.PHONY: fuzz fuzz-long
fuzz: deps
	@tests/fuzz/run --coverage $(if $(TIME),--seconds $(TIME)) $(TARGETS)
# A day of processor time for each target, by both fuzzers.
fuzz-long: deps
	@tests/fuzz/run --coverage --seconds $(if $(TIME),$(TIME),43200) $(TARGETS)

# Bounds proofs by CBMC; NAMES= some of them.
.PHONY: proof
proof:
	@tests/proof/run $(NAMES)

# SEED=, OPS=, LEG=, KERNEL= as tests/soak has them.
soak: deps
	@$(MAKE) -s userspace kernel-tests
	@tests/soak $(if $(KERNEL),--kernel $(KERNEL)) $(if $(SEED),--seed $(SEED)) $(if $(OPS),--ops $(OPS)) \
		$(if $(LEG),--leg $(LEG))

# Every bit of each kind's evidence, where check-unit takes some bits of the slow ones.
.PHONY: every-bit
every-bit: $(filter $(O)/tests/unit/test_bits_%,$(UNIT_TESTS))
	@JOBS='$(JOBS)' tests/every-bit $(O)

include tests/by-hand.mk

NOT_YET := datasets
.PHONY: $(NOT_YET)
$(NOT_YET):
	@echo '$@: not there yet'; exit 2

# Into build/deb, out of a copy of what git knows.
.PHONY: dkms-matrix
dkms-matrix: deps
	tests/dkms/matrix

.PHONY: deb
deb: deps
	@tests/deb-build $(O)/deb

# What ward is made of and leans on, as SPDX 2.3 JSON. The module is in it for each kernel that
# it was built for.
.PHONY: sbom
sbom: userspace
	@tests/sbom/sbom.py $(O)/ward.spdx.json

# A Debian root with ward in it, into build/image/SUITE; and the same booted to systemd.
SUITE ?= bookworm
.PHONY: image image-check
image: deps
	@image/build $(SUITE)
image-check: deps
	@SUITE=$(SUITE) tests/run-all image

# ---- install ----------------------------------------------------------------

DKMS_SRC := $(DESTDIR)/usr/src/ward-$(VERSION)
UDEV_RULES := $(wildcard userspace/udev/*.rules)
# What udev, systemd and its helpers read lies where they look, whatever PREFIX is.
CONFIG_DIRS := sysusers tmpfiles modules-load
# An administrator's: neither replaced nor, once it was changed, removed.
CONFIG := $(DESTDIR)/etc/ward/ward.conf
UNITS := $(wildcard userspace/systemd/*.service.in)
CDI := $(wildcard userspace/cdi/*.json)
CDI_DIR := $(DESTDIR)/etc/cdi
UNIT_DIR := $(DESTDIR)/usr/lib/systemd/system
CATALOG_DIR := $(DESTDIR)/usr/lib/systemd/catalog
APPARMOR := $(wildcard userspace/apparmor/*.in)
APPARMOR_DIR := $(DESTDIR)/etc/apparmor.d
# libward.h and its parts by their own name, the rest of libward below ward/.
PUBLIC_HEADERS := $(wildcard userspace/lib/libward*.h userspace/verifier/wardverify*.h)
WARD_HEADERS := $(filter-out $(PUBLIC_HEADERS) %private.h %/channel_frame.h %/hpke.h \
	%/seal_agent.h %/seal_tpm.h %/sys.h %/trouble.h %/tss.h %/tss_link.h,$(wildcard userspace/lib/*.h))
MAN_PAGES := $(wildcard userspace/man/*.[1-8])
PLANS := $(wildcard userspace/worker/plans/*.json)
# Pages for who runs or writes with ward: messages, manuals and these pages themselves name
# each other. What is about the making of it stays in the tree.
DOCS := $(filter-out %/architecture.md %/decisions.md %/differential.md %/fuzzing.md \
	%/reliability.md,$(wildcard doc/*.md)) doc/policy.schema.json
DOC_DIR := $(PREFIX)/share/doc/ward
COMPLETION := $(PREFIX)/share/bash-completion/completions
# `man FUNCTION` finds the page of its library: each name of that page is a link to it.
MAN3 := $(PREFIX)/share/man/man3
each-function = for library in libward libwardverify; do \
	for name in $$(sed -n 's/^\.Nm \([a-z][a-z0-9_]*\).*/\1/p' userspace/man/$$library.3); do

.PHONY: install install-dkms uninstall clean
install: userspace install-dkms install-python
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/linux
	$(if $(PROGRAMS),install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin)
	for lib in $(SHARED_LIBS); do \
		install -m 644 $$lib.0 $(DESTDIR)$(LIBDIR)/ && cp -P $$lib $(DESTDIR)$(LIBDIR)/ || exit 1; done
	$(if $(STATIC_LIBS),install -m 644 $(STATIC_LIBS) $(DESTDIR)$(LIBDIR))
	install -m 644 $(PUBLIC_HEADERS) $(DESTDIR)$(PREFIX)/include/
	install -d $(DESTDIR)$(PREFIX)/include/ward
	install -m 644 $(WARD_HEADERS) $(DESTDIR)$(PREFIX)/include/ward/
	install -m 644 $(wildcard include/uapi/linux/*.h) $(DESTDIR)$(PREFIX)/include/linux/
	for pc in $(wildcard userspace/*/*.pc.in); do \
		sed 's,@PREFIX@,$(PREFIX),; s,@LIBDIR@,$(LIBDIR),; s,@VERSION@,$(VERSION),' $$pc \
			>$(DESTDIR)$(LIBDIR)/pkgconfig/$$(basename $$pc .in) || exit 1; done
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$(basename $$page) || exit 1; done
	$(each-function) ln -sf $$library.3 $(DESTDIR)$(MAN3)/$$name.3 || exit 1; done; done
	install -d $(DESTDIR)$(DOC_DIR)
	install -m 644 $(DOCS) $(DESTDIR)$(DOC_DIR)/
	for dir in cloud signing; do \
		install -d $(DESTDIR)$(DOC_DIR)/$$dir && \
		install -m 644 doc/$$dir/*.md $(DESTDIR)$(DOC_DIR)/$$dir/ || exit 1; done
	install -D -m 644 userspace/completion/ward.bash $(DESTDIR)$(COMPLETION)/wardctl
	for program in wardd ward-broker ward-train; do \
		ln -sf wardctl $(DESTDIR)$(COMPLETION)/$$program || exit 1; done
	$(if $(PLANS),install -d $(DESTDIR)$(PREFIX)/share/ward/plans && \
		install -m 644 $(PLANS) $(DESTDIR)$(PREFIX)/share/ward/plans)
	$(if $(UDEV_RULES),install -d $(DESTDIR)/lib/udev/rules.d && \
		install -m 644 $(UDEV_RULES) $(DESTDIR)/lib/udev/rules.d)
	$(if $(CDI),install -d $(CDI_DIR) && install -m 644 $(CDI) $(CDI_DIR))
	for dir in $(CONFIG_DIRS); do \
		install -d $(DESTDIR)/usr/lib/$$dir.d && \
		install -m 644 userspace/$$dir/*.conf $(DESTDIR)/usr/lib/$$dir.d || exit 1; done
	install -d $(DESTDIR)/etc/ward/ward.conf.d
	[ -e $(CONFIG) ] || install -m 644 userspace/etc/ward.conf $(CONFIG)
	install -d $(APPARMOR_DIR)
	for profile in $(APPARMOR); do \
		sed 's,@PREFIX@,$(PREFIX),; s,@LIBDIR@,$(LIBDIR),' $$profile \
			>$(APPARMOR_DIR)/$$(basename $$profile .in) || exit 1; done
	install -d $(UNIT_DIR)
	install -D -m 644 userspace/systemd/ward.catalog $(CATALOG_DIR)/ward.catalog
	for unit in $(UNITS); do \
		sed 's,@PREFIX@,$(PREFIX),' $$unit >$(UNIT_DIR)/$$(basename $$unit .in) || exit 1; done

install-dkms:
	install -d $(DKMS_SRC)/kmod $(DKMS_SRC)/include/uapi/linux
	install -m 644 Kbuild $(DKMS_SRC)/
	sed 's/@VERSION@/$(VERSION)/; s/@BUILD_ID@/$(shell tests/vm/module --build-id)/' dkms.conf >$(DKMS_SRC)/dkms.conf
	install -m 644 $(wildcard kmod/*.c kmod/*.h kmod/*.mk) $(DKMS_SRC)/kmod/
	install -m 644 $(wildcard include/uapi/linux/*.h) $(DKMS_SRC)/include/uapi/linux/

uninstall: uninstall-python
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,wardctl wardd ward-broker ward-train)
	rm -f $(DESTDIR)$(LIBDIR)/libward.* $(DESTDIR)$(LIBDIR)/libwardverify.*
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/pkgconfig/,libward.pc libwardverify.pc)
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/include/,$(notdir $(PUBLIC_HEADERS)))
	rm -rf $(DESTDIR)$(PREFIX)/include/ward
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/include/,$(patsubst include/uapi/%,%,$(wildcard include/uapi/linux/*.h)))
	for page in $(MAN_PAGES); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${page##*.}/$$(basename $$page); done
	$(each-function) rm -f $(DESTDIR)$(MAN3)/$$name.3; done; done
	rm -rf $(DESTDIR)$(DOC_DIR)
	rm -f $(addprefix $(DESTDIR)$(COMPLETION)/,wardctl wardd ward-broker ward-train)
	rm -rf $(DESTDIR)$(PREFIX)/share/ward
	rm -f $(addprefix $(DESTDIR)/lib/udev/rules.d/,$(notdir $(UDEV_RULES)))
	rm -f $(addprefix $(CDI_DIR)/,$(notdir $(CDI)))
	for dir in $(CONFIG_DIRS); do \
		for file in userspace/$$dir/*.conf; do rm -f $(DESTDIR)/usr/lib/$$dir.d/$$(basename $$file); done; done
	! cmp -s userspace/etc/ward.conf $(CONFIG) || rm -f $(CONFIG)
	-rmdir $(DESTDIR)/etc/ward/ward.conf.d $(DESTDIR)/etc/ward 2>/dev/null
	rm -f $(addprefix $(APPARMOR_DIR)/,$(notdir $(APPARMOR:.in=)))
	rm -f $(addprefix $(UNIT_DIR)/,$(notdir $(UNITS:.in=))) $(CATALOG_DIR)/ward.catalog
	rm -rf $(DKMS_SRC)

clean:
	rm -rf $(O)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
