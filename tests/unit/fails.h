/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_FAILS_H
#define XLAB_TESTS_FAILS_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static const char *fails; /* this call, by the name that its wrap gives it; NULL: none */

/* Is it that one? Then errno is EPERM. */
static bool fails_at(const char *what)
{
	if (!fails || strcmp(fails, what) != 0)
		return false;
	errno = EPERM;
	return true;
}

#endif
