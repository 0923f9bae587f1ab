// SPDX-License-Identifier: GPL-2.0-or-later
/* Sending, receiving, and the kernel's words for what it refuses. What is asked is for others. */
#include "lab/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/alloc.h"
#include "lab/error.h"

/* A link's description with all its families' settings takes about 2 KiB. */
#define MAX_ERRNO	    4095 /* as in the kernel's linux/err.h */
#define NETLINK_ANSWER_SIZE 16384

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
};

int netlink_open(int protocol, struct netlink **out, struct error *e)
{
	struct netlink *nl = xcalloc(1, sizeof(*nl));
	int err, on = 1;

	*out = NULL;
	nl->socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
	if (!nl->socket || mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID)) {
		err = -errno;
		netlink_close(nl);
		return error_sys(e, err, "cannot open a netlink socket");
	}
	/* Older kernels that lack these only make messages poorer. */
	(void)mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	*out = nl;
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	if (nl->socket)
		(void)mnl_socket_close(nl->socket);
	free(nl);
}

int netlink_fd(const struct netlink *nl)
{
	return mnl_socket_get_fd(nl->socket);
}

void netlink_cleanup(struct netlink **nl)
{
	netlink_close(*nl);
}

struct nlmsghdr *netlink_begin(struct netlink_request *request, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(request->bytes);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	return message;
}

/* What the kernel says about a refusal, or NULL. */
static const char *refusal_words(const struct nlmsghdr *message)
{
	const struct nlmsgerr *refusal = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;
	const char *words = NULL;
	size_t skip = sizeof(*refusal);

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&refusal->msg);
	if (skip > mnl_nlmsg_get_payload_len(message))
		return NULL;
	mnl_attr_for_each (attr, message, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			words = mnl_attr_get_str(attr);
	return words;
}

/* The kernel's verdict on a request: 0, or its negative errno with the words in @e. */
static int read_verdict(const struct nlmsghdr *message, struct error *e)
{
	const struct nlmsgerr *verdict = mnl_nlmsg_get_payload(message);
	const char *words;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*verdict))
		return error_state(e, -EBADMSG, "a cut netlink answer");
	if (verdict->error > 0 || verdict->error < -MAX_ERRNO)
		return error_state(e, -EBADMSG, "a netlink answer that is no errno");
	if (verdict->error == 0)
		return 0;
	words = refusal_words(message);
	if (words)
		return error_sys(e, verdict->error, "%s", words);
	return error_state(e, verdict->error, "%s", strerror(-verdict->error));
}

/* libmnl reads a length above INT_MAX as a negative one, which fits everywhere. */
static bool is_whole(const struct nlmsghdr *message, int size)
{
	return mnl_nlmsg_ok(message, size) && message->nlmsg_len <= (unsigned int)size;
}

/* 1: more to come; 0 or negative: the request is answered. */
static int read_answers(const struct netlink *nl, bool acked, const char *bytes, int size,
			mnl_cb_t answer, void *cookie, struct error *e)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;

	for (; is_whole(message, size); message = mnl_nlmsg_next(message, &size)) {
		if (message->nlmsg_seq != nl->seq)
			continue;
		if (message->nlmsg_type == NLMSG_ERROR)
			return read_verdict(message, e);
		if (message->nlmsg_type == NLMSG_DONE)
			return 0;
		if (message->nlmsg_type >= NLMSG_MIN_TYPE && answer &&
		    answer(message, cookie) == MNL_CB_ERROR)
			return error_sys(e, -EBADMSG, "cannot read a netlink answer");
		if (message->nlmsg_type >= NLMSG_MIN_TYPE && !acked)
			return 0;
	}
	return 1;
}

int netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t answer, void *cookie,
		 struct error *e)
{
	_Alignas(NLMSG_ALIGNTO) char bytes[NETLINK_ANSWER_SIZE];
	bool acked = message->nlmsg_flags & NLM_F_ACK;
	ssize_t got;
	int err = 1;

	message->nlmsg_seq = ++nl->seq;
	if (mnl_socket_sendto(nl->socket, message, message->nlmsg_len) < 0)
		return error_sys(e, -errno, "cannot send a netlink request");
	while (err > 0) {
		got = TEMP_FAILURE_RETRY(mnl_socket_recvfrom(nl->socket, bytes, sizeof(bytes)));
		if (got < 0)
			return error_sys(e, -errno, "cannot receive a netlink answer");
		err = read_answers(nl, acked, bytes, (int)got, answer, cookie, e);
	}
	return err;
}

int netlink_join(struct netlink *nl, unsigned int group, struct error *e)
{
	/* Ten thousand notifications can come at once, of about a KiB each. */
	int room = 16 << 20;

	(void)setsockopt(netlink_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return error_sys(e, -errno, "cannot join netlink group %u", group);
	return 0;
}

uint64_t netlink_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

struct timespec netlink_time_left(uint64_t deadline_ns)
{
	uint64_t now = netlink_clock_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;

	return (struct timespec){ (time_t)(left / 1000000000), (long)(left % 1000000000) };
}

/* 0: something can be read. */
static int await(const struct netlink *nl, uint64_t deadline_ns, struct error *e)
{
	struct pollfd poll_fd = { .fd = netlink_fd(nl), .events = POLLIN };
	struct timespec wait = netlink_time_left(deadline_ns);
	int ready = ppoll(&poll_fd, 1, &wait, NULL);

	if (ready < 0 && errno != EINTR)
		return error_sys(e, -errno, "cannot wait for the kernel");
	if (ready == 0)
		return error_sys(e, -ETIMEDOUT, "cannot wait for the kernel");
	return ready < 0 ? await(nl, deadline_ns, e) : 0;
}

/* What the last of them made @each return. */
static int read_news(const char *bytes, int size, mnl_cb_t each, void *cookie)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)bytes;
	int said = MNL_CB_OK;

	for (; said == MNL_CB_OK && is_whole(message, size);
	     message = mnl_nlmsg_next(message, &size))
		if (message->nlmsg_type >= NLMSG_MIN_TYPE)
			said = each(message, cookie);
	return said;
}

int netlink_listen(struct netlink *nl, uint64_t deadline_ns, mnl_cb_t each, void *cookie,
		   struct error *e)
{
	_Alignas(NLMSG_ALIGNTO) char bytes[NETLINK_ANSWER_SIZE];
	ssize_t got;
	int err;

	for (;;) {
		err = await(nl, deadline_ns, e);
		if (err)
			return err;
		got = TEMP_FAILURE_RETRY(mnl_socket_recvfrom(nl->socket, bytes, sizeof(bytes)));
		if (got < 0)
			return error_sys(e, -errno, "cannot listen to the kernel");
		err = read_news(bytes, (int)got, each, cookie);
		if (err == MNL_CB_STOP)
			return 0;
		if (err == MNL_CB_ERROR)
			return error_sys(e, -EBADMSG, "cannot listen to the kernel");
	}
}
