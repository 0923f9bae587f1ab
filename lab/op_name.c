// SPDX-License-Identifier: GPL-2.0-or-later
/* Operation: a namespace's name, a symlink in /run/netns. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/mountpoint.h"
#include "lab/ops.h"
#include "lab/state.h"
#include "lab/state_dir.h"

int op_name_apply(struct build *b, const struct op *op, struct error *e)
{
	char *FREE_AUTO name = plan_netns_name(b->plan, op->netns);
	char *FREE_AUTO path = state_path(b->st, "ns/%s", op->netns);

	if (b->names < 0 && state_names_dir(b->st, &b->names, e))
		return e->err;
	if (symlinkat(path, b->names, name))
		return error_sys(e, -errno, "cannot name the namespace of %s (" NAMES_DIR "/%s)",
				 op->netns, name);
	return 0;
}

/* Ours is the symlink that leads to our file, and nothing else of that name. */
int op_name_undo(struct build *b, const struct op *op, struct error *e)
{
	char *FREE_AUTO name = plan_netns_name(b->plan, op->netns);
	char *FREE_AUTO path = state_path(b->st, "ns/%s", op->netns);
	char target[PATH_MAX];
	ssize_t len;
	int err = b->names < 0 ? netns_names_open(&b->names, e) : 0;

	if (err || b->names < 0)
		return err;
	len = readlinkat(b->names, name, target, sizeof(target));
	if (len < 0 || (size_t)len != strlen(path) || memcmp(target, path, (size_t)len) != 0)
		return 0;
	if (unlinkat(b->names, name, 0) && errno != ENOENT)
		return error_sys(e, -errno, "cannot remove " NAMES_DIR "/%s", name);
	return 0;
}
