# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build/xlab, one file with its BPF programs inside
# make demo       the lb lab: up, every scenario, status, down; installs what is missing
# make test       all tests, with and without sanitizers, here and on stock kernels
# make deps       install what building and testing need (Debian)
# make install    PREFIX=/usr/local DESTDIR=
# make torture    killed and refused at every system call: an hour; make test has a sample
# make fuzz       each fuzzer for a minute; make test has their corpus
# make mutate     small errors in the source: how many the quick tests notice
# make coverage   the lines and branches that the quick tests come to, and failing calls; half an hour
# make bench      what things cost, beside others, into bench/RESULTS.md; make deps-bench: those others
# make fresh      SUITE=bookworm or trixie, else both: what a new user does, in a new Debian;
#                 FULL=1 with all of make test
# make deb        build/xlab_VERSION_ARCH.deb; make deps-deb installs what that needs
# make lint       the tree as clang-format, clang-tidy, shellcheck and mandoc want it
#
# SAN=1 builds with ASan and UBSan, under build/san; CC=clang with clang; CI=1 makes warnings
# errors; SHARED=1 links to shared libraries only. What needs root asks for sudo itself.

VERSION := 0.1
PREFIX  ?= /usr/local
ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/bin/bpftool) bpftool)
SUDO    := $(if $(filter 0,$(shell id -u)),,sudo)

B       := build$(if $(SAN),/san)

# All rules stand here: make's own would be tried on each of some thousand names at every call.
MAKEFLAGS += --no-builtin-rules

# V=1 shows the commands in full.
Q       := $(if $(V),,@)
say      = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))

# --- What it is built with ------------------------------------------------------------------

# Source names are those of the tree wherever it is built: verifiers and debuggers show them.
HERE    := -ffile-prefix-map=$(CURDIR)/= -ffile-prefix-map=./=
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes $(if $(CI),-Werror)
SANITIZE := $(if $(SAN),-fsanitize=address -fsanitize=undefined -fno-sanitize-recover=undefined \
              -fno-omit-frame-pointer)
ALL_CFLAGS := -std=gnu17 $(WARN) -D_GNU_SOURCE -DXLAB_VERSION='"$(VERSION)"' -DBUILD_DIR='"$(B)"' \
              -I. -I$(B) $(HERE) -ffile-prefix-map=$(CURDIR)=. $(SANITIZE) $(CPPFLAGS) $(CFLAGS)

# LIBS and LIB_CFLAGS, or what is missing: found by a look at this machine, again when it has changed.
# What installs the packages must work without.
BARE    := clean format uninstall deps deps-demo deps-deb demo test
ifneq ($(filter-out $(BARE),$(or $(MAKECMDGOALS),all)),)
MACHINE := $(CC) $(CLANG) $(BPFTOOL) $(SHARED) $(shell cksum <config/probe) \
           $(shell pkg-config --modversion libxdp libbpf libelf 2>/dev/null)
ifneq ($(file <$(B)/machine),$(MACHINE))
$(shell mkdir -p $(B) && SHARED='$(SHARED)' config/probe '$(CC)' '$(CLANG)' '$(BPFTOOL)' >$(B)/libs.mk)
ifneq ($(.SHELLSTATUS),0)
$(error what is missing stands above)
endif
$(file >$(B)/machine,$(MACHINE))
endif
include $(B)/libs.mk
endif

# BPF: uapi headers only, so that one object fits every kernel.
BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-function $(if $(CI),-Werror) \
              $(HERE) -ffile-prefix-map=$(CURDIR)= -I. -I/usr/include/$(shell uname -m)-linux-gnu

