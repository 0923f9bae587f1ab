// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events of a lab's chains become lines, a packet at a time. What an event says is packet.c's and
 * packet_trace.c's affair.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/event/packet_trace.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/util/table.h"

/* How often to look whether the lab still stands: it goes without a word to us. */
#define LAB_LOOK_MS 500

struct watch {
	struct lab lab;
	struct listener *listener;
	struct chain_record *chains; /* by iface: of the generation seen last */
	bool *watched;		     /* by iface */
	struct packet_trace *traces; /* by CPU */
	size_t n_traces;
	uint64_t lost, lost_before; /* when the ring was about to be read, and the time before */
	uint64_t start_ns;	    /* of the first event */
	uint32_t packets, stop_after;
	struct sock_filter *only; /* what an expression was compiled to; NULL: all packets */
	size_t n_only;
	bool colour;
};

struct watch_options {
	uint32_t count;
};

static const char *name_of(const struct watch *w, size_t iface)
{
	return w->lab.labfile.topo.ifaces[iface].id;
}

static const struct filter *filter_of(const struct watch *w, const struct chain_record *chain,
				      size_t i)
{
	size_t filter = labfile_filter(&w->lab.labfile, chain->filters[i]);

	return filter == NONE ? NULL : &w->lab.labfile.filters[filter];
}

static bool tells(const struct watch *w, const struct chain_record *chain, size_t i)
{
	const struct filter *f = filter_of(w, chain, i);

	return f && chain_tells(chain, f->program);
}

/* Packets that end at a filter which does not tell are not seen here at all. */
static void warn_of_silent(const struct watch *w, size_t iface, const struct chain_record *chain)
{
	char *FREE_AUTO silent = NULL;

	for (size_t i = 0; i < chain->n_filters; i++)
		if (!tells(w, chain, i))
			text_list_add(&silent, "%s", chain->filters[i]);
	if (silent)
		(void)fprintf(stderr,
			      "xlab: %s: packets that end at %s cannot be shown with libxdp; "
			      "engine = inline shows all\n",
			      name_of(w, iface), silent);
}

/* The chain that an event is of. */
static void chain_learn(struct watch *w, const struct xlab_event *event)
{
	struct chain_record *known = &w->chains[event->iface], record;
	struct error ERROR_AUTO e = ERROR_INIT;

	if (known->gen == event->gen) /* 0 is no chain's */
		return;
	if (chain_recall(&w->lab, event->iface, event->gen, &record, &e))
		return;
	chain_record_clear(known);
	*known = record;
	warn_of_silent(w, event->iface, known);
}

static void print_line(void *cookie, const char *text)
{
	(void)cookie;
	printf("  %s\n", text);
}

static void print_verdict(const struct watch *w, const char *filter, int verdict)
{
	bool good = verdict == XDP_PASS || verdict == XLAB_NEXT;
	const char *colour = !w->colour ? NULL : good ? COLOUR_GOOD : COLOUR_BAD;
	const char *name = verdict == PACKET_TRACE_UNKNOWN ? "?" : verdict_name((uint32_t)verdict);

	printf(" %s=%s%s%s", filter, colour ? colour : "", name, colour ? COLOUR_END : "");
}

static void print_verdicts(const struct watch *w, const struct xlab_event *event,
			   const struct packet_trace *trace)
{
	const struct chain_record *chain = &w->chains[event->iface];
	bool sure = trace->lost == listener_lost(w->listener);

	for (size_t i = 0; i < chain->n_filters; i++)
		sure &= tells(w, chain, i);
	putchar(' ');
	for (unsigned int i = 0; i < event->position && i < chain->n_filters; i++) {
		const struct filter *f = filter_of(w, chain, i);

		print_verdict(w, chain->filters[i],
			      f ? packet_trace_verdict(trace, i, f, sure) : PACKET_TRACE_UNKNOWN);
	}
	if (event->position < chain->n_filters)
		print_verdict(w, chain->filters[event->position], event->verdict);
	else
		printf(" => came through");
	putchar('\n');
}

static size_t bytes_of(const struct xlab_event *event)
{
	return event->snapped < XLAB_SNAP ? event->snapped : XLAB_SNAP;
}

