// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process that does nothing, linked as xlab is: what `xlab down` cannot be quicker than. With
 * words it does no more than must be done: the first is unmounted, and each of them removed.
 */

#include <err.h>
#include <stdio.h>
#include <sys/mount.h>

int main(int argc, char **argv)
{
	if (argc > 1 && umount2(argv[1], MNT_DETACH))
		err(1, "%s", argv[1]);
	for (int i = 1; i < argc; i++)
		if (remove(argv[i]))
			err(1, "%s", argv[i]);
	return 0;
}
