// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `xlab watch` shows of events, says beside them, and when it ends; the lab, its chains and
 * their events are given here.
 *
 *      a (e0, e1) ==== (e0, e1) b
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/cmd/commands.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/pcap_expr.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/util/table.h"
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

static const char text[] = "[lab]\nname = l\n[node a]\n[node b]\n"
			   "[iface a:e0]\npeer = b:e0\n[iface b:e0]\npeer = a:e0\n"
			   "[iface a:e1]\npeer = b:e1\n[iface b:e1]\npeer = a:e1\n[iface "
			   "a:lo]\naddress = 10.9.9.9/32\n"
			   "[filter web]\nprogram = port\ndst = 80\n"
			   "[filter noted]\nprogram = port\ndst = 53\ncontinue = drop\n"
			   "[filter mine]\nprogram = x.o\n[filter yours]\nprogram = y.o\n";

enum { A0, B0, A1, B1, LO, BEYOND };

/* Events that are there at once; @lost in all when they are read. What they do not say is as in
 * a_packet.
 */
struct round {
	uint64_t lost;
	struct xlab_event events[4];
};

static const struct xlab_event a_packet = {
	.time_ns = 5000000000,
	.length = 60,
	.snapped = 14,
	.snap = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 },
};

static struct xlab_event whole(struct xlab_event event)
{
	event.time_ns += a_packet.time_ns;
	event.length = event.length ? event.length : a_packet.length;
	event.snapped = event.snapped ? event.snapped : a_packet.snapped;
	for (size_t i = 0; i < sizeof(event.snap); i++)
		event.snap[i] |= a_packet.snap[i];
	return event;
}

static const struct round *rounds;
static size_t n_rounds, round_at;
static int consume_err, ready[2];
static bool colour, done;
static enum {
	READY,
	STOPPED,
	LATE
} next_poll;	    /* it ends without a signal, or for no other reason */
static char *calls; /* what was asked for */

#define CALLED(...) text_add(&calls, ", ", __VA_ARGS__)

static int open_lab(struct lab *lab, struct error *e)
{
	*lab = (struct lab){ 0 };
	return fails_at("lab") ? error_state(e, -ENOENT, "no lab")
			       : labfile_parse(&lab->labfile, "/l.ini", "/", text, strlen(text), e);
}

WRAP(int, resolve_lab, struct lab *lab, const char *name, enum state_lock lock, const char *command,
     struct error *e)
{
	assert_null(name);
	assert_int_equal(lock, STATE_READ);
	CALLED("%s", command);
	return open_lab(lab, e);
}

WRAP(int, resolve_lab_word, struct lab *lab, const char *word, enum state_lock lock,
     const char *command, const char **rest, struct error *e)
{
	assert_int_equal(lock, STATE_READ);
	CALLED("%s %s", command, word);
	*rest = strchr(word, '/') ? strchr(word, '/') + 1 : word;
	return open_lab(lab, e);
}

WRAP(int, resolve_again, const struct lab *lab, int err, struct error *e)
{
	(void)lab;
	(void)e;
	CALLED("again %d", err);
	return err;
}

WRAP(const char *, state_lab_dir, const struct state *st)
{
	(void)st;
	return round_at < n_rounds ? "/" : "/nonexistent";
}

WRAP(const struct journal *, state_journal, const struct state *st)
{
	static const struct journal journal = { .lab = (char *)"l" };

	(void)st;
	return &journal;
}

WRAP(bool, colour_wanted, FILE *out)
{
	assert_ptr_equal(out, stdout);
	return colour;
}

WRAP(int, listener_open, const struct lab *lab, struct listener **out, struct error *e)
{
	assert_int_equal(lab->labfile.topo.n_nodes, 2);
	if (fails_at("listener"))
		return error_state(e, -EBUSY, "too many listeners");
	*out = (struct listener *)"listener";
	return 0;
}

WRAP(int, listener_subscribe, struct listener *l, size_t iface, struct error *e)
{
	(void)l;
	CALLED("%zu", iface);
	return fails_at("subscribe") ? error_state(e, -EIO, "no subscription") : 0;
}

