// SPDX-License-Identifier: GPL-2.0-or-later
/* Does this kernel load EXT programs, of which libxdp's dispatcher is made? Found by trying. Its
 * version is looked at only to explain a chain that was refused.
 */
#include "orchestrator/chain/chain_probe.h"

#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/util/bpflog.h"

static int load(enum bpf_prog_type type, int btf_fd, int func, int target_fd)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct bpf_func_info info = { .insn_off = 0, .type_id = (__u32)func };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_btf_fd = (__u32)btf_fd, .func_info = &info,
		    .func_info_cnt = 1, .func_info_rec_size = sizeof(info));

	if (target_fd >= 0) {
		opts.attach_prog_fd = (__u32)target_fd;
		opts.attach_btf_id = (__u32)func;
	}
	return bpf_prog_load(type, "probe", "GPL", code, ARRAY_SIZE(code), &opts);
}

static int try_ext(int btf_fd, int func)
{
	int FD_AUTO target_fd = load(BPF_PROG_TYPE_XDP, btf_fd, func, -1);
	int FD_AUTO ext_fd = -1, link = -1;

	if (target_fd < 0)
		return target_fd;
	ext_fd = load(BPF_PROG_TYPE_EXT, btf_fd, func, target_fd);
	if (ext_fd < 0)
		return ext_fd;
	link = bpf_raw_tracepoint_open(NULL, ext_fd);
	return link < 0 ? link : 0;
}

/* int probe(struct xdp_md *ctx): only by its BTF can an EXT program find it. */
static int probe(void)
{
	struct btf *btf = btf__new_empty();
	int FD_AUTO btf_fd = -1;
	int number, ctx, proto, func, err = -ENOMEM;
	const void *raw;
	__u32 size;

	if (!btf)
		return err;
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	ctx = btf__add_ptr(btf, btf__add_struct(btf, "xdp_md", 0));
	proto = btf__add_func_proto(btf, number);
	func = btf__add_func_param(btf, "ctx", ctx) < 0
		       ? -ENOMEM
		       : btf__add_func(btf, "probe", BTF_FUNC_GLOBAL, proto);
	raw = func > 0 ? btf__raw_data(btf, &size) : NULL;
	if (raw) {
		btf_fd = bpf_btf_load(raw, size, NULL);
		err = btf_fd < 0 ? btf_fd : try_ext(btf_fd, func);
	}
	btf__free(btf);
	return err;
}

enum engine_choice chain_engine_auto(const char **why)
{
	BPFLOG log = BPFLOG_INIT;

	bpflog_begin(&log);
	switch (-probe()) {
	case 0:
		*why = "this kernel loads EXT programs";
		return ENGINE_LIBXDP;
	case EPERM:
		*why = "this kernel refuses EXT programs (EPERM)";
		break;
	case EINVAL:
		*why = "this kernel has no EXT programs (EINVAL)";
		break;
	case EOPNOTSUPP:
		*why = "this kernel does not support EXT programs (EOPNOTSUPP)";
		break;
	default:
		*why = "this kernel does not load EXT programs";
	}
	return ENGINE_INLINE;
}

/* bpf_xdp_load_bytes() and bpf_xdp_get_buff_len() came with it. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 18

void chain_blame_kernel(struct error *e)
{
	struct utsname kernel;
	int major, minor;

	if (uname(&kernel) || sscanf(kernel.release, "%d.%d", &major, &minor) != 2)
		return;
	if (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR))
		(void)error_add(e, "this kernel is %s: chains need Linux %d.%d or later",
				kernel.release, KERNEL_MAJOR, KERNEL_MINOR);
}
