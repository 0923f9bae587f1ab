// SPDX-License-Identifier: GPL-2.0-or-later
/* Servers beside the steps: started, watched, stopped. When one is ready is step_serve.c's, how
 * each is kept together node_program.c's.
 */
#include "orchestrator/scenario/serves.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/judge_exec.h"
#include "orchestrator/scenario/node_program.h"
#include "orchestrator/scenario/sockdiag.h"
#include "orchestrator/scenario/step_result.h"

#define GRACE_MS 250
#define MS_NS	 1000000ULL

struct serve {
	const struct step *step;
	struct subprocess first;
	struct node_program program;
	bool ready;
};

struct serves {
	const struct lab *lab;
	int epoll_fd; /* of what all of them may tell */
	struct serve **list;
	size_t n;
};

int serves_new(const struct lab *lab, struct serves **out, struct error *e)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return error_sys(e, -errno, "cannot watch the servers");
	*out = xcalloc(1, sizeof(**out));
	(*out)->lab = lab;
	(*out)->epoll_fd = fd;
	return 0;
}

int serves_fd(const struct serves *serves)
{
	return serves && serves->n ? serves->epoll_fd : -1;
}

void serves_poll(struct serves *serves)
{
	for (size_t i = 0; serves && i < serves->n; i++)
		subprocess_poll(&serves->list[i]->first);
}

static const struct serve *dead_one(const struct serves *serves)
{
	for (size_t i = 0; serves && i < serves->n; i++)
		if (serves->list[i]->first.ended)
			return serves->list[i];
	return NULL;
}

bool serves_died(const struct serves *serves)
{
	return dead_one(serves) != NULL;
}

/* "status 1: its last words"; malloc'ed */
static char *death_text(const struct serve *serve)
{
	const struct node_end *end = serve->program.end;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (node_program_ended(&serve->program, &e))
		return text_format("%s", e.text);
	if (end->exec_errno)
		return exec_missing_text(serve->step->argv[0], end->exec_errno);
	return exec_end_text(end->status, serve->first.err.text);
}

void serves_judge(const struct serves *serves, struct step_result *result)
{
	const struct serve *dead = dead_one(serves);
	char *FREE_AUTO death = death_text(dead);

	if (dead->ready)
		step_result_set(result, OUTCOME_LAB,
				text_format("error of the lab: serve %s at line %d died: %s",
					    dead->step->line_text, dead->step->line, death));
	else
		step_result_set(
			result, OUTCOME_LAB,
			text_format("error of the lab: it died before it was ready: %s", death));
	free(result->details);
	result->details = exec_output_text(dead->first.out.text, dead->first.err.text);
}

static int watch(struct serves *serves, const struct serve *serve, struct error *e)
{
	const int fds[] = { serve->first.child.pidfd, serve->first.out.fd, serve->first.err.fd };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		struct epoll_event event = { .events = EPOLLIN };

		if (epoll_ctl(serves->epoll_fd, EPOLL_CTL_ADD, fds[i], &event))
			return error_sys(e, -errno, "cannot watch a server");
	}
	return 0;
}

int serves_start(struct serves *serves, const struct step *step, struct error *e)
{
	const char *node = serves->lab->labfile.topo.nodes[step->src].name;
	struct serve *serve = xcalloc(1, sizeof(*serve)), **added;
	int err;

	serve->step = step;
	serve->program.first = &serve->first;
	err = node_program_start(&serve->program, serves->lab, node, step->argv, true, e);
	if (!err)
		err = watch(serves, serve, e);
	if (err) {
		node_program_end(&serve->program);
		free(serve);
		return err;
	}
	added = array_add(&serves->list, &serves->n, sizeof(void *));
	*added = serve;
	return 0;
}

void serves_ready(struct serves *serves)
{
	serves->list[serves->n - 1]->ready = true;
}

char *serves_said(const struct serves *serves)
{
	const struct serve *last = serves->list[serves->n - 1];

	return exec_output_text(last->first.out.text, last->first.err.text);
}

static bool all_ended(const struct serves *serves)
{
	for (size_t i = 0; i < serves->n; i++)
		if (!serves->list[i]->first.ended)
			return false;
	return true;
}

static void wait_for_ends(struct serves *serves)
{
	uint64_t deadline = netlink_clock_ns() + GRACE_MS * MS_NS;
	struct pollfd news = { .fd = serves->epoll_fd, .events = POLLIN };

	for (serves_poll(serves); !all_ended(serves); serves_poll(serves)) {
		uint64_t now = netlink_clock_ns();

		if (now >= deadline ||
		    (poll(&news, 1, (int)((deadline - now) / MS_NS) + 1) < 0 && errno != EINTR))
			return;
	}
}

/* A server that does not ask for it (SO_REUSEADDR) could not bind the port again. */
static void free_port(const struct serves *serves, const struct step *step)
{
	const char *node = serves->lab->labfile.topo.nodes[step->src].name;
	struct error ERROR_AUTO ignored = ERROR_INIT;
	struct netlink *diag = NULL;

	if (step->proto == IPPROTO_TCP && !sockdiag_open(serves->lab->state, node, &diag, &ignored))
		sockdiag_end_waits(diag, step->port);
	netlink_close(diag);
}

void serves_stop(struct serves *serves)
{
	if (!serves)
		return;
	for (size_t i = 0; i < serves->n; i++)
		node_program_ask(&serves->list[i]->program);
	wait_for_ends(serves);
	for (size_t i = 0; i < serves->n; i++) {
		node_program_end(&serves->list[i]->program);
		free_port(serves, serves->list[i]->step);
		free(serves->list[i]);
	}
	free(serves->list);
	cleanup_fd(&serves->epoll_fd);
	free(serves);
}
