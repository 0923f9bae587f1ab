# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make bench      ns a packet: chains, and our filters beside xdp-filter's; then ms: the lb lab, stars
#                 and a scenario, beside the floor. As root, each in namespaces of its own.
#                 Figures are for people: none fails.

BENCHES := $(B)/tests/bench/chains $(B)/tests/bench/filters
FLOOR   := $(B)/tests/bench/floor
ALONE   := unshare --net --mount --propagation private sh -c \
           'mount -t tmpfs t /run && mkdir /run/netns && mount -t tmpfs t /run/netns && \
            ip link set lo up && exec "$$@"' sh

$(B)/tests/bench/chains: $(B)/tests/engine/rig.o
$(B)/tests/bench/filters: $(B)/tests/filters/frame.o $(B)/tests/filters/subject.o
$(BENCHES): $(B)/%: $(B)/%.o $(B)/tests/bench/turns.o $(B)/libxlab.a
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(B)/libxlab.a $(LIBS) -lcmocka

# Static, as nothing starts sooner.
$(FLOOR): $(FLOOR).o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -static -o $@ $<

bench: all $(BENCHES) $(FLOOR) $(B)/tests/bench/link.bpf.o $(B)/tests/bench/links.bpf.o
	@for bench in $(BENCHES) tests/bench/lab tests/bench/scale tests/bench/scenario; do \
		$(SUDO) $(ALONE) env BUILD=$(B) CMOCKA_MESSAGE_OUTPUT=SUBUNIT $$bench; echo; done

.PHONY: bench
