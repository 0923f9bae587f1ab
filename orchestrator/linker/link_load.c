// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel is given of a program, and how it is asked for its words on one. */
#include "orchestrator/linker/link_load.h"

#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/linker/link.h"

#define LOG_BYTES     (1U << 20)
#define LOG_BYTES_MAX (1U << 28)

int link_load_btf(const struct link_output *out, struct error *e)
{
	LIBBPF_OPTS(bpf_btf_load_opts, opts, .log_size = LOG_BYTES, .log_level = 1);
	char *FREE_AUTO log = NULL;
	const void *raw;
	__u32 size;
	int fd;

	raw = btf__raw_data(out->btf, &size);
	if (!raw)
		return error_sys(e, -ENOMEM, "cannot merge the filters' BTF");
	fd = bpf_btf_load(raw, size, NULL);
	if (fd >= 0)
		return fd;
	opts.log_buf = log = xcalloc(1, LOG_BYTES);
	fd = bpf_btf_load(raw, size, &opts);
	return fd >= 0 ? fd : error_sys(e, fd, "the kernel refuses the chain's BTF: %s", log);
}

static int load_once(const struct link_output *out, const struct linker *c, int btf_fd, char *log,
		     size_t log_size, enum link_log level)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_XDP,
		    .prog_btf_fd = (__u32)btf_fd, .fd_array = out->fd_array,
		    .func_info = out->funcs, .func_info_cnt = (__u32)out->n_funcs,
		    .func_info_rec_size = sizeof(*out->funcs), .line_info = out->lines,
		    .line_info_cnt = (__u32)out->n_lines, .line_info_rec_size = sizeof(*out->lines),
		    .prog_flags = c->frags ? BPF_F_XDP_HAS_FRAGS : 0, .log_buf = log,
		    .log_size = (__u32)log_size, .log_level = level);

	return bpf_prog_load(BPF_PROG_TYPE_XDP, c->alone ? c->alone : "xlab_chain",
			     c->gpl ? "GPL" : "Proprietary", out->insns, out->n_insns, &opts);
}

int link_load(const struct link_output *out, const struct linker *c, int btf_fd)
{
	return load_once(out, c, btf_fd, NULL, 0, 0);
}

/* Older kernels refuse a log that does not fit. */
int link_load_for_log(const struct link_output *out, const struct linker *c, int btf_fd,
		      enum link_log level, char **log)
{
	int fd = -ENOSPC;

	for (size_t size = LOG_BYTES; fd == -ENOSPC && size <= LOG_BYTES_MAX; size *= 4) {
		free(*log);
		*log = xreallocarray(NULL, 1, size);
		**log = '\0';
		fd = load_once(out, c, btf_fd, *log, size, level);
	}
	return fd;
}
