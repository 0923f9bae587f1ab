// SPDX-License-Identifier: GPL-2.0-or-later
/* Who listens hears what the chains say from then on, and nothing of it is left when they go. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/bpf.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cmocka.h>

/* Before the skeleton, which uses its types. */
#include "bpf/xlab.h"

#include "bpf/counters.skel.h"
#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/event/listener.h"
#include "orchestrator/filter/programs.h"
#include "tests/engine/rig.h"
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

#define FILTERS "[filter no]\nprogram = drop\n"

int __real_libbpf_num_possible_cpus(void);
WRAP(int, libbpf_num_possible_cpus, void)
{
	if (fails_at("one CPU"))
		return 1;
	if (!fails_at("cpus"))
		return __real_libbpf_num_possible_cpus();
	/* what libbpf says is kept */
	assert_ptr_not_equal(libbpf_set_print(rig_print), rig_print);
	return -EPERM;
}

int __real_bpf_map_create(enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
			  const struct bpf_map_create_opts *opts);
WRAP(int, bpf_map_create, enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 n,
     const struct bpf_map_create_opts *opts)
{
	return fails_at(name) ? -EPERM : __real_bpf_map_create(type, name, key, value, n, opts);
}

int __real_bpf_obj_pin(int fd, const char *path);
WRAP(int, bpf_obj_pin, int fd, const char *path)
{
	int err = fails_at("pin") ? -EPERM : __real_bpf_obj_pin(fd, path);

	if (err || !fails_at("quicker"))
		return err;
	errno = EEXIST;
	return -EEXIST;
}

int __real_bpf_obj_get(const char *path);
WRAP(int, bpf_obj_get, const char *path)
{
	int fd = fails_at("get") ? -EPERM : __real_bpf_obj_get(path);

	if (fd >= 0)
		errno = ENOENT; /* as an earlier call may have left it */
	return fd;
}

static ring_buffer_sample_fn take;
static void *taker;

struct ring_buffer *__real_ring_buffer__new(int fd, ring_buffer_sample_fn fn, void *cookie,
					    const struct ring_buffer_opts *opts);
WRAP(struct ring_buffer *, ring_buffer__new, int fd, ring_buffer_sample_fn fn, void *cookie,
     const struct ring_buffer_opts *opts)
{
	take = fn;
	taker = cookie;
	if (!fails_at("map a ring"))
		return __real_ring_buffer__new(fd, fn, cookie, opts);
	assert_ptr_not_equal(libbpf_set_print(rig_print), rig_print);
	return NULL;
}

int __real_ring_buffer__consume(struct ring_buffer *ring);
WRAP(int, ring_buffer__consume, struct ring_buffer *ring)
{
	static struct xlab_event event;

	if (fails_at("cut short"))
		return take(taker, &event, sizeof(event) - 1);
	return fails_at("consume") ? -EPERM : __real_ring_buffer__consume(ring);
}

int __real_counters_map(struct counters *counters, int fd, size_t row, struct error *e);
WRAP(int, counters_map, struct counters *counters, int fd, size_t row, struct error *e)
{
	return fails_at("counters_map") ? error_state(e, -EPERM, "not mapped")
					: __real_counters_map(counters, fd, row, e);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	return fails_at("open") ? -1 : __real_open(path, flags, mode);
}

int __real_flock(int fd, int how);
WRAP(int, flock, int fd, int how)
{
	return fails_at("flock") ? -1 : __real_flock(fd, how);
}

int __real_fstat(int fd, struct stat *st);
WRAP(int, fstat, int fd, struct stat *st)
{
	return fails_at("fstat") ? -1 : __real_fstat(fd, st);
}

ssize_t __real_pwrite(int fd, const void *bytes, size_t size, off_t at);
WRAP(ssize_t, pwrite, int fd, const void *bytes, size_t size, off_t at)
{
	return fails_at("pwrite") ? -1 : __real_pwrite(fd, bytes, size, at);
}

