/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SOCKDIAG_H
#define XLAB_SOCKDIAG_H

/* Which sockets a namespace has, asked of the kernel itself (sock_diag, some 12 µs a question). */

#include <stdbool.h>
#include <stdint.h>

#include "lab/text.h"

struct error;
struct netlink;
struct nlmsghdr;
struct state;

#define SOCKDIAG_ASK_NS 100000ULL /* between two questions: it tells nobody by itself */

struct sockdiag {
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	struct address address; /* a socket bound to any address is bound to this one too; of no
				   family: whichever it is bound to */
	uint16_t port;
	/* the answer */
	bool bound;
	uint32_t queued; /* bytes of it that nobody has read yet; TCP: connections not yet taken */
};

/* For questions about that namespace; to be closed by netlink_close(). */
int sockdiag_open(const struct state *st, const char *netns, struct netlink **nl, struct error *e);

/*
 * Does a socket wait there for whoever comes (TCP: listens; UDP: has no peer)? @nl is
 * of sockdiag_open().
 */
int sockdiag_ask(struct netlink *nl, struct sockdiag *q, struct error *e);

/*
 * TCP connections of that local port that are over, but for which the kernel waits a minute: it
 * waits no more, and the port can be bound again. Older kernels cannot.
 */
void sockdiag_end_waits(struct netlink *nl, uint16_t port);

/* One message of the kernel's answer, for mnl_cb_run(); @question is the struct above. */
int sockdiag_answer(const struct nlmsghdr *message, void *question);

#endif
