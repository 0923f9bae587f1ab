// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/plan.h"
#include "lab/plan_text.h"
#include "lab/sysctl.h"
#include "lab/text.h"
#include "lab/topology.h"
#include "lab/topology_read.h"

#define LAB                                          \
	"[lab]\n"                                    \
	"name = small\n"                             \
	"[bridge br0]\n"                             \
	"[node a]\n"                                 \
	"[node r]\n"                                 \
	"forward = yes\n"                            \
	"[node b]\n"                                 \
	"sysctl = net.ipv4.ip_default_ttl = 9\n"     \
	"sysctl = net.ipv4.conf.e0.rp_filter = 2\n"  \
	"route = default via 10.8.0.1\n"             \
	"route = 192.0.2.0/24 dev e0\n"              \
	"[node c]\n"                                 \
	"route = default via 10.8.0.1\n"             \
	"[iface c:e0]\n"                             \
	"bridge = br0\n"                             \
	"port = pc\n"                                \
	"address = 10.8.0.3/24\n"                    \
	"[node d]\n"                                 \
	"sysctl = net.ipv4.conf.e01.rp_filter = 1\n" \
	"[iface d:e0]\n"                             \
	"bridge = br0\n"                             \
	"port = pd\n"                                \
	"[iface a:e0]\n"                             \
	"bridge = br0\n"                             \
	"port = pa\n"                                \
	"address = 10.9.0.2/24\n"                    \
	"mac = de:ad:be:ef:00:01\n"                  \
	"[iface r:e0]\n"                             \
	"bridge = br0\n"                             \
	"port = pr\n"                                \
	"address = 10.9.0.1/24\n"                    \
	"[iface r:e1]\n"                             \
	"peer = b:e0\n"                              \
	"mtu = 1400\n"                               \
	"address = 10.8.0.1/24\n"                    \
	"address = fd08::1/64\n"                     \
	"[iface b:e0]\n"                             \
	"peer = r:e1\n"                              \
	"mtu = 1500\n"                               \
	"address = 10.8.0.2/24\n"

/* The plan of @text; the topology that it points into is the caller's to free. */
static int plan_text(struct plan *plan, struct topology *topo, const char *text,
		     const struct plan_options *options, struct error *e)
{
	struct inifile ini;
	int err;

	assert_int_equal(inifile_parse(&ini, "small.ini", "/", text, strlen(text), e), 0);
	err = topology_read(topo, &ini, e);
	inifile_clear(&ini);
	assert_int_equal(err, 0);
	return plan_make(plan, topo, options, e);
}

static int plan_lab(struct plan *plan, struct topology *topo, const struct plan_options *options,
		    struct error *e)
{
	return plan_text(plan, topo, LAB, options, e);
}

static char *print_of(const char *lab, const struct plan_options *options)
{
	struct error e = ERROR_INIT;
	struct topology topo;
	struct plan plan;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(plan_text(&plan, &topo, lab, options, &e), 0);
	plan_print(&plan, out);
	assert_int_equal(fclose(out), 0);
	plan_clear(&plan);
	topology_clear(&topo);
	return text;
}

static char *print(const struct plan_options *options)
{
	return print_of(LAB, options);
}

static size_t place(const char *text, const char *line)
{
	const char *found = strstr(text, line);

	if (!found)
		fail_msg("\"%s\" is not in the plan:\n%s", line, text);
	return (size_t)(found - text);
}