int __real_mkdir(const char *path, mode_t mode);
WRAP(int, mkdir, const char *path, mode_t mode)
{
	return fails_at("mkdir") ? -1 : __real_mkdir(path, mode);
}

struct heard {
	size_t iface;
	unsigned int n;
	int answer;
};

static int hear(void *cookie, const struct xlab_event *event)
{
	struct heard *heard = cookie;

	assert_int_equal(event->kind, XLAB_DECIDED);
	assert_int_equal(event->verdict, XDP_DROP);
	heard->iface = event->iface;
	heard->n++;
	return heard->answer;
}

static struct heard consume(struct listener *l, int answer)
{
	struct heard heard = { .answer = answer };
	int err = listener_consume(l, hear, &heard);

	assert_int_equal(err, heard.n ? answer : 0);
	return heard;
}

static struct listener *begin(const struct lab *lab, bool subscribe)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct listener *l;

	assert_int_equal(listener_open(lab, &l, &e), 0);
	assert_int_equal(e.err, 0);
	if (subscribe)
		assert_int_equal(listener_subscribe(l, rig_end(lab), &e), 0);
	return l;
}

static void come(const struct lab *lab, unsigned int n)
{
	uint8_t frame[60];

	rig_frame(frame, sizeof(frame), 9);
	while (n--)
		assert_int_equal(rig_run(lab, frame, sizeof(frame), NULL), XDP_DROP);
}

static struct counters map_counters(const struct lab *lab, size_t iface)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;
	struct counters counters;

	assert_int_equal(counters_open(lab, iface, &fd, &rings, &e), 0);
	assert_int_equal(counters_map(&counters, fd, counters_row(lab, iface), &e), 0);
	return counters;
}

/* The chain tells so many as have a bit here. */
static uint64_t told(const struct lab *lab, size_t iface)
{
	struct counters counters = map_counters(lab, iface);
	uint64_t listening = counters.slots[0].listening;

	for (size_t i = 0; i < counters.n; i++)
		assert_int_equal(counters.slots[i].listening, listening);
	counters_unmap(&counters);
	return listening;
}

