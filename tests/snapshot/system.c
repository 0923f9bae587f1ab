// SPDX-License-Identifier: GPL-2.0-or-later
/* What files tell: sysctls, sockets, mounts, /run, processes. */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

static uint64_t hash(const char *bytes, size_t n) /* FNV-1a */
{
	uint64_t h = 0xcbf29ce484222325U;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3U;
	return h;
}

/* Sysctls that move by themselves. */
static bool sysctl_moves(const char *path)
{
	static const char *const moving[] = {
		"/fs/aio-nr",	       "/fs/dentry-state",	 "/fs/file-nr",
		"/fs/inode-nr",	       "/fs/inode-state",	 "/fs/inotify/",
		"/kernel/ns_last_pid", "/kernel/pty/nr",	 "/kernel/random/",
		"/kernel/hung_task",   "/kernel/perf_event_max", "/nf_conntrack_count",
		"/fs/quota/",
	};

	for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++)
		if (strstr(path, moving[i]))
			return true;
	return false;
}

void picture_sysctls(struct picture *p, const char *where, const char *root)
{
	DIR *dir = opendir(root);
	const struct dirent *entry;
	char path[4096];

	if (!dir && errno == ENOENT)
		return; /* the kernel takes a link's away behind a command's back */
	if (!dir)
		die(root);
	while ((entry = readdir(dir))) {
		size_t size = 0;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", root, entry->d_name);
		if (entry->d_type == DT_DIR) {
			picture_sysctls(p, where, path);
			continue;
		}
		text = sysctl_moves(path) ? NULL : file_read(path, &size);
		if (!text)
			continue;
		while (size && isspace((unsigned char)text[size - 1]))
			text[--size] = '\0';
		picture_add(p, "%s sysctl %s = %s", where, path + strlen("/proc/sys/"), text);
		free(text);
	}
	(void)closedir(dir);
}

/* Tables of /proc/net, and which of their columns are no numbers of the kernel's own. */
struct socket_table {
	const char *name;
	const char *columns; /* '+' shown, '-' not; the rest not */
};

static const struct socket_table socket_tables[] = {
	{ "tcp", "-+++" }, /* sl local remote state */
	{ "tcp6", "-+++" },	 { "udp", "-+++" },    { "udp6", "-+++" }, { "raw", "-+++" },
	{ "raw6", "-+++" },	 { "packet", "--++" }, /* sk RefCnt Type Proto */
	{ "unix", "---++++-+" }, /* Num RefCount Protocol Flags Type St Inode Path */
	{ "netlink", "-+-+" },	 /* sk Eth Pid Groups */
};

static bool socket_line(struct picture *p, const char *where, const struct socket_table *table,
			char *line)
{
	char shown[1024] = "", *save = NULL, *word = strtok_r(line, " ", &save);
	size_t n = 0;

	for (const char *c = table->columns; *c && word; c++, word = strtok_r(NULL, " ", &save)) {
		int added = *c == '+' ? snprintf(shown + n, sizeof(shown) - n, " %s", word) : 0;

		if (added < 0 || (size_t)added >= sizeof(shown) - n)
			return false;
		n += (size_t)added;
	}
	picture_add(p, "%s socket %s%s", where, table->name, shown);
	return true;
}

void picture_sockets(struct picture *p, const char *where)
{
	char path[64];

	for (size_t i = 0; i < sizeof(socket_tables) / sizeof(socket_tables[0]); i++) {
		char *text, *save = NULL, *line;

		(void)snprintf(path, sizeof(path), "/proc/self/net/%s", socket_tables[i].name);
		text = file_read(path, NULL);
		line = text ? strtok_r(text, "\n", &save) : NULL; /* the heading */
		while (line && (line = strtok_r(NULL, "\n", &save))) {
			/* TIME_WAIT ends by itself and holds nothing */
			if (!strncmp(socket_tables[i].name, "tcp", 3) && strstr(line, " 06 "))
				continue;
			if (!socket_line(p, where, &socket_tables[i], line))
				die(path);
		}
		free(text);
	}
}