static void shows_every_default(void **state)
{
	const struct plan_options options = { 0 };
	char *FREE_AUTO text = print(&options);

	(void)state;
	place(text, "netns    br0: new, lo up;");
	place(text, "net.ipv4.icmp_ratelimit=0");
	place(text, "net.ipv4.tcp_orphan_retries=1");
	place(text, "net.ipv4.conf.all.rp_filter=0");
	place(text, "net.ipv6.conf.all.disable_ipv6=1");
	place(text, "net.ipv6.conf.default.accept_dad=0");
	place(text,
	      "bridge   br0 in br0: up, a fixed mac, stp 0, forward_delay 0, mcast_snooping 0");
	place(text,
	      "veth     a:e0 mac de:ad:be:ef:00:01 <-> br0:pa, port of br0, up; both ends: 1 rx "
	      "and 1 tx queue");
	place(text,
	      "veth     r:e1 mtu 1400 <-> b:e0 mtu 1500; both ends: 1 rx and 1 tx queue, the lab's "
	      "random group\n");
	place(text, "link     br0:pa: tx checksum, rx and tx VLAN offload off\n");
	place(text,
	      "link     a:e0: tx checksum, rx and tx VLAN offload off; alias \"xlab small\"; up\n");
	place(text, "address  fd08::1/64 on r:e1 nodad\n");
	place(text, "ready    ");
}

/* Each kind of operation, with all that can be said of it. */
#define WHOLE                                    \
	"[lab]\nname = whole\n"                  \
	"[bridge b1]\nuplink = b2\n"             \
	"[bridge b2]\naddress = 10.9.0.254/24\n" \
	"address = fd09::fe/64\n"                \
	"[node a]\n"                             \
	"[node b]\n"                             \
	"[iface a:e0]\nbridge = b1\nport = pa\n" \
	"mtu = 9000\ndelay = 1ms\n"              \
	"address = fd09::1/64\n"                 \
	"[iface b:e0]\nbridge = b2\nport = pb\n" \
	"mtu = 9000\n"                           \
	"[iface b:v7]\nlink = e0\nvlan = 7\n"    \
	"mac = de:ad:be:ef:00:07\nmtu = 1400\n"  \
	"address = 10.7.0.1/24\n"

static void shows_all_kinds(void **state)
{
	static const char *const lines[] = {
		"state    a tmpfs for lab whole, which holds its namespaces",
		"name     /run/netns/b1 -> b1",
		"bridge   b1 in b1: up, a fixed mac, stp 0, forward_delay 0, mcast_snooping 0",
		"bridge   b2 in b2: up, a fixed mac, stp 0, forward_delay 0, mcast_snooping 0; "
		"net.ipv6.conf.b2.disable_ipv6=0",
		"uplink   b1:b2, port of b1, up <-> b2:b1, port of b2, up; both ends: 1 rx and 1 "
		"tx queue, the lab's random group, mtu 9000",
		"netns    b: new, lo up; settings as of b1",
		"veth     a:e0 mtu 9000 <-> b1:pa mtu 9000, port of b1, up; both ends: 1 rx and 1 "
		"tx queue, the lab's random group",
		"link     a:e0: tx checksum, rx and tx VLAN offload off; alias \"xlab whole\"; up",
		"netem    a:e0: root, delay 1ms",
		"vlan     b:v7 mac de:ad:be:ef:00:07 mtu 1400: VLAN 7 over b:e0; the lab's random "
		"group",
		"ready    every link has its carrier, every port forwards, every IPv6 address is "
		"answered for",
	};
	const struct plan_options options = { 0 };
	char *FREE_AUTO text = print_of(WHOLE, &options);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *FREE_AUTO line = text_format("\n%s\n", lines[i]);

		place(text, line + (i == 0)); /* that one is the first of all */
	}
}

/* Settings are on lines of their own, of as many words as 100 columns have room for. */
static void settings_fill_their_lines(void **state)
{
	const struct plan_options options = { 0 };
	char *FREE_AUTO text = print_of(WHOLE, &options);
	size_t before = 0, n = 0;

	(void)state;
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t length = strcspn(line, "\n"), blanks = strspn(line, " ");

		if (blanks) {
			assert_int_equal(blanks, 12);
			assert_true(length <= 100);
			assert_true(!before || before + strcspn(line + blanks, " \n") + 1 > 100);
			n++;
		}
		before = blanks ? length : 0;
	}
	assert_true(n > 20);
}

