// SPDX-License-Identifier: GPL-2.0-or-later
/* How a chain is tried, one way after another, until the kernel takes it, and whom its words are
 * laid to. rules.mk puts a kernel in its place that answers as each test says.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/linker/link_btf.h"
#include "orchestrator/linker/link_load.h"
#include "orchestrator/linker/link_maps.h"
#include "orchestrator/linker/linker.h"
#include "orchestrator/linker/trace.h"
#include "orchestrator/linker/trace_load.h"
#include "tests/unit/insns.h"

#define ON_NEXT	   (UINT32_C(1) << XLAB_NEXT)
#define FILTERS	   6
#define NO_FILTER  (-1)
#define TOO_LARGE  "BPF program is too large. Processed 1000001 insn"
#define TOO_DEEP   "combined stack size of 2 calls is 544. Too large"
#define SOME_WORDS "R1 invalid"

/* An attempt: the form of each filter (Inlined, Global, Static) and what else is special about it,
 * and what the kernel says then: nothing, or that words, behind an instruction of that filter. Or
 * "no BTF": it does not take what comes before.
 */
struct attempt {
	const char *asked;
	int err;
	int filter;
	const char *words;
};

static const struct attempt *script; /* ends with one that asks nothing */
static int btf_err, constants_err, maps_err, describe_err;
static int traced_err, traced_fd, given_fd;
static size_t n_traced; /* tries */

/* Of the last attempt. */
static struct bpf_insn *shown;
static size_t n_shown;

