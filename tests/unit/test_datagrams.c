// SPDX-License-Identifier: GPL-2.0-or-later
/* Netlink's datagrams, byte by byte: whose answer it is, what is cut, and what the kernel says when
 * it refuses. They come and go by the functions here, in libmnl's place by rules.mk.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"

#define TYPE NLMSG_MIN_TYPE /* of the messages here: the first that is no control message's */

static struct {
	_Alignas(NLMSG_ALIGNTO) char bytes[512];
	size_t size;
	int err; /* instead of them */
} given[8];
static size_t n_given, n_taken, n_heard, n_sent;
static int send_err;
static uint32_t last_seq;

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *bytes, size_t size);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *bytes, size_t size)
{
	const struct nlmsghdr *message = bytes;

	(void)nl;
	assert_int_equal(size, message->nlmsg_len);
	last_seq = message->nlmsg_seq;
	n_sent++;
	errno = send_err;
	return send_err ? -1 : (ssize_t)size;
}

ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *bytes, size_t size);
ssize_t __wrap_mnl_socket_recvfrom(const struct mnl_socket *nl, void *bytes, size_t size)
{
	(void)nl;
	assert_true(n_taken < n_given);
	errno = given[n_taken].err;
	if (errno) {
		n_taken++;
		return -1;
	}
	assert_true(given[n_taken].size <= size);
	memset(bytes, 0xff, size);
	memcpy(bytes, given[n_taken].bytes, given[n_taken].size);
	return (ssize_t)given[n_taken++].size;
}

static void forget(void)
{
	memset(given, 0, sizeof(given));
	n_given = n_taken = n_heard = n_sent = 0;
	send_err = 0;
}

static struct netlink *opened(void)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct netlink *nl;

	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &e), 0);
	forget();
	last_seq = 0;
	return nl;
}

static void fails_to_come(int err)
{
	given[n_given++].err = err;
}

/* A datagram of its own, or with @more behind the last one, of the @seq th request from now. */
static struct nlmsghdr *give(bool more, uint16_t type, uint32_t seq, size_t payload)
{
	size_t i = more ? n_given - 1 : n_given++;
	struct nlmsghdr *message = (struct nlmsghdr *)(given[i].bytes + given[i].size);

	*message = (struct nlmsghdr){ .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + payload),
				      .nlmsg_type = type,
				      .nlmsg_seq = last_seq + seq };
	given[i].size += NLMSG_ALIGN(message->nlmsg_len);
	return message;
}

/* The answer to the next request: 0, or why not. @more bytes stand behind it. */
static struct nlmsgerr *give_verdict(int err, uint16_t flags, size_t more)
{
	struct nlmsghdr *message = give(false, NLMSG_ERROR, 1, sizeof(struct nlmsgerr) + more);
	struct nlmsgerr *verdict = mnl_nlmsg_get_payload(message);

	message->nlmsg_flags = flags;
	*verdict = (struct nlmsgerr){ .error = err, .msg.nlmsg_len = NLMSG_HDRLEN };
	return verdict;
}

static int hear(const struct nlmsghdr *message, void *cookie)
{
	const int *says = cookie;

	assert_int_equal(message->nlmsg_type, TYPE);
	return says[n_heard++];
}

static const int all_well[] = { MNL_CB_OK, MNL_CB_OK, MNL_CB_OK };

static int talk(struct netlink *nl, bool acked, const int *says, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, TYPE, NLM_F_CREATE);
	int err;

	assert_int_equal(message->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE);
	if (!acked)
		message->nlmsg_flags = NLM_F_REQUEST;
	err = netlink_talk(nl, message, says ? hear : NULL, (void *)says, e);
	assert_int_equal(n_sent, 1);
	assert_int_equal(n_taken, n_given);
	return err;
}

static void fails(int err, int wanted, struct error *e, const char *words)
{
	assert_int_equal(err, wanted);
	assert_string_equal(e->text, words);
	error_clear(e);
	forget();
}

