/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_NETNS_H
#define XLAB_NETNS_H

/* Network namespaces: creating, naming, entering, telling apart. */

#include <stdint.h>

struct error;
struct state;

/* An fd of the namespace of a node or bridge of the lab (O_CLOEXEC). */
int netns_open(const struct state *st, const char *name, struct error *e);

/* An fd of the namespace this process is in. */
int netns_current(struct error *e);

/* Enter; the way back is netns_enter() with an fd of netns_current(). */
int netns_enter(int fd, struct error *e);

/* SO_NETNS_COOKIE of the namespace this process is in. */
int netns_cookie(uint64_t *cookie, struct error *e);

/*
 * Enter by scope:
 *   NETNS_VISIT visit = NETNS_VISIT_NONE;
 *   err = netns_visit(&visit, st, "host", e);
 * The namespace from before is entered again when visit leaves its scope.
 */
struct netns_visit {
	int back;
};
#define NETNS_VISIT_NONE \
	{                \
		-1       \
	}
#define NETNS_VISIT __attribute__((cleanup(netns_leave))) struct netns_visit
int netns_visit(struct netns_visit *visit, const struct state *st, const char *name,
		struct error *e);
void netns_leave(struct netns_visit *visit);

#endif
