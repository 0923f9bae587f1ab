// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab/folder_id.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/error.h"
#include "lab/folder.h"

#define NAMES_PARENT "/run"

/* Room for a struct ustat, which libc has forgotten. */
#define USTAT_SIZE 64

/* A tmpfs has a random number of its own; its device is nobody else's for as long as it lives. */
int folder_id(char id[FOLDER_ID], struct error *e)
{
	const char *names = access(NAMES_DIR, F_OK) == 0 ? NAMES_DIR : NAMES_PARENT;
	unsigned long long device, number;
	struct statfs fs;
	struct stat st;

	if (stat(names, &st) || statfs(names, &fs))
		return error_sys(e, -errno, "look at %s", names);
	memcpy(&number, &fs.f_fsid, sizeof(number));
	device = fs.f_type == TMPFS_MAGIC ? st.st_dev : 0;
	(void)snprintf(id, FOLDER_ID, "%llx-%llx", device, number ? number : st.st_dev);
	return 0;
}

/* A device that is in use again may be another's: then the folder waits for the next time. */
static bool is_mounted(unsigned long long device)
{
#ifdef SYS_ustat
	char answer[USTAT_SIZE];

	return syscall(SYS_ustat, device, answer) == 0 || errno != EINVAL;
#else
	(void)device;
	return true;
#endif
}

bool folder_id_is_dead(const char *id, const char *living)
{
	unsigned long long device, number, its_device, its_number;

	if (sscanf(id, "%llx-%llx", &device, &number) != 2 || !device || strcmp(id, living) == 0)
		return false;
	if (sscanf(living, "%llx-%llx", &its_device, &its_number) == 2 && device == its_device)
		return true;
	return !is_mounted(device);
}
