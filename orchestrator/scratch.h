/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCRATCH_H
#define XLAB_SCRATCH_H

struct error;

/*
 * Move this process into a new network namespace that holds an interface of
 * index @ifindex and nothing else. It goes with the process.
 */
int scratch_enter(int ifindex, struct error *e);

#endif
