// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own words on packets: of the lab's namespaces, of all that, and of nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "orchestrator/event/drop_trace.h"
#include "orchestrator/event/packet.h"
#include "orchestrator/util/kernel_btf.h"
#include "tests/engine/rig.h"
#include "tests/unit/fails.h"
#include "tests/unit/wrap.h"

#define PORT 9 /* nobody listens there */

struct told {
	struct drop_trace_event events[16];
	size_t n;
};

/* Of what the nodes say by themselves (IPv6, ARP) nothing is counted. */
static void take(void *cookie, const struct drop_trace_event *event)
{
	struct told *told = cookie;
	struct packet p;

	packet_read_network(event->snap, event->snapped, event->protocol, &p);
	if (event->kind == DROP_TRACE_KFREE_SKB && (!p.has_ports || p.dst_port != PORT))
		return;
	assert_true(told->n < 16);
	told->events[told->n++] = *event;
}

/* a:e0 and b:e1 are at ports of one name at two bridges. */
static const char bridges[] = "[node a]\n[node b]\n[bridge s]\n[bridge t]\n"
			      "[iface a:e0]\nbridge = s\nport = p\n"
			      "[iface b:e0]\nbridge = s\nport = q\n"
			      "[iface b:e1]\nbridge = t\nport = p\n";

/* The rig's lab, with that besides. */
static struct drop_trace *traced(struct lab *lab, const char *more)
{
	struct drop_trace *t;

	rig_up(lab, more);
	t = drop_trace_open(lab);
	assert_non_null(t);
	return t;
}

/* A datagram of @size bytes from @node, or from where the test is, to a port that is closed. */
static void send_sized(const struct lab *lab, const char *node, const char *address, size_t size)
{
	static const char bytes[1000];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int fd = -1;

	if (node)
		assert_int_equal(netns_visit(&visit, lab->state, node, &e), 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(inet_pton(AF_INET, address, &to.sin_addr), 1);
	assert_int_equal(sendto(fd, bytes, size, 0, (struct sockaddr *)&to, sizeof(to)), size);
}

static void send_to(const struct lab *lab, const char *node, const char *address)
{
	send_sized(lab, node, address, 1);
}

/* Until something is there, for ten seconds. */
static void wait_for(struct drop_trace *t, struct told *told, size_t n)
{
	uint64_t end = netlink_clock_ns() + 10000000000ULL;

	while (told->n < n && netlink_clock_ns() < end)
		drop_trace_consume(t, take, told);
	assert_int_equal(told->n, n);
}

static void closed_ports_of_the_lab_are_told(void **state)
{
	struct told told = { 0 };
	struct drop_trace *t;
	struct packet p;
	struct lab lab;

	(void)state;
	t = traced(&lab, "");
	send_to(&lab, NULL, "127.0.0.1");
	send_to(&lab, "left", "10.9.0.2");
	wait_for(t, &told, 1);
	send_to(&lab, NULL, "127.0.0.1");
	send_to(&lab, "right", "127.0.0.1");
	wait_for(t, &told, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(drop_trace_netns(t, &told.events[i]), "right");
		assert_string_equal(drop_trace_reason(t, &told.events[i]), "NO_SOCKET");
		assert_string_equal(drop_trace_tracepoint(&told.events[i]), "kfree_skb");
	}
	packet_read_network(told.events[0].snap, told.events[0].snapped, told.events[0].protocol,
			    &p);
	assert_int_equal(p.src.v4.s_addr, inet_addr("10.9.0.1"));
	assert_int_equal(drop_trace_iface(t, &told.events[0]), rig_end(&lab));
	assert_int_equal(drop_trace_iface(t, &told.events[1]), NONE);
	send_to(&lab, "left", "127.0.0.1");
	wait_for(t, &told, 3);
	assert_string_equal(drop_trace_netns(t, &told.events[2]), "left");
	drop_trace_close(t);
	rig_down(&lab);
}

/* From the network's header on, as far as there is room; when, and on which CPU. */
static void a_packet_is_shown(void **state)
{
	static const size_t sizes[] = { 1, DROP_TRACE_SNAP - 28, DROP_TRACE_SNAP - 27, 1000 };
	uint64_t before = netlink_clock_ns();
	struct told told = { 0 };
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	t = traced(&lab, "");
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct drop_trace_event *event = &told.events[i];
		size_t length = 20 + 8 + sizes[i];

		send_sized(&lab, "left", "10.9.0.2", sizes[i]);
		wait_for(t, &told, i + 1);
		assert_int_equal(event->length, length);
		assert_int_equal(event->snapped,
				 length < DROP_TRACE_SNAP ? length : DROP_TRACE_SNAP);
		assert_int_equal(event->snap[2] << 8 | event->snap[3], length);
		assert_int_equal(event->protocol, 0x0800);
		assert_in_range(event->time_ns, before, netlink_clock_ns());
		assert_in_range(event->cpu, 0, libbpf_num_possible_cpus() - 1);
		before = event->time_ns;
	}
	drop_trace_close(t);
	rig_down(&lab);
}

