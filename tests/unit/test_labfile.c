// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf/xlab.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/filter/labfile_load.h"
#include "orchestrator/model/filter.h"
#include "orchestrator/model/filter_keys.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_common.h"
#include "orchestrator/model/labfile_print.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/labfile_warn.h"
#include "orchestrator/model/rule.h"
#include "tests/unit/many_lines.h"

/* A lab that is right, to which each case adds its own lines. */
#define LAB                              \
	"[node a]\n[node b]\n[node c]\n" \
	"[iface a:e0]\n"                 \
	"peer = b:e0\n"                  \
	"address = 10.0.0.1/24\n"        \
	"[iface b:e0]\n"                 \
	"peer = a:e0\n"                  \
	"address = 10.0.0.2/24\n"        \
	"address = fd00::2/64\n"         \
	"[filter f]\n"                   \
	"program = port\n"               \
	"dst = 53\n"                     \
	"[filter g]\n"                   \
	"program = drop\n"
/* b and c have the same address, each on a link of its own to a; d a link-local one only. */
#define TWICE                                                                             \
	"[node a]\nroute = 10.5.0.1 dev e0\n[node b]\n[node c]\n[node d]\n[iface a:e0]\n" \
	"peer = b:e0\naddress = 10.1.0.1/24\n[iface a:e1]\npeer = c:e0\n"                 \
	"address = 10.2.0.1/24\n[iface b:e0]\npeer = a:e0\naddress = 10.5.0.1/32\n"       \
	"[iface c:e0]\npeer = a:e1\naddress = 10.5.0.1/32\n[iface a:e2]\npeer = d:e0\n"   \
	"address = fe80::7/64\n[iface d:e0]\npeer = a:e2\naddress = fe80::8/64\n[scenario s]\n"
/* A node with one interface, which has that address, on a link of its own to a. */
#define LINK(node, n, address)                                                              \
	"[node " node "]\n[iface a:e" n "]\npeer = " node ":e0\naddress = fd0" n "::1/64\n" \
	"[iface " node ":e0]\npeer = a:e" n "\naddress = " address "\n"
#define SCENARIO LAB "[scenario s]\nchain = a:e0 headers f\n"
#define WORDS	 " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21"
#define BRIDGE	 "[bridge br0]\n[iface c:e0]\nbridge = br0\n"
#define MINE	 "[filter mine]\nprogram = x.o\n"
#define MAPS	 LAB MINE "[scenario s]\nchain = a:e0 headers mine\n"
#define AT	 "f.ini:18: [scenario s] "
#define PACKET	 LAB "[packet p]\neth = type=0x88b5\n[scenario s]\nchain = a:e0 headers f\n"

#define SEVENTEEN                                                                                 \
	"eth.src = 02:00:00:00:00:01\neth.dst = 02:00:00:00:00:01\neth.type = ipv4\nip.ttl = 1\n" \
	"ip.len = 60\nip.id = 1\nip.proto = tcp\nip.src = 10.0.0.1\nip.dst = 10.0.0.2\n"          \
	"tcp.srcport = 1\ntcp.dstport = 2\ntcp.flags = S\ntcp.window_size = 1\n"                  \
	"tcp.seq_raw = 1\ntcp.ack_raw = 1\ntcp.urgent_pointer = 0\nframe.len = 60\n"

#define TEN  "xxxxxxxxxx"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

/* What was in the lab's memory before is nothing to it. */
static int parse(struct labfile *labfile, const char *text, struct error *e)
{
	memset(labfile, 0xa5, sizeof(*labfile));
	return labfile_parse(labfile, "f.ini", "/dir", text, strlen(text), e);
}

