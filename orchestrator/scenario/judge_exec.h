/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_JUDGE_EXEC_H
#define XLAB_JUDGE_EXEC_H

/*
 * What the end of a user's program proves. Pure; the table of exec steps:
 *
 *   how it ended               pass          fail
 *   status 0                   ok            not ok
 *   status 1-125, 128-255      not ok        ok
 *   status 126, 127            error of the lab: no such command, or none that can be run
 *   by a signal                not ok        inconclusive
 *   not within the deadline    not ok        inconclusive
 */

struct evidence;
struct labfile;
struct step;
struct step_result;

struct exec_seen {
	unsigned int waited_ms; /* in vain; 0: it ended */
	int exec_errno;		/* why it could not be run at all, or 0 */
	int status;		/* of waitpid(2) */
	const char *out, *err;	/* the last of what it said; NULL: nothing */
};

/* @ev: what the chains said meanwhile. Sets outcome, why and details; not ms. */
void judge_exec(const struct labfile *labfile, const struct step *step,
		const struct exec_seen *seen, const struct evidence *ev,
		struct step_result *result);

/* The same step without the scenario's chains: ok, or an error of the lab. */
void judge_exec_control(const struct step *step, const struct exec_seen *seen,
			struct step_result *result);

/* Why @program could not be run at all, @exec_errno; malloc'ed */
char *exec_missing_text(const char *program, int exec_errno);

/* "status 1: its last words"; malloc'ed */
char *exec_end_text(int status, const char *err);

/* What it said, as lines for a report's details; malloc'ed */
char *exec_output_text(const char *out, const char *err);

#endif
