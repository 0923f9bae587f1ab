// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/linker/image.h"

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

size_t piece_place(const struct piece *p, size_t i)
{
	if (p->form != PIECE_SPLICED)
		return p->at + i;
	return i < p->n_main ? p->body + i : p->at + i - p->n_main;
}

size_t piece_spliced(const struct piece *p)
{
	return p->form == PIECE_SPLICED ? p->n_main : 0;
}

size_t composition_filter(const struct composition *c, size_t insn)
{
	for (size_t i = 0; i < c->n_filters; i++) {
		const struct piece *p = &c->filters[i];
		size_t spliced = piece_spliced(p);

		if ((insn >= p->at && insn < p->at + p->code->n_insns - spliced) ||
		    (insn >= p->body && insn < p->body + spliced))
			return i;
	}
	return c->n_filters;
}

bool piece_notes(uint32_t continues)
{
	const uint32_t actions = (1U << (XDP_REDIRECT + 1)) - 1;

	return continues & actions & ~(1U << XDP_PASS);
}

/* What is called nowhere is no function to the kernel, and must not be described as one. */
bool composition_notes(const struct composition *c)
{
	for (size_t i = 0; i < c->n_filters; i++)
		if (piece_notes(c->filters[i].continues))
			return true;
	return false;
}
