/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_STATEFILE_H
#define XLAB_STATEFILE_H

/* Small files below a folder of ours. No symlink is ever followed. */

#include <stddef.h>

struct error;

/* Replace @name, a path below @folder whose folders are there: after a crash it is the old one or
 * the new one, whole.
 */
int statefile_write(int folder, const char *name, const char *text, size_t size, struct error *e);

/* Read it whole: malloc'ed, with a NUL behind its *@size bytes. -ENOENT, without words, if it
 * is not there; -EBADMSG if it is no file that xlab wrote.
 */
int statefile_read(int folder, const char *name, size_t max, char **text, size_t *size,
		   struct error *e);

/* Up to @size bytes, *@got fewer where the file ends before. */
int read_all(int fd, char *bytes, size_t size, size_t *got);

#endif