SRCS     := $(wildcard lab/*.c orchestrator/*.c orchestrator/*/*.c)
OBJS     := $(SRCS:%.c=$(B)/%.o)
LIB_OBJS := $(filter-out $(B)/orchestrator/main.o,$(OBJS))
SKELS    := $(patsubst %.bpf.c,$(B)/%.skel.h,$(wildcard bpf/*.bpf.c))

all: $(B)/xlab

$(B)/xlab: $(OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)

$(B)/libxlab.a: $(LIB_OBJS)
	@rm -f $@
	$(Q)ar rcs $@ $^

# The skeletons of all built-in filters, for filter/programs.c, where BUILTIN_OBJECT(NAME) finds out
# whether each has its row in model/builtins.h. counters and drop_trace are none.
define BUILTIN_OBJECTS
$(foreach n,$(filter-out counters drop_trace,$(patsubst bpf/%.bpf.c,%,$(wildcard bpf/*.bpf.c))),
#include "bpf/$(n).skel.h"
BUILTIN_OBJECT($(n)))
endef

# Built again when the compiler or its flags change, too.
ifdef LIBS
FLAGS_NOW := $(CC) $(ALL_CFLAGS) $(LDFLAGS) $(LIBS) | $(CLANG) $(BPF_CFLAGS)
ifneq ($(file <$(B)/flags),$(FLAGS_NOW))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(FLAGS_NOW))
endif
ifneq ($(file <$(B)/bpf/builtin_objects.h),$(BUILTIN_OBJECTS))
# What was made when there were others names sources that may be gone.
$(shell mkdir -p $(B)/bpf; rm -f $(B)/bpf/*.d $(B)/orchestrator/filter/programs.[do])
$(file >$(B)/bpf/builtin_objects.h,$(BUILTIN_OBJECTS))
endif
endif

$(B)/%.o: %.c $(B)/flags | $(SKELS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) $(LIB_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.bpf.o: %.bpf.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -c -o $@ $<

# Without what a debugger would need of it; .BTF and .BTF.ext stay.
$(B)/%.skel.h: $(B)/%.bpf.o
	$(Q)$(LLVM_STRIP) -g -o $@.o $<
	$(Q)$(BPFTOOL) gen skeleton $@.o name $(subst -,_,$(*F))_bpf > $@.tmp
	@mv $@.tmp $@
	@rm -f $@.o

# --- Tests ----------------------------------------------------------------------------------
# tests/KIND/test_*.c is a program each, linked to what else in C is in its folder.

TEST_KINDS := unit filters engine cli vm
TEST_SRCS  := $(foreach k,$(TEST_KINDS),$(wildcard tests/$(k)/test_*.c))
TESTS      := $(TEST_SRCS:%.c=$(B)/%)
TEST_BPF   := $(patsubst %.c,$(B)/%.o,$(wildcard tests/*/*.bpf.c))
TEST_PARTS := $(filter-out %.bpf.c tests/bench/% tests/fuzz/% tests/torture/% $(TEST_SRCS),\
              $(wildcard tests/*/*.c))
SNAPSHOT   := $(B)/tests/snapshot/snapshot

tests: $(B)/xlab $(TESTS) $(TEST_BPF) $(SNAPSHOT)

# The other objects of a program's folder. No % may stand in the rule itself: there it is the stem.
parts_of = $(patsubst %.c,$(B)/%.o,$(filter $(patsubst %/,%,$(dir $(1)))/%,$(TEST_PARTS)))
.SECONDEXPANSION:
$(TESTS): $(B)/%: $(B)/%.o $$(call parts_of,$$*) $(B)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libxlab.a $(LIBS) -lcmocka

$(SNAPSHOT): $(call parts_of,tests/snapshot/)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

-include $(wildcard tests/*/*.mk)

test: deps
	$(MAKE) tests
	$(MAKE) SAN=1 tests
	tests/run

demo: deps-demo
	@$(MAKE) --no-print-directory all
	@topologies/demo $(B)/xlab

# --- The tree as it shall be ----------------------------------------------------------------

C_FILES  = $(wildcard lab/*.[ch] orchestrator/*.[ch] orchestrator/*/*.[ch] bpf/*.[ch] \
           tests/*/*.[ch])
SCRIPTS  = .ci/run topologies/demo config/probe $(shell grep -lsE '^\#! */bin/(ba)?sh' tests/run tests/layers tests/links tests/*/*)

format:
	clang-format -i $(C_FILES)

$(B)/%.tidy: %.c .clang-tidy $(wildcard lab/*.h orchestrator/*.h orchestrator/*/*.h bpf/*.h) | $(SKELS)
	@mkdir -p $(@D)
	$(call say,TIDY,$<)
	$(Q)clang-tidy --quiet $< -- $(ALL_CFLAGS) $(LIB_CFLAGS) 2>$@.log || { cat $@.log; false; }
	@touch $@

lint: $(SRCS:%.c=$(B)/%.tidy)
	tests/layers
	tests/links
	clang-format --dry-run -Werror $(C_FILES)
	shellcheck -S warning -x -P SCRIPTDIR $(SCRIPTS)
	mandoc -Tlint -Wwarning man/xlab.8

# --- Installing -----------------------------------------------------------------------------

INSTALLED = bin/xlab share/man/man8/xlab.8 share/bash-completion/completions/xlab \
            share/xlab/topologies

install: $(B)/xlab
	install -D -m 755 $(B)/xlab '$(DESTDIR)$(PREFIX)/bin/xlab'
	install -d '$(DESTDIR)$(PREFIX)/share/man/man8'
	sed 's,/usr/local/,$(PREFIX)/,' man/xlab.8 > '$(DESTDIR)$(PREFIX)/share/man/man8/xlab.8'
	chmod 644 '$(DESTDIR)$(PREFIX)/share/man/man8/xlab.8'
	install -d '$(DESTDIR)$(PREFIX)/share/bash-completion/completions'
	$(B)/xlab completion bash > '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/xlab'
	chmod 644 '$(DESTDIR)$(PREFIX)/share/bash-completion/completions/xlab'
	install -d '$(DESTDIR)$(PREFIX)/share/xlab/topologies'
	install -m 644 topologies/*.ini '$(DESTDIR)$(PREFIX)/share/xlab/topologies'

uninstall:
	cd '$(DESTDIR)$(PREFIX)' && rm -rf $(INSTALLED) && rmdir --ignore-fail-on-non-empty share/xlab

# Debian's packages: what building and the demo need, then what the tests need on top.
DEMO_PACKAGES := gcc make pkgconf libc6-dev linux-libc-dev clang llvm bpftool libbpf-dev \
                 libxdp-dev libnl-3-dev libnl-route-3-dev libmnl-dev libelf-dev zlib1g-dev \
                 libinih-dev iputils-ping netcat-openbsd iproute2
TEST_PACKAGES := libcmocka-dev xdp-tools strace ethtool jq util-linux procps nftables iptables \
                 curl python3 bind9-dnsutils dnsmasq-base iperf3 lcov libpcap0.8 tshark \
                 clang-format clang-tidy shellcheck mandoc \
                 qemu-system-x86 busybox-static cpio xz-utils zstd debootstrap slirp4netns

# $(call install_missing,PACKAGES): nothing is asked of anybody when all are there.
install_missing = @missing=$$(dpkg-query -W -f '$${Package} $${db:Status-Status}\n' $(1) 2>/dev/null | \
	awk '$$2 == "installed" { there[$$1] = 1 } \
	     END { n = split("$(1)", want); for (i = 1; i <= n; i++) if (!(want[i] in there)) print want[i] }'); \
	[ -z "$$missing" ] || { echo "installing:" $$missing; $(SUDO) apt-get update -qq && \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $$missing; }

deps-demo:
	$(call install_missing,$(DEMO_PACKAGES))

deps:
	$(call install_missing,$(DEMO_PACKAGES) $(TEST_PACKAGES))
	tests/vm/fetch >/dev/null

# --- A Debian package -----------------------------------------------------------------------
# Built in a copy of the tree, where its rules find what they expect in debian/.

comma        := ,
DEB_PACKAGES := build-essential debhelper lintian
DEB          := build/deb/xlab-$(VERSION)

deps-deb:
	$(call install_missing,$(DEMO_PACKAGES) $(DEB_PACKAGES))

deb:
	rm -rf build/deb
	mkdir -p $(DEB)
	tar -c --exclude=./build --exclude=./.git . | tar -x -C $(DEB)
	cp -r packaging/debian $(DEB)
	sed 's/@BUILD_DEPENDS@/$(subst $() ,$(comma) ,$(strip $(DEMO_PACKAGES)))/' \
		packaging/debian/control.in >$(DEB)/debian/control
	head -n 1 $(DEB)/debian/changelog | grep -F '($(VERSION))' # else it has no word on this version
	cd $(DEB) && dpkg-buildpackage -b -us -uc
	TMPDIR=$(CURDIR)/build/deb lintian --fail-on error,warning build/deb/*.changes
	cp build/deb/*.deb build/

clean:
	rm -rf build

.PHONY: all tests test demo format lint install uninstall deps-demo deps deps-deb deb clean
.SECONDARY:
-include $(OBJS:.o=.d) $(shell find $(B) -name '*.d' 2>/dev/null)
