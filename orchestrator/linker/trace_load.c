// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs instrumented and loaded, with less and less put into them until the verifier takes it.
 */
#include "orchestrator/linker/trace_load.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"
#include "orchestrator/linker/link_load.h"
#include "orchestrator/linker/trace.h"

static int load_instrumented(const struct link_output *out, const struct linker *c, int btf_fd,
			     enum trace_level level, bool stack, struct error *e)
{
	struct link_output traced = *out;
	int fd;

	error_clear(e);
	if (trace_instrument(c->trace, level, stack, &traced, c, e))
		return e->err;
	fd = link_load(&traced, c, btf_fd);
	free(traced.insns);
	free(traced.funcs);
	free(traced.lines);
	return fd < 0 ? error_sys(e, fd,
				  "the verifier refuses the chain when it is instrumented, "
				  "and only then")
		      : fd;
}

int trace_load(const struct link_output *out, const struct linker *c, struct error *e)
{
	/* Alone, it has no filter's verdict to tell. */
	int least = c->alone ? TRACE_LINES : TRACE_VERDICTS;
	int FD_AUTO btf_fd = link_load_btf(out, e);
	int fd = btf_fd < 0 ? btf_fd : -EAGAIN;

	for (int level = (int)c->trace->level; btf_fd >= 0 && fd < 0 && level >= least; level--)
		for (int stack = 1; fd < 0 && stack >= 0; stack--)
			fd = load_instrumented(out, c, btf_fd, (enum trace_level)level, stack, e);
	c->trace->frags = c->frags;
	return fd;
}

int trace_load_alone(const struct linker *c, struct error *e)
{
	const struct captured_prog *code = c->filters->code;
	struct link_output out = {
		.insns = code->insns,
		.n_insns = code->n_insns,
		.funcs = code->funcs,
		.n_funcs = code->n_funcs,
		.lines = code->lines,
		.n_lines = code->n_lines,
		.btf = bpf_object__btf(c->filters->obj),
		.rodata_fd = -1,
		.fd_array = code->fd_array,
		.n_fd_array = code->n_fds,
	};

	return trace_load(&out, c, e);
}
