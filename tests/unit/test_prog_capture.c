// SPDX-License-Identifier: GPL-2.0-or-later
/* What is taken out of libbpf's hands, and what it is left with. rules.mk puts a libbpf in its
 * place that keeps the handlers, and has programs of the test's.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/prog_capture.h"
#include "tests/unit/insns.h"

struct bpf_program {
	const char *section;
	struct bpf_insn *insns;
	size_t n;
	struct bpf_insn stub[4];
	size_t n_stub;
};

struct handler {
	const char *section;
	enum bpf_attach_type attach;
	int (*prepare)(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie);
	long cookie;
};

static struct handler handlers[32];
static int n_handlers, refused = -1, set_err;
static unsigned int gone;

int __wrap_libbpf_register_prog_handler(const char *sec, enum bpf_prog_type type,
					enum bpf_attach_type attach,
					const struct libbpf_prog_handler_opts *opts);
int __wrap_libbpf_register_prog_handler(const char *sec, enum bpf_prog_type type,
					enum bpf_attach_type attach,
					const struct libbpf_prog_handler_opts *opts)
{
	assert_int_equal(type, BPF_PROG_TYPE_XDP);
	if (n_handlers == refused)
		return -EBUSY;
	handlers[n_handlers] =
		(struct handler){ sec, attach, opts->prog_prepare_load_fn, opts->cookie };
	return n_handlers++;
}

int __wrap_libbpf_unregister_prog_handler(int id);
int __wrap_libbpf_unregister_prog_handler(int id)
{
	assert_in_range(id, 0, n_handlers - 1);
	assert_false(gone >> id & 1);
	gone |= 1U << id;
	return 0;
}

const char *__wrap_bpf_program__section_name(const struct bpf_program *prog);
const char *__wrap_bpf_program__section_name(const struct bpf_program *prog)
{
	return prog->section;
}

const struct bpf_insn *__wrap_bpf_program__insns(const struct bpf_program *prog);
const struct bpf_insn *__wrap_bpf_program__insns(const struct bpf_program *prog)
{
	return prog->insns;
}

size_t __wrap_bpf_program__insn_cnt(const struct bpf_program *prog);
size_t __wrap_bpf_program__insn_cnt(const struct bpf_program *prog)
{
	return prog->n;
}

int __wrap_bpf_program__set_insns(struct bpf_program *prog, struct bpf_insn *insns, size_t n);
int __wrap_bpf_program__set_insns(struct bpf_program *prog, struct bpf_insn *insns, size_t n)
{
	assert_in_range(n, 1, 4);
	memcpy(prog->stub, insns, n * sizeof(*insns));
	prog->n_stub = n;
	return set_err;
}

/* Those of a section; each program has the first that matches. */
static const struct handler *handler_of(const char *section)
{
	for (int i = 0; i < n_handlers; i++) {
		const struct handler *h = &handlers[i];
		size_t length = h->section ? strlen(h->section) : 0;

		if (gone >> i & 1 || !h->prepare)
			continue;
		if (!h->section || !strcmp(h->section, section))
			return h;
		if (h->section[length - 1] == '+' && !strncmp(h->section, section, length - 1) &&
		    strchr("/", section[length - 1])) /* or its end */
			return h;
	}
	return NULL;
}

/* Handlers of a capture's are gone with it; one that matches nothing is never, and there is one. */
static void handlers_come_and_go(void **state)
{
	static const struct {
		const char *section;
		enum bpf_attach_type attach;
	} rows[] = {
		{ "xdp", BPF_XDP },
		{ "xdp/eth0", BPF_XDP },
		{ "xdp_old", BPF_XDP },
		{ "prog", BPF_XDP },
		{ "xdp.frags", BPF_XDP },
		{ "xdp/devmap", BPF_XDP_DEVMAP },
		{ "xdp.frags/devmap", BPF_XDP_DEVMAP },
		{ "xdp/cpumap", BPF_XDP_CPUMAP },
		{ "xdp.frags/cpumap", BPF_XDP_CPUMAP },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	struct prog_capture capture;
	unsigned int one_is_kept;

	(void)state;
	for (int round = 0; round < 2; round++) {
		n_handlers = 0;
		gone = 0;
		assert_int_equal(prog_capture_begin(&capture, &e), 0);
		assert_in_range(capture.n_handlers, 1, CAPTURE_HANDLERS);
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
			assert_non_null(handler_of(rows[i].section));
			assert_int_equal(handler_of(rows[i].section)->attach, rows[i].attach);
			assert_int_equal(handler_of(rows[i].section)->cookie, (long)&capture);
		}
		prog_capture_end(&capture);
		one_is_kept = round ? 0 : 1;
		assert_int_equal(gone, (1U << n_handlers) - 1 - one_is_kept);
		assert_int_equal(capture.n_handlers, 0);
	}
	/* Of which one is refused, the others are taken back. */
	for (refused = 0; refused < 7; refused++) {
		n_handlers = 0;
		gone = 0;
		assert_int_equal(prog_capture_begin(&capture, &e), -EBUSY);
		assert_string_equal(e.text, "libbpf takes no handler for XDP programs: Device or "
					    "resource busy");
		assert_int_equal(gone, (1U << n_handlers) - 1);
		error_clear(&e);
	}
	refused = -1;
}

