/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROBE_PING_H
#define XLAB_PROBE_PING_H

struct course;

/* Run a ping step. */
int course_ping(struct course *c);

#endif