static const struct {
	const char *text, *message;
} refused[] = {
	{ LAB "[lab]\nengine = both\n",
	  "engine = both: \"both\" is not an engine; allowed: auto, libxdp or" },
	{ LAB "[lab]\nengine = inlnie\n", "\"inlnie\" is not an engine; did you mean \"inline\"? "
					  "(allowed: auto, libxdp or inline)" },
	{ LAB "[lab]\nnam = x\n", "[lab] nam = x: unknown key; did you mean \"name\"? (allowed: "
				  "name, about, engine)" },
	{ LAB "[filtre x]\n", "f.ini:16: [filtre x]: unknown section; did you mean \"filter\"? "
			      "(allowed: lab, node, bridge, iface, filter, packet, scenario)" },
	{ LAB "[iface c:e0]\npeer = c:e1\nmode = fast\n[iface c:e1]\npeer = c:e0\n",
	  "[iface c:e0] mode = fast: \"fast\" is not a mode; allowed: native or generic" },
	{ LAB "[iface c:e0]\npeer = c:e1\nmode = genric\n[iface c:e1]\npeer = c:e0\n",
	  "mode = genric: \"genric\" is not a mode; did you mean \"generic\"?" },
	{ LAB "[iface a:v]\nlink = e0\nvlan = 5\nmode = native\n",
	  "[iface a:v] mode = native: a VLAN interface takes no native XDP: mode = generic" },
	{ LAB "[iface c:e0]\npeer = c:e1\nchain = f udp-53\n[iface c:e1]\npeer = c:e0\n",
	  "there is no filter \"udp-53\"; allowed: f, g, hello, headers, pass, drop" },
	{ LAB "[iface c:e0]\npeer = c:e1\nchian = f\n[iface c:e1]\npeer = c:e0\n",
	  "chian = f: unknown key; did you mean \"chain\"?" },
	{ LAB "[filter x]\n",
	  "f.ini:16: [filter x]: the key program is missing; allowed: a built-in" },
	{ LAB "[filter drop]\nprogram = pass\n",
	  "f.ini:17: [filter drop] program = pass: drop is the name of a built-in filter" },
	{ LAB "[filter a/b]\nprogram = drop\n", "\"a/b\" is no name for a filter" },
	{ LAB "[filter x]\nprogram = eter\n",
	  "there is no such program; did you mean \"ether\"? "
	  "(allowed: hello, headers, ether, ip, port, match, pcap, pass" },
	{ LAB "[filter x]\nprogram = eter\nsrc = 1\nto = x\n", "there is no such program" },
	{ LAB "[filter x]\nprogram = objct\n", "there is no such program (allowed: hello, " },
	{ LAB "[filter x]\nprogram = ether\n",
	  "program ether has nothing to match: give it at least one of src, dst, addr, "
	  "type" },
	{ LAB "[filter x]\nprogram = port\naction = pass\n", "program port has nothing to match" },
	{ LAB "[filter x]\nprogram = pcap\n", "the key expr is missing; allowed: " },
	{ LAB "[filter x]\nprogram = match\naction = pass\n",
	  "program match has nothing to match: give it at least one of FIELD (xlab help fields)" },
	{ LAB "[filter x]\nprogram = match\nip.tll = 5\n",
	  "f.ini:18: [filter x] ip.tll = 5: program match has no key ip.tll; did you mean "
	  "\"ip.ttl\"? (allowed: FIELD (xlab help fields), action, program, continue)" },
	{ LAB "[filter x]\nprogram = match\nsrc = 10.0.0.1\n",
	  "program match has no key src; fields of that name: eth.src, ip.src, ipv6.src" },
	{ LAB "[filter x]\nprogram = match\nsyn = 1\n",
	  "program match has no key syn; fields of that name: tcp.flags.syn" },
	{ LAB "[filter x]\nprogram = match\nflags.df = 1\n",
	  "program match has no key flags.df; fields of that name: ip.flags.df" },
	{ LAB "[filter x]\nprogram = match\neth.src = de-ad-be-ef-00-01\n",
	  "\"de-ad-be-ef-00-01\" is not a MAC; allowed: MACs as in de:ad:be:ef:00:01" },
	{ LAB "[filter x]\nprogram = match\nicmp.type = echo-request\n",
	  "\"echo-request\" is not a number" },
	{ LAB "[filter x]\nprogram = match\nip.src == 10.0.0.1\n",
	  "ip.src == 10.0.0.1: one = is enough: write KEY = VALUE" },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1\nip.ttl = 1\n",
	  "program ip has no key ip.ttl: program = match has" },
	{ LAB "[filter x]\nprogram = match\nip.ttl = 1\nip.ttl = 3 0x1\n",
	  "f.ini:19: [filter x] ip.ttl = 3 0x1: 1 is given at line 18 already" },
	{ LAB "[filter x]\nprogram = match\ndata[0:2] = \"ab\"\ndata[00:2] = \"ab\"\n",
	  "f.ini:19: [filter x] data[00:2] = \"ab\": \"ab\" is given at line 18 already" },
	{ LAB "[filter x]\nprogram = match\ndata = \"ab\"\n", "write data[OFFSET:LENGTH]: " },
	{ LAB "[filter x]\nprogram = match\ndata[0] = \"ab\"\n", "write data[OFFSET:LENGTH]: " },
	{ LAB "[filter x]\nprogram = match\ndata[0:0] = \"\"\n", "write data[OFFSET:LENGTH]: " },
	{ LAB "[filter x]\nprogram = match\ndata[0:17] = \"ab\"\n", "1 to 16" },
	{ LAB "[filter x]\nprogram = match\ndata[9001:1] = \"a\"\n", "0 to 9000" },
	{ LAB "[filter x]\nprogram = match\ndata[0:1]x = \"a\"\n", "write data[OFFSET:LENGTH]: " },
	{ LAB "[filter x]\nprogram = match\ndata[0:1 = \"a\"\n", "write data[OFFSET:LENGTH]: " },
	{ LAB "[filter x]\nprogram = match\ndata[0:2] = \"abc\"\n",
	  "\"abc\" has 3 bytes, and the key 2" },
	{ LAB "[filter x]\nprogram = match\ndata[0:2] = ab\n", "\"ab\" is not bytes" },
	{ LAB "[filter x]\nprogram = match\nip.ttl = 1 !\n", "the value behind a ! is missing" },
	{ LAB "[filter x]\nprogram = match\nip.ttl = !1 2 !1\n", "!1 is given twice" },
	{ LAB "[filter x]\nprogram = match\nip.src = fd00::1\n", "is of the other family" },
	{ LAB "[filter x]\nprogram = match\nip.ttl = 1\naction = redirect\n",
	  "is not an action of a match" },
	{ LAB "[filter x]\nprogram = match\n" SEVENTEEN, "a filter matches by 16 keys at most" },
	{ LAB "[filter x]\nprogram = drop\nsrc = 10.0.0.1\n",
	  "f.ini:18: [filter x] src = 10.0.0.1: program drop has no key src; allowed: program, "
	  "continue" },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1\ntype = ipv4\n",
	  "program ip has no key type; allowed: src, dst, addr, proto, action, program, continue" },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.300\n",
	  "\"10.0.0.300\" is not an address; allowed: addresses, CIDRs or ranges A-B, of either "
	  "family" },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1/24\n",
	  "10.0.0.1/24 has bits behind its length; the network is 10.0.0.0/24" },
	{ LAB "[filter x]\nprogram = ip\nsrc = ::/129\n", "the prefix length of \"::/129\"" },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1, 10.0.0.2 10.0.0.1/32\n",
	  " is given twice" },
	{ LAB "[filter x]\nprogram = port\ndts = 80\n",
	  "program port has no key dts; did you mean \"dst\"? (allowed: src, dst, port, proto, "
	  "action, "
	  "program, continue)" },
	{ LAB "[filter x]\nprogram = ip\nsorce = 10.0.0.1\n",
	  "program ip has no key sorce; did you mean \"src\"?" },
	{ LAB "[filter x]\nprogram = ip\nfrobnicate = 10.0.0.1\n",
	  "program ip has no key frobnicate; allowed: src, dst" },
	{ LAB "[filter x]\nprogam = ip\nsrc = 10.0.0.1\n",
	  "progam = ip: unknown key; did you mean \"program\"?" },
	{ LAB "[filter x]\ndstgram = headers\n",
	  "dstgram = headers: unknown key; did you mean \"program\"?" },
	{ LAB "[filter x]\nset.program = 1\nsrc = 1\n", "[filter x]: the key program is missing" },
	{ LAB "[filter x]\nprogram = redirect\ntoo = a:e0\n",
	  "program redirect has no key too; did you mean \"to\"?" },
	{ LAB "[filter x]\nprogram = port\nproto = upd\ndst = 1\n",
	  "\"upd\" is not a protocol; did you mean \"udp\"? (allowed: udp, tcp)" },
	{ LAB "[filter x]\nprogram = ip\nproto = icpm\n", "did you mean \"icmp\"?" },
	{ LAB "[filter x]\nprogram = ether\ntype = ipv5\n",
	  "\"ipv5\" is not an EtherType; did you mean \"ipv4\"?" },
	{ LAB "[filter x]\nprogram = ip\nproto = gre\n", "\"gre\" is not a protocol" },
	{ LAB "[filter x]\nprogram = ip\nproto = 256\n", "\"256\" is beyond 255" },
	{ LAB "[filter x]\nprogram = ip\nproto = udp\naction = redirect\n",
	  "\"redirect\" is not an action of a match; allowed: drop, pass, aborted or tx" },
	{ LAB "[filter x]\nprogram = ip\nproto = udp\naction = dorp\n",
	  "\"dorp\" is not an action of a match; did you mean \"drop\"?" },
	{ LAB "[filter x]\nprogram = ether\nsrc = 10.0.0.1\n", "\"10.0.0.1\" is not a MAC" },
	{ LAB "[filter x]\nprogram = ether\ntype = 0x5ff\n", "\"0x5ff\" is a length and no type" },
	{ LAB "[filter x]\nprogram = port\ndst = 8999-8000\n",
	  "the range is upside down: write 8000-8999" },
	{ LAB "[filter x]\nprogram = port\ndst = 65536\n", "\"65536\" is beyond 65535" },
	{ LAB "[filter x]\nprogram = port\ndst = htp\n",
	  "\"htp\" is not a port; did you mean \"ftp\"?" },
	{ LAB "[filter x]\nprogram = port\ndst = 1 -2\n", "\"-2\" is not a port" },
	{ LAB "[filter x]\nprogram = port\ndst = 1\nproto = icmp\n", "icmp has no ports" },
	{ LAB "[filter x]\nprogram = port\ndst = 1\nproto = 6\n", "\"6\" is not a protocol" },
	{ LAB "[filter x]\nprogram = port\ndst = ,\n", "the list is empty" },
	{ LAB "[filter x]\nprogram = port\ndst = 1\ncontinue = pas\n",
	  "\"pas\" is not an action; did you mean \"pass\"? (allowed: a list of aborted" },
	{ LAB "[filter x]\nprogram = redirect\n", "the key to is missing; allowed: NODE:IFACE" },
	{ LAB "[filter x]\nprogram = redirect\nto = a:e1\n",
	  "there is no interface \"a:e1\"; did you mean \"a:e0\"?" },
	{ LAB "[filter x]\nprogram = redirect\nto = a:e0 b:e0\n", "\"b:e0\" is too much" },
	{ LAB "[filter x]\nprogram = redirect\nto = b:e0\n"
	      "[scenario s]\nchain = a:e0 f x\npass = ping a b\n",
	  "filter x sends every packet to b:e0, from where it comes back to a:e0, round and "
	  "round" },
	{ LAB "[filter x]\nprogram = port\ndst = 1 " LONG "\n", "a value that is too long" },
	{ LAB "[filter x]\nprogram = match\ndata[0:4] = \"" LONG "\"\n",
	  "a value that is too long" },
	{ LAB "[filter x]\nprogram = x.o\nset.1 = 2\n", "\"1\" is no name of a C variable" },
	{ LAB "[filter x]\nprogram = x.o\nset.y = 2\nset.y = 3\n", "y is set at line 18 already" },
	{ LAB "[filter x]\nprogram = x.o\nset.y = 2\nsrc = 3\n",
	  "an object of yours has no key src; allowed: set.NAME, map.NAME, program, continue" },
	{ LAB "[scenario s]\n",
	  "f.ini:16: [scenario s]: it has no step that proves anything: none "
	  "of pass, drop, fail, tx, redirect, aborted, give, see, map, reject" },
	{ LAB "[filter x]\nprogram = x.o\nmap.y = 1\n", "the -> between key and value is missing" },
	{ LAB "[filter x]\nprogram = x.o\nmap.y = -> 1\n", "the KEY is missing; allowed: KEY -> " },
	{ LAB "[filter x]\nprogram = x.o\nmap.y = 1 ->\n", "the VALUE is missing" },
	{ LAB "[filter x]\nprogram = x.o\nmap.y-z = 1 -> 2\n", "\"y-z\" is no name of a map" },
	{ LAB "[filter x]\nprogram = x.o\nmap.y = 1 -> 2\nmap.y = 1->3\n",
	  "y[1] has its value at line 18 already" },
	{ LAB "[filter x]\nprogram = drop\nmap.y = 1 -> 2\n", "program drop has no key map.y" },
	{ SCENARIO "map = f\n",
	  "it must begin with a filter and one of its maps: F.MAP; allowed:" },
	{ SCENARIO "map = x.y[0] == 1\n", "there is no filter \"x\"" },
	{ SCENARIO "map = f.y[0] == 1\n", "filter f is a built-in, and its maps are nobody's" },
	{ LAB MINE "[scenario s]\nmap = mine.y[0] == 1\n",
	  "filter mine stands in no chain of this scenario" },
	{ MAPS "map = mine.[0] == 1\n", "the map's name is missing" },
	{ MAPS "map = mine.y == 1\n", "[KEY] is missing behind the map's name y" },
	{ MAPS "map = mine.y[0 == 1\n", "the [ before the key is not closed by ]" },
	{ MAPS "map = mine.y[] == 1\n", "the key between [ and ] is missing" },
	{ MAPS "map = mine.y[0]. == 1\n", "the field behind the dot is missing" },
	{ MAPS "map = mine.y[0].z 1\n", "behind y[0].z stands none of == != < <= > >=" },
	{ MAPS "map = mine.y[0] =< 1\n", "behind y[0] stands none of == != < <= > >=" },
	{ MAPS "map = mine.y[0] >\n", "the VALUE is missing" },
	{ SCENARIO "serve = a x until tcp:1\ndo = chain a:e0 g\n", "it has no step that proves" },
	{ SCENARIO "fail = ping a b\n", "a packet does not fail: say which filter drops it" },
	{ SCENARIO "drop = exec a true\n", "exec goes with pass and fail only" },
	{ SCENARIO "fail = exec a\n", "the command CMD is missing" },
	{ SCENARIO "fail = exec\n", "the node NODE is missing" },
	{ SCENARIO "fail = exec d true\n", "there is no node \"d\"; allowed: a, b, c" },
	{ SCENARIO "pass = exec a \"\" x\n", "the command CMD is missing" },
	{ SCENARIO "pass = exec a \"x\n", "the quotes are not closed" },
	{ SCENARIO "serve = a x\npass = ping a b\n", "it must end in \"until tcp:PORT\" or" },
	{ SCENARIO "serve = a x \"until\" tcp:1\npass = ping a b\n", "it must end in \"until" },
	{ SCENARIO "serve = a until tcp:1\npass = ping a b\n", "the command CMD is missing" },
	{ SCENARIO "serve = a x until 1\npass = ping a b\n", "\"1\" is neither tcp:PORT nor" },
	{ SCENARIO "serve = a x until tcp\npass = ping a b\n", "\"tcp\" is neither tcp:PORT nor" },
	{ SCENARIO "serve = a x y tcp:1\npass = ping a b\n",
	  "it must end in \"until tcp:PORT\" or" },
	{ SCENARIO "serve = a\npass = ping a b\n", "it must end in \"until tcp:PORT\" or" },
	{ SCENARIO "serve = a x until icmp:1\npass = ping a b\n", "\"icmp:1\" is neither" },
	{ SCENARIO "serve = a x until tcp:0\npass = ping a b\n", "\"tcp:0\" is neither tcp:PORT" },
	{ SCENARIO "serve = a x until tcp:1\nserve = a y until tcp:1\npass = ping a b\n",
	  "f.ini:19: [scenario s] serve = a y until tcp:1: port 1 of a is taken by what line 18 " },
	{ SCENARIO "serve = a x until tcp:1\ndrop = tcp b a:1\n",
	  "port 1 of a is taken by what line 18 serves there" },
	{ SCENARIO "serve = c x until udp:1\npass = udp b a:1 x at b|c\n",
	  "port 1 of c is taken by what line 18" },
	{ SCENARIO "do = fliter f add dst=1\npass = ping a b\n",
	  "\"fliter\" is not filter or chain; allowed: filter F add RULE" },
	{ SCENARIO "do = filter x add dst=1\npass = ping a b\n", "there is no filter \"x\"" },
	{ SCENARIO "do = filter f put dst=1\npass = ping a b\n", "\"put\" is not add or del" },
	{ SCENARIO "do = filter f\npass = ping a b\n", "\"\" is not add or del" },
	{ SCENARIO "do = filter f del\npass = ping a b\n", "the RULE is missing, as dst=9999" },
	{ SCENARIO "do = filter f del dst=1 dst=2\npass = ping a b\n", "more than one rule" },
	{ SCENARIO "do = filter f del 1\npass = ping a b\n", "rule 1: write KEY=VALUE" },
	{ SCENARIO "do = filter f del dst=x,y\npass = ping a b\n",
	  AT "do = filter f del dst=x,y: dst = x,y: \"x\" is not a port; allowed: ports, " },
	{ SCENARIO "do = filter headers del dst=1\npass = ping a b\n", "has no rules" },
	{ LAB "[scenario s]\nchain = a:e0 g\ndo = filter f add dst=1\npass = ping a b\n",
	  "filter f stands in no chain of this scenario" },
	{ SCENARIO "do = chain a:e7 f\npass = ping a b\n", "there is no interface \"a:e7\"" },
	{ SCENARIO "do = chain a:e0 x\npass = ping a b\n", "there is no filter \"x\"" },
	{ SCENARIO "do = chain a:e0 g\ndrop = ping b a by f at a:e0\n",
	  "filter f stands in the chain of another interface, not of a:e0" },
	{ SCENARIO "do = chain a:e0\ndrop = ping b a at a:e0\n", "no chain stands on a:e0" },
	{ LAB "[scenario s]\nchain = a:e0\n", "it has no step" },
	{ SCENARIO "pas = ping a b\ndrop = ping b a\n", "unknown key; did you mean \"pass\"?" },
	{ SCENARIO "chain = a:e0 g\npass = ping a b\n",
	  AT "chain = a:e0 g: a:e0 has a chain in this scenario already, at line 17" },
	{ SCENARIO "chain = b:e1 g\npass = ping a b\n", "there is no interface \"b:e1\"" },
	{ SCENARIO "chain = br0 g\npass = ping a b\n" BRIDGE,
	  AT "chain = br0 g: br0 is a bridge, which takes no native XDP: name a node" },
	{ SCENARIO "chain = br0:e0-p g\npass = ping a b\n" BRIDGE,
	  "br0:e0-p is a port of a bridge, and XDP stands at the other end: c:e0" },
	/* of another bridge */
	{ SCENARIO "chain = br1:e0-p g\npass = ping a b\n" BRIDGE "[bridge br1]\n",
	  "br1 is a bridge, which takes no native XDP" },
	{ SCENARIO "pass = ping a br0\n" BRIDGE, "br0 is a bridge" },
	{ SCENARIO "pass = xyz a b\n",
	  "there is no step \"xyz\"; allowed: ping, udp, tcp, frame, exec" },
	{ SCENARIO "pass = ping axxxx b\n", "there is no node \"axxxx\"; allowed: a, b, c" },
	{ SCENARIO "pass = pign a b\n", AT "pass = pign a b: there is no step \"pign\"; did you" },
	{ SCENARIO "pass = ping\n", "the node SRC is missing" },
	{ SCENARIO "pass = ping a\n", "the destination DST is missing" },
	{ SCENARIO "pass = ping x b\n", "there is no node \"x\"" },
	{ SCENARIO "pass = ping a x\n", "there is no node \"x\"" },
	{ SCENARIO "pass = ping a c\n", "node c has no address" },
	{ SCENARIO "pass = ping c a\n", "c has no IPv4 address to send to 10.0.0.1 from" },
	{ SCENARIO "pass = ping a fd00::2\n", "a has no IPv6 address to send to fd00::2 from" },
	{ SCENARIO "pass = ping a 10.0.0.9\n", "nobody in this lab has the address 10.0.0.9" },
	{ SCENARIO "pass = ping a 10.0.0.999\n", "\"10.0.0.999\" is not an address" },
	{ SCENARIO "pass = ping a a\n", "it goes from a to itself" },
	{ SCENARIO "pass = ping a 10.0.0.1\n", "it goes from a to itself" },
	{ SCENARIO "pass = ping a b count=0\n", "\"count=0\": a count is 1-100" },
	{ SCENARIO "pass = ping a b count=101\n", "\"count=101\": a count" },
	{ SCENARIO "pass = ping a b size=65508\n", "\"size=65508\": a size is 0-65507" },
	{ SCENARIO "pass = ping a b size=\n", "\"size=\": a size" },
	{ SCENARIO "pass = ping a b count=2 size=9 count=3\n", "\"count=\" stands twice" },
	{ SCENARIO "pass = ping a b counts=2\n",
	  "\"counts=2\" says nothing here; did you mean \"count=\"?" },
	{ SCENARIO "drop = ping a b by\n", AT "drop = ping a b by: by: the filter is missing" },
	{ SCENARIO "drop = ping a b by f at\n",
	  "at: the interface NODE:IFACE or the nodes NODE|NODE is missing" },
	{ SCENARIO "drop = udp b a:53 by\n", "by: the filter is missing" },
	{ SCENARIO "pass = ping b a\nsee = a:e0 \"x\" y\n", "\"y\" stands behind the quotes" },
	{ SCENARIO "pass = ping b a\nsee = a:e0 \"\"\n", "the TEXT to be seen is missing" },
	{ SCENARIO "reject = unchecked \"x\n", "the quotes are not closed" },
	{ SCENARIO "pass = ping a b ttl=1\n", "\"ttl=1\" says nothing here; allowed: ping SRC" },
	{ SCENARIO "pass = udp a b\n", "the port is missing: write b:PORT" },
	{ SCENARIO "pass = udp a b:0\n", "\"0\" is not a port of 1-65535" },
	{ SCENARIO "pass = udp a b:65536\n", "\"65536\" is not a port" },
	{ SCENARIO "pass = udp a b:\n", "\"\" is not a port" },
	{ SCENARIO "pass = udp b fd00::2:53\n", "write an IPv6 address and its port as [ADDRESS]" },
	{ SCENARIO "pass = udp b [fd00::2]\n", "\"[fd00::2]\" is not [ADDRESS]:PORT" },
	{ SCENARIO "pass = udp b [fd00::2:53\n", "\"[fd00::2:53\" is not [ADDRESS]:PORT" },
	{ SCENARIO "pass = udp a [b]:53\n", "\"b\" is not an address" },
	{ SCENARIO "pass = udp a b:53 two words\n",
	  "\"words\" is too much; put a TEXT of several" },
	{ SCENARIO "pass = udp a b:53 \"two words\n", "the quotes are not closed" },
	{ SCENARIO "pass = udp a b:53 \"two ; words\n", "the quotes are not closed" },
	{ SCENARIO "pass = udp a b:53 \"a\"b\n",
	  "the quotes are not closed by \" and white space" },
	{ SCENARIO "pass = udp a b:53 \"\"\n", "an empty TEXT cannot be seen to arrive" },
	{ SCENARIO "pass = tcp a b:53" WORDS WORDS WORDS "\n", "it has more than 64 words" },
	{ SCENARIO "pass = ping a [b]\n", "\"b\" is not an address" },
	{ SCENARIO "pass = ping a [10.0.0.2\n", "\"[10.0.0.2\" is not [ADDRESS]" },
	{ SCENARIO "pass = udp b 10.0.0.9:1\n",
	  "nobody in this lab has the address 10.0.0.9: at NODE names who listens there" },
	{ SCENARIO "drop = udp b 10.9.0.9:1\n", "b has no way to 10.9.0.9: no subnet" },
	{ SCENARIO "tx = ping b 10.0.0.9 control=pass\n",
	  "nobody in this lab has the address 10.0.0.9, so it cannot arrive without chains" },
	{ SCENARIO "pass = ping a 10.0.0.2%e0\n", "10.0.0.2 means the same on every link" },
	{ SCENARIO "pass = ping a fe80::9%e9\n", "there is no interface \"a:e9\"" },
	{ SCENARIO "pass = ping a fe80::9%lo\n", "a:lo is a node's lo" },
	{ SCENARIO "pass = ping b fe80::9%e0\n", "nobody in this lab has the address fe80::9" },
	{ SCENARIO "pass = ping a 10.0.0.255\n",
	  "10.0.0.255 goes to all of a segment: at NODE|NODE names those that are to receive it" },
	{ SCENARIO "pass = udp a 224.0.0.1:9\n", "224.0.0.1 goes to all of a segment" },
	{ SCENARIO "pass = tcp a 10.0.0.255:80 at b\n",
	  "10.0.0.255 goes to several, and tcp to one" },
	{ SCENARIO "pass = udp a 10.0.0.255:80 at b flows=2\n", "each of them gets all" },
	{ SCENARIO "pass = ping a 10.0.0.255 at b count=2 arrive=1\n", "each of them gets all" },
	{ SCENARIO "pass = ping a 10.0.0.255 at b|a\n",
	  "a sends it, and is not among those that receive it" },
	{ SCENARIO "pass = ping a 10.0.0.255 at c\n",
	  "10.0.0.255 goes to the segment of a:e0, and c is not there" },
	{ SCENARIO "pass = ping a ff02::1%e0 at b\n", "a:e0 has no IPv6 address to send it from" },
	{ SCENARIO "pass = ping b ff02::1 at a\n", "a has no IPv6 address, and so no IPv6" },
	{ SCENARIO "drop = ping a 10.0.0.255 control=pass\n", "nobody is named who receives it" },
	{ TWICE "pass = ping a 10.5.0.1\n",
	  "f.ini:25: [scenario s] pass = ping a 10.5.0.1: several have the address 10.5.0.1: b, c; "
	  "name those that are meant, as in at b|c" },
	{ TWICE "pass = ping b 10.5.0.1\n", "it goes from b to itself" },
	{ TWICE "drop = udp a 255.255.255.255:9\n",
	  "name the interface of a by which it goes out: 255.255.255.255%IFACE" },
	/* nor does it do where only one of those is that it names, be it the last */
	{ TWICE "pass = udp a 224.0.0.1:9 at b|c\n",
	  "name the interface of a by which it goes out: 224.0.0.1%IFACE" },
	{ TWICE "drop = ping a fe80::1\n",
	  "fe80::1 is link-local: name the interface of a by which it goes out: fe80::1%IFACE" },
	{ "[node a]\n" LINK("b", "0", "10.5.0.1/32") LINK("c", "1", "10.5.0.1/32")
		  LINK("d", "2", "10.5.0.1/32")
			  LINK("e", "3", "10.5.0.1/32") "[scenario s]\npass = ping a 10.5.0.1\n",
	  "several have the address 10.5.0.1: b, c, d and 1 more; name those that are meant, as in "
	  "at b|c|d" },
	{ "[node a]\n" LINK("b", "0", "10.5.0.1/32") LINK("c", "1", "10.5.0.1/32")
		  LINK("d", "2", "10.5.0.1/32") "[scenario s]\npass = ping a 10.5.0.1\n",
	  "several have the address 10.5.0.1: b, c, d; name those that are meant, as in at b|c|d" },
	/* each of them a neighbour of a, which would ask for it by either link */
	{ "[node a]\n[node b]\n[node c]\n[iface a:e0]\npeer = b:e0\naddress = 10.5.0.8/24\n"
	  "[iface b:e0]\npeer = a:e0\naddress = 10.5.0.1/24\n"
	  "[iface a:e1]\npeer = c:e0\naddress = 10.5.0.9/24\n"
	  "[iface c:e0]\npeer = a:e1\naddress = 10.5.0.1/24\n"
	  "[scenario s]\npass = ping a 10.5.0.1\n",
	  "several have the address 10.5.0.1: b, c; name those that are meant, as in at b|c" },
	{ "[node a]\n" LINK("b", "0", "fe80::8/64")
		  LINK("c", "1", "fe80::8/64") "[scenario s]\npass = ping a fe80::8\n",
	  "fe80::8 is link-local: name the interface of a by which it goes out: fe80::8%IFACE" },
	{ TWICE "drop = ping d d\n", "it goes from d to itself" },
	{ TWICE "drop = ping b d\n", "d has link-local addresses only, and shares no link with b" },
	{ SCENARIO "pass = ping a b control=may\n",
	  "there is no control \"may\"; allowed: pass, fail, none" },
	{ SCENARIO "pass = ping a b warm warm\n", "\"warm\" stands twice" },
	{ SCENARIO "pass = ping a b size=1 size=2\n", "\"size=\" stands twice" },
	{ SCENARIO "pass = ping a b count=9 arrive=1 arrive=2\n", "\"arrive=\" stands twice" },
	{ SCENARIO "pass = ping a b control=pass control=pass\n", "\"control=\" stands twice" },
	{ SCENARIO "pass = udp b a:5 x flows=2 flows=3 at a\n", "\"flows=\" stands twice" },
	{ SCENARIO "pass = udp b a:5 x flows=2 each>=1% each>=2% at a\n", "\"each>=\" stands tw" },
	{ PACKET "pass = frame b:e0 p as p as p\n", "\"as\" stands twice" },
	{ PACKET "pass = frame b:e0 p as p except ip.ttl warm except ip.id\n",
	  "\"except\" stands twice" },
	{ SCENARIO "pass = ping a b at c|d\n", "there is no node \"d\"; allowed: a, b, c" },
	{ SCENARIO "pass = ping a b at c|c\n", "\"at\" names the node c twice" },
	{ SCENARIO "pass = ping a b at c|\n", "\"c|\" is neither an interface NODE:IFACE nor" },
	{ SCENARIO "pass = ping a b at b at c\n", "\"at\" stands twice with nodes" },
	{ SCENARIO "pass = ping a b at br0\n" BRIDGE, "br0 is a bridge" },
	{ SCENARIO "pass = ping a b count=9 arrive=x\n", "\"arrive=x\" is neither arrive=N nor" },
	{ SCENARIO "pass = ping a b count=9 arrive=2..\n", "\"arrive=2..\" is neither" },
	{ SCENARIO "pass = ping a b count=9 arrive=5..2\n", "upside down: write arrive=2..5" },
	{ SCENARIO "pass = ping a b count=9 arrive=0\n", "that none arrives is what a drop step" },
	{ SCENARIO "pass = ping a b count=9 arrive=9..10\n", "count=9 sends 9, so 10 cannot" },
	{ SCENARIO "drop = ping a b arrive=1\n",
	  "\"arrive=\" goes with pass and ping or frame only" },
	{ SCENARIO "pass = udp b a:5 arrive=1\n",
	  "\"arrive=\" goes with pass and ping or frame only" },
	{ SCENARIO "pass = udp b a:5 count=3\n", "\"count=\" goes with ping and frame only" },
	{ SCENARIO "pass = udp b a:5 x flows=9\n", "flows= needs at NODE|NODE" },
	{ SCENARIO "pass = ping a b flows=9\n", "\"flows=\" goes with pass and udp or tcp only" },
	{ SCENARIO "drop = udp b a:5 x flows=9 at a\n", "\"flows=\" goes with pass and" },
	{ SCENARIO "pass = udp b a:5 x flows=1001 at a\n", "\"flows=1001\": flows are 1-1000" },
	{ SCENARIO "pass = udp b a:5 x each>=9% at a\n", "each>= needs flows=N" },
	{ SCENARIO "pass = udp b a:5 x flows=9 each>=9 at a\n", "\"each>=9\" is not each>=P%" },
	{ SCENARIO "pass = udp a b:5 x flows=9 each>=101% at b\n", "with a P of 1-100" },
	{ SCENARIO "pass = udp b a:5 x flows=9 each>=51% at a|c\n", "2 nodes cannot have 51%" },
	{ SCENARIO "pass = udp b a:5 x flow=2\n", "\"flow=2\" says nothing here; did you mean" },
	{ SCENARIO "control = maybe\npass = ping a b\n",
	  "\"maybe\" is not a control; allowed: pass, fail or none" },
	{ SCENARIO "neighbours = hot\npass = ping a b\n", "allowed: cold or warm" },
	{ SCENARIO "drop = udp b a:53 x by h\n", "there is no filter \"h\"" },
	{ SCENARIO "drop = udp b a:53 x by g\n", "filter g stands in no chain of this scenario" },
	{ SCENARIO "drop = udp b a:53 x by f by f\n", "\"by\" stands twice" },
	{ SCENARIO "drop = udp b a:53 x at a:e0 at a:e0\n", "\"at\" stands twice with an" },
	{ SCENARIO "drop = udp b a:53 x at a:e1\n", "there is no interface \"a:e1\"" },
	{ SCENARIO "drop = udp b a:53 x at b:e0\n", "no chain stands on b:e0 in this scenario" },
	{ SCENARIO "chain = b:e0 g\ndrop = udp b a:53 x by f at b:e0\n",
	  "filter f stands in the chain of another interface, not of b:e0" },
	{ SCENARIO "chain = " LONG " g\npass = ping a b\n", "an interface's name is too long" },
	{ SCENARIO "chain = b:e0 " LONG "\npass = ping a b\n", "a filter's name is too long" },
	{ SCENARIO "pass = udp a 10.0.0.254:53\n"
		   "[bridge br0]\naddress = 10.0.0.254/24\n",
	  "10.0.0.254 is a bridge's address; only ping can go there" },
	{ SCENARIO "pass = ping c a\n[iface c:e0]\npeer = a:e1\naddress = 10.9.0.1/24\n"
		   "[iface a:e1]\npeer = c:e0\n",
	  "c has no way to 10.0.0.1: no subnet and no route" },
	{ SCENARIO "see = a:e0 x\n", AT "see = a:e0 x: nothing was sent before it" },
	{ SCENARIO "pass = ping b a\nsee = a:e0\n", "the TEXT to be seen is missing" },
	{ SCENARIO "pass = ping b a\nsee = b:e0 x\n",
	  "no filter on b:e0 shows packets in this "
	  "scenario: its chain needs one with one of the programs hello, headers" },
	{ SCENARIO "reject = unchecked\n", "the TEXT of the verifier's log is missing" },
	{ SCENARIO "reject = x y\n", "there is no filter \"x\"" },
	{ "", "f.ini: the file is empty" },
	{ "# x\n", "f.ini: there is no [node NAME] in it: a lab has at least one" },
	{ PACKET "pass = frame\n", "the interface NODE:IFACE is missing" },
	{ PACKET "pass = frame a:e7\n", "there is no interface \"a:e7\"" },
	{ PACKET "pass = frame a:e7 q count=0\n", "there is no interface \"a:e7\"" },
	{ PACKET "pass = frame b:e0\n", "the PACKET is missing" },
	{ PACKET "pass = frame b:e0 q count=0\n", "there is no packet \"q\"; allowed: p" },
	{ SCENARIO "pass = frame b:e0 q\n",
	  "there is no packet \"q\", nor any other: add a section [packet q]" },
	{ PACKET "pass = frame b:e0 p size=9\n", "\"size=\" goes with ping only" },
	{ PACKET "pass = frame b:e0 p flows=9\n", "\"flows=\" goes with pass and udp or tcp" },
	{ PACKET "pass = frame b:e0 p count=2 arrive=3\n", "count=2 sends 2, so 3 cannot arrive" },
	{ PACKET "give = a:e0 p\n", "behind the PACKET the => and its VERDICT are missing" },
	{ PACKET "give = a:e0 p =>\n", "behind the PACKET the => and its VERDICT are missing" },
	{ PACKET "give = a:e0 p -> drop\n", "behind the PACKET the => and its VERDICT are" },
	{ PACKET "give = a:e0 p => fail\n", "\"fail\" is not a verdict" },
	{ PACKET "give = a:e0 p => drpo by h\n", "\"drpo\" is not a verdict" },
	{ PACKET "give = a:e0 p => drop by h\n", "there is no filter \"h\"" },
	{ PACKET "give = a:e0 p => drop warm\n", "\"warm\" goes with ping, udp, tcp and frame" },
	{ PACKET "give = a:e0 p => pass count=1\n", "\"count=\" goes with ping and frame only" },
	{ PACKET "give = a:e0 p => pass at b\n", "\"at\" goes with ping, udp, tcp and frame" },
	{ PACKET "give = b:e0 p => drpo\n", "no chain stands on b:e0 in this scenario" },
	{ PACKET "do = chain a:e0\ngive = a:e0 p => drop\n", "no chain stands on a:e0" },
	{ PACKET "give = a:e0 \"p => drop\n", "the quotes are not closed" },
	{ PACKET "pass = ping b a as p\n",
	  "what a ping arrives as nobody sees: as goes with frame, or with tx and redirect" },
	{ PACKET "pass = tcp b a:1 x as p\n", "what a tcp arrives as nobody sees" },
	{ PACKET "drop = frame b:e0 p as p\n", "\"as\" goes with pass, tx and redirect only" },
	{ PACKET "pass = frame b:e0 p as q\n", "there is no packet \"q\"" },
	{ PACKET "pass = frame b:e0 p as\n", "as: the packet is missing" },
	{ PACKET "pass = frame b:e0 p except ip.ttl\n", "except needs as PACKET" },
	{ PACKET "pass = frame b:e0 p as p except\n", "except: the field is missing" },
	{ PACKET "pass = frame b:e0 p as p except ip.tll count=0\n",
	  "there is no field \"ip.tll\"; did you mean \"ip.ttl\"?" },
	{ PACKET "pass = frame b:e0 p as p except ip.tll ip.ttll\n",
	  "there is no field \"ip.tll\"" },
	{ PACKET "pass = frame b:e0 p as p except ip.ttl ip.tll\n",
	  "there is no field \"ip.tll\"" },
	{ PACKET "pass = frame b:e0 p as p except tcp.flags.syn\n",
	  "tcp.flags.syn is told as a part of tcp.flags: except that" },
	{ PACKET "pass = frame b:e0 p as p except " LONG "\n", "a field's name is too long" },
	{ LAB "[iface c:e0]\npeer = c:e1\nchain = f\n[iface c:e1]\npeer = c:e0\n"
	      "[scenario s]\ndrop = udp b a:53 x by g\n",
	  "filter g stands in no chain of this scenario" },
	/* of several faults of one line the first alone is told */
	{ SCENARIO "pass = udp a b:53 \"\" count=2\n", "an empty TEXT cannot be seen" },
	{ SCENARIO "pass = ping a x count=0\n", "\"count=0\": a count is 1-100" },
	{ SCENARIO "pass = udp x y z=1\n", "there is no node \"x\"" },
	{ SCENARIO "pass = udp a y:0 x by h\n", "there is no filter \"h\"" },
	{ SCENARIO "pass = udp a y:0 x\n", "\"0\" is not a port" },
	{ SCENARIO "pass = ping a [10.0.0.999\n", "is not [ADDRESS]" },
	{ SCENARIO "pass = ping a b at d|x\n", "there is no node \"d\"" },
	{ SCENARIO "pass = ping a b at |x\n", "\"|x\" is neither an interface" },
	{ SCENARIO "pass = ping a b by h at a:e7\n", "there is no filter \"h\"" },
	{ SCENARIO "pass = ping a b at a:e7 by h\n", "there is no interface \"a:e7\"" },
	{ SCENARIO "pass = exec x\n", "there is no node \"x\"" },
	{ SCENARIO "drop = exec x\n", "exec goes with pass and fail only" },
	{ PACKET "fail = frame x:e0 p\n", "a packet does not fail: say which filter drops it" },
	{ SCENARIO "serve = x y until z\npass = ping a b\n", "there is no node \"x\"" },
	{ SCENARIO "serve = a until z\npass = ping a b\n", "\"z\" is neither tcp:PORT nor" },
	{ SCENARIO "serve = a x until tcp:1\nserve = a until tcp:1\npass = ping a b\n",
	  "the command CMD is missing" },
	{ SCENARIO "serve = c x until udp:1\npass = udp b a:1 x at c|b\n", "port 1 of c is taken" },
	{ SCENARIO "serve = c x until udp:1\nserve = b x until udp:1\n"
		   "pass = udp b a:1 x at c|b\n",
	  "port 1 of c is taken" },
	{ SCENARIO "do = fliter x put\npass = ping a b\n", "\"fliter\" is not filter or chain" },
	{ SCENARIO "do = filter x put\npass = ping a b\n", "there is no filter \"x\"" },
	{ SCENARIO "do = filter g put\npass = ping a b\n", "filter g stands in no chain of" },
	{ SCENARIO "do = chain a:e7 x\npass = ping a b\n", "there is no interface \"a:e7\"" },
	{ SCENARIO "map = x.[\n", "there is no filter \"x\"" },
	{ SCENARIO "map = f.[\n", "filter f is a built-in" },
	{ MAPS "map = mine.[0 =\n", "the map's name is missing" },
	{ MAPS "map = mine.y[0]. =<\n", "the field behind the dot is missing" },
	{ MAPS "map = mine.y[0] =<\n", "behind y[0] stands none of" },
	{ SCENARIO "see = a:e7\n", "there is no interface \"a:e7\"" },
	{ SCENARIO "see = b:e0\n", "the TEXT to be seen is missing" },
	{ SCENARIO "reject = x\n", "there is no filter \"x\"" },
	{ SCENARIO "chain = b:e7 x\npass = ping a b\n", "there is no interface \"b:e7\"" },
};

