// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/inifile.h"
#include "lab/inikeys.h"
#include "lab/topology.h"
#include "lab/topology_read.h"
#include "tests/unit/many_lines.h"

/* A small lab that is right, to which each case adds its own lines. */
#define TWO                         \
	"[bridge br0]\n"            \
	"[node a]\n"                \
	"[node b]\n"                \
	"[iface a:e0]\n"            \
	"bridge = br0\n"            \
	"port = pa\n"               \
	"address = 10.0.0.1/24\n"   \
	"mac = 02:00:00:00:00:01\n" \
	"[iface b:e0]\n"            \
	"bridge = br0\n"            \
	"port = pb\n"               \
	"address = 10.0.0.2/24\n"

/* Behind it stand keys of a third node. */
#define C                                                                       \
	TWO "[iface c:e0]\nbridge = br0\naddress = 10.0.0.3/24\n[iface c:e1]\n" \
	    "bridge = br0\nport = pc\n[node c]\n"

static int read_topology(struct topology *topo, const char *path, const char *text, struct error *e)
{
	struct inifile ini;
	int err;

	assert_int_equal(inifile_parse(&ini, path, "/", text, strlen(text), e), 0);
	err = topology_read(topo, &ini, e);
	inifile_sort_errors(&ini, e);
	inifile_clear(&ini);
	return err;
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ "; nothing\n", "f.ini: there is no [node NAME] in it" },
	{ "[lab]\nname = a/b\n[node a]\n",
	  "f.ini:2: [lab] name = a/b: not a name: a name consists" },
	{ "[lab x]\n[node a]\n", "f.ini:1: [lab x]: [lab] has no name of its own" },
	{ "[node]\n", "f.ini:1: [node]: \"\" is no name for a node: it is empty" },
	{ "[node lo]\n", "\"lo\" is no name for a node: lo, all, default and self are reserved" },
	{ "[node ../x]\n", "\"../x\" is no name for a node: a name begins with" },
	{ "[node a]\n[bridge a]\n", "f.ini:2: [bridge a]: a node has this name" },
	{ "[bridge a]\n[node a]\n", "f.ini:2: [node a]: a bridge has this name" },
	{ "[node a]\n[bridge abcdefghijklmnop]\n", "it has more than 15 characters" },
	{ "[node a]\nforward = true\n", "forward = true: neither yes nor no; allowed: yes or no" },
	{ "[node a]\n[bridge b]\nstp = 1\n", "[bridge b] stp = 1: neither yes nor no" },
	{ TWO "[iface a:e1]\n", "f.ini:13: [iface a:e1]: its other end is missing" },
	{ TWO "[iface x:e1]\nbridge = br0\naddress = 10.0.0.9/24\n",
	  "[iface x:e1]: there is no node \"x\"" },
	{ TWO "[iface br0:br0]\nbridge = br0\n",
	  "f.ini:13: [iface br0:br0]: br0 is a bridge, which takes no native XDP" },
	{ TWO "[iface a]\n", "[iface a]: the node is missing: write [iface NODE:a]" },
	{ TWO "[iface a:abcdefghijklmnop]\nbridge = br0\nport = p\n",
	  "is no name for an interface: it has more than 15 characters" },
	{ TWO "[iface a:e1]\nbridge = br1\n", "f.ini:14: [iface a:e1] bridge = br1: there is no "
					      "bridge \"br1\"; did you mean \"br0\"?" },
	{ TWO "[iface a:e1]\nbridge = br0\nbridge = br0\n",
	  "f.ini:15: [iface a:e1] bridge = br0: the key stands at line 14 already" },
	{ TWO "[iface a:e1]\nbridge = br0\nport = pa\n",
	  "f.ini:15: [iface a:e1] port = pa: a port named pa is in bridge br0 already, of a:e0" },
	{ TWO "[bridge c]\nuplink = br1\n",
	  "f.ini:14: [bridge c] uplink = br1: there is no bridge \"br1\"; did you mean \"br0\"?" },
	{ TWO "[bridge c]\nuplink = d\n[bridge d]\nuplink = br0\n[iface b:e1]\nbridge = c\n"
	      "address = 10.0.0.1/24\n",
	  "f.ini:19: [iface b:e1] address = 10.0.0.1/24: a:e0 has the address 10.0.0.1 already, on "
	  "the same segment" },
	{ TWO "[bridge c]\nuplink = c\n",
	  "f.ini:14: [bridge c] uplink = c: a bridge cannot be joined to itself" },
	{ TWO "[bridge c]\nuplink = br0\nuplink = br0\n",
	  "f.ini:15: [bridge c] uplink = br0: c and br0 are joined already, at line 14" },
	{ TWO "[bridge c]\nuplink = br0\n[bridge d]\nuplink = c\n[bridge e]\nuplink = f\n"
	      "[bridge f]\nuplink = e\n",
	  "f.ini:20: [bridge f] uplink = e: f and e are joined already, at line 18" },
	{ TWO "[bridge c]\nuplink = br0\n[bridge d]\nuplink = c\nuplink = br0\n",
	  "stp = yes in [bridge c], [bridge d], [bridge br0]" },
	{ TWO "[bridge c]\nuplink = br0\nstp = yes\n[bridge d]\nuplink = c\nuplink = br0\n",
	  "f.ini:17: [bridge d] uplink = c: the uplinks make a loop, in which frames go round for "
	  "ever: say stp = yes in [bridge d], [bridge br0]" },
	{ TWO "[iface a:v]\nvlan = 0\nlink = e0\n",
	  "f.ini:14: [iface a:v] vlan = 0: not a VLAN's id; allowed: 1-4094" },
	{ TWO "[iface a:v]\nvlan = 4095\nlink = e0\n", "vlan = 4095: not a VLAN's id" },
	{ TWO "[iface a:v]\nvlan = 5\n",
	  "f.ini:14: [iface a:v] vlan = 5: a VLAN is over another interface of its node, which is "
	  "missing: link = NAME" },
	{ TWO "[iface a:v]\nlink = e0\n",
	  "f.ini:14: [iface a:v] link = e0: the VLAN's id is missing: vlan = 1-4094" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = v\n", "link = v: an interface cannot be over itself" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e9\n",
	  "there is no interface \"a:e9\"; did you mean" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = lo\n[iface a:lo]\n",
	  "link = lo: a:lo is a node's lo" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e0\n[iface a:w]\nvlan = 6\nlink = v\n",
	  "f.ini:18: [iface a:w] link = v: a:v is a VLAN interface itself: name one that has a "
	  "bridge or a peer" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e0\n[iface a:w]\nlink = e0\nvlan = 5\n",
	  "f.ini:18: [iface a:w] vlan = 5: a:v is VLAN 5 over a:e0 already" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e0\nbridge = br0\n",
	  "f.ini:16: [iface a:v] bridge = br0: a VLAN interface is over another one: give link and "
	  "vlan, or bridge or peer" },
	{ TWO "[iface a:v]\nvlan = 5\npeer = b:e0\n",
	  "peer = b:e0: a VLAN interface is over another" },
	{ TWO "[iface a:v]\nlink = e0\npeer = b:e0\n", "peer = b:e0: a VLAN interface is over" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e0\nmtu = 1501\n",
	  "f.ini:16: [iface a:v] mtu = 1501: it is at most that of a:e0, which is 1500" },
	{ TWO "[iface a:e1]\nbridge = br0\nmtu = 1279\n[iface a:v]\nvlan = 5\nlink = e1\n"
	      "address = fd00::1/64\n",
	  "[iface a:v]: with an IPv6 address it is at least 1280" },
	{ TWO "[iface a:v]\nvlan = 5\nlink = e0\naddress = 10.5.0.1/24\n[iface b:v]\nvlan = 5\n"
	      "link = e0\naddress = 10.5.0.1/24\n",
	  "[iface b:v] address = 10.5.0.1/24: a:v has the address 10.5.0.1 already, on the same "
	  "segment" },
	{ TWO "[iface a:lo]\ndelay = 1ms\n", "a node's lo takes addresses and nothing else" },
	{ TWO "[iface a:e1]\nbridge = br0\ndelay = 10\njitter = 5ms\n",
	  "f.ini:15: [iface a:e1] delay = 10: not a number with its unit; allowed: a number and "
	  "ns" },
	{ TWO "[iface a:e1]\nbridge = br0\ndelay = 61s\n",
	  "delay = 61s: too much, too little or too fine" },
	{ TWO "[iface a:e1]\nbridge = br0\njitter = 5ms\n",
	  "jitter = 5ms: jitter is of a delay, which is missing: delay = TIME" },
	{ TWO "[iface a:e1]\nbridge = br0\njitter = 5ms\ndelay = 4ms\n",
	  "jitter = 5ms: it is more than the delay itself" },
	{ TWO "[iface a:e1]\nbridge = br0\nloss = 200%\n",
	  "f.ini:15: [iface a:e1] loss = 200%: too much, too little or too fine; allowed: 0% to" },
	{ TWO "[iface a:e1]\nbridge = br0\nrate = 10mb\n",
	  "rate = 10mb: not a number with its unit; allowed: a number and " },
	{ TWO "[iface a:e1]\nbridge = br0\ndelay = 5ms\njitter = 5\n",
	  "jitter = 5: not a number with its unit; allowed: a number and ns" },
	{ TWO "[iface a:e1]\nbridge = br0\nport = br0\n", "would be named br0 as its bridge" },
	{ TWO "[iface a:e1]\nbridge = br0\nport = a/b\n", "not a name for an interface" },
	{ TWO "[iface a:e1]\nbridge = br0\naddress = 10.0.0.2/24\n",
	  "[iface a:e1] address = 10.0.0.2/24: b:e0 has the address 10.0.0.2 already" },
	{ TWO "[iface a:e1]\nbridge = br0\nmac = 02:00:00:00:00:01\n",
	  "[iface a:e1] mac = 02:00:00:00:00:01: a:e0 has this MAC already" },
	{ TWO "[iface a:e1]\nbridge = br0\naddress = 10.0.0.1/24\n",
	  "f.ini:15: [iface a:e1] address = 10.0.0.1/24: a:e0 has the address 10.0.0.1 already, on "
	  "the same segment" },
	{ TWO "[node s]\n[iface s:e0]\nbridge = br0\naddress = 10.9.0.1/8\n[bridge t]\n"
	      "address = 10.0.0.1/8\n[iface s:e1]\nbridge = t\naddress = 10.0.0.1/8\n",
	  "f.ini:18: [bridge t] address = 10.0.0.1/8: s:e1 has the address 10.0.0.1 already" },
	{ TWO "[iface a:e1]\npeer = b:e1\naddress = 10.7.0.1/24\n[iface b:e1]\npeer = a:e1\n"
	      "address = 10.7.0.1/24\n",
	  "f.ini:18: [iface b:e1] address = 10.7.0.1/24: a:e1 has the address 10.7.0.1 already" },
	{ TWO "[iface a:lo]\naddress = 10.7.0.1/32\naddress = 10.7.0.1/32\n",
	  "f.ini:15: [iface a:lo] address = 10.7.0.1/32: a:lo has the address 10.7.0.1 already" },
	{ TWO "[iface a:lo]\nbridge = br0\n",
	  "f.ini:14: [iface a:lo] bridge = br0: a node's lo takes addresses and nothing else" },
	{ TWO "[iface a:lo]\nmac = 02:00:00:00:00:09\n", "a node's lo takes addresses and" },
	{ TWO "[iface a:lo]\nmtu = 1500\n", "a node's lo takes addresses and nothing else" },
	{ TWO "[iface a:e1]\npeer = a:lo\n", "[iface a:e1] peer = a:lo: a:lo is a node's lo" },
	{ TWO "[iface a:lo]\n[node c]\nroute = default dev lo\n", "c:lo is a node's lo" },
	{ TWO "[bridge br1]\naddress = 10.9.0.1/8\naddress = 10.9.0.1/8\n",
	  "bridge br1 has the address 10.9.0.1 already" },
	{ TWO "[iface a:e1]\nbridge = br0\nmac = 01:00:00:00:00:01\n", "this is a multicast MAC" },
	{ TWO "[iface a:e1]\nbridge = br0\nmac = 00:00:00:00:00:00\n", "the MAC of zeros" },
	{ TWO "[iface a:e1]\nbridge = br0\nmac = x\n", "not a MAC; allowed: six bytes as in" },
	{ TWO "[iface a:e1]\nbridge = br0\nmtu = 67\n", "mtu = 67: not an MTU; allowed: 68-65535" },
	{ TWO "[iface a:e1]\nbridge = br0\nmtu = 65536\n", "not an MTU" },
	{ TWO "[iface a:e1]\nbridge = br0\nmtu = 15oo\n", "not an MTU" },
	{ TWO "[iface a:e1]\nbridge = br0\nmtu = 1279\naddress = fd00::1/64\n",
	  "mtu = 1279: with an IPv6 address it is at least 1280" },
	{ TWO "[iface a:e1]\nbridge = br0\npeer = b:e0\n",
	  "it is on a bridge already: give bridge or peer" },
	{ TWO "[iface a:e1]\npeer = a:e1\n", "an interface cannot be its own peer" },
	{ TWO "[iface a:e1]\npeer = b:e9\n",
	  "there is no interface \"b:e9\"; did you mean \"b:e0\"?" },
	{ TWO "[iface a:e1]\npeer = br0:pa\n",
	  "br0:pa is a port of a bridge, and XDP stands at the other end: a:e0" },
	{ TWO "[bridge c]\n[iface a:e2]\nbridge = c\nport = pb\n[iface a:e1]\npeer = c:pb\n",
	  "c:pb is a port of a bridge, and XDP stands at the other end: a:e2" },
	{ TWO "[iface a:e1]\npeer = br0:nope\n", "br0 is a bridge, which takes no native XDP" },
	{ TWO "[iface a:e1]\npeer = b:e0\n",
	  "the peer does not name it back: write peer = a:e1 in [iface b:e0]" },
	{ TWO "[iface a:e1]\npeer = b:e1\nport = x\n[iface b:e1]\npeer = a:e1\n",
	  "f.ini:15: [iface a:e1] port = x: port names the end at a bridge" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 10.0.0.1\n", "not a route; allowed: PREFIX via" },
	{ TWO "[node c]\nroute = 10.0.0.0/8, via, 10.0.0.1\n", "not a route" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 via 10.0.0.1 dev e0 x\n", "not a route" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 dev e0 via 10.0.0.1\n", "no interface \"c:e0\"" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 via 10.0.0.1 by e0\n", "not a route" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 via 10.0.0.1%e0\n", "no interface \"c:e0\"" },
	{ C "route = default via 10.8.0.1\nroute = 10.8.0.0/24 via 10.0.0.1\n",
	  "f.ini:20: [node c] route = default via 10.8.0.1: 10.8.0.1 is on no subnet of c: it has "
	  "no neighbour there; a route may lead to it: 10.8.0.1 dev IFACE" },
	{ C "route = 10.{x=2..3}.0.0/16 via 10.{27-9*x}.0.1\n",
	  "f.ini:20: [node c] route = 10.2.0.0/16 via 10.9.0.1: 10.9.0.1 is on no subnet of c" },
	{ C "route = default via 10.0.0.1 dev e1\nroute = 10.0.0.1 dev e0\n",
	  "10.0.0.1 is on no subnet of c:e1, and no route leads there" },
	{ C "route = default via 10.8.0.1\nroute = 10.9.0.0/24 dev e0\n",
	  "10.8.0.1 is on no subnet of c" },
	{ C "route = default via 10.0.0.1 dev e9\n", "there is no interface \"c:e9\"" },
	{ C "route = default via fe80::1\n",
	  "fe80::1 is link-local: name the interface of c that leads there: fe80::1%IFACE" },
	{ C "route = default via 10.4.0.1\n[iface c:lo]\naddress = 10.4.0.9/24\n",
	  "10.4.0.1 is on no subnet of c" },
	{ TWO "[node c]\nroute = 10.0.0.0/8 at 10.0.0.1\n", "\"at\" is neither via nor dev" },
	{ TWO "[node c]\nroute = default via gateway\n", "\"gateway\" is not an address" },
	{ TWO "[node c]\nroute = default dev e0\n", "there is no interface \"c:e0\"" },
	{ TWO "[node c]\nroute = default via 10.0.0.1\n", "10.0.0.1 is on no subnet of c" },
	{ TWO "[node c]\nsysctl = kernel.panic = 1\n",
	  "\"kernel.panic\" is no sysctl of a network namespace; allowed: net.NAME = VALUE" },
	{ TWO "[node c]\nsysctl = net/../kernel/panic = 1\n", "is no sysctl" },
	{ TWO "[node c]\nsysctl = net..kernel = 1\n", "is no sysctl" },
	{ TWO "[node c]\nsysctl = net.x/../../kernel.panic = 1\n", "is no sysctl" },
	{ TWO "[node c]\nsysctl = net.x. = 1\n", "is no sysctl" },
	{ TWO "[node c]\nsysctl = net. = 1\n", "is no sysctl" },
	{ TWO "[node c]\nsysctl = net.x\n", "no = stands behind the sysctl's name" },
	{ TWO "[node c]\nsysctl = net.x =\n", "the sysctl has no value" },
	{ TWO "[node c]\nsysctl = net.x =;7\n",
	  "the sysctl has no value (; and # start a comment)" },
	{ TWO "[node c]\nsysctl = net.x =#7\n",
	  "the sysctl has no value (; and # start a comment)" },
	{ TWO "[node c]\nsysctl = net.x = 1\nsysctl = net.x=2\n",
	  "f.ini:15: [node c] sysctl = net.x=2: net.x stands at line 14 already" },
};

