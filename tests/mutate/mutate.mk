# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make mutate     [SEED=N] [COUNT=N] [JOBS=N] [FILES='PATTERN…'] how many small errors in the source the
#                 quick tests notice, by wing; see tests/mutate/mutate. First the quick tests run once, so
#                 that it is known which of them comes to which line; then it takes seconds for one
#                 that is caught, and for one that lives as long as the tests that come to its line.

SEED  ?= 1
COUNT ?= 100
JOBS  ?= 1

mutate:
	$(SUDO) tests/mutate/mutate --seed $(SEED) --count $(COUNT) --jobs $(JOBS) $(FILES)

.PHONY: mutate
