// SPDX-License-Identifier: GPL-2.0-or-later
/* Anybody's programs in a chain: what they are made of must not matter. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/filter_maps.h"
#include "tests/engine/rig.h"

#define ODD(name) "[filter " #name "]\nprogram = OBJECTS/odd.bpf.o:" #name "\n"

static const char filters[] =
	"[filter hi]\nprogram = hello\n"
	"[filter p1]\nprogram = port\nproto = udp\ndst = 1001\n"
	"[filter f1]\nprogram = OBJECTS/odd.bpf.o:functions\n"
	"[filter f2]\nprogram = OBJECTS/odd.bpf.o:functions\nset.verdict = 1\n"
	"[filter none]\nprogram = OBJECTS/odd.bpf.o:functions\nset.verdict = 31\n"
	"[filter ends]\nprogram = OBJECTS/odd.bpf.o:functions\ncontinue = none\n"
	"[filter none2]\nprogram = OBJECTS/odd.bpf.o:functions\nset.verdict = 31\ncontinue = none\n"
	"[filter data1]\nprogram = OBJECTS/odd.bpf.o:data\n"
	"[filter settings]\nprogram = OBJECTS/odd.bpf.o:settings\nset.small = -300\n"
	"set.flag = yes\nset.word = hi\nset.mac = de:ad:be:ef:00:10\nset.addr = 10.0.0.1\n"
	"set.addr4 = 10.0.0.2\nset.addr6 = fd00::3\n"
	"set.chosen = XDP_TX\nset.large = -7\n" ODD(pointer) ODD(locking) ODD(callbacks) ODD(
		idle) ODD(half_idle) ODD(timing) ODD(shorten) ODD(push) ODD(meta) ODD(saw_meta)
		ODD(printing) ODD(stack) ODD(whole_stack) ODD(less_deep) ODD(deep) ODD(three) ODD(
			four)
			ODD(fragments) "[filter tails]\nprogram = OBJECTS/tail.bpf.o:tail_caller\n"
				       "[filter tails-on]\nprogram = "
				       "OBJECTS/tail.bpf.o:tail_caller\nset.verdict = 2\n"
				       "[filter target]\nprogram = "
				       "OBJECTS/tail.bpf.o:tail_target\nset.verdict = 2\n"
				       "[filter jumper]\nprogram = OBJECTS/siblings.bpf.o:jumper\n"
				       "[filter jumped]\nprogram = "
				       "OBJECTS/siblings.bpf.o:jumped_to\n"
				       "[filter older]\nprogram = OBJECTS/siblings.bpf.o:older\n"
				       "[filter typeless]\nprogram = OBJECTS/typeless.bpf.o\n"
				       "[filter old]\nprogram = OBJECTS/oldmaps.bpf.o\n"
				       "[filter both]\nprogram = OBJECTS/bothmaps.bpf.o:judge\n"
				       "[filter old-bare]\nprogram = OBJECTS/oldmaps_bare.bpf.o\n"
				       "[filter core]\nprogram = OBJECTS/core.bpf.o\n"
				       "[filter module]\nprogram = OBJECTS/module.bpf.o\n"
				       "[filter kfunc]\nprogram = OBJECTS/kfunc.bpf.o\n"
				       "[filter bare]\nprogram = OBJECTS/bare.bpf.o\n"
				       "[filter closed]\nprogram = OBJECTS/closed.bpf.o\n";

static uint32_t run_chain(struct lab *lab, const char *chain, size_t *after)
{
	uint8_t frame[64];

	rig_must_chain(lab, chain);
	rig_frame(frame, sizeof(frame), 1001);
	return rig_run(lab, frame, sizeof(frame), after);
}

struct kind {
	const char *chain;
	uint32_t verdict;
	bool inline_only;
	unsigned int since; /* rig_kernel() */
};

