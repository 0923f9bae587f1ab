/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROBE_NC_H
#define XLAB_PROBE_NC_H

/* A udp or tcp step: OpenBSD netcat at both ends. */

#include <stdbool.h>

struct error;
struct probe;
struct step_run;

/* Run a udp or tcp step. */
int probe_nc_run(struct step_run *c);

/* Does anybody there wait for what the step sends? */
int probe_nc_bound(struct step_run *c, const char *netns, bool *bound);

/* Is nc that of OpenBSD? Others know other options. Asked when a step failed. */
int probe_check_nc(const struct probe *probe, struct error *e);

#endif