static int some_fd(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int __wrap_link_load_btf(const struct link_output *out, struct error *e);
int __wrap_link_load_btf(const struct link_output *out, struct error *e)
{
	(void)out;
	if (script->asked && !strcmp(script->asked, "no BTF"))
		return error_state(e, script++->err, "no BTF");
	return btf_err ? error_state(e, btf_err, "no BTF") : some_fd();
}

int __wrap_link_maps_merge_constants(struct link_output *out, const struct linker *c,
				     struct error *e);
int __wrap_link_maps_merge_constants(struct link_output *out, const struct linker *c,
				     struct error *e)
{
	(void)out;
	(void)c;
	return constants_err ? error_state(e, constants_err, "no constants") : 0;
}

int __wrap_link_maps_check(const struct link_output *out, const struct linker *c, struct error *e);
int __wrap_link_maps_check(const struct link_output *out, const struct linker *c, struct error *e)
{
	(void)out;
	(void)c;
	return maps_err ? error_state(e, maps_err, "too many maps") : 0;
}

int __wrap_link_btf_describe(struct link_output *out, struct linker *c, struct error *e);
int __wrap_link_btf_describe(struct link_output *out, struct linker *c, struct error *e)
{
	(void)out;
	assert_int_equal(c->stop.form, LINK_STATIC);
	assert_int_equal(c->note.form, LINK_STATIC);
	assert_int_equal(c->came.form, LINK_INLINED);
	return describe_err ? error_state(e, describe_err, "no description") : 0;
}

int __wrap_trace_load(const struct link_output *out, const struct linker *c, struct error *e);
int __wrap_trace_load(const struct link_output *out, const struct linker *c, struct error *e)
{
	(void)out;
	(void)c;
	n_traced++;
	return traced_err ? error_state(e, traced_err, "not instrumented")
			  : (traced_fd = some_fd());
}

static bool is_overfull(const struct link_output *out)
{
	for (size_t i = 0; i < out->n_insns; i++)
		if (out->insns[i].code == (BPF_ST | BPF_MEM | BPF_DW) &&
		    out->insns[i].dst_reg == BPF_REG_10)
			return true;
	return false;
}

static char *described(const struct link_output *out, const struct linker *c, enum link_log level)
{
	static const char forms[] = { 'I', 'G', 'S' };
	char *text = NULL;

	for (size_t i = 0; i < c->n_filters; i++)
		text_add(&text, "", "%c", forms[c->filters[i].form]);
	if (c->calls_stop)
		text_add(&text, " ", "stop");
	if (is_overfull(out))
		text_add(&text, " ", "overfull");
	if (linker_idles(c))
		text_add(&text, " ", "idle");
	if (level != LOG_FEW)
		text_add(&text, " ", level == LOG_STEPS ? "steps" : "all");
	return text;
}

int __wrap_link_load_for_log(const struct link_output *out, const struct linker *c, int btf_fd,
			     enum link_log level, char **log);
int __wrap_link_load_for_log(const struct link_output *out, const struct linker *c, int btf_fd,
			     enum link_log level, char **log)
{
	char *FREE_AUTO asked = described(out, c, level);
	const struct attempt *a = script++;

	assert_true(is_open(btf_fd));
	if (!a->asked || strcmp(asked, a->asked) != 0)
		fail_msg("%s is tried, and not %s", asked, a->asked ? a->asked : "anything more");
	free(shown);
	shown = xmemdup(out->insns, out->n_insns * sizeof(*shown));
	n_shown = out->n_insns;
	free(*log);
	*log = a->filter >= 0 ? text_format("%zu: (b7) r0 = 2\n%s\n",
					    link_input_insn(&c->filters[a->filter], 0), a->words)
			      : text_format("%s\n", a->words ? a->words : "processed 9 insns");
	return a->err ? a->err : (given_fd = some_fd());
}

static struct captured_prog codes[FILTERS], stop_code, note_code, came_code;
static struct bpf_func_info funcs[FILTERS][300];
static struct link_input filters[FILTERS];
static struct linker c;
static struct trace *trace;

/* A filter of one function, or more, of which the first has all instructions but the last two. */
static void give(size_t i, const char *text, size_t n_funcs)
{
	static const char *const names[FILTERS] = { "web", "dns", "ssh", "ntp", "tls", "rpc" };

	captured_prog_clear(&(struct captured_prog){ .insns = codes[i].insns });
	insns_captured(&codes[i], text);
	codes[i].funcs = funcs[i];
	codes[i].n_funcs = n_funcs;
	funcs[i][1].insn_off = (__u32)codes[i].n_insns - 2;
	filters[i] = (struct link_input){
		.name = names[i], .code = &codes[i], .continues = ON_NEXT, .silent = XLAB_NEXT
	};
}

static void chain_of(size_t n)
{
	for (size_t i = 0; i < n; i++)
		give(i, "r0 = 2; exit", 1);
	c = (struct linker){ .filters = filters,
			     .n_filters = n,
			     .stop = { .code = &stop_code },
			     .note = { .code = &note_code },
			     .came = { .code = &came_code, .form = LINK_GLOBAL },
			     .trace = trace };
}

/* Returns what is told, malloc'ed, after all that the script says; NULL if the chain is taken. */
static char *loaded(const struct attempt *attempts, int wanted)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *log = NULL;
	int fd = -1, err;

	script = attempts;
	err = linker_load(&c, &fd, &log, &e);
	assert_int_equal(err, wanted);
	if (script->asked)
		fail_msg("%s is not tried", script->asked);
	for (size_t i = 0; i < c.n_filters; i++)
		assert_true(!filters[i].idle && !filters[i].n_idle);
	free(log);
	assert_true(is_open(STDIN_FILENO)); /* it is nobody's to be closed */
	if (!err) {
		assert_int_equal(fd, trace && !traced_err ? traced_fd : given_fd);
		assert_true(is_open(fd));
		(void)close(fd);
		assert_null(e.text);
		return NULL;
	}
	assert_int_equal(fd, -1);
	assert_non_null(e.text);
	return xstrdup(e.text);
}

static void taken(const struct attempt *attempts)
{
	assert_null(loaded(attempts, 0));
}

static void refused(const struct attempt *attempts, int err, const char *words)
{
	char *FREE_AUTO told = loaded(attempts, err);

	if (!strstr(told, words))
		fail_msg("no \"%s\" in: %s", words, told);
}

