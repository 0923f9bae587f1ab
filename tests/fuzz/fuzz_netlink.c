// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of rtnetlink and sock_diag. The linker puts functions of ours in the
 * place of libmnl's socket (--wrap), so that everything above it reads the fuzzer's bytes. Each
 * input is a row of datagrams: two bytes of length (little endian), then so many bytes.
 */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

#include "lab/error.h"
#include "lab/rtnl.h"
#include "orchestrator/scenario/sockdiag.h"
#include "tests/fuzz/fuzz.h"

static const uint8_t *at, *end;

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len);
int __wrap_mnl_socket_close(struct mnl_socket *nl);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size);

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	static char socket;

	(void)bus;
	(void)flags;
	return (struct mnl_socket *)&socket;
}

int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	(void)nl;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

int __wrap_mnl_socket_close(struct mnl_socket *nl)
{
	(void)nl;
	return 0;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *buf, size_t len)
{
	(void)nl;
	(void)buf;
	return (ssize_t)len;
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	size_t n;

	(void)nl;
	if (end - at < 2) {
		errno = ENOBUFS;
		return -1;
	}
	n = at[0] | (size_t)at[1] << 8;
	at += 2;
	if (n > (size_t)(end - at))
		n = (size_t)(end - at);
	if (n > size) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(buf, at, n);
	at += n;
	return (ssize_t)n;
}

static void ask_link(struct netlink *nl)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct rt_link_state state;
	int err = rt_link_get(nl, "veth0", 0, &state, &e);

	must(!err == !e.kind);
}

static void see_link(void *cookie, const struct rt_link_state *state)
{
	(void)cookie;
	must(state->ifindex != 0);
}

static void list_links(struct netlink *nl)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int err = rt_link_each(nl, see_link, NULL, &e);

	must(!err == !e.kind);
}

static void add_bridge(struct netlink *nl)
{
	const struct rt_bridge bridge = { .name = "br0" };
	struct error ERROR_AUTO e = ERROR_INIT;
	int err = rt_bridge_add(nl, &bridge, &e);

	must(!err == !e.kind);
}

static void ask_sockets(struct netlink *nl)
{
	struct sockdiag v4 = { .proto = IPPROTO_UDP,
			       .address = { .family = AF_INET },
			       .port = 8000 };
	struct sockdiag v6 = { .proto = IPPROTO_TCP,
			       .address = { .family = AF_INET6 },
			       .port = 53 };
	struct error ERROR_AUTO e = ERROR_INIT;
	int err = sockdiag_ask(nl, &v4, &e);

	if (!err)
		err = sockdiag_ask(nl, &v6, &e);
	must(!err == !e.kind);
	sockdiag_end_waits(nl, 8000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static void (*const asks[])(struct netlink *) = { ask_link, list_links, add_bridge,
							  ask_sockets };

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct netlink *nl;

		at = bytes;
		end = bytes + size;
		must(netlink_open(0, &nl, &e) == 0);
		asks[i](nl);
		netlink_close(nl);
	}
	return 0;
}
