// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A chain is replaced under traffic, by the command, and nothing is lost and nothing leaks: while
 * one process changes the order of host's two filters (of which one drops UDP to port 8888),
 * another sends datagrams in pairs, one to port 8888 and one to port 8000.
 *
 * XLAB_TEST_ENGINE  libxdp or inline (default)
 * XLAB_TEST_SWAPS   at least so many swaps, default 1000
 * XLAB_TEST_PACKETS and at least so many packets each, default 100000
 */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct traffic {
	int sender;
	int wanted;   /* bound to 8000 */
	int unwanted; /* bound to 8888 */
	uint64_t sent, lost, leaked;
};

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t number_from(const char *variable, uint64_t fallback)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 10) : fallback;
}

static bool say(int number, bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", number, what);
	return good;
}

/* Returns whether it ended with status 0; its output is not TAP, so it goes to stderr. */
static bool xlab(const char *const arguments[])
{
	const char *program = getenv("XLAB");
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		(void)dup2(STDERR_FILENO, STDOUT_FILENO);
		(void)execv(program ? program : BUILD_DIR "/xlab", (char *const *)arguments);
		_exit(127);
	}
	(void)waitpid(pid, &status, 0);
	return status == 0;
}

static int namespace_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die(path);
	return fd;
}

static void enter(int namespace)
{
	if (setns(namespace, CLONE_NEWNET))
		die("setns");
	(void)close(namespace);
}

static struct sockaddr_in host_port(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = inet_addr("10.0.0.1"),
	};
}

static int datagram_socket(uint16_t bound_to)
{
	const struct sockaddr_in address = host_port(bound_to);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (bound_to && bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		die("bind");
	return fd;
}

/* A socket stays in the namespace that it was made in. */
static void traffic_open(struct traffic *t)
{
	int home = namespace_open("/proc/self/ns/net");

	enter(namespace_open("/run/netns/host"));
	t->wanted = datagram_socket(8000);
	t->unwanted = datagram_socket(8888);
	enter(namespace_open("/run/netns/lb"));
	t->sender = datagram_socket(0);
	enter(home);
}

static void traffic_close(const struct traffic *t)
{
	(void)close(t->wanted);
	(void)close(t->unwanted);
	(void)close(t->sender);
}

static void send_to(const struct traffic *t, uint16_t port)
{
	const struct sockaddr_in address = host_port(port);

	if (sendto(t->sender, &t->sent, sizeof(t->sent), 0, (const struct sockaddr *)&address,
		   sizeof(address)) != sizeof(t->sent))
		die("sendto");
}

/* The datagram just sent; an earlier one that comes late was counted as lost and stays so. */
static bool arrives(const struct traffic *t)
{
	struct pollfd readable = { .fd = t->wanted, .events = POLLIN };
	uint64_t got;

	while (poll(&readable, 1, 1000) == 1)
		if (recv(t->wanted, &got, sizeof(got), 0) == sizeof(got) && got == t->sent)
			return true;
	return false;
}

static void count_leaks(struct traffic *t)
{
	uint64_t got;

	while (recv(t->unwanted, &got, sizeof(got), MSG_DONTWAIT) >= 0)
		t->leaked++;
}

/* In step with the receiver, so that a full socket buffer cannot be taken for a loss. */
static void traffic_pair(struct traffic *t)
{
	t->sent++;
	send_to(t, 8888);
	send_to(t, 8000);
	t->lost += !arrives(t);
	count_leaks(t);
}

static pid_t swaps_begin(uint64_t swaps)
{
	const char *const orders[2][6] = {
		{ "xlab", "chain", "host:veth0", "udp-8888", "seen", NULL },
		{ "xlab", "chain", "host:veth0", "seen", "udp-8888", NULL },
	};
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	for (uint64_t i = 0; i < swaps; i++)
		if (!xlab(orders[i & 1]))
			_exit(1);
	_exit(0);
}

static bool ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

static bool under_traffic(struct traffic *t, uint64_t swaps, uint64_t packets)
{
	pid_t swapper = swaps_begin(swaps);
	bool swapping = true;
	int status = 0;

	while (swapping || t->sent < packets) {
		traffic_pair(t);
		if (swapping && ended(swapper, &status))
			swapping = false;
	}
	(void)poll(NULL, 0, 100);
	count_leaks(t);
	return status == 0;
}

int main(void)
{
	const char *engine = getenv("XLAB_TEST_ENGINE");
	const uint64_t swaps = number_from("XLAB_TEST_SWAPS", 1000);
	const char *const up[] = {
		"xlab", "up", "tests/vm/swap.ini", "--engine", engine ? engine : "inline", NULL
	};
	const char *const down[] = { "xlab", "down", "swap", "--wait", NULL };
	struct traffic t = { 0 };
	char what[128];
	bool good;

	printf("1..5\n");
	if (!say(1, xlab(up), "up"))
		return 1;
	traffic_open(&t);
	good = under_traffic(&t, swaps, number_from("XLAB_TEST_PACKETS", 100000));
	(void)snprintf(what, sizeof(what), "%ju swaps by xlab chain", (uintmax_t)swaps);
	good = say(2, good, what) && good;
	(void)snprintf(what, sizeof(what), "%ju datagrams to port 8000, %ju lost",
		       (uintmax_t)t.sent, (uintmax_t)t.lost);
	good = say(3, !t.lost, what) && good;
	(void)snprintf(what, sizeof(what), "%ju datagrams to port 8888, %ju leaked",
		       (uintmax_t)t.sent, (uintmax_t)t.leaked);
	good = say(4, !t.leaked, what) && good;
	traffic_close(&t);
	return say(5, xlab(down), "down") && good ? 0 : 1;
}