/* What a refused thing was needed for is not told as missing besides. */
static const char *const cascades[] = {
	"[node a]\n[node b]\nroute = default via 10.0.0.1\n"
	"[iface a:e0]\npeer = b:e0\naddress = 10.0.0.1/24\n"
	"[iface b:e0]\npeer = a:e0\naddress = 10.0.0.999/24\n"
	"[scenario s]\npass = ping a b\npass = ping b a\npass = ping a 10.0.0.99\n",
	"[node a]\n[node b]\nroute = default via 10.0.0.1\n"
	"[iface a:e0]\npeer = b:e0\naddress = 10.0.0.1/24\n"
	"[iface b:e0]\npeer = a:e0\nadress = 10.0.0.2/24\n"
	"[scenario s]\npass = ping a b\npass = ping b a\n",
	"[node a]\n[node b]\n"
	"[iface a:e0]\npeer = b:e0\naddress = 10.0.0.1/24\n"
	"[ifcae b:e0]\npeer = a:e0\naddress = 10.0.0.2/24\n"
	"[iface b:e1]\naddress 10.0.0.2/24\n[scenario s]\npass = ping b a\n",
	SCENARIO "chian = b:e0 g\ndrop = ping a b by g\ndrop = ping a b at b:e0\n"
		 "drop = ping a b by f at b:e0\nsee = b:e0 x\n",
	SCENARIO "chain = b:e0 gg hello1\ndrop = ping a b by g\nsee = b:e0 x\n",
	LAB "[filter x]\nprogram = port\ndts = 80\n[filter y]\nprogram = port\nxyzzy = 80\n",
	LAB "[iface c:e0]\nbrigde = br0\n[bridge br0]\n[scenario s]\npas = ping a b\n",
	LAB "[iface c:e0]\npeer = c:e9\n[iface c:e1]\npeer = c:e0\n",
	"[node h{3..1}]\n[bridge b{1..x}]\n[iface h{1..3}:eth0]\nbridge = b{n}\n"
	"[iface h1:e]\npeer = h2:e\n[scenario s]\npass = ping h1 h3\n",
	LAB "[bridge br0]\n[iface p:e0]\nbridge = br0\naddress = 10.0.0.7/24\n"
	    "[bridge br1]\n[iface q:e0]\nbridge = br1\naddress = 10.0.0.7/24\n[scenario s]\n"
	    "pass = udp a 10.0.0.7:53\n",
	LAB "[iface e1]\npeer = c:e0\nchain = f\nmode = native\n",
	LAB "[iface a:e1]\nadress = fe80::1/64\npeer = c:e0\n[iface c:e0]\npeer = a:e1\n"
	    "[scenario s]\npass = ping a fe80::9\n",
	LAB "[iface c:e0]\nadress = fe80::9/64\npeer = c:e1\n[iface c:e1]\npeer = c:e0\n"
	    "[scenario s]\npass = ping b fe80::9%e0\n",
	LAB "[iface a:e1]\nadress = 10.7.0.1/24\npeer = c:e0\n[iface c:e0]\npeer = a:e1\n"
	    "[scenario s]\npass = udp a 255.255.255.255:9 at c\n",
	/* half a VLAN interface is one, too, which another cannot be over */
	LAB "[iface a:v]\nlink = w\nvlan = 5\n[iface a:w]\nvlan = 6\n",
	LAB "[iface a:v]\nlink = w\nvlan = 5\n[iface a:w]\nlink = e0\n",
	/* what was refused is no id that both have */
	LAB "[iface a:v]\nlink = e0\nvlan = 0\n[iface a:w]\nlink = e0\nvlan = 0\n",
	/* which filters stand is not known any more */
	LAB "[filter x]\nprogram = port\ndst = 1\n[scenario s]\nchain = a:e0 f\n"
	    "do = chain a:e0 none\ndo = filter x add dst=2\npass = ping a b\n",
};
static const unsigned int cascade_lines[] = {
	1, 1, 3, 1, 2, 2, 2, 1, 2, 2, 1, 1, 1, 1, 2, 2, 2, 1
};

