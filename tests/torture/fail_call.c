// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded: one call of the C library fails, as if the kernel had refused it. A place is the
 * call's name and where in xlab's code it comes from: the innermost addresses there, as offsets.
 *
 * FAIL_LOG    a file, to which "CALL ADDRESS…" is appended for each place that is come to
 * FAIL        the place whose first call fails, in xlab or what it forks: "failed WORDS" is
 * appended to the file then, the words of the error
 *
 * FAIL_DEPTH  how many addresses tell a place from others, if not 3
 *
 * Programs that xlab starts are left alone.
 */

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define FRAMES	   64
#define PLACES	   4096
#define PLACE_SIZE 128

#define CALLS(X)                           \
	X(accept4, -1, EMFILE)             \
	X(access, -1, EIO)                 \
	X(bind, -1, ENOMEM)                \
	X(chdir, -1, EACCES)               \
	X(clone, -1, EAGAIN)               \
	X(close_range, -1, EINVAL)         \
	X(connect, -1, ENOBUFS)            \
	X(dup, -1, EMFILE)                 \
	X(dup2, -1, EMFILE)                \
	X(dup3, -1, EMFILE)                \
	X(epoll_create1, -1, EMFILE)       \
	X(epoll_ctl, -1, ENOSPC)           \
	X(execve, -1, EACCES)              \
	X(execvp, -1, EACCES)              \
	X(faccessat, -1, EIO)              \
	X(fchmod, -1, EIO)                 \
	X(fcntl, -1, EMFILE)               \
	X(fcntl64, -1, EMFILE)             \
	X(fdopendir, 0, EMFILE)            \
	X(flock, -1, ENOLCK)               \
	X(fopen, 0, EMFILE)                \
	X(fopen64, 0, EMFILE)              \
	X(fork, -1, EAGAIN)                \
	X(fsconfig, -1, ENOMEM)            \
	X(fsmount, -1, EPERM)              \
	X(fsopen, -1, EPERM)               \
	X(fstat, -1, EIO)                  \
	X(fstatat, -1, EIO)                \
	X(fstatfs, -1, EIO)                \
	X(fsync, -1, EIO)                  \
	X(ftruncate, -1, ENOSPC)           \
	X(getrandom, -1, EIO)              \
	X(getrlimit, -1, EIO)              \
	X(getsockname, -1, ENOBUFS)        \
	X(getsockopt, -1, EIO)             \
	X(if_indextoname, 0, ENXIO)        \
	X(if_nametoindex, 0, ENODEV)       \
	X(initgroups, -1, EPERM)           \
	X(ioctl, -1, EIO)                  \
	X(lseek, -1, EIO)                  \
	X(lstat, -1, EIO)                  \
	X(memfd_create, -1, EMFILE)        \
	X(mkdir, -1, ENOSPC)               \
	X(mkdirat, -1, ENOSPC)             \
	X(mmap, -1, ENOMEM)                \
	X(mmap64, -1, ENOMEM)              \
	X(mount, -1, EPERM)                \
	X(move_mount, -1, EPERM)           \
	X(mremap, -1, ENOMEM)              \
	X(open, -1, EMFILE)                \
	X(open64, -1, EMFILE)              \
	X(open_tree, -1, EPERM)            \
	X(openat, -1, EMFILE)              \
	X(opendir, 0, EMFILE)              \
	X(pipe2, -1, EMFILE)               \
	X(poll, -1, ENOMEM)                \
	X(posix_fallocate, ENOSPC, ENOSPC) \
	X(ppoll, -1, ENOMEM)               \
	X(prctl, -1, EPERM)                \
	X(pread, -1, EIO)                  \
	X(pwrite, -1, ENOSPC)              \
	X(read, -1, EIO)                   \
	X(readdir, 0, EIO)                 \
	X(readdir64, 0, EIO)               \
	X(readlinkat, -1, EIO)             \
	X(recvmsg, -1, ENOBUFS)            \
	X(rename, -1, EIO)                 \
	X(renameat, -1, EIO)               \
	X(rmdir, -1, EIO)                  \
	X(send, -1, ENOBUFS)               \
	X(sendmsg, -1, ENOBUFS)            \
	X(sendto, -1, ENOBUFS)             \
	X(setgid, -1, EPERM)               \
	X(setns, -1, EPERM)                \
	X(setpgid, -1, EPERM)              \
	X(setrlimit, -1, EPERM)            \
	X(setrlimit64, -1, EPERM)          \
	X(setsockopt, -1, ENOBUFS)         \
	X(setuid, -1, EAGAIN)              \
	X(signalfd, -1, EMFILE)            \
	X(socket, -1, EMFILE)              \
	X(socketpair, -1, EMFILE)          \
	X(stat, -1, EIO)                   \
	X(stat64, -1, EIO)                 \
	X(statfs, -1, EIO)                 \
	X(statfs64, -1, EIO)               \
	X(statx, -1, EIO)                  \
	X(symlinkat, -1, ENOSPC)           \
	X(syscall, -1, ENOMEM)             \
	X(umount2, -1, EBUSY)              \
	X(uname, -1, EIO)                  \
	X(unlink, -1, EIO)                 \
	X(unlinkat, -1, EIO)               \
	X(unshare, -1, ENOSPC)             \
	X(write, -1, ENOSPC)

