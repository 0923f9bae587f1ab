// SPDX-License-Identifier: GPL-2.0-or-later
/* Network namespaces: found, told apart, visited. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

struct netns {
	char name[512];
	int fd;
	ino_t inode;
};

struct netns_list {
	struct netns *all;
	size_t n;
};

/* Keeps the fd while the list lives, so that no inode number is given out twice. */
static void netns_add(struct netns_list *list, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0)
		die(path);
	for (size_t i = 0; i < list->n; i++) {
		if (list->all[i].inode != st.st_ino)
			continue;
		(void)close(fd);
		return;
	}
	list->all = realloc(list->all, (list->n + 1) * sizeof(*list->all));
	if (!list->all)
		die("memory");
	list->all[list->n].fd = fd;
	list->all[list->n].inode = st.st_ino;
	(void)snprintf(list->all[list->n].name, sizeof(list->all[list->n].name), "%s", name);
	list->n++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void netns_named(struct netns_list *list)
{
	struct dirent **entries;
	int n = scandir("/run/netns", &entries, NULL, by_name);

	for (int i = 0; i < n; i++) {
		char path[512];

		(void)snprintf(path, sizeof(path), "/run/netns/%s", entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			netns_add(list, path, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void netns_of_process(void *cookie, pid_t pid, const char *comm)
{
	char path[64], name[128];

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	(void)snprintf(name, sizeof(name), "of-%s", comm);
	netns_add(cookie, path, name);
}

static void netns_visit(struct picture *p, const struct netns *ns)
{
	if (setns(ns->fd, CLONE_NEWNET) < 0) {
		/* a file that somebody put into /run/netns is no namespace */
		picture_add(p, "%s is no namespace", ns->name);
		return;
	}
	picture_add(p, "%s is a namespace", ns->name);
	picture_links(p, ns->name);
	picture_firewall(p, ns->name);
	picture_sockets(p, ns->name);
	picture_sysctls(p, ns->name, "/proc/sys/net");
}

void picture_namespaces(struct picture *p)
{
	struct netns_list list = { 0 };

	netns_add(&list, "/proc/self/ns/net", "own");
	netns_named(&list);
	each_process(netns_of_process, &list);
	for (size_t i = 0; i < list.n; i++)
		netns_visit(p, &list.all[i]);
	if (setns(list.all[0].fd, CLONE_NEWNET) < 0)
		die("the way back");
	for (size_t i = 0; i < list.n; i++)
		(void)close(list.all[i].fd);
	free(list.all);
}