static void answers_end(void **state)
{
	static const int bad[] = { MNL_CB_OK, MNL_CB_ERROR };
	struct netlink *NETLINK_AUTO nl = opened();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (int more = 0; more < 2; more++) { /* in one datagram, or each in its own */
		/* with what was asked before, and what is no message */
		forget();
		give(false, TYPE, 0, 4);
		give(more, NLMSG_ERROR, 0, sizeof(struct nlmsgerr));
		give(more, NLMSG_NOOP, 1, 0);
		give(more, TYPE, 1, 4);
		give(more, NLMSG_MIN_TYPE - 1, 1, 4);
		give(more, TYPE, 1, 4);
		give(more, NLMSG_DONE, 1, 4);
		assert_int_equal(talk(nl, true, all_well, &e), 0);
		assert_int_equal(n_heard, 2);
		/* the first one is the last where no more was asked for */
		forget();
		give(false, NLMSG_NOOP, 1, 0);
		give(more, NLMSG_MIN_TYPE - 1, 1, 4);
		give(more, TYPE, 1, 4);
		assert_int_equal(talk(nl, false, all_well, &e), 0);
		assert_int_equal(n_heard, 1);
		forget();
		give(false, TYPE, 1, 4);
		give(more, TYPE, 1, 4);
		fails(talk(nl, true, bad, &e), -EBADMSG, &e,
		      "cannot read a netlink answer: Bad message");
	}
	/* nobody hears them, and one is empty */
	n_given++;
	give(false, TYPE, 1, 4);
	give_verdict(0, 0, 0);
	assert_int_equal(talk(nl, true, NULL, &e), 0);
	forget();
	/* what is cut, or longer than an int can say, is passed over with all behind it */
	for (int i = 0; i < 3; i++) {
		struct nlmsghdr *cut = give(false, TYPE, 1, 4);

		give(true, TYPE, 1, 4);
		cut->nlmsg_len = i == 0 ? (uint32_t)given[0].size + 1 : i == 1 ? 0x80000100 : 15;
		give_verdict(0, 0, 0);
		assert_int_equal(talk(nl, true, all_well, &e), 0);
		assert_int_equal(n_heard, 0);
		forget();
	}
	fails_to_come(EINTR);
	give_verdict(0, 0, 0);
	assert_int_equal(talk(nl, true, NULL, &e), 0);
	forget();
	fails_to_come(ENOBUFS);
	fails(talk(nl, true, NULL, &e), -ENOBUFS, &e,
	      "cannot receive a netlink answer: No buffer space available");
	send_err = EPERM;
	fails(talk(nl, true, NULL, &e), -EPERM, &e,
	      "cannot send a netlink request: Operation not permitted");
}

static void verdicts(void **state)
{
	static const struct {
		int error;
		int err;
		const char *words;
	} rows[] = {
		{ 0, 0, NULL },
		{ -ENODEV, -ENODEV, "No such device" },
		{ -1, -EPERM, "Operation not permitted" },
		{ -4095, -4095, "Unknown error 4095" },
		{ -4096, -EBADMSG, "a netlink answer that is no errno" },
		{ 1, -EBADMSG, "a netlink answer that is no errno" },
		{ INT32_MIN, -EBADMSG, "a netlink answer that is no errno" },
	};
	struct netlink *NETLINK_AUTO nl = opened();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		forget();
		give_verdict(rows[i].error, 0, 0);
		if (rows[i].err)
			fails(talk(nl, true, NULL, &e), rows[i].err, &e, rows[i].words);
		else
			assert_int_equal(talk(nl, true, NULL, &e), 0);
	}
	forget();
	give(false, NLMSG_ERROR, 1, sizeof(struct nlmsgerr) - 1);
	fails(talk(nl, true, NULL, &e), -EBADMSG, &e, "a cut netlink answer");
}

/* Behind the verdict stands the request, unless that is cut off, and behind that the words. */
static void the_kernels_words(void **state)
{
	static const struct {
		uint16_t flags;
		uint32_t request; /* its length, as is said */
		size_t at;	  /* where the words' attribute stands, behind its header */
		uint16_t type;
		size_t len; /* of the words */
		const char *words;
	} rows[] = {
		{ NLM_F_ACK_TLVS | NLM_F_CAPPED, 400, 0, NLMSGERR_ATTR_MSG, 5,
		  "said: No such device" },
		{ NLM_F_ACK_TLVS, 16, 0, NLMSGERR_ATTR_MSG, 5, "said: No such device" },
		{ NLM_F_ACK_TLVS, 24, 8, NLMSGERR_ATTR_MSG, 5, "said: No such device" },
		{ NLM_F_ACK_TLVS, 400, 0, NLMSGERR_ATTR_MSG, 5, "No such device" },
		{ NLM_F_ACK_TLVS, 0x80000000, 0, NLMSGERR_ATTR_MSG, 5, "No such device" },
		{ NLM_F_CAPPED, 16, 0, NLMSGERR_ATTR_MSG, 5, "No such device" },
		{ NLM_F_ACK_TLVS, 16, 0, NLMSGERR_ATTR_OFFS, 5, "No such device" },
		{ NLM_F_ACK_TLVS, 16, 0, NLMSGERR_ATTR_MSG, 4, "No such device" }, /* no end */
	};
	struct netlink *NETLINK_AUTO nl = opened();
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t more = rows[i].at + NLA_HDRLEN + NLA_ALIGN(5);
		struct nlmsgerr *verdict;
		struct nlattr *attr;

		forget();
		verdict = give_verdict(-ENODEV, rows[i].flags, more);
		verdict->msg.nlmsg_len = rows[i].request;
		attr = (struct nlattr *)((char *)(verdict + 1) + rows[i].at);
		attr->nla_type = rows[i].type;
		attr->nla_len = (uint16_t)(NLA_HDRLEN + rows[i].len);
		memcpy(attr + 1, "said", 5);
		fails(talk(nl, true, NULL, &e), -ENODEV, &e, rows[i].words);
	}
}

