/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_TURNS_H
#define XLAB_TESTS_TURNS_H

/*
 * Programs that take turns at one packet, so that what the machine does besides
 * falls on all alike.
 */

#include <stddef.h>
#include <stdint.h>

#define TURNS_MAX 16

struct runner {
	int fd;		  /* of an XDP program */
	uint32_t verdict; /* its last one */
	double ns;	  /* a packet */
};

/* Let @n runners (at most TURNS_MAX) take turns at @frame; sets ns and verdict of each. Fails the
 * test if one cannot run.
 */
void turns_run(struct runner *runners, size_t n, const void *frame, size_t len);

#define TURNS 41 /* that everybody has */

/* The thread's own time in ns: what other processes take between is not in it. */
double turns_now(void);

/* Of what a turn each took, the mean of the quieter half: interruptions only ever add. Sorts them.
 */
double turns_quiet(double values[TURNS]);

/* Stay on the CPU this is called on. */
void turns_pin(void);

#endif
