/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STAGE_H
#define XLAB_STAGE_H

/*
 * The chains of a lab for the time of a scenario:
 *
 *   prepare  what stands is held, the scenario's chains are loaded: nothing has changed yet
 *   strip    every chain comes off
 *   set      the scenario's chains are put on, and the lab's own where it has none
 *   restore  all is again as it was, from the programs that are held
 *
 * A killed scenario holds nothing; chain_restore_all() builds anew what it took off.
 */

#include <stddef.h>

struct chain_record;
struct error;
struct lab;
struct scenario;
struct stage;

int stage_prepare(struct lab *lab, const struct scenario *scenario, struct stage **out,
		  struct error *e);
int stage_strip(struct stage *s, struct error *e);
int stage_set(struct stage *s, struct error *e);

/* By interface: what stands there once it is set. */
const struct chain_record *stage_chains(const struct stage *s);

/* Past every error; frees @s, which may be NULL. */
int stage_restore(struct stage *s, struct error *e);

#endif