static void refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct topology topo;

		if (read_topology(&topo, "f.ini", refused[i].text, &e) != -EINVAL)
			fail_msg("not refused: %s", refused[i].message);
		assert_int_equal(e.kind, ERROR_INPUT);
		if (!strstr(e.text, refused[i].message))
			fail_msg("not \"%s\" but \"%s\"", refused[i].message, e.text);
		if (e.lines != 1)
			fail_msg("more than \"%s\": \"%s\"", refused[i].message, e.text);
		topology_clear(&topo);
	}
}

static const struct {
	const char *address, *message;
} bad_addresses[] = {
	{ "10.1.0.1", "the prefix length is missing, as in 10.1.0.1/24" },
	{ "fd00::1", "the prefix length is missing, as in fd00::1/64" },
	{ "10.1.0.1/33", "the prefix length is too great" },
	{ "10.1.0.1/0", "has the prefix length 0" },
	{ "10.1.0", "not an address with its prefix length" },
	{ "10.1.0.0/24", "is its network's own address" },
	{ "10.1.0.255/24", "is its network's broadcast address" },
	{ "0.0.0.0/8", "is the unspecified address" },
	{ "127.0.0.1/8", "is a loopback address" },
	{ "224.0.0.1/24", "is a multicast address" },
	{ "255.255.255.255/32", "is the broadcast address" },
	{ "::/64", "is the unspecified address" },
	{ "::1/128", "is the loopback address" },
	{ "ff02::1/64", "is a multicast address" },
	{ "fd00::/64", "is its network's own address" },
	{ "::ffff:10.1.0.1/96", "is an IPv4 address in IPv6 form" },
};

