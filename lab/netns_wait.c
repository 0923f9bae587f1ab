// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Waiting for the end of namespaces, which others took down. In a namespace made for this, each
 * watched one gets an id, by which the kernel tells of its end. It tells so when it begins to take
 * one apart; but it takes them apart one batch after the other, each after all that were let go
 * before it. So two sentinels, which nobody else holds, tell what it is at. The first is let go
 * behind the watched ones: once its end was told, whoever lives on is held by somebody, and before
 * that the kernel has not come to them yet. The second is let go when all ends were told: when its
 * own is, too, the others are gone with all their links.
 */
#include "lab/netns_wait.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/plan.h"
#include "lab/progress.h"
#include "lab/text.h"

#define SECOND_NS UINT64_C(1000000000)

/* How long nothing may have been told: by then whoever holds one does so for long. The kernel takes
 * a batch of thousands apart without a word.
 */
#define PATIENCE_HELD_NS   (5 * SECOND_NS)
#define PATIENCE_KERNEL_NS (60 * SECOND_NS)

struct watched {
	const char *name; /* of the node or bridge; a sentinel has none */
	ino_t inode;
	bool gone;
};

struct netns_wait {
	struct netlink *nsid_events;
	int start_netns;	  /* the namespace the process is in */
	int sentinels[2];	  /* fds, -1 once let go */
	struct watched *watched;  /* its index is the namespace's id */
	size_t n, living;	  /* of the living ones the sentinels are once they were let go */
	bool sentinel_living;	  /* one of those that were let go */
	uint64_t told_ns;	  /* when the last end was told */
	struct progress progress; /* of those that are gone */
};

void netns_wait_end(struct netns_wait **netns_wait)
{
	struct netns_wait *w = *netns_wait;

	if (!w)
		return;
	progress_clear(&w->progress);
	netlink_close(w->nsid_events);
	cleanup_fd(&w->start_netns);
	cleanup_fd(&w->sentinels[0]);
	cleanup_fd(&w->sentinels[1]);
	free(w->watched);
	free(w);
}

static int give_id(struct netns_wait *w, int fd, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, RTM_NEWNSID, 0);

	(void)mnl_nlmsg_put_extra_header(message, sizeof(struct rtgenmsg)); /* of no family */
	mnl_attr_put_u32(message, NETNSA_NSID, (uint32_t)w->n);
	mnl_attr_put_u32(message, NETNSA_FD, (uint32_t)fd);
	return netlink_talk(w->nsid_events, message, NULL, NULL, e);
}

static int watch(struct netns_wait *w, const char *name, int fd, struct error *e)
{
	struct stat st;
	int err = fstat(fd, &st) ? error_sys(e, -errno, "cannot look at a namespace")
				 : give_id(w, fd, e);

	if (err)
		return err;
	w->watched[w->n] = (struct watched){ .name = name, .inode = st.st_ino };
	w->n++;
	return 0;
}

static int make_netns(struct error *e)
{
	return unshare(CLONE_NEWNET) ? error_sys(e, -errno, "cannot make a namespace") : 0;
}

/* The first new namespaces are the sentinels, the last the one that is told of the others. */
static int open_nsid_events(struct netns_wait *w, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(w->sentinels) && !err; i++) {
		w->sentinels[i] = make_netns(e) ? -1 : netns_current(e);
		err = e->err;
	}
	err = err ? err : make_netns(e);
	err = err ? err : netlink_open(NETLINK_ROUTE, &w->nsid_events, e);
	return err ? err : netlink_join(w->nsid_events, RTNLGRP_NSID, e);
}

/* A namespace that is not there, or was not made by xlab, is not waited for. */
static int begin(struct netns_wait *w, const struct plan *plan, const struct state *st,
		 struct error *e)
{
	struct error ERROR_AUTO lost = ERROR_INIT;
	int err;

	w->start_netns = netns_current(e);
	if (w->start_netns < 0)
		return w->start_netns;
	err = open_nsid_events(w, e);
	if (netns_enter(w->start_netns, &lost) && !err) {
		error_move(e, &lost);
		err = e->err;
	}
	for (size_t i = 0; i < plan->n_ops && !err; i++) {
		const struct op *op = &plan->ops[i];
		struct error ERROR_AUTO none = ERROR_INIT;
		int FD_AUTO fd = -1;

		if (op->kind != OP_NETNS || plan_is_self(plan, op->node))
			continue;
		fd = netns_open(st, op->netns, &none);
		if (fd >= 0)
			err = watch(w, op->netns, fd, e);
	}
	w->living = w->n;
	/* Now, as news that come while an id is given would be taken for its answer. */
	for (size_t i = 0; i < ARRAY_SIZE(w->sentinels) && !err; i++)
		err = watch(w, NULL, w->sentinels[i], e);
	return err;
}