#define SCRIPT (const struct attempt[])

static void each_form_is_tried(void **state)
{
	(void)state;
	chain_of(2);
	taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
	/* Once more for the steps that led there; then the filter that the words are of. */
	chain_of(2);
	taken(SCRIPT{ { "II", -EACCES, 1, SOME_WORDS },
		      { "II steps", -EACCES, 1, SOME_WORDS },
		      { "IG", -EACCES, 1, SOME_WORDS },
		      { "IG steps", -EACCES, 0, SOME_WORDS },
		      { "GG", 0, NO_FILTER, NULL },
		      { 0 } });
	chain_of(2);
	refused(SCRIPT{ { "II", -EACCES, 1, SOME_WORDS },
			{ "II steps", -EACCES, 1, SOME_WORDS },
			{ "IG", -EACCES, 1, SOME_WORDS },
			{ "IG steps", -EACCES, 1, SOME_WORDS },
			{ "IS", -EACCES, 1, SOME_WORDS },
			{ "IS steps", -EINVAL, 1, SOME_WORDS },
			{ 0 } },
		-EINVAL, "the verifier refuses filter dns\n");
	/* What it takes when it is asked once more, it has taken. */
	chain_of(1);
	taken(SCRIPT{ { "I", -EACCES, 0, SOME_WORDS }, { "I steps", 0, 0, "" }, { 0 } });
	/* Neither of these is about forms. */
	chain_of(1);
	refused(SCRIPT{ { "I", -ENOMEM, 0, SOME_WORDS },
			{ "I steps", -ENOMEM, 0, SOME_WORDS },
			{ 0 } },
		-ENOMEM, "filter web");
	chain_of(1);
	refused(SCRIPT{ { "I", -EPERM, 0, SOME_WORDS },
			{ "I steps", -EPERM, 0, SOME_WORDS },
			{ 0 } },
		-EPERM, "filter web");
}

/* One filter after another takes its next form, and after four of them all. */
static void many_filters_change_together(void **state)
{
	(void)state;
	chain_of(5);
	taken(SCRIPT{ { "IIIII", -EACCES, 0, SOME_WORDS },
		      { "IIIII steps", -EACCES, 0, SOME_WORDS },
		      { "GIIII", -EACCES, 1, SOME_WORDS },
		      { "GIIII steps", -EACCES, 1, SOME_WORDS },
		      { "GGIII", -EACCES, 2, SOME_WORDS },
		      { "GGIII steps", -EACCES, 2, SOME_WORDS },
		      { "GGGII", -EACCES, 3, SOME_WORDS },
		      { "GGGII steps", -EACCES, 3, SOME_WORDS },
		      { "GGGGI", -EACCES, 4, SOME_WORDS },
		      { "GGGGI steps", -EACCES, 4, SOME_WORDS },
		      { "SSSSG", -EACCES, NO_FILTER, SOME_WORDS },
		      { "SSSSG steps", -EACCES, 0, SOME_WORDS },
		      { "SSSSS", 0, NO_FILTER, NULL },
		      { 0 } });
}