/* mountinfo without mount ids, devices, peer groups and nsfs's inode numbers. */
void picture_mounts(struct picture *p)
{
	char *text = file_read("/proc/self/mountinfo", NULL), *save = NULL, *line;

	if (!text)
		die("/proc/self/mountinfo");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char root[1024], point[1024], options[256], type[64];
		const char *rest = strstr(line, " - ");

		if (!rest ||
		    sscanf(line, "%*s %*s %*s %1023s %1023s %255s", root, point, options) != 3 ||
		    sscanf(rest, " - %63s", type) != 1)
			die(line);
		if (!strcmp(type, "nsfs"))
			*strchrnul(root, '[') = '\0';
		picture_add(p, "mount %s %s root %s %s", point, type, root, options);
	}
	free(text);
}

static const char *fs_name(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return "?";
	switch (fs.f_type) {
	case NSFS_MAGIC:
		return "nsfs";
	case TMPFS_MAGIC:
		return "tmpfs";
	case BPF_FS_MAGIC:
		return "bpf";
	default:
		return "other";
	}
}

static void file_line(struct picture *p, const char *path, const struct stat *st)
{
	char target[4096];
	ssize_t n;
	char *text;
	size_t size = 0;

	if (S_ISLNK(st->st_mode)) {
		n = readlink(path, target, sizeof(target) - 1);
		target[n < 0 ? 0 : n] = '\0';
		picture_add(p, "file %s -> %s", path, target);
		return;
	}
	text = S_ISREG(st->st_mode) && !strcmp(fs_name(path), "tmpfs") ? file_read(path, &size)
								       : NULL;
	picture_add(p, "file %s mode %o owner %u:%u on %s content %zu %llx", path, st->st_mode,
		    st->st_uid, st->st_gid, fs_name(path), size,
		    (unsigned long long)hash(text ? text : "", size));
	free(text);
}

static void picture_tree(struct picture *p, const char *path, int depth)
{
	const struct dirent *entry;
	struct stat st;
	char below[4096];
	DIR *dir;

	if (lstat(path, &st) < 0)
		return;
	file_line(p, path, &st);
	if (!S_ISDIR(st.st_mode) || depth == 0)
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		(void)snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		picture_tree(p, below, depth - 1);
	}
	if (dir)
		(void)closedir(dir);
}

void picture_state(struct picture *p)
{
	picture_tree(p, "/run/xlab", 16);
	picture_tree(p, "/run/netns", 2);
	picture_tree(p, "/run", 1);
}

/* The inode of a link in /proc, which stands for a namespace; 0: gone. */
static ino_t proc_inode(pid_t pid, const char *what)
{
	char path[64];
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static pid_t process_parent(pid_t pid, char comm[static 64])
{
	char path[64], *text, *open_at, *close_at;
	int parent = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = file_read(path, NULL);
	open_at = text ? strchr(text, '(') : NULL;
	close_at = text ? strrchr(text, ')') : NULL;
	if (open_at && close_at) {
		(void)snprintf(comm, 64, "%.*s", (int)(close_at - open_at - 1), open_at + 1);
		(void)sscanf(close_at + 1, " %*c %d", &parent);
	}
	free(text);
	return parent;
}

static bool is_ancestor(pid_t pid)
{
	char comm[64];

	for (pid_t p = getpid(); p > 0; p = process_parent(p, comm))
		if (p == pid)
			return true;
	return false;
}

#define FIRST_PID_NAMESPACE 0xEFFFFFFCU /* PROC_PID_INIT_INO */

void each_process(void (*fn)(void *cookie, pid_t pid, const char *comm), void *cookie)
{
	bool own_pids = proc_inode(getpid(), "ns/pid") != FIRST_PID_NAMESPACE;
	ino_t mounts = proc_inode(getpid(), "ns/mnt");
	const struct dirent *entry;
	DIR *dir = opendir("/proc");

	if (!dir)
		die("/proc");
	while ((entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char comm[64] = "?";

		if (pid <= 0 || is_ancestor(pid))
			continue;
		if (!own_pids && proc_inode(pid, "ns/mnt") != mounts)
			continue;
		if (process_parent(pid, comm) > 0 || pid == 1)
			fn(cookie, pid, comm);
	}
	(void)closedir(dir);
}

static void process_line(void *cookie, pid_t pid, const char *comm)
{
	char path[64], *text;
	bool dead;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = file_read(path, NULL);
	dead = !text || strstr(text, ") Z ") || strstr(text, ") X ");
	free(text);
	if (!dead) /* one that waits for its parent to notice holds nothing */
		picture_add(cookie, "process %s", comm);
}

void picture_processes(struct picture *p)
{
	each_process(process_line, p);
}
