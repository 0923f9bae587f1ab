// SPDX-License-Identifier: GPL-2.0-or-later
/* What libxdp is asked for, and what becomes of its answers, which few kernels let it give.
 * rules.mk puts it, and all that would change the machine, in the hands of the test.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/libbpf.h>
#include <cmocka.h>
#include <xdp/libxdp.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/state.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_inline.h"
#include "orchestrator/chain/chain_job.h"
#include "orchestrator/chain/chain_libxdp.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/programs.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/labfile_read.h"

static const char text[] = "[node a]\n[node b]\n[iface a:e0]\npeer = b:e1\n[iface b:e1]\n"
			   "peer = a:e0\n[filter hi]\nprogram = hello\n"
			   "[filter on]\nprogram = drop\ncontinue = drop tx\n"
			   "[filter back]\nprogram = tx\n[filter mine]\nprogram = x.o\n";

static struct lab lab;

/* Nothing is closed, for where xlab does this the process ends: no leak. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

/* What fails, and how. */
enum stage {
	NOTHING,
	MAPS,
	BPFFS,
	NAMESPACE,
	CURRENT,
	SOCKET,
	VETH,
	OPEN,
	NO_BTF,
	SETTLE,
	CREATE,
	END,
	FRAGS,
	PRIO,
	CALLS,
	ATTACH,
	FIND,
	LEGACY,

};
static enum stage fails_at;
static int fails_with;
static const char *warning; /* of libxdp's, before it refuses */

static int at(enum stage stage)
{
	return fails_at == stage ? fails_with : 0;
}

static int told(enum stage stage, struct error *e)
{
	return at(stage) ? error_state(e, at(stage), "stage %d", stage) : 0;
}

/* What was asked for. */
static char *asked; /* the programs in their order */
static struct xlab_config configs[16];
static size_t n_configs, n_settled, n_opened;
static bool frags;

int __wrap_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e);
int __wrap_run_in_child(int (*fn)(void *cookie, int *fd, struct error *e), void *cookie, int ms,
			int *fd, struct error *e)
{
	assert_true(ms >= 10000);
	return fn(cookie, fd, e);
}

char *__wrap_filter_maps_dir(const struct lab *l, size_t filter, struct error *e);
char *__wrap_filter_maps_dir(const struct lab *l, size_t filter, struct error *e)
{
	(void)filter;
	assert_ptr_equal(l, &lab);
	return told(MAPS, e) ? NULL : xstrdup("/maps");
}

char *__wrap_bpffs_mount(const struct lab *l, const char *what, struct error *e);
char *__wrap_bpffs_mount(const struct lab *l, const char *what, struct error *e)
{
	(void)l;
	assert_string_equal(what, "xdp/b");
	return told(BPFFS, e) ? NULL : xstrdup("/lab/xdp/b");
}

int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
	assert_int_equal(flags, 0x40000000); /* CLONE_NEWNET */
	errno = -at(NAMESPACE);
	return errno ? -1 : 0;
}

int __wrap_netns_current(struct error *e);
int __wrap_netns_current(struct error *e)
{
	int err = told(CURRENT, e);

	return err ? err : open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int __wrap_netlink_open(int family, struct netlink **nl, struct error *e);
int __wrap_netlink_open(int family, struct netlink **nl, struct error *e)
{
	(void)family;
	*nl = NULL;
	return told(SOCKET, e);
}

int __wrap_rt_veth_add(struct netlink *rt, const struct rt_veth *veth, struct error *e);
int __wrap_rt_veth_add(struct netlink *rt, const struct rt_veth *veth, struct error *e)
{
	(void)rt;
	assert_int_equal(veth->main.ifindex, 3);
	assert_int_equal(veth->peer.ifindex, 4);
	assert_string_not_equal(veth->main.name, veth->peer.name);
	assert_true(fcntl(veth->peer_netns, F_GETFD) >= 0);
	return told(VETH, e);
}

/* Each is a pass program of ours, whatever it is called. */
int __wrap_filter_object_open(const struct lab *l, size_t filter, struct filter_object *in,
			      struct error *e);
int __wrap_filter_object_open(const struct lab *l, size_t filter, struct filter_object *in,
			      struct error *e)
{
	const char *function;
	const void *bytes;
	size_t size;

	(void)filter;
	assert_ptr_equal(l, &lab);
	*in = (struct filter_object){ .frags = frags };
	n_opened++;
	if (at(NO_BTF))
		return 0;
	assert_int_equal(program_object(PROGRAM_PASS, &bytes, &size, &function), 0);
	in->obj = bpf_object__open_mem(bytes, size, NULL);
	in->main = bpf_object__find_program_by_name(in->obj, function);
	assert_non_null(in->main);
	return told(OPEN, e);
}

bool __wrap_globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size);
bool __wrap_globals_poke(struct bpf_object *obj, const char *name, const void *bytes, size_t size)
{
	(void)obj;
	assert_string_equal(name, "xlab_config");
	assert_int_equal(size, sizeof(configs[0]));
	memcpy(&configs[n_configs++], bytes, size);
	return true;
}

