/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_TALK_H
#define XLAB_TESTS_TALK_H

/* In the place of netlink_talk(), for tests to which rules.mk links it as that: keeps what is
 * asked, and gives the messages that lie ready.
 */

#include <stdint.h>

#include "lab/netlink.h"

struct talk {
	struct netlink_request asked[64], given[4];
	size_t n_asked, n_given;
	const struct netlink *nl; /* by which the last one was asked */
	int answer;		  /* an errno, with "refused" as its words; 0 */
	/* or NULL: answers in the place of all that, and nothing is kept */
	int (*by)(const struct nlmsghdr *message, mnl_cb_t each, void *cookie, struct error *e);
};

extern struct talk talk;

/* Nothing was asked, nothing lies ready, and all is answered. */
void talk_forget(void);

/* A message of this @type that will be given, behind those that lie ready. */
struct nlmsghdr *talk_give(uint16_t type);

/* The @i th message, which the test needs to be there. */
const struct nlmsghdr *talk_asked(size_t i);

#endif
