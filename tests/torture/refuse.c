// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded: makes the kernel refuse one netlink request. The REFUSEth message that the process
 * sends gets a type that no kernel knows, so the refusal is the kernel's own, with its own
 * errno, wherever in a batch that message stands. REFUSE_LOG names a file to which a line is
 * appended for each message: its number, its type, and "refused" where it was.
 */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNKNOWN_TYPE 0x7ff0

static unsigned int sent; /* messages, by this process */

static bool is_netlink(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t size = sizeof(address);

	return !getsockname(fd, (struct sockaddr *)&address, &size) &&
	       address.ss_family == AF_NETLINK;
}

static unsigned int refused_number(void)
{
	const char *text = getenv("REFUSE");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 0;
}

static void log_message(unsigned int type, bool refused)
{
	const char *path = getenv("REFUSE_LOG");
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd < 0)
		return;
	(void)dprintf(fd, "%u %u%s\n", sent, type, refused ? " refused" : "");
	(void)close(fd);
}

/* NLMSG_OK() compares numbers of different signs, whatever it is given. */
static bool is_whole(const struct nlmsghdr *nlh, size_t left)
{
	return left >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) &&
	       NLMSG_ALIGN(nlh->nlmsg_len) <= left;
}

static void spoil(void *bytes, size_t size)
{
	struct nlmsghdr *nlh = bytes;
	size_t left = size;
	int err = errno;

	for (; is_whole(nlh, left); nlh = NLMSG_NEXT(nlh, left)) {
		bool refused = ++sent == refused_number();

		log_message(nlh->nlmsg_type, refused);
		if (refused)
			nlh->nlmsg_type = UNKNOWN_TYPE;
	}
	errno = err;
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to,
	       socklen_t to_size)
{
	ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
		dlsym(RTLD_NEXT, "sendto");
	char *copy;
	ssize_t n;

	if (!is_netlink(fd))
		return next(fd, bytes, size, flags, to, to_size);
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	spoil(copy, size);
	n = next(fd, copy, size, flags, to, to_size);
	free(copy);
	return n;
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
	return sendto(fd, bytes, size, flags, NULL, 0);
}

/* libnl's and libmnl's own buffers, which they may well find changed. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");

	for (size_t i = 0; is_netlink(fd) && i < message->msg_iovlen; i++)
		spoil(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
	return next(fd, message, flags);
}