static void refuses_addresses_of_nobody(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_addresses) * 2;
	     i++) { /* a bridge's, an interface's */
		const char *address = bad_addresses[i / 2].address;
		const char *message = bad_addresses[i / 2].message;
		FREE_AUTO char *text = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		struct topology topo;

		text = text_format("[bridge b]\n[node a]\n%saddress = %s\n",
				   i % 2 ? "[iface a:e0]\nbridge = b\n" : "[bridge c]\n", address);
		assert_int_equal(read_topology(&topo, "f.ini", text, &e), -EINVAL);
		if (!strstr(e.text, message) || e.lines != 1)
			fail_msg("not \"%s\" but \"%s\"", message, e.text);
		topology_clear(&topo);
	}
}

static const char *const good_addresses[] = {
	"10.1.0.1/31", "10.1.0.0/31", "10.1.0.1/32", "fd00::/127", "fd00::1/128", "fe80::1/64",
};

static void takes_the_edges(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good_addresses); i++) {
		FREE_AUTO char *text =
			text_format("[node a]\n[bridge b]\naddress = %s\n", good_addresses[i]);

		if (read_topology(&topo, "f.ini", text, &e))
			fail_msg("%s", e.text);
		topology_clear(&topo);
	}
}

static const char good[] = "[iface r:b]\n"
			   "peer = b:eth0\n"
			   "address = 10.2.0.1/24\n"
			   "address = fd02::1/64\n"
			   "[node b]\n"
			   "route = default via 10.2.0.1\n"
			   "route = default via fd02::1\n"
			   "[node r]\n"
			   "forward = yes\n"
			   "sysctl = net.ipv4.tcp_rmem = 4096 87380 6291456\n"
			   "[iface b:eth0]\n"
			   "peer = r:b\n"
			   "address = fd02::2/64\n"
			   "address = 10.2.0.2/24\n"
			   "mtu = 9000\n"
			   "[bridge sw]\n"
			   "address = 10.1.0.254/24\n"
			   "stp = yes\n"
			   "[iface a:eth0]\n"
			   "bridge = sw\n"
			   "mac = 02:00:00:00:00:0a\n"
			   "address = 10.1.0.2/24\n"
			   "[iface r:a]\n"
			   "bridge = sw\n"
			   "port = up\n"
			   "address = 10.1.0.1/24\n"
			   "[node a]\n"
			   "route = 10.2.0.0/24 via 10.1.0.1\n"
			   "route = 10.9.0.0/16 dev eth0\n"
			   "route = default dev eth0\n";

