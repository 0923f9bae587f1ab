/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_EVIDENCE_ADD_H
#define XLAB_EVIDENCE_ADD_H

/* What chains and kernel say while a step runs, added to its evidence. Pure. */

#include <stddef.h>
#include <stdint.h>

struct evidence;
struct kernel_drop;
struct packet;
struct xlab_event;

/* What a chain said of @p, if it is of this step's time. */
void evidence_add(struct evidence *ev, const struct xlab_event *event, const struct packet *p);

/* What the kernel said in this step's time; what it is said with is copied, but for the names of
 * namespaces.
 */
void evidence_add_kernel_drop(struct evidence *ev, uint64_t time_ns,
			      const struct kernel_drop *drop);
void evidence_add_xdp_failure(struct evidence *ev, uint64_t time_ns, size_t iface,
			      const char *tracepoint, int err);

#endif
