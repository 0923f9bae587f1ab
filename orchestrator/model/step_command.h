/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_COMMAND_H
#define XLAB_STEP_COMMAND_H

/* Commands of a scenario: exec in pass and fail, and serve. */

#include <stddef.h>
#include <stdint.h>

#include "lab/inikeys.h"
#include "orchestrator/model/step_words.h"

struct error;
struct labfile_reading;
struct step;
struct topology;

/* The next word as the node where a step begins, which is called @name: "SRC". */
int step_read_node(const struct ini_where *at, struct step_words *w, const struct topology *topo,
		   const char *name, size_t *node, struct error *e);

/* The words up to @end as a command and its arguments. */
int step_read_command(const struct ini_where *at, struct step_words *w, size_t end,
		      struct step *step, struct error *e);

/* serve = NODE CMD ARGUMENT… until tcp:PORT|udp:PORT */
int step_read_serve(const struct ini_where *at, const char *value, struct labfile_reading *r,
		    struct error *e);

/* Complain if a serve step before it has that port. */
int step_check_port(const struct ini_where *at, const struct labfile_reading *r, size_t node,
		    uint8_t proto, uint16_t port, struct error *e);

#endif
