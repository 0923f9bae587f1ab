// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes that end in another way than by exit() write down where they have been, too: children
 * by _exit() or by the program that they become, and who was interrupted by the signal that it held
 * back until then. Linked by `make coverage` only (--wrap). Their counts begin anew then: what
 * follows is added at the next end, and a child that shares its parent's memory takes nothing from
 * it.
 */
#include <fcntl.h>
#include <gcov.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);

static pid_t parent;

__attribute__((constructor)) static void begin(void)
{
	parent = getpid();
}

/* What gcov has to say, where calls are refused to it, is no message of xlab's. */
__attribute__((destructor)) static void silence(void)
{
	int nowhere = memfd_create("gcov", MFD_CLOEXEC);

	if (nowhere >= 0)
		(void)dup3(nowhere, STDERR_FILENO, O_CLOEXEC);
	(void)close(nowhere);
}

static void write_counts(void)
{
	int err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	silence();
	__gcov_dump();
	__gcov_reset();
	if (err >= 0)
		(void)dup2(err, STDERR_FILENO);
	(void)close(err);
}

_Noreturn void __wrap__exit(int status)
{
	write_counts();
	__real__exit(status);
}

static bool is_held(void)
{
	sigset_t held;

	return !sigpending(&held) && !sigisemptyset(&held);
}

/* Not by who goes on: of its own calls none is gcov's, so that tests/torture can count them. */
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (how == SIG_SETMASK && set && (getpid() != parent || is_held()))
		write_counts();
	return __real_sigprocmask(how, set, old);
}
