/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_SOCKDIAG_H
#define XLAB_SOCKDIAG_H

/* Which sockets a namespace has, asked of the kernel itself (sock_diag, some 12 µs a question). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"

struct error;
struct mnl_socket;

struct sockdiag {
	struct mnl_socket *socket;
	unsigned int seq;
};

struct sockdiag_question {
	uint8_t proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	struct address address; /* a socket bound to any address is bound to this one too */
	uint16_t port;
};

/* Of the namespace @netns (an fd). Close with sockdiag_close(). */
int sockdiag_open(struct sockdiag *d, int netns, struct error *e);
void sockdiag_close(struct sockdiag *d);

/* *@bound: a socket waits there for whoever comes (TCP: listens; UDP: has no peer). */
int sockdiag_bound(struct sockdiag *d, const struct sockdiag_question *q, bool *bound,
		   struct error *e);

/* Read one buffer of the kernel's answer: 1 more is to come, 0 it is complete, or a
 * negative errno. Sets *@bound if it is. Safe on any bytes.
 */
int sockdiag_answer(const void *bytes, size_t size, unsigned int seq, unsigned int portid,
		    const struct sockdiag_question *q, bool *bound);

#endif
