// SPDX-License-Identifier: GPL-2.0-or-later
/* A listener's slot, its ring buffer, and the flags by which it subscribes to chains. What an event
 * says is for its reader.
 */
#include "orchestrator/event/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/lab.h"
#include "orchestrator/util/bpflog.h"

/* An interface that is subscribed to. */
struct subscribed {
	size_t iface;
	struct counters counters;
	uint64_t lost_before;
};

struct listener {
	const struct lab *lab;
	size_t slot;
	int lock; /* DIR/listeners/SLOT, flocked: the slot is ours */
	struct ring_buffer *ring;
	struct subscribed *subscribed;
	size_t n_subscribed;
	int (*fn)(void *cookie, const struct xlab_event *event);
	void *cookie;
	int answer; /* of fn */
};

static int open_lock(const struct lab *lab, size_t slot, struct error *e)
{
	char *FREE_AUTO path = state_path(lab->state, "listeners/%zu", slot);
	int FD_AUTO fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_sys(e, -errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EWOULDBLOCK
					    : error_sys(e, -errno, "cannot lock %s", path);
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
			   "%d listeners follow this lab already, which is the limit: end one",
			   XLAB_LISTENERS);
}

static int clear_flags(const struct lab *lab, size_t listener, struct error *e)
{
	for (size_t i = 0; i < lab->labfile.topo.n_ifaces; i++) {
		char *FREE_AUTO path = counters_path(lab, i);
		int FD_AUTO fd = bpf_obj_get(path);
		struct counters counters = { 0 };
		int err;

		if (fd < 0)
			continue;
		err = counters_map(&counters, fd, counters_row(lab, i), e);
		if (err)
			return err;
		counters_unsubscribe(&counters, listener);
		counters_unmap(&counters);
	}
	return 0;
}

/* A listener leaves its lock's file empty; one that was killed does not. */
static int clear_stale(struct listener *l, struct error *e)
{
	struct stat st;
	int err = 0;

	if (fstat(l->lock, &st))
		return error_sys(e, -errno, "cannot read a listener's lock");
	if (st.st_size)
		err = clear_flags(l->lab, l->slot, e);
	if (pwrite(l->lock, "!", 1, 0) != 1)
		err = error_sys(e, -errno, "cannot write a listener's lock");
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

/*
 * A ring stays in its slot when its listener goes, for the next one: taking it out, as putting
 * it in, makes the kernel wait for a grace period.
 */
static int open_ring(struct listener *l, struct error *e)
{
	int FD_AUTO rings_fd = -1, fd = -1;
	__u32 key = (__u32)l->slot, id;
	BPFLOG log = BPFLOG_INIT;
	int err = event_rings_open(l->lab, &rings_fd, e);

	if (err)
		return err;
	bpflog_begin(&log);
	if (!bpf_map_lookup_elem(rings_fd, &key, &id))
		fd = bpf_map_get_fd_by_id(id);
	if (fd < 0) {
		fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "event_ring", 0, 0, XLAB_LISTENER_BYTES,
				    NULL);
		if (fd < 0 || bpf_map_update_elem(rings_fd, &key, &fd, BPF_ANY))
			return error_sys(e, -errno, "cannot make a listener's ring buffer");
	}
	l->ring = ring_buffer__new(fd, hand_over, l, NULL);
	if (!l->ring)
		return error_sys(e, -errno, "cannot map a listener's ring buffer");
	/* What was meant for the one before. */
	(void)ring_buffer__consume(l->ring);
	return 0;
}

int listener_open(const struct lab *lab, struct listener **out, struct error *e)
{
	struct listener *l = xcalloc(1, sizeof(*l));
	int err;

	l->lab = lab;
	l->lock = -1;
	err = claim_slot(l, e);
	if (!err)
		err = clear_stale(l, e);
	if (!err)
		err = open_ring(l, e);
	if (err) {
		listener_close(l);
		return error_wrap(e, "cannot listen to the lab's chains");
	}
	*out = l;
	return 0;
}

int listener_subscribe(struct listener *l, size_t iface, struct error *e)
{
	int FD_AUTO counters_fd = -1, rings_fd = -1;
	struct subscribed new = { .iface = iface }, *added;
	int err;

	for (size_t i = 0; i < l->n_subscribed; i++)
		if (l->subscribed[i].iface == iface)
			return 0;
	err = counters_open(l->lab, iface, &counters_fd, &rings_fd, e);
	if (!err)
		err = counters_map(&new.counters, counters_fd, counters_row(l->lab, iface), e);
	if (err)
		return error_wrap(e, "cannot listen to a chain");
	new.lost_before = counters_lost(&new.counters, l->slot);
	counters_subscribe(&new.counters, l->slot);
	added = array_add(&l->subscribed, &l->n_subscribed, sizeof(*added));
	*added = new;
	return 0;
}

int listener_fd(const struct listener *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

int listener_consume(struct listener *l, int (*fn)(void *cookie, const struct xlab_event *event),
		     void *cookie)
{
	int n;

	l->fn = fn;
	l->cookie = cookie;
	l->answer = 0;
	n = ring_buffer__consume(l->ring);
	if (l->answer)
		return l->answer;
	return n < 0 ? n : 0;
}

uint64_t listener_lost(const struct listener *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n_subscribed; i++)
		sum += counters_lost(&l->subscribed[i].counters, l->slot) -
		       l->subscribed[i].lost_before;
	return sum;
}

void listener_close(struct listener *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n_subscribed; i++) {
		counters_unsubscribe(&l->subscribed[i].counters, l->slot);
		counters_unmap(&l->subscribed[i].counters);
	}
	ring_buffer__free(l->ring);
	/* If that fails the next one merely clears the flags once more. */
	(void)!ftruncate(l->lock, 0);
	cleanup_fd(&l->lock);
	free(l->subscribed);
	free(l);
}
