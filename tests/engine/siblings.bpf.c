// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that stand beside one that no kernel takes, in sections that name no type. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int jumped_to(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} ways SEC(".maps") = {
	.values = { [1] = (void *)&jumped_to },
};

SEC("drop/1")
int jumped_to(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("prog")
int jumper(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &ways, 1);
	return XDP_ABORTED;
}

SEC("xdp_old")
int older(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp")
int broken(struct xdp_md *ctx)
{
	return *(char *)(long)ctx->data; /* BROKEN */
}

SEC("classifier")
int other(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