WRAP(int, listener_fd, const struct listener *l)
{
	assert_string_equal((const char *)l, "listener");
	return ready[0];
}

WRAP(uint64_t, listener_lost, const struct listener *l)
{
	(void)l;
	return n_rounds ? rounds[round_at < n_rounds ? round_at : n_rounds - 1].lost : 0;
}

WRAP(int, listener_consume, struct listener *l,
     int (*fn)(void *cookie, const struct xlab_event *event), void *cookie)
{
	int stop = consume_err;

	(void)l;
	assert_false(done); /* nobody reads on behind the end */
	for (size_t i = 0; round_at < n_rounds && !stop && i < ARRAY_SIZE(rounds->events); i++) {
		struct xlab_event event = whole(rounds[round_at].events[i]);

		if (event.kind)
			stop = fn(cookie, &event);
	}
	done = stop;
	round_at += !stop;
	return stop;
}

WRAP(void, listener_close, struct listener *l)
{
	CALLED("%s", l ? "closed" : "none");
}

/* A chain by its generation: the first ones of the inline engine, others of libxdp. */
static int chain_of(uint32_t gen, struct chain_record *record)
{
	static const struct {
		const char *filters[2];
		enum engine_choice engine;
	} chains[] = {
		[1] = { { "hello", "web" }, ENGINE_INLINE },
		[2] = { { "noted", "mine" }, ENGINE_INLINE },
		[3] = { { "noted", "web" }, ENGINE_INLINE },
		[4] = { { "noted", "gone" }, ENGINE_INLINE },
		[5] = { { "noted", "mine" }, ENGINE_LIBXDP },
		[6] = { { "mine", "yours" }, ENGINE_LIBXDP },
		[7] = { { "mine", "noted" }, ENGINE_LIBXDP },
	};

	*record = (struct chain_record){ 0 };
	if (gen >= ARRAY_SIZE(chains))
		return -ENOENT;
	record->gen = gen;
	record->engine = chains[gen].engine;
	record->filters = xcalloc(2, sizeof(*record->filters));
	for (; record->n_filters < 2; record->n_filters++)
		record->filters[record->n_filters] =
			xstrdup(chains[gen].filters[record->n_filters]);
	return 0;
}

WRAP(int, chain_recall, const struct lab *lab, size_t iface, uint32_t gen,
     struct chain_record *record, struct error *e)
{
	(void)lab;
	(void)e;
	CALLED("%zu has %u", iface, gen);
	return chain_of(gen, record);
}

static uint32_t standing; /* the generation of the chain at b:e0 */

WRAP(int, chain_read, const struct lab *lab, size_t iface, struct chain_view *view, struct error *e)
{
	(void)lab;
	*view = (struct chain_view){ 0 };
	if (fails_at("chain"))
		return error_state(e, -EIO, "no chain");
	return iface == B0 && standing ? chain_of(standing, &view->record) : 0;
}

WRAP(int, pcap_expr_compile, const char *expr, struct sock_filter **insns, size_t *n,
     struct error *e)
{
	CALLED("\"%s\"", expr);
	if (fails_at("compile"))
		return error_input(e, "a wrong expression");
	*insns = xcalloc(1, sizeof(**insns));
	*n = 77;
	return 0;
}

WRAP(int, pcap_expr_selects, const struct sock_filter *insns, size_t n, const uint8_t *bytes,
     size_t size, size_t length)
{
	assert_true(insns && n == 77);
	CALLED("%zu of %zu", size, length);
	return bytes[size - 1] != 0xff;
}

int __real_poll(struct pollfd *fds, nfds_t n, int timeout);
WRAP(int, poll, struct pollfd *fds, nfds_t n, int timeout)
{
	if (fails_at("poll"))
		return -1;
	if (next_poll == READY)
		return __real_poll(fds, n, timeout);
	errno = next_poll == STOPPED ? EINTR : 0;
	next_poll = READY;
	return errno ? -1 : 0;
}

/* What was written to @fd. */
static char *said(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *all = xcalloc(1, (size_t)size + 1);

	assert_int_equal(pread(fd, all, (size_t)size, 0), size);
	return all;
}

