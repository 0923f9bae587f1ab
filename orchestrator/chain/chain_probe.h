/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_PROBE_H
#define XLAB_CHAIN_PROBE_H

/* Which engine `auto` means on this kernel, and why, in a few words. */

#include "orchestrator/model/labfile.h"

enum engine_choice chain_engine_auto(const char **why);

#endif
