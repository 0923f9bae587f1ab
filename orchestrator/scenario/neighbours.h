/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NEIGHBOURS_H
#define XLAB_NEIGHBOURS_H

/*
 * What nodes know of each other's link addresses, forgotten before a step: a chain that drops ARP
 * or neighbour discovery is then seen, whatever an earlier step or the control run had learnt.
 */

#include <stddef.h>

struct error;
struct lab;
struct neighbours;
struct step;

struct neighbours *neighbours_new(const struct lab *lab);
void neighbours_free(struct neighbours *n); /* NULL is fine */

/*
 * Where @step begins, where it may end and where it is forwarded: forget all but what somebody
 * has set for good. Of a namespace that is not the lab's own (--self) only on the lab's links.
 */
int neighbours_forget(struct neighbours *n, const struct step *step, struct error *e);

#endif
