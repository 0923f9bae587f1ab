// SPDX-License-Identifier: GPL-2.0-or-later
#include "orchestrator/event/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/book.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"

/* An interface that is heard. */
struct heard {
	size_t iface;
	struct book book;
	uint64_t lost_before;
};

struct listener {
	const struct lab *lab;
	size_t slot;
	int lock; /* DIR/ears/SLOT, flocked: the slot is ours */
	struct ring_buffer *ring;
	struct heard *heard;
	size_t n_heard;
	int (*fn)(void *cookie, const struct xlab_event *event);
	void *cookie;
	int answer; /* of fn */
};

static int open_lock(const struct lab *lab, size_t slot, struct error *e)
{
	FREE_AUTO char *path = state_path(lab->state, "ears/%zu", slot);
	FD_AUTO int fd = -1;

	if (!path)
		return error_sys(e, -ENOMEM, "listening");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return error_sys(e, -errno, "opening %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EWOULDBLOCK
					    : error_sys(e, -errno, "locking %s", path);
	return steal_fd(&fd);
}

static int claim_slot(struct listener *l, struct error *e)
{
	for (size_t slot = 0; slot < XLAB_LISTENERS; slot++) {
		int fd = open_lock(l->lab, slot, e);

		if (fd == -EWOULDBLOCK)
			continue;
		if (fd < 0)
			return fd;
		l->slot = slot;
		l->lock = fd;
		return 0;
	}
	return error_state(e, -EBUSY,
			   "%d listeners hear this lab already, which is the limit: end one",
			   XLAB_LISTENERS);
}

static int each_book(const struct lab *lab, size_t listener, struct error *e)
{
	for (size_t i = 0; i < lab->suite.topo.n_ifaces; i++) {
		FREE_AUTO char *name = suite_iface_name(&lab->suite, i);
		FREE_AUTO char *path =
			name ? state_path(lab->state, "bpf/iface/%s/book", name) : NULL;
		FD_AUTO int fd = path ? bpf_obj_get(path) : -1;
		struct book book = { 0 };
		int err;

		if (fd < 0)
			continue;
		err = book_map(&book, fd, e);
		if (err)
			return err;
		book_ignore(&book, listener);
		book_unmap(&book);
	}
	return 0;
}

/* A listener leaves its lock's file empty; one that was killed does not. */
static int clear_stale(struct listener *l, struct error *e)
{
	struct stat st;
	int err = 0;

	if (fstat(l->lock, &st))
		return error_sys(e, -errno, "listening");
	if (st.st_size)
		err = each_book(l->lab, l->slot, e);
	if (!err && pwrite(l->lock, "!", 1, 0) != 1)
		err = error_sys(e, -errno, "listening");
	return err;
}

static int hand_over(void *cookie, void *data, size_t size)
{
	struct listener *l = cookie;

	if (!l->fn || size < sizeof(struct xlab_event))
		return 0;
	l->answer = l->fn(l->cookie, data);
	return l->answer ? -ECANCELED : 0;
}

/* The ring that an earlier listener of this slot has left, or -1. */
static int left_ring(int ears_fd, size_t slot)
{
	__u32 key = (__u32)slot, id = 0;

	return bpf_map_lookup_elem(ears_fd, &key, &id) ? -1 : bpf_map_get_fd_by_id(id);
}

/*
 * A ring stays in its slot when its listener goes: taking it out, as putting
 * it in, makes the kernel wait for a grace period.
 */
static int open_ring(struct listener *l, struct error *e)
{
	FD_AUTO int ears_fd = -1, fd = -1;
	__u32 key = (__u32)l->slot;
	BPFLOG log = BPFLOG_INIT;
	int err = book_ears_open(l->lab, &ears_fd, e);

	if (err)
		return err;
	bpflog_begin(&log);
	fd = left_ring(ears_fd, l->slot);
	if (fd < 0) {
		fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ear", 0, 0, XLAB_LISTENER_BYTES, NULL);
		if (fd < 0 || bpf_map_update_elem(ears_fd, &key, &fd, BPF_ANY))
			return error_sys(e, -errno, "making a listener's ring buffer");
	}
	l->ring = ring_buffer__new(fd, hand_over, l, NULL);
	if (!l->ring)
		return error_sys(e, -errno, "mapping a listener's ring buffer");
	/* What was meant for the one before. */
	(void)ring_buffer__consume(l->ring);
	return 0;
}

int listener_open(const struct lab *lab, struct listener **out, struct error *e)
{
	struct listener *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return error_sys(e, -ENOMEM, "listening");
	l->lab = lab;
	l->lock = -1;
	err = claim_slot(l, e);
	if (!err)
		err = clear_stale(l, e);
	if (!err)
		err = open_ring(l, e);
	if (err) {
		listener_close(l);
		return error_wrap(e, "listening to the lab's chains");
	}
	*out = l;
	return 0;
}

static bool hears(const struct listener *l, size_t iface)
{
	for (size_t i = 0; i < l->n_heard; i++)
		if (l->heard[i].iface == iface)
			return true;
	return false;
}

static int hear(struct listener *l, struct heard *h, int book_fd, struct error *e)
{
	int err = book_map(&h->book, book_fd, e);

	if (err)
		return err;
	h->lost_before = book_lost(&h->book, l->slot);
	book_listen(&h->book, l->slot);
	l->n_heard++;
	return 0;
}

int listener_hear(struct listener *l, size_t iface, struct error *e)
{
	FD_AUTO int book_fd = -1, ears_fd = -1;
	struct heard *longer;
	int err;

	if (hears(l, iface))
		return 0;
	longer = realloc(l->heard, (l->n_heard + 1) * sizeof(*longer));
	if (!longer)
		return error_sys(e, -ENOMEM, "listening");
	l->heard = longer;
	longer[l->n_heard] = (struct heard){ .iface = iface };
	err = chain_book_open(l->lab, iface, &book_fd, &ears_fd, e);
	if (!err)
		err = hear(l, &longer[l->n_heard], book_fd, e);
	return err ? error_wrap(e, "listening to a chain") : 0;
}

int listener_fd(const struct listener *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

int listener_read(struct listener *l, int (*fn)(void *cookie, const struct xlab_event *event),
		  void *cookie)
{
	int n;

	l->fn = fn;
	l->cookie = cookie;
	l->answer = 0;
	n = ring_buffer__consume(l->ring);
	l->fn = NULL;
	if (l->answer)
		return l->answer;
	return n < 0 ? n : 0;
}

uint64_t listener_lost(const struct listener *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n_heard; i++)
		sum += book_lost(&l->heard[i].book, l->slot) - l->heard[i].lost_before;
	return sum;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_heard; i++) {
		book_ignore(&l->heard[i].book, l->slot);
		book_unmap(&l->heard[i].book);
	}
	ring_buffer__free(l->ring);
	/* If that fails the next one merely clears the books once more. */
	if (l->lock >= 0 && ftruncate(l->lock, 0))
		errno = 0;
	cleanup_fd(&l->lock);
	free(l->heard);
	free(l);
}