static void tells_each_fault_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cascades); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;

		assert_int_equal(parse(&labfile, cascades[i], &e), -EINVAL);
		if (e.lines != cascade_lines[i])
			fail_msg("not %u but %u errors of number %zu: \"%s\"", cascade_lines[i],
				 e.lines, i, e.text);
		labfile_clear(&labfile);
	}
}

static void refuses_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;

		if (parse(&labfile, refused[i].text, &e) != -EINVAL)
			fail_msg("not refused: %s", refused[i].message);
		assert_int_equal(e.kind, ERROR_INPUT);
		if (!strstr(e.text, refused[i].message))
			fail_msg("not \"%s\" but \"%s\"", refused[i].message, e.text);
		if (e.lines != 1)
			fail_msg("more than \"%s\": \"%s\"", refused[i].message, e.text);
		labfile_clear(&labfile);
	}
}

/* What is not refused, and what is said of it all the same; NULL: nothing. */
#define ALLOW	   "[filter ssh]\nprogram = port\ndst = 22\naction = pass\ncontinue = none\n"
#define ARP	   "[filter arp]\nprogram = ether\ntype = arp\naction = pass\ncontinue = none\n"
#define S	   "[scenario s]\n"
#define S2	   "[scenario t]\n"
#define DONE	   "pass = ping a b\n"
#define MATCH_ONLY "[filter m]\nprogram = match\n"
#define MATCH	   LAB "[filter x]\nprogram = match\n"
/* Both ends of a link have a chain; x sends back what has such keys. */
#define FRAME(to)                                                                                 \
	LAB "[node d]\n[node e]\n[iface d:e0]\npeer = e:e0\nmac = 02:00:00:00:00:01\n"            \
	    "[iface e:e0]\npeer = d:e0\n[packet p]\neth = dst=" to " type=0x88b5\n[scenario s]\n" \
	    "pass = frame d:e0 p\n"

#define ENDS(at_c, at_d)                                                                       \
	LAB "[node d]\n[iface c:e0]\npeer = d:e0\nchain = " at_c "\n[iface d:e0]\n"            \
	    "peer = c:e0\nchain = " at_d "\n[filter arp]\nprogram = ether\ntype = arp\n"       \
	    "action = pass\n[filter web]\nprogram = port\ndst = 80\naction = tx\n[filter x]\n" \
	    "program = match\naction = tx\n"
