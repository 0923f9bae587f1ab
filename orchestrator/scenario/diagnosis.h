/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_DIAGNOSIS_H
#define XLAB_DIAGNOSIS_H

/* What the kernel knows when something did not arrive. What cannot be learnt is left out. */

struct evidence;
struct lab;
struct step;

/* Is the next hop resolved, at both ends and at routers? Sets neighbour… and router…. */
void diagnosis_neighbour(const struct lab *lab, struct evidence *ev);

/* Has the step's destination its address, and do all know a way? Sets absent and no_route. */
void diagnosis_ways(const struct lab *lab, const struct step *step, struct evidence *ev);

/* Which of the lab's links are down? Sets links_down. */
void diagnosis_links(const struct lab *lab, struct evidence *ev);

#endif