static int open_lock(const struct lab *lab)
{
	char *FREE_AUTO path = state_path(lab->state, "listeners/0");
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void what_is_heard(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct heard heard;
	struct listener *l, *other;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	l = begin(&lab, false);
	come(&lab, 1);
	assert_int_equal(listener_subscribe(l, rig_end(&lab), &e), 0);
	assert_int_equal(consume(l, 0).n, 0); /* that was before */
	come(&lab, 3);
	heard = consume(l, 7);
	assert_int_equal(heard.n, 1); /* one, and the others at the next time */
	assert_int_equal(heard.iface, rig_end(&lab));
	assert_int_equal(consume(l, 0).n, 2);
	/* an answer is that of its own time */
	come(&lab, 1);
	assert_int_equal(consume(l, 7).n, 1);
	assert_int_equal(consume(l, 0).n, 0);
	/* another has its own */
	other = begin(&lab, true);
	come(&lab, 2);
	assert_int_equal(consume(other, 0).n, 2);
	listener_close(other);
	assert_int_equal(consume(l, 0).n, 2);
	assert_int_equal(told(&lab, rig_end(&lab)), 1);
	come(&lab, 3);
	listener_close(l);
	assert_int_equal(told(&lab, rig_end(&lab)), 0);
	/* what nobody took is not the next one's */
	l = begin(&lab, true);
	assert_int_equal(consume(l, 0).n, 0);
	come(&lab, 1);
	assert_int_equal(consume(l, 0).n, 1);
	listener_close(l);
	rig_down(&lab);
}

/* Those of its own time, once. */
static void what_is_lost(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct counters counters;
	struct listener *l;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	counters = map_counters(&lab, rig_end(&lab));
	counters.slots[0].lost[0] = 5;
	l = begin(&lab, true);
	assert_int_equal(listener_subscribe(l, rig_end(&lab), &e), 0);
	assert_int_equal(listener_lost(l), 0);
	counters.slots[0].lost[0] += 2;
	counters.slots[counters.n - 1].lost[0] += 1;
	counters.slots[0].lost[1] = 9;
	assert_int_equal(listener_lost(l), 3);
	listener_close(l);
	counters_unmap(&counters);
	rig_down(&lab);
}

/* One that was killed has left its word in its lock's file, and its bit with the chains. */
static void one_that_was_killed(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct listener *l;
	struct stat st;
	struct lab lab;
	int lock;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	listener_close(begin(&lab, true));
	lock = open_lock(&lab);
	assert_int_equal(fstat(lock, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	for (size_t i = 0; i < lab.labfile.topo.n_ifaces; i++) {
		struct counters counters = map_counters(&lab, i);

		counters_subscribe(&counters, 0);
		counters_subscribe(&counters, 1);
		counters_unmap(&counters);
		assert_int_equal(told(&lab, i), 3);
	}
	assert_int_equal(write(lock, "!", 1), 1);
	/* without that it would be told what it has not asked for */
	fails = "counters_map";
	assert_int_equal(listener_open(&lab, &l, &e), -EPERM);
	fails = NULL;
	assert_string_equal(e.text, "cannot listen to the lab's chains: not mapped");
	assert_int_equal(pwrite(lock, "!", 1, 0), 1);
	l = begin(&lab, false);
	for (size_t i = 0; i < lab.labfile.topo.n_ifaces; i++)
		assert_int_equal(told(&lab, i), 2); /* of another it is not taken */
	assert_int_equal(fstat(lock, &st), 0);
	assert_int_equal(st.st_size, 1); /* this one could be killed, too */
	listener_close(l);
	(void)close(lock);
	rig_down(&lab);
}

static void so_many_and_no_more(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct listener *all[XLAB_LISTENERS], *more;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		all[i] = begin(&lab, true);
	assert_int_equal(listener_open(&lab, &more, &e), -EBUSY);
	assert_string_equal(e.text,
			    "cannot listen to the lab's chains: 8 listeners follow this lab "
			    "already, which is the limit: end one");
	come(&lab, 1);
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		assert_int_equal(consume(all[i], 0).n, 1);
	/* a place in the middle is free again */
	listener_close(all[3]);
	all[3] = begin(&lab, true);
	for (size_t i = 0; i < XLAB_LISTENERS; i++)
		listener_close(all[i]);
	assert_int_equal(told(&lab, rig_end(&lab)), 0);
	rig_down(&lab);
}

static void nothing_stays_mapped(void **state)
{
	struct counters counters;
	struct lab lab;
	void *pages;

	(void)state;
	rig_up(&lab, FILTERS);
	counters = map_counters(&lab, rig_end(&lab));
	pages = counters.pages;
	assert_int_equal(msync(pages, 1, MS_ASYNC), 0);
	counters_unmap(&counters);
	assert_null(counters.slots);
	assert_int_equal(msync(pages, 1, MS_ASYNC), -1);
	assert_int_equal(errno, ENOMEM);
	counters_unmap(&counters); /* once more does no harm */
	rig_down(&lab);
}

/* What of a shared map lies between interfaces with chains is not to cost much. */
static void which_share_a_map(void **state)
{
	size_t row = sizeof(struct xlab_counters), many;
	const struct lab one = { .labfile.common = { .first = 5, .span = 1, .n = 1 } };
	struct lab lab = { .labfile.common = { .first = 5, .span = 8, .n = 2 } };
	struct error ERROR_AUTO e = ERROR_INIT;
	struct counters counters;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;

	(void)state;
	for (size_t iface = 0; iface < 20; iface++) {
		bool in = iface >= 5 && iface < 13;

		assert_int_equal(counters_row(&lab, iface), in ? iface - 5 : 0);
		assert_int_equal(counters_rows(&lab, iface), in ? 8 : 1);
		assert_int_equal(counters_rows(&one, iface), 1);
	}
	lab.labfile.common.span = 9; /* one in five at most */
	assert_int_equal(counters_rows(&lab, 5), 1);
	assert_int_equal(counters_row(&lab, 6), 0);
	/* more than a program's address reaches */
	assert_int_equal(counters_create(&fd, &rings, &e), 0);
	assert_int_equal(counters_map(&counters, fd, 0, &e), 0);
	many = (1U << 29) / (row * counters.n);
	counters_unmap(&counters);
	lab.labfile.common = (struct common_ifaces){ .span = many - 1, .n = many - 1 };
	assert_int_equal(counters_rows(&lab, 0), many - 1);
	lab.labfile.common = (struct common_ifaces){ .span = many + 1, .n = many + 1 };
	assert_int_equal(counters_rows(&lab, 0), 1);
}

#define ROWS 5

/* A map of so many rows, which *@all are as well. */
static int make_rows(struct xlab_counters **all, size_t *cpus)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t bytes;
	int fd;

	*cpus = (size_t)libbpf_num_possible_cpus();
	bytes = ROWS * *cpus * sizeof(**all);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "rows", sizeof(__u32), (__u32)bytes, 1, &opts);
	*all = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(fd >= 0 && *all != MAP_FAILED);
	return fd;
}

/* They are in no step with pages, of which no more are mapped than each needs. */
static void each_interface_has_its_row(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), cpus;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct xlab_counters *all;
	int FD_AUTO fd = make_rows(&all, &cpus);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct counters row;

		assert_int_equal(counters_map(&row, fd, i, &e), 0);
		assert_int_equal(row.n, cpus);
		assert_in_range(row.bytes, cpus * sizeof(*all), cpus * sizeof(*all) + page);
		row.slots[0].listening = 10 + i;
		row.slots[cpus - 1].lost[XLAB_LISTENERS - 1] = 20 + i;
		counters_unmap(&row);
	}
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(all[i * cpus].listening, 10 + i);
		assert_int_equal(all[(i + 1) * cpus - 1].lost[XLAB_LISTENERS - 1], 20 + i);
	}
	(void)munmap(all, ROWS * cpus * sizeof(*all));
}

