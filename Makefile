# SPDX-License-Identifier: GPL-2.0-or-later
#
# make            build/xlab, one file with its BPF programs inside
# make deps       install what is missing (Debian)
# make demo       the lb lab: up, every scenario, status, down
# make test       all tests; some need root and ask for sudo themselves
# make install    PREFIX=/usr/local DESTDIR=

VERSION := 0.1
PREFIX  ?= /usr/local
CC      ?= gcc
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/bin/bpftool) bpftool)
PKGS    := libbpf libxdp libnl-route-3.0 libmnl inih libelf

# `make SAN=1` builds the same under build/san with ASan and UBSan.
ifdef SAN
B       := build/san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
B       := build
endif

CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes
ifdef CI
WARN    += -Werror
endif
ALL_CFLAGS := -std=gnu17 $(WARN) -D_GNU_SOURCE -DXLAB_VERSION='"$(VERSION)"' -I. -I$(B) \
              $(shell pkg-config --cflags $(PKGS) 2>/dev/null) $(SANFLAGS) $(CFLAGS)
LIBS    := $(shell pkg-config --libs $(PKGS) 2>/dev/null)

SRCS    := $(wildcard lab/*.c) $(wildcard orchestrator/*.c)
OBJS    := $(SRCS:%.c=$(B)/%.o)
LIB_OBJS := $(filter-out $(B)/orchestrator/main.o,$(OBJS))
BPF_SRCS := $(wildcard bpf/*.bpf.c)
BPF_OBJS := $(BPF_SRCS:%.c=$(B)/%.o)
SKELS   := $(BPF_SRCS:%.bpf.c=$(B)/%.skel.h)

UNIT_SRCS := $(wildcard tests/unit/test_*.c)
UNITS   := $(UNIT_SRCS:%.c=$(B)/%)

all: $(B)/xlab

$(B)/xlab: $(OBJS)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/libxlab.a: $(LIB_OBJS)
	@rm -f $@
	ar rcs $@ $^

$(B)/%.o: %.c | $(SKELS)
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# BPF: uapi headers only, so that one object fits every kernel.
MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
$(B)/bpf/%.bpf.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	$(CLANG) -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-function -I. -I/usr/include/$(MULTIARCH) \
		-MMD -MP -MF $(@:.o=.d) -c -o $@ $<

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@.tmp
	@mv $@.tmp $@

units: $(UNITS)
$(B)/tests/unit/%: tests/unit/%.c $(B)/libxlab.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(B)/libxlab.a $(LIBS) -lcmocka

clean:
	rm -rf build

.PHONY: all units clean
.SECONDARY:
-include $(OBJS:.o=.d) $(BPF_OBJS:.o=.d) $(UNITS:%=%.d)
