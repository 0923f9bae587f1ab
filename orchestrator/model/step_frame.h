/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_FRAME_H
#define XLAB_STEP_FRAME_H

/* Steps with a [packet]: what goes out of an interface, or is given to its chain. */

#include "lab/inikeys.h"
#include "orchestrator/model/step_words.h"

struct error;
struct labfile_reading;
struct step;

/* NODE:IFACE PACKET of a frame. */
int step_read_frame(const struct ini_where *at, struct step_words *w,
		    const struct labfile_reading *r, struct step *step, struct error *e);

/* give = NODE:IFACE PACKET => VERDICT … */
int step_read_give(const struct ini_where *at, const char *value, struct labfile_reading *r,
		   struct error *e);

#endif