/* Of all CPUs, of one bank, and of no other row. */
static void what_a_row_has(void **state)
{
	static const struct xlab_count ones[] = { { 1, 100 }, { 2, 200 } };
	struct error ERROR_AUTO e = ERROR_INIT, ERROR_AUTO none = ERROR_INIT;
	struct xlab_counters *all, *second, *third;
	struct counters row;
	size_t cpus;
	int FD_AUTO fd = make_rows(&all, &cpus);

	(void)state;
	second = all + cpus;
	third = second + cpus;
	for (size_t i = 0; i < ROWS * cpus; i++) {
		for (size_t bank = 0; bank < 2; bank++)
			all[i].count[bank][3][XDP_DROP] = ones[bank];
		all[i].lost[2] = 5;
	}
	assert_int_equal(counters_map(&row, fd, 1, &e), 0);
	assert_int_equal(counters_lost(&row, 2), 5 * cpus);
	assert_int_equal(counters_lost(&row, 3), 0);
	for (uint32_t gen = 6; gen <= 7; gen++) {
		struct xlab_count count = counters_get(&row, gen, 3, XDP_DROP);

		assert_int_equal(count.packets, ones[gen & 1].packets * cpus);
		assert_int_equal(count.bytes, ones[gen & 1].bytes * cpus);
		assert_int_equal(counters_get(&row, gen, 2, XDP_DROP).packets, 0);
		assert_int_equal(counters_get(&row, gen, 3, XDP_PASS).packets, 0);
		assert_int_equal(counters_bank(gen), (gen & 1) * sizeof(all->count[0]));
	}
	third->listening = 1 << 6;
	counters_subscribe(&row, 4);
	counters_subscribe(&row, 6);
	counters_unsubscribe(&row, 4);
	for (size_t i = 0; i < cpus; i++)
		assert_int_equal(second[i].listening, 1 << 6);
	counters_subscribe(&row, 4);
	assert_int_equal(third->listening, 1 << 6);
	counters_unsubscribe(&row, 6);
	assert_int_equal(third->listening, 1 << 6);
	for (uint32_t gen = 6; gen <= 7; gen++) {
		assert_int_equal(counters_wipe(fd, 1, gen, &e), 0);
		assert_int_equal(counters_get(&row, gen, 3, XDP_DROP).packets, 0);
		assert_int_equal(counters_get(&row, gen + 1, 3, XDP_DROP).packets,
				 gen == 6 ? 2 * cpus : 0);
		assert_int_equal(third->count[gen & 1][3][XDP_DROP].packets, ones[gen & 1].packets);
	}
	assert_int_equal(counters_wipe(-1, 1, 6, &none), -EBADF);
	counters_unmap(&row);
	(void)munmap(all, ROWS * cpus * sizeof(*all));
}