static struct {
	int ready, err; /* what ppoll returns */
} polls[8];
static size_t n_polls;

int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *wait, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *wait, const sigset_t *mask)
{
	(void)mask;
	assert_int_equal(n, 1);
	assert_int_equal(fds->events, POLLIN);
	assert_true(fds->fd > 2);
	assert_in_range(wait->tv_sec, 30, 60);
	errno = polls[n_polls].err;
	return polls[n_polls++].ready;
}

static void news_are_heard(void **state)
{
	static const int stop_second[] = { MNL_CB_OK, MNL_CB_STOP };
	static const int bad[] = { MNL_CB_ERROR };
	struct netlink *NETLINK_AUTO nl = opened();
	struct error ERROR_AUTO e = ERROR_INIT;
	uint64_t deadline = netlink_clock_ns() + 60000000000;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(polls); i++)
		polls[i].ready = 1;
	for (int more = 0; more < 2; more++) {
		forget();
		n_given++; /* an empty one */
		give(false, NLMSG_NOOP, 7, 0);
		give(more, TYPE, 8, 4);
		give(more, NLMSG_MIN_TYPE - 1, 8, 4);
		give(more, TYPE, 9, 4);
		give(true, TYPE, 9, 4); /* unheard */
		n_polls = 0;
		assert_int_equal(netlink_listen(nl, deadline, hear, (void *)stop_second, &e), 0);
		assert_int_equal(n_heard, 2);
		assert_int_equal(n_polls, n_given);
		assert_int_equal(n_taken, n_given);
	}
	forget();
	give(false, TYPE, 1, 4);
	fails(netlink_listen(nl, deadline, hear, (void *)bad, &e), -EBADMSG, &e,
	      "cannot listen to the kernel: Bad message");
	fails_to_come(ENOBUFS);
	fails(netlink_listen(nl, deadline, hear, (void *)bad, &e), -ENOBUFS, &e,
	      "cannot listen to the kernel: No buffer space available");
	n_polls = 0;
	polls[0].ready = polls[1].ready = -1;
	polls[0].err = EINTR;
	polls[1].err = EBADF;
	fails(netlink_listen(nl, deadline, hear, NULL, &e), -EBADF, &e,
	      "cannot wait for the kernel: Bad file descriptor");
	assert_int_equal(n_polls, 2);
	n_polls = 0;
	polls[0].ready = 0;
	polls[0].err = EBADF; /* of an earlier call */
	fails(netlink_listen(nl, deadline, hear, NULL, &e), -ETIMEDOUT, &e,
	      "cannot wait for the kernel: Connection timed out");
	assert_int_equal(n_polls, 1);
}

static void sockets(void **state)
{
	struct netlink *nl = (struct netlink *)&nl;
	struct error ERROR_AUTO e = ERROR_INIT;
	int on = 0;
	socklen_t size = sizeof(on);
	struct sockaddr_nl own;

	(void)state;
	assert_int_equal(netlink_open(31, &nl, &e), -EPROTONOSUPPORT);
	assert_string_equal(e.text, "cannot open a netlink socket: Protocol not supported");
	assert_null(nl);
	error_clear(&e);
	netlink_close(NULL);
	assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &e), 0);
	/* the words of a refusal, and not the request again */
	for (int option = NETLINK_CAP_ACK; option <= NETLINK_EXT_ACK; option++) {
		assert_int_equal(getsockopt(netlink_fd(nl), SOL_NETLINK, option, &on, &size), 0);
		assert_int_equal(on, 1);
	}
	/* nothing comes but answers before a group is joined */
	size = sizeof(own);
	assert_int_equal(getsockname(netlink_fd(nl), (struct sockaddr *)&own, &size), 0);
	assert_int_equal(own.nl_groups, 0);
	assert_int_equal(netlink_join(nl, 1, &e), 0);
	assert_int_equal(getsockname(netlink_fd(nl), (struct sockaddr *)&own, &size), 0);
	assert_int_equal(own.nl_groups, 1);
	assert_int_equal(netlink_join(nl, 4000, &e), -EINVAL);
	assert_string_equal(e.text, "cannot join netlink group 4000: Invalid argument");
	netlink_close(nl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_end),	     cmocka_unit_test(verdicts),
		cmocka_unit_test(the_kernels_words), cmocka_unit_test(news_are_heard),
		cmocka_unit_test(sockets),
	};

	return cmocka_run_group_tests_name("datagrams", tests, NULL, NULL);
}
