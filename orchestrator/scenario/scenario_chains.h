/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SCENARIO_CHAINS_H
#define XLAB_SCENARIO_CHAINS_H

/*
 * The chains of a lab for the time of some scenarios:
 *
 *   hold     what stands is held, once for all of them
 *   strip    every chain comes off that can have a say in what a scenario's steps do
 *   prepare  a scenario's chains are loaded: nothing has changed yet
 *   set      they are put on, in one swap where those of the scenario before stand, and the
 *            lab's own where it has none
 *   change   another chain in place of one, atomically
 *   restore  all is again as it was, from the programs that are held
 *
 * A killed scenario holds nothing; chain_restore_all() builds anew what it took off.
 */

#include <stddef.h>

struct chain_config;
struct chain_record;
struct error;
struct lab;
struct scenario;
struct scenario_chains;

struct scenario_chains *scenario_chains_new(struct lab *lab);
void scenario_chains_free(struct scenario_chains *s);

int scenario_chains_strip(struct scenario_chains *s, const struct scenario *scenario,
			  struct error *e);
int scenario_chains_prepare(struct scenario_chains *s, const struct scenario *scenario,
			    struct error *e);
int scenario_chains_set(struct scenario_chains *s, struct error *e);

/* On an error what stands there stays. */
int scenario_chains_change(struct scenario_chains *s, const struct chain_config *chain,
			   struct error *e);

/* By interface: what stands there once it is set. */
const struct chain_record *scenario_chains_records(const struct scenario_chains *s);

/* An fd of the program that stands at the interface, which stays theirs; -1: none does. */
int scenario_chains_program(const struct scenario_chains *s, size_t iface);

/* Past every error. Another scenario may follow, for which what stands is held anew. */
int scenario_chains_restore(struct scenario_chains *s, struct error *e);

#endif
