// SPDX-License-Identifier: GPL-2.0-or-later
/* Waiting for the end of namespaces: what the kernel tells, in which order, and what is said of
 * those of which it tells nothing. The kernel and the clock are played here, by rules.mk, in their
 * functions' places.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/netns_wait.h"
#include "lab/plan.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "tests/unit/talk.h"

#define SECOND_NS 1000000000ULL
#define BEGAN_NS  (1000 * SECOND_NS)

static struct {
	uint64_t now;
	const char *ends;  /* what is told, a character a second; see listen */
	const char *fails; /* these, by their letters */
	int made;	   /* namespaces */
	int in;		   /* the fd of the namespace that the process is in; -1: a new one */
	int start;	   /* that it was in */
	bool interrupted;
	bool ours; /* the lab's namespaces are the one that this test is in */
	int ids;   /* were asked for */
} kernel;

static bool fails(char letter)
{
	return kernel.fails && strchr(kernel.fails, letter);
}

static int refuse(char letter, struct error *e)
{
	return fails(letter) ? error_state(e, -EIO, "%c fails", letter) : 0;
}

/* It is some file's fd. */
static int some_fd(void)
{
	return dup(STDERR_FILENO);
}

int __wrap_unshare(int flags);
int __wrap_unshare(int flags)
{
	assert_int_equal(flags, CLONE_NEWNET);
	kernel.in = -1;
	kernel.made++;
	errno = ENOSPC;
	return fails((char)('0' + kernel.made)) ? -1 : 0;
}

int __wrap_netns_current(struct error *e);
int __wrap_netns_current(struct error *e)
{
	int fd = refuse(kernel.made ? 'C' : 'c', e) ? -EIO : some_fd();

	if (!kernel.made && fd >= 0)
		kernel.start = kernel.in = fd;
	return fd;
}

int __wrap_netns_enter(int fd, struct error *e);
int __wrap_netns_enter(int fd, struct error *e)
{
	assert_int_equal(fd, kernel.start);
	kernel.in = fd;
	return refuse('e', e);
}

/* Node c has none, or not any more. */
int __wrap_netns_open(const struct state *st, const char *name, struct error *e);
int __wrap_netns_open(const struct state *st, const char *name, struct error *e)
{
	(void)st;
	assert_string_not_equal(name, "self");
	if (!strcmp(name, "c"))
		return error_state(e, -ENOENT, "none");
	return kernel.ours ? open("/proc/self/ns/net", O_RDONLY) : some_fd();
}

int __wrap_netlink_open(int protocol, struct netlink **out, struct error *e);
int __wrap_netlink_open(int protocol, struct netlink **out, struct error *e)
{
	assert_int_equal(protocol, NETLINK_ROUTE);
	assert_int_equal(kernel.made, 3);
	assert_int_equal(kernel.in, -1);
	*out = (struct netlink *)&kernel;
	return refuse('o', e);
}

void __wrap_netlink_close(struct netlink *nl);
void __wrap_netlink_close(struct netlink *nl)
{
	assert_true(!nl || nl == (struct netlink *)&kernel);
}

int __wrap_netlink_join(struct netlink *nl, unsigned int group, struct error *e);
int __wrap_netlink_join(struct netlink *nl, unsigned int group, struct error *e)
{
	assert_ptr_equal(nl, &kernel);
	assert_int_equal(group, RTNLGRP_NSID);
	return refuse('j', e);
}

uint64_t __wrap_netlink_clock_ns(void);
uint64_t __wrap_netlink_clock_ns(void)
{
	return kernel.now;
}

bool __wrap_interrupt_pending(void);
bool __wrap_interrupt_pending(void)
{
	return kernel.interrupted;
}

/* Those of a, b and x, and of the sentinels. */
static int refuse_id(const struct nlmsghdr *message, mnl_cb_t each, void *cookie, struct error *e)
{
	(void)message;
	(void)each;
	(void)cookie;
	return refuse("ABXST"[kernel.ids++], e);
}

DIR *__real_opendir(const char *name);
DIR *__wrap_opendir(const char *name);
DIR *__wrap_opendir(const char *name)
{
	return fails('d') ? NULL : __real_opendir(name);
}

FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails('f') ? NULL : __real_fopen(path, mode);
}

/* The end of the namespace of this id, or what is no such message. */
static int tell(char what, mnl_cb_t each, void *cookie)
{
	struct netlink_request bytes;
	struct nlmsghdr *message = mnl_nlmsg_put_header(bytes.bytes);

	message->nlmsg_type = what == 'n' ? RTM_NEWNSID : RTM_DELNSID;
	mnl_nlmsg_put_extra_header(message, sizeof(struct rtgenmsg));
	if (what == 's') /* is too short */
		mnl_attr_put_u16(message, NETNSA_NSID, 0);
	else if (what == 'o') /* is another one's */
		mnl_attr_put_u32(message, NETNSA_FD, 0);
	else
		mnl_attr_put_u32(message, NETNSA_NSID, what == 'n' ? 0 : (uint32_t)(what - '0'));
	return each(message, cookie);
}