/* Of a namespace that was there before the lab (--self) only the lab's links. */
static void other_links_of_a_shared_namespace_are_not(void **state)
{
	struct told told = { 0 };
	struct drop_trace *t;
	char right[] = "right", *self;
	struct lab lab;

	(void)state;
	rig_up(&lab, bridges);
	self = lab.plan.self;
	lab.plan.self = right;
	t = drop_trace_open(&lab);
	lab.plan.self = self;
	assert_non_null(t);
	send_to(&lab, "right", "127.0.0.1");
	send_to(&lab, "left", "10.9.0.2");
	wait_for(t, &told, 1);
	assert_int_equal(drop_trace_iface(t, &told.events[0]), rig_end(&lab));
	drop_trace_close(t);
	rig_down(&lab);
}

/* The far end of r0 has its pass program no more. */
static void what_xdp_cannot_send_is_told(void **state)
{
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 };
	struct sockaddr_ll at = { .sll_family = AF_PACKET };
	struct told told = { 0 };
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	rig_up(&lab, "[filter back]\nprogram = tx\n");
	rig_must_chain(&lab, "back");
	t = drop_trace_open(&lab);
	assert_non_null(t);
	{
		NETNS_VISIT visit = NETNS_VISIT_NONE;
		ERROR_AUTO struct error e = ERROR_INIT;
		FD_AUTO int fd = -1;

		assert_int_equal(netns_visit(&visit, lab.state, "left", &e), 0);
		at.sll_ifindex = (int)if_nametoindex("l0");
		assert_int_equal(bpf_xdp_detach(at.sll_ifindex, XDP_FLAGS_DRV_MODE, NULL), 0);
		fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		assert_int_equal(
			sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&at, sizeof(at)),
			sizeof(frame));
	}
	wait_for(t, &told, 1);
	assert_string_equal(drop_trace_tracepoint(&told.events[0]), "xdp_bulk_tx");
	assert_int_equal(told.events[0].code, -ENXIO);
	assert_int_equal(told.events[0].length, 0); /* of the packet nothing is known */
	assert_int_equal(told.events[0].protocol, 0);
	assert_int_equal(told.events[0].snapped, 0);
	assert_int_equal(drop_trace_iface(t, &told.events[0]), rig_end(&lab));
	drop_trace_close(t);
	rig_down(&lab);
}

/* Of a link there; with @mtu it is set. */
static unsigned int link_at(const struct lab *lab, const char *netns, const char *name, int mtu)
{
	struct ifreq request = { .ifr_mtu = mtu };
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	ERROR_AUTO struct error e = ERROR_INIT;
	FD_AUTO int fd = -1;

	assert_int_equal(netns_visit(&visit, lab->state, netns, &e), 0);
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (mtu)
		assert_int_equal(ioctl(fd, SIOCSIFMTU, &request), 0);
	return if_nametoindex(name);
}

static int32_t code_of(const struct drop_trace *t, const char *reason)
{
	struct drop_trace_event event = { 0 };

	while (event.code < 1000 && strcmp(drop_trace_reason(t, &event), reason) != 0)
		event.code++;
	return event.code;
}

#define UNKNOWN 0x7fffffff /* no code of any kernel */

/* By its own link or, beyond a VLAN's tag, by that at the other end; without a reason of the
 * kernel's.
 */
