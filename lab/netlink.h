/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NETLINK_H
#define XLAB_NETLINK_H

/*
 * A netlink socket and one request at a time on it. The socket belongs to the network namespace
 * it was opened in for good, so a process that builds many needs to enter each only once.
 */

#include <libmnl/libmnl.h>
#include <stdint.h>
#include <time.h>

struct error;
struct netlink;

/* @protocol: NETLINK_ROUTE, NETLINK_SOCK_DIAG. Close with netlink_close(), NULL is fine. */
int netlink_open(int protocol, struct netlink **out, struct error *e);
void netlink_close(struct netlink *nl);
void netlink_cleanup(struct netlink **nl);
int netlink_fd(const struct netlink *nl);
#define NETLINK_AUTO __attribute__((cleanup(netlink_cleanup)))

/* Room for a request, on the caller's stack. */
#define NETLINK_REQUEST_SIZE 4096
struct netlink_request {
	_Alignas(NLMSG_ALIGNTO) char bytes[NETLINK_REQUEST_SIZE];
};

/* Begin a request; NLM_F_REQUEST and NLM_F_ACK are added to @flags. */
struct nlmsghdr *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags);

/*
 * Send and wait for the kernel's answer; each message that is no acknowledgement goes to @answer
 * (may be NULL). Returns the kernel's errno; @e holds its words, those of its extended
 * acknowledgement included. A question whose NLM_F_ACK is taken away again is answered by one
 * message.
 */
int netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t answer, void *cookie,
		 struct error *e);

/* Join a multicast group from now on. */
int netlink_join(struct netlink *nl, unsigned int group, struct error *e);

/*
 * Hand each notification to @each until that returns MNL_CB_STOP. -ETIMEDOUT when @deadline_ns
 * (CLOCK_MONOTONIC) has passed before.
 */
int netlink_listen(struct netlink *nl, uint64_t deadline_ns, mnl_cb_t each, void *cookie,
		   struct error *e);

uint64_t netlink_clock_ns(void);
struct timespec netlink_time_left(uint64_t deadline_ns);

#endif
