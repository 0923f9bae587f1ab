// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands in a namespace, read back through libnl: any links and addresses that a kernel could
 * tell of, and many that it could not. The linker puts functions of ours in the place of
 * the socket's (--wrap). The input says which messages come and which attributes they have; their
 * form is right, as libnl 3.7 trusts the kernel with it.
 */

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/error.h"
#include "lab/links.h"
#include "tests/fuzz/fuzz.h"

/* libnl 3.7 loses an object whose message it refuses, and what is in it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:nl_object_alloc\nleak:nl_data_alloc\nleak:rtnl_link_\n";
}

static const uint8_t *at, *end;
static uint32_t asked; /* sequence number of the last request */
static char message[65536] __attribute__((aligned(NLMSG_ALIGNTO)));
static size_t waiting; /* bytes of @message that were not taken yet */

static uint8_t next_byte(void)
{
	return at < end ? *at++ : 0;
}

static void next_bytes(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = next_byte();
}

static void put_string(struct nlmsghdr *nlh, uint16_t type, size_t size)
{
	char text[256];

	next_bytes(text, size);
	text[size] = '\0';
	mnl_attr_put_strz(nlh, type, text);
}

static bool is_string(uint16_t of, uint16_t type)
{
	if (of == RTM_NEWADDR)
		return type == IFA_LABEL;
	return type == IFLA_IFNAME || type == IFLA_IFALIAS || type == IFLA_QDISC ||
	       type == IFLA_PHYS_PORT_NAME || type == IFLA_PARENT_DEV_NAME;
}

/* The kernel always has some for a VLAN, and libnl asks for its id without a look whether there
 * was. */
static void put_data(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	uint16_t value;

	for (int n = next_byte() % 4; n; n--) {
		uint16_t type = next_byte() % 8;

		next_bytes(&value, sizeof(value));
		mnl_attr_put(nlh, type, sizeof(value), &value);
	}
	mnl_attr_nest_end(nlh, nest);
}

static void put_attribute(struct nlmsghdr *nlh)
{
	uint16_t type = next_byte() % 72;
	uint8_t size = next_byte(), bytes[256];
	struct nlattr *nest;

	if (nlh->nlmsg_type == RTM_NEWLINK && type == IFLA_LINKINFO) {
		nest = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
		put_string(nlh, IFLA_INFO_KIND, size);
		put_data(nlh);
		mnl_attr_nest_end(nlh, nest);
	} else if (is_string(nlh->nlmsg_type, type)) {
		put_string(nlh, type, size);
	} else {
		next_bytes(bytes, size);
		mnl_attr_put(nlh, type, size, bytes);
	}
}

/* libnl looks for what it knows of the family without a look whether there is such a one. */
static void put_link(struct nlmsghdr *nlh)
{
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));

	next_bytes(link, sizeof(*link));
	link->ifi_family = link->ifi_family % 2 ? AF_BRIDGE : AF_UNSPEC;
}

static void next_message(void)
{
	static const uint16_t types[] = { RTM_NEWLINK, RTM_NEWADDR, NLMSG_DONE };
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	uint8_t head = at < end ? next_byte() : 2;

	nlh->nlmsg_type = types[head % 3];
	nlh->nlmsg_flags = NLM_F_MULTI;
	nlh->nlmsg_seq = asked;
	if (nlh->nlmsg_type == NLMSG_DONE)
		next_bytes(mnl_nlmsg_put_extra_header(nlh, sizeof(int)), head & 0x80 ? 1 : 0);
	else if (nlh->nlmsg_type == RTM_NEWLINK)
		put_link(nlh);
	else
		next_bytes(mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifaddrmsg)),
			   sizeof(struct ifaddrmsg));
	if (nlh->nlmsg_type != NLMSG_DONE)
		for (int n = next_byte() % 16; n; n--)
			put_attribute(nlh);
	waiting = nlh->nlmsg_len;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *out, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *in, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *out, int flags)
{
	const struct nlmsghdr *nlh = out->msg_iov[0].iov_base;

	(void)fd;
	(void)flags;
	asked = nlh->nlmsg_seq;
	return nlh->nlmsg_len;
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *in, int flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t n, room = in->msg_iov[0].iov_len;

	(void)fd;
	if (!waiting)
		next_message();
	n = waiting;
	memcpy(in->msg_name, &kernel, sizeof(kernel));
	in->msg_namelen = sizeof(kernel);
	in->msg_controllen = 0;
	in->msg_flags = n > room ? MSG_TRUNC : 0;
	memcpy(in->msg_iov[0].iov_base, message, n < room ? n : room);
	if (!(flags & MSG_PEEK))
		waiting = 0;
	return (ssize_t)n;
}

static void rewind_to(const uint8_t *bytes, size_t size)
{
	at = bytes;
	end = bytes + size;
	waiting = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct links links = { 0 };
	struct link link = { 0 };
	int err;

	rewind_to(bytes, size);
	err = links_read(&links, &e);
	must(!err == !e.kind);
	for (size_t i = 0; i < links.n; i++)
		must(memchr(links.links[i].name, '\0', IFNAMSIZ) && links.links[i].alias);
	links_clear(&links);
	error_clear(&e);
	rewind_to(bytes, size);
	(void)links_find("veth0", &link, &e);
	link_clear(&link);
	return 0;
}
