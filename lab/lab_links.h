/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_LAB_LINKS_H
#define XLAB_LAB_LINKS_H

/*
 * Which links of the namespace that this process is in are a lab's own. A name tells nothing: a
 * link can be renamed, and another one made under the name that it had. The group that every link
 * of a lab carries from its first instant does.
 */

struct error;
struct state;

/* The ifindex of the lab's veth @name. -ENODEV: nothing has that name; -ESTALE: another link has.
 */
int lab_link_find(const struct state *st, const char *name, unsigned int *ifindex, struct error *e);

/* What both ends of the veth @ifindex of this namespace take at most. 0: one that has no other end.
 */
int lab_link_mtus(unsigned int ifindex, unsigned int *mtu, unsigned int *other, struct error *e);

/* Delete all veths of the lab, whatever their names are now. */
int lab_links_delete(const struct state *st, struct error *e);

#endif
