// SPDX-License-Identifier: GPL-2.0-or-later
/* A chain that is instrumented does what it does without, and tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/linker/trace.h"
#include "tests/engine/rig.h"
#include "tests/filters/frame.h"

#define ODD(name)     "[filter " #name "]\nprogram = OBJECTS/odd.bpf.o:" #name "\n"
#define LINES(name)   "[filter " #name "]\nprogram = OBJECTS/lines.bpf.o:" #name "\n"
#define STOCK(name)   "[filter " #name "]\nprogram = /usr/lib/x86_64-linux-gnu/bpf/" #name ".o\n"
#define ON(name, end) "[filter " #name "]\nprogram = OBJECTS/" end "\n"

/* clang-format off */
static const char filters[] =
	"[filter hi]\nprogram = hello\n[filter show]\nprogram = headers\n"
	"[filter p1]\nprogram = port\nproto = udp\ndst = 1001\n"
	"[filter tx4]\nprogram = port\nproto = udp\ndst = 1004\naction = tx\n"
	"[filter pass5]\nprogram = port\nproto = udp\ndst = 1005\naction = pass\n"
	"[filter six]\nprogram = ip\nsrc = fd00::/16\n[filter net]\nprogram = ip\nsrc = 10.0.0.0/8\n"
	"[filter mac]\nprogram = ether\nsrc = de:ad:be:ef:00:10\naction = aborted\n"
	"[filter fields]\nprogram = match\nip.ttl = 60-64\nudp.dstport = 1002 8888 !9\neth.src = !02:00:00:00:00:07\n"
	"[filter bytes]\nprogram = match\ndata[0:4] = \"hell\"\naction = pass\n"
	"[filter expr]\nprogram = pcap\nexpr = udp port 1001 or (ip6 and not icmp6) or ether[40] = 7\n"
	"[filter longer]\nprogram = pcap\nexpr = ip[0] & 0xf > 5 or ip[2:2] - ((ip[0] & 0xf) << 2) > 90\n"
	"action = pass\n[filter never]\nprogram = pcap\nexpr = len < 14\naction = aborted\n"
	"[filter onward]\nprogram = drop\ncontinue = pass drop\n"
	"[filter away]\nprogram = redirect\nto = right:r0\n[filter back]\nprogram = tx\n"
	"[filter no]\nprogram = drop\n"
	"[filter f2]\nprogram = OBJECTS/odd.bpf.o:functions\nset.verdict = 1\n"
	"[filter none]\nprogram = OBJECTS/odd.bpf.o:functions\nset.verdict = 31\n"
	LINES(lines) LINES(crowded) LINES(no_room) LINES(wide) LINES(wider)
	ODD(functions) ODD(pointer) ODD(locking) ODD(callbacks) ODD(idle) ODD(half_idle) ODD(timing)
	ODD(shorten) ODD(push) ODD(meta) ODD(saw_meta) ODD(printing) ODD(stack) ODD(less_deep)
	ODD(deep) ODD(three) ODD(four) ODD(fragments) ODD(data)
	ON(tails, "tail.bpf.o:tail_caller") ON(jumper, "siblings.bpf.o:jumper")
	ON(older, "siblings.bpf.o:older") ON(typeless, "typeless.bpf.o") ON(both, "bothmaps.bpf.o:judge")
	ON(core, "core.bpf.o") ON(bare, "bare.bpf.o") ON(closed, "closed.bpf.o");

static const char stock[] =
	STOCK(xdpfilt_alw_all) STOCK(xdpfilt_alw_eth) STOCK(xdpfilt_alw_ip) STOCK(xdpfilt_alw_tcp)
	STOCK(xdpfilt_alw_udp) STOCK(xdpfilt_dny_all) STOCK(xdpfilt_dny_eth) STOCK(xdpfilt_dny_ip)
	STOCK(xdpfilt_dny_tcp) STOCK(xdpfilt_dny_udp);
/* clang-format on */

