/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FRAGS_H
#define XLAB_FRAGS_H

/*
 * Packets in fragments, which jumbo frames need in native mode. One filter that does not take
 * them makes a chain that does not. Where a chain does, a sender's segments come unsplit, 64 kB at
 * a time; so it does only where the MTU asks for it or somebody's object was written for it.
 */

#include <stdbool.h>
#include <stddef.h>

struct chain_job;
struct error;
struct instance;

/* Shall the chain take fragments? -ERANGE, -EINVAL: filters differ where they must not; @e names
 * them. @instances: one a filter of the job.
 */
int frags_agree(const struct chain_job *job, const struct instance *instances, bool *frags,
		struct error *e);

#endif
