// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under `xlab up topologies/lb.ini`: the same namespaces, bridge, pairs
 * and addresses by the fewest raw rtnetlink messages, sent in one batch a
 * namespace, with no lab file, no journal, no checks and nothing that makes a
 * lab dependable. `floor up DIR` mounts a tmpfs on DIR and puts the namespaces
 * there; `floor up DIR NODES` builds a star of so many round the bridge, with IPv4 alone;
 * `floor down DIR` is one umount. What xlab adds is measured against it.
 *
 * `floor lab DIR` does besides what an experiment in the lab cannot do without, as cheaply:
 * the settings without which answers are withheld or late, bytes on the links as on a wire, and
 * links that carry when it ends.
 */

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LB_NODES  4
#define NODES_MAX 1023 /* ports of a bridge */

/* lb's links; what else a lab needs as well; a star. */
enum what { LINKS, LAB, STAR };

struct batch {
	char buf[8192];
	size_t len;
	int messages;
};

static struct nlmsghdr *message(struct batch *b, int type, int flags, const void *body, size_t size)
{
	struct nlmsghdr *h = (void *)(b->buf + b->len);

	memset(h, 0, NLMSG_LENGTH(size));
	h->nlmsg_len = NLMSG_LENGTH(size);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	memcpy(NLMSG_DATA(h), body, size);
	return h;
}

static struct rtattr *put(struct nlmsghdr *h, int type, const void *data, size_t len)
{
	struct rtattr *a = (void *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(a), data, len);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_ALIGN(a->rta_len);
	return a;
}

static void close_nest(struct nlmsghdr *h, struct rtattr *nest)
{
	nest->rta_len = (char *)h + NLMSG_ALIGN(h->nlmsg_len) - (char *)nest;
}

static void end(struct batch *b, struct nlmsghdr *h)
{
	b->len += NLMSG_ALIGN(h->nlmsg_len);
	b->messages++;
}

static void commit(int fd, struct batch *b)
{
	char answer[8192];

	if (send(fd, b->buf, b->len, 0) < 0)
		err(1, "send");
	while (b->messages > 0) {
		int n = recv(fd, answer, sizeof(answer), 0);
		struct nlmsghdr *h = (void *)answer;

		if (n < 0)
			err(1, "recv");
		for (; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			struct nlmsgerr *e = NLMSG_DATA(h);

			if (h->nlmsg_type == NLMSG_ERROR && e->error)
				errx(1, "message refused: %s", strerror(-e->error));
			if (h->nlmsg_type == NLMSG_ERROR)
				b->messages--;
		}
	}
	b->len = 0;
}

static void link_up(struct batch *b, int index, const char *name)
{
	struct ifinfomsg body = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nlmsghdr *h = message(b, RTM_NEWLINK, 0, &body, sizeof(body));

	if (name)
		put(h, IFLA_IFNAME, name, strlen(name) + 1);
	end(b, h);
}

static void bridge(struct batch *b)
{
	struct ifinfomsg body = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP };
	struct nlmsghdr *h =
		message(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	struct rtattr *info;

	put(h, IFLA_IFNAME, "br0", 4);
	info = put(h, IFLA_LINKINFO, NULL, 0);
	put(h, IFLA_INFO_KIND, "bridge", 6);
	close_nest(h, info);
	end(b, h);
}