/* A filter that is refused alone is at fault, where the words name none. */
static void words_without_a_filter_are_laid_to_one(void **state)
{
#define WHOLE                                                                                     \
	{ "II", -EACCES, NO_FILTER, SOME_WORDS }, { "II steps", -EACCES, NO_FILTER, SOME_WORDS }, \
		{ "GG", -EACCES, NO_FILTER, SOME_WORDS },                                         \
		{ "GG steps", -EACCES, NO_FILTER, SOME_WORDS },                                   \
		{ "SS", -EACCES, NO_FILTER, SOME_WORDS },                                         \
		{ "SS steps", -EACCES, NO_FILTER, SOME_WORDS }
	(void)state;
	chain_of(2);
	refused(SCRIPT{ WHOLE,
			{ "I", 0, NO_FILTER, NULL },
			{ "I", -EPERM, NO_FILTER, SOME_WORDS },
			{ "I steps", -EPERM, NO_FILTER, "by itself" },
			{ 0 } },
		-EACCES, "filter dns: the verifier refuses the chain\nby itself");
	/* Each is tried, and not the first of them twice. */
	chain_of(2);
	codes[1].n_funcs = 0; /* so that it is called */
	refused(SCRIPT{ { "IG", -EPERM, NO_FILTER, SOME_WORDS },
			{ "IG steps", -EPERM, NO_FILTER, SOME_WORDS },
			{ "I", 0, NO_FILTER, NULL },
			{ "no BTF", -EIO, NO_FILTER, NULL },
			{ 0 } },
		-EPERM, "filter dns: no BTF");
	chain_of(2);
	refused(SCRIPT{ WHOLE, { "I", 0, NO_FILTER, NULL }, { "I", 0, NO_FILTER, NULL }, { 0 } },
		-EACCES, "each of its filters loads alone");
	/* A single one is what it is about. */
	chain_of(1);
	refused(SCRIPT{ { "I", -EPERM, NO_FILTER, SOME_WORDS },
			{ "I steps", -EPERM, NO_FILTER, SOME_WORDS },
			{ 0 } },
		-EPERM, "the verifier refuses the chain\n" SOME_WORDS);
}

/* Its steps would take seconds; and which filter is too much is found with shorter chains. */
static void too_large_for_the_verifier(void **state)
{
	(void)state;
	chain_of(2);
	taken(SCRIPT{ { "II", -E2BIG, 1, TOO_LARGE }, { "GG", 0, NO_FILTER, NULL }, { 0 } });
	chain_of(5);
	refused(SCRIPT{ { "IIIII", -E2BIG, 1, TOO_LARGE },
			{ "GGGGG", -E2BIG, 1, TOO_LARGE },
			{ "II", 0, NO_FILTER, NULL }, /* the first two */
			{ "III", -E2BIG, 0, TOO_LARGE },
			{ "GGG", 0, 0, NULL },
			{ "IIII", -E2BIG, 0, TOO_LARGE },
			{ "GGGG", -E2BIG, 0, TOO_LARGE },
			{ 0 } },
		-E2BIG,
		"with filter ntp the chain needs more than the 1000000 instructions that the "
		"verifier looks at in one program: take a filter out");
	/* They have the first filter, too. */
	chain_of(4);
	codes[0].n_funcs = 0; /* so that it is called */
	refused(SCRIPT{ { "GIII", -E2BIG, 1, TOO_LARGE },
			{ "SGGG", -E2BIG, 1, TOO_LARGE },
			{ "GI", 0, NO_FILTER, NULL },
			{ "GII", 0, NO_FILTER, NULL },
			{ 0 } },
		-E2BIG, "with filter ntp the chain needs");
	/* What is refused for another reason is not too large; nor is what comes to no words. */
	chain_of(2);
	refused(SCRIPT{ { "II", -E2BIG, 1, TOO_LARGE },
			{ "GG", -E2BIG, 1, TOO_LARGE },
			{ "no BTF", -EIO, NO_FILTER, NULL },
			{ 0 } },
		-E2BIG, "with filter dns the chain needs");
	chain_of(2);
	refused(SCRIPT{ { "II", -E2BIG, 1, TOO_LARGE },
			{ "GG", -E2BIG, 1, TOO_LARGE },
			{ "I", -EPERM, 0, SOME_WORDS },
			{ "I steps", -EPERM, 0, SOME_WORDS },
			{ 0 } },
		-E2BIG, "with filter dns the chain needs");
	chain_of(1);
	refused(SCRIPT{ { "I", -E2BIG, 0, TOO_LARGE }, { "G", -E2BIG, 0, TOO_LARGE }, { 0 } },
		-E2BIG, "with filter web the chain needs");
}

