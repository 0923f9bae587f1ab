// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes that end in another way than by exit() write down where they have been, too: children
 * by _exit(), and who was interrupted by the signal that it held back until then. Linked by `make
 * coverage` only (--wrap). Their counts begin anew then: what follows is added at the next end, and
 * a child that shares its parent's memory takes nothing from it.
 */
#include <gcov.h>
#include <signal.h>
#include <stddef.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);

static void write_counts(void)
{
	__gcov_dump();
	__gcov_reset();
}

_Noreturn void __wrap__exit(int status)
{
	write_counts();
	__real__exit(status);
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	if (how == SIG_SETMASK && set)
		write_counts();
	return __real_sigprocmask(how, set, old);
}
