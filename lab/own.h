/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OWN_H
#define XLAB_OWN_H

/*
 * Which links of the namespace that this process is in are a lab's own. A name tells nothing: a
 * link can be renamed, and another one made under the name that it had. The group that every link
 * of a lab carries from its first instant does.
 */

struct error;
struct state;

/* The ifindex of the lab's veth @name. -ENODEV: nothing has that name; -ESTALE: another link has.
 */
int own_link(const struct state *st, const char *name, unsigned int *ifindex, struct error *e);

/* Delete all veths of the lab, whatever their names are now. */
int own_links_delete(const struct state *st, struct error *e);

#endif