/* Some stack is to be had for a call more, when no filter is in the dispatcher any more. */
static void stack_is_saved(void **state)
{
	(void)state;
	chain_of(1);
	taken(SCRIPT{ { "I", -EACCES, NO_FILTER, TOO_DEEP },
		      { "I steps", -EACCES, NO_FILTER, TOO_DEEP },
		      { "G", -EACCES, NO_FILTER, TOO_DEEP },
		      { "G steps", -EACCES, NO_FILTER, TOO_DEEP },
		      { "G stop", -EACCES, NO_FILTER, TOO_DEEP },
		      { "G stop steps", -EACCES, NO_FILTER, TOO_DEEP },
		      { "S stop", 0, NO_FILTER, NULL },
		      { 0 } });
	/* A part of the chain begins without that call. */
	chain_of(2);
	refused(SCRIPT{ { "II", -EACCES, NO_FILTER, TOO_DEEP },
			{ "II steps", -EACCES, NO_FILTER, TOO_DEEP },
			{ "GG", -EACCES, NO_FILTER, TOO_DEEP },
			{ "GG steps", -EACCES, NO_FILTER, TOO_DEEP },
			{ "GG stop", -EPERM, NO_FILTER, TOO_DEEP },
			{ "GG stop steps", -EPERM, NO_FILTER, TOO_DEEP },
			{ "I", 0, NO_FILTER, NULL },
			{ "I", 0, NO_FILTER, NULL },
			{ 0 } },
		-EPERM, "each of its filters loads alone");
}