static struct bpf_program prog;
static struct bpf_func_info funcs[2] = { { 0, 5 }, { 3, 6 } };
static struct bpf_line_info lines[3] = { { 0, 1, 2, 3 }, { 1, 4, 5, 6 }, { 2, 7, 8, 9 } };

/* As libbpf has it for the kernel when the object is loaded. */
static struct bpf_prog_load_opts opts_of(enum bpf_attach_type attach)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach, .prog_btf_fd = 3,
		    .prog_flags = BPF_F_XDP_HAS_FRAGS | BPF_F_ANY_ALIGNMENT, .func_info = funcs,
		    .func_info_cnt = 2, .func_info_rec_size = sizeof(*funcs), .line_info = lines,
		    .line_info_cnt = 3, .line_info_rec_size = sizeof(*lines));

	return opts;
}

static void begin(struct prog_capture *capture, const char *section, const char *text)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct captured_prog of = { 0 };

	n_handlers = 0;
	gone = 0;
	insns_captured(&of, text);
	prog = (struct bpf_program){ .section = section, .insns = of.insns, .n = of.n_insns };
	assert_int_equal(prog_capture_begin(capture, &e), 0);
}

static int load(struct bpf_prog_load_opts *opts)
{
	const struct handler *h = handler_of(prog.section);

	return h->prepare(&prog, opts, h->cookie);
}

static void end(struct prog_capture *capture)
{
	prog_capture_end(capture);
	captured_prog_clear(&(struct captured_prog){ .insns = prog.insns });
}