#define TO_AND_FRO "c:e0 and d:e0 send the same packets back (tx): the first of them goes back and"
/* A chain at the sender alone, which replies of TCP come to. */
#define TCP_BACK(keys) LAB "[filter x]\n" keys "\n" S "chain = a:e0 x\ndrop = tcp a b:53 x by x\n"
static const struct {
	const char *text, *warning;
} warned[] = {
	{ LAB "[filter x]\nprogram = ip\nproto = udp, 44 0\n",
	  "f.ini:18: warning: [filter x] proto = udp, 44 0: no packet has a protocol of 44, 0 "
	  "here: icmp is IPv4's alone, icmpv6 is IPv6's, and headers that extend IPv6 are stepped "
	  "over" },
	{ "[filter x]\nprogram = ip\nproto = 44\n" LAB, "f.ini:3: warning: [filter x] proto = 44" },
	{ LAB "[filter x]\nprogram = ip\nproto = 43, 60\n",
	  "stepped over; the filter never matches" },
	{ LAB "[filter x]\nprogram = ip\nproto = 51\nsrc = fd00::1\n", "protocol of 51" },
	{ LAB "[filter x]\nprogram = ip\nproto = icmp\ndst = fd00::1\n", "protocol of 1 here" },
	{ LAB "[filter x]\nprogram = ip\nproto = 58\ndst = 10.0.0.1\n", "protocol of 58 here" },
	{ LAB "[filter x]\nprogram = ip\nproto = 51, icmp, icmpv6\n", NULL },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1 fd00::1\ndst = fd00::1\n", NULL },
	{ LAB "[filter x]\nprogram = ip\nsrc = 10.0.0.1\ndst = fd00::1\n",
	  "f.ini:19: warning: [filter x] dst = fd00::1: it never matches: no packet has both this "
	  "src and this dst: they are of two families" },
	{ LAB "[filter x]\nprogram = port\nport = 53\nproto = udp\n", NULL },
	{ LAB "[filter x]\nprogram = port\nport = 53 !80\n",
	  "f.ini:18: warning: [filter x] port = 53 !80: !80 excludes nothing" },
	{ LAB "[filter x]\nprogram = port\nport = 53 !50-60\n",
	  "it never matches: port excludes all that it names" },
	{ LAB "[filter x]\nprogram = ip\naddr = 10.0.0.1\nsrc = fd00::1\n", "of two families" },
	{ MATCH "ip.ttl = 1-5\nudp.dstport = 53\n", NULL },
	{ MATCH "ip.src = 10.0.0.1\nipv6.dst = fd00::1\n",
	  "f.ini:19: warning: [filter x] ipv6.dst = fd00::1: it never matches: no packet has both "
	  "this ip.src and this ipv6.dst" },
	{ MATCH "tcp.flags = S\nudp.port = 53\n", "both this tcp.flags and this udp.port" },
	{ MATCH "eth.type = arp\nip.ttl = 1\n", "both this eth.type and this ip.ttl" },
	{ MATCH "eth.type = arp, ipv4\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = vlan\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = 0x88a8\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = 0x8102-0x86dc\nip.ttl = 1\n", "both this eth.type and this ip.ttl" },
	{ MATCH "eth.type = 0x8102-0x88a8\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = 0x88a9-0x9000\nip.ttl = 1\n", "both this eth.type and this ip.ttl" },
	{ MATCH "eth.type = 0x88a8-0x9000\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = 0x700-0x7ff\nip.ttl = 1\n", "both this eth.type and this ip.ttl" },
	{ MATCH "eth.type = 0x700-0x800\nip.ttl = 1\n", NULL },
	{ MATCH "eth.type = 0x800-0x805\narp.opcode = 1\n", "this eth.type and this arp.opcode" },
	{ MATCH "eth.type = 0x800-0x806\narp.opcode = 1\n", NULL },
	{ MATCH "eth.type = 0x807-0x900\ndata[0:1] = \"x\"\n", NULL },
	{ MATCH "eth.type = 0x88b5\ndata[0:1] = hex:00\n", NULL },
	{ MATCH "eth.type = 0x88b5\nip.ttl = 1\n", "both this eth.type and this ip.ttl" },
	{ MATCH "eth.type = !arp\nip.ttl = 1\n", NULL },
	{ MATCH "ip.proto = udp\ntcp.dstport = 22\n", "both this ip.proto and this tcp.dstport" },
	{ MATCH "ip.proto = !udp\ntcp.dstport = 22\n", NULL },
	{ MATCH "ip.proto = 47\ntcp.dstport = 22\n", "both this ip.proto and this tcp.dstport" },
	{ MATCH "ip.proto = 1-6\ntcp.dstport = 22\n", NULL },
	{ MATCH "ip.proto = 44\n", "no packet has a protocol of 44 here" },
	{ MATCH "ip.proto = 43-44\n", NULL },
	{ LAB "[filter x]\nprogram = port\nproto = udp\naction = pass\n" S
	      "chain = a:e0 x drop\n" DONE,
	  "nothing before it lets ARP by" },
	{ LAB "[filter x]\nprogram = ip\nproto = udp\naction = pass\n" S
	      "chain = a:e0 x drop\n" DONE,
	  "nothing before it lets ARP by" },
	{ LAB "[filter x]\nprogram = ip\nproto = !udp\naction = pass\n" S
	      "chain = a:e0 x drop\n" DONE,
	  "nothing before it lets ARP by" },
	{ MATCH "ip.proto = 51\n", NULL },
	{ MATCH "ipv6.nxt = 51\n", "no packet has a protocol of 51 here" },
	{ MATCH "ip.proto = icmpv6\n", "no packet has a protocol of 58 here" },
	{ MATCH "icmp.type = 8\nipv6.hlim = 64\n", "both this icmp.type and this ipv6.hlim" },
	{ MATCH "icmpv6.type = 128\nipv6.hlim = 64\n", NULL },
	{ MATCH "arp.opcode = 1\neth.addr = de:ad:be:00:00:00/24\n", NULL },
	{ MATCH "ip.ttl = 5 !1-10\n",
	  "f.ini:18: warning: [filter x] ip.ttl = 5 !1-10: it never matches: ip.ttl excludes all "
	  "that it names" },
	{ MATCH "ip.ttl = 5 11 !1-10\n", NULL },
	{ MATCH "ip.ttl = 20 !1-10\n", "!1-10 excludes nothing: no other value has any of it" },
	{ MATCH "ip.ttl = !1-10\n", NULL },
	{ MATCH "ip.src = 10.0.0.0/8 !10.1.0.0/16\n", NULL },
	{ MATCH "ip.src = 10.0.0.0/8 !11.0.0.0/8\n", "!11.0.0.0/8 excludes nothing" },
	{ MATCH "ip.ttl = 20\nip.ttl = !1-10\n", /* told where the key stands first */
	  "f.ini:18: warning: [filter x] ip.ttl = 20: !1-10 excludes nothing" },
	{ MATCH "tcp.flags = S/SA !SP\n", NULL },
	{ MATCH "tcp.flags = SA/SA !255\n", NULL },
	{ MATCH "tcp.flags = none/SA !none\n", NULL },
	{ MATCH "tcp.flags = S/SA !A/A\n", "!A/A excludes nothing" },
	{ MATCH "tcp.flags = S !S/S\n", "tcp.flags excludes all that it names" },
	{ MATCH "udp.port = 50-60 !55-70\n", NULL },
	{ MATCH "udp.port = 50-60 !40-55\n", NULL },
	{ MATCH "udp.port = 50-60 !50-60\n", "udp.port excludes all that it names" },
	{ LAB MATCH_ONLY "tcp.dstport = 22\naction = pass\n" S "chain = a:e0 m drop\n" DONE,
	  "nothing before it lets ARP by" },
	{ LAB MATCH_ONLY "tcp.dstport = 22\naction = pass\n"
			 "[filter n]\nprogram = match\narp.opcode = 1 2\naction = pass\n" S
			 "chain = a:e0 n m drop\n" DONE,
	  NULL },
	{ SCENARIO "drop = udp b a:5 x by headers\n",
	  "f.ini:18: warning: [scenario s] drop = udp b a:5 x by headers: filter headers never "
	  "drops a packet: it has no opinion" },
	{ LAB ALLOW S "chain = a:e0 ssh\ndrop = tcp b a:22 x by ssh\n",
	  "filter ssh never drops a packet: its action is pass" },
	{ LAB ALLOW S "chain = a:e0 ssh\npass = tcp b a:22 x by ssh\n", NULL },
	{ SCENARIO "drop = udp b a:53 x by f\naborted = udp b a:53 x by f\n",
	  "filter f never aborts a packet: its action is drop" },
	{ SCENARIO "tx = udp b a:53 x by f\n", "filter f never sends a packet back" },
	{ SCENARIO "redirect = udp b a:53 x by f\n", "filter f never sends a packet elsewhere" },
	{ SCENARIO "pass = udp b a:53 x by f\n", "filter f never lets a packet through" },
	{ LAB "[filter x]\nprogram = aborted\n" S "chain = a:e0 x\ndrop = ping b a by x\n", NULL },
	{ LAB S "chain = a:e0 tx\nredirect = ping b a by tx\n",
	  "filter tx never sends a packet elsewhere: its action is tx" },
	{ LAB "[filter x]\nprogram = redirect\nto = a:e0\n" S
	      "chain = a:e0 x\ntx = ping b a by x\n",
	  "filter x never sends a packet back: its action is redirect" },
	{ LAB "[filter x]\nprogram = redirect\nto = a:e0\n" S
	      "chain = a:e0 x\nredirect = ping b a by x\npass = ping b a by x\n",
	  NULL },
	{ LAB S "chain = a:e0 tx\npass = ping b a by tx\n", NULL },
	{ LAB "[filter x]\nprogram = drop\ncontinue = drop\n" S
	      "chain = a:e0 x\ndrop = ping b a by x\n",
	  "never drops a packet: the chain goes on behind it (continue)" },
	{ LAB "[filter x]\nprogram = ip\nproto = 44\n" S "chain = a:e0 x\ndrop = ping b a by x\n",
	  "f.ini:21: warning: [scenario s] drop = ping b a by x: filter x never drops a packet: "
	  "it matches none" },
	{ LAB "[filter x]\nprogram = x.o\n" S "chain = a:e0 x\ntx = ping b a by x\n"
	      "drop = ping b a by x\nredirect = ping b a by x\naborted = ping b a by x\n",
	  NULL },
	{ LAB "[filter x]\nprogram = x.o\ncontinue = tx redirect\n" S
	      "chain = a:e0 x\npass = ping b a by x\n",
	  NULL },
	{ LAB S "chain = a:e0 g f hello\n" DONE,
	  "f.ini:17: warning: [scenario s] chain = a:e0 g f hello: g decides every packet, so f" },
	{ LAB S "chain = a:e0 f hello pass\n" DONE, NULL },
	{ LAB "[iface c:e0]\npeer = c:e1\n[iface c:e1]\npeer = c:e0\nchain = g f\n",
	  "f.ini:20: warning: [iface c:e1] chain = g f: g decides every packet" },
	{ LAB "[iface c:e0]\npeer = c:e1\n[iface c:e1]\npeer = c:e0\n[filter f1]\nprogram = drop\n"
	      "[filter f0]\nprogram = port\nsrc = 1\n" S "chain = c:e{i=0..1} f{i} f\n" DONE,
	  "f.ini:26: warning: [scenario s] chain = c:e1 f1 f: f1 decides every packet" },
	{ SCENARIO "serve = a x until tcp:1\nserve = a y until tcp:2\n" DONE, NULL },
	{ SCENARIO "do = chain a:e0 g f\n" DONE, "f.ini:18: warning: [scenario s] do = chain" },
	{ LAB ALLOW S "chain = a:e0 ssh drop\n" DONE,
	  "drop drops what is left, and nothing before it lets ARP by: nobody comes to know" },
	{ LAB ALLOW S "neighbours = warm\nchain = a:e0 ssh drop\n" DONE, NULL },
	{ LAB ALLOW ARP S "chain = a:e0 ssh arp drop\n" DONE, NULL },
	{ LAB ALLOW S "chain = a:e0 ssh\n" DONE, NULL },
	{ LAB S "chain = a:e0 f drop\n" DONE, NULL },
	{ LAB ALLOW S "chain = a:e0 ssh pass drop\n" DONE, "pass decides every packet" },
	{ LAB ALLOW "[node d]\n[node e]\n[iface d:e0]\npeer = e:e0\naddress = fd01::1/64\n"
		    "[iface e:e0]\npeer = d:e0\nchain = ssh drop\naddress = fd01::2/64\n",
	  "lets neighbour discovery by" },
	{ LAB ALLOW "[node d]\n[node e]\n[iface d:e0]\npeer = e:e0\naddress = fd01::1/64\n"
		    "[iface e:e0]\npeer = d:e0\nchain = ssh nd drop\naddress = fd01::2/64\n"
		    "[filter nd]\nprogram = ip\nproto = icmpv6\naction = pass\ncontinue = none\n",
	  NULL },
	/* whatever has no ports is not let by for being no UDP */
	{ LAB "[node d]\n[node e]\n[iface d:e0]\npeer = e:e0\naddress = fd01::1/64\n"
	      "[iface e:e0]\npeer = d:e0\nchain = x drop\naddress = fd01::2/64\n"
	      "[filter x]\nprogram = port\nproto = !udp\naction = pass\n",
	  "lets neighbour discovery by" },
	{ SCENARIO "drop = udp a b:53 x by f\n",
	  "filter f stands only at a, which sends it: XDP sees what comes in, and not what goes" },
	{ SCENARIO "drop = udp a b:53 x at a:e0\n", "each chain stands only at a" },
	{ SCENARIO "drop = udp a b:53 x\n", "each chain stands only at a, which sends it" },
	{ SCENARIO "drop = tcp a b:53 x by f\n", "filter f stands only at a, which sends it" },
	{ SCENARIO "drop = ping a b by f\n", NULL },
	{ SCENARIO "pass = udp a b:53 x\n", NULL },
	{ SCENARIO "drop = tcp a b:53 x\n", NULL },
	{ SCENARIO "chain = b:e0 f\ndrop = udp a b:53 x by f\n", NULL },
	{ SCENARIO "chain = b:e0 tx\ndrop = udp a b:53 x by f\n", NULL },
	{ TCP_BACK("program = port\nsrc = 54"), "filter x stands only at a" },
	{ TCP_BACK("program = port\nsrc = 50-53"), NULL },
	{ TCP_BACK("program = port\nsrc = 53-60"), NULL },
	{ TCP_BACK("program = port\nsrc = 54-60"), "filter x stands only at a" },
	{ TCP_BACK("program = port\nsrc = 53\nproto = udp"), "filter x stands only at a" },
	{ TCP_BACK("program = port\nport = 53"), NULL },
	{ TCP_BACK("program = ip\nproto = udp"), "filter x stands only at a" },
	{ TCP_BACK("program = match\ntcp.srcport = 53"), NULL },
	{ TCP_BACK("program = match\ntcp.srcport = 54"), "filter x stands only at a" },
	{ TCP_BACK("program = match\ntcp.srcport = !53"), NULL },
	{ TCP_BACK("program = match\nip.ttl = 64\ntcp.srcport = 53"), NULL },
	{ TCP_BACK("program = match\nipv6.hlim = 64\ntcp.srcport = 53"), NULL },
	{ TCP_BACK("program = match\nudp.srcport = 53"), "filter x stands only at a" },
	{ TCP_BACK("program = match\nudp.srcport = 53"), "filter x stands only at a" },
	{ TCP_BACK("program = match\ntcp.port = 53"), NULL },
	{ TCP_BACK("program = match\ntcp.port = 54"), "filter x stands only at a" },
	{ TCP_BACK("program = match\ntcp.port = 32768"), NULL },
	{ TCP_BACK("program = match\ntcp.dstport = 32767"), "filter x stands only at a" },
	{ TCP_BACK("program = match\ntcp.dstport = 65535"), NULL },
	{ TCP_BACK("program = port\nport = 32767"), "filter x stands only at a" },
	{ TCP_BACK("program = port\nport = 65535"), NULL },
	{ TCP_BACK("program = port\ndst = 32767"), "filter x stands only at a" },
	{ TCP_BACK("program = port\ndst = 32768"), NULL },
	{ LAB MINE "map.y = 1 -> 2\nmap.z = 1 -> 2\nset.y = 1\nset.z = 1\n", NULL },
	{ LAB "[filter drop]\nprogram = drop\n", NULL },
	{ LAB "[filter x]\nprogram = hello\n" S "chain = a:e0 x g\ndrop = ping b a by g\n", NULL },
	{ LAB S "do = chain a:e0 f\ndrop = udp a b:53 x by f\n", "stands only at a" },
	{ LAB "[filter x]\nprogram = port\nsrc = 53\n" S
	      "chain = a:e0 x\ndrop = tcp a b:53 x by x\n",
	  NULL },
	{ FRAME("02:00:00:00:00:01"),
	  "the destination MAC of packet p is that of d:e0, out of which it goes" },
	{ FRAME("02:00:00:00:00:02"), NULL },
	{ ENDS("tx", "tx") "ip.ttl = 5\n",
	  "f.ini:22: warning: [iface d:e0] chain = tx: " TO_AND_FRO " forth for ever" },
	{ ENDS("hello arp tx", "arp tx") "ip.ttl = 5\n", TO_AND_FRO },
	{ ENDS("x", "x") "ip.ttl = 5\n", TO_AND_FRO },
	{ ENDS("tx", "web x") "ip.ttl = 5\n", TO_AND_FRO },
	{ ENDS("x", "web tx") "arp.opcode = 1\n", TO_AND_FRO },
	{ ENDS("x web", "web") "arp.opcode = 1\n", TO_AND_FRO },
	{ ENDS("tx", "pass") "ip.ttl = 5\n", NULL },
	{ ENDS("tx", "headers") "ip.ttl = 5\n", NULL },
	{ ENDS("web", "x") "udp.dstport = 53\n", NULL },
	{ ENDS("x", "x") "eth.src = 02:00:00:00:00:01\n", NULL },
	{ ENDS("x", "x") "eth.dst = 02:00:00:00:00:01\n", NULL },
	{ ENDS("x", "tx") "eth.src = 02:00:00:00:00:01\n", NULL },
	{ ENDS("tx", "x") "eth.src = 02:00:00:00:00:01\n", NULL },
	{ ENDS("x", "x") "eth.addr = 02:00:00:00:00:01\n", TO_AND_FRO },
	{ ENDS("x", "x") "ip.ttl = 5\ncontinue = tx\n", NULL },
	{ ENDS("arp tx", "x") "arp.opcode = 1\n", NULL },
	{ ENDS("arp x", "tx") "arp.opcode = 1\n", NULL },
	{ ENDS("x", "tx") "ip.ttl = 5 !1-10\n", "it never matches" },
	{ ENDS("y tx",
	       "tx") "ip.ttl = 5\n[filter y]\nprogram = match\nframe.len = 60\naction = pass\n",
	  NULL },
	{ ENDS("y", "y") "ip.ttl = 5\n[filter y]\nprogram = pcap\nexpr = icmp\naction = tx\n",
	  NULL },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\n[iface c:e2]\nbridge = br\n" S
	      "chain = c:e1 tx\nchain = c:e2 tx\n" DONE S2 "chain = c:e2 tx\n" DONE,
	  "f.ini:23: warning: [scenario s] chain = c:e2 tx: c:e1 and c:e2 send the same" },
	{ LAB "[bridge br]\n[bridge cr]\n[iface c:e1]\nbridge = br\n[iface c:e2]\nbridge = cr\n" S
	      "chain = c:e1 tx\nchain = c:e2 tx\n" DONE,
	  NULL },
	{ ENDS("tx", "pass") "ip.ttl = 5\n" S "chain = d:e0 tx\n" DONE, TO_AND_FRO },
	{ ENDS("tx", "pass") "ip.ttl = 5\n" S "chain = c:e0\nchain = d:e0 tx\n" DONE, NULL },
	{ ENDS("tx", "pass") "ip.ttl = 5\n" S "do = chain d:e0 tx\n" DONE, TO_AND_FRO },
	{ ENDS("tx", "pass") "ip.ttl = 5\n" S "do = chain c:e0\ndo = chain d:e0 tx\n" DONE, NULL },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\nmtu = 9000\n[iface c:e2]\nbridge = br\n",
	  "f.ini:19: warning: [iface c:e1] mtu = 9000: the port of c:e2 at the bridge br has an "
	  "MTU "
	  "of 1500: the bridge drops frames" },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\nmtu = 9000\n[bridge cr]\nuplink = dr\n"
	      "[bridge dr]\nuplink = br\n[iface c:e2]\nbridge = cr\n",
	  "f.ini:19: warning: [iface c:e1] mtu = 9000: the port of c:e2 at the bridge cr has an "
	  "MTU of 1500" },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\nmtu = 900\n[iface c:e2]\nbridge = br\n",
	  "mtu = 900: the port of c:e2 at the bridge br has an MTU of 1500" },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\nmtu = 9000\n[iface c:e2]\nbridge = br\n"
	      "mtu = 9000\n[iface b:e3]\nbridge = br\nmtu = 1500\n",
	  "f.ini:19: warning: [iface c:e1] mtu = 9000: the port of b:e3" },
	{ LAB "[bridge br]\n[iface c:e1]\nbridge = br\nmtu = 900\n[iface c:e2]\nbridge = br\n"
	      "mtu = 900\n[bridge cr]\n[iface b:e3]\nbridge = cr\n",
	  NULL },
};

static void warns_of_what_is_hardly_meant(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(warned); i++) {
		struct error ERROR_AUTO e = ERROR_INIT, w = ERROR_INIT;
		const char *want = warned[i].warning;
		struct labfile labfile;

		if (parse(&labfile, warned[i].text, &e))
			fail_msg("refused: \"%s\"", e.text);
		labfile_warn(&labfile, &w);
		if (want && (!w.text || !strstr(w.text, want)))
			fail_msg("not \"%s\" but \"%s\"", want, w.text ? w.text : "");
		if (w.text && (!want || (w.lines != 1 && !strstr(want, "it matches none"))))
			fail_msg("more than \"%s\": \"%s\"", want ? want : "", w.text);
		labfile_clear(&labfile);
	}
}

static const char whole[] =
	LAB "[lab]\nname = whole\nabout = a ; b\nengine = inline\n"
	    "[iface c:e0]\npeer = c:e1\nmode = generic\nchain = f, g hello\n"
	    "[iface c:e1]\npeer = c:e0\nmtu = 1400\n"
	    "[bridge br]\nstp = yes\naddress = 10.3.0.1/16\nuplink = cr\n[bridge cr]\n"
	    "[filter macs]\n program=ether\n src = de:ad:be:ef:00:01,DE:AD:BE:EF:00:02\n"
	    "type = ipv4 0x88b5 vlan\naction = tx\ncontinue = pass, tx\n"
	    "[filter nets]\nprogram = ip\nsrc = 10.0.0.0/8 fd00::1 0.0.0.0/0\n"
	    "dst = ::/0\nproto = icmpv6 47\ncontinue = none\n"
	    "[filter ports]\nprogram = port\nproto = tcp\nsrc = 1024-65535\ndst = 53, 80-81\n"
	    "[filter out]\nprogram = redirect\nto = b:e0\n"
	    "[filter mine]\nprogram = ../x/my.bpf.o:main\nset.limit = 7\nset.name = a b\n"
	    "map.hits = 10.0.0.1->7\nmap.my.bss = 0 -> two words\nmap.hits = 10.0.0.2 -> 7\n"
	    "[filter any]\nprogram = match\nip.src = 10.0.0.0/8, !10.1.0.0/16 10.9.0.1-10.9.0.9\n"
	    "tcp.flags = SA/AS none\ndata[0x4:04] = \"a, b\" !hex:00ff00ff\nip.ttl = !0x10\n"
	    "eth.addr = de:ad:be:00:00:00/24\ntcp.port = ssh\naction = pass\ntcp.port = 8000-8999\n"
	    "[filter abs]\ncontinue = none\nprogram = /opt/x.o:1\n"
	    "[filter classic]\nexpr = udp  and port 53\nprogram = pcap\naction = aborted\n"
	    "[scenario s]\nabout = steps\nchain = a:e0 headers f\nchain = c:e0\n"
	    "pass = ping a b size=1000 count=3\n"
	    "see = a:e0 Ipv4Hdr: * => *\n"
	    "drop = udp b 10.0.0.1:53 at a:e0 by f\n"
	    "drop = tcp b a:53 \"two \\\"w\\\\o\" by f\n"
	    "pass = udp b a:9 \"by\"\n"
	    "reject = unchecked invalid access to packet\n"
	    "reject = unchecked \"invalid  \\\"access\\\"\"\n"
	    "reject = unchecked say \"so\"\nreject = unchecked \"; \"\n"
	    "[scenario t]\ncontrol = fail\nneighbours = warm\nchain = b:e0 headers f mine\n"
	    "pass = udp a 10.0.0.77:53 \"flows=9\" warm each>=33% at b|c by f flows=100 at b:e0\n"
	    "pass = ping a [10.0.0.2] arrive=0..2 size=9 count=5 control=none at b\n"
	    "pass = ping a b count=4 arrive=3 control=pass\n"
	    "pass = ping a 10.0.0.78\n"
	    "tx = tcp a 10.0.0.99:8 at c\n"
	    "redirect = ping b fd00::9 by f\n"
	    "aborted = udp a b:1 \"warm\"\n"
	    "pass = exec a /bin/sh -c \"exit 0; \\\"x\\\" y\" until\n"
	    "fail = exec c curl -m1 http://[fd00::1]/a*b by f warm\n"
	    "serve = c python3 -m http.server \"8 0\" until tcp:80\n"
	    "serve = c dnsmasq until udp:80\nserve = a dnsmasq until tcp:80\n"
	    "do = filter f add dst=9999\ndo = filter f del dst=1-2\n"
	    "do = chain c:e1 f, g\ndrop = ping b a by g at c:e1\ndo = chain c:e1\n"
	    "map = mine.hits[10.0.0.1] = 3\nmap = mine.y.bss[fd00::1].a.b>=\"; x\"\n"
	    "[scenario u]\nchain = c:e1 g\n"
	    "drop = tcp a 10.0.0.99:8 warm\n"
	    "drop = tcp a 10.0.0.99:8 control=fail\ndrop = ping b a by g at c:e1\n";

