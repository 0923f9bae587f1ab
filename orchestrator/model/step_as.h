/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_AS_H
#define XLAB_STEP_AS_H

/* What a step's packet is to come out as. */

#include <stddef.h>

#include "lab/inikeys.h"

struct error;
struct labfile;
struct labfile_reading;
struct step;

/* The [packet] of that name, for any step. */
int step_read_packet(const struct ini_where *at, const char *name, const struct labfile *labfile,
		     size_t *packet, struct error *e);

/* as PACKET; and of `except FIELD…` one word of the list. */
int step_read_as(const struct ini_where *at, const char *name, const struct labfile_reading *r,
		 struct step *step, struct error *e);
int step_read_except(const struct ini_where *at, const char *words, const struct labfile_reading *r,
		     struct step *step, struct error *e);

#endif
