# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make mutate     [SEED=N] [COUNT=N] [JOBS=N] [FILES='PATTERN…'] how many small errors in the source the
#                 quick tests notice, by wing; see tests/mutate/mutate. A minute each on an idle core
#                 that lives, a few seconds that is caught.

SEED  ?= 1
COUNT ?= 100
JOBS  ?= 1

mutate:
	$(SUDO) tests/mutate/mutate --seed $(SEED) --count $(COUNT) --jobs $(JOBS) $(FILES)

.PHONY: mutate