int __wrap_filter_maps_settle(struct filter_object *in, const struct lab *l, size_t filter,
			      int counters_fd, int rings_fd, struct error *e);
int __wrap_filter_maps_settle(struct filter_object *in, const struct lab *l, size_t filter,
			      int counters_fd, int rings_fd, struct error *e)
{
	(void)in;
	(void)l;
	assert_int_equal(counters_fd, 51);
	assert_int_equal(rings_fd, 52);
	n_settled++;
	text_add(&asked, "; ", "%s", lab.labfile.filters[filter].name);
	return told(SETTLE, e);
}

struct xdp_program {
	int unused;
};

struct xdp_multiprog {
	int unused;
};

static struct xdp_program programs_made[16];
static size_t n_made;

struct xdp_program *__wrap_xdp_program__create(struct xdp_program_opts *opts);
struct xdp_program *__wrap_xdp_program__create(struct xdp_program_opts *opts)
{
	const struct bpf_program *prog =
		bpf_object__find_program_by_name(opts->obj, opts->prog_name);

	assert_true(prog && bpf_program__autoload(prog));
	if (n_made == n_settled) {
		text_add(&asked, "; ", "end");
		if (at(END))
			return (struct xdp_program *)(intptr_t)at(END);
	}
	if (at(CREATE))
		return (struct xdp_program *)(intptr_t)at(CREATE);
	return &programs_made[n_made++];
}

int __wrap_xdp_program__set_xdp_frags_support(struct xdp_program *prog, bool on);
int __wrap_xdp_program__set_xdp_frags_support(struct xdp_program *prog, bool on)
{
	assert_ptr_equal(prog, &programs_made[n_made - 1]);
	assert_true(on);
	text_add(&asked, " ", "frags");
	return at(FRAGS);
}

int __wrap_xdp_program__set_run_prio(struct xdp_program *prog, unsigned int prio);
int __wrap_xdp_program__set_run_prio(struct xdp_program *prog, unsigned int prio)
{
	assert_ptr_equal(prog, &programs_made[n_made - 1]);
	text_add(&asked, " ", "%u", prio);
	return at(PRIO);
}

int __wrap_xdp_program__set_chain_call_enabled(struct xdp_program *prog, unsigned int action,
					       bool on);
int __wrap_xdp_program__set_chain_call_enabled(struct xdp_program *prog, unsigned int action,
					       bool on)
{
	assert_ptr_equal(prog, &programs_made[n_made - 1]);
	text_add(&asked, action ? "" : " ", "%c", on ? '+' : '-');
	return at(CALLS);
}

static void libxdp_warns(const char *fmt, ...)
{
	libxdp_print_fn_t print = libxdp_set_print(NULL);
	va_list args;

	va_start(args, fmt);
	(void)print(LIBXDP_WARN, fmt, args);
	va_end(args);
	(void)libxdp_set_print(print);
}

int __wrap_xdp_program__attach_multi(struct xdp_program **progs, size_t n, int ifindex,
				     enum xdp_attach_mode mode, unsigned int flags);
int __wrap_xdp_program__attach_multi(struct xdp_program **progs, size_t n, int ifindex,
				     enum xdp_attach_mode mode, unsigned int flags)
{
	assert_int_equal(n, n_made);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(progs[i], &programs_made[i]);
	assert_int_equal(ifindex, 3);
	assert_int_equal(mode, XDP_MODE_SKB);
	assert_int_equal(flags, 0);
	/* whatever whoever called xlab had there */
	assert_string_equal(getenv("LIBXDP_BPFFS"), "/lab/xdp/b");
	assert_string_equal(getenv("LIBXDP_BPFFS_AUTOMOUNT"), "0");
	assert_null(getenv("LIBXDP_OBJECT_PATH"));
	assert_null(getenv("LIBXDP_SKIP_DISPATCHER"));
	if (warning)
		libxdp_warns("%s", warning);
	return at(ATTACH);
}

