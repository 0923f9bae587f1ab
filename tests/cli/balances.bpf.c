// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A balancer in the ways of balancers, good and bad, for IPv4 without options in 10.9.0.0/24, where
 * 10.9.0.N has the link address de:ad:be:ef:00:N. What comes for the VIP, 10.9.0.100, goes to the
 * backend @even or @odd by its source port, or ICMP id, and back to the client, 10.9.0.1.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NET    0x0a090000
#define CLIENT 1
#define VIP    100

const volatile __u32 even = 2, odd = 3;
const volatile __u32 half;   /* 1: keeps the client's address, so backends answer past it */
const volatile __u32 direct; /* 1: keeps all addresses: backends have the VIP, too */

static void mac_of(__u8 *mac, __u8 last)
{
	mac[0] = 0xde;
	mac[1] = 0xad;
	mac[2] = 0xbe;
	mac[3] = 0xef;
	mac[4] = 0;
	mac[5] = last;
}

/* RFC 1624 */
static void replace(__u16 *sum, __u32 from, __u32 to)
{
	__u32 new = (__u16) ~*sum;

	new += (__u16) ~(from >> 16) + (__u16) ~(from & 0xffff) + (to >> 16) + (to & 0xffff);
	new = (new & 0xffff) + (new >> 16);
	new = (new & 0xffff) + (new >> 16);
	*sum = ~new;
}

static void readdress(struct iphdr *ip, __u16 *sum, __u32 *address, __u32 last)
{
	__u32 to = bpf_htonl(NET | last);

	replace(&ip->check, *address, to);
	if (sum)
		replace(sum, *address, to);
	*address = to;
}

SEC("xdp")
int balance(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	__u16 *icmp = (void *)(ip + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	struct udphdr *udp = (void *)(ip + 1);
	__u16 port, *sum = NULL;
	__u32 to;

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->daddr != bpf_htonl(NET | VIP))
		return XDP_PASS;
	port = bpf_ntohs(udp->source);
	if (ip->protocol == IPPROTO_ICMP) {
		port = bpf_ntohs(icmp[2]);
	} else if (ip->protocol == IPPROTO_UDP) {
		sum = &udp->check;
	} else {
		if ((void *)(tcp + 1) > end)
			return XDP_PASS;
		sum = &tcp->check;
	}
	to = port & 1 ? odd : even;
	if (ip->saddr != bpf_htonl(NET | CLIENT))
		to = CLIENT;
	mac_of(eth->h_source, VIP);
	mac_of(eth->h_dest, to);
	if (direct)
		return XDP_TX;
	readdress(ip, sum, &ip->daddr, to);
	if (!half || to == CLIENT)
		readdress(ip, sum, &ip->saddr, VIP);
	return XDP_TX;
}

/* Every datagram to all at once. */
SEC("xdp")
int spread(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5 ||
	    ip->protocol != IPPROTO_UDP)
		return XDP_PASS;
	mac_of(eth->h_source, VIP);
	__builtin_memset(eth->h_dest, 0xff, ETH_ALEN);
	readdress(ip, &udp->check, &ip->daddr, 255);
	return XDP_TX;
}

__u32 echoes;

SEC("xdp")
int every_second(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->protocol != IPPROTO_ICMP)
		return XDP_PASS;
	return __sync_fetch_and_add(&echoes, 1) & 1 ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
