// SPDX-License-Identifier: GPL-2.0-or-later
/* CO-RE and kconfig: what libbpf works out from the running kernel. */
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

extern unsigned int LINUX_KERNEL_VERSION __kconfig;

/* The field's place here is not where the kernel has it. */
struct net_device {
	char unlike[3];
	int ifindex;
} __attribute__((preserve_access_index));

struct no_such_type {
	int x;
} __attribute__((preserve_access_index));

SEC("xdp")
int core(struct xdp_md *ctx)
{
	if (LINUX_KERNEL_VERSION < 0x050000)
		return XDP_ABORTED;
	if (!bpf_core_field_exists(struct net_device, ifindex) ||
	    bpf_core_type_exists(struct no_such_type))
		return XDP_ABORTED;
	return bpf_core_field_offset(struct net_device, ifindex) > 3 ? XDP_PASS : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
