// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The wait loop of a step, and when what was seen leaves nothing to wait for. What it proves is
 * judge.c's.
 */
#include "orchestrator/scenario/step_run.h"

#include <errno.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/scenario/diagnosis.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/serves.h"

#define MS_NS	     1000000ULL
#define VAIN_ASK_NS  2000000ULL
#define ASK_AGAIN_MS 1000 /* until the kernel asks once more for a neighbour */

/* The poll set of one wait: whoever may have news. */
struct watch {
	struct pollfd *fds;
	nfds_t n;
};

static void watch_add(struct watch *w, int fd)
{
	if (fd >= 0)
		w->fds[w->n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void watch_subprocess(struct watch *w, const struct subprocess *p)
{
	if (!p->started)
		return;
	watch_add(w, p->child.pidfd);
	watch_add(w, p->out.fd);
	watch_add(w, p->err.fd);
}

void step_run_poll(struct step_run *c)
{
	/* What ended the client is with the servers by then. */
	subprocess_poll(&c->client);
	for (size_t i = 0; i < c->n_receivers; i++)
		subprocess_poll(&c->receivers[i].server);
}

void step_run_end(struct step_run *c)
{
	/* The client first: who closes a TCP connection keeps its port for a minute. */
	subprocess_end(&c->client);
	for (size_t i = 0; i < c->n_receivers; i++) {
		subprocess_end(&c->receivers[i].server);
		netlink_close(c->receivers[i].diag);
		cleanup_fd(&c->receivers[i].member_fd);
		cleanup_fd(&c->receivers[i].echoes_fd);
	}
	for (size_t i = 0; i < c->n_taps; i++)
		cleanup_fd(&c->taps[i].fd);
	for (size_t i = 0; i < c->n_caught; i++)
		free(c->caught[i].bytes);
	free(c->taps);
	free(c->caught);
	free(c->receivers);
	free(c->wanted);
}

int step_run_consume(const struct step_run *c)
{
	return c->probe->consume(c->probe->cookie, c->ev, c->e);
}

/* Wait until somebody has news, at most @wait_ns; then take all there are. */
static int wait_for_news(struct step_run *c, uint64_t wait_ns)
{
	struct timespec wait = { (time_t)(wait_ns / 1000000000), (long)(wait_ns % 1000000000) };
	struct pollfd *FREE_AUTO fds =
		xcalloc(4 + (1 + c->n_receivers) * 3 + c->n_taps, sizeof(*fds));
	struct watch w = { .fds = fds };

	watch_add(&w, c->probe->signal_fd);
	watch_add(&w, c->probe->listener_fd);
	watch_add(&w, c->probe->drops_fd);
	watch_add(&w, serves_fd(c->probe->serves));
	watch_subprocess(&w, &c->client);
	for (size_t i = 0; i < c->n_receivers; i++)
		watch_subprocess(&w, &c->receivers[i].server);
	for (size_t i = 0; i < c->n_taps; i++)
		watch_add(&w, c->taps[i].fd);
	if (ppoll(w.fds, w.n, &wait, NULL) < 0 && errno != EINTR)
		return error_sys(c->e, -errno, "cannot wait for the step's children");
	if (c->probe->signal_fd >= 0 && w.fds[0].revents)
		return error_state(c->e, -EINTR, "stopped by a signal");
	step_run_poll(c);
	serves_poll(c->probe->serves);
	if (serves_died(c->probe->serves))
		return error_state(c->e, -ECHILD, "a server died");
	return step_run_consume(c);
}

void step_run_allow(struct step_run *c, uint64_t from_ns, unsigned int ms)
{
	c->deadline_ns = from_ns + ms * MS_NS;
}

int step_run_wait(struct step_run *c, int (*done)(struct step_run *c), uint64_t ask_ns)
{
	for (;;) {
		uint64_t now, left;
		int err = done(c);

		if (err)
			return err < 0 ? err : 0;
		now = netlink_clock_ns();
		if (now >= c->deadline_ns)
			return -ETIMEDOUT;
		left = c->deadline_ns - now;
		err = wait_for_news(c, ask_ns && ask_ns < left ? ask_ns : left);
		if (err)
			return err;
	}
}

int step_run_client_ended(struct step_run *c)
{
	return c->client.ended;
}

void step_run_note_trouble(struct step_run *c, const struct subprocess *p, const char *program)
{
	free(c->ev->trouble);
	c->ev->trouble = subprocess_trouble(p, program);
}

/* What of the step's own was dropped will not arrive any more; what was said of it is known. */
static bool own_settled(const struct step_run *c, uint64_t ms)
{
	const struct evidence *ev = c->ev;

	switch (c->step->expect) {
	case EXPECT_PASS:
		if (c->step->arrive_max && ev->arrived + ev->drops < ev->wanted)
			return false;
		return ev->drops && !evidence_comes_again(ev, ms);
	case EXPECT_TX:
		return ev->told[XDP_TX] >= ev->wanted;
	case EXPECT_REDIRECT:
		return ev->told[XDP_REDIRECT] >= ev->wanted;
	case EXPECT_ABORTED:
		return ev->told[XDP_ABORTED] >= ev->wanted;
	default:
		return evidence_all_dropped(ev) &&
		       (!evidence_comes_again(ev, ms) || evidence_dropped_again(ev));
	}
}

/* The kernel dropped what all of it needs, and nobody sends again. */
static bool died(const struct step_run *c)
{
	const struct step *step = c->step;

	return (step->expect == EXPECT_PASS || !c->ev->chains) && step->kind != STEP_TCP &&
	       !step->arrive_max && evidence_died(c->ev);
}

static bool has_line(const char *lines, const char *line)
{
	size_t size = strlen(line);

	while (strncmp(lines, line, size) != 0 || (lines[size] && lines[size] != '\n')) {
		lines = strchr(lines, '\n');
		if (!lines++)
			return false;
	}
	return true;
}

/* A step that is to fail without chains: its neighbour was asked for in vain until the deadline by
 * a step before, and nothing has changed since.
 */
static bool asked_in_vain(const struct step_run *c)
{
	struct evidence *ev = c->ev;

	if (!c->probe->vain || ev->chains || !step_is_nc_or_ping(c->step))
		return false;
	diagnosis_neighbour(c->probe->lab, ev);
	return ev->neighbour_asked && ev->neighbour == NEIGHBOUR_UNRESOLVED &&
	       has_line(c->probe->vain, ev->neighbour_text);
}

/* A neighbour was asked for in vain. */
static bool question_settled(const struct step_run *c, uint64_t ms)
{
	const struct sighting *question;

	if (!step_is_nc_or_ping(c->step)) /* its sender asks for nobody */
		return false;
	question = evidence_seen(c->ev) ? NULL : evidence_drop(c->ev, RELATION_NEIGHBOUR);

	if (!question)
		question = evidence_drop(c->ev, RELATION_ROUTER);
	if (!question)
		return false;
	if (ms > ASK_AGAIN_MS && (c->step->expect == EXPECT_PASS || question->packets == 1))
		return false;
	/* A question may have been dropped while an older answer is known: then the packet
	 * itself is on its way.
	 */
	diagnosis_neighbour(c->probe->lab, c->ev);
	return evidence_question_drop(c->ev);
}

bool step_run_settled(struct step_run *c)
{
	uint64_t ms = (c->deadline_ns - c->ev->since_ns) / MS_NS;

	return own_settled(c, ms) || died(c) || question_settled(c, ms) || asked_in_vain(c);
}

uint64_t step_run_ask_ns(const struct step_run *c)
{
	return c->probe->vain && !c->ev->chains ? VAIN_ASK_NS : 0;
}