static const struct kind kinds[] = {
	{ "f1", XDP_PASS, false, 0 },
	{ "f1 f2", XDP_DROP, false, 0 },
	{ "f1 f1 hi f2", XDP_DROP, false, 0 },
	{ "none", XDP_PASS, false, 0 },
	{ "none none2 hi f2", XDP_DROP, false, 0 },
	{ "none2", XDP_PASS, false, 0 },
	{ "ends f2", XDP_PASS, false, 0 },
	{ "pointer hi", XDP_PASS, true, 0 },
	{ "data1 hi", XDP_PASS, false, 0 },
	{ "settings", XDP_TX, false, 0 },
	{ "hi settings hi", XDP_TX, false, 0 },
	{ "locking locking p1", XDP_DROP, false, 0 },
	{ "callbacks p1", XDP_DROP, false, 0 },
	{ "idle p1", XDP_DROP, false, 0 },
	{ "half_idle hi", XDP_PASS, true, 0 },
	{ "hi idle four half_idle idle p1", XDP_DROP, true, 0 },
	{ "timing hi p1", XDP_DROP, false, 0 },
	{ "meta hi saw_meta p1", XDP_DROP, true, 0 },
	{ "printing p1", XDP_DROP, false, 0 },
	{ "stack hi", XDP_PASS, true, 0 },
	{ "whole_stack hi", XDP_PASS, true, 612 },
	{ "less_deep hi", XDP_PASS, true, 0 },
	{ "hi deep p1", XDP_DROP, true, 0 },
	{ "four three four three p1", XDP_DROP, false, 0 },
	{ "fragments", XDP_PASS, false, 0 },
	{ "fragments hi", XDP_PASS, false, 0 },
	{ "tails hi", XDP_DROP, true, 0 },
	{ "hi tails-on p1", XDP_DROP, true, 0 },
	{ "target tails-on p1", XDP_DROP, true, 0 },
	{ "jumper hi", XDP_DROP, true, 0 },
	{ "both hi", XDP_DROP, true, 0 },
	{ "hi both", XDP_DROP, true, 0 },
	{ "jumped hi", XDP_DROP, true, 0 },
	{ "hi older", XDP_TX, false, 0 },
	{ "hi typeless", XDP_DROP, false, 0 },
	{ "core p1", XDP_DROP, false, 0 },
	{ "kfunc p1", XDP_DROP, false, 604 },
	{ "bare p1", XDP_DROP, true, 0 },
	{ "closed", XDP_PASS, true, 0 },
};

static void test_kinds(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		uint32_t verdict;

		if (kinds[i].since > rig_kernel() || (kinds[i].inline_only && rig_is_libxdp()))
			continue;
		verdict = run_chain(*state, kinds[i].chain, NULL);
		if (verdict != kinds[i].verdict)
			fail_msg("%s: verdict %u, not %u", kinds[i].chain, verdict,
				 kinds[i].verdict);
	}
}

/* Two at once, of which each has its module's BTF by an index of its own. */
static void test_module(void **state)
{
	/* The user's objects have it. */
	if (access("/sys/kernel/btf/nf_conntrack", F_OK))
		return;
	assert_int_equal(run_chain(*state, "module hi module p1", NULL), XDP_DROP);
}

/* Later filters see the packet as earlier ones have left it. */
static void test_lengths(void **state)
{
	size_t after = 0;

	/* Of late (6.12.y, 6.13) what changes packets cannot join libxdp's dispatcher. */
	if (rig_is_libxdp() && rig_kernel() >= 612)
		return;
	assert_int_equal(run_chain(*state, "shorten shorten hi", &after), XDP_PASS);
	assert_int_equal(after, 56);
	assert_int_equal(run_chain(*state, "push shorten p1", &after), XDP_PASS);
	assert_int_equal(after, 74);
}

