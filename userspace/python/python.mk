# SPDX-License-Identifier: MIT
# The Python package, ward: one extension by the stable ABI (3.11 and later) over the two
# libraries, and modules of Python. Included by the Makefile; made where Python's headers are.

PYTHON ?= /usr/bin/python3
ifndef PYTHON_INCLUDE
PYTHON_INCLUDE := $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))' 2>/dev/null)
endif
# Of another machine's Python there is one file more.
PYTHON_HEADERS := $(wildcard $(if $(CROSS),/usr/include/$(CROSS:-=)/$(notdir $(PYTHON_INCLUDE))/pyconfig.h,\
	$(PYTHON_INCLUDE)/Python.h))
# Where `make install` puts it; debian/rules has the place for every version.
PYTHON_DIR ?= $(PREFIX)/lib/$(notdir $(PYTHON_INCLUDE))/dist-packages

PYTHON_SOURCES := $(wildcard userspace/python/ward/*.py userspace/python/ward/*.pyi userspace/python/ward/py.typed)
PYTHON_PACKAGE := $(O)/python/ward
PYTHON_MADE := $(PYTHON_PACKAGE)/_ward.abi3.so $(PYTHON_SOURCES:userspace/python/%=$(O)/python/%)
PYTHON_GOALS := $(if $(PYTHON_HEADERS),$(PYTHON_MADE))

$(O)/obj/userspace/python/%.o: PYTHON_FLAGS = -isystem $(PYTHON_INCLUDE)

# Warnings are for our lines: Python's headers are not.
$(PYTHON_PACKAGE)/_ward.abi3.so: RPATH := $(if $(RPATH),$$ORIGIN/../../lib:$$ORIGIN/../../..)
$(PYTHON_PACKAGE)/_ward.abi3.so: $(call objects,python) $(SHARED_LIBS)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-z,relro,-z,now -o $@ $(filter %.o,$^) $(LINK_SHARED)

$(O)/python/%: userspace/python/%
	@mkdir -p $(@D)
	@cp $< $@

.PHONY: python install-python uninstall-python
python: $(PYTHON_GOALS)
	@[ -n "$^" ] || echo 'python: no headers of $(PYTHON) (package python3-dev): not built'

install-python: $(PYTHON_GOALS)
	$(if $(PYTHON_GOALS),install -d $(DESTDIR)$(PYTHON_DIR)/ward && \
		install -m 644 $(PYTHON_MADE) $(DESTDIR)$(PYTHON_DIR)/ward/)

uninstall-python:
	$(if $(PYTHON_INCLUDE),rm -rf $(DESTDIR)$(PYTHON_DIR)/ward)
