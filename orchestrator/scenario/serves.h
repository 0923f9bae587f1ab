/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SERVES_H
#define XLAB_SERVES_H

/* The servers of one run of a scenario, the control run or the real one: programs of the user's
 * that run beside its steps.
 */

#include <stdbool.h>

struct error;
struct lab;
struct serves;
struct step;
struct step_result;

/* None yet. */
int serves_new(const struct lab *lab, struct serves **out, struct error *e);

/* One more, which need not be ready when this returns; it is the last one then. */
int serves_start(struct serves *serves, const struct step *step, struct error *e);

/* Of the last one: it is ready; and what it has said so far, for a report's details (malloc'ed). */
void serves_ready(struct serves *serves);
char *serves_said(const struct serves *serves);

/* Readable when one of them has news (poll), -1: there is none; then serves_poll() takes it.
 * @serves may be NULL.
 */
int serves_fd(const struct serves *serves);
void serves_poll(struct serves *serves);

/* One of them has ended, which none may; then a step's result: an error of the lab. */
bool serves_died(const struct serves *serves);
void serves_judge(const struct serves *serves, struct step_result *result);

/* Each is asked to end (SIGTERM), and killed if it does not within a quarter of a second. NULL is
 * none.
 */
void serves_stop(struct serves *serves);

#endif
