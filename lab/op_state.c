// SPDX-License-Identifier: GPL-2.0-or-later
/* Operation: the lab's tmpfs, in which all else of it lies. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/ops.h"
#include "lab/state.h"

/* Where the lab's other things will lie; the engines mount what they need. */
static const char *const folders[] = { "ns", "bpf", "xdp", "chains", "listeners" };

/* What a killed command left is an empty folder; anything else is somebody's, a link above all,
 * for a mount would go where it leads.
 */
int op_state_apply(struct build *b, const struct op *op, struct error *e)
{
	const char *dir = state_lab_dir(b->st);
	int FD_AUTO home = -1;

	(void)op;
	if (mkdir(dir, 0700) && (errno != EEXIST || rmdir(dir) || mkdir(dir, 0700)))
		return error_sys(e, -errno, "cannot make the folder %s", dir);
	if (mount(MOUNTPOINT_SOURCE, dir, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return error_sys(e, -errno, "cannot mount a tmpfs on %s", dir);
	state_mounted(b->st);
	home = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (home < 0)
		return error_sys(e, -errno, "cannot open %s", dir);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(home, folders[i], 0700))
			return error_sys(e, -errno, "cannot make the folder %s/%s", dir,
					 folders[i]);
	return 0;
}

/* All that is mounted below goes with it: namespaces, bpffs. A tmpfs that is still busy is
 * detached, and freed when its last user lets go.
 */
static int unmount_ours(const char *dir, uint64_t id, struct error *e)
{
	enum mountpoint mountpoint;
	int err = mountpoint_mounted(dir, id, &mountpoint, e);

	while (!err && mountpoint == MOUNTPOINT_OURS) {
		if (umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW))
			return error_sys(e, -errno, "cannot unmount %s", dir);
		err = mountpoint_mounted(dir, id, &mountpoint, e);
	}
	return err ? err : mountpoint == MOUNTPOINT_COVERED ? mountpoint_uncovered(dir, e) : 0;
}

/* What has something in it or on it now, or is no folder, is somebody else's. A tmpfs of ours that
 * is mounted there in another mount namespace goes with the folder.
 */
int op_state_undo(struct build *b, const struct op *op, struct error *e)
{
	const char *dir = state_lab_dir(b->st);
	int err = unmount_ours(dir, state_journal(b->st)->tmpfs, e);

	(void)op;
	if (err)
		return err;
	if (rmdir(dir) && errno != ENOENT && errno != ENOTEMPTY && errno != EBUSY &&
	    errno != ENOTDIR)
		return error_sys(e, -errno, "cannot remove the folder %s", dir);
	return 0;
}