int netns_wait_begin(const struct plan *plan, const struct state *st, struct netns_wait **out,
		     struct error *e)
{
	struct netns_wait *NETNS_WAIT_AUTO w = xcalloc(1, sizeof(*w));
	size_t most = plan->topo->n_nodes + plan->topo->n_bridges + ARRAY_SIZE(w->sentinels);

	w->start_netns = w->sentinels[0] = w->sentinels[1] = -1;
	w->watched = xcalloc(most, sizeof(*w->watched));
	if (begin(w, plan, st, e))
		return error_wrap(e, "cannot watch the namespaces");
	progress_begin(&w->progress, "down", w->living);
	*out = steal_pointer(&w);
	return 0;
}

static int on_end(const struct nlmsghdr *message, void *cookie)
{
	struct netns_wait *w = cookie;
	const struct nlattr *attr;
	uint32_t id = UINT32_MAX;

	if (message->nlmsg_type != RTM_DELNSID)
		return MNL_CB_OK;
	mnl_attr_for_each (attr, message, sizeof(struct rtgenmsg))
		if (mnl_attr_get_type(attr) == NETNSA_NSID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			id = mnl_attr_get_u32(attr);
	if (id >= w->n || w->watched[id].gone)
		return MNL_CB_OK;
	w->watched[id].gone = true;
	w->told_ns = netlink_clock_ns();
	if (w->watched[id].name)
		progress_step(&w->progress);
	else
		w->sentinel_living = false;
	return --w->living ? MNL_CB_OK : MNL_CB_STOP;
}

/* "process 12 (bash)" of the first process in the namespace, malloc'ed; NULL if there is none. */
static char *inhabitant(const char *pid, ino_t inode)
{
	char *FREE_AUTO ns = text_format("/proc/%s/ns/net", pid);
	char *FREE_AUTO path = text_format("/proc/%s/comm", pid);
	char name[32] = "";
	FILE *FILE_AUTO comm = NULL;
	struct stat st;

	if (stat(ns, &st) || st.st_ino != inode)
		return NULL;
	comm = fopen(path, "re");
	if (!comm || !fgets(name, sizeof(name), comm))
		return text_format("process %s", pid);
	name[strcspn(name, "\n")] = '\0';
	return text_format("process %s (%s)", pid, name);
}

static char *find_inhabitant(ino_t inode)
{
	DIR *DIR_AUTO proc = opendir("/proc");
	struct dirent *entry;
	char *found = NULL;

	while (proc && !found && (entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			found = inhabitant(entry->d_name, inode);
	return found;
}

/* The first that lives on, and who holds it. */
static int tell_living(const struct netns_wait *w, struct error *e)
{
	size_t i = 0;
	char *FREE_AUTO who = NULL;

	if (w->sentinel_living)
		return error_state(
			e, -ETIMEDOUT,
			"the lab is down, but the kernel is not done with its namespaces; "
			"what it says of them is in dmesg");
	while (w->watched[i].gone)
		i++;
	who = find_inhabitant(w->watched[i].inode);
	return error_state(e, -ETIMEDOUT,
			   "the lab is down, but the namespace of %s lives on: %s still holds it",
			   w->watched[i].name,
			   who ? who : "something (an open file, a TCP connection)");
}

/* Until all ends were told. The signals that are held back are looked for each second. */
static int listen_all(struct netns_wait *w, struct error *e)
{
	w->told_ns = netlink_clock_ns();
	for (;;) {
		uint64_t now, patience;
		int err = netlink_listen(w->nsid_events, netlink_clock_ns() + SECOND_NS, on_end, w,
					 e);

		if (err != -ETIMEDOUT)
			return err;
		error_clear(e);
		now = netlink_clock_ns();
		patience = w->sentinel_living ? PATIENCE_KERNEL_NS : PATIENCE_HELD_NS;
		if (now - w->told_ns >= patience)
			return tell_living(w, e);
		if (interrupt_pending())
			return error_state(e, -EINTR,
					   "the lab is down; the kernel still destroys its "
					   "namespaces");
	}
}

int netns_wait_await(struct netns_wait *w, struct error *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(w->sentinels); i++) {
		int err;

		w->sentinel_living = true;
		w->living++;
		cleanup_fd(&w->sentinels[i]);
		err = listen_all(w, e);
		if (err)
			return err;
	}
	return 0;
}
