/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_FIRST_PACKET_H
#define XLAB_FIRST_PACKET_H

/* The first packet of a step, as it comes in at an interface. Pure. */

#include <stddef.h>

struct frame_make;
struct step;
struct topology;

/* An echo request, a datagram or a SYN, from the step's node to its destination. -EINVAL, -E2BIG:
 * it cannot be made, and *@why says why, malloc'ed.
 */
int first_packet(const struct topology *topo, const struct step *step, size_t iface,
		 struct frame_make *f, char **why);

/* Which interface sends it there: that of the step's node, or of the only router on that link;
 * NONE: nobody knows.
 */
size_t first_packet_sender(const struct topology *topo, const struct step *step, size_t iface);

#endif