static void holds_what_was_written(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	const struct iface *f;
	const struct node *n;

	(void)state;
	if (read_topology(&topo, "labs/three.ini", good, &e))
		fail_msg("%s", e.text);
	assert_string_equal(topo.name, "three");
	assert_string_equal(topo.about, "");
	assert_int_equal(topo.n_nodes, 3);
	assert_int_equal(topo.n_ifaces, 4);
	f = &topo.ifaces[topology_iface(&topo, "a:eth0")];
	assert_string_equal(f->port, "eth0-p");
	assert_int_equal(f->bridge, topology_bridge(&topo, "sw"));
	assert_int_equal(f->peer, NONE);
	assert_true(f->has_mac);
	assert_int_equal(topo.ifaces[topology_iface(&topo, "b:eth0")].peer,
			 topology_iface(&topo, "r:b"));
	assert_int_equal(topo.ifaces[topology_iface(&topo, "b:eth0")].mtu, 9000);
	n = &topo.nodes[topology_node(&topo, "a")];
	assert_int_equal(n->n_routes, 3);
	assert_true(n->routes[0].has_via);
	assert_int_equal(n->routes[0].dev, NONE);
	assert_int_equal(n->routes[1].dev, topology_iface(&topo, "a:eth0"));
	assert_int_equal(n->routes[2].to.address.family, AF_INET);
	assert_int_equal(n->routes[2].to.len, 0);
	n = &topo.nodes[topology_node(&topo, "r")];
	assert_true(n->forward);
	assert_string_equal(n->sysctls[0].name, "net.ipv4.tcp_rmem");
	assert_string_equal(n->sysctls[0].value, "4096 87380 6291456");
	assert_true(topo.bridges[0].stp);
	assert_int_equal(topo.bridges[0].n_addresses, 1);
	topology_clear(&topo);
}

