// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF: the machine's programs, maps and links, and what is pinned in every bpffs in sight. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/snapshot/snapshot.h"

const char *bpf_prog_label(unsigned int id)
{
	static char label[64];
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0) {
		(void)snprintf(label, sizeof(label), "?");
	} else {
		(void)snprintf(label, sizeof(label), "%s/%02x%02x%02x%02x", info.name, info.tag[0],
			       info.tag[1], info.tag[2], info.tag[3]);
	}
	if (fd >= 0)
		(void)close(fd);
	return label;
}

static void prog_line(struct picture *p, unsigned int id)
{
	picture_add(p, "bpf program %s", bpf_prog_label(id));
}

static void map_line(struct picture *p, unsigned int id)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_map_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		picture_add(p, "bpf map %s type %u", info.name, info.type);
	if (fd >= 0)
		(void)close(fd);
}

static void link_line(struct picture *p, unsigned int id)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_link_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		picture_add(p, "bpf link type %u of %s", info.type, bpf_prog_label(info.prog_id));
	if (fd >= 0)
		(void)close(fd);
}

struct bpf_kind {
	int (*next)(__u32 id, __u32 *next);
	void (*line)(struct picture *p, unsigned int id);
};

static const struct bpf_kind kinds[] = {
	{ bpf_prog_get_next_id, prog_line },
	{ bpf_map_get_next_id, map_line },
	{ bpf_link_get_next_id, link_line },
};

void picture_bpf(struct picture *p, const struct bpf_mark *since)
{
	for (size_t i = 0; i < 3; i++)
		for (__u32 id = since->ids[i]; !kinds[i].next(id, &id);)
			kinds[i].line(p, id);
}

void bpf_mark_now(struct bpf_mark *mark)
{
	*mark = (struct bpf_mark){ 0 };
	for (size_t i = 0; i < 3; i++)
		for (__u32 id = 0; !kinds[i].next(id, &id);)
			mark->ids[i] = id;
}

/* The contents of a small map, for those who must find theirs as they left it. */
static void map_contents(struct picture *p, const char *path, int fd,
			 const struct bpf_map_info *info)
{
	unsigned char key[64], value[256];
	const void *last = NULL;

	if (info->key_size > sizeof(key) || info->value_size > sizeof(value) ||
	    info->max_entries > 64)
		return;
	while (!bpf_map_get_next_key(fd, last, key)) {
		unsigned int sum = 0;

		last = key;
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		for (__u32 i = 0; i < info->value_size; i++)
			sum = sum * 31 + value[i];
		picture_add(p, "pin %s entry %02x… = %x", path, key[0], sum);
	}
}

static void pin_line(struct picture *p, const char *path)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_obj_get(path);
	char proc[64], target[64] = "";
	ssize_t n;

	if (fd < 0) {
		picture_add(p, "pin %s: %s", path, strerror(errno));
		return;
	}
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	n = readlink(proc, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (strstr(target, "map") && !bpf_obj_get_info_by_fd(fd, &info, &size)) {
		picture_add(p, "pin %s map %s type %u key %u value %u entries %u", path, info.name,
			    info.type, info.key_size, info.value_size, info.max_entries);
		map_contents(p, path, fd, &info);
	} else {
		picture_add(p, "pin %s %s", path, target);
	}
	(void)close(fd);
}

static void pin_tree(struct picture *p, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char path[4096];

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_DIR) {
			picture_add(p, "pin %s/", path);
			pin_tree(p, path);
		} else if (entry->d_type == DT_REG) {
			pin_line(p, path);
		} else {
			picture_add(p, "pin %s of another kind", path);
		}
	}
	if (dir)
		(void)closedir(dir);
}

void picture_bpffs(struct picture *p)
{
	char *text = file_read("/proc/self/mountinfo", NULL), *save = NULL, *line;

	if (!text)
		die("/proc/self/mountinfo");
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char point[1024];

		if (strstr(line, " - bpf ") && sscanf(line, "%*s %*s %*s %*s %1023s", point) == 1)
			pin_tree(p, point);
	}
	free(text);
}