/* A digit: the end of that one is told; '-': nothing is within a second; '*': nor any more. */
int __wrap_netlink_listen(struct netlink *nl, uint64_t deadline_ns, mnl_cb_t each, void *cookie,
			  struct error *e);
int __wrap_netlink_listen(struct netlink *nl, uint64_t deadline_ns, mnl_cb_t each, void *cookie,
			  struct error *e)
{
	assert_ptr_equal(nl, &kernel);
	assert_int_equal(deadline_ns, kernel.now + SECOND_NS);
	if (refuse('l', e))
		return e->err;
	while (*kernel.ends && !strchr("-*", *kernel.ends)) {
		bool an_end = strchr("01234", *kernel.ends);

		int said = tell(*kernel.ends++, each, cookie);

		if (said == MNL_CB_OK)
			continue;
		assert_int_equal(said, MNL_CB_STOP);
		assert_true(an_end);
		return 0;
	}
	assert_true(*kernel.ends); /* nobody listens on when all is told */
	kernel.ends += *kernel.ends == '-';
	kernel.now += SECOND_NS;
	return error_sys(e, -ETIMEDOUT, "nothing");
}

static struct node nodes[] = { { .name = (char[]){ "a" } },
			       { .name = (char[]){ "b" } },
			       { .name = (char[]){ "c" } },
			       { .name = (char[]){ "self" } } };
static const struct topology topo = { .nodes = nodes, .n_nodes = 4, .n_bridges = 2 };
static struct op ops[] = {
	{ .kind = OP_NETNS, .netns = "a", .node = 0 },
	{ .kind = OP_NETNS, .netns = "c", .node = 2 },
	{ .kind = OP_NETNS, .netns = "b", .node = 1 },
	{ .kind = OP_NAME, .netns = "b", .node = 1 },
	{ .kind = OP_NETNS, .netns = "x", .node = NONE },
	{ .kind = OP_NETNS, .netns = "self", .node = 3 },
};
static const struct plan plan = {
	.topo = &topo, .self = (char[]){ "self" }, .ops = ops, .n_ops = 6
};

static int begin(const char *failing, struct netns_wait **w, struct error *e)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.ours = *failing == '=';
	kernel.now = BEGAN_NS;
	kernel.fails = failing;
	talk_forget();
	talk.by = strpbrk(failing, "ABXST") ? refuse_id : NULL;
	*w = NULL;
	return netns_wait_begin(&plan, NULL, w, e);
}

/* One after the other. */
static void ids_were_given(size_t n)
{
	assert_int_equal(talk.n_asked, n);
	for (size_t i = 0; i < n; i++) {
		const struct nlmsghdr *message = talk_asked(i);
		const struct nlattr *attr;
		size_t id = n, fd = 0;

		assert_int_equal(message->nlmsg_type, RTM_NEWNSID);
		mnl_attr_for_each (attr, message, sizeof(struct rtgenmsg)) {
			if (mnl_attr_get_type(attr) == NETNSA_NSID)
				id = mnl_attr_get_u32(attr);
			if (mnl_attr_get_type(attr) == NETNSA_FD)
				fd = mnl_attr_get_u32(attr);
		}
		assert_int_equal(id, i);
		assert_true(fd > 2);
	}
}

static size_t open_fds(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 100; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void a_watch_can_fail(void **state)
{
	static const struct {
		const char *fails, *words;
		int err;
	} rows[] = {
		{ "c", "c fails", -EIO },
		{ "1", "cannot make a namespace: No space left on device", -ENOSPC },
		{ "2", "cannot make a namespace: No space left on device", -ENOSPC },
		{ "3", "cannot make a namespace: No space left on device", -ENOSPC },
		{ "C", "C fails", -EIO },
		{ "o", "o fails", -EIO },
		{ "j", "j fails", -EIO },
		{ "e", "e fails", -EIO },
		{ "oe", "o fails", -EIO },
		{ "A", "A fails", -EIO },
		{ "X", "X fails", -EIO },
		{ "S", "S fails", -EIO },
		{ "T", "T fails", -EIO },
	};
	size_t fds = open_fds();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO words =
			text_format("cannot watch the namespaces: %s", rows[i].words);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct netns_wait *w;

		assert_int_equal(begin(rows[i].fails, &w, &e), rows[i].err);
		assert_string_equal(e.text, words);
		assert_null(w);
		assert_int_equal(kernel.in, *rows[i].fails == 'c' ? 0 : kernel.start);
		assert_int_equal(open_fds(), fds);
	}
}

