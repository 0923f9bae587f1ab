// SPDX-License-Identifier: GPL-2.0-or-later
/* What is mounted where a lab's files are, or would be, and which names lead there. Nothing is
 * mounted here.
 */
#include "lab/mountpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/state_dir.h"
#include "lab/text.h"

/* A line of /proc/self/mountinfo, its strings in the line's own memory. */
struct mounted {
	unsigned int major, minor;
	const char *point, *type, *source;
};

struct seen {
	bool ours, top_is_ours; /* anywhere on it; uppermost there */
	char *what;		/* of the uppermost */
};

/* "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE OPTIONS" */
static bool read_line(char *line, struct mounted *m)
{
	char *words = strstr(line, " - "), *save = NULL;

	if (!words || sscanf(line, "%*d %*d %u:%u", &m->major, &m->minor) != 2)
		return false;
	*words = '\0';
	m->point = strtok_r(line, " ", &save);
	for (int i = 0; i < 4 && m->point; i++)
		m->point = strtok_r(NULL, " ", &save);
	m->type = strtok_r(words + strlen(" - "), " ", &save);
	m->source = strtok_r(NULL, " ", &save);
	return m->point && m->type && m->source;
}

/* Which of several on one directory is uppermost is told by what a look at it finds. */
static void see_mount(struct seen *seen, const struct mounted *m, dev_t top)
{
	bool ours = strcmp(m->type, "tmpfs") == 0 && strcmp(m->source, MOUNTPOINT_SOURCE) == 0;

	seen->ours |= ours;
	if (makedev(m->major, m->minor) != top)
		return;
	free(seen->what);
	seen->what = text_format("a mount (%s, \"%s\")", m->type, m->source);
	seen->top_is_ours = ours;
}

static int read_mounts(const char *dir, dev_t top, struct seen *seen, struct error *e)
{
	FILE *FILE_AUTO in = fopen("/proc/self/mountinfo", "re");
	char *FREE_AUTO line = NULL;
	struct mounted m;
	size_t room = 0;

	if (!in)
		return error_sys(e, -errno, "cannot read /proc/self/mountinfo");
	/* Below ours there may be a thousand namespaces' lines. */
	while (!seen->top_is_ours && getline(&line, &room, in) > 0)
		if (strstr(line, dir) && read_line(line, &m) && strcmp(m.point, dir) == 0)
			see_mount(seen, &m, top);
	return ferror(in) ? error_sys(e, -EIO, "cannot read /proc/self/mountinfo") : 0;
}

uint64_t mountpoint_id(const char *dir, uint64_t *files)
{
	uint64_t id = 0;
	struct statfs fs;

	*files = 0;
	if (statfs(dir, &fs) || fs.f_type != TMPFS_MAGIC)
		return 0;
	memcpy(&id, &fs.f_fsid, sizeof(id));
	*files = fs.f_files - fs.f_ffree;
	return id;
}

static int look_at_mount(const char *dir, dev_t top, enum mountpoint *mountpoint, char **what,
			 struct error *e)
{
	struct seen seen = { 0 };
	int err = read_mounts(dir, top, &seen, e);

	*mountpoint = seen.top_is_ours ? MOUNTPOINT_OURS
		      : seen.ours      ? MOUNTPOINT_COVERED
				       : MOUNTPOINT_FOREIGN;
	if (what)
		*what = steal_pointer(&seen.what);
	free(seen.what);
	return err;
}

static bool is_empty(const char *dir)
{
	DIR *DIR_AUTO open = opendir(dir);
	struct dirent *entry;

	while (open && (entry = readdir(open)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return false;
	return open;
}

static const char *type_words(unsigned int mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder with something in it";
	case S_IFLNK:
		return "a symlink";
	case S_IFIFO:
		return "a fifo";
	default:
		return "a file";
	}
}

/* FREE: no mount, and @st tells what is there; a mode of 0: nothing. */
static int look_for_mount(const char *dir, uint64_t id, struct statx *st,
			  enum mountpoint *mountpoint, char **what, struct error *e)
{
	uint64_t files;

	*st = (struct statx){ 0 };
	*mountpoint = MOUNTPOINT_FREE;
	if (what)
		*what = NULL;
	if (statx(AT_FDCWD, dir, AT_SYMLINK_NOFOLLOW, STATX_TYPE, st))
		return errno == ENOENT ? 0 : error_sys(e, -errno, "cannot look at %s", dir);
	if (!(st->stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return 0;
	if (id && mountpoint_id(dir, &files) == id) {
		*mountpoint = MOUNTPOINT_OURS;
		return 0;
	}
	return look_at_mount(dir, makedev(st->stx_dev_major, st->stx_dev_minor), mountpoint, what,
			     e);
}

int mountpoint_look(const char *dir, enum mountpoint *mountpoint, char **what, struct error *e)
{
	struct statx st;
	int err = look_for_mount(dir, 0, &st, mountpoint, what, e);

	if (err || *mountpoint != MOUNTPOINT_FREE || !st.stx_mode ||
	    (S_ISDIR(st.stx_mode) && is_empty(dir)))
		return err;
	*mountpoint = MOUNTPOINT_FOREIGN;
	*what = xstrdup(type_words(st.stx_mode));
	return 0;
}

int mountpoint_mounted(const char *dir, uint64_t id, enum mountpoint *mountpoint, struct error *e)
{
	struct statx st;

	return look_for_mount(dir, id, &st, mountpoint, NULL, e);
}

int mountpoint_uncovered(const char *dir, struct error *e)
{
	char *FREE_AUTO what = NULL;
	enum mountpoint mountpoint;
	struct statx st;
	int err = look_for_mount(dir, 0, &st, &mountpoint, &what, e);

	if (err || mountpoint != MOUNTPOINT_COVERED)
		return err;
	return error_state(e, -EBUSY, "%s covers the lab's files at %s: `umount %s` first",
			   what ? what : "a mount", dir, dir);
}

static bool leads_into(int names, const char *name, const char *dir)
{
	char target[PATH_MAX];
	size_t len = strlen(dir);
	ssize_t got = readlinkat(names, name, target, sizeof(target));

	return got > (ssize_t)len && memcmp(target, dir, len) == 0 && target[len] == '/';
}

bool netns_names_lead_into(const char *dir)
{
	DIR *DIR_AUTO names = opendir(NAMES_DIR);
	struct dirent *entry;

	while (names && (entry = readdir(names)))
		if (leads_into(dirfd(names), entry->d_name, dir))
			return true;
	return false;
}

int netns_names_open(int *names, struct error *e)
{
	*names = open(NAMES_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *names >= 0 || errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		       ? 0
		       : error_sys(e, -errno, "cannot open " NAMES_DIR);
}

int netns_names_remove(const char *dir, struct error *e)
{
	DIR *DIR_AUTO names = opendir(NAMES_DIR);
	struct dirent *entry;

	if (!names && errno != ENOENT && errno != ENOTDIR)
		return error_sys(e, -errno, "cannot open " NAMES_DIR);
	while (names && (errno = 0, entry = readdir(names))) {
		if (!leads_into(dirfd(names), entry->d_name, dir))
			continue;
		if (unlinkat(dirfd(names), entry->d_name, 0) && errno != ENOENT)
			return error_sys(e, -errno, "cannot remove " NAMES_DIR "/%s",
					 entry->d_name);
	}
	return names && errno ? error_sys(e, -errno, "cannot read " NAMES_DIR) : 0;
}