static char *print(const struct labfile *labfile)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	labfile_print(labfile, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* What is printed of @text, malloc'ed, which says the same when it is read again. */
static char *printed(const char *text)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	FREE_AUTO char *second = NULL;
	struct labfile labfile;
	char *first;

	if (parse(&labfile, text, &e))
		fail_msg("%s", e.text);
	first = print(&labfile);
	labfile_clear(&labfile);
	if (parse(&labfile, first, &e))
		fail_msg("%s\n%s", e.text, first);
	second = print(&labfile);
	labfile_clear(&labfile);
	assert_string_equal(first, second);
	return first;
}

static void nodes_are_printed_with_their_keys(void **state)
{
	static const char nodes[] = "\n[node a]\nforward = yes\n"
				    "route = 10.8.0.0/16 via 10.0.0.2\nroute = fd08::/64 dev e0\n"
				    "sysctl = net.ipv4.ip_default_ttl = 33\n\n[node b]\n";
	FREE_AUTO char *text = text_format(
		"%s[iface a:e0]\npeer = b:e0\naddress = 10.0.0.1/24\n[iface b:e0]\npeer = a:e0\n",
		nodes + 1);
	FREE_AUTO char *first = printed(text);

	(void)state;
	assert_non_null(strstr(first, nodes));
}

/* No comment begins in quotes, and a value in them may have blanks. */
static void printed_quotes_are_needed(void **state)
{
	FREE_AUTO char *first =
		printed(LAB "[filter x]\nprogram = match\ndata[0:4] = \" ; #\", !\"a # \" ; b\n" S
			    "chain = a:e0 x hello\nreject = unchecked a \"b ; c\" d ; e\n"
			    "pass = udp b a:9 \"a ; \\\" # b\" ; c\n"
			    "see = a:e0 \"a\" # b\n"
			    "pass = exec a sh -c \"echo a # b\" c;d ; e\n"
			    "do = filter x add data[0:4]=\"; \\#\" ; b\n"
			    "do = filter x del data[0:4]=\" ; #\"\n");

	(void)state;
	assert_non_null(strstr(first, "\ndata[0:4] = \" ; #\" !\"a # \"\n"));
	assert_non_null(strstr(first, "\nreject = unchecked \"a \\\"b ; c\\\" d\"\n"
				      "pass = udp b a:9 \"a ; \\\" # b\"\n"
				      "see = a:e0 a\n"
				      "pass = exec a sh -c \"echo a # b\" \"c;d\"\n"
				      "do = filter x add data[0:4]=\"; \\#\"\n"
				      "do = filter x del data[0:4]=\" ; #\"\n"));
}

static void printed_it_reads_as_itself(void **state)
{
	FREE_AUTO char *first = printed(whole);

	(void)state;
	assert_non_null(strstr(first, "type = ipv4 0x88b5 vlan\n"));
	assert_non_null(strstr(first, "src = 10.0.0.0/8 fd00::1 0.0.0.0/0\n"));
	assert_non_null(strstr(first, "program = ./../x/my.bpf.o:main\nset.limit = 7\n"));
	assert_non_null(strstr(first, "drop = udp b 10.0.0.1:53 xlab by f at a:e0\n"));
	assert_non_null(strstr(first, "pass = udp b a:9 \"by\"\n"));
	assert_non_null(
		strstr(first, "reject = unchecked say \"so\"\nreject = unchecked \"; \"\n"));
	assert_non_null(strstr(first, "\ncontrol = fail\nneighbours = warm\n"));
	assert_non_null(strstr(first, "pass = udp a 10.0.0.77:53 \"flows=9\" by f at b:e0 at b|c "
				      "flows=100 each>=33%\n"));
	assert_non_null(strstr(first, "pass = ping a 10.0.0.2 count=5 size=9 at b arrive=0..2 "
				      "control=none\n"));
	assert_non_null(strstr(first, "tx = tcp a 10.0.0.99:8 xlab at c\n"));
	assert_non_null(strstr(first, "drop = tcp a 10.0.0.99:8 xlab control=none warm\n"));
	assert_non_null(strstr(first, "pass = exec a /bin/sh -c \"exit 0; \\\"x\\\" y\" until\n"
				      "fail = exec c curl -m1 \"http://[fd00::1]/a*b\" by f warm\n"
				      "serve = c python3 -m http.server \"8 0\" until tcp:80\n"
				      "serve = c dnsmasq until udp:80\n"
				      "serve = a dnsmasq until tcp:80\n"
				      "do = filter f add dst=9999\n"
				      "do = filter f del dst=1-2\n"
				      "do = chain c:e1 f g\n"));
	assert_non_null(strstr(first, "\ndo = chain c:e1\n"));
	assert_non_null(strstr(first, "map.hits = 10.0.0.1 -> 7\nmap.my.bss = 0 -> two words\n"));
	assert_non_null(strstr(first, "map = mine.hits[10.0.0.1] == 3\n"
				      "map = mine.y.bss[fd00::1].a.b >= \"; x\"\n"));
	assert_non_null(strstr(first, "program = match\nip.src = 10.0.0.0/8 !10.1.0.0/16 "
				      "10.9.0.1-10.9.0.9\ntcp.flags = SA/SA none\n"
				      "data[4:4] = \"a, b\" !hex:00ff00ff\nip.ttl = !16\n"
				      "eth.addr = de:ad:be:00:00:00/24\ntcp.port = 22 8000-8999\n"
				      "action = pass\n"));
	assert_non_null(strstr(first, "[filter classic]\nprogram = pcap\nexpr = udp  and port 53\n"
				      "action = aborted\n"));
	assert_null(strstr(first, "[filter hello]"));
}

