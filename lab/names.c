// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/names.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/folder.h"

static bool leads_into(int names, const char *name, const char *dir)
{
	char target[PATH_MAX];
	size_t len = strlen(dir);
	ssize_t got = readlinkat(names, name, target, sizeof(target));

	return got > (ssize_t)len && memcmp(target, dir, len) == 0 && target[len] == '/';
}

bool names_lead_into(const char *dir)
{
	DIR *DIR_AUTO names = opendir(NAMES_DIR);
	struct dirent *entry;

	while (names && (entry = readdir(names)))
		if (leads_into(dirfd(names), entry->d_name, dir))
			return true;
	return false;
}

int names_remove(const char *dir, struct error *e)
{
	DIR *DIR_AUTO names = opendir(NAMES_DIR);
	struct dirent *entry;

	if (!names && errno != ENOENT && errno != ENOTDIR)
		return error_sys(e, -errno, "open " NAMES_DIR);
	while (names && (entry = readdir(names)))
		if (leads_into(dirfd(names), entry->d_name, dir) &&
		    unlinkat(dirfd(names), entry->d_name, 0) && errno != ENOENT)
			return error_sys(e, -errno, "remove " NAMES_DIR "/%s", entry->d_name);
	return 0;
}