static void what_fails_before_is_told(void **state)
{
	static const struct {
		int *err;
		const char *words;
	} steps[] = {
		{ &btf_err, "no BTF" },
		{ &constants_err, "no constants" },
		{ &maps_err, "too many maps" },
		{ &describe_err, "no description" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *FREE_AUTO told = NULL;

		chain_of(2);
		*steps[i].err = -EIO;
		told = loaded(SCRIPT{ { 0 } }, -EIO);
		assert_string_equal(told, steps[i].words); /* no filter's fault */
		*steps[i].err = 0;
	}
}

/* The kernel's words, for who asks for them; none where it has taken the chain. */
static void words_are_handed_on(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO log = NULL;
	int fd = -1;

	(void)state;
	chain_of(1);
	script = SCRIPT{ { "I", -EPERM, 0, SOME_WORDS }, { "I steps", -EPERM, 0, "more" }, { 0 } };
	assert_int_equal(linker_load(&c, &fd, &log, &e), -EPERM);
	assert_non_null(strstr(log, "more"));
	free(steal_pointer(&log));
	error_clear(&e);
	for (size_t asked = 0; asked < 2; asked++) {
		script = SCRIPT{ { "I", 0, NO_FILTER, NULL }, { 0 } };
		assert_int_equal(linker_load(&c, &fd, asked ? &log : NULL, &e), 0);
		assert_null(log);
		(void)close(fd);
	}
}

/* Which a chain does without, if it may. */
static void what_cannot_be_instrumented(void **state)
{
	struct trace t = { .fd = -1 };

	(void)state;
	trace = &t;
	chain_of(1);
	given_fd = -1;
	taken(SCRIPT{ { "I", 0, NO_FILTER, NULL }, { 0 } });
	assert_false(is_open(given_fd));
	traced_err = -E2BIG;
	chain_of(1);
	refused(SCRIPT{ { "I", 0, NO_FILTER, NULL }, { 0 } }, -E2BIG, "not instrumented");
	assert_false(is_open(given_fd));
	t.may_lack = true;
	t.uncounted = 3;
	chain_of(1);
	taken(SCRIPT{ { "I", 0, NO_FILTER, NULL }, { 0 } });
	assert_int_equal(t.uncounted, 0);
	traced_err = 0;
	/* What may do without has it where it can. */
	t.uncounted = 3;
	chain_of(1);
	taken(SCRIPT{ { "I", 0, NO_FILTER, NULL }, { 0 } });
	assert_int_equal(t.uncounted, 3);
	/* A part of a chain that was refused is never. */
	n_traced = 0;
	chain_of(2);
	refused(SCRIPT{ WHOLE, { "I", 0, NO_FILTER, NULL }, { "I", 0, NO_FILTER, NULL }, { 0 } },
		-EACCES, "each of its filters loads alone");
	assert_int_equal(n_traced, 0);
	trace = NULL;
}

/* More than the kernel takes is not tried. */
static void the_kernels_limits(void **state)
{
	static const struct {
		size_t n_insns[2];
		bool fits;
	} sizes[] = {
		{ { 1000000, 0 }, true },
		{ { 1000001, 0 }, false },
		{ { 2, 999998 }, true },
		{ { 2, 999999 }, false },
	};
	/* As they are called; an inlined one has no function for its first. */
	static const struct {
		size_t n_funcs[2];
		const char *tried; /* NULL: it is not */
	} functions[] = {
		{ { 254, 0 }, "I" },  { { 255, 0 }, NULL }, { { 253, 2 }, "II" },
		{ { 253, 3 }, NULL }, { { 253, 1 }, "II" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bpf_insn *FREE_AUTO large = xcalloc(1000001, sizeof(*large));
		size_t n = sizes[i].n_insns[1] ? 2 : 1;

		chain_of(n);
		for (size_t k = 0; k < n; k++) {
			free(codes[k].insns);
			codes[k].insns = large;
			codes[k].n_insns = sizes[i].n_insns[k];
			codes[k].n_funcs = 0;
		}
		if (sizes[i].fits)
			taken(SCRIPT{ { n == 2 ? "GG" : "G", 0, NO_FILTER, NULL }, { 0 } });
		else
			refused(SCRIPT{ { 0 } }, -E2BIG,
				n == 2 ? "with filter dns the chain has 1000001 instructions; the "
					 "kernel takes 1000000 in one program"
				       : "with filter web the chain has 1000001 instructions");
		for (size_t k = 0; k < n; k++)
			codes[k].insns = NULL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		size_t n = functions[i].n_funcs[1] ? 2 : 1;

		chain_of(n);
		for (size_t k = 0; k < n; k++)
			give(k, "r0 = 2; exit; r0 = 2; exit", functions[i].n_funcs[k]);
		if (functions[i].tried)
			taken(SCRIPT{ { functions[i].tried, 0, NO_FILTER, NULL }, { 0 } });
		else
			refused(SCRIPT{ { 0 } }, -E2BIG,
				n == 2 ? "with filter dns the chain has over 256 functions"
				       : "with filter web the chain has over 256 functions");
	}
	/* One without functions of its own is one. */
	chain_of(2);
	give(0, "r0 = 2; exit; r0 = 2; exit", 254);
	codes[1].n_funcs = 0;
	refused(SCRIPT{ { 0 } }, -E2BIG, "with filter dns the chain has over 256 functions");
	chain_of(2);
	give(0, "r0 = 2; exit; r0 = 2; exit", 253);
	codes[1].n_funcs = 0;
	taken(SCRIPT{ { "IG", 0, NO_FILTER, NULL }, { 0 } });
}

/* A jump over all that stands in the dispatcher is to reach its end. */
static void only_so_much_is_inlined(void **state)
{
	struct bpf_insn *FREE_AUTO large = xcalloc(16385, sizeof(*large));

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		chain_of(2);
		free(codes[0].insns);
		codes[0].insns = large;
		codes[0].n_insns = 16384 + over;
		taken(SCRIPT{ { over ? "GI" : "IG", 0, NO_FILTER, NULL }, { 0 } });
		codes[0].insns = NULL;
	}
	chain_of(2);
	free(codes[0].insns);
	codes[0].insns = large;
	codes[0].n_insns = 16382;
	taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
	codes[0].insns = NULL;
}

/* The dispatcher, what it jumps into and calls, then each filter, or what of it is not inlined. */
static void parts_follow_one_another(void **state)
{
	(void)state;
	chain_of(2);
	insns_captured(&stop_code, "r0 = 91; exit");
	insns_captured(&note_code, "r0 = 92; exit");
	insns_captured(&came_code, "r0 = 93; exit; r0 = 94; exit");
	came_code.funcs = (struct bpf_func_info[]){ { 0, 0 }, { 2, 0 } };
	came_code.n_funcs = 2;
	give(0, "r0 = 1; exit; r0 = 2; exit", 2);
	taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
	insns_are(shown + n_shown - 4, 4, "r0 = 91; exit; r0 = 2; exit");
	assert_int_equal(c.stop.at, n_shown - 4);
	assert_int_equal(filters[0].at, n_shown - 2);
	assert_int_equal(filters[1].at, n_shown);
	filters[1].continues |= 1U << XDP_DROP;
	taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
	insns_are(shown + n_shown - 6, 6, "r0 = 91; exit; r0 = 92; exit; r0 = 2; exit");
	assert_int_equal(c.note.at, n_shown - 4);
	c.tells_came = true;
	c.came.n_main = 0;
	codes[1].n_funcs = 0;
	taken(SCRIPT{ { "IG", 0, NO_FILTER, NULL }, { 0 } });
	insns_are(shown + n_shown - 10, 10,
		  "r0 = 91; exit; r0 = 92; exit; r0 = 94; exit; r0 = 2; exit; r0 = 2; exit");
	assert_int_equal(c.came.at, n_shown - 6);
	assert_int_equal(filters[0].at, n_shown - 4);
	assert_int_equal(filters[1].at, n_shown - 2);
	free(stop_code.insns);
	free(note_code.insns);
	free(came_code.insns);
	stop_code = note_code = came_code = (struct captured_prog){ 0 };
}

/* A module's function is named by an index, which is each object's own. */
static void modules_are_merged(void **state)
{
	int first[] = { 0, 71, 72 }, second[] = { 0, 72, 73 };
	static const int16_t wanted[] = { 1, 2, 0, 2, 3 };
	size_t n = 0, others = 0;

	(void)state;
	chain_of(2);
	give(0, "kfunc 5 1; kfunc 6 2; kfunc 7 0; call 8; exit", 1);
	give(1, "kfunc 5 1; kfunc 6 2; r0 = 2; exit", 1);
	codes[0].fd_array = first;
	codes[1].fd_array = second;
	/* What stands there in any other instruction is no index: of a move, and of a helper. */
	codes[1].insns[2] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
					       .src_reg = BPF_PSEUDO_KFUNC_CALL,
					       .off = 2 };
	codes[0].insns[3].off = 2;
	taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
	for (size_t i = 0; i < n_shown; i++)
		if (shown[i].src_reg == BPF_PSEUDO_KFUNC_CALL &&
		    shown[i].code == (BPF_JMP | BPF_CALL))
			assert_int_equal(shown[i].off, wanted[n++]);
		else
			others += shown[i].off == 2 && (shown[i].code == (BPF_JMP | BPF_CALL) ||
							shown[i].src_reg == BPF_PSEUDO_KFUNC_CALL);
	assert_int_equal(n, ARRAY_SIZE(wanted));
	assert_int_equal(others, 2);
	codes[0].fd_array = codes[1].fd_array = NULL;
}

