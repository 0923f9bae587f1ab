/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SUITE_PRINT_H
#define XLAB_SUITE_PRINT_H

#include <stdio.h>

struct suite;

/* Write it as a lab file in canonical form: read again, it is the same suite. */
void suite_print(const struct suite *suite, FILE *out);

#endif
