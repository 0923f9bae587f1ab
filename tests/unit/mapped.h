/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_MAPPED_H
#define XLAB_TESTS_MAPPED_H

/* In the place of a map's memory stands the test's, all 0. To be wrapped: mmap, munmap. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

static struct {
	int fd;
	size_t size; /* bytes */
} mapped;	     /* the one map that is asked for */

WRAP(void *, mmap, void *at, size_t size, int access, int flags, int fd, off_t offset)
{
	assert_null(at);
	assert_int_equal(size, mapped.size);
	assert_int_equal(access, PROT_READ | PROT_WRITE);
	assert_int_equal(flags, MAP_SHARED);
	assert_int_equal(fd, mapped.fd);
	assert_int_equal(offset, 0);
	return fails_at("mmap") ? MAP_FAILED : xcalloc(1, size);
}

WRAP(int, munmap, void *at, size_t size)
{
	assert_int_equal(size, mapped.size);
	free(at);
	return 0;
}

#endif
