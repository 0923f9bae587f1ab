/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAB_H
#define XLAB_LAB_H

/* A lab that is up, opened by a command: its model, its plan and its state. */

#include "lab/build.h"
#include "lab/plan.h"
#include "lab/state.h"
#include "orchestrator/model/labfile.h"

struct calls_trace;
struct chain_parts;
struct coverage;

/* A program that this process has loaded and that other interfaces may have, too. */
struct lab_program {
	char *what; /* tells it from all that are loaded but for the generation */
	uint32_t gen;
	int fd;
	char *why; /* of its record, or NULL */
};

struct lab {
	struct labfile labfile; /* from the text that `up` kept */
	struct plan plan;
	struct state *state;
	struct build *build; /* while `up` builds it, else NULL */
	struct lab_program *programs;
	size_t n_programs;
	enum engine_choice engine_auto; /* what `auto` means on this kernel, and why */
	const char *engine_auto_why;	/* NULL: the kernel was not asked yet */
	struct chain_parts *parts; /* what is loaded stays for chains to come; NULL: it does not */
	/* NULL, as mostly; else of what is loaded from now on: */
	struct coverage *coverage; /* of the programs */
	struct calls_trace *calls; /* what shows one packet's way: of those that are tail-called */
};

/* As state_open(); @name NULL means the one that is up. Free with lab_close(). */
int lab_open(struct lab *lab, const char *name, enum state_lock lock, const char *command,
	     struct error *e);

/* Even one of which no more than the name is known (STATE_CORRUPT): it has no model and no plan. */
int lab_open_left_over(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		       struct error *e);

/* Its state alone, without a model and a plan. */
int lab_open_state(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		   struct error *e);

/* The topology and the plan of an open state, from what `up` kept on disk, without filters and
 * scenarios. A plan that cannot be had any more, from a text that this xlab does not understand, is
 * as corrupt as a journal that cannot be read.
 */
void lab_recall_topology(struct lab *lab);

/* Keep program @fd, of which the lab takes a duplicate. @why may be NULL. */
int lab_keep_program(struct lab *lab, const char *what, uint32_t gen, int fd, const char *why,
		     struct error *e);

/* What is wrong with a lab that is not up, and what to do about it (malloc'ed); NULL if it is up.
 */
char *lab_trouble(const struct lab *lab);

/* Set that as an error, of a lab that is not up; returns it. */
int lab_refuse(const struct lab *lab, struct error *e);

/* That the lab file has changed since `up` read it, and what to do, malloc'ed; NULL if it has not.
 */
char *lab_stale(const struct labfile *labfile);

void lab_close(struct lab *lab);
#define LAB_AUTO __attribute__((cleanup(lab_close)))

#endif
