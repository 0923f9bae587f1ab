// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own words on packets: of the lab's namespaces, of all that, and of nothing else. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
	rig_up(&lab, "");
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

/* a:e0 and b:e1 are at ports of one name at two bridges. */
static const char more[] = "[node a]\n[node b]\n[bridge s]\n[bridge t]\n"
			   "[iface a:e0]\nbridge = s\nport = p\n"
			   "[iface b:e0]\nbridge = s\nport = q\n"
			   "[iface b:e1]\nbridge = t\nport = p\n";

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
	t = traced(&lab, more);
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
	t = traced(&lab, more);
	assert_string_equal(drop_trace_reason(t, &event), "NOT_SPECIFIED");
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

static const char *missing; /* this field */

long __real_kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
			      const char *field);
long __wrap_kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
			      const char *field);
long __wrap_kernel_btf_offset(const struct kernel_btf *btf, const struct kernel_type *type,
			      const char *field)
{
	return missing && !strcmp(field, missing) ? -1 : __real_kernel_btf_offset(btf, type, field);
}

/* Where one of them lies is not guessed. */
static void a_kernel_of_other_structs_tells_nothing(void **state)
{
	static const char *const needed[] = { "dev",
					      "sk",
					      "len",
					      "data",
					      "head",
					      "tail",
					      "network_header",
					      "protocol",
					      "ifindex",
					      "nd_net",
					      "__sk_common",
					      "skc_net",
					      "net_cookie" };
	struct drop_trace *t;
	struct lab lab;

	(void)state;
	rig_up(&lab, "");
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++) {
		missing = needed[i];
		t = drop_trace_open(&lab);
		missing = NULL;
		if (t)
			fail_msg("%s", needed[i]);
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
		cmocka_unit_test(a_kernel_of_other_structs_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