/* A descriptor has another's place, and @back is where its own is meanwhile. */
static void lend(FILE *file, int fd, int *back)
{
	assert_int_equal(fflush(file), 0);
	*back = dup(fileno(file));
	assert_true(*back >= 0 && dup2(fd, fileno(file)) >= 0);
}

static void give_back(FILE *file, int back)
{
	(void)fflush(file);
	clearerr(file);
	assert_true(dup2(back, fileno(file)) >= 0);
	close(back);
}

static int run(const char *words, int out, int err, struct error *e)
{
	const struct command *watch = command_find(commands, "watch");
	char *FREE_AUTO line = xstrdup(words), *argv[8] = { 0 };
	struct invocation in;
	bool help = false;
	int outs, errs, result, status = 0;
	size_t n = 0;
	sigset_t before;

	for (char *save, *word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[n++] = word;
	free(calls);
	calls = NULL;
	round_at = 0;
	done = false;
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	lend(stdout, out, &outs);
	lend(stderr, err, &errs);
	result = invocation_read(&in, commands, watch, argv, &help, e);
	if (!result)
		result = watch->run(&in, &status, e);
	give_back(stdout, outs);
	give_back(stderr, errs);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	invocation_clear(&in);
	assert_int_equal(status, 0);
	return result;
}

/* What is printed, what is said beside it, and what watch asked for; @why: the error, or NULL. */
static void watched(const char *words, const char *shown, const char *told, const char *asked,
		    const char *why)
{
	int FD_AUTO out = memfd_create("out", MFD_CLOEXEC),
		    FD_AUTO err = memfd_create("err", MFD_CLOEXEC);
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO outs = NULL, *FREE_AUTO errs = NULL;
	int result = run(words, out, err, &e);

	outs = said(out);
	errs = said(err);
	assert_string_equal(e.text ? e.text : "", why ? why : "");
	assert_string_equal(outs, shown);
	assert_string_equal(errs, told);
	assert_string_equal(calls ? calls : "", asked);
	assert_int_equal(result, why ? e.err : 0);
	assert_string_equal(e.text ? e.text : "", why ? why : "");
}

#define HEAD(iface)  iface "  +0.000000 s  60 bytes\n"
#define LATER(iface) iface "  +0.250000 s  60 bytes\n"
#define ETH	     "  EthHdr: src: 02:00:00:00:00:01 => dst: 02:00:00:00:00:02 (0x88b5)\n"
#define BEGIN	     "xlab: watching; Ctrl-C ends it\n"
#define ALL	     "watch, 0, 1, 2, 3"
#define GONE	     ", again -2, closed"
#define SILENT(iface, filters)                          \
	"xlab: " iface ": packets that end at " filters \
	" cannot be shown with libxdp; engine = inline shows all\n"
#define SEEN(packets, events) "xlab: " packets " seen, " events " lost\n"

/* Of this generation, at the interface's filter of this number, or at the end. */
#define EVENT(what, generation, iface_nr, number, says, ...)                                    \
	{                                                                                       \
		.gen = (generation), .iface = (iface_nr), .position = (number), .kind = (what), \
		.verdict = (says), ##__VA_ARGS__                                                \
	}
#define DECIDED(...) EVENT(XLAB_DECIDED, __VA_ARGS__)
#define WENT_ON(...) EVENT(XLAB_WENT_ON, __VA_ARGS__)

static void set_rounds(const struct round *these, size_t n)
{
	rounds = these;
	n_rounds = n;
}

/* Until the lab is gone. */
static void what_is_shown(void **state)
{
	static const struct {
		const char *words;
		struct round rounds[3];
		size_t n;
		const char *shown, *told, *asked;
	} cases[] = {
		{ "", { { 0 } }, 1, "", BEGIN SEEN("0 packets", "0 events"), ALL GONE },
		/* decided by the second, and by none */
		{ "",
		  { { 1,
		      { EVENT(XLAB_HELLO, 1, A0, 0, 0), DECIDED(1, A0, 1, XDP_DROP),
			DECIDED(1, A0, 2, XLAB_NEXT, .time_ns = 250000000) } } },
		  1,
		  HEAD("a:e0") "  received a packet\n" ETH "  hello=next web=drop\n" LATER("a:e0")
			  ETH "  hello=next web=next => came through\n",
		  BEGIN SEEN("2 packets", "1 event"),
		  ALL ", 0 has 1" GONE },
		{ "",
		  { { 0, { DECIDED(1, A1, 0, XDP_TX) } } },
		  1,
		  HEAD("a:e1") ETH "  hello=tx\n",
		  BEGIN SEEN("1 packet", "0 events"),
		  ALL ", 2 has 1" GONE },
		/* one that does not keep silent, while events are lost */
		{ "",
		  { { 0, { WENT_ON(3, B0, 0, XDP_DROP), DECIDED(3, B0, 1, XDP_PASS) } },
		    { 2,
		      { WENT_ON(3, B0, 0, XDP_DROP), DECIDED(3, B0, 1, XDP_PASS),
			DECIDED(3, B0, 1, XDP_PASS) } },
		    { 2,
		      { WENT_ON(3, B0, 0, XDP_DROP), DECIDED(3, B0, 1, XDP_PASS),
			DECIDED(3, B0, 1, XDP_PASS) } } },
		  3,
		  HEAD("b:e0") ETH "  noted=drop web=pass\n" HEAD("b:e0") ETH
		  "  noted=? web=pass\n" HEAD("b:e0") ETH "  noted=? web=pass\n" HEAD("b:e0") ETH
		  "  noted=drop web=pass\n" HEAD("b:e0") ETH "  noted=next web=pass\n",
		  BEGIN SEEN("5 packets", "2 events"),
		  ALL ", 1 has 3" GONE },
		/* one that tells nothing leaves open what the others said, and where packets ended
		 */
		{ "",
		  { { 0, { WENT_ON(5, A0, 0, XDP_DROP), DECIDED(5, A0, 2, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  noted=? mine=? => came through\n",
		  BEGIN SILENT("a:e0", "mine") SEEN("1 packet", "0 events"),
		  ALL ", 0 has 5" GONE },
		{ "",
		  { { 0, { WENT_ON(2, A0, 0, XDP_DROP), DECIDED(2, A0, 2, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  noted=drop mine=pass => came through\n",
		  BEGIN SEEN("1 packet", "0 events"),
		  ALL ", 0 has 2" GONE },
		{ "",
		  { { 0, { DECIDED(6, A0, 2, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  mine=? yours=? => came through\n",
		  BEGIN SILENT("a:e0", "mine, yours") SEEN("1 packet", "0 events"),
		  ALL ", 0 has 6" GONE },
		{ "",
		  { { 0, { WENT_ON(4, A0, 0, XDP_DROP), DECIDED(4, A0, 2, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  noted=? gone=? => came through\n",
		  BEGIN SILENT("a:e0", "gone") SEEN("1 packet", "0 events"),
		  ALL ", 0 has 4" GONE },
		{ "",
		  { { 0, { WENT_ON(7, A0, 1, XDP_DROP), DECIDED(7, A0, 2, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  mine=? noted=? => came through\n",
		  BEGIN SILENT("a:e0", "mine") SEEN("1 packet", "0 events"),
		  ALL ", 0 has 7" GONE },
		/* no chain has a filter there */
		{ "",
		  { { 0, { DECIDED(1, A0, 5, XLAB_NEXT) } } },
		  1,
		  HEAD("a:e0") ETH "  hello=next web=next => came through\n",
		  BEGIN SEEN("1 packet", "0 events"),
		  ALL ", 0 has 1" GONE },
		/* a chain that nobody knows, and another in its place */
		{ "",
		  { { 0,
		      { DECIDED(1, A0, 0, XDP_DROP), DECIDED(9, A0, 1, XDP_DROP),
			DECIDED(3, A0, 0, XDP_DROP), DECIDED(3, A0, 0, XDP_DROP) } } },
		  1,
		  HEAD("a:e0") ETH "  hello=drop\n" HEAD("a:e0") ETH
		  "  #2=drop (of a chain that was replaced long since)\n" HEAD("a:e0") ETH
		  "  noted=drop\n" HEAD("a:e0") ETH "  noted=drop\n",
		  BEGIN SEEN("4 packets", "0 events"),
		  ALL ", 0 has 1, 0 has 9, 0 has 3" GONE },
		/* each CPU is at a packet of its own */
		{ "",
		  { { 0,
		      { WENT_ON(3, A0, 0, XDP_DROP, .cpu = 2), WENT_ON(3, A0, 0, XDP_DROP),
			DECIDED(3, A0, 1, XDP_PASS, .cpu = 2), DECIDED(3, A0, 1, XDP_TX) } } },
		  1,
		  HEAD("a:e0") ETH "  noted=drop web=pass\n" HEAD("a:e0") ETH
		  "  noted=drop web=tx\n",
		  BEGIN SEEN("2 packets", "0 events"),
		  ALL ", 0 has 3" GONE },
		/* interfaces by name, each once */
		{ "l/a:e0 b:e0 a:e0",
		  { { 0,
		      { DECIDED(1, A0, 0, XDP_DROP), DECIDED(1, A1, 0, XDP_DROP),
			DECIDED(1, BEYOND, 0, XDP_DROP), DECIDED(1, B0, 0, XDP_PASS) } } },
		  1,
		  HEAD("a:e0") ETH "  hello=drop\n" HEAD("b:e0") ETH "  hello=pass\n",
		  BEGIN SEEN("2 packets", "0 events"),
		  "watch l/a:e0, 0, 1, 0 has 1, 1 has 1" GONE },
		/* an expression */
		{ "udp port 7",
		  { { 0,
		      { DECIDED(1, A0, 0, XDP_DROP, .snapped = 500, .length = 1000),
			DECIDED(1, A0, 0, XDP_DROP, .snap[13] = 0xff),
			DECIDED(1, A0, 0, XDP_PASS) } } },
		  1,
		  "a:e0  +0.000000 s  1000 bytes\n" ETH "  hello=drop\n" HEAD("a:e0") ETH
		  "  hello=pass\n",
		  BEGIN SEEN("2 packets", "0 events"),
		  "\"udp port 7\", " ALL ", 0 has 1, 128 of 1000, 14 of 60, 14 of 60" GONE },
		{ "l/a:e0 tcp",
		  { { 0 } },
		  1,
		  "",
		  BEGIN SEEN("0 packets", "0 events"),
		  "\"tcp\", watch l/a:e0, 0" GONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_rounds(cases[i].rounds, cases[i].n);
		watched(cases[i].words, cases[i].shown, cases[i].told, cases[i].asked,
			"lab l went down");
	}
}

static const struct round two[] = {
	{ 0, { DECIDED(1, A0, 0, XDP_DROP), DECIDED(1, A0, 2, XLAB_NEXT) } }
};

/* What went on is green, the rest is red. */
static void in_colour(void **state)
{
#define BOLD_HEAD   COLOUR_TITLE "a:e0" COLOUR_END "  +0.000000 s  60 bytes\n"
#define RED(word)   COLOUR_BAD word COLOUR_END
#define GREEN(word) COLOUR_GOOD word COLOUR_END
	static const struct round passed[] = { { 0, { DECIDED(1, A0, 1, XDP_PASS) } } };

	(void)state;
	colour = true;
	set_rounds(two, 1);
	watched("",
		BOLD_HEAD ETH "  hello=" RED("drop") "\n" BOLD_HEAD ETH "  hello=" GREEN(
			"next") " web=" GREEN("next") " => came through\n",
		BEGIN SEEN("2 packets", "0 events"), ALL ", 0 has 1" GONE, "lab l went down");
	set_rounds(passed, 1);
	watched("", BOLD_HEAD ETH "  hello=" GREEN("next") " web=" GREEN("pass") "\n",
		BEGIN SEEN("1 packet", "0 events"), ALL ", 0 has 1" GONE, "lab l went down");
	colour = false;
}

/* The chain that stands there is told of at once. */
static void who_is_silent_is_said_before_any_packet(void **state)
{
	(void)state;
	standing = 5;
	n_rounds = 0;
	watched("", "", SILENT("b:e0", "mine") BEGIN SEEN("0 packets", "0 events"), ALL GONE,
		"lab l went down");
	fails = "chain";
	watched("", "", BEGIN SEEN("0 packets", "0 events"), ALL GONE, "lab l went down");
	fails = NULL;
	standing = 0;
}

static void when_it_ends(void **state)
{
	int FD_AUTO full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct error ERROR_AUTO e = ERROR_INIT;
	sigset_t before, some;
	int ends[2];

	(void)state;
	/* by its count, though more is there */
	set_rounds(two, 1);
	watched("--count 1", HEAD("a:e0") ETH "  hello=drop\n", BEGIN SEEN("1 packet", "0 events"),
		ALL ", 0 has 1, again 0, closed", NULL);
	watched("--count 3",
		HEAD("a:e0") ETH "  hello=drop\n" HEAD("a:e0") ETH
		"  hello=next web=next => came through\n",
		BEGIN SEEN("2 packets", "0 events"), ALL ", 0 has 1" GONE, "lab l went down");
	/* not by being stopped and let go on, nor by having waited */
	for (int i = STOPPED; i <= LATE; i++) {
		next_poll = i;
		watched("--count 1", HEAD("a:e0") ETH "  hello=drop\n",
			BEGIN SEEN("1 packet", "0 events"), ALL ", 0 has 1, again 0, closed", NULL);
		assert_int_equal(next_poll, READY);
	}
	/* by a signal, which is gone then */
	(void)sigemptyset(&some);
	(void)sigaddset(&some, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &some, &before);
	assert_int_equal(raise(SIGTERM), 0);
	n_rounds = 0;
	watched("", "", BEGIN SEEN("0 packets", "0 events"), ALL ", again 0, closed", NULL);
	assert_int_equal(sigpending(&some), 0);
	assert_false(sigismember(&some, SIGTERM));
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	/* when nobody reads, or can */
	assert_true(full >= 0 && !pipe2(ends, O_CLOEXEC));
	close(ends[0]);
	n_rounds = 0;
	assert_int_equal(run("", ends[1], full, &e), 0);
	close(ends[1]);
	set_rounds(two, 1);
	assert_int_equal(run("", full, full, &e), 0);
}

static void what_fails(void **state)
{
	static const struct {
		const char *fails, *words, *why, *asked;
	} cases[] = {
		{ "lab", "", "no lab", "watch, again -2, none" },
		{ "lab", "l/a:e0", "no lab", "watch l/a:e0, again -2, none" },
		{ "listener", "", "too many listeners", "watch, again -16, none" },
		{ "subscribe", "a:e0 b:e0", "no subscription", "watch a:e0, 0, again -5, closed" },
		{ "compile", "udp",
		  "a wrong expression\n"
		  "what is no NODE:IFACE is an expression of tcpdump (pcap-filter(7))",
		  "\"udp\", again -22, none" },
		{ "compile", "a:e0 udp", "a wrong expression", "\"udp\", again -22, none" },
	};

	(void)state;
	set_rounds(two, 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		fails = cases[i].fails;
		watched(cases[i].words, "", "", cases[i].asked, cases[i].why);
	}
	fails = "poll";
	watched("", "", BEGIN SEEN("0 packets", "0 events"), ALL ", again -1, closed",
		"cannot wait for events: Operation not permitted");
	fails = NULL;
	consume_err = -EIO;
	watched("", "", BEGIN SEEN("0 packets", "0 events"), ALL ", again -5, closed",
		"cannot read events: Input/output error");
	consume_err = 0;
	watched("a:e0 b:e9", "", "", "watch a:e0, 0, again -22, closed",
		"lab l has no interface b:e9; did you mean \"b:e0\"?");
}

/* There is something to read at each time. */
static int up(void **state)
{
	(void)state;
	return pipe2(ready, O_CLOEXEC) || write(ready[1], "!", 1) != 1;
}

static int down(void **state)
{
	(void)state;
	free(calls);
	close(ready[0]);
	return close(ready[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_shown),
		cmocka_unit_test(in_colour),
		cmocka_unit_test(who_is_silent_is_said_before_any_packet),
		cmocka_unit_test(when_it_ends),
		cmocka_unit_test(what_fails),
	};

	return cmocka_run_group_tests_name("watch", tests, up, down);
}