/* .data and .bss belong to the filter, wherever it stands and however often the chain changes. */
static void test_data_stays(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	FD_AUTO int fd = -1;
	uint64_t values[2];
	const uint32_t zero = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(run_chain(lab, i % 2 ? "hi data1" : "data1 hi", NULL), XDP_PASS);
	assert_int_equal(
		filter_maps_open(lab, labfile_filter(&lab->labfile, "data1"), ".data", &fd, &e), 0);
	assert_int_equal(bpf_map_lookup_elem(fd, &zero, values), 0);
	assert_true(values[0] > 102 || values[1] > 102);
}

/* What meets a folder of maps when it is to get its name: none, or an error, or the folder of a
 * command that was quicker.
 */
static enum { NOBODY, REFUSED, QUICKER } met;
static int met_errno; /* of REFUSED */

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	if (met == REFUSED) {
		errno = met_errno;
		return -1;
	}
	if (met == QUICKER) {
		assert_int_equal(__real_rename(from, to), 0);
		assert_int_equal(mkdir(from, 0700), 0);
	}
	return __real_rename(from, to);
}

static char *growing_of(const struct lab *lab)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FREE_AUTO char *parent = bpffs_dir(lab, &e, "filter");

	assert_non_null(parent);
	return text_format("%s/quick~%d", parent, (int)getpid());
}

/* Maps of the same kind are as good; what was made for nothing goes in any case. */
static void test_a_quicker_command(void **state)
{
	static const int there[] = { EEXIST, ENOTEMPTY }; /* which of them POSIX leaves open */
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	size_t filter = labfile_filter(&lab->labfile, "quick");
	FREE_AUTO char *growing = growing_of(lab), *dir = NULL;
	FD_AUTO int fd = -1;

	/* of a command that was killed, and whose number is this one's */
	assert_int_equal(mkdir(growing, 0700), 0);
	met = REFUSED;
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		FREE_AUTO char *named = NULL;

		met_errno = there[i];
		named = filter_maps_dir(lab, filter, &e);
		assert_non_null(named);
		assert_int_equal(access(growing, F_OK), -1);
	}
	met_errno = EACCES;
	assert_null(filter_maps_dir(lab, filter, &e));
	assert_int_equal(e.err, -EACCES);
	assert_non_null(strstr(e.text, "cannot name the folder"));
	assert_int_equal(access(growing, F_OK), -1);
	error_clear(&e);
	met = QUICKER;
	dir = filter_maps_dir(lab, filter, &e);
	met = NOBODY;
	assert_non_null(dir);
	assert_int_equal(access(growing, F_OK), -1);
	assert_int_equal(filter_maps_open(lab, filter, ".bss", &fd, &e), 0);
}

static void map_of(const struct lab *lab, const char *filter, const char *name, int *fd,
		   struct bpf_map_info *info)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	__u32 len = sizeof(*info);

	*info = (struct bpf_map_info){ 0 };
	assert_int_equal(filter_maps_open(lab, labfile_filter(&lab->labfile, filter), name, fd, &e),
			 0);
	assert_int_equal(bpf_obj_get_info_by_fd(*fd, info, &len), 0);
}