static void forwarding_is_the_routers_alone(void **state)
{
	const struct plan_options options = { 0 };
	char *FREE_AUTO text = print(&options);
	char *router = text + place(text, "netns    r:");
	char *b = text + place(text, "netns    b:");

	(void)state;
	assert_true(router + place(router, "net.ipv4.ip_forward=1") < b);
	assert_true(router + place(router, "net.ipv6.conf.all.forwarding=1") < b);
	assert_null(strstr(b, "ip_forward=1"));
	place(text + place(text, "netns    br0:"), "net.ipv4.ip_forward=0");
	place(b, "netns    b: new, lo up; settings as of br0\n");
}

static void each_has_its_traits(void **state)
{
	static const char text[] = "[bridge b4]\naddress = 10.1.0.9/24\nuplink = b6\n"
				   "[bridge b6]\naddress = 10.2.0.9/24\naddress = fd02::9/64\n"
				   "[node s4]\n[iface s4:e0]\nbridge = b4\naddress = 10.1.0.1/24\n"
				   "[node s6]\n[iface s6:e0]\nbridge = b6\naddress = fd02::1/64\n"
				   "[node f4]\nforward = yes\n[iface f4:e0]\nbridge = b4\n"
				   "[node f6]\nforward = yes\n[iface f6:e0]\nbridge = b6\n"
				   "address = 10.2.0.3/24\naddress = fd02::3/64\n";
	static const struct {
		const char *netns;
		unsigned int traits;
	} rows[] = {
		{ "b4", TRAIT_ANY | TRAIT_STAYS | TRAIT_NO_IPV6 },
		{ "b6", TRAIT_ANY | TRAIT_STAYS | TRAIT_IPV6 | TRAIT_STAYS6 | TRAIT_PORTS },
		{ "s4", TRAIT_ANY | TRAIT_STAYS | TRAIT_NO_IPV6 },
		{ "s6", TRAIT_ANY | TRAIT_STAYS | TRAIT_IPV6 | TRAIT_STAYS6 },
		{ "f4", TRAIT_ANY | TRAIT_FORWARDS | TRAIT_NO_IPV6 },
		{ "f6", TRAIT_ANY | TRAIT_FORWARDS | TRAIT_IPV6 | TRAIT_FORWARDS6 },
	};
	const struct plan_options options = { 0 };
	struct error e = ERROR_INIT;
	struct topology topo;
	struct plan plan;
	size_t count[OP_KINDS] = { 0 };

	(void)state;
	assert_int_equal(plan_text(&plan, &topo, text, &options, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = 0;

		for (size_t k = 0; k < plan.n_ops; k++) {
			const struct op *op = &plan.ops[k];

			if ((op->kind != OP_NETNS && op->kind != OP_LINK) ||
			    strcmp(op->netns, rows[i].netns) != 0)
				continue;
			assert_int_equal(op->traits, op->port ? 0 : rows[i].traits);
			n++;
		}
		assert_int_equal(n, i < 2 ? 3 : 2); /* a bridge's own, and two ports */
	}
	for (size_t k = 0; k < plan.n_ops; k++)
		count[plan.ops[k].kind]++;
	assert_int_equal(count[OP_UPLINK], 1);
	assert_int_equal(count[OP_ADDRESS], 7); /* three are bridges' */
	plan_clear(&plan);
	topology_clear(&topo);
}

static void order_is_what_the_kernel_needs(void **state)
{
	const struct plan_options options = { 0 };
	char *FREE_AUTO text = print(&options);
	size_t pair = place(text, "veth     r:e1");

	(void)state;
	assert_int_equal(place(text, "state    "), 0);
	assert_true(place(text, "netns    b:") < pair);
	assert_true(place(text, "bridge   br0") < place(text, "veth     a:e0"));
	assert_true(place(text, "sysctl   b: net.ipv4.ip_default_ttl=9") < pair);
	assert_true(place(text, "sysctl   b: net.ipv4.conf.e0.rp_filter=2") > pair);
	assert_true(place(text, "route    b: 192.0.2.0/24 dev e0") <
		    place(text, "route    b: 0.0.0.0/0 via 10.8.0.1"));
	assert_true(place(text, "address  10.8.0.2/24 on b:e0") <
		    place(text, "route    b: 192.0.2.0/24"));
}

static void each_pair_is_made_once(void **state)
{
	const struct plan_options options = { 0 };
	struct error e = ERROR_INIT;
	struct topology topo;
	struct plan plan;
	size_t i, count[OP_KINDS] = { 0 };

	(void)state;
	assert_int_equal(plan_lab(&plan, &topo, &options, &e), 0);
	for (i = 0; i < plan.n_ops; i++) {
		const struct op *op = &plan.ops[i];

		count[op->kind]++;
		/* The bridge's end is the first of the two, and is made where the bridge is. */
		if (op->kind == OP_VETH)
			assert_string_equal(op->netns,
					    topo.ifaces[op->iface].bridge != NONE ? "br0" : "r");
	}
	assert_int_equal(count[OP_STATE], 1);
	assert_int_equal(count[OP_NETNS], 6);
	assert_int_equal(count[OP_NAME], 6);
	assert_int_equal(count[OP_VETH], 5);
	assert_int_equal(count[OP_LINK], 10);
	assert_int_equal(count[OP_ADDRESS], 6);
	assert_int_equal(count[OP_READY], 1);
	plan_clear(&plan);
	topology_clear(&topo);
}

static void as_names_a_copy(void **state)
{
	const struct plan_options options = { .as = "copy" };
	char *FREE_AUTO text = print(&options);

	(void)state;
	place(text, "name     /run/netns/copy-a -> a\n");
	place(text, "alias \"xlab copy\"");
}

static void nameless_has_no_names(void **state)
{
	const struct plan_options options = { .nameless = true };
	char *FREE_AUTO text = print(&options);

	(void)state;
	assert_null(strstr(text, "/run/netns"));
}

static void self_keeps_its_settings(void **state)
{
	const struct plan_options options = { .self = "a" };
	char *FREE_AUTO text = print(&options);

	(void)state;
	place(text, "netns    a is the namespace xlab was started in; its settings stay\n");
	place(text, "; up; net.ipv6.conf.e0.disable_ipv6=1\n");
	assert_null(strstr(text, "/run/netns/a "));
}

static void refuse(const struct plan_options *options, const char *words)
{
	struct error e = ERROR_INIT;
	struct topology topo;
	struct plan plan;

	assert_int_equal(plan_lab(&plan, &topo, options, &e), -EINVAL);
	assert_int_equal(e.kind, ERROR_INPUT);
	if (!strstr(e.text, words))
		fail_msg("\"%s\" does not say \"%s\"", e.text, words);
	error_clear(&e);
	topology_clear(&topo);
}

static void refuses_what_self_cannot_have(void **state)
{
	(void)state;
	refuse(&(struct plan_options){ .self = "nobody" }, "no node of that name");
	refuse(&(struct plan_options){ .self = "r" }, "forwards");
	refuse(&(struct plan_options){ .self = "b" }, "net.ipv4.ip_default_ttl");
	/* Not a setting of e0. */
	refuse(&(struct plan_options){ .self = "d" }, "node d sets net.ipv4.conf.e01.rp_filter");
	refuse(&(struct plan_options){ .self = "c" }, "node c has a default route");
	refuse(&(struct plan_options){ .as = "../up" }, "--as ../up");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_every_default),
		cmocka_unit_test(shows_all_kinds),
		cmocka_unit_test(settings_fill_their_lines),
		cmocka_unit_test(forwarding_is_the_routers_alone),
		cmocka_unit_test(each_has_its_traits),
		cmocka_unit_test(order_is_what_the_kernel_needs),
		cmocka_unit_test(each_pair_is_made_once),
		cmocka_unit_test(as_names_a_copy),
		cmocka_unit_test(nameless_has_no_names),
		cmocka_unit_test(self_keeps_its_settings),
		cmocka_unit_test(refuses_what_self_cannot_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