static const char *const chains[] = {
	"hi show p1 tx4 pass5 no",
	"onward show six net mac back",
	"onward p1 away",
	"six tx4 onward onward",
	"mac",
	"fields hi lines",
	"hi bytes fields",
	"hi expr p1",
	"never longer expr expr lines",
	"lines hi",
	"hi lines lines lines",
	"crowded hi",
	"no_room hi",
	"hi crowded no_room",
	"functions f2",
	"none hi functions",
	"pointer hi",
	"data hi data",
	"locking locking p1",
	"callbacks p1",
	"idle p1",
	"half_idle hi",
	"hi idle four half_idle idle p1",
	"timing hi p1",
	"shorten shorten hi lines",
	"push shorten p1",
	"meta hi saw_meta p1",
	"printing p1",
	"stack hi",
	"less_deep hi",
	"hi deep p1",
	"four three four three p1",
	"fragments hi",
	"tails hi",
	"jumper hi",
	"hi older",
	"hi typeless",
	"both hi",
	"core p1",
	"bare p1",
	"closed",
	"xdpfilt_dny_all xdpfilt_dny_udp hi",
	"xdpfilt_dny_eth xdpfilt_dny_ip xdpfilt_dny_tcp xdpfilt_alw_all",
	"xdpfilt_alw_eth",
	"xdpfilt_alw_ip",
	"xdpfilt_alw_tcp",
	"xdpfilt_alw_udp",
};

#define FULL_STACK 612 /* kernels since then let a called filter have all of it */

static struct frame *frames;
static size_t n_frames;

struct outcome {
	uint32_t verdict, size;
	uint8_t bytes[2048];
};

static void run(int fd, const struct frame *f, size_t len, struct outcome *o)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->bytes, .data_size_in = (__u32)len,
		    .data_out = o->bytes, .data_size_out = sizeof(o->bytes));

	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	o->verdict = opts.retval;
	o->size = opts.data_size_out;
}

static int load(struct lab *lab, const char *names, struct trace *trace)
{
	struct chain_config chain = { .iface = rig_end(lab) };
	ERROR_AUTO struct error e = ERROR_INIT;
	char **STRINGS_AUTO words = NULL;
	char name[NAME_MAX_LEN + 1];
	int fd = -1;

	while (text_word(&names, name, sizeof(name)) == 1)
		*(char **)array_add(&words, &chain.n_filters, sizeof(*words)) = strdup(name);
	*(char **)array_add(&words, &(size_t){ chain.n_filters }, sizeof(*words)) = NULL;
	chain.filters = words;
	if (chain_load_traced(lab, &chain, trace, &fd, &e))
		fail_msg("%s", e.text);
	return fd;
}

static void check_same(int plain, int traced, const char *chain, const struct frame *f, size_t len)
{
	static struct outcome before, after;

	run(plain, f, len, &before);
	run(traced, f, len, &after);
	if (before.verdict != after.verdict || before.size != after.size ||
	    memcmp(before.bytes, after.bytes, before.size) != 0)
		fail_msg("%s: a frame of %zu bytes gets %u, and %u when instrumented", chain, len,
			 before.verdict, after.verdict);
}

/* Of filters that come with xlab, and of what is between filters, no lines are told. */
static void check_objects(const struct lab *lab, const char *names, const struct trace *t)
{
	bool objects[16];
	char name[NAME_MAX_LEN + 1];
	size_t n = 0;

	while (text_word(&names, name, sizeof(name)) == 1)
		objects[n++] = lab->labfile.filters[labfile_filter(&lab->labfile, name)].program ==
			       PROGRAM_OBJECT;
	for (size_t i = 0; i < t->n; i++)
		assert_true(t->points[i].filter < n && objects[t->points[i].filter]);
}

