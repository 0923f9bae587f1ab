// SPDX-License-Identifier: GPL-2.0-or-later
/* What a step sends first, as it comes in at an interface. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/first_packet.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/layers_text.h"

/* a, b and d share a bridge, on which a is of two networks; c is behind b, and has no MAC of its
 * own.
 */
#define LAB                                                                           \
	"[bridge br]\n"                                                               \
	"[node a]\nroute = 10.2.0.0/24 via 10.0.0.2\nroute = fd02::/64 via fd00::2\n" \
	"[iface a:e0]\nbridge = br\nmac = 02:00:00:00:00:0a\naddress = 10.0.0.1/24\n" \
	"address = 10.9.0.1/24\naddress = fd00::1/64\n"                               \
	"[node b]\nforward = yes\n"                                                   \
	"[iface b:e0]\nbridge = br\nmac = 02:00:00:00:00:0b\naddress = 10.0.0.2/24\n" \
	"address = fd00::2/64\n"                                                      \
	"[iface b:e1]\npeer = c:e0\nmac = 02:00:00:00:01:0b\naddress = 10.2.0.2/24\n" \
	"address = fd02::2/64\n"                                                      \
	"[node c]\nroute = default via 10.2.0.2\nroute = default via fd02::2\n"       \
	"[iface c:e0]\npeer = b:e1\naddress = 10.2.0.3/24\naddress = fd02::3/64\n"    \
	"[node d]\nforward = yes\n[iface d:e0]\nbridge = br\naddress = 10.9.0.9/24\n" \
	"[scenario s]\ncontrol = none\n"

#define ETH(dst, src, type) "eth = dst=" dst " src=" src " type=" type "\n"
#define A		    "02:00:00:00:00:0a"
#define B		    "02:00:00:00:00:0b"
#define B1		    "02:00:00:00:01:0b"
#define NO_MAC		    "00:00:00:00:00:00"
#define IP(len, proto, sum, src, dst)                                                          \
	"ip = hdr_len=5 dsfield.dscp=0 dsfield.ecn=0 len=" len " id=0 flags.rb=0 "             \
	"flags.df=0 flags.mf=0 frag_offset=0 ttl=64 proto=" proto " checksum=" sum " src=" src \
	" dst=" dst "\n"
#define IP6(len, next, src, dst) \
	"ipv6 = tclass=0 flow=0x0000 plen=" len " nxt=" next " hlim=64 src=" src " dst=" dst "\n"
#define UDP(length, sum) "udp = srcport=40000 dstport=9 length=" length " checksum=" sum "\n"
#define TCP(sum)                                                                               \
	"tcp = srcport=40000 dstport=80 seq_raw=0 ack_raw=0 hdr_len=5 flags.res=0 flags.ae=0 " \
	"flags=S window_size=65535 checksum=" sum " urgent_pointer=0\n"
#define PING(sum) "icmp = type=8 code=0 checksum=" sum " ident=0 seq=1\n"
#define PING6(sum)                                                     \
	"icmpv6 = type=128 code=0 checksum=" sum " echo.identifier=0 " \
	"echo.sequence_number=1\n"

