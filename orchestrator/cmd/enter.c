// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This process becomes a command in a node: its namespaces, its user, its program. For children
 * that report back there is spawn.c.
 */
#include "orchestrator/cmd/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netns.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/scenario/spawn.h"

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

/* @bpffs: where the node's own is mounted. */
static int mount_all(const char *bpffs, struct error *e)
{
	int err;

	if (unshare(CLONE_NEWNS) || mount("", "/", "none", MS_SLAVE | MS_REC, NULL))
		return error_sys(e, -errno, "cannot make a mount namespace for the node");
	err = mount_sys(e);
	if (err)
		return err;
	if (mount(bpffs, BPFFS, NULL, MS_BIND, NULL))
		return error_sys(e, -errno, "cannot mount %s on " BPFFS, bpffs);
	if (setenv("LIBXDP_BPFFS", BPFFS, 1))
		out_of_memory();
	return 0;
}

int enter_node(struct lab *lab, const char *word, const char *command, const char **name,
	       struct error *e)
{
	char *FREE_AUTO what = NULL, *FREE_AUTO bpffs = NULL;
	int FD_AUTO netns = -1;
	size_t node;
	int err = resolve_lab_word(lab, word, STATE_READ, command, name, e);

	if (!err)
		err = resolve_node(&lab->labfile, *name, &node, e);
	if (err)
		return err;
	netns = netns_open(lab->state, *name, e);
	if (netns < 0)
		return netns;
	what = text_format("xdp/%s", *name);
	bpffs = bpffs_mount(lab, what, e);
	if (!bpffs)
		return e->err;
	err = netns_enter(netns, e);
	return err ? err : mount_all(bpffs, e);
}

int enter_user(const char *name, struct error *e)
{
	const struct passwd *user = getpwnam(name);
	int err;

	if (!user)
		return error_input(e, "--user %s: there is no such user on this machine", name);
	if (setenv("HOME", user->pw_dir, 1) || setenv("USER", name, 1) ||
	    setenv("LOGNAME", name, 1) || setenv("SHELL", user->pw_shell, 1))
		out_of_memory();
	err = spawn_cut_bounding_set(0); /* a user could not do it any more */
	if (err)
		return error_sys(e, err, "cannot give up privileges");
	if (initgroups(name, user->pw_gid) || setgid(user->pw_gid) || setuid(user->pw_uid))
		return error_sys(e, -errno, "cannot become user %s", name);
	if (user->pw_uid == 0) /* setuid() took nothing away */
		return spawn_confine(0, e);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_sys(e, -errno, "cannot give up privileges");
	return 0;
}

int enter_exec(char *const *argv, int *status, struct error *e)
{
	int err;

	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	(void)execvp(argv[0], argv);
	err = -errno;
	*status = err == -ENOENT ? 127 : 126;
	return error_sys(e, err, "%s", argv[0]);
}
