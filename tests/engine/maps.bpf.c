// SPDX-License-Identifier: GPL-2.0-or-later
/* Sixteen maps of its own: four of them fill what one program may use. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAP(n)                                    \
	struct {                                  \
		__uint(type, BPF_MAP_TYPE_ARRAY); \
		__uint(max_entries, 1);           \
		__type(key, __u32);               \
		__type(value, __u32);             \
	} map##n SEC(".maps");
#define EACH(x) \
	x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11) x(12) x(13) x(14) x(15)
EACH(MAP)

#define LOOK(n) found += bpf_map_lookup_elem(&map##n, &key) != 0;

SEC("xdp")
int maps(struct xdp_md *ctx)
{
	__u32 key = 0, found = 0;

	EACH(LOOK)
	return found == 16 ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