static void what_is_too_long_for_a_link(void **state)
{
	static const struct {
		const char *netns, *name;
		unsigned int length;
		const char *limit_netns, *limit_name; /* NULL: not for its length */
		unsigned int mtu;
		const char *iface;
	} rows[] = {
		{ "left", "l0", 9001, "left", "l0", 9000, "left:l0" },
		{ "left", "l0", 9000, "right", "r0", 1500, "right:r0" },
		{ "left", "l0", 1505, "right", "r0", 1500, "right:r0" },
		{ "left", "l0", 1504, NULL, NULL, 0, NULL },
		{ "right", "r0", 1501, "right", "r0", 1500, "right:r0" },
		{ "right", "r0", 1500, NULL, NULL, 0, NULL },
		{ "left", "lo", 70000, NULL, NULL, 0, NULL },
		{ "s", "p", 4001, "s", "p", 4000, "a:e0" },
		{ "s", "p", 4000, "a", "e0", 1500, "a:e0" },
		{ "a", "e0", 1501, "a", "e0", 1500, "a:e0" },
		{ "s", "q", 1501, "s", "q", 1500, "b:e0" },
		{ "s", "q", 1500, NULL, NULL, 0, NULL },
		{ "b", "e0", 3000, "s", "q", 1500, "b:e0" },
		{ "b", "e0", 3001, "b", "e0", 3000, "b:e0" },
		{ "t", "p", 1501, "t", "p", 1500, "b:e1" },
	};
	struct drop_trace_limit limit;
	struct drop_trace_event event;
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	t = traced(&lab, bridges);
	(void)link_at(&lab, "left", "l0", 9000);
	(void)link_at(&lab, "s", "p", 4000);
	(void)link_at(&lab, "b", "e0", 3000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct topology *topo = &lab.labfile.topo;

		event = (struct drop_trace_event){
			.ifindex = link_at(&lab, rows[i].netns, rows[i].name, 0),
			.code = UNKNOWN,
			.length = rows[i].length,
		};
		while (strcmp(drop_trace_netns(t, &event), rows[i].netns) != 0)
			event.place++;
		if (drop_trace_too_long(t, &event, &limit) != !!rows[i].limit_netns)
			fail_msg("row %zu", i);
		if (!rows[i].limit_netns)
			continue;
		assert_string_equal(limit.netns, rows[i].limit_netns);
		assert_string_equal(limit.name, rows[i].limit_name);
		assert_int_equal(limit.bytes, rows[i].length);
		assert_int_equal(limit.mtu, rows[i].mtu);
		assert_string_equal(topo->ifaces[limit.iface].id, rows[i].iface);
		event.code = code_of(t, "NO_SOCKET");
		assert_false(drop_trace_too_long(t, &event, &limit));
		event.code = UNKNOWN;
		event.ifindex = 0;
		assert_false(drop_trace_too_long(t, &event, &limit));
		event.ifindex = 999999;
		assert_false(drop_trace_too_long(t, &event, &limit));
	}
	drop_trace_close(t);
	rig_down(&lab);
}

/* A bridge has no interface of the lab's own; nor has a node one for each of its links. */
static void where_it_was(void **state)
{
	struct drop_trace_event event = { .place = 3, .code = UNKNOWN };
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	t = traced(&lab, bridges);
	assert_string_equal(drop_trace_reason(t, &event), "NOT_SPECIFIED");
	event.code = 0; /* the first that the kernel has */
	assert_string_not_equal(drop_trace_reason(t, &event), "NOT_SPECIFIED");
	event.ifindex = link_at(&lab, "b", "e1", 0);
	assert_int_equal(drop_trace_iface(t, &event), topology_iface(&lab.labfile.topo, "b:e1"));
	event.ifindex = link_at(&lab, "b", "lo", 0);
	assert_int_equal(drop_trace_iface(t, &event), NONE);
	event.place = 4;
	assert_string_equal(drop_trace_netns(t, &event), "s");
	event.ifindex = link_at(&lab, "s", "p", 0);
	assert_int_equal(drop_trace_iface(t, &event), NONE);
	drop_trace_close(t);
	rig_down(&lab);
}

/* What is asked of the kernel to begin with. */
static long offset = -1; /* of that field */
static char attached[128];
static int links[8];
static size_t n_links;
static ring_buffer_sample_fn hand_over;
static void *taker;

long __real_kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
			      const char *field);
WRAP(long, kernel_btf_offset, const struct kernel_btf *btf, const struct kernel_type *type,
     const char *field)
{
	return fails_at(field) ? offset : __real_kernel_btf_offset(btf, type, field);
}

struct kernel_btf *__real_kernel_btf_open(const char *path, struct kernel_type *types, size_t n);
WRAP(struct kernel_btf *, kernel_btf_open, const char *path, struct kernel_type *types, size_t n)
{
	return fails_at("kernel_btf_open") ? NULL : __real_kernel_btf_open(path, types, n);
}

int __real_bpf_object__open_skeleton(struct bpf_object_skeleton *s,
				     const struct bpf_object_open_opts *opts);
WRAP(int, bpf_object__open_skeleton, struct bpf_object_skeleton *s,
     const struct bpf_object_open_opts *opts)
{
	int err = fails_at("open") ? -EPERM : __real_bpf_object__open_skeleton(s, opts);

	assert_ptr_not_equal(libbpf_set_print(rig_print), rig_print); /* what libbpf says is kept */
	return err;
}

int __real_bpf_map__set_max_entries(struct bpf_map *map, __u32 n);
WRAP(int, bpf_map__set_max_entries, struct bpf_map *map, __u32 n)
{
	return fails_at(bpf_map__name(map)) ? -EPERM : __real_bpf_map__set_max_entries(map, n);
}

