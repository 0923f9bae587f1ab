/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JUDGE_TEXT_H
#define XLAB_JUDGE_TEXT_H

/* Steps that ask for words, not for packets: see those of hello and headers, reject those of the
 * verifier. Pure.
 */

#include <stddef.h>

struct labfile;
struct step;
struct step_result;

/* @lines: what was shown at the step's interface since the step before. */
void judge_see(const struct labfile *labfile, const struct step *step, const char *const *lines,
	       size_t n, struct step_result *result);

/* @log: the verifier's, or NULL: it took the program. */
void judge_reject(const struct labfile *labfile, const struct step *step, const char *log,
		  struct step_result *result);

#endif
