# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make bench      ns a packet: chains, and our filters beside xdp-filter's; then ms: the lb lab, stars,
#                 scenarios, packets that are explained, and a class of 30 labs, beside the floor. As
#                 root, each in namespaces of its own. Figures are for people: none fails. They go to
#                 bench/RESULTS.md.
# make deps-bench what others are measured by: Mininet

BENCHES := $(B)/tests/bench/chains $(B)/tests/bench/filters $(B)/tests/bench/expressions \
           $(B)/tests/bench/match
FLOOR   := $(B)/tests/bench/floor
TOOK    := $(B)/tests/bench/took
EMPTY   := $(B)/tests/bench/empty
ALONE   := unshare --net --mount --propagation private sh -c \
           'mount -t tmpfs t /run && mkdir /run/netns && mount -t tmpfs t /run/netns && \
            ip link set lo up && exec "$$@"' sh

$(B)/tests/bench/chains: $(B)/tests/engine/rig.o
$(B)/tests/bench/filters $(B)/tests/bench/expressions $(B)/tests/bench/match: \
	$(B)/tests/filters/frame.o $(B)/tests/filters/subject.o
$(BENCHES): $(B)/%: $(B)/%.o $(B)/tests/bench/turns.o $(B)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libxlab.a $(LIBS) -lcmocka

# Static, as nothing starts sooner; and one that is linked as xlab is.
$(FLOOR): $(FLOOR).o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -static -o $@ $<

$(TOOK) $(EMPTY): $(B)/%: $(B)/%.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -Wl,--no-as-needed -o $@ $< -lmnl

BENCH_NEEDS := $(BENCHES) $(FLOOR) $(TOOK) $(EMPTY) $(B)/tests/bench/link.bpf.o \
               $(B)/tests/bench/links.bpf.o $(B)/tests/bench/hand.bpf.o

bench: all $(BENCH_NEEDS)
	@for bench in $(BENCHES) tests/bench/lab tests/bench/scale tests/bench/scenario tests/bench/explain \
			tests/bench/class; do \
		echo "$$bench:"; \
		$(SUDO) $(ALONE) env BUILD=$(B) CMOCKA_MESSAGE_OUTPUT=SUBUNIT $$bench; echo; \
	done | tests/bench/results $(B) bench/RESULTS.md

deps-bench: deps
	$(call install_missing,mininet bridge-utils)

.PHONY: bench deps-bench