#define NO_CPUS	   "cannot ask how many CPUs there can be: "
#define NO_PERMIT  "Operation not permitted"
#define ENDS(a, b) assert_string_equal((a) + strlen(a) - strlen(b), b)

/* What was made before is there at the next time. */
static void counters_that_cannot_be_had(void **state)
{
	static const struct {
		const char *fails, *begins, *ends;
	} rows[] = {
		{ "cpus", NO_CPUS, NO_CPUS NO_PERMIT },
		{ "mkdir", "cannot make the folder ", "/iface/right:r0 for BPF maps: " NO_PERMIT },
		{ "get", "cannot make map ", "/iface/right:r0/counters: " NO_PERMIT },
		{ "counters", "cannot make map ", "/iface/right:r0/counters: " NO_PERMIT },
		{ "pin", "cannot make map ", "/iface/right:r0/counters: " NO_PERMIT },
		{ "event_ring", "cannot make map ", "/iface/event_rings: " NO_PERMIT },
		{ "event_rings", "cannot make map ", "/iface/event_rings: " NO_PERMIT },
		{ "pin", "cannot make map ", "/iface/event_rings: " NO_PERMIT },
	};
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int fd = -1, rings = -1;

		(void)libbpf_set_print(rig_print);
		fails = rows[i].fails;
		assert_int_equal(counters_open(&lab, rig_end(&lab), &fd, &rings, &e), -EPERM);
		fails = NULL;
		assert_memory_equal(e.text, rows[i].begins, strlen(rows[i].begins));
		ENDS(e.text, rows[i].ends);
		assert_true(fd < 0 && rings < 0);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
	}
	rig_down(&lab);
}

/* The same of those that nobody finds by a path. */
static void counters_that_cannot_be_made(void **state)
{
	static const char *const rows[][2] = {
		{ "cpus", NO_CPUS NO_PERMIT },
		{ "counters", "cannot make counters: " NO_PERMIT },
		{ "event_ring", "cannot make counters: " NO_PERMIT },
		{ "event_rings", "cannot make counters: " NO_PERMIT },
	};
	struct error ERROR_AUTO unknown = ERROR_INIT, ERROR_AUTO unmapped = ERROR_INIT;
	struct counters counters = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		int fd = -1, rings = -1;

		fails = rows[i][0];
		assert_int_equal(counters_create(&fd, &rings, &e), -EPERM);
		assert_string_equal(e.text, rows[i][1]);
		assert_true(fd < 0 && rings < 0);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	}
	fails = "one CPU";
	assert_int_equal(counters_cpus(&unknown), 0);
	fails = "cpus";
	assert_int_equal(counters_map(&counters, -1, 0, &unknown), -EPERM);
	fails = NULL;
	assert_int_equal(counters_map(&counters, -1, 0, &unmapped), -EBADF);
	assert_string_equal(unmapped.text,
			    "cannot map an interface's counters: Bad file descriptor");
	assert_null(counters.pages);
}

