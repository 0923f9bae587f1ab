/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ECHOES_H
#define XLAB_ECHOES_H

/* The echoes that a node's kernel has answered, by its own count: a reply says not who sent it. */

#include <stdint.h>

struct error;

/* For questions about the namespace that this process is in: an fd, or a negative errno. */
int echoes_open(int family, struct error *e);

/* How many so far. */
int echoes_answered(int fd, uint64_t *count, struct error *e);

#endif
