// SPDX-License-Identifier: GPL-2.0-or-later
/* Maps as loaders before libbpf 1.0 had them defined: plain numbers in a section "maps", of which
 * each loader has its own more. Together they are one more test: of sizes that differ.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct oldest_def {
	__u32 type, key_size, value_size, max_entries;
};

struct libbpf_def {
	__u32 type, key_size, value_size, max_entries, map_flags;
};

struct aya_def {
	__u32 type, key_size, value_size, max_entries, map_flags, id, pinning;
};

struct iproute2_def {
	__u32 type, key_size, value_size, max_entries, map_flags, id, pinning, inner_id, inner_idx;
};

struct oldest_def lengths SEC("maps") = { BPF_MAP_TYPE_ARRAY, 4, 8, 2048 };
/* Hidden, as some compilers' are. */
__attribute__((visibility("hidden"))) struct libbpf_def
	sparse SEC("maps") = { BPF_MAP_TYPE_HASH, 4, 8, 64, BPF_F_NO_PREALLOC };
struct aya_def COUNT SEC("maps") = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1, 0, 7, 1 };
struct iproute2_def prefixes SEC("maps/lpm") = {
	BPF_MAP_TYPE_LPM_TRIE, 8, 4, 16, BPF_F_NO_PREALLOC, 3, 2, 0, 0
};
/* What goes without saying is 0 with some: sizes of 4, and BPF_F_NO_PREALLOC of tries. */
struct libbpf_def events SEC("maps") = { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0, 0, 0, 0 };
struct oldest_def jumps SEC("maps") = { BPF_MAP_TYPE_PROG_ARRAY, 0, 0, 4 };
struct oldest_def devices SEC("maps") = { BPF_MAP_TYPE_DEVMAP, 0, 0, 4 };
struct oldest_def cpus SEC("maps") = { BPF_MAP_TYPE_CPUMAP, 0, 0, 1 };
struct oldest_def sockets SEC("maps") = { BPF_MAP_TYPE_XSKMAP, 0, 0, 4 };
struct oldest_def counts SEC("maps") = { BPF_MAP_TYPE_ARRAY, 0, 8, 4 };
struct oldest_def each SEC("maps") = { BPF_MAP_TYPE_PERCPU_ARRAY, 0, 8, 4 };
struct oldest_def others SEC("maps") = { BPF_MAP_TYPE_LPM_TRIE, 8, 4, 16 };

const volatile __u32 verdict = XDP_PASS;

/* Counts in each, drops from the third packet on, and aborts if something was not kept. */
SEC("xdp")
int counting(struct xdp_md *ctx)
{
	__u32 zero = 0, length = (ctx->data_end - ctx->data) & 2047;
	__u64 one = 1, *all, *same;
	__u32 prefix[2] = { 32, 0x0a090001 };

	all = bpf_map_lookup_elem(&lengths, &length);
	if (!all)
		return XDP_ABORTED;
	__sync_fetch_and_add(all, 1);
	bpf_map_update_elem(&sparse, &length, all, BPF_ANY);
	same = bpf_map_lookup_elem(&sparse, &length);
	if (!same || *same != *all || bpf_map_update_elem(&prefixes, prefix, &zero, BPF_ANY) ||
	    bpf_map_update_elem(&others, prefix, &zero, BPF_ANY))
		return XDP_ABORTED;
	same = bpf_map_lookup_elem(&COUNT, &zero);
	if (same)
		*same += one;
	/* Nobody listens. */
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &one, sizeof(one));
	return *all > 2 ? XDP_DROP : verdict;
}

char LICENSE[] SEC("license") = "GPL";
