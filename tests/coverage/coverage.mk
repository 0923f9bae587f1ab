# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make coverage   which lines and branches the quick tests (unit, filters, engine, cli) come to, by wing; then,
#                 which they and the fuzzers' corpora come to; what none of them does is listed under
#                 build/coverage. A process that is killed by SIGKILL tells nothing. BPF programs are not
#                 counted.

COVERED := build/coverage

# Whoever runs a test, root or not, writes down where it has been: the files for it are there, open to all. A program
# that counts knows the path of its counts and makes calls to write them, and so two tests fail: no path of the build
# is in it, and a down of a large lab makes hardly more calls than that of a small one. A child
# that shares the memory until its execve (orchestrator/scenario/spawn.c) must not write down the counts there:
# then its parent would not, at its end.
coverage-build: all tests
	mkdir -p $(COVERED)
	$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -Wall -c -o $(COVERED)/ends.o tests/coverage/ends.c
	$(MAKE) B=$(COVERED) CFLAGS='-O0 -g --coverage -fno-builtin-execve' \
		LDFLAGS='-Wl,--wrap=_exit,--wrap=sigprocmask $(COVERED)/ends.o' tests
	find $(COVERED) -name '*.gcda' -delete
	find $(COVERED) -name '*.gcno' | sed 's/gcno$$/gcda/' | while read -r f; do install -m 666 /dev/null "$$f"; done

coverage: coverage-build
	-tests/run -b $(COVERED)
	find $(COVERED) -name "*.gcda" -empty -delete
	tests/coverage/report $(COVERED) 'by the quick tests'
	for target in $(FUZZ_TARGETS); do $(COVERED)/tests/fuzz/$$target tests/fuzz/corpus/$${target#fuzz_}/*; done
	tests/coverage/report $(COVERED) 'and by the corpora'

.PHONY: coverage coverage-build
