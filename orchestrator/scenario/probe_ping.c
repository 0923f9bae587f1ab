// SPDX-License-Identifier: GPL-2.0-or-later
/* A ping step: iputils' ping at one end, the kernel at the other. Replies are counted, not judged.
 */
#include "orchestrator/scenario/probe_ping.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include "lab/netlink.h"
#include "orchestrator/lab.h"
#include "orchestrator/scenario/echoes.h"
#include "orchestrator/scenario/evidence.h"
#include "orchestrator/scenario/step_run.h"

#define SUMMARY_MS    250 /* for ping to write its summary when told to end */
#define PING_BURST    10  /* echoes sent at once; the rest INTERVAL_MS apart */
#define INTERVAL_MS   10
#define ANSWER_ASK_NS 100000ULL /* between two looks at what others have answered */
/* Half of what the kernel keeps until it knows its neighbour; more than any packet has. */
#define BURST_BYTES 65536

/* Its summary is there, as behind whatever it has sent: "3 packets transmitted, 2 received, …". */
static bool read_summary(const char *text, unsigned int *sent)
{
	const char *at = text ? strstr(text, " packets transmitted, ") : NULL;

	if (!at)
		return false;
	while (at > text && isdigit((unsigned char)at[-1]))
		at--;
	*sent = (unsigned int)strtoul(at, NULL, 10);
	return true;
}

/* Each reply has a line: "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.03 ms", and behind it
 * what is odd about it. The last line can be half of one.
 */
static void read_replies(struct step_run *c)
{
	const char *line = c->client.out.text ? c->client.out.text : "";
	static const char from[] = " bytes from ";
	unsigned int replies = 0;
	const char *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		const char *who = strstr(line, from), *odd = strchr(line, '(');

		if (!who || who > end)
			continue;
		who += strlen(from);
		if (!odd || odd > end) {
			replies++;
		} else if (!strncmp(odd, "(DIFFERENT ADDRESS!)", 20) && !c->ev->stranger) {
			c->ev->stranger = text_format("%.*s", (int)strcspn(who, " \n"), who);
			c->ev->stranger[strlen(c->ev->stranger) - 1] = '\0'; /* its colon */
		}
	}
	c->ev->arrived = replies < c->ev->wanted ? replies : c->ev->wanted;
}

static int ping_settled(struct step_run *c)
{
	if (c->step->arrive_max)
		read_replies(c);
	return step_run_client_ended(c) || step_run_settled(c);
}

/* @late: it was told to end. On a machine that has much to do it may have sent nothing by then, and
 * then nothing that did not come was lost.
 */
static void read_ping(struct step_run *c, bool late)
{
	struct subprocess *ping = &c->client;
	unsigned int sent;

	if (read_summary(ping->out.text, &sent)) {
		read_replies(c);
		if (late && sent < c->ev->wanted)
			c->ev->trouble =
				text_format("ping in %s had sent %u of %u packets after %u ms",
					    ping->netns, sent, c->ev->wanted, c->probe->timeout_ms);
	} else if (WTERMSIG(ping->status) == SIGINT) {
		c->ev->trouble = text_format("ping in %s had not begun after %u ms", ping->netns,
					     c->probe->timeout_ms);
	} else {
		step_run_note_trouble(c, ping, "ping");
	}
}

/* Those that the step names, by their own count: all of them, of what goes to several. */
static int answers_settled(struct step_run *c)
{
	bool all = true;

	for (size_t i = 0; i < c->step->n_receivers; i++) {
		struct receiver *r = &c->receivers[i];
		uint64_t count;
		int err = echoes_answered(r->echoes_fd, &count, c->e);

		if (err)
			return err;
		c->ev->arrivals[i].copies = (unsigned int)(count - r->answered);
		all &= c->ev->arrivals[i].copies > 0;
	}
	return all || !c->step->group || !c->ev->arrived;
}

/* ping ends at the first reply; those of others are on their way. */
static int await_answers(struct step_run *c)
{
	int err = step_run_wait(c, answers_settled, ANSWER_ASK_NS);

	return err == -ETIMEDOUT ? 0 : err;
}

static unsigned int burst_of(const struct step_run *c)
{
	unsigned int burst = c->ev->wanted < PING_BURST ? c->ev->wanted : PING_BURST;

	return burst * c->step->size <= BURST_BYTES ? burst : BURST_BYTES / c->step->size;
}

static int start_ping(struct step_run *c, unsigned int burst)
{
	char count[16], id[16], size[16], preload[16], source[ADDRESS_TEXT];
	const char *argv[24] = { c->probe->ping, "-n",	  "-i", "0.01", "-c", count,
				 "-l",		 preload, "-e", id,	"-s", size };
	size_t n = 0;

	(void)snprintf(count, sizeof(count), "%u", c->ev->wanted);
	(void)snprintf(preload, sizeof(preload), "%u", burst);
	(void)snprintf(id, sizeof(id), "%u", c->ev->mark.src_port);
	(void)snprintf(size, sizeof(size), "%u", c->step->size);
	while (argv[n])
		n++;
	if (c->step->group)
		argv[n++] = "-L"; /* not to itself */
	if (c->step->group && c->step->address.family == AF_INET) {
		argv[n++] = "-b"; /* to a broadcast address */
		argv[n++] = "-I";
		argv[n++] = address_text(&c->ev->mark.src, source);
	}
	argv[n] = c->dst;
	return subprocess_start(&c->client, c->probe->lab->state, c->src_name, argv, -1,
				1ULL << CAP_NET_RAW, c->e);
}

/* Until it has ended, or what it waits for is known not to come. */
static int await_ping(struct step_run *c, bool *late)
{
	int err = step_run_wait(c, ping_settled, step_run_ask_ns(c));

	*late = err == -ETIMEDOUT;
	if (!*late)
		return err;
	child_signal(&c->client.child, SIGINT);
	step_run_allow(c, netlink_clock_ns(), SUMMARY_MS);
	err = step_run_wait(c, step_run_client_ended, 0);
	return err == -ETIMEDOUT ? 0 : err;
}

int probe_ping_run(struct step_run *c)
{
	unsigned int burst = burst_of(c);
	int err = start_ping(c, burst);
	bool late = false;

	step_run_allow(c, c->ev->since_ns,
		       c->probe->timeout_ms + (c->ev->wanted - burst) * INTERVAL_MS);
	if (!err)
		err = await_ping(c, &late);
	if (c->client.ended)
		read_ping(c, late);
	return err ? err : await_answers(c);
}
