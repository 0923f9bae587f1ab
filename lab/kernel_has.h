/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_KERNEL_HAS_H
#define XLAB_KERNEL_HAS_H

struct error;
struct topology;

/* Refuse a lab with VLAN interfaces or impaired links where the kernel lacks these. Modules are
 * loaded as the kernel does by itself; nothing else is changed.
 */
int kernel_has_what_it_takes(const struct topology *topo, struct error *e);

#endif
