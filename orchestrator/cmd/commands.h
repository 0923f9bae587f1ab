/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COMMANDS_H
#define XLAB_COMMANDS_H

/* The commands there are. */

#include "orchestrator/cmd/command.h"

/* In the order in which `xlab help` lists them; ends in NULL. */
extern const struct command *const commands[];

#endif