#define LOOP "r2 = func +3; call 181; exit; r0 = 2; exit"

/* bpf_loop() with nothing to do: the kernel is asked what it never comes to. */
static void functions_that_are_never_called(void **state)
{
	static const struct {
		const char *text;
		bool asked;
	} loops[] = {
		{ LOOP, true },
		{ "r1 = 4; " LOOP, false },
		{ "w1 = 4; " LOOP, false },
		{ "r1 = 0; " LOOP, true },
		{ "r1 = r6; " LOOP, true },
		{ "r1 += 4; " LOOP, true },
		{ "r1 = 4; r1 = r6; " LOOP, true },
		{ "r6 = 4; " LOOP, true },
		{ "r1 = 4; r6 = 0; " LOOP, false },
		{ "r1 = 4; call 5; " LOOP, true },
		{ "r1 = 4; call 181; " LOOP, true },
		{ "call 180; exit; r0 = 2; exit", false },
		{ "call +181; exit; r0 = 2; exit", false },
	};
	static const char *const no_addresses[] = { "r3 = wide 0; " LOOP, "r3 = r4; " LOOP };
	char *FREE_AUTO all = xstrdup(TOO_DEEP);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(loops); i++)
		for (size_t at = 0; at < 2; at++) {
			chain_of(2);
			give(at, loops[i].text, 2);
			if (loops[i].asked)
				/* which says nothing of the stack, so that nothing is known */
				taken(SCRIPT{ { "II overfull all", -EACCES, 0, SOME_WORDS },
					      { "II", 0, NO_FILTER, NULL },
					      { 0 } });
			else
				taken(SCRIPT{ { "II", 0, NO_FILTER, NULL }, { 0 } });
		}
	/* The address is come to, and the function not; in the next form, too. */
	chain_of(2);
	give(0, LOOP, 2);
	taken(SCRIPT{ { "II overfull all", -EACCES, 0, TOO_DEEP },
		      { "II idle", -EACCES, 0, SOME_WORDS },
		      { "II idle steps", -EACCES, 0, SOME_WORDS },
		      { "GI overfull all", -EACCES, 0, TOO_DEEP },
		      { "GI idle", 0, NO_FILTER, NULL },
		      { 0 } });
	/* Both are. */
	for (size_t i = 0; i < 40; i++)
		text_add(&all, "\n", "%zu: (b7) r0 = 2", i);
	chain_of(2);
	give(0, LOOP, 2);
	taken(SCRIPT{
		{ "II overfull all", -EACCES, 0, all }, { "II", 0, NO_FILTER, NULL }, { 0 } });
	/* A constant is come to, and a move, which are not addresses. */
	for (size_t i = 0; i < ARRAY_SIZE(no_addresses); i++) {
		chain_of(2);
		give(0, no_addresses[i], 2);
		taken(SCRIPT{ { "II overfull all", -EACCES, 0, TOO_DEEP },
			      { "II", 0, NO_FILTER, NULL },
			      { 0 } });
	}
	/* Neither is. */
	chain_of(2);
	give(0, LOOP, 2);
	taken(SCRIPT{
		{ "II overfull all", -EACCES, 1, TOO_DEEP }, { "II", 0, NO_FILTER, NULL }, { 0 } });
	/* Taken after all, since it calls nothing. */
	chain_of(1);
	give(0, LOOP, 2);
	taken(SCRIPT{
		{ "I overfull all", 0, NO_FILTER, NULL }, { "I", 0, NO_FILTER, NULL }, { 0 } });
	/* Where even that cannot be tried. */
	chain_of(1);
	give(0, LOOP, 2);
	btf_err = -EIO;
	refused(SCRIPT{ { 0 } }, -EIO, "no BTF");
	btf_err = 0;
	describe_err = -EIO;
	refused(SCRIPT{ { 0 } }, -EIO, "no description");
	describe_err = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_is_tried),
		cmocka_unit_test(many_filters_change_together),
		cmocka_unit_test(words_without_a_filter_are_laid_to_one),
		cmocka_unit_test(too_large_for_the_verifier),
		cmocka_unit_test(stack_is_saved),
		cmocka_unit_test(what_fails_before_is_told),
		cmocka_unit_test(words_are_handed_on),
		cmocka_unit_test(what_cannot_be_instrumented),
		cmocka_unit_test(the_kernels_limits),
		cmocka_unit_test(only_so_much_is_inlined),
		cmocka_unit_test(parts_follow_one_another),
		cmocka_unit_test(modules_are_merged),
		cmocka_unit_test(functions_that_are_never_called),
	};
	int failed = cmocka_run_group_tests_name("linker", tests, NULL, NULL);

	for (size_t i = 0; i < FILTERS; i++)
		free(codes[i].insns);
	free(shown);
	return failed;
}