/* Each map is what its definition says, and the filter's wherever it stands. */
static void check_old_maps(struct lab *lab, const char *filter)
{
	FREE_AUTO char *first = text_format("%s hi", filter), *last = text_format("hi %s", filter);
	FD_AUTO int lengths = -1, sparse = -1, count = -1, prefixes = -1, events = -1;
	size_t cpus = (size_t)libbpf_num_possible_cpus();
	FREE_AUTO uint64_t *counts = calloc(cpus, sizeof(*counts));
	struct bpf_map_info info;
	uint64_t value = 0, sum = 0;
	uint32_t key = 64;

	assert_int_equal(run_chain(lab, first, NULL), XDP_PASS);
	assert_int_equal(run_chain(lab, last, NULL), XDP_PASS);
	assert_int_equal(run_chain(lab, first, NULL), XDP_DROP);
	map_of(lab, filter, "lengths", &lengths, &info);
	assert_int_equal(info.type, BPF_MAP_TYPE_ARRAY);
	assert_int_equal(info.max_entries, 2048);
	assert_int_equal(bpf_map_lookup_elem(lengths, &key, &value), 0);
	assert_int_equal(value, 3);
	map_of(lab, filter, "sparse", &sparse, &info);
	assert_int_equal(info.type, BPF_MAP_TYPE_HASH);
	assert_int_equal(info.map_flags, BPF_F_NO_PREALLOC);
	assert_int_equal(bpf_map_lookup_elem(sparse, &key, &value), 0);
	assert_int_equal(value, 3);
	map_of(lab, filter, "COUNT", &count, &info);
	assert_int_equal(info.type, BPF_MAP_TYPE_PERCPU_ARRAY);
	key = 0;
	assert_int_equal(bpf_map_lookup_elem(count, &key, counts), 0);
	for (size_t i = 0; i < cpus; i++)
		sum += counts[i];
	assert_int_equal(sum, 3);
	map_of(lab, filter, "prefixes", &prefixes, &info);
	assert_int_equal(info.type, BPF_MAP_TYPE_LPM_TRIE);
	assert_int_equal(info.key_size, 8);
	map_of(lab, filter, "events", &events, &info);
	assert_true(info.max_entries >= cpus);
}

static void test_old_maps(void **state)
{
	check_old_maps(*state, "old");
	if (!rig_is_libxdp())
		check_old_maps(*state, "old-bare");
}

/* Two functions of one object share its maps: the target's calls are the caller's too. */
static void test_filter_object(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	FD_AUTO int one = -1, other = -1;
	struct bpf_map_info a = { 0 }, b = { 0 };
	__u32 len = sizeof(a);

	assert_int_equal(
		filter_maps_open(lab, labfile_filter(&lab->labfile, "tails"), ".bss", &one, &e), 0);
	assert_int_equal(
		filter_maps_open(lab, labfile_filter(&lab->labfile, "target"), ".bss", &other, &e),
		0);
	assert_int_equal(bpf_obj_get_info_by_fd(one, &a, &len), 0);
	len = sizeof(b);
	assert_int_equal(bpf_obj_get_info_by_fd(other, &b, &len), 0);
	assert_int_equal(a.id, b.id);
}

/* Who is tail-called stays, whatever is loaded of the same object besides, for good or in vain. */
static void test_arrays_stay(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	FREE_AUTO char *log = NULL;
	struct lab *lab = *state;
	uint8_t frame[64];

	assert_int_equal(run_chain(lab, "tails hi", NULL), XDP_DROP);
	assert_int_equal(chain_try_load(lab, labfile_filter(&lab->labfile, "target"), &log, &e), 0);
	rig_frame(frame, sizeof(frame), 1001);
	assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
}

/* bpftool names the filters as the lab does; one that is called is a function. */
static void test_names(void **state)
{
	struct lab *lab = *state;
	FREE_AUTO char *command = NULL;
	char line[256];
	int found = 0;
	FILE *dump;

	rig_must_chain(lab, "hi p1 tails-on f2");
	command = text_format("bpftool prog dump xlated id %u", rig_attached(lab, "right", "r0"));
	dump = popen(command, "r");
	assert_non_null(dump);
	while (fgets(line, sizeof(line), dump)) {
		found |= strstr(line, "int xlab_chain(struct xdp_md * ctx)") ? 1 : 0;
		found |= strstr(line, "; filter 0: hi") ? 2 : 0;
		found |= strstr(line, "; filter 1: p1") ? 4 : 0;
		found |= strstr(line, "; filter 2: tails-on") ? 8 : 0;
		found |= strstr(line, "int tails_on(struct xdp_md * ctx)") ? 32 : 0;
		found |= strstr(line, "return judge(ctx);") ? 16 : 0;
	}
	(void)pclose(dump);
	assert_int_equal(found, 63);
}

