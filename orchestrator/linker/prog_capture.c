// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs taken out of libbpf's hands as it would load them. What becomes of them is linker.c's.
 */
#include "orchestrator/linker/prog_capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"

struct capture_wish {
	const struct bpf_program *prog;
	bool keep;
	struct captured_prog *into;
};

void captured_prog_clear(struct captured_prog *prog)
{
	free(prog->insns);
	free(prog->funcs);
	free(prog->lines);
	for (size_t i = 1; i < prog->n_fds; i++)
		cleanup_fd(&prog->fd_array[i]);
	free(prog->fd_array);
	*prog = (struct captured_prog){ 0 };
}

size_t captured_prog_end(const struct captured_prog *prog, size_t function)
{
	return function + 1 < prog->n_funcs ? prog->funcs[function + 1].insn_off : prog->n_insns;
}

/* Records may be longer than we know of (a newer clang): the known part leads. */
static void *copy_records(const void *records, size_t n, size_t size, size_t known)
{
	char *copy = xcalloc(n ? n : 1, known);

	for (size_t i = 0; i < n; i++)
		memcpy(copy + i * known, (const char *)records + i * size,
		       size < known ? size : known);
	return copy;
}

/* Fds that there must be for the indices in kfunc calls, [0] among them. */
static size_t fds_named(const struct captured_prog *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n_insns; i++)
		if (t->insns[i].code == (BPF_JMP | BPF_CALL) &&
		    t->insns[i].src_reg == BPF_PSEUDO_KFUNC_CALL && t->insns[i].off >= (int)n)
			n = (size_t)t->insns[i].off + 1;
	return n;
}

/* libbpf closes its own when the object is loaded. */
static int copy_fds(struct captured_prog *t, const int *fds)
{
	size_t n = fds ? fds_named(t) : 0;

	t->fd_array = xcalloc(n ? n : 1, sizeof(*t->fd_array));
	for (t->n_fds = 1; t->n_fds < n; t->n_fds++) {
		t->fd_array[t->n_fds] = fcntl(fds[t->n_fds], F_DUPFD_CLOEXEC, 3);
		if (t->fd_array[t->n_fds] < 0)
			return -errno;
	}
	return 0;
}

static int copy_program(struct captured_prog *t, const struct bpf_program *prog,
			const struct bpf_prog_load_opts *opts)
{
	t->n_insns = bpf_program__insn_cnt(prog);
	t->insns = copy_records(bpf_program__insns(prog), t->n_insns, sizeof(*t->insns),
				sizeof(*t->insns));
	t->n_funcs = opts->func_info ? opts->func_info_cnt : 0;
	t->funcs = copy_records(opts->func_info, t->n_funcs, opts->func_info_rec_size,
				sizeof(*t->funcs));
	t->n_lines = opts->line_info ? opts->line_info_cnt : 0;
	t->lines = copy_records(opts->line_info, t->n_lines, opts->line_info_rec_size,
				sizeof(*t->lines));
	return copy_fds(t, opts->fd_array);
}

static int put_stub(struct bpf_program *prog, struct bpf_prog_load_opts *opts)
{
	struct bpf_insn stub[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	opts->func_info = NULL;
	opts->func_info_cnt = 0;
	opts->line_info = NULL;
	opts->line_info_cnt = 0;
	opts->prog_btf_fd = 0;
	return bpf_program__set_insns(prog, stub, ARRAY_SIZE(stub));
}

/* libbpf's own handlers are not called any more: what they set for a section is set here. */
static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct prog_capture *capture = (const struct prog_capture *)cookie;
	bool is_chain = opts->expected_attach_type == BPF_XDP;

	if (is_chain ? capture->frags : !strncmp(bpf_program__section_name(prog), "xdp.frags", 9))
		opts->prog_flags |= BPF_F_XDP_HAS_FRAGS;
	else
		opts->prog_flags &= ~(__u32)BPF_F_XDP_HAS_FRAGS;
	for (size_t i = 0; i < capture->n_wishes; i++) {
		const struct capture_wish *w = &capture->wishes[i];
		int err;

		if (w->prog != prog)
			continue;
		err = copy_program(w->into, prog, opts);
		return err || w->keep ? err : put_stub(prog, opts);
	}
	return 0;
}

/* The first that matches wins, so the special ones lead; the last takes "xdp_…". */
static const struct {
	const char *section;
	enum bpf_attach_type attach;
} sections[] = {
	{ "xdp.frags/devmap", BPF_XDP_DEVMAP },
	{ "xdp/devmap", BPF_XDP_DEVMAP },
	{ "xdp.frags/cpumap", BPF_XDP_CPUMAP },
	{ "xdp/cpumap", BPF_XDP_CPUMAP },
	{ "xdp.frags+", BPF_XDP },
	{ "xdp+", BPF_XDP },
	{ NULL, BPF_XDP },
};
_Static_assert(ARRAY_SIZE(sections) <= CAPTURE_HANDLERS, "a handler each");

/*
 * libbpf 1.1 frees its list with the last handler and then uses it again. So
 * one that matches no section is never taken back.
 */
static int keep_list(const struct libbpf_prog_handler_opts *opts)
{
	static bool kept;
	int id;

	if (kept)
		return 0;
	id = libbpf_register_prog_handler("xlab.none", BPF_PROG_TYPE_XDP, BPF_XDP, opts);
	kept = id >= 0;
	return kept ? 0 : id;
}

int prog_capture_begin(struct prog_capture *capture, struct error *e)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)capture,
		    .prog_prepare_load_fn = prepare);
	LIBBPF_OPTS(libbpf_prog_handler_opts, none);
	int err;

	*capture = (struct prog_capture){ 0 };
	err = keep_list(&none);
	if (err)
		return error_sys(e, err, "libbpf takes no handler for XDP programs");
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		int id = libbpf_register_prog_handler(sections[i].section, BPF_PROG_TYPE_XDP,
						      sections[i].attach, &opts);

		if (id < 0) {
			prog_capture_end(capture);
			return error_sys(e, id, "libbpf takes no handler for XDP programs");
		}
		capture->handlers[capture->n_handlers++] = id;
	}
	return 0;
}

void prog_capture_end(struct prog_capture *capture)
{
	while (capture->n_handlers)
		(void)libbpf_unregister_prog_handler(capture->handlers[--capture->n_handlers]);
	free(capture->wishes);
	*capture = (struct prog_capture){ 0 };
}

void prog_capture_add(struct prog_capture *capture, const struct bpf_program *prog, bool keep,
		      struct captured_prog *into)
{
	struct capture_wish *w = array_add(&capture->wishes, &capture->n_wishes, sizeof(*w));

	*w = (struct capture_wish){ prog, keep, into };
}