static struct xdp_multiprog dispatcher;

struct xdp_multiprog *__wrap_xdp_multiprog__get_from_ifindex(int ifindex);
struct xdp_multiprog *__wrap_xdp_multiprog__get_from_ifindex(int ifindex)
{
	assert_int_equal(ifindex, 3);
	return at(FIND) ? (struct xdp_multiprog *)(intptr_t)at(FIND) : &dispatcher;
}

bool __wrap_xdp_multiprog__is_legacy(const struct xdp_multiprog *mp);
bool __wrap_xdp_multiprog__is_legacy(const struct xdp_multiprog *mp)
{
	assert_ptr_equal(mp, &dispatcher);
	return at(LEGACY);
}

struct xdp_program *__wrap_xdp_multiprog__main_prog(const struct xdp_multiprog *mp);
struct xdp_program *__wrap_xdp_multiprog__main_prog(const struct xdp_multiprog *mp)
{
	assert_ptr_equal(mp, &dispatcher);
	return &programs_made[15];
}

static int dispatcher_fd = -1;

int __wrap_xdp_program__fd(const struct xdp_program *prog);
int __wrap_xdp_program__fd(const struct xdp_program *prog)
{
	assert_ptr_equal(prog, &programs_made[15]);
	return dispatcher_fd;
}

/* The other engine, which is asked why: of the library's own nothing else is used. */
static int inline_err;
static size_t n_inline;

static int inline_build(const struct chain_job *job, int *fd, char **log, struct error *e)
{
	(void)job;
	assert_int_equal(*fd, -1);
	assert_null(log);
	n_inline++;
	return inline_err ? error_state(e, inline_err, "at x.c:7") : 0;
}

const struct chain_engine chain_engine_inline = { ENGINE_INLINE, inline_build };

static enum engine_choice engine_auto;

enum engine_choice __wrap_chain_engine_auto(const char **why);
enum engine_choice __wrap_chain_engine_auto(const char **why)
{
	*why = "this kernel has no EXT programs";
	return engine_auto;
}

/* Its folder, to be removed. */
static char folder[] = "/tmp/xlab-test-XXXXXX";

char *__wrap_state_path(const struct state *st, const char *fmt, ...);
char *__wrap_state_path(const struct state *st, const char *fmt, ...)
{
	char *FREE_AUTO name = NULL;
	va_list args;

	(void)st;
	va_start(args, fmt);
	assert_true(vasprintf(&name, fmt, args) >= 0);
	va_end(args);
	assert_int_equal(strncmp(name, "xdp/b/xdp", 9), 0);
	return text_format("%s%s", folder, name + 9);
}

void __wrap_bpffs_remove(const char *path);
void __wrap_bpffs_remove(const char *path)
{
	assert_int_equal(rmdir(path), 0);
}

/* NULL: it is built. Else what is told, malloc'ed. */
static char *built(const char *filters, bool by_name, int wanted)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char name[NAME_MAX_LEN + 1];
	size_t indices[16];
	struct chain_job job = { .lab = &lab,
				 .filters = indices,
				 .gen = 4,
				 .ifindex = 3,
				 .row = 1,
				 .rows = 2,
				 .many = true,
				 .mtu = 1500,
				 .other_mtu = 1500,
				 .counters_fd = 51,
				 .rings_fd = 52,
				 .node = "b",
				 .asked = by_name };
	int fd = -1, err;

	while (text_word(&filters, name, sizeof(name)) == 1)
		indices[job.n_filters++] = labfile_filter(&lab.labfile, name);
	free(steal_pointer(&asked));
	n_configs = n_settled = n_made = n_opened = n_inline = 0;
	(void)setenv("LIBXDP_BPFFS", "/elsewhere", 1);
	(void)setenv("LIBXDP_BPFFS_AUTOMOUNT", "1", 1);
	(void)setenv("LIBXDP_OBJECT_PATH", "/elsewhere", 1);
	(void)setenv("LIBXDP_SKIP_DISPATCHER", "1", 1);
	err = chain_engine_libxdp.build(&job, &fd, NULL, &e);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
	if (err != wanted)
		fail_msg("%d, not %d: %s", err, wanted, e.text);
	if (err)
		return xstrdup(e.text);
	assert_true(fd >= 0 && fd != dispatcher_fd);
	(void)close(fd);
	assert_null(e.text);
	return NULL;
}

