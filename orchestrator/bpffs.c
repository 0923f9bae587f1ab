// SPDX-License-Identifier: GPL-2.0-or-later
/* Mounts and folders for pins, made when they are asked for. What is pinned there is for others. */
#include "orchestrator/bpffs.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/lab.h"

/* Make each folder of @path from @below on. Those right below a lab's own are there for as long as
 * its tmpfs is mounted, and are not made here: so nothing is put where a lab was that went down.
 */
static int make_folders(char *path, size_t below)
{
	for (char *at = path + below; at && *at; at = strchr(at + 1, '/')) {
		char *slash = strchr(at + 1, '/');
		int failed;

		if (slash)
			*slash = '\0';
		failed = mkdir(path, 0700) && errno != EEXIST;
		if (slash)
			*slash = '/';
		if (failed)
			return -errno;
	}
	return 0;
}

char *bpffs_mount(const struct lab *lab, const char *what, struct error *e)
{
	char *FREE_AUTO path = state_path(lab->state, "%s", what);
	struct statfs fs;
	int err;

	if (!statfs(path, &fs) && fs.f_type == BPF_FS_MAGIC)
		return steal_pointer(&path);
	err = make_folders(path, strlen(state_lab_dir(lab->state)) + 1 + strcspn(what, "/"));
	if (!err && mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		err = -errno;
	if (err == -ENOENT) { /* no late command makes a lab's folders anew */
		(void)error_state(e, err, "lab %s is going down", state_journal(lab->state)->lab);
		return NULL;
	}
	if (err) {
		(void)error_sys(e, err, "cannot mount a bpffs on %s", path);
		return NULL;
	}
	return steal_pointer(&path);
}

char *bpffs_dir(const struct lab *lab, struct error *e, const char *fmt, ...)
{
	char *FREE_AUTO root = bpffs_mount(lab, "bpf", e);
	char *FREE_AUTO below = NULL, *FREE_AUTO path = NULL;
	va_list args;
	int err;

	if (!root)
		return NULL;
	va_start(args, fmt);
	below = text_vformat(fmt, args);
	va_end(args);
	path = text_format("%s/%s", root, below);
	err = make_folders(path, strlen(root));
	if (err) {
		(void)error_sys(e, err, "cannot make the folder %s for BPF maps", path);
		return NULL;
	}
	return steal_pointer(&path);
}

void bpffs_remove(const char *folder)
{
	DIR *DIR_AUTO dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type != DT_DIR)
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)rmdir(folder);
}
