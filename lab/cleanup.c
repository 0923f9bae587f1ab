// SPDX-License-Identifier: GPL-2.0-or-later
/* The cleanups run on the way out of a function that may just have failed, so
 * each leaves errno as it found it. Pointers are read and written with memcpy
 * because the callers' variables have other pointer types than void *.
 */
#include "lab/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

void cleanup_free(void *pointer)
{
	void *p;

	memcpy(&p, pointer, sizeof(p));
	free(p);
}

void cleanup_file(void *file)
{
	int saved = errno;
	void *f;

	memcpy(&f, file, sizeof(f));
	if (f)
		(void)fclose(f);
	errno = saved;
}

void cleanup_dir(void *dir)
{
	int saved = errno;
	void *d;

	memcpy(&d, dir, sizeof(d));
	if (d)
		(void)closedir(d);
	errno = saved;
}

void cleanup_strings(char ***strings)
{
	for (size_t i = 0; *strings && (*strings)[i]; i++)
		free((*strings)[i]);
	free(*strings);
}

int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

void *steal_pointer(void *pointer)
{
	void *stolen, *none = NULL;

	memcpy(&stolen, pointer, sizeof(stolen));
	memcpy(pointer, &none, sizeof(none));
	return stolen;
}