struct ring_buffer *__real_ring_buffer__new(int fd, ring_buffer_sample_fn fn, void *cookie,
					    const struct ring_buffer_opts *opts);
WRAP(struct ring_buffer *, ring_buffer__new, int fd, ring_buffer_sample_fn fn, void *cookie,
     const struct ring_buffer_opts *opts)
{
	hand_over = fn;
	taker = cookie;
	*attached = '\0'; /* that comes next */
	n_links = 0;
	return fails_at("ring") ? NULL : __real_ring_buffer__new(fd, fn, cookie, opts);
}

int __real_bpf_raw_tracepoint_open(const char *name, int fd);
WRAP(int, bpf_raw_tracepoint_open, const char *name, int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (!name) /* a link of libxdp's */
		return __real_bpf_raw_tracepoint_open(name, fd);
	if (fails_at(name))
		return -EPERM;
	/* the program is the one of that name, as far as the kernel keeps it */
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	assert_int_equal(strncmp(info.name, name, strnlen(name, sizeof(info.name) - 1)), 0);
	strcat(strcat(attached, " "), name);
	return links[n_links++] = __real_bpf_raw_tracepoint_open(name, fd);
}

/* Without one of these nothing is told; and where a struct's field lies is not guessed. */
static void what_cannot_be_asked_of_the_kernel(void **state)
{
	static const char *const rows[] = { "kernel_btf_open", "open", "places", "links", "ring",
					    "kfree_skb",
					    /* fields */
					    "dev", "sk", "len", "data", "head", "tail",
					    "network_header", "protocol", "ifindex", "nd_net",
					    "__sk_common", "skc_net", "net_cookie" };
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	rig_up(&lab, "");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		(void)libbpf_set_print(rig_print);
		fails = rows[i];
		t = drop_trace_open(&lab);
		fails = NULL;
		if (t)
			fail_msg("%s", rows[i]);
		assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* which is nobody's to close */
	}
	fails = "dev";
	offset = 0; /* as of the first */
	t = drop_trace_open(&lab);
	fails = NULL;
	assert_non_null(t);
	drop_trace_close(t);
	rig_down(&lab);
}

/* XDP's own words are told as far as the kernel has them. */
static void tracepoints(void **state)
{
	static const struct {
		const char *fails, *attached;
	} rows[] = {
		{ NULL, " kfree_skb xdp_exception xdp_redirect_err xdp_bulk_tx xdp_devmap_xmit" },
		{ "xdp_exception", " kfree_skb xdp_redirect_err xdp_bulk_tx xdp_devmap_xmit" },
		{ "xdp_bulk_tx", " kfree_skb xdp_exception xdp_redirect_err xdp_devmap_xmit" },
	};
	static const struct {
		enum drop_trace_kind kind;
		const char *name;
	} kinds[] = {
		{ DROP_TRACE_KFREE_SKB, "kfree_skb" },
		{ DROP_TRACE_XDP_EXCEPTION, "xdp_exception" },
		{ DROP_TRACE_XDP_REDIRECT_ERR, "xdp_redirect_err" },
		{ DROP_TRACE_XDP_BULK_TX, "xdp_bulk_tx" },
		{ DROP_TRACE_XDP_DEVMAP_XMIT, "xdp_devmap_xmit" },
	};
	struct told told = { 0 };
	struct drop_trace_event event = { 0 };
	struct drop_trace *t;
	struct lab lab;
	size_t n_ifaces;

	(void)state;
	rig_up(&lab, "");
	n_ifaces = lab.labfile.topo.n_ifaces;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fails = rows[i].fails;
		lab.labfile.topo.n_ifaces = i ? n_ifaces : 0; /* nor does it need any */
		t = drop_trace_open(&lab);
		fails = NULL;
		assert_non_null(t);
		assert_string_equal(attached, rows[i].attached);
		drop_trace_consume(t, take, &told);
		told.n = 0;
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			event.kind = kinds[k].kind;
			assert_string_equal(drop_trace_tracepoint(&event), kinds[k].name);
		}
		/* the next one is to come, too */
		assert_int_equal(hand_over(taker, &event, sizeof(event)), 0);
		assert_int_equal(told.n, 1);
		drop_trace_close(t);
		while (n_links)
			assert_int_equal(fcntl(links[--n_links], F_GETFD), -1);
	}
	rig_down(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closed_ports_of_the_lab_are_told),
		cmocka_unit_test(a_packet_is_shown),
		cmocka_unit_test(other_links_of_a_shared_namespace_are_not),
		cmocka_unit_test(what_xdp_cannot_send_is_told),
		cmocka_unit_test(what_is_too_long_for_a_link),
		cmocka_unit_test(where_it_was),
		cmocka_unit_test(what_cannot_be_asked_of_the_kernel),
		cmocka_unit_test(tracepoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
