# SPDX-License-Identifier: GPL-2.0-or-later
#
# Included by the Makefile.
#
# make coverage   which lines and branches the quick tests (unit, filters, engine, cli) come to, by wing;
#                 those that they do not are listed under build/coverage. A process that is killed
#                 tells nothing. BPF programs are not counted.

COVERED := build/coverage

# Whoever runs a test, root or not, writes down where it has been: its files are open to all. A program
# that counts knows the path of its counts, and so one test fails: no path of the build is in it. A child
# that shares the memory until its execve (orchestrator/scenario/spawn.c) must not write down the counts there:
# then its parent would not, at its end.
coverage: all tests
	mkdir -p $(COVERED)
	$(CC) -O2 -Wall -c -o $(COVERED)/exit.o tests/coverage/exit.c
	umask 0; $(MAKE) B=$(COVERED) CFLAGS='-O0 -g --coverage -fno-builtin-execve' \
		LDFLAGS='-Wl,--wrap=_exit $(COVERED)/exit.o' tests
	find $(COVERED) -name '*.gcda' -delete
	-umask 0; tests/run -b $(COVERED)
	tests/coverage/report $(COVERED)

.PHONY: coverage
