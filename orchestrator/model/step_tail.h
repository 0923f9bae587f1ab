/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_TAIL_H
#define XLAB_STEP_TAIL_H

/* What may stand behind a step, in any order: ping's options, `by F`, `at …`, `arrive=N`, … */

#include <stdbool.h>
#include <stddef.h>

#include "lab/inikeys.h"
#include "orchestrator/model/step_words.h"

#define PING_COUNT_MAX 100
#define PING_SIZE_MAX  65507 /* what an IPv4 packet holds behind its headers */
#define FLOWS_MAX      1000

struct error;
struct labfile_reading;
struct step;

/* Read all words that are left of a ping, udp or tcp step. */
int step_read_tail(const struct ini_where *at, struct step_words *w,
		   const struct labfile_reading *r, struct step *step, struct error *e);

/* True if word @i is one that stands behind a step; words in quotes never do. */
bool step_tail_begins(const struct step_words *w, size_t i);

/* True if @text must be quoted to be a step's TEXT again. */
bool step_text_needs_quotes(const char *text);

#endif
