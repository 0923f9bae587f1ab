/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STRAIGHTEN_H
#define XLAB_STRAIGHTEN_H

/*
 * A captured program's instructions in the order in which they are run, as far as can be: what a
 * jump leads to stands in its place, and so does a function that is called once, and last of all by
 * its caller. The caller's frame is its frame then, and a call's cost is saved.
 */

struct captured_prog;

void captured_prog_straighten(struct captured_prog *p);

#endif