static void ends_are_waited_for(void **state)
{
	static const struct {
		const char *ends;
		int err;
		const char *words;
		unsigned int seconds; /* how long it took */
	} rows[] = {
		/* those of a, b, x; then the sentinel's; then the last one's */
		{ "012"
		  "3"
		  "4",
		  0, NULL, 0 },
		{ "210"
		  "3"
		  "4",
		  0, NULL, 0 },
		{ "3210"
		  "4",
		  0, NULL, 0 },
		{ "-0-1-2-3"
		  "-4",
		  0, NULL, 5 },
		/* what tells nothing, what was told, and what was not asked about */
		{ "nso5012"
		  "n00"
		  "3"
		  "n4",
		  0, NULL, 0 },
		{ "nso512"
		  "3*",
		  -ETIMEDOUT, "the lab is down, but the namespace of a lives on: ", 5 },
		/* four seconds are not too long, if something is told then */
		{ "3----0----1----2"
		  "4",
		  0, NULL, 12 },
		/* as long as the kernel is at others */
		{ "--------------------------------------------------0-123"
		  "4",
		  0, NULL, 51 },
		{ "0123---------------------------------------------------------4", 0, NULL, 57 },
		{ "012*", -ETIMEDOUT,
		  "the lab is down, but the kernel is not done with its namespaces; what it says "
		  "of "
		  "them is in dmesg",
		  60 },
		{ "0123*", -ETIMEDOUT,
		  "the lab is down, but the kernel is not done with its namespaces; what it says "
		  "of "
		  "them is in dmesg",
		  60 },
		/* once its sentinel is gone, somebody holds it */
		{ "023*", -ETIMEDOUT, "the lab is down, but the namespace of b lives on: ", 5 },
		{ "3*", -ETIMEDOUT, "the lab is down, but the namespace of a lives on: ", 5 },
		{ "03---1*", -ETIMEDOUT, "the lab is down, but the namespace of x lives on: ", 8 },
	};
	size_t fds = open_fds();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct netns_wait *w;
		int err;

		assert_int_equal(begin("", &w, &e), 0);
		ids_were_given(5);
		assert_int_equal(kernel.in, kernel.start);
		kernel.ends = rows[i].ends;
		err = netns_wait_await(w, &e);
		netns_wait_end(&w);
		if (err != rows[i].err)
			fail_msg("%s: %d, %s", rows[i].ends, err, e.text ? e.text : "");
		if (rows[i].words ? !strstr(e.text, rows[i].words) : e.text != NULL)
			fail_msg("%s: %s", rows[i].ends, e.text);
		assert_int_equal(kernel.now, BEGAN_NS + rows[i].seconds * SECOND_NS);
		if (!err)
			assert_string_equal(kernel.ends, "");
		assert_int_equal(open_fds(), fds);
	}
}

/* A process that is in it, if there is any, by its name, if that can be read; of the file that
 * stands for it here there is none.
 */
static void who_holds_it_is_told(void **state)
{
	static const char *const rows[] = { "", "=d", "=f", "=" };
	struct error ERROR_AUTO e = ERROR_INIT;
	char name[32] = "", told[32] = "", path[64];
	struct stat own, its;
	struct netns_wait *w;
	const char *who;
	int pid = 0;
	FILE *comm;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int end = 0;

		error_clear(&e);
		assert_int_equal(begin(rows[i], &w, &e), 0);
		kernel.ends = "3*";
		assert_int_equal(netns_wait_await(w, &e), -ETIMEDOUT);
		netns_wait_end(&w);
		who = strstr(e.text, "lives on: ");
		assert_non_null(who);
		if (i < 2)
			assert_string_equal(who, "lives on: something (an open file, a TCP "
						 "connection) still holds it");
		else if (i == 2)
			assert_true(
				sscanf(who, "lives on: process %d still holds it%n", &pid, &end) &&
				end && !who[end]);
	}
	assert_int_equal(sscanf(who, "lives on: process %d (%31[^)]) still holds it", &pid, told),
			 2);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	assert_int_equal(stat("/proc/self/ns/net", &own), 0);
	assert_int_equal(stat(path, &its), 0);
	assert_int_equal(own.st_ino, its.st_ino);
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	comm = fopen(path, "r");
	assert_non_null(comm);
	assert_non_null(fgets(name, sizeof(name), comm));
	assert_int_equal(fclose(comm), 0);
	name[strcspn(name, "\n")] = '\0';
	assert_string_equal(told, name);
}

static void a_signal_ends_it(void **state)
{
	static const char *const ends[] = { "0-*", "0123-*" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct netns_wait *w;

		assert_int_equal(begin("", &w, &e), 0);
		kernel.ends = ends[i];
		kernel.interrupted = true;
		assert_int_equal(netns_wait_await(w, &e), -EINTR);
		netns_wait_end(&w);
		assert_string_equal(e.text,
				    "the lab is down; the kernel still destroys its namespaces");
		assert_int_equal(kernel.now, BEGAN_NS + SECOND_NS);
		error_clear(&e);
		/* not who is done before */
		assert_int_equal(begin("", &w, &e), 0);
		kernel.ends = "01234";
		kernel.interrupted = true;
		assert_int_equal(netns_wait_await(w, &e), 0);
		netns_wait_end(&w);
		/* nor is what cannot be heard waited for */
		assert_int_equal(begin("l", &w, &e), 0);
		assert_int_equal(netns_wait_await(w, &e), -EIO);
		netns_wait_end(&w);
		assert_string_equal(e.text, "l fails");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_watch_can_fail),
		cmocka_unit_test(ends_are_waited_for),
		cmocka_unit_test(who_holds_it_is_told),
		cmocka_unit_test(a_signal_ends_it),
	};

	return cmocka_run_group_tests_name("netns_wait", tests, NULL, NULL);
}