static void is_built(const char *filters, const char *programs)
{
	assert_null(built(filters, false, 0));
	if (strcmp(asked, programs) != 0)
		fail_msg("%s: %s", filters, asked);
	for (size_t i = 0; i < n_configs; i++) {
		assert_int_equal(configs[i].position, i);
		assert_int_equal(configs[i].rows, 0); /* each interface has its own */
		assert_int_equal(configs[i].frags, frags);
	}
}

#define TEN	 "hi hi hi hi hi hi hi hi hi hi"
#define OVER_TEN TEN " hi"

static void programs_follow_one_another(void **state)
{
	(void)state;
	is_built("hi on", "hi 10 -----; on 20 -+-+-");
	assert_int_equal(configs[0].keeps_counters, XLAB_KEEPS);
	assert_int_equal(configs[1].keeps_counters, XLAB_KEEPS);
	assert_false(configs[0].tells_came || configs[1].tells_came);
	/* a single one is not put in a chain by libxdp */
	is_built("hi", "hi 10 -----; end 20 --+--");
	is_built(TEN, "hi 10 -----; hi 20 -----; hi 30 -----; hi 40 -----; hi 50 -----; "
		      "hi 60 -----; hi 70 -----; hi 80 -----; hi 90 -----; hi 100 -----");
	/* the first tells of what may be changed; beside what does not count all is counted */
	is_built("hi back", "hi 10 -----; back 20 -----");
	assert_true(configs[0].tells_came);
	assert_false(configs[1].tells_came);
	assert_int_equal(configs[0].keeps_counters, XLAB_KEEPS);
	is_built("hi mine", "hi 10 -----; mine 20 --+--");
	assert_int_equal(configs[0].keeps_counters, XLAB_KEEPS_SILENT);
	assert_true(configs[0].tells_came);
	frags = true;
	is_built("hi mine", "hi frags 10 -----; mine frags 20 --+--");
	frags = false;
}

static void every_stage_may_fail(void **state)
{
	static const struct {
		enum stage at;
		const char *words;
	} stages[] = {
		{ MAPS, "stage 1" },
		{ BPFFS, "stage 2" },
		{ NAMESPACE, "cannot make a namespace to build a dispatcher in" },
		{ CURRENT, "stage 4" },
		{ SOCKET, "cannot make an interface to build a dispatcher on: stage 5" },
		{ VETH, "cannot make an interface to build a dispatcher on: stage 6" },
		{ OPEN, "stage 7" },
		{ SETTLE, "filter hi: stage 9" },
		{ CREATE, "filter hi: libxdp cannot take it" },
		{ END, "libxdp cannot take the built-in pass" },
		{ FRAGS, "filter mine: libxdp cannot take it" },
		{ PRIO, "filter hi: libxdp cannot take it" },
		{ CALLS, "filter hi: libxdp cannot take it" },
		{ ATTACH, "libxdp: " },
		{ FIND, "cannot ask libxdp for its dispatcher" },
	};

	(void)state;
	fails_with = -EIO;
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		char *FREE_AUTO words = NULL;

		fails_at = stages[i].at;
		frags = fails_at == FRAGS;
		words = built(frags ? "mine" : "hi", true, -EIO);
		if (!strstr(words, stages[i].words))
			fail_msg("no \"%s\" in: %s", stages[i].words, words);
		assert_int_equal(n_inline, 0);
		if (stages[i].at == OPEN)
			assert_int_equal(n_opened, 1);
		if (stages[i].at == SETTLE)
			assert_int_equal(n_settled, 1);
	}
	fails_at = NOTHING;
	frags = false;
}

static void tells(const char *filters, bool by_name, int err, const char *words)
{
	char *FREE_AUTO said = built(filters, by_name, err);

	if (!strstr(said, words))
		fail_msg("no \"%s\" in: %s", words, said);
	if (!by_name)
		assert_null(strstr(said, "engine ="));
}

