// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under `xlab up topologies/lb.ini`: the same namespaces, bridge, pairs
 * and addresses by the fewest raw rtnetlink messages, sent in one batch a
 * namespace, with no lab file, no journal, no checks and nothing that makes a
 * lab dependable. `floor up DIR` mounts a tmpfs on DIR and puts the namespaces
 * there; `floor up DIR NODES` builds a star of so many round the bridge, with IPv4 alone;
 * `floor down DIR` is one umount. What xlab adds is measured against it.
 */

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LB_NODES  4
#define NODES_MAX 1023 /* ports of a bridge */

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

/* No link-local addresses in this namespace, and none of their reports through the bridge. */
static void no_ipv6(void)
{
	int fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		err(1, "disable_ipv6");
	close(fd);
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

static int index_of(const char *name)
{
	int index = if_nametoindex(name);

	if (!index)
		err(1, "%s", name);
	return index;
}

/* A node's end up, with its addresses: the last numbers of lb's, or one in 10.0.0.0/16. */
static void node_end(int sock, int i, bool lb)
{
	static const int last[LB_NODES] = { 1, 2, 3, 10 };
	struct batch b = { 0 };
	char text[64];
	int index;

	snprintf(text, sizeof(text), "veth%d", 2 * i);
	index = index_of(text);
	link_up(&b, 1, NULL);
	link_up(&b, index, NULL);
	if (lb)
		snprintf(text, sizeof(text), "10.0.0.%d", last[i]);
	else
		snprintf(text, sizeof(text), "10.0.%d.%d", (i + 1) / 256, (i + 1) % 256);
	address(&b, AF_INET, index, text, lb ? 24 : 16);
	if (lb) {
		snprintf(text, sizeof(text), "fd00::%d", last[i]);
		address(&b, AF_INET6, index, text, 64);
	}
	commit(sock, &b);
}

static void up(const char *dir, int n, bool lb)
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
		sockets[i] = netns(dir, lb ? names[i] : name);
		if (!lb)
			no_ipv6();
		nodes[i] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	}
	br = netns(dir, "br0");
	if (!lb)
		no_ipv6();
	bridge(&b);
	commit(br, &b);
	for (int i = 0, master = index_of("br0"); i < n; i++) {
		pair(&b, i, master, nodes[i]);
		if (b.len > sizeof(b.buf) / 2 || i == n - 1)
			commit(br, &b);
	}
	for (int i = 0; i < n; i++) {
		if (setns(nodes[i], CLONE_NEWNET))
			err(1, "setns");
		node_end(sockets[i], i, lb);
	}
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
	bool is_up = argc >= 3 && !strcmp(argv[1], "up");
	int n = argc == 4 ? atoi(argv[3]) : LB_NODES;

	if (argc < 3 || argc > 3 + is_up || (!is_up && strcmp(argv[1], "down")) || n < 1 ||
	    n > NODES_MAX)
		errx(2, "usage: floor up DIR [NODES] | down DIR");
	if (is_up) {
		raise_files();
		up(argv[2], n, argc == 3);
	} else if (umount2(argv[2], MNT_DETACH)) {
		err(1, "%s", argv[2]);
	}
	return 0;
}
