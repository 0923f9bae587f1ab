# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile. make torture: the whole sweeps, an hour's work.

TORTURE_HELPERS := $(B)/tests/torture/refuse.so $(B)/tests/torture/fail_call.so $(B)/tests/torture/peak

tests: $(TORTURE_HELPERS)

$(B)/tests/torture/%.so: tests/torture/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE -O2 -shared -fPIC -o $@ $< -ldl

$(B)/tests/torture/peak: tests/torture/peak.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) -std=gnu17 $(WARN) -D_GNU_SOURCE -O2 -o $@ $<

torture: deps
	$(MAKE) all tests
	tests/torture/kill all
	tests/torture/inject all
	tests/torture/canary
	tests/torture/afternoon 1000
	SWAPS=1000 PACKETS=100000 ONLY=vm/test_swap tests/vm/run
	tests/torture/beside 1000

.PHONY: torture
