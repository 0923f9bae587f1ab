/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JUDGE_H
#define XLAB_JUDGE_H

/*
 * What an expectation and what was seen make together. Pure; the table of
 * lab-file steps:
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

#include <stddef.h>

struct evidence;
struct step;
struct labfile;

enum outcome {
	OUTCOME_OK,
	OUTCOME_NOT_OK,	      /* the opposite was seen */
	OUTCOME_INCONCLUSIVE, /* nothing arrived, and no filter says that it dropped it */
	OUTCOME_LAB,	      /* the control run failed: an error of the lab */
	OUTCOME_STOPPED,      /* by a signal in the middle */
	OUTCOME_SKIPPED,      /* not run, after one of those two */
	OUTCOMES,
};

struct step_result {
	enum outcome outcome;
	char *why;     /* one sentence: what was seen; proof of a drop names filter and interface */
	char *details; /* lines for a failing step: what each filter on the way saw; "" if none */
	double ms;
};

/* @why: malloc'ed, the result's from now on. */
void step_result_set(struct step_result *result, enum outcome outcome, char *why);
void step_result_clear(struct step_result *result);

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

/* @lines: what was shown at the step's interface since the step before. */
void judge_see(const struct labfile *labfile, const struct step *step, const char *const *lines,
	       size_t n, struct step_result *result);

/* @log: the verifier's, or NULL: it took the program. */
void judge_reject(const struct labfile *labfile, const struct step *step, const char *log,
		  struct step_result *result);

enum outcome outcome_worse(enum outcome a, enum outcome b);

#endif
