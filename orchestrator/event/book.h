/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_BOOK_H
#define XLAB_BOOK_H

/* An interface's book, mapped: a slot for each CPU, written by the chain. */

#include <stddef.h>
#include <stdint.h>

#include "bpf/xlab.h"

struct bpf_object;
struct error;
struct lab;

struct book {
	struct xlab_book *slots;
	size_t n;
};

/* libbpf asks the kernel once how many CPUs are possible; call it before anything has their number.
 */
int book_cpus(struct error *e);

int book_map(struct book *book, int book_fd, struct error *e);
void book_unmap(struct book *book);

/* Where the half that generation @gen counts in begins, as xlab_place has it. */
uint32_t book_half(uint32_t gen);

/* Wipe the half that generation @gen counts in. Only before its chain is attached. */
void book_begin(struct book *book, uint32_t gen);

/* The sum over all CPUs. */
struct xlab_count book_count(const struct book *book, uint32_t gen, size_t position, size_t action);
uint64_t book_lost(const struct book *book, size_t listener);

/* Maps of the same form that belong to no interface; fds of the caller's. */
int book_create(int *book_fd, int *ears_fd, struct error *e);

/* Let @obj, not loaded yet, use them, if it keeps a book at all. */
int book_give(struct bpf_object *obj, int book_fd, int ears_fd);
/* Open an object of ours that has the book in its .bss (bpf/book.h), and let it use them. */
int book_open(const void *bytes, size_t size, int book_fd, int ears_fd, struct bpf_object **obj);
/* Let @obj, which is loaded for its other maps only, make none of its own. */
void book_withhold(struct bpf_object *obj);

/* The lab's ears, which all its interfaces share: made if need be. */
int book_ears_open(const struct lab *lab, int *ears_fd, struct error *e);

void book_listen(struct book *book, size_t listener);
void book_ignore(struct book *book, size_t listener);

/* For listeners: fds of an interface's book and ears (made if need be). */
int chain_book_open(const struct lab *lab, size_t iface, int *book_fd, int *ears_fd,
		    struct error *e);

/*
 * Make section ".bss" of an object of ours @size bytes long, and so the map that libbpf makes of
 * it: libbpf itself can do that only from 1.3 on. -ENOENT: it has none.
 */
int object_lengthen(void *bytes, size_t size);

#endif
