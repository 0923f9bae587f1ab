# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make fuzz       each target for FUZZ_SECONDS (60) from its corpus; what it finds is under
#                 build/fuzz/found. A target is tests/fuzz/fuzz_NAME.c, its corpus
#                 tests/fuzz/corpus/NAME.
#
# `make tests` builds each target without libFuzzer, to be fed the corpus by tests/fuzz/run.

FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(basename $(notdir $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_REPLAYS := $(FUZZ_TARGETS:%=$(B)/tests/fuzz/%)

# What stands in for libraries, by target.
fuzz_wraps = $(patsubst %,-Wl$(comma)--wrap=%,$(FUZZ_WRAP_$(1)))
comma := ,
FUZZ_WRAP_fuzz_links := sendmsg recvmsg
FUZZ_WRAP_fuzz_object := run_in_child
FUZZ_WRAP_fuzz_netlink := mnl_socket_open2 mnl_socket_bind mnl_socket_setsockopt \
                          mnl_socket_close mnl_socket_sendto mnl_socket_recvfrom

tests: $(FUZZ_REPLAYS)

$(FUZZ_REPLAYS): $(B)/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(B)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(call fuzz_wraps,$(@F)) -o $@ $(filter %.o,$^) $(B)/libxlab.a $(LIBS)

# The same sources once more, by clang, so that libFuzzer sees which branches are taken.
F := build/fuzz
FUZZ_FLAGS := -std=gnu17 -D_GNU_SOURCE -DXLAB_VERSION='"$(VERSION)"' -DBUILD_DIR='"$(B)"' -I. -I$(B) \
              -O2 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
              -fno-sanitize-recover=undefined
FUZZ_OBJS  := $(LIB_OBJS:$(B)/%=$(F)/%)

$(F)/%.o: %.c | $(SKELS)
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(LIB_CFLAGS) -MMD -MP -c -o $@ $<

$(F)/libxlab.a: $(FUZZ_OBJS)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(FUZZ_TARGETS:%=$(F)/%): $(F)/%: $(F)/tests/fuzz/%.o $(F)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $(call fuzz_wraps,$(@F)) -o $@ $^ $(LIBS)

fuzz-build: $(FUZZ_TARGETS:%=$(F)/%)

# Only here: `make test` needs no libFuzzer.
fuzz-deps:
	$(call install_missing,$(DEMO_PACKAGES) libclang-rt-14-dev)

fuzz: fuzz-deps
	$(MAKE) fuzz-build
	tests/fuzz/explore $(F) $(FUZZ_SECONDS) $(FUZZ_TARGETS)

.PHONY: fuzz fuzz-build fuzz-deps
-include $(shell find $(F) -name '*.d' 2>/dev/null)
