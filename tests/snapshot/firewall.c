// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of iptables-legacy, which nf_tables knows nothing of. */

#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

/* A family: the numbers are the same in both, but an entry is laid out by its addresses. */
struct firewall {
	const char *names; /* of its tables, a line each */
	int domain, level;
	size_t entry_size, counters, next_offset; /* in an entry */
};

static const struct firewall firewalls[] = {
	{ "/proc/self/net/ip_tables_names", AF_INET, IPPROTO_IP, sizeof(struct ipt_entry),
	  offsetof(struct ipt_entry, counters), offsetof(struct ipt_entry, next_offset) },
	{ "/proc/self/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, sizeof(struct ip6t_entry),
	  offsetof(struct ip6t_entry, counters), offsetof(struct ip6t_entry, next_offset) },
};

_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries),
	       "one code for both families");

/* One rule, as its bytes without the counters of packets. */
static void entry_line(struct picture *p, const char *title, const struct firewall *f,
		       unsigned char *entry, size_t size)
{
	char *text = malloc(size * 2 + 1);

	if (!text)
		die("memory");
	memset(entry + f->counters, 0, sizeof(struct xt_counters));
	for (size_t i = 0; i < size; i++)
		(void)sprintf(text + i * 2, "%02x", entry[i]);
	picture_add(p, "%s %s", title, text);
	free(text);
}

static void entries_lines(struct picture *p, const char *title, const struct firewall *f,
			  unsigned char *entries, size_t left)
{
	while (left >= f->entry_size) {
		__u16 size;

		memcpy(&size, entries + f->next_offset, sizeof(size));
		if (size < f->entry_size || size > left) {
			errno = EBADMSG;
			die(title);
		}
		entry_line(p, title, f, entries, size);
		entries += size;
		left -= size;
	}
}

static void table_lines(struct picture *p, const char *where, const struct firewall *f, int fd,
			const char *name)
{
	struct ipt_getinfo info = { 0 };
	socklen_t size = sizeof(info);
	struct ipt_get_entries *got;
	char title[512];

	(void)snprintf(title, sizeof(title), "%s iptables family %d table %s", where, f->domain,
		       name);
	(void)snprintf(info.name, sizeof(info.name), "%s", name);
	if (getsockopt(fd, f->level, IPT_SO_GET_INFO, &info, &size) < 0)
		die(title);
	size = (socklen_t)(sizeof(*got) + info.size);
	got = calloc(1, size);
	if (!got)
		die("memory");
	memcpy(got->name, info.name, sizeof(got->name));
	got->size = info.size;
	if (getsockopt(fd, f->level, IPT_SO_GET_ENTRIES, got, &size) < 0)
		die(title);
	entries_lines(p, title, f, (unsigned char *)got->entrytable, got->size);
	free(got);
}

static void picture_family(struct picture *p, const char *where, const struct firewall *f)
{
	char *text = file_read(f->names, NULL), *save = NULL, *name;
	int fd;

	if (!text || !*text) { /* none here, or this kernel has no such tables at all */
		free(text);
		return;
	}
	fd = socket(f->domain, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		die(f->names);
	for (name = strtok_r(text, "\n", &save); name; name = strtok_r(NULL, "\n", &save))
		table_lines(p, where, f, fd, name);
	(void)close(fd);
	free(text);
}

void picture_firewall(struct picture *p, const char *where)
{
	for (size_t i = 0; i < sizeof(firewalls) / sizeof(firewalls[0]); i++)
		picture_family(p, where, &firewalls[i]);
}