/* One request: the port, up and in the bridge; its peer in the node's namespace. */
static void pair(struct batch *b, int i, int master, int netns)
{
	struct ifinfomsg body = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer = { 0 };
	struct nlmsghdr *h =
		message(b, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	unsigned int one = 1;
	char name[16];
	struct rtattr *info, *data, *other;

	snprintf(name, sizeof(name), "veth%d", 2 * i + 1);
	put(h, IFLA_IFNAME, name, strlen(name) + 1);
	put(h, IFLA_MASTER, &master, sizeof(master));
	put(h, IFLA_NUM_TX_QUEUES, &one, sizeof(one));
	put(h, IFLA_NUM_RX_QUEUES, &one, sizeof(one));
	info = put(h, IFLA_LINKINFO, NULL, 0);
	put(h, IFLA_INFO_KIND, "veth", 4);
	data = put(h, IFLA_INFO_DATA, NULL, 0);
	other = put(h, VETH_INFO_PEER, &peer, sizeof(peer));
	snprintf(name, sizeof(name), "veth%d", 2 * i);
	put(h, IFLA_IFNAME, name, strlen(name) + 1);
	put(h, IFLA_NUM_TX_QUEUES, &one, sizeof(one));
	put(h, IFLA_NUM_RX_QUEUES, &one, sizeof(one));
	put(h, IFLA_NET_NS_FD, &netns, sizeof(netns));
	close_nest(h, other);
	close_nest(h, data);
	close_nest(h, info);
	end(b, h);
}

static void address(struct batch *b, int family, int index, const char *text, int len)
{
	struct ifaddrmsg body = { .ifa_family = family,
				  .ifa_prefixlen = len,
				  .ifa_flags = IFA_F_NODAD,
				  .ifa_index = index };
	struct nlmsghdr *h =
		message(b, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	char bytes[16];

	inet_pton(family, text, bytes);
	put(h, IFA_LOCAL, bytes, family == AF_INET ? 4 : 16);
	put(h, IFA_ADDRESS, bytes, family == AF_INET ? 4 : 16);
	end(b, h);
}

static void set(const char *setting, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", setting);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, 1) != 1)
		err(1, "%s", path);
	close(fd);
}

/* No link-local addresses in this namespace, and none of their reports through the bridge. */
static void no_ipv6(void)
{
	set("ipv6/conf/default/disable_ipv6", "1");
}

static void settings(bool node)
{
	set("ipv4/icmp_ratelimit", "0");
	set("ipv4/tcp_orphan_retries", "1");
	if (!node) {
		set("ipv6/conf/all/disable_ipv6", "1");
		return;
	}
	set("ipv6/icmp/ratelimit", "0");
	set("ipv6/conf/default/accept_dad", "0");
	set("ipv6/conf/default/accept_ra", "0");
}

static void ethtool(int sock, const char *name, void *data)
{
	struct ifreq request = { .ifr_data = data };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(sock, SIOCETHTOOL, &request) < 0)
		err(1, "%s: ethtool", name);
}

/* Checksums and VLAN tags: those features whose names say so. */
static void offloads_off(int sock, const char *name)
{
	static struct {
		struct ethtool_gstrings head;
		char names[256][ETH_GSTRING_LEN];
	} all = { .head = { .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES } };
	static struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block blocks[8];
	} off = { .head = { .cmd = ETHTOOL_SFEATURES } };

	if (!off.head.size) {
		ethtool(sock, name, &all);
		off.head.size = (all.head.len + 31) / 32;
		for (unsigned int i = 0; i < all.head.len; i++)
			if (!strcmp(all.names[i], "tx-checksum-ip-generic") ||
			    !strcmp(all.names[i], "tx-checksum-sctp") ||
			    (strstr(all.names[i], "-vlan-") && !strstr(all.names[i], "filter")))
				off.blocks[i / 32].valid |= 1U << i % 32;
	}
	ethtool(sock, name, &off);
}

static bool carries(const char *answer, int n)
{
	const struct nlmsghdr *h = (const void *)answer;
	const struct rtattr *a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(h));
	int len = IFLA_PAYLOAD(h);

	if (!NLMSG_OK(h, n) || h->nlmsg_type != RTM_NEWLINK)
		errx(1, "no answer about a link");
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if (a->rta_type == IFLA_OPERSTATE)
			return *(const unsigned char *)RTA_DATA(a) == IF_OPER_UP;
	return false;
}

/* The question has the kernel see the carrier at once. */
static void await_carrier(int sock, int index)
{
	struct ifinfomsg body = { .ifi_index = index };
	unsigned int no_statistics = 1 << 3; /* RTEXT_FILTER_SKIP_STATS */
	char answer[8192];
	int n;

	do {
		struct batch b = { 0 };
		struct nlmsghdr *h = message(&b, RTM_GETLINK, 0, &body, sizeof(body));

		h->nlmsg_flags = NLM_F_REQUEST;
		put(h, IFLA_EXT_MASK, &no_statistics, sizeof(no_statistics));
		if (send(sock, h, h->nlmsg_len, 0) < 0)
			err(1, "send");
		n = recv(sock, answer, sizeof(answer), 0);
		if (n < 0)
			err(1, "recv");
	} while (!carries(answer, n));
}

