/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_SERVE_H
#define XLAB_STEP_SERVE_H

/* serve: a server among the probe's serves, until it is ready: the kernel lists its port as bound.
 */

struct error;
struct probe;
struct step;
struct step_result;

/* Sets outcome, why and details: ok, or an error of the lab. */
int step_serve(const struct probe *probe, const struct step *step, struct step_result *result,
	       struct error *e);

#endif