static bool is_wanted(const struct watch *w, const struct xlab_event *event)
{
	return !w->only ||
	       pcap_expr_selects(w->only, w->n_only, event->snap, bytes_of(event), event->length);
}

static int print_packet(struct watch *w, const struct xlab_event *event,
			const struct packet_trace *trace)
{
	char filter[16];

	if (!w->start_ns)
		w->start_ns = event->time_ns;
	printf("%s%s%s  +%.6f s  %" PRIu32 " bytes\n", w->colour ? COLOUR_TITLE : "",
	       name_of(w, event->iface), w->colour ? COLOUR_END : "",
	       (double)(event->time_ns - w->start_ns) / 1e9, event->length);
	if (packet_trace_greeted(trace, event->position))
		print_line(NULL, "received a packet");
	packet_print(event->snap, bytes_of(event), print_line, NULL);
	if (w->chains[event->iface].gen == event->gen) {
		print_verdicts(w, event, trace);
	} else {
		/* Replaced so often since that nobody knows its filters any more. */
		(void)snprintf(filter, sizeof(filter), "#%u", event->position + 1U);
		putchar(' ');
		print_verdict(w, filter, event->verdict);
		puts(" (of a chain that was replaced long since)");
	}
	return ++w->packets == w->stop_after;
}

static int on_event(void *cookie, const struct xlab_event *event)
{
	struct watch *w = cookie;
	struct packet_trace *trace;
	int stop;

	if (event->iface >= w->lab.labfile.topo.n_ifaces || !w->watched[event->iface])
		return 0;
	/* CPUs have numbers, but not all of them need be there. */
	while (event->cpu >= w->n_traces)
		array_add(&w->traces, &w->n_traces, sizeof(*w->traces));
	trace = &w->traces[event->cpu];
	packet_trace_add(trace, event, w->lost_before);
	if (event->kind != XLAB_DECIDED)
		return 0;
	chain_learn(w, event);
	stop = is_wanted(w, event) && print_packet(w, event, trace);
	packet_trace_end(trace);
	return stop;
}

