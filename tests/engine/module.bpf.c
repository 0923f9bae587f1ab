// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions of a module, nf_conntrack. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Any structure will do, but a declaration alone is another kind of type. */
struct nf_conn {
	int unknown;
};

/* As much of the kernel's own as this needs: the first words are the oldest. */
struct bpf_ct_opts___first {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *ctx, struct bpf_sock_tuple *tuple,
					 __u32 size, struct bpf_ct_opts___first *opts,
					 __u32 opts_size) __ksym;
extern void bpf_ct_release(struct nf_conn *ct) __ksym;

/* Whether the connection is tracked does not matter; that both are called does. */
SEC("xdp")
int module(struct xdp_md *ctx)
{
	struct bpf_ct_opts___first opts = { .netns_id = -1, .l4proto = 17 };
	struct bpf_sock_tuple tuple = {};
	struct nf_conn *ct;

	ct = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
	if (ct)
		bpf_ct_release(ct);
	return opts.error ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