static const struct {
	const char *step, *iface, *frame;
} steps[] = {
	{ "drop = ping a b size=2", "b:e0",
	  ETH(B, A, "ipv4") IP("30", "icmp", "0x66dd", "10.0.0.1", "10.0.0.2")
		  PING("0xf7fe") "data = hex:0000\n" },
	{ "drop = ping a fd00::2 size=2", "b:e0",
	  ETH(B, A, "ipv6") IP6("10", "icmpv6", "fd00::1", "fd00::2")
		  PING6("0x85b5") "data = hex:0000\n" },
	{ "drop = udp a b:9 xyz", "b:e0",
	  ETH(B, A, "ipv4") IP("31", "udp", "0x66cc", "10.0.0.1", "10.0.0.2")
		  UDP("11", "0x5d12") "data = \"xyz\"\n" },
	/* of the network that the destination is of */
	{ "drop = udp a d:9 xyz", "d:e0",
	  ETH(NO_MAC, A, "ipv4") IP("31", "udp", "0x66b3", "10.9.0.1", "10.9.0.9")
		  UDP("11", "0x5cf9") "data = \"xyz\"\n" },
	/* on its way, and where it arrives from who forwards it */
	{ "drop = udp a c:9 xyz", "b:e0",
	  ETH(B, A, "ipv4") IP("31", "udp", "0x66c9", "10.0.0.1", "10.2.0.3")
		  UDP("11", "0x5d0f") "data = \"xyz\"\n" },
	{ "drop = udp a c:9 xyz", "c:e0",
	  ETH(NO_MAC, B1, "ipv4") IP("31", "udp", "0x66c9", "10.0.0.1", "10.2.0.3")
		  UDP("11", "0x5d0f") "data = \"xyz\"\n" },
	{ "drop = tcp c 10.0.0.1:80 x", "b:e1",
	  ETH(B1, NO_MAC, "ipv4") IP("40", "tcp", "0x66cb", "10.2.0.3", "10.0.0.1") TCP("0xff4c") },
	/* one of two routers sent it, or nobody could */
	{ "drop = tcp c [fd00::1]:80 x", "a:e0",
	  ETH(A, NO_MAC, "ipv6") IP6("20", "tcp", "fd02::3", "fd00::1") TCP("0x194b") },
	{ "drop = udp a c:9 xyz", "b:e1",
	  ETH(B1, NO_MAC, "ipv4") IP("31", "udp", "0x66c9", "10.0.0.1", "10.2.0.3")
		  UDP("11", "0x5d0f") "data = \"xyz\"\n" },
	/* nobody's address, and those that all have, or a group */
	{ "drop = udp a 10.0.0.77:9 xyz", "b:e0",
	  ETH(B, A, "ipv4") IP("31", "udp", "0x6681", "10.0.0.1", "10.0.0.77")
		  UDP("11", "0x5cc7") "data = \"xyz\"\n" },
	{ "drop = udp a 10.0.0.255:9 x", "b:e0",
	  ETH("ff:ff:ff:ff:ff:ff", A, "ipv4") IP("29", "udp", "0x65d1", "10.0.0.1", "10.0.0.255")
		  UDP("9", "0xd692") "data = \"x\"\n" },
	{ "drop = udp a 239.129.2.3:9 x", "b:e0",
	  ETH("01:00:5e:01:02:03", A, "ipv4") IP("29", "udp", "0x7f4b", "10.0.0.1", "239.129.2.3")
		  UDP("9", "0xf00c") "data = \"x\"\n" },
	{ "drop = ping a ff02::1:9 size=1", "b:e0",
	  ETH("33:33:00:01:00:09", A, "ipv6") IP6("9", "icmpv6", "fd00::1", "ff02::1:9")
		  PING6("0x83ac") "data = hex:00\n" },
};

static void read_step(struct labfile *labfile, const char *step)
{
	char *FREE_AUTO text = text_format("%s%s\n", LAB, step);
	struct error ERROR_AUTO e = ERROR_INIT;

	if (labfile_parse(labfile, "f.ini", "/", text, strlen(text), &e))
		fail_msg("%s", e.text);
}

static int make(const struct labfile *labfile, const char *iface, struct frame_make *f, char **why)
{
	return first_packet(&labfile->topo, &labfile->scenarios[0].steps[0],
			    topology_iface(&labfile->topo, iface), f, why);
}

static void is_made_of_the_topology(void **state)
{
	struct frame_make *FREE_AUTO f = xcalloc(1, sizeof(*f));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		char *FREE_AUTO why = NULL, *FREE_AUTO text = NULL;
		struct labfile labfile;
		size_t size;
		FILE *out;

		read_step(&labfile, steps[i].step);
		if (make(&labfile, steps[i].iface, f, &why))
			fail_msg("%s: %s", steps[i].step, why);
		out = xopen_memstream(&text, &size);
		layers_print(f->bytes, f->size, out);
		xclose_memstream(out);
		if (strcmp(text, steps[i].frame) != 0)
			fail_msg("%s at %s: not\n%sbut\n%s", steps[i].step, steps[i].iface,
				 steps[i].frame, text);
		labfile_clear(&labfile);
	}
}

static void is_not_longer_than_a_frame(void **state)
{
	struct frame_make *FREE_AUTO f = xcalloc(1, sizeof(*f));
	char *FREE_AUTO why = NULL;
	struct labfile labfile;

	(void)state;
	read_step(&labfile, "drop = ping a b size=8958");
	assert_int_equal(make(&labfile, "b:e0", f, &why), 0);
	assert_int_equal(f->size, FRAME_MAX);
	labfile_clear(&labfile);
	read_step(&labfile, "drop = ping a b size=8959");
	assert_int_equal(make(&labfile, "b:e0", f, &why), -E2BIG);
	assert_string_equal(why, "the packet is longer than 9000 bytes");
	labfile_clear(&labfile);
}

static void needs_an_address_to_send_from(void **state)
{
	struct frame_make *FREE_AUTO f = xcalloc(1, sizeof(*f));
	char *FREE_AUTO why = NULL;
	struct labfile labfile;

	(void)state;
	read_step(&labfile, "drop = udp d 10.9.0.1:9 x");
	assert_int_equal(text_address("fd00::1", &labfile.scenarios[0].steps[0].address), 0);
	assert_int_equal(make(&labfile, "a:e0", f, &why), -EINVAL);
	assert_string_equal(why, "node d has no address of the destination's family");
	labfile_clear(&labfile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_of_the_topology),
		cmocka_unit_test(is_not_longer_than_a_frame),
		cmocka_unit_test(needs_an_address_to_send_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