/* Another command has just made them. */
static void counters_of_one_that_was_quicker(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	fails = "quicker";
	assert_int_equal(counters_open(&lab, rig_end(&lab), &fd, &rings, &e), 0);
	assert_true(fd > STDERR_FILENO && rings > STDERR_FILENO);
	/* what is there is not made again */
	cleanup_fd(&fd);
	cleanup_fd(&rings);
	fails = "counters";
	assert_int_equal(counters_open(&lab, rig_end(&lab), &fd, &rings, &e), 0);
	cleanup_fd(&fd);
	cleanup_fd(&rings);
	fails = "event_rings";
	assert_int_equal(counters_open(&lab, rig_end(&lab), &fd, &rings, &e), 0);
	fails = NULL;
	rig_down(&lab);
}

/* A chain of its own on an interface that has its row in a map for several. */
static void a_row_behind_others(void **state)
{
	struct listener *l;
	char *path;
	struct lab lab;

	(void)state;
	if (rig_is_libxdp())
		return;
	rig_up_with(&lab, FILTERS "[filter also]\nprogram = drop\n", "chain = no\n");
	assert_int_equal(counters_row(&lab, rig_end(&lab)), 1);
	assert_int_equal(counters_rows(&lab, rig_end(&lab)), 2);
	rig_must_chain(&lab, "also");
	l = begin(&lab, true);
	come(&lab, 2);
	assert_int_equal(consume(l, 0).n, 2);
	assert_int_equal(rig_count(&lab, 0, XDP_DROP).packets, 2);
	listener_close(l);
	path = counters_path(&lab, 0);
	ENDS(path, "/bpf/iface/counters");
	free(path);
	lab.labfile.common.span = 2 * 4 + 1; /* were they so far apart */
	path = counters_path(&lab, 0);
	ENDS(path, "/bpf/iface/left:l0/counters");
	free(path);
	rig_down(&lab);
}

/* Nothing of it is left then, and its place is free. */
static void a_listener_that_cannot_hear(void **state)
{
	static const char *const rows[][3] = {
		{ "open", "cannot open ", "/listeners/0: " NO_PERMIT },
		{ "flock", "cannot lock ", "/listeners/0: " NO_PERMIT },
		{ "fstat", "cannot read a listener's lock: ", NO_PERMIT },
		{ "pwrite", "cannot write a listener's lock: ", NO_PERMIT },
		{ "get", "cannot make map ", "/iface/event_rings: " NO_PERMIT },
		{ "event_ring", "cannot make map ", "/iface/event_rings: " NO_PERMIT },
		{ "map a ring", "cannot map a listener's ring buffer: ", NO_PERMIT },
		{ "event_ring", "cannot make a listener's ring buffer: ", NO_PERMIT },
	};
	struct listener *first = NULL;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		char *FREE_AUTO words =
			text_format("cannot listen to the lab's chains: %s", rows[i][1]);
		struct listener *none = NULL;

		if (i == ARRAY_SIZE(rows) - 1)
			first = begin(&lab, false); /* the last one has no ring yet */
		(void)libbpf_set_print(rig_print);
		fails = rows[i][0];
		assert_int_equal(listener_open(&lab, &none, &e), -EPERM);
		fails = NULL;
		assert_memory_equal(e.text, words, strlen(words));
		ENDS(e.text, rows[i][2]);
		assert_null(none);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	}
	listener_close(first);
	fails = "event_ring";
	listener_close(begin(&lab, false)); /* for which the first one's is there */
	fails = NULL;
	rig_down(&lab);
}

