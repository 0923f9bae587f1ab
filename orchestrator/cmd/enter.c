// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This process becomes a command in a node: its user, its program. Its namespaces are node.c's, and
 * for children that report back there is spawn.c.
 */
#include "orchestrator/cmd/enter.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/error.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/node.h"
#include "orchestrator/scenario/spawn.h"

int enter_node(struct lab *lab, const char *word, const char *command, const char **name,
	       struct error *e)
{
	size_t node;
	int err = resolve_lab_word(lab, word, STATE_READ, command, name, e);

	if (!err)
		err = resolve_node(&lab->labfile, *name, &node, e);
	return err ? err : resolve_again(lab, node_enter(lab, *name, false, e), e);
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