/* What the chain's own instructions are called, in their order; they are of no line of a source. */
static void test_own_lines(void **state)
{
	static const char wanted[] = "xlab: the chain begins\n"
				     "xlab: filter 0: p1\n"
				     "xlab: filter 1: bare\n"
				     "xlab: filter 2: tails-on\n"
				     "xlab: filter 3: f2\n"
				     "xlab: the chain ends\n"
				     "bare: (compiled without -g)\n"
				     "bare: (compiled without -g)\n"; /* its other function */
	static struct bpf_line_info lines[4096];
	struct bpf_prog_info info = { .line_info = (uintptr_t)lines,
				      .nr_line_info = ARRAY_SIZE(lines),
				      .line_info_rec_size = sizeof(*lines) };
	struct lab *lab = *state;
	__u32 len = sizeof(info);
	FREE_AUTO char *said = strdup("");
	FD_AUTO int fd = -1;
	struct btf *btf;

	rig_must_chain(lab, "p1 bare tails-on f2");
	fd = bpf_prog_get_fd_by_id(rig_attached(lab, "right", "r0"));
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	btf = btf__load_from_kernel_by_id(info.btf_id);
	assert_non_null(btf);
	for (__u32 i = 0; i < info.nr_line_info; i++) {
		const char *file = btf__str_by_offset(btf, lines[i].file_name_off);
		const char *text = btf__str_by_offset(btf, lines[i].line_off);

		if (strcmp(file, "xlab") != 0 && strcmp(file, "bare") != 0)
			continue;
		assert_int_equal(lines[i].line_col, 0);
		/* The kernel takes out jumps to what follows, and some of these lines with them. */
		if (!strstr(text, "the verdict of"))
			text_add(&said, "", "%s: %s\n", file, text);
	}
	btf__free(btf);
	assert_string_equal(said, wanted);
}

/* PASS of an object is silent, and that it has no opinion is counted and told; after a PASS that
 * ends the chain no other filter is asked.
 */
static void test_no_opinion(void **state)
{
	struct lab *lab = *state;

	(void)run_chain(lab, "f1 none hi none2", NULL);
	assert_int_equal(rig_count(lab, 0, XDP_PASS).packets, 1);
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).packets, 0);
	assert_int_equal(rig_count(lab, 1, XDP_PASS).packets, 0);
	assert_int_equal(rig_count(lab, 1, XLAB_SLOT_NEXT).packets, 1);
	assert_int_equal(rig_count(lab, 2, XDP_PASS).packets, 0);
	assert_int_equal(rig_count(lab, 2, XLAB_SLOT_NEXT).packets, 1);
	assert_int_equal(rig_count(lab, 3, XLAB_SLOT_NEXT).packets, 1);
	assert_int_equal(rig_count(lab, 3, XDP_PASS).packets, 0);
	assert_int_equal(rig_count(lab, 4, XDP_PASS).packets, 1);
	(void)run_chain(lab, "none ends hi", NULL);
	assert_int_equal(rig_count(lab, 1, XDP_PASS).packets, 1);
	assert_int_equal(rig_count(lab, 2, XLAB_SLOT_NEXT).packets, 0);
	assert_int_equal(rig_count(lab, 3, XDP_PASS).packets, 0);
}

struct told {
	struct xlab_event events[8];
	size_t n;
};

static int keep_event(void *cookie, const struct xlab_event *event)
{
	struct told *t = cookie;

	assert_true(t->n < ARRAY_SIZE(t->events));
	t->events[t->n++] = *event;
	return 0;
}

/* What an object makes of a packet is told beside how that came: it was four bytes longer. In a
 * dispatcher of libxdp's none may change it, on these kernels.
 */
