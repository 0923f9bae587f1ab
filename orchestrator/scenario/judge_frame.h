/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JUDGE_FRAME_H
#define XLAB_JUDGE_FRAME_H

/* What a packet came out as, and what a chain said of one that was given to it. Pure. */

#include <stdint.h>

struct evidence;
struct labfile;
struct step;
struct step_result;

/* @result is ok so far: it stays so if what came out is the step's `as PACKET`. */
void judge_as(const struct labfile *labfile, const struct step *step, const struct evidence *ev,
	      struct step_result *result);

/* The chain at the step's interface returned @verdict. */
void judge_give(const struct labfile *labfile, const struct step *step, const struct evidence *ev,
		uint32_t verdict, struct step_result *result);

#endif
