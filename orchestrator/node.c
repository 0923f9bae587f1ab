// SPDX-License-Identifier: GPL-2.0-or-later
/* Namespaces of network and mounts, for a process that is to be a node's. What it runs there is not
 * known here.
 */
#include "orchestrator/node.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/lab.h"

#define BPFFS "/sys/fs/bpf"

/* File systems mounted below /sys that are no node's own: they come along. */
static const char *const kept[] = { "/sys/fs/cgroup", "/sys/kernel/debug", "/sys/kernel/tracing" };

/* A sysfs shows the interfaces of the namespace that mounted it. */
static int mount_sys(struct error *e)
{
	int trees[ARRAY_SIZE(kept)];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		trees[i] = open_tree(AT_FDCWD, kept[i],
				     OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	(void)umount2("/sys", MNT_DETACH);
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		err = error_sys(e, -errno, "cannot mount the node's own /sys");
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (trees[i] < 0)
			continue;
		if (!err)
			(void)move_mount(trees[i], "", AT_FDCWD, kept[i], MOVE_MOUNT_F_EMPTY_PATH);
		close(trees[i]);
	}
	return err;
}

/* @bpffs: where the node's own is mounted, perhaps below /sys itself. */
static int mount_all(const char *bpffs, bool own_pids, struct error *e)
{
	int FD_AUTO tree = -1;
	int err;

	if (unshare(CLONE_NEWNS) || mount("", "/", "none", MS_SLAVE | MS_REC, NULL))
		return error_sys(e, -errno, "cannot make a mount namespace for the node");
	if (own_pids && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return error_sys(e, -errno, "cannot mount a /proc for the node");
	tree = open_tree(AT_FDCWD, bpffs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return error_sys(e, -errno, "cannot open %s", bpffs);
	err = mount_sys(e);
	if (err)
		return err;
	if (move_mount(tree, "", AT_FDCWD, BPFFS, MOVE_MOUNT_F_EMPTY_PATH))
		return error_sys(e, -errno, "cannot mount %s on " BPFFS, bpffs);
	if (setenv("LIBXDP_BPFFS", BPFFS, 1))
		out_of_memory();
	return 0;
}

int node_enter(const struct lab *lab, const char *name, bool own_pids, struct error *e)
{
	char *FREE_AUTO what = text_format("xdp/%s", name), *FREE_AUTO bpffs = NULL;
	int FD_AUTO netns = netns_open(lab->state, name, e);
	int err;

	if (netns < 0)
		return netns;
	bpffs = bpffs_mount(lab, what, e);
	if (!bpffs)
		return e->err;
	err = netns_enter(netns, e);
	return err ? err : mount_all(bpffs, own_pids, e);
}