/* The flag is the chain's, but for programs behind maps, which have their own. */
static void fragments_are_the_chains(void **state)
{
	static const struct {
		const char *section;
		enum bpf_attach_type attach;
		bool chain, has;
	} rows[] = {
		{ "xdp", BPF_XDP, true, true },
		{ "xdp", BPF_XDP, false, false },
		{ "xdp.frags", BPF_XDP, false, false },
		{ "xdp.frags/devmap", BPF_XDP_DEVMAP, false, true },
		{ "xdp/devmap", BPF_XDP_DEVMAP, true, false },
		{ "xdp.frags/cpumap", BPF_XDP_CPUMAP, false, true },
		{ "xdp/cpumap", BPF_XDP_CPUMAP, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_prog_load_opts opts = opts_of(rows[i].attach);
		struct prog_capture capture;

		begin(&capture, rows[i].section, "r0 = 1; exit");
		capture.frags = rows[i].chain;
		for (int was = 0; was < 2; was++) {
			opts.prog_flags = BPF_F_ANY_ALIGNMENT | (was ? BPF_F_XDP_HAS_FRAGS : 0);
			assert_int_equal(load(&opts), 0);
			assert_int_equal(opts.prog_flags,
					 BPF_F_ANY_ALIGNMENT |
						 (rows[i].has ? BPF_F_XDP_HAS_FRAGS : 0));
		}
		/* Nobody wished for it: it is loaded as it is. */
		assert_int_equal(prog.n_stub, 0);
		assert_int_equal(opts.func_info_cnt, 2);
		end(&capture);
	}
}

/* A stub takes its place, which nothing describes; or it is kept as well, for who calls it. */
static void what_is_wished_for_is_taken(void **state)
{
	struct bpf_program other = { .section = "xdp" };

	(void)state;
	for (int keep = 0; keep < 2; keep++) {
		struct bpf_prog_load_opts opts = opts_of(BPF_XDP);
		struct captured_prog into = { 0 }, none = { 0 };
		struct prog_capture capture;

		begin(&capture, "xdp", "r1 = 7; r0 = 1; exit; r0 = 2; exit");
		prog_capture_add(&capture, &other, !keep, &none);
		prog_capture_add(&capture, &prog, keep, &into);
		assert_int_equal(load(&opts), 0);
		assert_null(none.insns);
		insns_are(into.insns, into.n_insns, "r1 = 7; r0 = 1; exit; r0 = 2; exit");
		assert_int_equal(into.n_funcs, 2);
		assert_memory_equal(into.funcs, funcs, sizeof(funcs));
		assert_int_equal(into.n_lines, 3);
		assert_memory_equal(into.lines, lines, sizeof(lines));
		assert_int_equal(captured_prog_end(&into, 0), 3);
		assert_int_equal(captured_prog_end(&into, 1), 5);
		insns_are(prog.stub, prog.n_stub, keep ? "" : "r0 = 2; exit");
		assert_int_equal(opts.func_info_cnt, keep ? 2 : 0);
		assert_int_equal(opts.line_info_cnt, keep ? 3 : 0);
		assert_int_equal(opts.prog_btf_fd, keep ? 3 : 0);
		assert_ptr_equal(opts.func_info, keep ? funcs : NULL);
		assert_ptr_equal(opts.line_info, keep ? lines : NULL);
		captured_prog_clear(&into);
		assert_true(!into.insns && !into.n_insns && !into.n_funcs && !into.n_lines);
		set_err = -EINVAL;
		assert_int_equal(load(&opts), keep ? 0 : -EINVAL);
		set_err = 0;
		captured_prog_clear(&into);
		end(&capture);
	}
}

/* Of records that are longer or shorter than those that are known here, what is known is taken. */
static void records_have_their_own_length(void **state)
{
	const uint32_t longer[] = { 0, 5, 99, 3, 6, 99 }, shorter[] = { 0, 3 };
	struct captured_prog into = { 0 };
	struct prog_capture capture;
	struct bpf_prog_load_opts opts = opts_of(BPF_XDP);

	(void)state;
	begin(&capture, "xdp", "r0 = 1; exit");
	prog_capture_add(&capture, &prog, true, &into);
	opts.func_info = longer;
	opts.func_info_rec_size = 12;
	opts.line_info = NULL; /* and their number is none then */
	assert_int_equal(load(&opts), 0);
	assert_memory_equal(into.funcs, funcs, sizeof(funcs));
	assert_int_equal(into.n_lines, 0);
	captured_prog_clear(&into);
	opts.func_info = shorter;
	opts.func_info_rec_size = 4;
	assert_int_equal(load(&opts), 0);
	assert_true(into.funcs[1].insn_off == 3 && !into.funcs[1].type_id);
	captured_prog_clear(&into);
	opts.func_info = NULL;
	assert_int_equal(load(&opts), 0);
	assert_int_equal(into.n_funcs, 0);
	captured_prog_clear(&into);
	end(&capture);
}

/* The BTFs of modules whose functions are called are the taker's own, as many as are named. */
static void modules_are_kept_open(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		bool closed; /* the last one is none */
	} rows[] = {
		{ "r0 = 1; exit", 1, false },
		{ "kfunc 5 1; exit", 2, false },
		{ "kfunc 5 2; exit", 3, false },
		{ "kfunc 5 2; kfunc 6 1; exit", 3, false },
		{ "kfunc 5 0; exit", 1, false },
		{ "call 5; call +0; exit", 1, false },
		{ "r2 = 1; kfunc 5 1; exit", 2, false },
		{ "kfunc 5 2; exit", 2, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_prog_load_opts opts = opts_of(BPF_XDP);
		int fds[] = { 0, open("/dev/null", O_RDONLY | O_CLOEXEC), -1 };
		struct captured_prog into = { 0 };
		struct prog_capture capture;
		int first;

		fds[2] = rows[i].closed ? -1 : dup(fds[1]);
		begin(&capture, "xdp", rows[i].text);
		/* What a helper's call, or a move, has there is no index. */
		if (prog.insns[0].src_reg != BPF_PSEUDO_KFUNC_CALL)
			prog.insns[0].off = 2;
		prog_capture_add(&capture, &prog, true, &into);
		opts.fd_array = fds;
		assert_int_equal(load(&opts), rows[i].closed ? -EBADF : 0);
		assert_int_equal(into.n_fds, rows[i].n);
		first = into.n_fds > 1 ? into.fd_array[1] : -1;
		if (first >= 0) {
			assert_int_not_equal(first, fds[1]);
			assert_int_equal(fcntl(first, F_GETFD), FD_CLOEXEC);
		}
		captured_prog_clear(&into);
		assert_true(first < 0 || fcntl(first, F_GETFD) < 0);
		assert_true(fcntl(fds[1], F_GETFD) >= 0);
		opts.fd_array = NULL;
		assert_int_equal(load(&opts), 0);
		assert_int_equal(into.n_fds, 1);
		captured_prog_clear(&into);
		end(&capture);
		(void)close(fds[1]);
		if (fds[2] >= 0)
			(void)close(fds[2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(handlers_come_and_go),
		cmocka_unit_test(fragments_are_the_chains),
		cmocka_unit_test(what_is_wished_for_is_taken),
		cmocka_unit_test(records_have_their_own_length),
		cmocka_unit_test(modules_are_kept_open),
	};

	return cmocka_run_group_tests_name("prog_capture", tests, NULL, NULL);
}
