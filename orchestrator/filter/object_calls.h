/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_OBJECT_CALLS_H
#define XLAB_OBJECT_CALLS_H

/* The programs that an object's PROG_ARRAYs hold from the start, which libbpf knows but does not
 * tell.
 */

#include <stdbool.h>
#include <stddef.h>

struct bpf_object;
struct bpf_program;

struct object_calls {
	struct bpf_program **progs;
	size_t n;
};

/* Those of @obj, which was opened from these bytes. Free calls->progs with free(). */
void object_calls_find(struct object_calls *calls, struct bpf_object *obj, const void *bytes,
		       size_t size);
bool object_calls_has(const struct object_calls *calls, const struct bpf_program *prog);

#endif
