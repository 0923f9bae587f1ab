// SPDX-License-Identifier: GPL-2.0-or-later
/* redirect: every packet leaves by another interface, as it is. Without one, it goes on. */

#include "bpf/book.h"

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

SEC("xdp")
int redirect(struct xdp_md *ctx)
{
	return book_close(ctx, bpf_redirect_map(&target, 0, XDP_PASS));
}

char LICENSE[] SEC("license") = "GPL";
