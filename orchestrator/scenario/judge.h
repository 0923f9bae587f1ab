/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JUDGE_H
#define XLAB_JUDGE_H

/*
 * What an expectation and what was seen make together. Pure; the table of
 * ping, udp and tcp steps:
 *
 *   expected  outcome       when
 *   pass      ok            the reply, or the text, arrived whole, and once (`at NODE|NODE`: at
 *                           one of these; arrive=: so many; `by F`, `at NODE:IFACE`: and that
 *                           filter, or that chain, says that it let this packet go on)
 *   drop      ok            nothing arrived, and a filter on the way says that it
 *                           dropped this packet (`by F`, `at NODE:IFACE`: that one)
 *   tx, redirect, aborted
 *             ok            a filter says this verdict of this packet (likewise)
 *   any       not ok        the opposite was seen
 *   any       inconclusive  nothing arrived and nobody says that he dropped it, or the step
 *                           itself could not be done: silence proves nothing. Or others'
 *                           packets were made to look like the step's.
 */

struct evidence;
struct labfile;
struct step;
struct step_result;

/* Of a ping, udp or tcp step. Sets outcome, why and details; not ms. */
void judge_traffic(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result);

/* A step of several flows, each judged as above: the @n-th failed; or all arrived, so many at each
 * of its receivers.
 */
void judge_flow(const struct step *step, unsigned int n, struct step_result *result);
void judge_shares(const struct labfile *labfile, const struct step *step, const unsigned int *flows,
		  struct step_result *result);

/* The same step without any chain: it does what its control= says, or is an error of the lab. */
void judge_control(const struct labfile *labfile, const struct step *step,
		   const struct evidence *ev, struct step_result *result);

#endif
