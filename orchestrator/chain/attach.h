/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_ATTACH_H
#define XLAB_ATTACH_H

/* XDP programs onto interfaces of the namespace of a socket, atomically. */

#include <stdint.h>

#include "orchestrator/model/labfile.h"

struct error;
struct netlink;
struct rt_link_state;

/* What is attached: the program's id, 0 for none, and its mode. */
struct attached {
	uint32_t prog_id;
	enum xdp_mode mode;
};

struct attached attach_of(const struct rt_link_state *link);
int attach_query(struct netlink *rt, unsigned int ifindex, struct attached *now, struct error *e);

/* Put @fd there in place of program @old_id, 0: of none. If something else
 * stands there by now, it stays: -EBUSY. -EEXIST: an interface over it has a program.
 */
int attach_swap(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, int fd,
		uint32_t old_id, struct error *e);
int attach_remove(struct netlink *rt, unsigned int ifindex, enum xdp_mode mode, uint32_t old_id,
		  struct error *e);

/* Another tool's program: -EBUSY, with its id and name. @off: a command that takes it off, or NULL.
 */
int attach_foreign(uint32_t prog_id, const char *off, struct error *e);

/* The id of a loaded program. */
int attach_prog_id(int fd, uint32_t *id, struct error *e);

#endif