/* Three nodes that call their interface eth0, two of a name too long, one with the port's name. */
static const char crowd[] = "[node a]\n[node b]\n[node backend-server-1]\n[node backend-server-2]\n"
			    "[bridge sw]\n[bridge other]\n"
			    "[iface b:eth0]\nbridge = sw\n"
			    "[iface a:eth0]\nbridge = sw\n"
			    "[iface backend-server-1:eth0]\nbridge = sw\n"
			    "[iface backend-server-2:eth0]\nbridge = sw\n"
			    "[iface a:eth1]\nbridge = other\n"
			    "[iface b:eth1]\nbridge = sw\n"
			    "[iface a:e]\nbridge = sw\n"
			    "[iface b:e]\nbridge = sw\nport = e-p\n";

static void names_ports_that_many_would_have(void **state)
{
	static const char *const ports[][2] = {
		{ "a:eth0", "a-eth0" },
		{ "b:eth0", "b-eth0" },
		{ "a:eth1", "eth1-p" },
		{ "b:eth1", "eth1-p" },
		{ "a:e", "a-e" },
		{ "b:e", "e-p" },
		{ "backend-server-1:eth0", "backever-1-eth0" },
		{ "backend-server-2:eth0", "backever-2-eth0" },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;

	(void)state;
	if (read_topology(&topo, "f.ini", crowd, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		assert_string_equal(topo.ifaces[topology_iface(&topo, ports[i][0])].port,
				    ports[i][1]);
	topology_clear(&topo);
}

static void reaches(const struct topology *topo, const char *from, const char *to, int family,
		    const char *expected)
{
	const struct prefix *p =
		topology_reach(topo, topology_node(topo, from), topology_node(topo, to), family);
	char buf[ADDRESS_TEXT];

	if (!expected)
		assert_null(p);
	else
		assert_string_equal(address_text(&p->address, buf), expected);
}

/* Two segments that know nothing of each other, an address that is everywhere, gateways by dev. */
static const char apart[] =
	"[bridge s]\n[bridge t]\n"
	"[node a]\nroute = 192.0.2.1 dev e0\nroute = default via 192.0.2.1\n"
	"route = 10.5.0.0/16 via 192.0.2.1 dev e0\nroute = default via fe80::9\n"
	"[node b]\nroute = default via fe80::9%e1\n[node c]\n"
	"[iface a:e0]\nbridge = s\naddress = 10.0.0.1/24\naddress = fe80::1/64\n"
	"[iface b:e0]\nbridge = s\naddress = 10.0.0.2/24\naddress = fe80::2/64\n"
	"[iface b:e1]\nbridge = t\naddress = 10.0.0.2/24\naddress = fe80::2/64\n"
	"[iface a:lo]\naddress = 10.9.9.9/32\n[iface c:lo]\naddress = 10.9.9.9/32\n"
	"[iface c:e0]\nbridge = t\naddress = 10.0.0.1/24\naddress = fe80::1/64\n"
	"[iface b:lo]\naddress = 10.9.9.8/32\naddress = fd00::8/128\n";

static void one_address_stands_on_several(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	const struct owner *owner;
	const struct node *n;
	struct address a;

	(void)state;
	if (read_topology(&topo, "f.ini", apart, &e))
		fail_msg("%s", e.text);
	n = &topo.nodes[topology_node(&topo, "a")];
	assert_int_equal(n->routes[1].dev, NONE);
	assert_int_equal(n->routes[2].dev, topology_iface(&topo, "a:e0"));
	assert_int_equal(n->routes[3].dev, topology_iface(&topo, "a:e0")); /* its only one */
	n = &topo.nodes[topology_node(&topo, "b")];
	assert_int_equal(n->routes[0].dev, topology_iface(&topo, "b:e1"));
	assert_int_equal(topology_iface(&topo, "a:lo"), NONE);
	assert_int_equal(text_address("10.9.9.9", &a), 0);
	owner = topology_owner(&topo, &a, NULL);
	assert_string_equal(owner_netns(&topo, owner), "a");
	owner = topology_owner(&topo, &a, owner);
	assert_string_equal(owner_netns(&topo, owner), "c");
	assert_null(topology_owner(&topo, &a, owner));
	assert_int_not_equal(topology_segment(&topo, topology_iface(&topo, "a:e0")),
			     topology_segment(&topo, topology_iface(&topo, "c:e0")));
	assert_int_equal(topology_segment(&topo, topology_iface(&topo, "b:e1")),
			 topology_segment(&topo, topology_iface(&topo, "c:e0")));
	/* Neither lo's nor link-local ones where there is another. */
	reaches(&topo, "a", "b", AF_INET, "10.0.0.2");
	reaches(&topo, "a", "c", AF_INET, "10.0.0.1");
	reaches(&topo, "a", "b", AF_INET6,
		"fd00::8"); /* goes everywhere, unlike a link-local one */
	reaches(&topo, "a", "c", AF_INET6, "fe80::1");
	topology_clear(&topo);
}

/* Of what is on the way, what is elsewhere, and what goes everywhere, whichever stands first. */
static void the_best_address_is_taken(void **state)
{
	static const struct {
		const char *iface, *address; /* of node t; the better the later */
	} given[] = {
		{ "[iface t:lf]\npeer = z:lf\n", "fe80::5" },
		{ "[iface t:ln]\npeer = a:ln\n", "fe80::6" },
		{ "[iface t:lo]\n", "fd09::9" },
		{ "[iface t:f]\npeer = z:f\n", "fd02::5" },
		{ "[iface t:n]\npeer = a:n\n", "fd01::5" },
	};
	static const char others[] = "[node a]\n[node t]\n[node z]\n"
				     "[iface a:n]\npeer = t:n\naddress = fd01::1/64\n"
				     "[iface a:ln]\npeer = t:ln\naddress = fe80::1/64\n"
				     "[iface z:f]\npeer = t:f\naddress = fd02::1/64\n"
				     "[iface z:lf]\npeer = t:lf\naddress = fe80::2/64\n";

	(void)state;
	for (size_t first = 0; first < ARRAY_SIZE(given); first++) {
		for (size_t second = 0; second < ARRAY_SIZE(given); second++) {
			char *FREE_AUTO text =
				text_format("%s%saddress = %s/64\n", others, given[first].iface,
					    given[first].address);
			struct error ERROR_AUTO e = ERROR_INIT;
			struct topology topo;

			if (first != second)
				text_add(&text, "", "%saddress = %s/64\n", given[second].iface,
					 given[second].address);
			for (size_t i = 0; i < ARRAY_SIZE(given); i++)
				if (i != first && i != second)
					text_add(&text, "", "%s", given[i].iface);
			if (read_topology(&topo, "f.ini", text, &e))
				fail_msg("%s", e.text);
			reaches(&topo, "a", "t", AF_UNSPEC,
				given[first > second ? first : second].address);
			topology_clear(&topo);
		}
	}
}

static void knows_the_ways(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	struct address a;

	(void)state;
	assert_int_equal(read_topology(&topo, "f.ini", good, &e), 0);
	reaches(&topo, "a", "r", AF_UNSPEC, "10.1.0.1"); /* shared, not first */
	reaches(&topo, "b", "r", AF_UNSPEC, "10.2.0.1");
	reaches(&topo, "b", "r", AF_INET6, "fd02::1");
	reaches(&topo, "r", "b", AF_UNSPEC, "fd02::2");
	reaches(&topo, "a", "b", AF_INET, "10.2.0.2");
	reaches(&topo, "b", "a", AF_INET6, NULL);
	assert_int_equal(text_address("10.2.0.77", &a), 0);
	assert_true(topology_has_way(&topo, topology_node(&topo, "a"), &a));
	assert_null(topology_owner(&topo, &a, NULL));
	assert_int_equal(text_address("fd02::2", &a), 0);
	assert_false(topology_has_way(&topo, topology_node(&topo, "a"), &a));
	assert_int_equal(owner_node(&topo, topology_owner(&topo, &a, NULL)),
			 topology_node(&topo, "b"));
	assert_int_equal(text_address("10.1.0.254", &a), 0);
	assert_int_equal(owner_node(&topo, topology_owner(&topo, &a, NULL)), NONE);
	assert_false(topology_node_has_family(&topo, topology_node(&topo, "a"), AF_INET6));
	topology_clear(&topo);
}

static void checks_the_route_against_addresses(void **state)
{
	static const struct {
		const char *route, *message;
	} cases[] = {
		{ "10.9.0.1/16 via 10.2.0.1", "10.9.0.1/16 has bits behind its length; the network "
					      "is 10.9.0.0/16" },
		{ "fd09::/16 via 10.2.0.1", "one is IPv4 and the other IPv6" },
		{ "10.9.0.0/33 via 10.2.0.1", "the prefix length of \"10.9.0.0/33\" is too great" },
		{ "default6 via fd02::1", "\"default6\" is not a prefix" },
		{ "10.9.0.0/16 via 10.2.0.2", "10.2.0.2 is an address of b itself" },
		{ "0.0.0.0/0 via 10.2.0.1", "0.0.0.0/0 stands at line 6 already" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = strstr(good, "[node r]");
		FREE_AUTO char *text = text_format("%.*sroute = %s\n%s", (int)(at - good), good,
						   cases[i].route, at);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct topology topo;

		assert_int_equal(read_topology(&topo, "f.ini", text, &e), -EINVAL);
		if (!strstr(e.text, cases[i].message) || e.lines != 1)
			fail_msg("not \"%s\" but \"%s\"", cases[i].message, e.text);
		topology_clear(&topo);
	}
}

/* Names that meet where they are cut, a name of somebody's own, and the bridge's. */
static const char clashes[] = "[node datacenter-a-rack1-host1]\n[node datacenter-b-rack1-host1]\n"
			      "[node a]\n[node b]\n[bridge sw]\n[bridge e1-p]\n"
			      "[iface datacenter-a-rack1-host1:eth0]\nbridge = sw\n"
			      "[iface datacenter-b-rack1-host1:eth0]\nbridge = sw\n"
			      "[iface a:eth0]\nbridge = sw\n"
			      "[iface b:eth9]\nbridge = sw\nport = a-eth0\n"
			      "[iface a:e1]\nbridge = e1-p\n"
			      "[iface a:abcdefghijklmno]\nbridge = sw\n"
			      "[iface b:abcdefghijklmno]\nbridge = sw\n"
			      "[iface a:ABCDEFGHIJKLM]\nbridge = sw\n"
			      "[iface a:ABCDEFGHIJKLMN]\nbridge = sw\n";

static void names_ports_that_would_clash(void **state)
{
	static const char *const ports[][2] = {
		{ "datacenter-a-rack1-host1:eth0", "datacent-72e9b0" },
		{ "datacenter-b-rack1-host1:eth0", "datacent-f5c61f" },
		{ "a:eth0", "a-c4baf3" },
		{ "b:eth9", "a-eth0" },
		{ "a:e1", "a-e1" },
		{ "a:abcdefghijklmno", "a-2ca076" },
		{ "b:abcdefghijklmno", "b-3a7bbf" },
		{ "a:ABCDEFGHIJKLM", "ABCDEFGHIJKLM-p" }, /* 15 letters, as many as may be */
		{ "a:ABCDEFGHIJKLMN", "a-5fe69d" },
	};
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;

	(void)state;
	if (read_topology(&topo, "f.ini", clashes, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++)
		assert_string_equal(topo.ifaces[topology_iface(&topo, ports[i][0])].port,
				    ports[i][1]);
	topology_clear(&topo);
}

/* Rings of three and of four with a tail, all with STP but for the tail; and a port named as a
 * bridge. */
static const char rings[] =
	"[node a]\n[bridge a1]\nstp = yes\nuplink = a2\nuplink = a3\n"
	"[bridge a2]\nstp = yes\nuplink = a3\n[bridge a3]\nstp = yes\n"
	"[bridge b1]\nstp = yes\nuplink = b2\n[bridge b2]\nstp = yes\nuplink = b3\n"
	"[bridge b3]\nstp = yes\nuplink = b4\n[bridge b4]\nstp = yes\nuplink = b1\n"
	"uplink = tail\n[bridge tail]\nuplink = a3\n"
	"[iface a:e0]\nbridge = a1\nport = a2\nmtu = 1400\n"
	"[iface a:e1]\nbridge = b1\n";

static void joins_bridges(void **state)
{
	static const unsigned int mtus[][2] = { { 1500, 0 }, { 1501, 1501 }, { 9000, 9000 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mtus); i++) {
		char *FREE_AUTO text =
			text_format("[iface a:e2]\nbridge = b2\nmtu = %u\n%s", mtus[i][0], rings);
		struct error ERROR_AUTO e = ERROR_INIT;
		const struct uplink *u;
		struct topology topo;

		if (read_topology(&topo, "f.ini", text, &e))
			fail_msg("%s", e.text);
		assert_int_equal(topo.n_uplinks, 9);
		u = &topo.uplinks[0];
		assert_int_equal(u->bridges[0], topology_bridge(&topo, "a1"));
		assert_int_equal(u->bridges[1], topology_bridge(&topo, "a2"));
		assert_string_equal(u->ports[0], "a2-c092a6"); /* a's port has the name */
		assert_string_equal(u->ports[1], "a1");
		assert_int_equal(u->mtu, mtus[i][1]);
		assert_string_equal(topo.ifaces[1].port, "a2");
		topology_clear(&topo);
	}
}

/* What is tagged alike on joined bridges is one segment, and another one than what is not. */
static void vlans_are_segments(void **state)
{
	static const char text[] =
		"[node a]\n[node b]\n[bridge c]\nuplink = d\n[bridge d]\n"
		"[iface a:v]\nvlan = 5\nlink = e\naddress = 10.5.0.1/24\n"
		"[iface a:e]\nbridge = c\naddress = 10.4.0.1/24\n"
		"[iface b:e]\nbridge = d\naddress = 10.4.0.2/24\n"
		"[iface b:v]\nvlan = 5\nlink = e\naddress = 10.5.0.2/24\nloss = 1.05%\n"
		"[iface b:w]\nvlan = 6\nlink = e\naddress = 10.5.0.1/24\n";
	struct error ERROR_AUTO e = ERROR_INIT;
	size_t segments[5];
	struct topology topo;

	(void)state;
	if (read_topology(&topo, "f.ini", text, &e))
		fail_msg("%s", e.text);
	for (size_t i = 0; i < 5; i++)
		segments[i] = topology_segment(&topo, i);
	assert_int_equal(segments[0], segments[3]);
	assert_int_equal(segments[1], segments[2]);
	assert_int_not_equal(segments[0], segments[1]);
	assert_int_not_equal(segments[0], segments[4]);
	assert_int_not_equal(segments[1], segments[4]);
	assert_ptr_equal(topology_carrier(&topo, &topo.ifaces[0]), &topo.ifaces[1]);
	assert_ptr_equal(topology_carrier(&topo, &topo.ifaces[1]), &topo.ifaces[1]);
	assert_int_equal(topo.ifaces[3].impairment.loss_ppm, 10500);
	topology_clear(&topo);
}

static void reports_all_errors_in_order(void **state)
{
	static const char text[] = "[node a]\n"
				   "route = x\n"
				   "[iface a:e0]\n"
				   "bridge = b\n"
				   "mac = y\n"
				   "[bridge b]\n"
				   "stp = z\n"
				   "[node lo]\n";
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	const char *route, *mac, *stp;

	(void)state;
	assert_int_equal(read_topology(&topo, "f.ini", text, &e), -EINVAL);
	assert_int_equal(e.lines, 4);
	route = strstr(e.text, "f.ini:2: [node a] route = x");
	mac = strstr(e.text, "f.ini:5: [iface a:e0] mac = y");
	stp = strstr(e.text, "f.ini:7: [bridge b] stp = z");
	assert_true(route && mac && stp && route < mac && mac < stp);
	topology_clear(&topo);
}

/* Of whose interfaces, addresses and routes some were refused, not all are known. */
static void doubts_those_of_whom_something_was_refused(void **state)
{
	static const struct {
		const char *text;
		bool a, b;
	} rows[] = {
		{ TWO, false, false },
		{ TWO "[iface a:e1]\nbridge = br0\naddress = 10.0.0.1/24\n", true, false },
		{ TWO "[iface b:e1]\nbridge = br0\naddress = x\n", false, true },
		{ "[node a]\nroute = x\n[node b]\n", true, false },
		{ "[node a]\n[node b]\nroute = default via 10.0.0.1\n", false, true },
		/* a bridge's, or a heading: it may be anybody's */
		{ TWO "[bridge c]\nuplink = br0\naddress = 10.0.0.1/24\n", true, true },
		{ TWO "[bridge c]\naddress = x\n", true, true },
		{ TWO "[node lo]\n", true, true },
		{ TWO "[iface x:e1]\nbridge = br0\naddress = x\n", true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct topology topo;

		(void)read_topology(&topo, "f.ini", rows[i].text, &e);
		if (topology_doubts(&topo, topology_node(&topo, "a")) != rows[i].a ||
		    topology_doubts(&topo, topology_node(&topo, "b")) != rows[i].b ||
		    topology_doubts(&topo, NONE) != (rows[i].a || rows[i].b))
			fail_msg("%s", rows[i].text);
		topology_clear(&topo);
	}
}

static void refuses_a_stem_that_is_no_name(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;

	(void)state;
	assert_int_equal(read_topology(&topo, "my lab.ini", "[node a]\n", &e), -EINVAL);
	assert_non_null(strstr(e.text, "my lab.ini: the file's stem \"my lab\" is no name"));
	topology_clear(&topo);
}

/* many_lines() of these: @message, or NULL: it is taken. */
static void reads_many(const char *head, const char *line, int count, const char *message)
{
	FREE_AUTO char *text = many_lines(head, line, count);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	int err = read_topology(&topo, "f.ini", text, &e);

	if (!message && err)
		fail_msg("%d of \"%s\" are not taken: \"%.500s\"", count, line, e.text);
	if (message && (!err || !strstr(e.text, message) || e.lines != 1))
		fail_msg("not \"%s\" but %u: \"%.500s\"", message, e.lines,
			 e.text ? e.text : "no error");
	topology_clear(&topo);
}

/* Of each limit, what is just below it and what is just above. */
static void keeps_to_its_limits(void **state)
{
	static const struct {
		const char *head, *line;
		int most;
		const char *message;
	} limits[] = {
		{ "", "[node n#]\n", 10000, "a lab has at most 10000 nodes" },
		{ "[node a]\n", "[bridge b#]\n", 10000, "a lab has at most 10000 bridges" },
		{ "[bridge b]\n[node a]\n", "[iface a:e#]\nbridge = b\n", 1023,
		  "bridge b has more than 1023 ports" },
		/* an uplink is a port at both ends */
		{ "[bridge r]\n[node a]\n", "[bridge b#]\nuplink = r\n", 1023,
		  "bridge r has more than 1023 ports" },
		{ "[bridge r]\n[bridge s]\nuplink = r\n[node a]\n", "[iface a:e#]\nbridge = s\n",
		  1022, "bridge s has more than 1023 ports" },
		{ "[node a]\n[node b]\n", "[iface a:a#]\npeer = b:b#\n[iface b:b#]\npeer = a:a#\n",
		  20000, "a lab has at most 40000 interfaces" },
		{ "[node a]\n[bridge b]\n", "address = fd00::#:1/64\n", 256,
		  "a bridge has at most 256 addresses" },
		{ "[node a]\n[bridge b]\n[iface a:e]\nbridge = b\n", "address = fd00::#:1/64\n",
		  256, "a node has at most 256 addresses" },
		{ "[bridge b]\n[iface a:e]\nbridge = b\naddress = fd01::1/64\n[node a]\n",
		  "route = fd02:#::/32 via fd01::2\n", 4096, "a node has at most 4096 routes" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		reads_many(limits[i].head, limits[i].line, limits[i].most, NULL);
		reads_many(limits[i].head, limits[i].line, limits[i].most + 1, limits[i].message);
	}
	reads_many("", "[node n#]\n", 30000, limits[0].message);
}

/* The last values that are taken; those behind them are among the refused. */
static void takes_what_is_just_within(void **state)
{
	static const char *const lines[] = {
		"[iface a:e1]\nbridge = br0\nmtu = 1280\naddress = fd00::1/64\n",
		"[iface a:e1]\nbridge = br0\nmtu = 1279\naddress = 10.1.0.1/24\n",
		"[iface a:e1]\nbridge = br0\nmtu = 68\n",
		"[iface a:e1]\nbridge = br0\nmtu = 65535\n",
		/* One address in two VLANs, and one VLAN over two interfaces. */
		("[iface a:v]\nvlan = 1\nlink = e0\naddress = 10.5.0.1/24\nmtu = 1500\n"
		 "[iface b:v]\nvlan = 4094\nlink = e0\naddress = 10.5.0.1/24\n"
		 "[iface a:e1]\nbridge = br0\n[iface a:w]\nvlan = 1\nlink = e1\n"),
		"[iface a:e1]\nbridge = br0\ndelay = 60s\njitter = 60s\nloss = 100%\nrate = "
		"1tbit\n",
		"[iface a:abcdefghijklm]\nbridge = br0\n", /* 13 letters and -p */
		"[iface a:abcdefghijklmno]\nbridge = br0\nport = p\n",
		("[iface a:abcdefghijklmno]\npeer = b:e1\n"
		 "[iface b:e1]\npeer = a:abcdefghijklmno\n"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		char *FREE_AUTO text = text_format("%s%s", TWO, lines[i]);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct topology topo;

		if (read_topology(&topo, "f.ini", text, &e))
			fail_msg("%s", e.text);
		topology_clear(&topo);
	}
}

/* Of a name that is none the message has as much as tells which it is. */
static void a_long_name_is_cut(void **state)
{
	char *FREE_AUTO name = text_format("%0*d", 2 * NAME_MAX_LEN + 1, 7);
	char *FREE_AUTO text = text_format("[node %s]\n", name);
	char *FREE_AUTO wanted =
		text_format("[node]: \"%.*s\" is no name for a node: ", 2 * NAME_MAX_LEN, name);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct topology topo;
	struct inifile ini;

	(void)state;
	assert_int_equal(inifile_parse(&ini, "f.ini", "/", text, strlen(text), &e), 0);
	assert_int_not_equal(topology_read(&topo, &ini, &e), 0);
	topology_clear(&topo);
	inifile_clear(&ini);
	if (!strstr(e.text, wanted + strlen("[node]: ")))
		fail_msg("\"%s\" is not in: %s", wanted, e.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(refuses_addresses_of_nobody),
		cmocka_unit_test(takes_the_edges),
		cmocka_unit_test(holds_what_was_written),
		cmocka_unit_test(names_ports_that_many_would_have),
		cmocka_unit_test(names_ports_that_would_clash),
		cmocka_unit_test(joins_bridges),
		cmocka_unit_test(vlans_are_segments),
		cmocka_unit_test(knows_the_ways),
		cmocka_unit_test(the_best_address_is_taken),
		cmocka_unit_test(one_address_stands_on_several),
		cmocka_unit_test(checks_the_route_against_addresses),
		cmocka_unit_test(reports_all_errors_in_order),
		cmocka_unit_test(doubts_those_of_whom_something_was_refused),
		cmocka_unit_test(refuses_a_stem_that_is_no_name),
		cmocka_unit_test(keeps_to_its_limits),
		cmocka_unit_test(takes_what_is_just_within),
	};

	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