/* All is passed on as it came, whatever its type: the headers that declare these are not included.
 */
#define NEXT(name, failed, why) static long (*next_##name)(long, long, long, long, long, long);
CALLS(NEXT)

static struct shared { /* by xlab and what it forks */
	bool done;
	size_t n;
	char places[PLACES][PLACE_SIZE];
} * shared;

static uintptr_t base, code, code_end; /* of xlab */
static bool within;		       /* this file's own calls are none of xlab's */

static int find_code(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	base = info->dlpi_addr;
	for (size_t i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD && info->dlpi_phdr[i].p_flags & PF_X) {
			code = base + info->dlpi_phdr[i].p_vaddr;
			code_end = code + info->dlpi_phdr[i].p_memsz;
		}
	return 1; /* the program comes first */
}

static void say(const char *line)
{
	long fd = next_open((long)getenv("FAIL_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
			    0600, 0, 0, 0);

	if (fd < 0)
		return; /* in a namespace that does not have it */
	(void)next_write(fd, (long)line, (long)strlen(line), 0, 0, 0);
	(void)next_syscall(SYS_close, fd, 0, 0, 0, 0);
}

static void describe_place(char place[static PLACE_SIZE], const char *name)
{
	void *frames[FRAMES];
	const char *wanted = getenv("FAIL_DEPTH");
	int n = backtrace(frames, FRAMES), depth = wanted ? atoi(wanted) : 3, found = 0;
	int size = snprintf(place, PLACE_SIZE, "%s", name);

	for (int i = 0; i < n && found < depth; i++) {
		uintptr_t at = (uintptr_t)frames[i];

		if (at >= code && at < code_end) {
			size += snprintf(place + size, (size_t)(PLACE_SIZE - size), " 0x%lx",
					 at - base);
			found++;
		}
	}
	if (!found)
		*place = '\0';
}

/* Of a child of its own, which has not been waited for, that cannot fail. */
static bool never_fails(const char *name, long a)
{
	return !strcmp(name, "syscall") && a == SYS_pidfd_send_signal;
}

static bool is_new(const char *place)
{
	for (size_t i = 0; i < shared->n; i++)
		if (!strcmp(shared->places[i], place))
			return false;
	if (shared->n < PLACES)
		strcpy(shared->places[shared->n++], place);
	return true;
}

static bool fails(const char *name, int why, long a)
{
	const char *wanted = getenv("FAIL");
	char place[PLACE_SIZE], line[2 * PLACE_SIZE];
	int err = errno;
	bool result = false;

	if (!shared || within || shared->done || never_fails(name, a))
		return false;
	within = true;
	describe_place(place, name);
	if (*place && wanted && !strcmp(place, wanted)) {
		shared->done = result = true;
		(void)snprintf(line, sizeof(line), "failed %s\n", strerror(why));
		say(line);
	} else if (*place && !wanted && is_new(place)) {
		(void)snprintf(line, sizeof(line), "%s\n", place);
		say(line);
	}
	within = false;
	errno = err;
	return result;
}

#define WRAPPER(name, failed, why)                                                       \
	long fail_##name(long a, long b, long c, long d, long e, long f) __asm__(#name); \
	long fail_##name(long a, long b, long c, long d, long e, long f)                 \
	{                                                                                \
		if (!next_##name)                                                        \
			next_##name = dlsym(RTLD_NEXT, #name);                           \
		if (!fails(#name, why, a))                                               \
			return next_##name(a, b, c, d, e, f);                            \
		errno = why;                                                             \
		return failed;                                                           \
	}
CALLS(WRAPPER)

#define FIND(name, failed, why) next_##name = dlsym(RTLD_NEXT, #name);

__attribute__((constructor)) static void begin(void)
{
	char self[4096] = "";
	void *frame;

	within = true;
	CALLS(FIND)
	(void)next_readlinkat(AT_FDCWD, (long)"/proc/self/exe", (long)self, sizeof(self) - 1, 0, 0);
	if (getenv("FAIL_LOG") && !strcmp(strrchr(self, '/'), "/xlab")) {
		(void)dl_iterate_phdr(find_code, NULL);
		(void)backtrace(&frame, 1); /* it opens a library the first time */
		shared = (void *)next_mmap(0, sizeof(*shared), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	}
	within = false;
}
