/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LABFILE_PRINT_H
#define XLAB_LABFILE_PRINT_H

#include <stdio.h>

struct labfile;

/* Write it as a lab file in canonical form: read again, it is the same model. */
void labfile_print(const struct labfile *labfile, FILE *out);

#endif
