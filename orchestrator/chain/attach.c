// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One program onto one interface, by libbpf or libxdp, and what the kernel's refusals mean. Knows
 * neither chains nor records.
 */
#include "orchestrator/chain/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <xdp/libxdp.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/util/bpflog.h"

int attach_query(int ifindex, struct attached *now, struct error *e)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err = bpf_xdp_query(ifindex, 0, &opts);

	if (err)
		return error_sys(e, err, "cannot ask for the interface's XDP program");
	now->mode = opts.skb_prog_id ? XDP_MODE_CHOICE_GENERIC : XDP_MODE_CHOICE_NATIVE;
	now->prog_id = opts.skb_prog_id	  ? opts.skb_prog_id
		       : opts.drv_prog_id ? opts.drv_prog_id
					  : opts.prog_id;
	return 0;
}

int attach_prog_id(int fd, uint32_t *id, struct error *e)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return error_sys(e, -errno, "cannot ask for a program's id");
	*id = info.id;
	return 0;
}

int attach_foreign(uint32_t prog_id, const char *off, struct error *e)
{
	int FD_AUTO fd = bpf_prog_get_fd_by_id(prog_id);
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		info.name[0] = '\0';
	return error_state(e, -EBUSY,
			   "another tool's XDP program is attached there (id %u%s%s) and stays; "
			   "take it off with the tool that put it there%s%s%s",
			   prog_id, *info.name ? ", name " : "", info.name,
			   off ? ", or with `" : "", off ? off : "", off ? "`" : "");
}

static unsigned int mode_flag(enum xdp_mode mode)
{
	return mode == XDP_MODE_CHOICE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
}

static int explain(int ifindex, enum xdp_mode mode, int err, struct bpflog *log, struct error *e)
{
	const char *name = mode_name(mode);
	struct attached now = { 0 };

	switch (-err) {
	case ERANGE:
		return error_state(
			e, err,
			"the MTU of its other end is too large for native XDP (3506 bytes at "
			"most; more only if every filter is SEC(\"xdp.frags\")): lower the mtu "
			"of that end, or say mode = generic");
	case EOPNOTSUPP:
		return error_state(
			e, err,
			"%s XDP is not supported on it (a bridge and lo have none in native "
			"mode)%s",
			name, mode == XDP_MODE_CHOICE_GENERIC ? "" : ": say mode = generic");
	case EBUSY:
	case EEXIST:
		if (!attach_query(ifindex, &now, e) && now.prog_id && now.mode != mode)
			return error_state(e, -EBUSY,
					   "a program stands there in %s mode, and the two modes "
					   "exclude each other",
					   mode_name(now.mode));
		if (now.prog_id)
			return attach_foreign(now.prog_id, NULL, e);
		return error_state(e, -EBUSY,
				   "its XDP program was changed by another tool just now");
	default:
		return error_sys(e, err, "cannot attach XDP in %s mode: %s", name,
				 bpflog_first(log, "the kernel refuses"));
	}
}

/* The dispatcher is left out by a word in the environment alone. */
static int attach_by_libxdp(int ifindex, enum xdp_mode mode, int fd)
{
	static const char skip[] = "LIBXDP_SKIP_DISPATCHER";
	const char *set = getenv(skip);
	char *FREE_AUTO before = set ? xstrdup(set) : NULL;
	struct xdp_program *prog = xdp_program__from_fd(fd);
	int err;

	if (libxdp_get_error(prog))
		return (int)libxdp_get_error(prog);
	/* It hands one over without an fd, too, where the kernel does not give the BTF. */
	if (xdp_program__fd(prog) < 0) {
		xdp_program__close(prog);
		return -EINVAL;
	}
	(void)setenv(skip, "1", 1);
	err = xdp_program__attach(
		prog, ifindex, mode == XDP_MODE_CHOICE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
	if (before)
		(void)setenv(skip, before, 1);
	else
		(void)unsetenv(skip);
	xdp_program__close(prog);
	return err;
}

int attach_swap(int ifindex, enum xdp_mode mode, int fd, uint32_t old_id, struct error *e)
{
	int FD_AUTO old = old_id ? bpf_prog_get_fd_by_id(old_id) : -1;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old);
	BPFLOG log = BPFLOG_INIT;
	int err;

	bpflog_begin(&log);
	if (!old_id)
		err = attach_by_libxdp(ifindex, mode, fd);
	else if (old < 0 && errno != ENOENT)
		return error_sys(e, -errno, "cannot open XDP program %u", old_id);
	else if (old < 0)
		err = -EBUSY;
	else
		err = bpf_xdp_attach(ifindex, fd, mode_flag(mode), &opts);
	return err ? explain(ifindex, mode, err, &log, e) : 0;
}

int attach_remove(int ifindex, enum xdp_mode mode, uint32_t old_id, struct error *e)
{
	int FD_AUTO old = bpf_prog_get_fd_by_id(old_id);
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts, .old_prog_fd = old);
	BPFLOG log = BPFLOG_INIT;
	int err;

	/* Gone with its last user: then it is not attached either. */
	if (old < 0)
		return errno == ENOENT ? 0
				       : error_sys(e, -errno, "cannot open XDP program %u", old_id);
	bpflog_begin(&log);
	err = bpf_xdp_detach(ifindex, mode_flag(mode), &opts);
	return err ? explain(ifindex, mode, err, &log, e) : 0;
}
