// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads /proc/net/snmp or snmp6, which is of the namespace in which it was opened. */
#include "orchestrator/scenario/echoes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/error.h"

#define COUNTS_MAX 16384 /* bytes of what the kernel says there */

int echoes_open(int family, struct error *e)
{
	const char *path =
		family == AF_INET ? "/proc/thread-self/net/snmp" : "/proc/thread-self/net/snmp6";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_sys(e, -errno, "cannot open %s", path) : fd;
}

/* "Icmp6OutEchoReplies   	3", a line each. */
static const char *find6(const char *text)
{
	static const char name[] = "Icmp6OutEchoReplies";
	const char *found = strstr(text, name);

	return found ? found + strlen(name) : NULL;
}

/* "Icmp: InMsgs … OutEchoReps …", and a line of as many numbers. */
static const char *find4(const char *text)
{
	const char *names = strstr(text, "Icmp: "), *numbers, *name;

	if (!names || !(numbers = strstr(names, "\nIcmp: ")))
		return NULL;
	name = strstr(names, " OutEchoReps");
	if (!name || name > numbers)
		return NULL;
	numbers += strlen("\nIcmp:");
	for (const char *at = names; at < name && numbers; at++)
		if (*at == ' ')
			numbers = strchr(numbers + 1, ' ');
	return numbers;
}

int echoes_answered(int fd, uint64_t *count, struct error *e)
{
	char text[COUNTS_MAX];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	const char *number;

	if (n < 0)
		return error_sys(e, -errno, "cannot read what a node's kernel has answered");
	text[n] = '\0';
	number = find4(text);
	if (!number)
		number = find6(text);
	*count = number ? strtoull(number, NULL, 10) : 0;
	return 0;
}
