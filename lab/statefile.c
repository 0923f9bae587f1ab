// SPDX-License-Identifier: GPL-2.0-or-later
/* Small files written and read whole, below a folder. What is in them is for others. */
#include "lab/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

static int open_below(int folder, const char *name, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, folder, name, &how, sizeof(how));
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t put = TEMP_FAILURE_RETRY(write(fd, text, size));

		if (put < 0)
			return -1;
		text += put;
		size -= (size_t)put;
	}
	return 0;
}

/* Where a killed command left one, it goes. */
static int make_new(int parent, const char *new)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, new, flags, 0600);

	if (fd >= 0 || errno != EEXIST || unlinkat(parent, new, 0))
		return fd;
	return openat(parent, new, flags, 0600);
}

static int replace(int parent, const char *leaf, const char *new, const char *text, size_t size)
{
	int FD_AUTO fd = make_new(parent, new);

	if (fd < 0)
		return -1;
	if (write_all(fd, text, size) || fsync(fd) || renameat(parent, new, parent, leaf))
		return -1;
	return fsync(parent);
}

int statefile_write(int folder, const char *name, const char *text, size_t size, struct error *e)
{
	const char *slash = strrchr(name, '/');
	const char *leaf = slash ? slash + 1 : name;
	char *FREE_AUTO path = slash ? xstrndup(name, (size_t)(slash - name)) : NULL;
	char *FREE_AUTO new = text_format("%s.new", leaf);
	int FD_AUTO below = path ? open_below(folder, path, O_RDONLY | O_DIRECTORY) : -1;
	int parent = path ? below : folder;
	int err;

	if ((!path || below >= 0) && replace(parent, leaf, new, text, size) == 0)
		return 0;
	err = -errno;
	if (parent >= 0)
		(void)unlinkat(parent, new, 0);
	return error_sys(e, err, "cannot write the state file %s", name);
}

int read_all(int fd, char *bytes, size_t size, size_t *got)
{
	ssize_t n = 1;

	for (*got = 0; n && *got < size; *got += (size_t)n) {
		n = TEMP_FAILURE_RETRY(read(fd, bytes + *got, size - *got));
		if (n < 0)
			return -errno;
	}
	return 0;
}

int statefile_read(int folder, const char *name, size_t max, char **text, size_t *size,
		   struct error *e)
{
	int FD_AUTO fd = open_below(folder, name, O_RDONLY | O_NONBLOCK); /* if it is a fifo */
	struct stat st;
	int err;

	*text = NULL;
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 && errno == ELOOP)
		return error_state(e, -EBADMSG, "the state file %s is a symlink", name);
	if (fd < 0 || fstat(fd, &st))
		return error_sys(e, -errno, "cannot open the state file %s", name);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max)
		return error_state(e, -EBADMSG, "the state file %s is none of ours", name);
	*text = xcalloc(1, (size_t)st.st_size + 1);
	err = read_all(fd, *text, (size_t)st.st_size, size);
	if (!err)
		return 0;
	free(steal_pointer(text));
	return error_sys(e, err, "cannot read the state file %s", name);
}