/* Every frame, and each of them cut short anywhere. */
static void test_same(void **state)
{
	struct lab *lab = *state;

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		struct trace trace = TRACE_NONE;
		FD_AUTO int plain = -1, traced = -1;

		if (strstr(chains[i], "no_room") && rig_kernel() < FULL_STACK)
			continue;
		rig_must_chain(lab, chains[i]);
		plain = bpf_prog_get_fd_by_id(rig_attached(lab, "right", "r0"));
		trace.level = TRACE_BRANCHES;
		traced = load(lab, chains[i], &trace);
		assert_int_equal(trace.level, TRACE_BRANCHES);
		check_objects(lab, chains[i], &trace);
		for (size_t f = 0; f < n_frames; f++)
			for (size_t len = 14; len <= frames[f].len; len += len < 100 ? 1 : 61)
				check_same(plain, traced, chains[i], &frames[f], len);
		trace_clear(&trace);
	}
}

/* How often the line ran that has @mark as a comment, by the points of its kind; -1: it has none.
 */
static long ran(const struct trace *t, const char *mark, enum trace_point_kind kind)
{
	FREE_AUTO char *comment = text_format("%s */", mark);
	long most = -1;

	for (size_t i = 0; i < t->n; i++)
		if (t->points[i].kind == kind && strstr(t->points[i].text, comment) &&
		    (long)t->cells->counts[i] > most)
			most = (long)t->cells->counts[i];
	return most;
}

static void run_port(int fd, uint16_t port, size_t len)
{
	static struct outcome o;
	struct frame f;

	rig_frame(f.bytes, len, port);
	run(fd, &f, len, &o);
}

/* Each begins once, the filter's own with its first instruction; no other point has a name. */
static void check_functions(const struct trace *t)
{
	size_t lines = 0, sized = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct trace_point *p = &t->points[i];

		if (!p->function)
			continue;
		assert_int_equal(p->kind, POINT_LINE);
		lines += !strcmp(p->function, "lines") && !p->insn;
		sized += !strcmp(p->function, "sized") && p->insn;
		assert_true(lines + sized <= 2);
	}
	assert_int_equal(lines, 1);
	assert_int_equal(sized, 1);
}

static void test_points(void **state)
{
	struct trace trace = { .fd = -1, .level = TRACE_BRANCHES };
	FD_AUTO int fd = load(*state, "hi lines no", &trace);

	run_port(fd, 1001, 64);
	assert_int_equal(trace.cells->filters[0].asked, 1);
	assert_int_equal(trace.cells->filters[0].verdict, XLAB_NEXT);
	assert_int_equal(trace.cells->filters[1].asked, 1);
	assert_int_equal(trace.cells->filters[1].verdict, XDP_TX);
	assert_int_equal(trace.cells->filters[2].asked, 0);
	assert_int_equal(ran(&trace, "always", POINT_LINE), 1);
	assert_int_equal(ran(&trace, "LINE tx", POINT_LINE), 1);
	assert_int_equal(ran(&trace, "LINE sized", POINT_LINE), 0);
	run_port(fd, 1000, 64);
	run_port(fd, 1000, 64);
	run_port(fd, 1000, 101);
	assert_int_equal(trace.cells->filters[1].verdict, XDP_DROP);
	assert_int_equal(ran(&trace, "always", POINT_LINE), 4);
	assert_int_equal(ran(&trace, "LINE loop", POINT_LINE), 4); /* which clang unrolls */
	assert_int_equal(ran(&trace, "LINE tx", POINT_LINE), 1);
	assert_int_equal(ran(&trace, "LINE sized", POINT_LINE), 3);
	assert_int_equal(ran(&trace, "LINE sized", POINT_STAYED) +
				 ran(&trace, "LINE sized", POINT_JUMPED),
			 3);
	assert_true(ran(&trace, "LINE sized", POINT_JUMPED) % 3 != 0);
	check_functions(&trace);
	trace_clear(&trace);
}

