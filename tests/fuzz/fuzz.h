/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_FUZZ_H
#define XLAB_TESTS_FUZZ_H

/* What all targets share. Each defines LLVMFuzzerTestOneInput(), which
 * libFuzzer calls with inputs of its own, and replay.c with the files it is given.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define fail(...)                                   \
	do {                                        \
		(void)fprintf(stderr, __VA_ARGS__); \
		(void)fputc('\n', stderr);          \
		abort();                            \
	} while (0)

#define must(condition)                                                            \
	do {                                                                       \
		if (!(condition))                                                  \
			fail("%s:%d: not so: %s", __FILE__, __LINE__, #condition); \
	} while (0)

#endif
