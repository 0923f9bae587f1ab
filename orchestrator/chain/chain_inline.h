/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_INLINE_H
#define XLAB_CHAIN_INLINE_H

/* The engine that makes one program of all filters. */

#include "orchestrator/chain/chain_job.h"

extern const struct chain_engine chain_engine_inline;

#endif
