# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make bench      ns a packet: chains, and our filters beside xdp-filter's. As root, each in
#                 namespaces of its own. Fails if a goal is missed.

BENCHES := $(B)/tests/bench/chains $(B)/tests/bench/filters
ALONE   := unshare --net --mount --propagation private sh -c \
           'mount -t tmpfs t /run && mkdir /run/netns && exec "$$@"' sh

$(B)/tests/bench/chains: $(B)/tests/engine/rig.o
$(B)/tests/bench/filters: $(B)/tests/filters/frame.o $(B)/tests/filters/subject.o
$(BENCHES): $(B)/%: $(B)/%.o $(B)/tests/bench/turns.o $(B)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libxlab.a $(LIBS) -lcmocka

bench: $(BENCHES) $(B)/tests/bench/links.bpf.o
	@set -e; for bench in $(BENCHES); do $(SUDO) $(ALONE) $$bench; done

.PHONY: bench