/* A destination is printed so that it means the same without what the lab is like. */
static void destinations_are_printed(void **state)
{
	static const char *const steps[][2] = {
		{ "drop = udp a [fd00::2]:53 x", "drop = udp a [fd00::2]:53 x" },
		{ "drop = tcp a [fd00::2]:65535 x", "drop = tcp a [fd00::2]:65535 x" },
		{ "drop = udp a b:1 x", "drop = udp a b:1 x" },
		{ "drop = ping a [fd00::2]", "drop = ping a fd00::2" },
		{ "drop = ping a fd00::2", "drop = ping a fd00::2" },
		{ "drop = ping a fe80::8", "drop = ping a fe80::8%e1" },
		{ "drop = ping a c", "drop = ping a c" },
		{ "drop = udp a [fe80::8%e1]:1 \"x  y\"", "drop = udp a [fe80::8%e1]:1 \"x  y\"" },
		{ "drop = udp a c:1", "drop = udp a c:1 xlab" },
		{ "drop = udp a 10.0.0.2:1 a\\b", "drop = udp a 10.0.0.2:1 \"a\\\\b\"" },
		{ "drop = udp a b:1 \"a\\b\"", "drop = udp a b:1 \"a\\\\b\"" },
		{ "pass = ping a ff02::1%e0 at b", "pass = ping a ff02::1%e0 at b" },
		{ "drop = udp a [ff02::1%e1]:9 at c", "drop = udp a [ff02::1%e1]:9 xlab at c" },
		{ "drop = udp a 10.0.0.255:9 at b", "drop = udp a 10.0.0.255%e0:9 xlab at b" },
		{ "drop = udp a 224.0.0.1:9", "drop = udp a 224.0.0.1%e0:9 xlab control=none" },
		{ "drop = udp a 224.0.0.1:9 control=fail",
		  "drop = udp a 224.0.0.1%e0:9 xlab control=fail" },
		{ "drop = udp a 10.0.0.77:9", "drop = udp a 10.0.0.77:9 xlab control=none" },
		{ "drop = udp a 10.0.0.77:9 control=fail",
		  "drop = udp a 10.0.0.77:9 xlab control=fail" },
		{ "drop = udp a 10.0.0.77:9 \"control=x\"",
		  "drop = udp a 10.0.0.77:9 \"control=x\" control=none" },
		{ "drop = udp a b:1 \" a\"", "drop = udp a b:1 \" a\"" },
		{ "drop = udp a b:1 \"a \"", "drop = udp a b:1 \"a \"" },
		{ "drop = udp a b:1 \"\\\"a\"", "drop = udp a b:1 \"\\\"a\"" },
		/* of a pair either side is meant */
		{ "pass = frame b:e0 p as p except ip.addr",
		  "pass = frame b:e0 p as p except ip.src ip.dst" },
		{ "pass = frame b:e0 p as p except tcp.port ip.src",
		  "pass = frame b:e0 p as p except ip.src tcp.srcport tcp.dstport" },
		{ "chain = a:e0 ,f,, hello\n" DONE, "chain = a:e0 f hello\npass = ping a b" },
		{ "chain = a:e0, f hello,\n" DONE, "chain = a:e0 f hello\npass = ping a b" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		FREE_AUTO char *text = text_format(
			"[node a]\n[node b]\n[node c]\n[iface a:e0]\npeer = b:e0\n"
			"address = 10.0.0.1/24\naddress = fd00::1/64\n"
			"[iface a:lo]\naddress = 10.9.9.9/32\n[iface b:e0]\npeer = a:e0\n"
			"address = 10.0.0.2/24\naddress = fd00::2/64\n[iface a:e1]\npeer = c:e0\n"
			"address = fe80::7/64\n[iface c:e0]\npeer = a:e1\n"
			"address = fe80::8/64\n[filter f]\nprogram = drop\n"
			"[packet p]\neth = type=0x88b5\n[scenario s]\n%s\n",
			steps[i][0]);
		FREE_AUTO char *first = printed(text);
		FREE_AUTO char *end = text_format("[scenario s]\n%s\n", steps[i][1]);

		assert_string_equal(strstr(first, "[scenario s]"), end);
	}
}

/* What the short forms' keys match by. */
static void short_forms_have_their_fields(void **state)
{
	static const struct {
		const char *filter;
		enum xlab_field fields[4];
	} forms[] = {
		{ LAB "[filter x]\nprogram = ether\naddr = 02:00:00:00:00:01\n",
		  { XLAB_FIELD_ETH_SRC, XLAB_FIELD_ETH_DST, XLAB_FIELD_ETH_ADDR,
		    XLAB_FIELD_ETH_TYPE } },
		{ LAB "[filter x]\nprogram = ip\naddr = 10.0.0.1\n",
		  { XLAB_FIELD_NET_SRC, XLAB_FIELD_NET_DST, XLAB_FIELD_NET_ADDR,
		    XLAB_FIELD_NET_PROTO } },
		{ LAB "[filter x]\nprogram = port\nport = 1\n",
		  { XLAB_FIELD_PORT_SRC, XLAB_FIELD_PORT_DST, XLAB_FIELD_PORT_EITHER,
		    XLAB_FIELD_NET_PROTO } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;
		const struct filter *f;

		assert_int_equal(parse(&labfile, forms[i].filter, &e), 0);
		f = &labfile.filters[labfile_filter(&labfile, "x")];
		assert_int_equal(f->n_keys, ARRAY_SIZE(forms[i].fields));
		for (size_t k = 0; k < f->n_keys; k++)
			assert_int_equal(f->keys[k].field, forms[i].fields[k]);
		labfile_clear(&labfile);
	}
}

/* The topology alone is what `down` needs; of the lab's other parts nothing is there. */
static void reads_the_topology_alone(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;

	(void)state;
	memset(&labfile, 0xa5, sizeof(labfile));
	assert_int_equal(
		labfile_parse_topology(&labfile, "f.ini", "/dir", whole, strlen(whole), &e), 0);
	assert_int_equal(labfile.topo.n_nodes, 3);
	assert_int_equal(labfile.n_filters + labfile.n_scenarios + labfile.n_packets, 0);
	labfile_clear(&labfile);
	assert_int_equal(labfile_parse_topology(&labfile, "f.ini", "/dir", "[node]\n", 7, &e),
			 -EINVAL);
	labfile_clear(&labfile);
}

/* The key's values, and the one at @nth. */
/* The keys of ether, ip and port, which stand in this order. */
enum { KEY_SRC, KEY_DST, KEY_EITHER, KEY_TYPE, KEY_PROTO = KEY_TYPE };

static const struct rule *rule(const struct filter *f, size_t key, size_t nth)
{
	for (size_t i = 0; i < f->n_rules; i++)
		if (f->rules[i].key == key && nth-- == 0)
			return &f->rules[i];
	return NULL;
}

static size_t n_rules(const struct filter *f, size_t key)
{
	size_t n = 0;

	while (rule(f, key, n))
		n++;
	return n;
}

static void holds_filters(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct filter *f;
	struct labfile labfile;

	(void)state;
	assert_int_equal(parse(&labfile, whole, &e), 0);
	f = &labfile.filters[labfile_filter(&labfile, "macs")];
	assert_int_equal(n_rules(f, KEY_SRC), 2);
	assert_int_equal(n_rules(f, KEY_TYPE), 3);
	assert_int_equal(field_number(&rule(f, KEY_TYPE, 1)->span.first), 0x88b5);
	assert_int_equal(f->action, XDP_TX);
	assert_int_equal(f->continues, 1U << XLAB_NEXT | 1 << XDP_PASS | 1 << XDP_TX);
	f = &labfile.filters[labfile_filter(&labfile, "nets")];
	assert_int_equal(f->action, XDP_DROP);
	assert_int_equal(f->continues, 1U << XLAB_NEXT);
	assert_int_equal(n_rules(f, KEY_SRC), 3);
	assert_int_equal(field_number(&rule(f, KEY_PROTO, 1)->span.first), 47);
	f = &labfile.filters[labfile_filter(&labfile, "ports")];
	assert_int_equal(field_number(&rule(f, KEY_DST, 1)->span.last), 81);
	assert_int_equal(f->continues, 1U << XLAB_NEXT);
	f = &labfile.filters[labfile_filter(&labfile, "any")];
	assert_int_equal(f->n_keys, 6);
	assert_int_equal(f->keys[0].field, XLAB_FIELD_IP_SRC);
	assert_string_equal(f->keys[0].read_from->name, "ip.src");
	assert_int_equal(n_rules(f, 0), 3);
	assert_false(rule(f, 0, 0)->except);
	assert_true(rule(f, 0, 1)->except);
	assert_true(rule(f, 1, 0)->span.masked);
	assert_string_equal(f->keys[2].name, "data[4:4]");
	assert_int_equal(f->keys[2].offset, 4);
	assert_int_equal(f->keys[2].length, 4);
	assert_int_equal(rule(f, 2, 1)->span.bytes, 4);
	f = &labfile.filters[labfile_filter(&labfile, "out")];
	assert_int_equal(f->redirect_to, topology_iface(&labfile.topo, "b:e0"));
	assert_int_equal(f->action, XDP_REDIRECT);
	f = &labfile.filters[labfile_filter(&labfile, "mine")];
	assert_string_equal(f->object, "/dir/../x/my.bpf.o");
	assert_int_equal(f->continues, 1U << XLAB_NEXT | 1 << XDP_PASS);
	assert_string_equal(f->function, "main");
	assert_string_equal(f->settings[1].value, "a b");
	f = &labfile.filters[labfile_filter(&labfile, "abs")];
	assert_string_equal(f->object, "/opt/x.o:1"); /* no C name: part of the path */
	assert_null(f->function);
	f = &labfile.filters[labfile_filter(&labfile, "hello")];
	assert_int_equal(f->program, PROGRAM_HELLO);
	assert_int_equal(f->line, 0);
	assert_int_equal(labfile_filter(&labfile, "ether"), NONE); /* needs keys */
	labfile_clear(&labfile);
}

static void rules_are_equal_as_a_whole(void **state)
{
	struct rule a = { .key = 1, .span = { .first = { { 1 } }, .last = { { 2 } } } };
	struct rule others[] = { a, a, a, a, a };

	(void)state;
	others[0].key = 2;
	others[1].except = true;
	others[2].span.first.bytes[15] = 1;
	others[3].span.last.bytes[15] = 1;
	others[4].span.masked = true;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_false(rule_equal(&a, &others[i]));
	others[0].key = 1;
	assert_true(rule_equal(&a, &others[0]));
}

/* One that the file has in its place is the only one of that name. */
static void builtins_are_there_once(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	size_t n = 0;

	(void)state;
	assert_int_equal(parse(&labfile, LAB "[filter drop]\nprogram = drop\n", &e), 0);
	for (size_t i = 0; i < labfile.n_filters; i++)
		n += !strcmp(labfile.filters[i].name, "drop");
	assert_int_equal(n, 1);
	assert_int_equal(labfile.filters[labfile_filter(&labfile, "drop")].line, 16);
	assert_int_equal(labfile.filters[labfile_filter(&labfile, "pass")].line, 0);
	labfile_clear(&labfile);
}

/* XDP of the driver stands below the tags. */
static void vlans_have_chains_of_the_stack(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;

	(void)state;
	assert_int_equal(parse(&labfile, LAB "[iface a:v]\nlink = e0\nvlan = 5\n", &e), 0);
	assert_int_equal(labfile.modes[topology_iface(&labfile.topo, "a:v")],
			 XDP_MODE_CHOICE_GENERIC);
	assert_int_equal(labfile.modes[topology_iface(&labfile.topo, "a:e0")],
			 XDP_MODE_CHOICE_NATIVE);
	labfile_clear(&labfile);
}

static void holds_chains_and_steps(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct scenario *s;
	struct labfile labfile;
	size_t iface;

	(void)state;
	assert_int_equal(parse(&labfile, whole, &e), 0);
	assert_int_equal(labfile.engine, ENGINE_INLINE);
	iface = topology_iface(&labfile.topo, "c:e0");
	s = &labfile.scenarios[labfile_scenario(&labfile, "s")];
	assert_int_equal(labfile.modes[iface], XDP_MODE_CHOICE_GENERIC);
	assert_int_equal(labfile_chain(&labfile, NULL, iface)->n_filters, 3);
	assert_int_equal(labfile_chain(&labfile, s, iface)->n_filters, 0);
	assert_int_equal(s->n_steps, 9);
	assert_int_equal(s->steps[0].kind, STEP_PING);
	assert_int_equal(s->steps[0].count, 3);
	assert_int_equal(s->steps[0].size, 1000);
	assert_int_equal(s->steps[0].dst, topology_node(&labfile.topo, "b"));
	assert_string_equal(s->steps[1].text, "Ipv4Hdr: * => *");
	assert_int_equal(s->steps[2].dst, NONE);
	assert_int_equal(s->steps[2].port, 53);
	assert_string_equal(s->steps[2].text, "xlab");
	assert_int_equal(s->steps[2].by, labfile_filter(&labfile, "f"));
	assert_int_equal(s->steps[2].at, topology_iface(&labfile.topo, "a:e0"));
	assert_string_equal(s->steps[2].line_text, "udp b 10.0.0.1:53 at a:e0 by f");
	assert_string_equal(s->steps[3].text, "two \"w\\o");
	assert_string_equal(s->steps[4].text, "by");
	assert_int_equal(s->steps[5].by, labfile_filter(&labfile, "unchecked"));
	assert_string_equal(s->steps[5].text, "invalid access to packet");
	assert_string_equal(s->steps[6].text, "invalid  \"access\"");
	assert_string_equal(s->steps[7].text, "say \"so\"");
	assert_string_equal(s->steps[8].text, "; ");
	labfile_clear(&labfile);
}

static void holds_what_stands_behind_steps(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct scenario *s;
	struct labfile labfile;

	(void)state;
	assert_int_equal(parse(&labfile, whole, &e), 0);
	s = &labfile.scenarios[labfile_scenario(&labfile, "t")];
	assert_int_equal(s->control, CONTROL_FAIL);
	assert_true(s->warm);
	assert_string_equal(s->steps[0].text, "flows=9");
	assert_int_equal(s->steps[0].by, labfile_filter(&labfile, "f"));
	assert_int_equal(s->steps[0].at, topology_iface(&labfile.topo, "b:e0"));
	assert_int_equal(s->steps[0].n_receivers, 2);
	assert_int_equal(s->steps[0].receivers[1], topology_node(&labfile.topo, "c"));
	assert_int_equal(s->steps[0].flows, 100);
	assert_int_equal(s->steps[0].each, 33);
	assert_int_equal(s->steps[0].control, CONTROL_FAIL);
	assert_true(s->steps[0].warm);
	assert_int_equal(s->steps[1].arrive_min, 0);
	assert_int_equal(s->steps[1].arrive_max, 2);
	assert_int_equal(s->steps[1].control, CONTROL_NONE);
	assert_int_equal(s->steps[2].arrive_min, 3);
	assert_int_equal(s->steps[2].arrive_max, 3);
	assert_int_equal(s->steps[2].control, CONTROL_PASS);
	assert_int_equal(s->steps[4].expect, EXPECT_TX);
	assert_int_equal(s->steps[5].expect, EXPECT_REDIRECT);
	assert_int_equal(s->steps[6].expect, EXPECT_ABORTED);
	assert_string_equal(s->steps[6].text, "warm");
	s = &labfile.scenarios[labfile_scenario(&labfile, "u")];
	assert_false(s->warm);
	assert_true(s->steps[0].warm);
	/* Nobody has the address: without chains it cannot arrive. */
	assert_int_equal(s->steps[0].control, CONTROL_NONE);
	assert_int_equal(s->steps[1].control, CONTROL_FAIL);
	assert_false(s->steps[1].warm);
	labfile_clear(&labfile);
}

static void holds_commands_and_changes(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	const struct scenario *s;
	struct labfile labfile;

	(void)state;
	assert_int_equal(parse(&labfile, whole, &e), 0);
	s = &labfile.scenarios[labfile_scenario(&labfile, "t")];
	assert_int_equal(s->steps[7].kind, STEP_EXEC);
	assert_int_equal(s->steps[7].expect, EXPECT_PASS);
	assert_int_equal(s->steps[7].control, CONTROL_FAIL);
	assert_int_equal(s->steps[7].src, topology_node(&labfile.topo, "a"));
	assert_string_equal(s->steps[7].argv[0], "/bin/sh");
	assert_string_equal(s->steps[7].argv[2], "exit 0; \"x\" y");
	assert_string_equal(s->steps[7].argv[3], "until");
	assert_null(s->steps[7].argv[4]);
	assert_int_equal(s->steps[8].expect, EXPECT_FAIL);
	assert_string_equal(s->steps[8].argv[5], "warm");
	assert_int_equal(s->steps[9].kind, STEP_SERVE);
	assert_int_equal(s->steps[9].port, 80);
	assert_int_equal(s->steps[9].proto, IPPROTO_TCP);
	assert_string_equal(s->steps[9].argv[3], "8 0");
	assert_null(s->steps[9].argv[4]);
	assert_int_equal(s->steps[12].kind, STEP_DO);
	assert_int_equal(s->steps[12].change.kind, CHANGE_RULE_ADD);
	assert_int_equal(s->steps[12].by, labfile_filter(&labfile, "f"));
	assert_string_equal(s->steps[12].change.rule, "dst=9999");
	assert_int_equal(s->steps[13].change.kind, CHANGE_RULE_DEL);
	assert_int_equal(s->steps[14].change.kind, CHANGE_CHAIN);
	assert_int_equal(s->steps[14].change.chain.iface, topology_iface(&labfile.topo, "c:e1"));
	assert_int_equal(s->steps[14].change.chain.n_filters, 2);
	assert_int_equal(s->steps[16].change.chain.n_filters, 0);
	assert_int_equal(s->steps[17].kind, STEP_MAP);
	assert_int_equal(s->steps[17].by, labfile_filter(&labfile, "mine"));
	assert_null(s->steps[17].map.field);
	assert_string_equal(s->steps[18].map.map, "y.bss");
	assert_string_equal(s->steps[18].map.key, "fd00::1");
	assert_string_equal(s->steps[18].map.field, "a.b");
	assert_string_equal(s->steps[18].map.op, ">=");
	assert_string_equal(s->steps[18].map.value, "; x");
	assert_int_equal(labfile.filters[labfile_filter(&labfile, "mine")].n_presets, 3);
	assert_string_equal(labfile_next_scenario(&labfile, 2), "u");
	assert_null(labfile_next_scenario(&labfile, 3));
	assert_null(labfile_next_filter(&labfile, labfile.n_filters));
	assert_null(labfile_next_packet(&labfile, 0));
	labfile_clear(&labfile);
}

static void a_chain_has_its_limit(void **state)
{
	for (int n = XLAB_CHAIN_MAX; n <= XLAB_CHAIN_MAX + 1; n++) {
		char text[2048] = LAB "[scenario s]\nchain = a:e0";
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;

		(void)state;
		for (int i = 0; i < n; i++)
			strcat(text, i % 2 ? " f," : " g");
		strcat(text, "\npass = ping a b\n");
		assert_int_equal(parse(&labfile, text, &e), n > XLAB_CHAIN_MAX ? -EINVAL : 0);
		if (n > XLAB_CHAIN_MAX)
			assert_non_null(strstr(e.text, "a chain has at most 64 filters"));
		labfile_clear(&labfile);
	}
}

/* many_lines() of these: @message, or NULL: it is taken. */
static void reads_many(const char *head, const char *line, int count, const char *message)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	FREE_AUTO char *text = many_lines(head, line, count);
	struct labfile labfile;

	if (parse(&labfile, text, &e) != (message ? -EINVAL : 0))
		fail_msg("%d of \"%s\": \"%.500s\"", count, line, e.text ? e.text : "taken");
	if (message && (e.lines != 1 || !strstr(e.text, message)))
		fail_msg("not \"%s\" but \"%.500s\"", message, e.text);
	labfile_clear(&labfile);
}

/* More than a line of a file may hold. */
static void many_values_are_printed_on_lines(void **state)
{
	FREE_AUTO char *text =
		many_lines(LAB "[filter x]\nprogram = match\n", "tcp.seq_raw = 1000000#\n", 1000);
	FREE_AUTO char *first = printed(text);
	size_t longest = 0, lines = 0;

	(void)state;
	for (const char *at = strstr(first, "tcp.seq_raw"); at && *at;
	     at += strcspn(at, "\n") + 1) {
		lines++;
		longest = strcspn(at, "\n") > longest ? strcspn(at, "\n") : longest;
	}
	assert_true(longest < INIFILE_LINE_MAX && longest > 900);
	assert_true(lines >= 8 && lines < 20);
}

/* A filter's action is what its word says. */
static void actions_are_their_words(void **state)
{
	static const struct {
		const char *word;
		uint32_t action;
	} rows[] = {
		{ "aborted", XDP_ABORTED },
		{ "drop", XDP_DROP },
		{ "pass", XDP_PASS },
		{ "tx", XDP_TX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		FREE_AUTO char *text =
			text_format(LAB "[filter x]\nprogram = match\nip.ttl = 1\naction = %s\n"
					"continue = %s\n",
				    rows[i].word, rows[i].word);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;
		const struct filter *x;

		assert_int_equal(parse(&labfile, text, &e), 0);
		x = &labfile.filters[labfile_filter(&labfile, "x")];
		assert_int_equal(x->action, rows[i].action);
		assert_int_equal(x->continues, 1U << XLAB_NEXT | 1U << rows[i].action);
		labfile_clear(&labfile);
	}
}

static bool takes_number(const char *text, unsigned int number)
{
	size_t before = strcspn(text, "#");
	FREE_AUTO char *filled =
		text_format("%.*s%u%s", (int)before, text, number, text + before + 1);
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	int err = parse(&labfile, filled, &e);

	labfile_clear(&labfile);
	return !err;
}

/* The least and the greatest is taken, and what is one beyond is not. */
static void numbers_have_limits(void **state)
{
	static const struct {
		const char *text;
		unsigned int least, most;
	} rows[] = {
		{ SCENARIO "pass = ping a b count=#\n", 1, 100 },
		{ SCENARIO "pass = ping a b size=#\n", 0, 65507 },
		{ SCENARIO "pass = ping a b count=100 arrive=#\n", 1, 100 },
		{ SCENARIO "pass = ping a b count=100 arrive=0..#\n", 1, 100 },
		{ SCENARIO "pass = ping a b count=100 arrive=#..100\n", 0, 100 },
		{ SCENARIO "pass = udp a b:5 x flows=# at b\n", 1, 1000 },
		{ SCENARIO "pass = udp a b:5 x flows=9 each>=#% at b\n", 1, 100 },
		{ SCENARIO "pass = udp a b:# x\n", 1, 65535 },
		{ SCENARIO "serve = b true until tcp:#\npass = ping a b\n", 1, 65535 },
		{ LAB "[filter x]\nprogram = match\ndata[#:4] = hex:00000000\n", 0, 9000 },
		{ LAB "[filter x]\nprogram = port\ndst = #\n", 0, 65535 },
		{ "[node a]\n[bridge br0]\n[iface a:e0]\nbridge = br0\nmtu = #\n", 68, 65535 },
		{ "[node a]\n[bridge br0]\n[iface a:e0]\nbridge = br0\n"
		  "[iface a:v]\nvlan = #\nlink = e0\n",
		  1, 4094 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const unsigned int least = rows[i].least, most = rows[i].most;

		if (!takes_number(rows[i].text, least) || !takes_number(rows[i].text, most))
			fail_msg("not taken, %u or %u: %s", least, most, rows[i].text);
		if ((least && takes_number(rows[i].text, least - 1)) ||
		    takes_number(rows[i].text, most + 1))
			fail_msg("taken, below %u or beyond %u: %s", least, most, rows[i].text);
	}
}

/* Of each limit, what is just below it and what is just above; LAB has two filters. */
static void keeps_to_its_limits(void **state)
{
	static const struct {
		const char *head, *line;
		int most;
		const char *message;
	} limits[] = {
		{ LAB, "[filter n#]\nprogram = drop\n", LABFILE_FILTERS_MAX - 2,
		  "a lab has at most 4096 filters; what follows was not read" },
		{ LAB, "[scenario n#]\npass = ping a b\n", LABFILE_SCENARIOS_MAX,
		  "a lab has at most 4096 scenarios; what follows was not read" },
		{ LAB, "[packet n#]\neth = type=0x88b5\n", LABFILE_PACKETS_MAX,
		  "a lab has at most 4096 packets; what follows was not read" },
		{ LAB "[scenario s]\n", "pass = ping a b\n", LABFILE_STEPS_MAX,
		  "f.ini:10017: [scenario s] pass = ping a b: a lab has at most 10000 steps" },
		{ LAB "[scenario s]\npass = ping a b\n[scenario t]\npass = ping a b\n",
		  "do = chain a:e0\n", LABFILE_STEPS_MAX - 2, "a lab has at most 10000 steps" },
		{ LAB "[filter x]\nprogram = match\n", "tcp.seq_raw = #\n", FILTER_RULES_MAX,
		  "a filter has at most 50000 values" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		reads_many(limits[i].head, limits[i].line, limits[i].most, NULL);
		reads_many(limits[i].head, limits[i].line, limits[i].most + 1, limits[i].message);
		reads_many(limits[i].head, limits[i].line, limits[i].most + 2, limits[i].message);
	}
}

/* Whatever kind of error it is that there are too many of: told up to a number, and that there are
 * more. */
static void gives_up(void **state)
{
	static const char *const many[][2] = {
		{ LAB, "[section#]\n" },
		{ LAB "[filter x]\nprogram = port\ndst = 1\n", "keys# = 1\n" },
		{ LAB "[lab]\n", "keys# = 1\n" },
		{ LAB "[scenario s]\npass = ping a b\nchain = a:e0", " z#" },
		{ LAB "[filter x]\nprogram = ip\nproto =", " z#" },
		{ LAB "[filter x]\nprogram = port\ndst =", " z#" },
		{ LAB "[scenario s]\n", "pass = ping a none#\n" },
	};
	FREE_AUTO char *last = text_format("f.ini: these are the first %d errors, the rest was not "
					   "read",
					   INIFILE_ERRORS_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		FREE_AUTO char *text = many_lines(many[i][0], many[i][1], INIFILE_ERRORS_MAX + 100);
		struct labfile labfile;

		(void)parse(&labfile, text, &e);
		assert_int_equal(e.lines, INIFILE_ERRORS_MAX + 1);
		assert_string_equal(strrchr(e.text, '\n') + 1, last);
		labfile_clear(&labfile);
	}
}

static void reports_the_errors_of_all_parts(void **state)
{
	static const char text[] = "stray\n"
				   "[node a]\n"
				   "forward = maybe\n"
				   "[filter f]\n"
				   "program = port\n"
				   "dst = x, y\n"
				   "[scenario s]\n"
				   "pass = ping a b\n"
				   "[nodes]\n";
	static const char *const order[] = { "f.ini:1: ", "f.ini:3: ", "f.ini:6: ",
					     "f.ini:6: ", "f.ini:8: ", "f.ini:9: " };
	struct error ERROR_AUTO e = ERROR_INIT;
	const char *line;
	struct labfile labfile;

	(void)state;
	assert_int_equal(parse(&labfile, text, &e), -EINVAL);
	assert_int_equal(e.lines, ARRAY_SIZE(order));
	line = e.text;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_int_equal(strncmp(line, order[i], strlen(order[i])), 0);
		line = i + 1 < ARRAY_SIZE(order) ? strchr(line, '\n') + 1 : line;
	}
	labfile_clear(&labfile);
}

static void live_rules_are_read_as_keys(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	FREE_AUTO char *text = NULL;
	struct labfile labfile;
	struct filter *f;

	(void)state;
	assert_int_equal(parse(&labfile, whole, &e), 0);
	f = &labfile.filters[labfile_filter(&labfile, "f")];
	assert_int_equal(filter_read_rule(f, &labfile, "dst=9999", &e), 0);
	assert_int_equal(n_rules(f, KEY_DST), 2);
	assert_int_equal(field_number(&rule(f, KEY_DST, 1)->span.first), 9999);
	assert_int_equal(filter_read_rule(f, &labfile, "dst=53", &e), -EINVAL);
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "dst=9-1", &e), -EINVAL);
	assert_string_equal(e.text, "dst = 9-1: the range is upside down: write 1-9; allowed: "
				    "ports, ranges as in 8000-8999, or services as ssh");
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "type=arp", &e), -EINVAL);
	assert_string_equal(e.text, "filter f (program port) has no rules of type; allowed: src, "
				    "dst, port, proto");
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "dts=80", &e), -EINVAL);
	assert_string_equal(e.text, "filter f (program port) has no rules of dts; did you mean "
				    "\"dst\"? (allowed: src, dst, port, proto)");
	error_clear(&e);
	f = &labfile.filters[labfile_filter(&labfile, "any")];
	assert_int_equal(filter_read_rule(f, &labfile, "ip.src=!10.2.0.0/16,11.0.0.1", &e), 0);
	assert_int_equal(n_rules(f, 0), 5);
	assert_true(rule(f, 0, 3)->except);
	assert_int_equal(filter_read_rule(f, &labfile, "data[4:4]=\"c, d\"", &e), 0);
	text = rule_text(f->keys, rule(f, 2, 2));
	assert_string_equal(text, "data[4:4]=\"c, d\"");
	assert_int_equal(filter_read_rule(f, &labfile, "ip.src=10.0.0.0/8", &e), -EINVAL);
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "ip.dst=10.0.0.1", &e), -EINVAL);
	assert_string_equal(e.text,
			    "ip.dst = 10.0.0.1: the program of filter any was made for the keys of "
			    "the lab file (ip.src, tcp.flags, data[4:4], ip.ttl, eth.addr, "
			    "tcp.port): give it ip.dst there");
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "action=pass", &e), -EINVAL);
	error_clear(&e);
	assert_int_equal(filter_read_rule(f, &labfile, "ip.scr=10.0.0.1", &e), -EINVAL);
	assert_string_equal(e.text, "ip.scr = 10.0.0.1: there is no field \"ip.scr\"; did you mean "
				    "\"ip.src\"? (xlab help fields)");
	error_clear(&e);
	assert_int_equal(f->n_keys, 6);
	f = &labfile.filters[labfile_filter(&labfile, "g")];
	assert_int_equal(filter_read_rule(f, &labfile, "src=1", &e), -EINVAL);
	labfile_clear(&labfile);
}

