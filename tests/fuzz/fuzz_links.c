// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands in a namespace, read back through libnl, which is part of the program: any answer
 * of the kernel's. The linker puts functions of ours in the place of the socket's (--wrap).
 * Each input is a row of datagrams: two bytes of length (little endian), then so many
 * bytes. Sequence numbers are put right, or libnl would look no further.
 */

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/error.h"
#include "lab/links.h"
#include "tests/fuzz/fuzz.h"

/* libnl 3.7 loses an object whose message it cannot read to its end. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:nl_object_alloc\n";
}

static const uint8_t *at, *end;
static uint32_t asked; /* sequence number of the last request */

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct nlmsghdr head;
	ssize_t size = 0;

	(void)fd;
	(void)flags;
	memcpy(&head, message->msg_iov[0].iov_base, sizeof(head));
	asked = head.nlmsg_seq;
	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += (ssize_t)message->msg_iov[i].iov_len;
	return size;
}

static void put_right(uint8_t *bytes, size_t size)
{
	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr head;
		size_t step;

		memcpy(&head, bytes, sizeof(head));
		head.nlmsg_seq = asked;
		head.nlmsg_pid = 0;
		memcpy(bytes, &head, sizeof(head));
		step = NLMSG_ALIGN(head.nlmsg_len);
		if (step < sizeof(head) || step > size)
			return;
		bytes += step;
		size -= step;
	}
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	size_t n, room = message->msg_iov[0].iov_len;

	(void)fd;
	if (end - at < 2) {
		errno = ENOBUFS;
		return -1;
	}
	n = at[0] | (size_t)at[1] << 8;
	if (n > (size_t)(end - at) - 2)
		n = (size_t)(end - at) - 2;
	memcpy(message->msg_name, &kernel, sizeof(kernel));
	message->msg_namelen = sizeof(kernel);
	message->msg_controllen = 0;
	message->msg_flags = n > room ? MSG_TRUNC : 0;
	memcpy(message->msg_iov[0].iov_base, at + 2, n < room ? n : room);
	put_right(message->msg_iov[0].iov_base, n < room ? n : room);
	if (!(flags & MSG_PEEK))
		at += 2 + n;
	return (ssize_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct links links = { 0 };
	struct link link = { 0 };
	int err;

	at = bytes;
	end = bytes + size;
	err = links_read(&links, &e);
	must(!err == !e.kind);
	for (size_t i = 0; i < links.n; i++)
		must(memchr(links.links[i].name, '\0', IFNAMSIZ) && links.links[i].alias);
	links_clear(&links);
	at = bytes;
	error_clear(&e);
	(void)links_find("veth0", &link, &e);
	link_clear(&link);
	return 0;
}