static void test_as_it_came(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	struct lab *lab = *state;
	struct listener *l;
	const char *object = rig_is_libxdp() ? "f1" : "shorten";
	struct told t = { .n = 0 };
	char chain[32];

	assert_int_equal(listener_open(lab, &l, &e), 0);
	assert_int_equal(listener_subscribe(l, rig_end(lab), &e), 0);
	(void)snprintf(chain, sizeof(chain), "hi %s p1", object);
	(void)run_chain(lab, chain, NULL);
	(void)listener_consume(l, keep_event, &t);
	assert_int_equal(t.n, 3);
	assert_int_equal(t.events[0].kind, XLAB_CAME);
	assert_int_equal(t.events[0].length, 64);
	assert_int_equal(t.events[1].kind, XLAB_HELLO);
	assert_int_equal(t.events[2].kind, XLAB_DECIDED);
	assert_int_equal(t.events[2].length, rig_is_libxdp() ? 64 : 60);
	/* Where the first is an object of libxdp's there is nobody to tell. */
	t.n = 0;
	(void)run_chain(lab, chain + strlen("hi "), NULL);
	(void)listener_consume(l, keep_event, &t);
	assert_int_equal(t.n, rig_is_libxdp() ? 1 : 2);
	assert_int_equal(t.events[0].kind, rig_is_libxdp() ? XLAB_DECIDED : XLAB_CAME);
	assert_int_equal(t.events[t.n - 1].kind, XLAB_DECIDED);
	/* Nothing changes packets here. */
	t.n = 0;
	(void)run_chain(lab, "hi p1", NULL);
	(void)listener_consume(l, keep_event, &t);
	assert_int_equal(t.n, 2);
	assert_int_equal(t.events[0].kind, XLAB_HELLO);
	listener_close(l);
}

/* As many filters as a chain can have. */
static void test_sixty_four(void **state)
{
	char chain[64 * 8 + 1] = "";
	struct lab *lab = *state;

	for (int i = 0; i < 63; i++)
		strcat(chain, i % 2 ? "hi " : "headers ");
	strcat(chain, "p1");
	assert_int_equal(run_chain(lab, chain, NULL), XDP_DROP);
	assert_int_equal(rig_count(lab, 63, XDP_DROP).packets, 1);
	assert_int_equal(rig_count(lab, 0, XLAB_SLOT_NEXT).packets, 1);
}

#define FULL 61 /* what 64 maps leave: the counters, the rings and the constants are three */

/* A map each: q0, q1, … */
static void test_many_rules(void **state)
{
	ERROR_AUTO struct error e = ERROR_INIT;
	char chain[FULL * 4 + 8] = "";
	struct lab *lab = *state;

	for (int i = 0; i < FULL - 1; i++)
		(void)sprintf(chain + strlen(chain), "q%d ", i);
	strcat(chain, "p1");
	assert_int_equal(run_chain(lab, chain, NULL), XDP_DROP);
	assert_int_equal(rig_count(lab, FULL - 1, XDP_DROP).packets, 1);
	strcat(chain, " p2");
	assert_int_equal(rig_chain(lab, chain, &e), -E2BIG);
	assert_non_null(strstr(e.text, "64 maps"));
	assert_non_null(strstr(e.text, "filter p2"));
}

static int up(void **state)
{
	FREE_AUTO char *text =
		text_format("%s[filter p2]\nprogram = port\nproto = udp\ndst = 1002\n"
			    "[filter quick]\nprogram = port\ndst = 1003\n",
			    filters);

	for (int i = 0; i < FULL - 1; i++) {
		char *longer =
			text_format("%s[filter q%d]\nprogram = OBJECTS/onemap.bpf.o\n", text, i);

		free(text);
		text = longer;
	}
	return rig_setup(state, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_module),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_data_stays),
		cmocka_unit_test(test_a_quicker_command),
		cmocka_unit_test(test_filter_object),
		cmocka_unit_test(test_old_maps),
		cmocka_unit_test(test_as_it_came),
		/* What only the inline engine does. */
		cmocka_unit_test(test_no_opinion),
		cmocka_unit_test(test_arrays_stay),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_own_lines),
		cmocka_unit_test(test_sixty_four),
		cmocka_unit_test(test_many_rules),
	};

	return _cmocka_run_group_tests("objects", tests, rig_is_libxdp() ? 8 : ARRAY_SIZE(tests),
				       up, rig_teardown);
}
