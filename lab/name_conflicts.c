// SPDX-License-Identifier: GPL-2.0-or-later
/* Before anything is made: who has a name that the plan would take, and what to do about it. */
#include "lab/name_conflicts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/links.h"
#include "lab/mountpoint.h"
#include "lab/plan.h"
#include "lab/state.h"
#include "lab/state_dir.h"

/* LAB of "/run/xlab/ID/LAB/ns/NODE", in place; NULL if the symlink is none of xlab's. */
static const char *lab_of_target(const struct state *st, char *target)
{
	const char *dir = state_lab_dir(st);
	size_t len = (size_t)(strrchr(dir, '/') + 1 - dir);
	char *end = strncmp(target, dir, len) == 0 ? strchr(target + len, '/') : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	return target + len;
}

static int refuse_link(const struct state *st, int names, const char *name, struct error *e)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(names, name, target, sizeof(target) - 1);
	const char *lab;

	target[len < 0 ? 0 : len] = '\0';
	lab = lab_of_target(st, target);
	if (lab)
		return error_state(e, -EEXIST,
				   "the name of namespace %s is taken by lab %s: `xlab down %s` "
				   "first, or `--as NAME` for another name",
				   name, lab, lab);
	return error_state(e, -EEXIST,
			   "the name of namespace %s is taken: " NAMES_DIR
			   "/%s is a symlink to %s; "
			   "use `--as NAME`, or remove it if nobody needs it",
			   name, name, target);
}

static int refuse_file(int names, const char *name, struct error *e)
{
	int FD_AUTO fd = openat(names, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC)
		return error_state(e, -EEXIST,
				   "the name of namespace %s is taken: " NAMES_DIR
				   "/%s is a namespace that xlab did not make (`ip netns pids %s` "
				   "tells who is in it); use `--as NAME` for another name",
				   name, name, name);
	return error_state(e, -EEXIST,
			   "the name of namespace %s is taken: " NAMES_DIR
			   "/%s is a plain file, as an `ip netns add` that was killed leaves it; "
			   "`ip netns del %s` removes it",
			   name, name, name);
}

static int check_name(const struct state *st, int names, const char *name, struct error *e)
{
	struct stat found;

	if (fstatat(names, name, &found, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT
			       ? 0
			       : error_sys(e, -errno, "cannot look at " NAMES_DIR "/%s", name);
	if (S_ISLNK(found.st_mode))
		return refuse_link(st, names, name, e);
	if (S_ISREG(found.st_mode))
		return refuse_file(names, name, e);
	return error_state(e, -EEXIST,
			   "the name of namespace %s is taken: " NAMES_DIR
			   "/%s is no namespace; use `--as NAME` for another name",
			   name, name);
}

/* In xlab's own namespace, where other links may be. */
static int check_link(const char *node, const char *name, struct error *e)
{
	struct link link;
	int err = links_find(name, &link, e);

	if (err == -ENODEV)
		return 0;
	if (!err)
		err = error_state(e, -EEXIST,
				  "the name of %s:%s is taken: an interface %s (%s%s%s) is here "
				  "already, and xlab did not make it for this lab",
				  node, name, name, *link.kind ? link.kind : "of the machine",
				  *link.alias ? ", alias " : "", link.alias);
	link_clear(&link);
	return err;
}

int name_conflicts_check(const struct plan *plan, const struct state *st, struct error *e)
{
	int FD_AUTO names = -1;
	int err = netns_names_open(&names, e);

	for (size_t i = 0; i < plan->n_ops && !err; i++) {
		const struct op *op = &plan->ops[i];

		if (op->kind == OP_NAME && names >= 0) {
			char *FREE_AUTO name = plan_netns_name(plan, op->netns);

			err = check_name(st, names, name, e);
		}
		if (op->kind == OP_LINK && plan_is_self(plan, op->node))
			err = check_link(op->netns, plan->topo->ifaces[op->iface].name, e);
	}
	return err;
}
