// SPDX-License-Identifier: GPL-2.0-or-later
/* Children that end by _exit() write down where they have been, too; linked by `make coverage` only
 * (--wrap). Their counts begin anew then: a child that shares its parent's memory leaves it those.
 */
#include <gcov.h>

_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

_Noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__gcov_reset();
	__real__exit(status);
}
