/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATUS_TEXT_H
#define XLAB_STATUS_TEXT_H

/* A lab's status for people: tables, chains, and what is not as the lab file has it. */

#include <stdbool.h>
#include <stdio.h>

struct status;

void status_print_text(const struct status *s, bool colour, FILE *out);

#endif
