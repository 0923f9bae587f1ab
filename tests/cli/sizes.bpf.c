// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps whose keys and values are as large as can be told of, and larger; nobody loads them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAP(name, kind, key, value)        \
	struct {                           \
		__uint(type, kind);        \
		__uint(max_entries, 1);    \
		__uint(key_size, key);     \
		__uint(value_size, value); \
	} name SEC(".maps")

MAP(key_most, BPF_MAP_TYPE_HASH, 512, 4);
MAP(key_more, BPF_MAP_TYPE_HASH, 513, 4);
MAP(value_most, BPF_MAP_TYPE_ARRAY, 4, 16 << 20);
MAP(value_more, BPF_MAP_TYPE_ARRAY, 4, (16 << 20) + 1);
/* No room for an address behind its length. */
MAP(no_trie, BPF_MAP_TYPE_LPM_TRIE, 4, 4);

SEC("xdp")
int sizes(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