/* Where each register is needed two are put away for as long, if there is stack for them. */
static void test_crowded(void **state)
{
	struct trace trace = { .fd = -1, .level = TRACE_BRANCHES };
	FD_AUTO int fd = load(*state, "crowded", &trace), other = -1;
	size_t all;

	assert_int_equal(trace.uncounted, 0);
	all = trace.n;
	run_port(fd, 1000, 64);
	for (size_t i = 0; i < trace.n; i++)
		if (strstr(trace.points[i].text, "FULL") && trace.points[i].kind != POINT_LINE)
			assert_int_equal(trace.cells->counts[i],
					 trace.points[i].kind == POINT_STAYED);
	trace_clear(&trace);
	if (rig_kernel() < FULL_STACK)
		return;
	trace.level = TRACE_BRANCHES;
	other = load(*state, "no_room", &trace);
	assert_int_equal(trace.level, TRACE_BRANCHES);
	assert_true(trace.uncounted > 0);
	assert_int_equal(trace.n + trace.uncounted, all);
	trace_clear(&trace);
}

/* What is tail-called counts, too, once it stands in its array: maps are made with lab->calls. */
static void test_called(void **state)
{
	struct calls_trace calls = { .level = TRACE_BRANCHES };
	struct lab *lab = *state;
	struct trace trace = { .fd = -1, .level = TRACE_BRANCHES };
	FD_AUTO int fd = -1;

	lab->calls = &calls;
	fd = load(lab, "hi tails", &trace);
	lab->calls = NULL;
	assert_int_equal(calls.n, 1);
	assert_string_equal(calls.calls[0].program, "tail_target");
	assert_int_equal(calls.calls[0].trace.level, TRACE_BRANCHES);
	run_port(fd, 1000, 64);
	run_port(fd, 1000, 64);
	assert_int_equal(trace.cells->filters[1].verdict, XDP_DROP);
	assert_int_equal(ran(&trace, "TAIL caller", POINT_LINE), 2);
	assert_int_equal(ran(&trace, "TAIL missed", POINT_LINE), 0);
	assert_int_equal(ran(&calls.calls[0].trace, "TAIL target", POINT_LINE), 2);
	trace_forget(&calls.calls[0].trace);
	assert_int_equal(ran(&calls.calls[0].trace, "TAIL target", POINT_LINE), 0);
	trace_clear(&trace);
	calls_trace_clear(&calls);
}

static void check_level(struct lab *lab, const char *chain, enum trace_level level)
{
	struct trace trace = { .fd = -1, .level = TRACE_BRANCHES };
	FD_AUTO int fd = load(lab, chain, &trace);

	assert_int_equal(trace.level, level);
	run_port(fd, 1000, 64);
	assert_int_equal(trace.cells->filters[0].asked, 1);
	assert_int_equal(trace.cells->filters[1].verdict, XDP_PASS);
	trace_clear(&trace);
}

/* Where it gets too large there is less. */
static void test_levels(void **state)
{
	check_level(*state, "hi wide", TRACE_LINES);
	check_level(*state, "hi wider", TRACE_VERDICTS);
}

static void add_frame(const struct frame *f)
{
	*(struct frame *)array_add(&frames, &n_frames, sizeof(*frames)) = *f;
}

static int up(void **state)
{
	FREE_AUTO char *all = text_format("%s%s", filters, stock);
	FILE_AUTO FILE *file = fopen("tests/filters/frames.txt", "r");
	static struct lab lab;
	struct frame f;
	char name[32];

	assert_non_null(file);
	while (frame_read(file, name, &f))
		add_frame(&f);
	for (uint16_t port = 1000; port < 1007; port++) {
		f.len = 64u + port % 2 * 100;
		rig_frame(f.bytes, f.len, port);
		add_frame(&f);
	}
	rig_up(&lab, all);
	*state = &lab;
	return 0;
}

static int down(void **state)
{
	rig_down(*state);
	free(frames);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_levels),
		/* Before others make the maps. */
		cmocka_unit_test(test_called),
		/* With chains that libxdp does not take. */
		cmocka_unit_test(test_same),
	};

	return _cmocka_run_group_tests("trace", tests,
				       rig_is_libxdp() ? ARRAY_SIZE(tests) - 1 : ARRAY_SIZE(tests),
				       up, down);
}
