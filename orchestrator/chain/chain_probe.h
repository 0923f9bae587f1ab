/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_CHAIN_PROBE_H
#define XLAB_CHAIN_PROBE_H

/* What this kernel can do: which engine `auto` means, and why, in a few words. */

#include "orchestrator/model/labfile.h"

struct error;

enum engine_choice chain_engine_auto(const char **why);

/* A chain was refused: say so in a line of its own if this kernel is older than chains need. A
 * kernel that calls itself older may have what they need all the same, so this comes after.
 */
void chain_blame_kernel(struct error *e);

#endif
