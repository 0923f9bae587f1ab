/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STEP_RUN_H
#define XLAB_STEP_RUN_H

/* A step under way: its children, and waiting for what settles it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/text.h"
#include "orchestrator/scenario/sockdiag.h"
#include "orchestrator/scenario/spawn.h"

struct error;
struct evidence;
struct lab;
struct netlink;
struct serves;
struct step;

/* Whoever is to receive a text: a node, or the bridge that has its address. */
struct receiver {
	const char *netns; /* borrowed */
	const char *zone;  /* its interface, where a link-local address is listened at; or NULL */
	struct subprocess server;
	int member_fd; /* socket that keeps it in the step's multicast group; or -1 */
	int echoes_fd; /* echoes_open() there, and what it had answered before; or -1 */
	uint64_t answered;
	struct netlink *diag; /* opened in its namespace */
	struct sockdiag question;
};

struct probe {
	const struct lab *lab;
	const char *ping, *nc; /* paths: probe_tools() */
	unsigned int timeout_ms;
	int signal_fd;	       /* readable: stop with -EINTR; nothing is read from it */
	int listener_fd;       /* readable: call consume(); -1: nobody listens */
	int drops_fd;	       /* likewise, of what the kernel says; -1: it does not */
	struct serves *serves; /* run beside the steps */
	int (*consume)(void *cookie, struct evidence *ev, struct error *e);
	void *cookie;
	const char *vain; /* neighbours asked for in vain before, without chains, or NULL */
};

struct tap { /* of a frame step: a packet socket */
	int fd;
	size_t iface; /* NONE: a bridge's port */
	bool back;    /* where a chain sends it back to, or elsewhere: that is not to arrive */
};

struct caught { /* a frame that came there */
	uint8_t *bytes;
	size_t size;
	const struct tap *tap;
};

struct step_run {
	const struct probe *probe;
	const struct step *step;
	struct evidence *ev;
	struct subprocess client;
	struct receiver *receivers; /* as many as @ev has arrivals */
	size_t n_receivers;
	const char *src_name;			     /* of its namespace */
	char dst[ADDRESS_TEXT + 1 + NAME_IFACE_MAX]; /* the address, with its zone if it has one */
	uint64_t deadline_ns;			     /* of what is being waited for */
	char *wanted;				     /* the text with its newline */
	struct tap *taps;
	size_t n_taps;
	struct caught *caught; /* of which is not known yet whose they are */
	size_t n_caught;
	struct error *e;
};

/* @ms from @from_ns on are left for what is waited for next. */
void step_run_allow(struct step_run *c, uint64_t from_ns, unsigned int ms);

/*
 * Wait until @done says so (1; 0: not yet; or an error). 0, or -ETIMEDOUT (no error set) at the
 * deadline. @ask_ns: ask @done so often even without news; 0: no need.
 */
int step_run_wait(struct step_run *c, int (*done)(struct step_run *c), uint64_t ask_ns);

/* Take what the children have said since. */
void step_run_poll(struct step_run *c);

/* Take what the chains have said since. */
int step_run_consume(const struct step_run *c);

/* What the chains have said settles the step, whatever the children are still waiting for. */
bool step_run_settled(struct step_run *c);

/* How often that must be asked even without news; 0: no need. */
uint64_t step_run_ask_ns(const struct step_run *c);

int step_run_client_ended(struct step_run *c);

/* End the children, and free what the run held. */
void step_run_end(struct step_run *c);

void step_run_note_trouble(struct step_run *c, const struct subprocess *p, const char *program);

#endif
