// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/chain.h"
#include "orchestrator/columns.h"
#include "orchestrator/command.h"
#include "orchestrator/events.h"
#include "orchestrator/packet.h"
#include "orchestrator/signals.h"
#include "orchestrator/target.h"

/* How often to look whether the lab still stands: it goes without a word to us. */
#define LAB_LOOK_MS 500

/* What the filters before the deciding one told of the packet that a CPU is at. */
struct flight {
	uint16_t iface;
	uint32_t gen;
	bool hello;
	uint8_t verdicts[XLAB_CHAIN_MAX + 1];
	uint64_t told; /* bit N: verdicts[N] is set */
};

struct watch {
	struct lab lab;
	struct listener *listener;
	struct chain_record *chains; /* by iface: of the generation seen last */
	char **names;		     /* by iface: "host:veth0", NULL where not watched */
	struct flight *flights;	     /* by CPU */
	size_t n_flights;
	uint64_t start_ns; /* of the first event */
	uint32_t packets, stop_after;
	bool colour;
};

static struct flight *flight_of(struct watch *w, const struct xlab_event *event)
{
	struct flight *f;

	if (event->cpu >= w->n_flights)
		return NULL;
	f = &w->flights[event->cpu];
	if (f->iface == event->iface && f->gen == event->gen)
		return f;
	/* The end of another packet's story was lost. */
	*f = (struct flight){ .iface = event->iface, .gen = event->gen };
	return f;
}

static void chain_refresh(struct watch *w, const struct xlab_event *event)
{
	struct chain_record *record = &w->chains[event->iface];
	struct error ERROR_AUTO e = ERROR_INIT;
	struct chain_view view = { 0 };

	if (record->n_filters && record->gen == event->gen)
		return;
	if (chain_read(&w->lab, event->iface, &view, &e) == 0) {
		chain_record_clear(record);
		*record = view.record;
		view.record = (struct chain_record){ 0 };
	}
	chain_view_clear(&view);
}

static void print_line(void *cookie, const char *text)
{
	(void)cookie;
	printf("  %s\n", text);
}

static void print_verdict(const struct watch *w, const char *filter, uint32_t verdict)
{
	const char *colour = !w->colour ? NULL : verdict == XDP_PASS ? COLOUR_GOOD : COLOUR_BAD;

	printf(" %s=%s%s%s", filter, colour ? colour : "",
	       verdict <= XDP_REDIRECT ? action_name(verdict) : "invalid",
	       colour ? COLOUR_END : "");
}

/* Filters that said nothing of their own before the deciding one passed the packet. */
static void print_verdicts(const struct watch *w, const struct xlab_event *event,
			   const struct flight *f)
{
	const struct chain_record *chain = &w->chains[event->iface];
	bool known = chain->gen == event->gen;
	size_t i, n = known ? chain->n_filters : event->position;

	putchar(' ');
	for (i = 0; i <= event->position && i < n; i++) {
		char position[16];
		uint32_t verdict = XDP_PASS;

		(void)snprintf(position, sizeof(position), "#%zu", i + 1);
		if (i == event->position)
			verdict = event->verdict;
		else if (f && f->told >> i & 1)
			verdict = f->verdicts[i];
		print_verdict(w, known ? chain->filters[i] : position, verdict);
	}
	if (!known)
		printf(" => %s (by a chain that has been replaced since)",
		       action_name(event->verdict));
	else if (event->position >= n)
		printf(" => came through");
	putchar('\n');
}

static int print_packet(struct watch *w, const struct xlab_event *event, const struct flight *f)
{
	size_t size = event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;

	if (!w->start_ns)
		w->start_ns = event->time_ns;
	chain_refresh(w, event);
	printf("%s%s%s  +%.6f s  %" PRIu32 " bytes\n", w->colour ? COLOUR_TITLE : "",
	       w->names[event->iface], w->colour ? COLOUR_END : "",
	       (double)(event->time_ns - w->start_ns) / 1e9, event->length);
	if (f && f->hello)
		print_line(NULL, "received a packet");
	packet_print(event->snap, size, print_line, NULL);
	print_verdicts(w, event, f);
	return ++w->packets == w->stop_after;
}

static int on_event(void *cookie, const struct xlab_event *event)
{
	struct watch *w = cookie;
	struct flight *f = flight_of(w, event);
	int stop = 0;

	if (event->iface >= w->lab.suite.topo.n_ifaces || !w->names[event->iface])
		return 0;
	if (event->kind == XLAB_DECIDED) {
		stop = print_packet(w, event, f);
		if (f)
			*f = (struct flight){ .iface = event->iface, .gen = event->gen };
	} else if (f && event->kind == XLAB_HELLO) {
		f->hello = true;
	} else if (f && event->kind == XLAB_WENT_ON && event->position <= XLAB_CHAIN_MAX) {
		f->verdicts[event->position] = event->verdict;
		f->told |= 1ULL << event->position;
	}
	return stop;
}