static void a_chain_that_cannot_be_heard(void **state)
{
	static const char *const rows[][3] = {
		{ "get", "cannot listen to a chain: cannot make map ", NO_PERMIT },
		{ "counters_map", "cannot listen to a chain: not mapped", "" },
	};
	struct listener *l;
	struct lab lab;

	(void)state;
	rig_up(&lab, FILTERS);
	rig_must_chain(&lab, "no");
	l = begin(&lab, false);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		fails = rows[i][0];
		assert_int_equal(listener_subscribe(l, rig_end(&lab), &e), -EPERM);
		fails = NULL;
		assert_memory_equal(e.text, rows[i][1], strlen(rows[i][1]));
		ENDS(e.text, rows[i][2]);
	}
	/* nor are its events, or what is none */
	fails = "consume";
	assert_int_equal(listener_consume(l, hear, NULL), -EPERM);
	fails = "cut short";
	assert_int_equal(consume(l, 0).n, 0);
	fails = NULL;
	listener_close(l);
	rig_down(&lab);
}

/* Nor is an object opened that would count nowhere, or in another's place. */
static void an_object_without_counters(void **state)
{
	static const char name[] = "counters";
	size_t size;
	const void *bytes = counters_bpf__elf_bytes(&size);
	char *FREE_AUTO other = xmemdup(bytes, size), *at = other;
	struct error ERROR_AUTO e = ERROR_INIT;
	struct bpf_object *obj = NULL;
	int FD_AUTO fd = -1, FD_AUTO rings = -1;

	(void)state;
	assert_int_equal(counters_create(&fd, &rings, &e), 0);
	assert_int_equal(counters_open_object(bytes, size, fd, 0, 1, rings, &obj), 0);
	bpf_object__close(obj);
	assert_true(counters_open_object(bytes, size, -1, 0, 1, rings, &obj) < 0);
	bpf_object__close(obj);
	assert_true(counters_open_object(bytes, size, fd, 0, 1, -1, &obj) < 0);
	bpf_object__close(obj);
	while ((at = memmem(at, size - (size_t)(at - other), name, sizeof(name))))
		*at = 'C';
	assert_int_equal(counters_open_object(other, size, fd, 0, 1, rings, &obj), -ENOENT);
	assert_null(obj);
}

/* An object that is loaded for its other maps makes none that nobody counts in or tells by. */
static void maps_that_are_not_made(void **state)
{
	static const char *const withheld[] = { "counters", "event_rings" };
	const char *function;
	struct bpf_object *obj;
	struct bpf_map *map;
	const void *bytes;
	unsigned int n = 0, others = 0;
	size_t size;

	(void)state;
	assert_int_equal(program_object(PROGRAM_PORT, &bytes, &size, &function), 0);
	obj = bpf_object__open_mem(bytes, size, NULL);
	assert_non_null(obj);
	bpf_object__for_each_map (map, obj)
		assert_true(bpf_map__autocreate(map));
	counters_withhold(obj);
	bpf_object__for_each_map (map, obj) {
		bool is = !strcmp(bpf_map__name(map), withheld[0]) ||
			  !strcmp(bpf_map__name(map), withheld[1]);

		assert_int_equal(bpf_map__autocreate(map), !is);
		n += is;
		others += !is;
	}
	assert_true(n > 0 && others > 0);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_heard),
		cmocka_unit_test(what_is_lost),
		cmocka_unit_test(one_that_was_killed),
		cmocka_unit_test(so_many_and_no_more),
		cmocka_unit_test(nothing_stays_mapped),
		cmocka_unit_test(which_share_a_map),
		cmocka_unit_test(maps_that_are_not_made),
		cmocka_unit_test(each_interface_has_its_row),
		cmocka_unit_test(what_a_row_has),
		cmocka_unit_test(counters_that_cannot_be_had),
		cmocka_unit_test(counters_that_cannot_be_made),
		cmocka_unit_test(an_object_without_counters),
		cmocka_unit_test(counters_of_one_that_was_quicker),
		cmocka_unit_test(a_row_behind_others),
		cmocka_unit_test(a_listener_that_cannot_hear),
		cmocka_unit_test(a_chain_that_cannot_be_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
