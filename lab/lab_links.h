/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAB_LINKS_H
#define XLAB_LAB_LINKS_H

/*
 * Which links of a namespace are a lab's own. A name tells nothing: a link can be renamed, and
 * another one made under the name that it had. The group that every link of a lab carries from its
 * first instant does.
 */

struct error;
struct netlink;
struct rt_link_state;
struct state;

/* The lab's veth @name in the namespace of the socket. -ENODEV: nothing has that name; -ESTALE:
 * another link has.
 */
int lab_link_find(const struct state *st, struct netlink *rt, const char *name,
		  struct rt_link_state *link, struct error *e);

/* What both ends of the veth @ifindex take at most. 0: one that has no other end. */
int lab_link_mtus(struct netlink *rt, unsigned int ifindex, unsigned int *mtu, unsigned int *other,
		  struct error *e);

/* Delete all veths of the lab in the namespace that this process is in, whatever their names
 * are now.
 */
int lab_links_delete(const struct state *st, struct error *e);

#endif
