// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>

void image_clear(struct image *im)
{
	free(im->insns);
	free(im->funcs);
	free(im->lines);
	free(im->fd_array);
	btf__free(im->btf);
	if (im->rodata_fd >= 0)
		(void)close(im->rodata_fd);
	*im = (struct image){ .rodata_fd = -1 };
}

/* The address of element @n of an array that may have to grow. */
static void *grow(void **array, size_t n, size_t *room, size_t size)
{
	if (n == *room) {
		size_t more = *room ? 2 * *room : 256;
		void *longer = realloc(*array, more * size);

		if (!longer)
			return NULL;
		*array = longer;
		*room = more;
	}
	return memset((char *)*array + n * size, 0, size);
}

struct bpf_insn *image_insn(struct image *im)
{
	void *array = im->insns, *element;

	element = grow(&array, im->n_insns, &im->room_insns, sizeof(*im->insns));
	im->insns = array;
	im->n_insns += element != NULL;
	return element;
}

struct bpf_func_info *image_func(struct image *im)
{
	void *array = im->funcs, *element;

	element = grow(&array, im->n_funcs, &im->room_funcs, sizeof(*im->funcs));
	im->funcs = array;
	im->n_funcs += element != NULL;
	return element;
}

struct bpf_line_info *image_line(struct image *im)
{
	void *array = im->lines, *element;

	element = grow(&array, im->n_lines, &im->room_lines, sizeof(*im->lines));
	im->lines = array;
	im->n_lines += element != NULL;
	return element;
}
