/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PROBE_H
#define XLAB_PROBE_H

/*
 * One step on the wire: iputils' ping, or OpenBSD netcat at both ends, in the nodes'
 * namespaces. Ends as soon as the outcome is known; nothing sleeps. What was dropped and is
 * not sent again before the deadline is known not to come; where TCP or the question for a
 * neighbour is sent again, that is waited for, and a drop is a drop if that is dropped too.
 *
 *   udp   servers (where the step says, else where its address is) and client start; when
 *         sock_diag lists all servers as bound, the client is given the text; at the end they
 *         have read all that had come
 *   tcp   the client starts when the server listens, for it connects at once
 */

#include "orchestrator/scenario/step_run.h"

struct error;
struct evidence;
struct scenario;
struct step;

/* Find the programs that the scenario's steps need; -ENOENT names the Debian package. */
int probe_tools(struct probe *probe, const struct scenario *scenario, struct error *e);

/*
 * Run a ping, udp or tcp step and gather its evidence; @ev has its topo and chains
 * set, the rest cleared; of udp and tcp its mark can have a port, which is tried first. A child
 * that fails is evidence, no error.
 */
int probe_run(const struct probe *probe, const struct step *step, struct evidence *ev,
	      struct error *e);

#endif
