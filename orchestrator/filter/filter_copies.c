// SPDX-License-Identifier: GPL-2.0-or-later
/* Which maps of a filter are copied, and where the copies are. How one is copied is map_copy.c's.
 */
#include "orchestrator/filter/filter_copies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/filter/map_copy.h"
#include "orchestrator/lab.h"

int filter_copies_begin(const struct lab *lab, struct error *e)
{
	char *FREE_AUTO path = bpffs_mount(lab, "bpf", e);
	int FD_AUTO originals_fd = -1;

	if (!path)
		return e->err;
	originals_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (originals_fd < 0)
		return error_sys(e, -errno, "cannot open %s", path);
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	    mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return error_sys(e, -errno, "cannot mount a bpffs of its own on %s", path);
	return steal_fd(&originals_fd);
}

/* The map itself takes the place of the one that was made for it. */
static int share(int original, const char *path, struct error *e)
{
	if (unlink(path) || bpf_obj_pin(original, path))
		return error_sys(e, -errno, "cannot pin a map at %s", path);
	return 0;
}

static int copy(const char *from, const char *path, struct error *e)
{
	int FD_AUTO original = bpf_obj_get(from);
	int FD_AUTO made = bpf_obj_get(path);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (original < 0)
		return errno == ENOENT ? 0 : error_sys(e, -errno, "cannot open map %s", from);
	if (made < 0 || bpf_obj_get_info_by_fd(original, &info, &len))
		return error_sys(e, -errno, "cannot open map %s", path);
	switch (map_copying_of(info.type)) {
	case MAP_COPIED:
		return map_copy(made, original, e);
	case MAP_SHARED:
		return share(original, path, e);
	default:
		return 0;
	}
}

/* Each map of @owner, among the pins of @originals, to where @folder has one. */
static int copy_all(int originals, const char *owner, const char *folder, struct error *e)
{
	DIR *DIR_AUTO dir = opendir(folder);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return error_sys(e, -errno, "cannot read the folder %s", folder);
	while (!err && (errno = 0, entry = readdir(dir))) {
		char *FREE_AUTO from = text_format("/proc/self/fd/%d/filter/%s/%s", originals,
						   owner, entry->d_name);
		char *FREE_AUTO path = text_format("%s/%s", folder, entry->d_name);

		if (*entry->d_name != '.')
			err = copy(from, path, e);
	}
	if (!err && errno)
		err = error_sys(e, -errno, "cannot read the folder %s", folder);
	return err;
}

int filter_copies_make(const struct lab *lab, int originals, size_t filter, struct error *e)
{
	const char *owner = lab->labfile.filters[filter_maps_owner(lab, filter)].name;
	char *FREE_AUTO folder = filter_maps_dir(lab, filter, e);

	if (!folder)
		return e->err;
	return copy_all(originals, owner, folder, e)
		       ? error_wrap(e, "filter %s", lab->labfile.filters[filter].name)
		       : 0;
}
