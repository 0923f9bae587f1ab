/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_PROBE_H
#define XLAB_CHAIN_PROBE_H

#include "orchestrator/model/labfile.h"

/* Which engine `auto` means on this kernel, and why, in a few words. */
enum engine_choice chain_engine_auto(const char **why);

#endif