static void the_labs_here_are_right(void **state)
{
	static const char *const labs[] = { "lb", "pair", "ring", "router" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labs); i++) {
		FREE_AUTO char *path = text_format("topologies/%s.ini", labs[i]);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;

		if (labfile_load(&labfile, path, &e))
			fail_msg("%s", e.text);
		assert_string_equal(labfile.topo.name, labs[i]);
		labfile_clear(&labfile);
	}
}

/* Of the lab's own chains, and of each scenario's: what stands at different times is not common. */
static void finds_common_chains(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	char *hello[] = { "hello" }, *both[] = { "hello", "drop" };

	(void)state;
	assert_int_equal(
		parse(&labfile,
		      "[bridge br]\n[node a]\n[node b]\n[node c]\n[node d]\n"
		      "[iface a:e]\nbridge = br\naddress = 10.0.0.1/24\n"
		      "[iface b:e]\nbridge = br\nchain = hello\n"
		      "[iface c:e]\nbridge = br\nchain = hello drop\naddress = 10.0.0.3/24\n"
		      "[iface d:e]\nbridge = br\nchain = hello\n"
		      "[scenario s]\nchain = a:e hello\nchain = c:e drop\ndrop = ping a c by drop\n"
		      "[scenario t]\nchain = b:e drop\nchain = c:e drop\ndrop = ping a c by drop\n",
		      &e),
		0);
	assert_true(labfile.chains[0].common);
	assert_false(labfile.chains[1].common);
	assert_true(labfile.chains[2].common);
	assert_false(labfile.scenarios[0].chains[0].common);
	assert_false(labfile.scenarios[0].chains[1].common);
	assert_true(labfile.scenarios[1].chains[0].common);
	assert_true(labfile.scenarios[1].chains[1].common);
	assert_int_equal(labfile.common.first, 1);
	assert_int_equal(labfile.common.span, 3);
	assert_int_equal(labfile.common.n, 3);
	assert_true(labfile_is_common(&labfile, 3, hello, 1));
	assert_false(labfile_is_common(&labfile, 0, hello, 1));
	assert_false(labfile_is_common(&labfile, 2, both, 2));
	assert_true(labfile_is_common(&labfile, 2, both + 1, 1));
	assert_true(labfile_is_common(&labfile, 1, hello, 1)); /* the first of all */
	labfile_clear(&labfile);
	/* Of the only scenario's, where the lab has none. */
	assert_int_equal(
		parse(&labfile,
		      "[bridge br]\n[node a]\n[node b]\n"
		      "[iface a:e]\nbridge = br\naddress = 10.0.0.1/24\n"
		      "[iface b:e]\nbridge = br\naddress = 10.0.0.2/24\n"
		      "[scenario s]\nchain = a:e hello\nchain = b:e hello\npass = ping a b\n",
		      &e),
		0);
	assert_true(labfile.scenarios[0].chains[0].common);
	assert_int_equal(labfile.common.first, 0);
	assert_int_equal(labfile.common.n, 2);
	assert_true(labfile_is_common(&labfile, 0, hello, 1));
	labfile_clear(&labfile);
	assert_true(!labfile.n_scenarios && !labfile.scenarios && !labfile.common.n);
}

static void identifiers_are_those_of_c(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{ "a", true },	{ "_9", true },	  { "Z0", true },  { "", false },   { "0a", false },
		{ "9", false }, { "a-b", false }, { "/a", false }, { ":a", false }, { "a ", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(filter_is_identifier(rows[i].text), rows[i].is);
}

/* Keys of a filter stand in any order; a rule's has its longest name. */
static void keys_stand_anywhere(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	char text[80];

	(void)state;
	assert_int_equal(parse(&labfile, "[node a]\n[filter f]\ndst = 80\nprogram = port\n", &e),
			 0);
	assert_int_equal(labfile.filters[0].n_rules, 1);
	for (int length = 63; length <= 64; length++) {
		memset(text, 'a', (size_t)length);
		strcpy(text + length, "=1");
		assert_int_equal(filter_read_rule(&labfile.filters[0], &labfile, text, &e),
				 -EINVAL);
		assert_int_equal(strstr(e.text, "write KEY=VALUE") != NULL, length == 64);
		error_clear(&e);
	}
	assert_int_equal(filter_read_rule(&labfile.filters[0], &labfile, "=1", &e), -EINVAL);
	assert_non_null(strstr(e.text, "write KEY=VALUE"));
	labfile_clear(&labfile);
}

/* Of two links the one where somebody has it, whichever is first; a name needs no address. */
static void a_link_local_address_has_its_link(void **state)
{
	static const char *const labs[] = {
		"[node a]\n" LINK("b", "0", "fe80::8/64") LINK("c", "1", "fe80::9/64"),
		"[node a]\n" LINK("c", "0", "fe80::9/64") LINK("b", "1", "fe80::8/64"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labs); i++) {
		char *FREE_AUTO text =
			text_format("%s[scenario s]\ndrop = ping a fe80::8\n", labs[i]);
		struct error ERROR_AUTO e = ERROR_INIT;
		const struct topology *topo;
		const struct step *step;
		struct labfile labfile;

		assert_int_equal(parse(&labfile, text, &e), 0);
		topo = &labfile.topo;
		step = &labfile.scenarios[0].steps[0];
		assert_string_equal(topo->ifaces[step->zone].id, i ? "a:e1" : "a:e0");
		assert_string_equal(
			topo->nodes[topo->ifaces[topo->owners[step->owner].iface].node].name, "b");
		labfile_clear(&labfile);
	}
}

/* Behind a router, of a family that the sender has. */
static void a_node_is_reached_by_the_senders_family(void **state)
{
	static const struct {
		const char *route, *from, *to;
	} rows[] = {
		{ "fd02::/64", "fd01::1/64", "fd02::2" },
		{ "10.2.0.0/24", "10.1.0.1/24", "10.2.0.2" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text = text_format(
			"[node a]\nroute = %s dev e0\n[node r]\nforward = yes\n[node b]\n"
			"[iface a:e0]\npeer = r:e0\naddress = %s\n[iface r:e0]\npeer = a:e0\n"
			"[iface r:e1]\npeer = b:e0\n[iface b:e0]\npeer = r:e1\n"
			"address = 10.2.0.2/24\naddress = fd02::2/64\n"
			"[scenario s]\npass = ping a b\n",
			rows[i].route, rows[i].from);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;
		char buf[ADDRESS_TEXT];

		if (parse(&labfile, text, &e))
			fail_msg("%s", e.text);
		assert_string_equal(address_text(&labfile.scenarios[0].steps[0].address, buf),
				    rows[i].to);
		labfile_clear(&labfile);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_is_reached_by_the_senders_family),
		cmocka_unit_test(a_link_local_address_has_its_link),
		cmocka_unit_test(refuses_what_is_wrong),
		cmocka_unit_test(tells_each_fault_once),
		cmocka_unit_test(warns_of_what_is_hardly_meant),
		cmocka_unit_test(printed_it_reads_as_itself),
		cmocka_unit_test(printed_quotes_are_needed),
		cmocka_unit_test(destinations_are_printed),
		cmocka_unit_test(short_forms_have_their_fields),
		cmocka_unit_test(reads_the_topology_alone),
		cmocka_unit_test(holds_filters),
		cmocka_unit_test(rules_are_equal_as_a_whole),
		cmocka_unit_test(builtins_are_there_once),
		cmocka_unit_test(vlans_have_chains_of_the_stack),
		cmocka_unit_test(holds_chains_and_steps),
		cmocka_unit_test(holds_what_stands_behind_steps),
		cmocka_unit_test(holds_commands_and_changes),
		cmocka_unit_test(nodes_are_printed_with_their_keys),
		cmocka_unit_test(a_chain_has_its_limit),
		cmocka_unit_test(many_values_are_printed_on_lines),
		cmocka_unit_test(actions_are_their_words),
		cmocka_unit_test(numbers_have_limits),
		cmocka_unit_test(keeps_to_its_limits),
		cmocka_unit_test(gives_up),
		cmocka_unit_test(reports_the_errors_of_all_parts),
		cmocka_unit_test(live_rules_are_read_as_keys),
		cmocka_unit_test(the_labs_here_are_right),
		cmocka_unit_test(finds_common_chains),
		cmocka_unit_test(identifiers_are_those_of_c),
		cmocka_unit_test(keys_stand_anywhere),
	};

	return cmocka_run_group_tests_name("labfile", tests, NULL, NULL);
}
