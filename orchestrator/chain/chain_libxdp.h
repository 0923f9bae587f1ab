/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_LIBXDP_H
#define XLAB_CHAIN_LIBXDP_H

/* The engine that lets libxdp carry the filters, each a program of its own. */

#include <stdint.h>

#include "orchestrator/chain/chain_job.h"

extern const struct chain_engine chain_engine_libxdp;

/* Drop what earlier dispatchers left for this interface, all but program @keep's (0: all). A
 * linked program leaves nothing: the kernel drops it with its last user.
 */
void chain_libxdp_tidy(const struct chain_job *job, uint32_t keep);

#endif