/* Leave for a new namespace, bound at DIR/NAME; a socket in it is returned. */
static int netns(const char *dir, const char *name)
{
	char path[256];
	int fd, sock;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0);
	if (fd < 0 || mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL))
		err(1, "%s", path);
	close(fd);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (sock < 0)
		err(1, "socket");
	return sock;
}

static int index_of(int sock, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(sock, SIOCGIFINDEX, &request))
		err(1, "%s", name);
	return request.ifr_ifindex;
}

/* A node's end up, with its addresses: the last numbers of lb's, or one in 10.0.0.0/16. */
static void node_end(int sock, int i, enum what what)
{
	static const int last[LB_NODES] = { 1, 2, 3, 10 };
	struct batch b = { 0 };
	char text[64];
	int index;

	snprintf(text, sizeof(text), "veth%d", 2 * i);
	index = index_of(sock, text);
	if (what == LAB)
		offloads_off(sock, text);
	link_up(&b, 1, NULL);
	link_up(&b, index, NULL);
	if (what != STAR)
		snprintf(text, sizeof(text), "10.0.0.%d", last[i]);
	else
		snprintf(text, sizeof(text), "10.0.%d.%d", (i + 1) / 256, (i + 1) % 256);
	address(&b, AF_INET, index, text, what != STAR ? 24 : 16);
	if (what != STAR) {
		snprintf(text, sizeof(text), "fd00::%d", last[i]);
		address(&b, AF_INET6, index, text, 64);
	}
	commit(sock, &b);
}

static void await_links(int br, const int *sockets, int n)
{
	char name[16];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "veth%d", 2 * i + 1);
		await_carrier(br, index_of(br, name));
		snprintf(name, sizeof(name), "veth%d", 2 * i);
		await_carrier(sockets[i], index_of(sockets[i], name));
	}
}

static void up(const char *dir, int n, enum what what)
{
	static const char *const names[LB_NODES] = { "host", "h2", "h3", "lb" };
	static int nodes[NODES_MAX], sockets[NODES_MAX];
	struct batch b = { 0 };
	char name[16];
	int br;

	if (mount("tmpfs", dir, "tmpfs", 0, NULL))
		err(1, "%s", dir);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%d", i + 1);
		sockets[i] = netns(dir, what != STAR ? names[i] : name);
		if (what == STAR)
			no_ipv6();
		if (what == LAB)
			settings(true);
		nodes[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	br = netns(dir, "br0");
	if (what == STAR)
		no_ipv6();
	if (what == LAB)
		settings(false);
	bridge(&b);
	commit(br, &b);
	for (int i = 0, master = index_of(br, "br0"); i < n; i++) {
		pair(&b, i, master, nodes[i]);
		if (b.len > sizeof(b.buf) / 2 || i == n - 1)
			commit(br, &b);
	}
	for (int i = 0; i < n && what == LAB; i++) {
		snprintf(name, sizeof(name), "veth%d", 2 * i + 1);
		offloads_off(br, name);
	}
	for (int i = 0; i < n; i++)
		node_end(sockets[i], i, what);
	if (what == LAB)
		await_links(br, sockets, n);
}

/* A star takes two files a node. */
static void raise_files(void)
{
	struct rlimit limit = { 2 * NODES_MAX + 64, 2 * NODES_MAX + 64 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		err(1, "RLIMIT_NOFILE");
}

int main(int argc, char **argv)
{
	bool is_lab = argc == 3 && !strcmp(argv[1], "lab");
	bool is_up = (argc == 3 || argc == 4) && !strcmp(argv[1], "up");
	int n = argc == 4 ? atoi(argv[3]) : LB_NODES;

	if (is_lab || (is_up && n >= 1 && n <= NODES_MAX)) {
		raise_files();
		up(argv[2], n, is_lab ? LAB : argc == 4 ? STAR : LINKS);
	} else if (argc != 3 || strcmp(argv[1], "down")) {
		errx(2, "usage: floor up DIR [NODES] | lab DIR | down DIR");
	} else if (umount2(argv[2], MNT_DETACH)) {
		err(1, "%s", argv[2]);
	}
	return 0;
}
