/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_COURSE_H
#define XLAB_COURSE_H

/* A step under way: its children, and waiting for what settles it. */

#include <stdint.h>

#include "orchestrator/scenario/sockdiag.h"
#include "orchestrator/scenario/spawn.h"

struct error;
struct evidence;
struct lab;
struct netlink;
struct step;

enum { CLIENT, SERVER, PARTIES };

struct probe {
	const struct lab *lab;
	const char *ping, *nc; /* paths: probe_tools() */
	unsigned int timeout_ms;
	int signal_fd; /* readable: stop with -EINTR; nothing is read from it */
	int ear_fd;    /* readable: call hear(); -1: nobody listens */
	int (*hear)(void *cookie, struct evidence *ev, struct error *e);
	void *cookie;
};

struct course {
	const struct probe *probe;
	const struct step *step;
	struct evidence *ev;
	struct party parties[PARTIES];
	const char *src_name, *dst_name; /* of their namespaces */
	uint64_t deadline_ns;		 /* of what is being waited for */
	struct sockdiag question;
	struct netlink *diag; /* in the server's namespace */
	char *wanted;	      /* the text with its newline */
	struct error *e;
};

/* @ms from @from_ns on are left for what is waited for next. */
void course_allow(struct course *c, uint64_t from_ns, unsigned int ms);

/*
 * Wait until @done says so (1; 0: not yet; or an error). 0, or -ETIMEDOUT (no error set) at the
 * deadline. @ask_ns: ask @done so often even without news; 0: no need.
 */
int course_wait(struct course *c, int (*done)(struct course *c), uint64_t ask_ns);

/* Take what the chains have said since. */
int course_read_events(const struct course *c);

/* What the chains have said settles the step, whatever the children are still waiting for. */
bool course_settled(struct course *c);

int course_client_ended(struct course *c);
void course_note_trouble(struct course *c, const struct party *p, const char *program);

#endif
