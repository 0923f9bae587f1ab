/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROBE_PING_H
#define XLAB_PROBE_PING_H

/* A ping step: iputils' ping at one end, the kernel at the other. */

struct step_run;

/* Run a ping step. */
int probe_ping_run(struct step_run *c);

#endif