static int open_signals(void)
{
	sigset_t set;

	interrupt_signals(&set);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until the count is reached, a signal comes, nobody reads, or the lab is gone. */
static int watch_loop(struct watch *w, struct error *e)
{
	int FD_AUTO signals = open_signals();
	struct pollfd fds[] = {
		{ .fd = listener_fd(w->listener), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	struct signalfd_siginfo info;
	int err;

	if (signals < 0)
		return error_sys(e, -errno, "cannot wait for signals");
	for (;;) {
		if (poll(fds, ARRAY_SIZE(fds), LAB_LOOK_MS) < 0 && errno != EINTR)
			return error_sys(e, -errno, "cannot wait for events");
		/* The ring was empty at the end of the reading before this one, so what had been
		 * lost at its beginning was lost before any event came that is read now.
		 */
		w->lost_before = w->lost;
		w->lost = listener_lost(w->listener);
		err = listener_consume(w->listener, on_event, w);
		if (err < 0)
			return error_sys(e, err, "cannot read events");
		if (err)
			return 0;
		/* A signal that was read has done its work, and does not end the process besides.
		 */
		if (fds[1].revents && read(signals, &info, sizeof(info)) == sizeof(info))
			return 0;
		if (fflush(stdout) || fds[2].revents)
			return 0;
		if (access(state_lab_dir(w->lab.state), F_OK))
			return error_state(e, -ENOENT, "lab %s went down",
					   state_journal(w->lab.state)->lab);
	}
}

static int subscribe(struct watch *w, size_t iface, struct error *e)
{
	struct error ERROR_AUTO none = ERROR_INIT;
	struct chain_view view = { 0 };

	if (w->watched[iface] || w->lab.labfile.topo.ifaces[iface].lo)
		return 0;
	w->watched[iface] = true;
	/* The chain that stands there now; of one that comes later its first event makes us learn.
	 */
	if (chain_read(&w->lab, iface, &view, &none) == 0)
		warn_of_silent(w, iface, &view.record);
	chain_view_clear(&view);
	return listener_subscribe(w->listener, iface, e);
}

/* The interfaces named, else all of the lab: the @n words, of which the first is @first without its
 * lab.
 */
static int subscribe_all(struct watch *w, const char *first, char *const *words, size_t n,
			 struct error *e)
{
	const struct labfile *labfile = &w->lab.labfile;
	int err = 0;

	for (size_t i = 0; i < (n ? n : labfile->topo.n_ifaces) && !err; i++) {
		size_t iface = i;

		if (n)
			err = resolve_iface(labfile, i ? words[i] : first, &iface, e);
		if (!err)
			err = subscribe(w, iface, e);
	}
	return err;
}

/* How many of the words are interfaces: an expression begins with a word without a colon. */
static size_t count_ifaces(const struct invocation *in)
{
	size_t n = 0;

	while (n < (size_t)in->argc && strchr(in->argv[n], ':'))
		n++;
	return n;
}

static int read_expression(struct watch *w, const struct invocation *in, size_t from,
			   struct error *e)
{
	char *FREE_AUTO expr = NULL;

	for (size_t i = from; i < (size_t)in->argc; i++)
		text_add(&expr, " ", "%s", in->argv[i]);
	if (!expr || !pcap_expr_compile(expr, &w->only, &w->n_only, e))
		return 0;
	return from ? e->err
		    : error_add(
			      e,
			      "what is no NODE:IFACE is an expression of tcpdump (pcap-filter(7))");
}

static int watch_begin(struct watch *w, const struct invocation *in, struct error *e)
{
	size_t n = count_ifaces(in);
	const char *first = NULL;
	int err = read_expression(w, in, n, e);

	if (err)
		return err;
	err = n ? resolve_lab_word(&w->lab, in->argv[0], STATE_READ, "watch", &first, e)
		: resolve_lab(&w->lab, NULL, STATE_READ, "watch", e);

	if (err)
		return err;
	w->chains = xcalloc(w->lab.labfile.topo.n_ifaces, sizeof(*w->chains));
	w->watched = xcalloc(w->lab.labfile.topo.n_ifaces, sizeof(*w->watched));
	err = listener_open(&w->lab, &w->listener, e);
	return err ? err : subscribe_all(w, first, in->argv, n, e);
}

static int watch_run(const struct invocation *in, int *status, struct error *e)
{
	const struct watch_options *options = in->options;
	struct watch w = { .colour = colour_wanted(stdout), .stop_after = options->count };
	struct interrupt_hold hold;
	uint64_t lost;
	int err;

	(void)status;
	interrupt_hold(&hold); /* never released: they end the loop instead */
	err = watch_begin(&w, in, e);
	if (!err) {
		(void)fprintf(stderr, "xlab: watching; Ctrl-C ends it\n");
		err = watch_loop(&w, e);
		lost = listener_lost(w.listener);
		(void)fprintf(stderr, "xlab: %" PRIu32 " packet%s seen, %" PRIu64 " event%s lost\n",
			      w.packets, w.packets == 1 ? "" : "s", lost, lost == 1 ? "" : "s");
	}
	err = resolve_again(&w.lab, err, e);
	listener_close(w.listener);
	for (size_t i = 0; w.chains && i < w.lab.labfile.topo.n_ifaces; i++)
		chain_record_clear(&w.chains[i]);
	free(w.chains);
	free(w.watched);
	free(w.traces);
	free(w.only);
	lab_close(&w.lab);
	return err;
}

const struct command cmd_watch = {
	.name = "watch",
	.arguments = "[[LAB/]NODE:IFACE...] [EXPRESSION]",
	.summary = "Show packets as chains see them: headers, then each filter's verdict",
	.details = "Of all interfaces of the lab, or of those named; the first name says which lab.\n"
		   "With an EXPRESSION of tcpdump, as in `udp port 53`, only those that it selects, as far\n"
		   "as their first 128 bytes tell.\n"
		   "Any number of watches and scenarios see every packet, up to 8 at once.",
	.options = {
		{ "--count", "end after N packets",
		  OPTION_INTO(struct watch_options, count), .argument = "N", .min = 1,
		  .max = UINT32_MAX, .unit = "packets" },
	},
	.max_args = -1,
	.completes = { "NODE:IFACE" },
	.needs_root = true,
	.run = watch_run,
};