static void what_libxdp_cannot_take(void **state)
{
	(void)state;
	tells(OVER_TEN, false, -E2BIG,
	      "libxdp's dispatcher takes at most 10 programs, and the chain has 11 filters");
	tells(OVER_TEN, true, -E2BIG, "11 filters: say engine = inline or auto");
	fails_at = NO_BTF;
	fails_with = 1;
	tells("on mine", false, -EINVAL,
	      "filter on: the object has no BTF, which libxdp's "
	      "dispatcher needs: compile it with -g");
	inline_err = -EACCES;
	tells("on mine", true, -EACCES, "at x.c:7");
	inline_err = 0;
	tells("on mine", true, -EINVAL, "compile it with -g, or say engine = inline");
	fails_at = LEGACY;
	tells("hi on", false, -EOPNOTSUPP,
	      "libxdp has attached a single program without a dispatcher");
	fails_at = NOTHING;
}

/* Its words, and the verifier's; who asked for it by name is told what the other engine says. */
static void refusals_are_explained(void **state)
{
	static const char verifier[] = "-- BEGIN PROG LOAD LOG --\nR1 invalid\n-- END PROG LOAD "
				       "LOG --\n";

	(void)state;
	fails_at = ATTACH;
	engine_auto = ENGINE_INLINE;
	fails_with = -EINVAL;
	tells("hi on", false, -EINVAL, "libxdp: Invalid argument");
	assert_int_equal(n_inline, 0);
	warning = "libxdp: its own words\n";
	tells("hi on", false, -EINVAL, "its own words");
	warning = verifier;
	tells("hi on", false, -EINVAL, "libxdp: the verifier refuses a filter\nR1 invalid");
	for (size_t i = 0; i < 2; i++) {
		fails_with = i ? -EACCES : -EINVAL;
		tells("hi on", true, fails_with, "the same filters load with engine = inline");
		assert_int_equal(n_inline, 1);
		inline_err = -EPERM;
		tells("hi on", true, -EPERM, "at x.c:7");
		inline_err = 0;
	}
	fails_with = -EIO;
	tells("hi on", true, -EIO, "libxdp: ");
	assert_int_equal(n_inline, 0);
	/* It needs what not every kernel has. */
	warning = NULL;
	fails_with = -EOPNOTSUPP;
	tells("hi on", false, -EOPNOTSUPP, "libxdp: not supported");
	tells("hi on", true, -EOPNOTSUPP,
	      "this kernel has no EXT programs, and libxdp's dispatcher is made of them: say "
	      "engine = inline or auto");
	engine_auto = ENGINE_LIBXDP;
	tells("hi on", true, -EOPNOTSUPP, "libxdp: not supported");
	warning = "no such feature\n";
	tells("hi on", false, -EOPNOTSUPP, "libxdp: no such feature");
	warning = NULL;
	fails_at = NOTHING;
}

/* A dispatcher that cannot be held. */
static void a_dispatcher_is_held(void **state)
{
	int fd = dispatcher_fd;

	(void)state;
	dispatcher_fd = -1;
	tells("hi on", false, -EBADF, "cannot hold the dispatcher");
	dispatcher_fd = fd;
}

/* What the interface's earlier dispatchers have left, and nothing else. */
static void what_is_left_behind_is_removed(void **state)
{
	static const struct {
		const char *name;
		bool goes;
	} folders[] = {
		{ "dispatch-3-7", true },   { "dispatch-3-8", false }, { "dispatch-4-7", false },
		{ "dispatch-33-7", false }, { "programs", false },     { "dispatch-3", false },
	};
	const struct chain_job job = { .lab = &lab, .ifindex = 3, .node = "b" };

	(void)state;
	chain_libxdp_tidy(&job, 8); /* there is none yet */
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *FREE_AUTO path = text_format("%s/%s", folder, folders[i].name);

		assert_int_equal(mkdir(path, 0700), 0);
	}
	chain_libxdp_tidy(&job, 8);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char *FREE_AUTO path = text_format("%s/%s", folder, folders[i].name);

		assert_int_equal(rmdir(path), folders[i].goes ? -1 : 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

static int up(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	dispatcher_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (labfile_parse(&lab.labfile, "f.ini", "/dir", text, strlen(text), &e))
		fail_msg("%s", e.text);
	return 0;
}

static int down(void **state)
{
	(void)state;
	free(asked);
	(void)close(dispatcher_fd);
	labfile_clear(&lab.labfile);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_follow_one_another),
		cmocka_unit_test(every_stage_may_fail),
		cmocka_unit_test(what_libxdp_cannot_take),
		cmocka_unit_test(refusals_are_explained),
		cmocka_unit_test(a_dispatcher_is_held),
		cmocka_unit_test(what_is_left_behind_is_removed),
	};

	return cmocka_run_group_tests_name("chain_libxdp", tests, up, down);
}
