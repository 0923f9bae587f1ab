// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/temp_file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/cleanup.h"

static const char template[] = "/tmp/xlab-test-XXXXXX";

char temp_file[sizeof(template)];

int temp_file_make(void **state)
{
	int FD_AUTO fd = mkstemp(memcpy(temp_file, template, sizeof(template)));

	(void)state;
	return fd < 0;
}

int temp_file_remove(void **state)
{
	(void)state;
	return unlink(temp_file);
}