static bool lab_stands(const struct watch *w)
{
	return access(state_dir(w->lab.state), F_OK) == 0;
}

/* Until the count is reached, a signal comes, nobody reads, or the lab is gone. */
static int watch_loop(struct watch *w, struct error *e)
{
	struct pollfd fds[] = {
		{ .fd = listener_fd(w->listener), .events = POLLIN },
		{ .fd = -1, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	sigset_t set;
	int FD_AUTO signals = -1;

	signals_set(&set);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return error_sys(e, -errno, "signalfd");
	fds[1].fd = signals;
	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), LAB_LOOK_MS) < 0 && errno != EINTR)
			return error_sys(e, -errno, "poll");
		if (listener_read(w->listener, on_event, w))
			return 0;
		if (fflush(stdout) || fds[1].revents || fds[2].revents)
			return 0;
		if (!lab_stands(w))
			return error_state(e, -ENOENT, "the lab went down");
	}
}

static int hear(struct watch *w, size_t iface, struct error *e)
{
	if (w->names[iface])
		return 0;
	w->names[iface] = suite_iface_name(&w->lab.suite, iface);
	if (!w->names[iface])
		return error_sys(e, -ENOMEM, "watch");
	return listener_hear(w->listener, iface, e);
}

/* The interfaces named, else all of the lab. */
static int hear_all(struct watch *w, const char *first, char *const *more, struct error *e)
{
	const struct suite *suite = &w->lab.suite;
	size_t iface;
	int err = 0;

	if (!first) {
		for (iface = 0; iface < suite->topo.n_ifaces && !err; iface++)
			err = hear(w, iface, e);
		return err;
	}
	do {
		err = target_iface(suite, first, &iface, e);
		if (!err)
			err = hear(w, iface, e);
		first = *more;
	} while (!err && *more++);
	return err;
}

static int watch_begin(struct watch *w, const struct invocation *in, struct error *e)
{
	size_t n_ifaces;
	const char *first = NULL;
	int err;

	err = in->argc ? target_open_word(&w->lab, in->argv[0], STATE_READ, "watch", &first, e)
		       : target_open(&w->lab, NULL, STATE_READ, "watch", e);
	if (err)
		return err;
	n_ifaces = w->lab.suite.topo.n_ifaces;
	w->n_flights = (size_t)sysconf(_SC_NPROCESSORS_CONF);
	w->chains = calloc(n_ifaces + 1, sizeof(*w->chains));
	w->names = calloc(n_ifaces + 1, sizeof(*w->names));
	w->flights = calloc(w->n_flights, sizeof(*w->flights));
	if (!w->chains || !w->names || !w->flights)
		return error_sys(e, -ENOMEM, "watch");
	err = listener_open(&w->lab, &w->listener, e);
	return err ? err : hear_all(w, first, in->argv + 1, e);
}

static void watch_end(struct watch *w)
{
	size_t i;

	if (w->listener) {
		(void)fprintf(stderr, "xlab: %" PRIu32 " packets seen, %" PRIu64 " events lost\n",
			      w->packets, listener_lost(w->listener));
		listener_close(w->listener);
	}
	for (i = 0; w->chains && w->names && i < w->lab.suite.topo.n_ifaces; i++) {
		chain_record_clear(&w->chains[i]);
		free(w->names[i]);
	}
	free(w->chains);
	free(w->names);
	free(w->flights);
	if (w->lab.state)
		lab_close(&w->lab);
}

static int watch_run(const struct invocation *in, int *status, struct error *e)
{
	const char *count = invocation_option(in, "--count");
	struct watch w = { .colour = colour_wanted(stdout) };
	struct signals_hold hold;
	int err;

	(void)status;
	if (count && text_u32(count, 1, UINT32_MAX, &w.stop_after))
		return error_input(e, "--count %s: it is a number of packets, at least 1", count);
	signals_hold(&hold); /* never released: they end the loop instead */
	err = watch_begin(&w, in, e);
	if (!err) {
		(void)fprintf(stderr, "xlab: watching; Ctrl-C ends it\n");
		err = watch_loop(&w, e);
	}
	watch_end(&w);
	return err;
}

const struct command cmd_watch = {
	.name = "watch",
	.arguments = "[[LAB/]NODE:IFACE...]",
	.summary = "Show packets as chains see them: headers, then each filter's verdict",
	.details = "Of all interfaces of the lab, or of those named; the first name says which lab.\n"
		   "Any number of watches and scenarios hear every packet, up to 8 at once.",
	.options = {
		{ "--count", "N", "end after N packets" },
	},
	.max_args = -1,
	.needs_root = true,
	.run = watch_run,
};
