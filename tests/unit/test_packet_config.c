// SPDX-License-Identifier: GPL-2.0-or-later
/* [packet]: made of layers, shown by layers, and made again of what was shown; what cannot be; and
 * what two packets differ in.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_print.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/layers.h"
#include "orchestrator/model/layers_text.h"
#include "orchestrator/model/packet_config.h"
#include "orchestrator/util/capture.h"
#include "tests/unit/many_lines.h"
#include "tests/unit/temp_file.h"

#define ETH "eth = dst=de:ad:be:ef:00:10 src=de:ad:be:ef:00:01\n"

/* A lab of which only the packet is of interest; its first key is at line 3. */
static int read_packet(const char *keys, struct labfile *labfile, struct error *e)
{
	char *FREE_AUTO text = text_format("[node a]\n[packet p]\n%s", keys);

	return labfile_parse(labfile, "f.ini", "/", text, strlen(text), e);
}

static uint8_t *bytes_of(const char *keys, size_t *size)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;
	uint8_t *bytes;

	if (read_packet(keys, &labfile, &e))
		fail_msg("%s: %s", keys, e.text);
	assert_int_equal(labfile.n_packets, 1);
	*size = labfile.packets[0].size;
	bytes = xmemdup(labfile.packets[0].bytes, *size);
	labfile_clear(&labfile);
	return bytes;
}

static char *shown(const uint8_t *bytes, size_t size)
{
	char *text = NULL;
	size_t length;
	FILE *out = xopen_memstream(&text, &length);

	layers_print(bytes, size, out);
	xclose_memstream(out);
	return text;
}

static void refuses(const char *keys, const char *said)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	struct labfile labfile;

	if (!read_packet(keys, &labfile, &e))
		fail_msg("%s is taken", keys);
	if (strcmp(e.text, said) != 0)
		fail_msg("\"%s\"\nis not \"%s\"", e.text, said);
	labfile_clear(&labfile);
}

/* @hex: white space is for people. */
static void makes(const char *keys, const char *hex)
{
	char *FREE_AUTO same = text_format("hex = %s\n", hex);
	size_t size, wanted_size;
	uint8_t *FREE_AUTO bytes = bytes_of(keys, &size);
	uint8_t *FREE_AUTO wanted = bytes_of(same, &wanted_size);

	if (size != wanted_size || memcmp(bytes, wanted, size) != 0) {
		bytes_print(bytes, size, "# ", stdout);
		fail_msg("%s is not %s", keys, hex);
	}
}

/* By frames of other tools: their checksums are right. */
static void layers_make_bytes(void **state)
{
	(void)state;
	makes("eth = dst=de:ad:be:ef:00:01 src=de:ad:be:ef:00:10\n"
	      "ip = src=10.0.0.10 dst=10.0.0.1 id=7\n"
	      "udp = srcport=4000 dstport=8888\n"
	      "data = hex:68656c6c6f0a\n",
	      "deadbeef0001deadbeef00100800 4500002200070000401166ba0a00000a0a000001"
	      "0fa022b8000e7593 68656c6c6f0a");
	makes("eth = dst=de:ad:be:ef:00:01 src=de:ad:be:ef:00:10\n"
	      "vlan = id=100\n"
	      "vlan = id=10\n"
	      "ip = src=10.0.0.10 dst=10.0.0.1 id=7\n"
	      "udp = srcport=4000 dstport=8888\n"
	      "data = \"hello\"\n"
	      "data = hex:0a\n",
	      "deadbeef0001deadbeef001088a800648100000a0800 4500002200070000401166ba0a00000a"
	      "0a000001 0fa022b8000e7593 68656c6c6f0a");
	makes("eth = dst=de:ad:be:ef:00:01 src=de:ad:be:ef:00:10\n"
	      "ipv6 = src=fd00::10 dst=fd00::1 nxt=0 options=hex:1100010400000000\n"
	      "udp = srcport=4000 dstport=8888\n"
	      "data = hex:68656c6c6f0a\n",
	      "deadbeef0001deadbeef001086dd 6000000000160040fd000000000000000000000000000010"
	      "fd000000000000000000000000000001 1100010400000000 0fa022b8000e8f8b 68656c6c6f0a");
	makes("eth = dst=de:ad:be:ef:00:01 src=de:ad:be:ef:00:10\n"
	      "ip = src=10.0.0.10 dst=10.0.0.1 id=7\n"
	      "ip = src=10.0.0.10 dst=10.0.0.1 id=7\n"
	      "udp = srcport=4000 dstport=8888\n"
	      "data = hex:68656c6c6f0a\n",
	      "deadbeef0001deadbeef00100800 4500003600070000400466b30a00000a0a000001"
	      "4500002200070000401166ba0a00000a0a000001 0fa022b8000e7593 68656c6c6f0a");
	/* A checksum that comes to 0 is written as its other form: 0 says that there is none. */
	makes(ETH "ip = src=10.0.0.1 dst=10.0.0.10\n"
		  "udp = srcport=40000 dstport=9\n"
		  "data = hex:4f86\n",
	      "deadbeef0010deadbeef00010800 4500001e00000000401166c50a0000010a00000a"
	      "9c400009000affff 4f86");
	makes("eth = dst=ff:ff:ff:ff:ff:ff src=de:ad:be:ef:00:10\n"
	      "arp = src.hw_mac=de:ad:be:ef:00:10 src.proto_ipv4=10.0.0.10 "
	      "dst.proto_ipv4=10.0.0.1\n"
	      "data = zero:18\n",
	      "ffffffffffffdeadbeef00100806 0001080006040001deadbeef00100a00000a"
	      "0000000000000a000001 000000000000000000000000000000000000");
}

/* One after the other. */
static void lines_of_bytes_make_one_packet(void **state)
{
	(void)state;
	makes("hex = 00 11 2233\nhex = 445566778899\nhex = aabb0800\nhex = 45\n",
	      "00112233445566778899aabb080045");
	makes("hex = ABCDEF0123456789AABBCCDDEEFF\n", "abcdef0123456789aabbccddeeff");
}

/* Of 100 bytes a line. */
static void a_packet_may_be_full(void **state)
{
	char *FREE_AUTO line = many_lines("hex = ", "0123456789", 20);
	char *FREE_AUTO one = text_format("%s\n", line);
	char *FREE_AUTO full = many_lines("", one, FRAME_MAX / 100);
	char *FREE_AUTO more = text_format("%shex = 00\n", full);
	size_t size;
	uint8_t *FREE_AUTO bytes = bytes_of(full, &size);

	(void)state;
	assert_int_equal(size, FRAME_MAX);
	assert_int_equal(bytes[FRAME_MAX - 1], 0x89);
	refuses(more, "f.ini:93: [packet p] hex = 00: the packet has 9001 bytes; allowed: 14-9000, "
		      "beginning with its Ethernet header");
}

/* What is given stands, right or wrong; what is not follows from it. */
static void what_is_given_stands(void **state)
{
	(void)state;
	makes(ETH "ip = src=10.0.0.1 dst=10.0.0.2 len=7 checksum=0x1234 proto=99 ttl=0\n"
		  "udp = srcport=1 dstport=2 length=3 checksum=0\n",
	      "deadbeef0010deadbeef00010800 45000007000000000063123" /* … */
	      "40a0000010a000002 0001000200030000");
	makes("eth = type=42\ndata = hex:aaaa03\n", "000000000000000000000000002a aaaa03");
	/* An IHL of 7 has room for two words. */
	makes(ETH "ip = hdr_len=7 proto=255\n",
	      "deadbeef0010deadbeef00010800 4700001c00000000 40ff77e4 0000000000000000"
	      "0000000000000000");
	makes(ETH "ip = hdr_len=9 proto=255 options=hex:01010101\n",
	      "deadbeef0010deadbeef00010800 4900001800000000 40ff73e6 0000000000000000 01010101");
	makes(ETH "ip = hdr_len=2 proto=255\n",
	      "deadbeef0010deadbeef00010800 4200001400000000 40ff7cec 0000000000000000");
}

static void round_trip(const uint8_t *bytes, size_t size)
{
	char *FREE_AUTO text = shown(bytes, size), *FREE_AUTO again = NULL;
	uint8_t *FREE_AUTO made = NULL;
	size_t made_size;

	made = bytes_of(text, &made_size);
	again = shown(made, made_size);
	assert_string_equal(again, text);
	if (made_size != size || memcmp(made, bytes, size) != 0) {
		bytes_print(bytes, size, "# is  ", stdout);
		bytes_print(made, made_size, "# was ", stdout);
		fail_msg("not made again by\n%s", text);
	}
}

/* Frames of every kind, whole, cut, and with bytes that are wrong. */
static void what_is_shown_makes_it_again(void **state)
{
	FILE_AUTO FILE *file = fopen("tests/filters/frames.txt", "r");
	char name[32], hex[4096];
	unsigned int seed = 1;
	size_t n = 0;

	(void)state;
	assert_non_null(file);
	while (fscanf(file, "%31s %4095s", name, hex) == 2) {
		char *FREE_AUTO keys = text_format("hex = %s\n", hex);
		size_t size;
		uint8_t *FREE_AUTO bytes = bytes_of(keys, &size);

		for (size_t cut = 14; cut <= size; cut += cut < 100 ? 1 : 97)
			round_trip(bytes, cut);
		for (int i = 0; i < 50; i++) {
			size_t at = (size_t)rand_r(&seed) % (size < 90 ? size : 90);
			uint8_t was = bytes[at];

			bytes[at] = (uint8_t)rand_r(&seed);
			round_trip(bytes, size);
			bytes[at] = was;
		}
		n++;
	}
	assert_true(n > 20);
}

static void long_data(void **state)
{
	uint8_t bytes[9000] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	(void)state;
	for (size_t i = 14; i < sizeof(bytes); i++)
		bytes[i] = i % 1500 < 700 ? 0 : (uint8_t)i;
	round_trip(bytes, sizeof(bytes));
	memset(bytes + 14, 'x', 900);
	round_trip(bytes, 914);
	round_trip(bytes, 14);
}

/* The text of the data layer of @n bytes as fill() made them, without its "data = ". */
static void data_is(const uint8_t *data, size_t n, const char *expected)
{
	uint8_t bytes[14 + 2000] = { 0 };
	char *FREE_AUTO text = NULL, *FREE_AUTO lines = NULL;

	memcpy(bytes + 14, data, n);
	text = shown(bytes, 14 + n);
	lines = text_format("eth = dst=00:00:00:00:00:00 src=00:00:00:00:00:00 type=0x0000\n%s",
			    expected);
	assert_string_equal(text, lines);
}

/* Text as long as a line may be, hex in lines, and zeros by their number, if they are many. */
static void data_has_its_limits(void **state)
{
	char *FREE_AUTO most = many_lines("", "x", 1024), *FREE_AUTO over = NULL,
			*FREE_AUTO hex = NULL;
	char *FREE_AUTO said = text_format("data = \"%s\"\n", most);
	uint8_t bytes[1025];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	data_is(bytes, 1024, said);
	hex = many_lines("", "78", 512);
	over = text_format("data = hex:%s\ndata = hex:%s\ndata = hex:78\n", hex, hex);
	data_is(bytes, 1025, over);
	data_is((const uint8_t *)"a b~", 4, "data = \"a b~\"\n");
	data_is((const uint8_t *)"a ;#", 4, "data = \"a ;#\"\n");
	data_is((const uint8_t *)"a{b", 3, "data = hex:617b62\n");
	data_is((const uint8_t *)"a\"b", 3, "data = hex:612262\n");
	data_is((const uint8_t *)"a\nb", 3, "data = hex:610a62\n");
	memset(bytes, 0, 17);
	bytes[0] = 1;
	data_is(bytes, 16, "data = hex:01000000000000000000000000000000\n");
	data_is(bytes, 17, "data = hex:01\ndata = zero:16\n");
}

static void padding_is_told(void **state)
{
	static const char *const packets[] = { ETH "ip = ttl=1\nudp = dstport=1\n",
					       ETH "ipv6 = hlim=1\nudp = dstport=1\n" };
	static const char *const said[] = {
		[1] = "; the last 1 byte is Ethernet's padding\n",
		[2] = "; the last 2 bytes are Ethernet's padding\n",
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(said); i++) {
		uint8_t bytes[100] = { 0 };
		size_t n = i / 2, size;
		uint8_t *FREE_AUTO packet = bytes_of(packets[i % 2], &size);
		char *FREE_AUTO text = NULL;
		const char *comment;

		memcpy(bytes, packet, size);
		text = shown(bytes, size + n);
		comment = strchr(text, ';');
		assert_int_equal(comment != NULL, n > 0);
		if (n)
			assert_string_equal(comment, said[n]);
	}
}

/* Of ICMP, by its type: what stands in bytes that others use for something else. */
static void icmp_is_shown_by_its_type(void **state)
{
	static const char *const icmp[] = {
		"icmp = type=8 code=0 checksum=0x0000 ident=0 seq=0\n",
		"icmp = type=0 code=0 checksum=0x0000 ident=0 seq=0\n",
		"icmp = type=3 code=0 checksum=0x0000\n",
		"icmp = type=3 code=4 checksum=0x0000 mtu=0\n",
		"icmp = type=3 code=1 checksum=0x0000 ident=7\n",
		"icmp = type=8 code=4 checksum=0x0000 ident=0 seq=0\n",
		"icmp = type=13 code=0 checksum=0x0000 seq=1\n",
		"icmpv6 = type=128 code=0 checksum=0x0000 echo.identifier=0 "
		"echo.sequence_number=0\n",
		"icmpv6 = type=129 code=0 checksum=0x0000 echo.identifier=0 "
		"echo.sequence_number=0\n",
		"icmpv6 = type=2 code=0 checksum=0x0000 mtu=0\n",
		"icmpv6 = type=3 code=0 checksum=0x0000\n",
		"icmpv6 = type=3 code=0 checksum=0x0000 echo.identifier=1\n",
		"icmpv6 = type=5 code=0 checksum=0x0000 echo.sequence_number=1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(icmp); i++) {
		bool v6 = !strncmp(icmp[i], "icmpv6", 6);
		char *FREE_AUTO keys =
			text_format(ETH "%s\n%s", v6 ? "ipv6 = hlim=1" : "ip = ttl=1", icmp[i]);
		char *FREE_AUTO text = NULL, *FREE_AUTO plain = NULL;
		size_t size;
		uint8_t *FREE_AUTO bytes = bytes_of(keys, &size);

		text = shown(bytes, size);
		plain = text_format("\n%s", icmp[i]);
		assert_non_null(strstr(text, plain));
	}
}

/* Lines of sixteen, the last one as long as the others. */
static void bytes_are_printed(void **state)
{
	static const char said[] =
		"# 0000  1f 20 21 22 23 24 25 26  27 28 29 2a 2b 2c 2d 2e  . !\"#$%&'()*+,-.\n"
		"# 0010  2f 30 31 32 33 34 35 36  37                       /01234567\n";
	char *FREE_AUTO text = NULL;
	uint8_t bytes[25];
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0x1f + i);
	bytes_print(bytes, 25, "# ", out);
	xclose_memstream(out);
	assert_string_equal(text, said);
	free(text);
	out = xopen_memstream(&text, &size);
	bytes_print(bytes, 16, "# ", out);
	xclose_memstream(out);
	assert_int_equal(size, strchr(said, '\n') + 1 - said);
	assert_memory_equal(text, said, size);
}

static void layers_are(const char *keys, const char *expected)
{
	size_t size;
	uint8_t *FREE_AUTO bytes = bytes_of(keys, &size);
	char *FREE_AUTO names = NULL;
	struct layers layers;

	layers_read(bytes, size, &layers);
	for (size_t i = 0; i < layers.n; i++)
		text_add(&names, " ", "%s", layer_names[layers.layer[i].layer]);
	assert_string_equal(names, expected);
}

/* Extension headers, before another of their kind and before UDP. */
#define SIXTY	 "3c00010400000000"
#define UDP_NEXT "1100010400000000"

#define IP_IN_IP "ip = id=1\nip = id=1\nip = id=1\nip = id=1\nip = id=1\nip = id=1\nip = id=1\n"

static void layers_are_found(void **state)
{
	uint8_t *FREE_AUTO bytes = NULL;
	size_t size;

	(void)state;
	layers_are(ETH "ip = \tlen=20 proto=udp\ndata = zero:8\n", "eth ip data");
	layers_are(ETH "ip = frag_offset=1 proto=udp\ndata = zero:8\n", "eth ip data");
	layers_are(ETH "ip = flags.mf=1\nudp = dstport=1\n", "eth ip udp");
	layers_are(ETH "ip = ttl=1\nicmp = type=11\nip = ttl=1\nicmp = type=8\ndata = \"x\"\n",
		   "eth ip icmp ip icmp data");
	layers_are(ETH "ipv6 = hlim=1\nicmpv6 = type=3\nipv6 = hlim=1\ntcp = flags=SA\n",
		   "eth ipv6 icmpv6 ipv6 tcp");
	layers_are(ETH "ipv6 = hlim=1\nip = ttl=1\ntcp = hdr_len=6\n", "eth ipv6 ip tcp");
	layers_are(ETH "ip = ttl=1\nipv6 = hlim=1\nudp = dstport=1\n", "eth ip ipv6 udp");
	layers_are(ETH "ipv6 = hlim=1\nipv6 = hlim=1\nudp = dstport=1\n", "eth ipv6 ipv6 udp");
	layers_are(ETH "ipv6 = hlim=9\n", "eth ipv6");
	/* an echo has no packet behind it, whatever its data look like */
	layers_are(ETH "ip = ttl=1\nicmp = type=8\ndata = hex:45\ndata = zero:19\n",
		   "eth ip icmp data");
	layers_are(ETH "ipv6 = hlim=1\nicmpv6 = type=128\ndata = hex:60\ndata = zero:39\n",
		   "eth ipv6 icmpv6 data");
	/* as many extension headers as filters step over, and one more */
	layers_are(ETH
		   "ipv6 = nxt=60 options=hex:" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY UDP_NEXT
		   "\nudp = dstport=1\n",
		   "eth ipv6 udp");
	layers_are(ETH "ipv6 = nxt=60 options=hex:" SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY SIXTY
			   UDP_NEXT "\nudp = dstport=1\n",
		   "eth ipv6 data");
	layers_are(ETH "ipv6 = nxt=60 options=hex:3b00010400000000\n", "eth ipv6");
	/* an authentication header counts its length in words */
	layers_are(ETH
		   "ipv6 = nxt=51 options=hex:11020000000000000000000000000000\nudp = dstport=1\n",
		   "eth ipv6 udp");
	for (int type = 0; type <= 5; type++) {
		char *FREE_AUTO keys = text_format(ETH "ipv6 = hlim=1\nicmpv6 = type=%d\n"
						       "data = hex:60\ndata = zero:39\n",
						   type);

		layers_are(keys, type >= 1 && type <= 4 ? "eth ipv6 icmpv6 ipv6"
							: "eth ipv6 icmpv6 data");
	}
	for (int type = 0; type <= 14; type++) {
		char *FREE_AUTO keys = text_format(ETH "ip = ttl=1\nicmp = type=%d\n"
						       "data = hex:45\ndata = zero:19\n",
						   type);

		layers_are(keys, (type >= 3 && type <= 5) || type == 11 || type == 12
					 ? "eth ip icmp ip"
					 : "eth ip icmp data");
	}
	/* a later fragment of IPv6 */
	layers_are(ETH "ipv6 = nxt=44 options=hex:1100000800000001\ndata = zero:20\n",
		   "eth ipv6 data");
	/* as many layers as there may be, of which the last is data */
	layers_are(ETH IP_IN_IP IP_IN_IP "ip = proto=255\n",
		   "eth ip ip ip ip ip ip ip ip ip ip ip ip ip ip data");
	layers_are(ETH IP_IN_IP IP_IN_IP "udp = dstport=1\n",
		   "eth ip ip ip ip ip ip ip ip ip ip ip ip ip ip data");
	/* what is cut short is told */
	bytes = bytes_of(ETH "ip = ttl=1\nudp = dstport=1\n", &size);
	for (size_t cut = 34; cut <= size; cut++) {
		struct layers layers = { .cut = XLAB_LAYER_TCP };

		layers_read(bytes, cut, &layers);
		assert_int_equal(layers.cut, cut < size ? XLAB_LAYER_UDP : XLAB_LAYER_DATA);
	}
	/* not ARP of Ethernet and IPv4 */
	layers_are(ETH "arp = opcode=1\n", "eth arp");
	layers_are("eth = type=arp\ndata = hex:0001080006070001\ndata = zero:40\n", "eth data");
}

/* Behind what is cut off nothing is read: a sanitizer looks at that. */
static void nothing_is_read_behind_the_end(void **state)
{
	static const char *const packets[] = {
		ETH "ipv6 = nxt=60 options=hex:" SIXTY UDP_NEXT "\nudp = dstport=1\n",
		ETH "ipv6 = nxt=44 options=hex:1100000800000001\ndata = zero:4\n",
		ETH "ipv6 = nxt=51 options=hex:11020000000000000000000000000000\nudp = dstport=1\n",
		ETH "vlan = id=5\nip = options=hex:01010101\ntcp = options=hex:01010101\n",
		ETH "ip = ttl=1\nicmp = type=3\nip = ttl=1\nudp = dstport=1\n",
		ETH "arp = opcode=1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(packets); i++) {
		size_t size;
		uint8_t *FREE_AUTO bytes = bytes_of(packets[i], &size);

		for (size_t cut = 0; cut <= size; cut++) {
			uint8_t *FREE_AUTO part = xmemdup(bytes, cut);
			struct layers layers;

			layers_read(part, cut, &layers);
			for (size_t k = 0; k < layers.n; k++)
				assert_true(layers.layer[k].at + layers.layer[k].size <= cut);
		}
	}
}

static void what_cannot_be_is_refused(void **state)
{
	static const char *const no_lengths[] = { "0", "9001", "x", "" };

	(void)state;
	refuses(ETH "arp = opcode=1\nudp = dstport=1\n",
		"f.ini:5: [packet p] udp = dstport=1: udp cannot stand behind arp; what can: data");
	refuses("ip = ttl=1\n",
		"f.ini:3: [packet p] ip = ttl=1: a packet begins with eth, not with ip");
	refuses(ETH "ip = tll=1\n",
		"f.ini:4: [packet p] ip = tll=1: ip has no field \"tll\"; did you mean \"ttl\"?");
	refuses(ETH "ip = ip.ttl=1\n",
		"f.ini:4: [packet p] ip = ip.ttl=1: ip.ttl stands without the layer's name: ttl=");
	refuses(ETH "ip = addr=10.0.0.1\n", "f.ini:4: [packet p] ip = addr=10.0.0.1: addr is "
					    "either side's: write src= or dst=");
	refuses(ETH "ip = ttl=1\nudp = udp.port=1\n",
		"f.ini:5: [packet p] udp = udp.port=1: udp.port is either side's: write srcport= "
		"or "
		"dstport=");
	refuses(ETH "ip = ttl=256\n",
		"f.ini:4: [packet p] ip = ttl=256: ttl=256: \"256\" is beyond 255, the last one; "
		"allowed: fields of the layer, as in src=10.0.0.1 dst=10.0.0.10 ttl=64");
	refuses(ETH "ip = ttl\n",
		"f.ini:4: [packet p] ip = ttl: \"ttl\" is not FIELD=VALUE; allowed: fields of the "
		"layer, as in src=10.0.0.1 dst=10.0.0.10 ttl=64");
	refuses(ETH "ip = ttl=1 ttl=2\n", "f.ini:4: [packet p] ip = ttl=1 ttl=2: ttl stands twice");
	refuses(ETH "ip = ttl=1\n",
		"f.ini:2: [packet p]: what ip carries no layer says: give it proto=");
	refuses("", "f.ini:2: [packet p]: the packet is empty: it begins with eth");
	refuses(ETH, "f.ini:2: [packet p]: what eth carries no layer says: give it type=");
	refuses(ETH "ip = frag_offset=1\nudp = dstport=1\n",
		"f.ini:5: [packet p] udp = dstport=1: behind a later fragment (frag_offset) only "
		"data can stand: the udp header is in the first one");
	refuses(ETH "ip = ttl=1\nicmp = type=8\nip = ttl=1\n",
		"f.ini:6: [packet p] ip = ttl=1: only an error has the packet behind it that it is "
		"of: give icmp a type, as type=3");
	refuses(ETH "ip = options=hex:010101\nudp = dstport=1\n",
		"f.ini:4: [packet p] ip = options=hex:010101: options are 4, 8, … or 40 bytes, not "
		"3");
	refuses(ETH "ipv6 = options=hex:1100010400000000\nudp = dstport=1\n",
		"f.ini:4: [packet p] ipv6 = options=hex:1100010400000000: give nxt= as well: which "
		"the first extension header is");
	refuses(ETH "ipv6 = nxt=0 options=hex:110001040000000000\nudp = dstport=1\n",
		"f.ini:4: [packet p] ipv6 = nxt=0 options=hex:110001040000000000: extension "
		"headers are "
		"8, 12, … bytes, not 9");
	refuses(ETH "ipv6 = nxt=0 options=hex:11000104\nudp = dstport=1\n",
		"f.ini:4: [packet p] ipv6 = nxt=0 options=hex:11000104: extension headers are 8, "
		"12, … "
		"bytes, not 4");
	refuses(ETH "ip = ttl=1\nudp = options=hex:01\n",
		"f.ini:5: [packet p] udp = options=hex:01: udp has no options");
	refuses(ETH "ip = options=hex:01010101 options=hex:01010101\n",
		"f.ini:4: [packet p] ip = options=hex:01010101 options=hex:01010101: options "
		"stands twice");
	refuses(ETH "ip = options=01010101\n",
		"f.ini:4: [packet p] ip = options=01010101: options=01010101 is not "
		"options=hex:… with pairs of digits");
	for (size_t i = 0; i < ARRAY_SIZE(no_lengths); i++) {
		char *FREE_AUTO keys = text_format(ETH "data = zero:%s\n", no_lengths[i]);
		char *FREE_AUTO said =
			text_format("f.ini:4: [packet p] data = zero:%s: zero:N has an N of "
				    "1-9000; allowed: \"text\", hex:00ff… or zero:N",
				    no_lengths[i]);

		refuses(keys, said);
	}
	refuses(ETH "data = coucou\n",
		"f.ini:4: [packet p] data = coucou: it is neither text in quotes nor hex: nor "
		"zero:; allowed: \"text\", hex:00ff… or zero:N");
	refuses(ETH "data = \"a\" b\n",
		"f.ini:4: [packet p] data = \"a\" b: \"b\" stands behind the quotes; allowed: "
		"\"text\", hex:00ff… or zero:N");
	refuses(ETH "data = hex:012\n",
		"f.ini:4: [packet p] data = hex:012: it is not hex: with pairs of digits; allowed: "
		"\"text\", hex:00ff… or zero:N");
	refuses("eth = type=ipv4\ndata = zero:9000\n",
		"f.ini:4: [packet p] data = zero:9000: the packet is longer than 9000 bytes");
	refuses("hex = 00112233445566778899aabbcc\n",
		"f.ini:2: [packet p]: the packet has 13 bytes; allowed: 14-9000, beginning with "
		"its Ethernet header");
	refuses("hex = 0011xx\n",
		"f.ini:3: [packet p] hex = 0011xx: it is not hex with pairs of digits, 9000 at "
		"most; allowed: pairs of hexadecimal digits");
	refuses("hex = 00112233445566778899aabbccdd\n" ETH,
		"f.ini:4: [packet p] eth = dst=de:ad:be:ef:00:10 src=de:ad:be:ef:00:01: hex at "
		"line 3 is a whole packet: nothing stands beside it");
	refuses(ETH "hex = 00112233445566778899aabbccdd\n",
		"f.ini:4: [packet p] hex = 00112233445566778899aabbccdd: hex is a whole packet: "
		"nothing stands beside it");
	refuses("pcap = x.pcap\nhex = 00112233445566778899aabbccdd\n",
		"f.ini:4: [packet p] hex = 00112233445566778899aabbccdd: hex is a whole packet: "
		"nothing stands beside it");
	refuses("hex = 0011223344556677\npcap = x.pcap\n",
		"f.ini:4: [packet p] pcap = x.pcap: pcap is a whole packet: nothing stands beside "
		"it");
	refuses(ETH "pcap = x.pcap 1\n",
		"f.ini:4: [packet p] pcap = x.pcap 1: pcap is a whole packet: nothing stands "
		"beside it");
	refuses("pcap = x.pcap 0\n",
		"f.ini:3: [packet p] pcap = x.pcap 0: \"0\" is no number of a packet, from 1 on; "
		"allowed: FILE [NUMBER]");
	refuses("pcap = x.pcap 4294967296\n",
		"f.ini:3: [packet p] pcap = x.pcap 4294967296: \"4294967296\" is no number of a "
		"packet, from 1 on; allowed: FILE [NUMBER]");
	refuses(ETH "ipp = ttl=1\n",
		"f.ini:4: [packet p] ipp = ttl=1: unknown key; did you mean \"ip\"? (allowed: eth, "
		"vlan, arp, ip, ipv6, icmp, icmpv6, tcp, udp, data, hex, pcap)");
}

static void one_fault_is_told_once(void **state)
{
	(void)state;
	refuses("ip = ttl=1\nudp = dstport=1\ndata = \"x\"\n",
		"f.ini:3: [packet p] ip = ttl=1: a packet begins with eth, not with ip");
	refuses("data = \"x\"\ndata = \"y\"\n",
		"f.ini:3: [packet p] data = \"x\": a packet begins with eth, not with data");
	refuses(ETH "arp = opcode=1\nudp = dstport=1\ndata = \"x\"\n",
		"f.ini:5: [packet p] udp = dstport=1: udp cannot stand behind arp; what can: data");
	/* each layer is looked at for itself */
	refuses("ip = tll=1\nudp = srcport=x\nip = ttl=1\n",
		"f.ini:3: [packet p] ip = tll=1: a packet begins with eth, not with ip\n"
		"f.ini:3: [packet p] ip = tll=1: ip has no field \"tll\"; did you mean \"ttl\"?\n"
		"f.ini:4: [packet p] udp = srcport=x: srcport=x: \"x\" is not a port; "
		"allowed: fields of the layer, as in srcport=40000 dstport=8000\n"
		"f.ini:5: [packet p] ip = ttl=1: ip cannot stand behind udp; what can: data");
	/* what was not understood may be the layer that lacks */
	refuses("eht = type=ipv4\nip = ttl=1\nudp = dstprt=1\n",
		"f.ini:3: [packet p] eht = type=ipv4: unknown key; did you mean \"eth\"? (allowed: "
		"eth, vlan, arp, ip, ipv6, icmp, icmpv6, tcp, udp, data, hex, pcap)\n"
		"f.ini:5: [packet p] udp = dstprt=1: udp has no field \"dstprt\"; did you mean "
		"\"dstport\"?");
	refuses("eth =\nip = ttl=1\nudp = dstport=1\n",
		"f.ini:3: [packet p] eth =: the key has no value");
	refuses(ETH "data = zero:8987\nudp = dstport=1\ndata = \"x\"\n",
		"f.ini:4: [packet p] data = zero:8987: the packet is longer than 9000 bytes");
	refuses(ETH "data = zero:8985\nudp = dstport=1\nip = ttl=1\n",
		"f.ini:5: [packet p] udp = dstport=1: the packet is longer than 9000 bytes");
	refuses("hex = 00112233445566778899aabbccdd\n" ETH "ip = ttl=1\ndata = \"x\"\n",
		"f.ini:4: [packet p] eth = dst=de:ad:be:ef:00:10 src=de:ad:be:ef:00:01: hex at "
		"line 3 is a whole packet: nothing stands beside it");
	refuses(ETH "hex = 00\nhex = 11\n",
		"f.ini:4: [packet p] hex = 00: hex is a whole packet: nothing stands beside it");
}

static void too_many_layers_are_told_once(void **state)
{
	char *FREE_AUTO keys = xstrdup(ETH), *FREE_AUTO said = NULL;

	(void)state;
	for (size_t i = 1; i < LAYERS_MAX + 3; i++)
		text_add(&keys, "", "vlan = id=1\n");
	said = text_format("f.ini:%d: [packet p] vlan = id=1: a packet has at most %d layers",
			   LAYERS_MAX + 3, LAYERS_MAX);
	refuses(keys, said);
}

/* What a header says that nothing is said of. */
static void headers_have_their_usual_values(void **state)
{
	static const char *const rows[][2] = {
		{ ETH "ip = proto=255\n",
		  "deadbeef0010deadbeef00010800 4500001400000000 40ff79ec 0000000000000000" },
		{ ETH "ipv6 = tclass=0\n",
		  "deadbeef0010deadbeef000186dd 6000000000003b40 00000000000000000000000000000000"
		  "00000000000000000000000000000000" },
		{ ETH "arp = dst.proto_ipv4=10.0.0.1\n",
		  "deadbeef0010deadbeef00010806 0001080006040001 0000000000000000000000000000"
		  "00000a000001" },
		{ ETH "ip = ttl=64\nicmp = code=0\n",
		  "deadbeef0010deadbeef00010800 4500001c00000000 40017ae2 0000000000000000"
		  "0800f7ff00000000" },
		{ ETH "ipv6 = hlim=64\nicmpv6 = code=0\n",
		  "deadbeef0010deadbeef000186dd 6000000000083a40 00000000000000000000000000000000"
		  "00000000000000000000000000000000 80007fbd00000000" },
		{ ETH "ip = ttl=64\ntcp = srcport=1\n",
		  "deadbeef0010deadbeef00010800 4500002800000000 40067ad1 0000000000000000"
		  "00010000 00000000 00000000 5000ffff afe40000" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		makes(rows[i][0], rows[i][1]);
}

static void fragments_are_known(void **state)
{
	static const struct {
		const char *keys;
		bool fragmented, later;
		unsigned int id;
	} rows[] = {
		{ "ip = id=7 proto=udp", false, false, 7 },
		{ "ip = id=7 flags.mf=1 proto=udp", true, false, 7 },
		{ "ip = id=7 flags.mf=1 frag_offset=1 proto=udp", true, true, 7 },
		{ "ip = id=7 frag_offset=1 proto=udp", true, true, 7 },
		{ "ip = id=7 flags.df=1 flags.rb=1 proto=udp", false, false, 7 },
		{ "ipv6 = nxt=44 options=hex:1100000000000009", false, false, 9 },
		{ "ipv6 = nxt=44 options=hex:1100000100000009", true, false, 9 },
		{ "ipv6 = nxt=44 options=hex:1100000900000009", true, true, 9 },
		{ "ipv6 = nxt=44 options=hex:1100000800000009", true, true, 9 },
		{ "ipv6 = nxt=44 options=hex:1100000600000009", false, false, 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO keys = text_format(ETH "%s\n", rows[i].keys);
		size_t size;
		uint8_t *FREE_AUTO bytes = bytes_of(keys, &size);
		struct layers layers;

		layers_read(bytes, size, &layers);
		assert_int_equal(layers.layer[1].fragmented, rows[i].fragmented);
		assert_int_equal(layers.layer[1].later_fragment, rows[i].later);
		assert_int_equal(layers.layer[1].fragment_id, rows[i].id);
	}
}

/* One of a capture is as long as a frame may be. */
static void captures_have_frames(void **state)
{
	static const size_t sizes[] = { FRAME_MIN - 1, FRAME_MIN, FRAME_MAX, FRAME_MAX + 1 };
	static const uint8_t bytes[FRAME_MAX + 1];

	assert_int_equal(temp_file_make(state), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct packet_config p = { .capture = temp_file, .number = 1 };
		struct error ERROR_AUTO e = ERROR_INIT;
		bool fits = i == 1 || i == 2;

		if (capture_write_one(temp_file, bytes, sizes[i], &e))
			fail_msg("%s", e.text);
		assert_int_equal(packet_config_load(&p, &e), fits ? 0 : -EINVAL);
		assert_int_equal(p.size, sizes[i]);
		if (!fits)
			assert_non_null(strstr(e.text, "bytes; allowed: 14-9000"));
		free(p.bytes);
	}
	assert_int_equal(temp_file_remove(state), 0);
}

/* Of a capture the file is beside the lab file, unless it has a whole path. */
static void captures_are_named(void **state)
{
	static const struct {
		const char *value, *path;
		unsigned int number;
	} rows[] = {
		{ "a.pcap", "/dir/a.pcap", 1 },		  { "a.pcap 2", "/dir/a.pcap", 2 },
		{ "a.pcap \t 300", "/dir/a.pcap", 300 },  { "a b.pcap 4", "/dir/a b.pcap", 4 },
		{ "/x/a.pcap 5", "/x/a.pcap", 5 },	  { "../a.pcap", "/dir/../a.pcap", 1 },
		{ "a 4294967295", "/dir/a", UINT32_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *FREE_AUTO text =
			text_format("[node a]\n[packet p]\npcap = %s\n", rows[i].value);
		struct error ERROR_AUTO e = ERROR_INIT;
		struct labfile labfile;

		if (labfile_parse(&labfile, "f.ini", "/dir", text, strlen(text), &e))
			fail_msg("%s", e.text);
		assert_string_equal(labfile.packets[0].capture, rows[i].path);
		assert_int_equal(labfile.packets[0].number, rows[i].number);
		assert_null(labfile.packets[0].bytes);
		labfile_clear(&labfile);
	}
}

static void is_printed_as_written(void **state)
{
	static const char text[] = "[lab]\nname = f\n\n[node a]\n\n[packet p]\n" ETH
				   "ip = src=10.0.0.1 proto=udp\ndata = \"a  b\"\n";
	struct error ERROR_AUTO e = ERROR_INIT;
	char *FREE_AUTO printed = NULL;
	struct labfile labfile;
	size_t size;
	FILE *out;

	(void)state;
	assert_int_equal(labfile_parse(&labfile, "f.ini", "/", text, strlen(text), &e), 0);
	out = xopen_memstream(&printed, &size);
	labfile_print(&labfile, out);
	xclose_memstream(out);
	assert_string_equal(printed, text);
	labfile_clear(&labfile);
}

static void differ(const char *a, const char *b, const char *except, const char *expected)
{
	struct frame_bytes one = { 0 }, other = { 0 };
	uint8_t *FREE_AUTO one_bytes = bytes_of(a, &one.size);
	uint8_t *FREE_AUTO other_bytes = bytes_of(b, &other.size);
	bool fields_except[XLAB_FIELDS] = { false };
	char word[64], *FREE_AUTO said = NULL;

	one.bytes = one_bytes;
	other.bytes = other_bytes;
	while (text_word(&except, word, sizeof(word)))
		fields_except[field_find(word)] = true;
	said = layers_difference(&one, &other, fields_except);
	if (!expected && said)
		fail_msg("\"%s\" where nothing should be different", said);
	if (expected && !said)
		fail_msg("nothing is different where \"%s\" should be", expected);
	if (expected)
		assert_string_equal(said, expected);
}

#define UDP ETH "ip = src=10.0.0.1 dst=10.0.0.2 id=%d ttl=%d\nudp = dstport=%d\ndata = \"%s\"\n"

static void differences_are_told(void **state)
{
	char *FREE_AUTO one = text_format(UDP, 1, 64, 53, "hello");
	char *FREE_AUTO hop = text_format(UDP, 1, 63, 53, "hello");
	char *FREE_AUTO text = text_format(UDP, 1, 64, 53, "help");
	char *FREE_AUTO bare = text_format(ETH "ip = src=10.0.0.1 dst=10.0.0.2 id=1\n"
					       "udp = dstport=53\n");
	char *FREE_AUTO tunnel = text_format(ETH "ip = src=1.0.0.1 dst=10.0.0.2 id=1 ttl=64\n"
						 "ip = src=10.0.0.1 dst=10.0.0.2 id=1\n"
						 "udp = dstport=53\ndata = \"hello\"\n");

	(void)state;
	differ(one, one, "", NULL);
	differ(one, hop, "",
	       "field        expected  came\n"
	       "ip.ttl       64        63\n"
	       "ip.checksum  0x66c9    0x67c9");
	differ(one, hop, "ip.ttl", "field        expected  came\nip.checksum  0x66c9    0x67c9");
	differ(one, hop, "ip.ttl ip.checksum", NULL);
	differ(one, text, "ip.len udp.length udp.checksum ip.checksum",
	       "field  expected                  came\n"
	       "data   5 bytes, from 3 on: 6c6f  4 bytes, from 3 on: 70");
	differ(one, text, "ip.len udp.length udp.checksum ip.checksum data", NULL);
	differ(one, bare, "ip.len udp.length udp.checksum ip.checksum data", NULL);
	differ(one, bare, "ip.len udp.length udp.checksum ip.checksum",
	       "field   expected         came\nlayers  eth ip udp data  eth ip udp");
	differ(one, tunnel, "ip.checksum ip.len",
	       "field     expected         came\n"
	       "layers    eth ip udp data  eth ip ip udp data\n"
	       "ip.proto  udp              4\n"
	       "ip.src    10.0.0.1         1.0.0.1");
	differ(tunnel, tunnel, "", NULL);
	/* the inner header's */
	differ(ETH "ip = ttl=1\nip = ttl=9\nudp = dstport=1\n",
	       ETH "ip = ttl=1\nip = ttl=8\nudp = dstport=1\n", "ip.checksum",
	       "field                   expected  came\nip.ttl (the second ip)  9         8");
	/* bytes of an ICMP error that no field of its type has, and options */
	differ(ETH "ip = id=1\nicmp = type=3 code=1\n",
	       ETH "ip = id=1\nicmp = type=3 code=1 seq=1\n", "icmp.checksum",
	       "field     expected  came\nicmp.seq  0         1");
	differ(ETH "ip = id=1 options=hex:01010101\nudp = dstport=1\n",
	       ETH "ip = id=1 options=hex:01010100\nudp = dstport=1\n", "ip.checksum",
	       "field       expected                came\n"
	       "ip options  4 bytes, from 3 on: 01  4 bytes, from 3 on: 00");
	differ(ETH "ip = id=1\nip = id=1 options=hex:01010101\nudp = dstport=1\n",
	       ETH "ip = id=1\nip = id=1 options=hex:00010101\nudp = dstport=1\n", "ip.checksum",
	       "field                       expected           came\n"
	       "ip options (the second ip)  4 bytes: 01010101  4 bytes: 00010101");
}

/* Some of the bytes that are different, and whether there are more. */
static void different_data_are_told(void **state)
{
#define DATA(bytes) "eth = type=0\ndata = " bytes "\n"
	(void)state;
	differ(DATA("\"a\""), DATA("\"ab\""), "",
	       "field  expected           came\n"
	       "data   1 byte, from 1 on  2 bytes, from 1 on: 62");
	differ(DATA("zero:16"), DATA("hex:01\ndata = zero:16"), "",
	       "field  expected                                    came\n"
	       "data   16 bytes: 00000000000000000000000000000000  "
	       "17 bytes: 01000000000000000000000000000000…");
	differ(DATA("\"hello, world\""), DATA("\"hello, earth\""), "",
	       "field  expected                         came\n"
	       "data   12 bytes, from 7 on: 776f726c64  12 bytes, from 7 on: 6561727468");
	differ("eth = type=0\n", DATA("\"a\""), "data", NULL);
	differ(DATA("\"a\""), "eth = type=0\n", "data", NULL);
	differ("eth = dst=de:ad:be:ef:00:01 type=0\n", "eth = dst=de:ad:be:ef:00:02 type=0\n", "",
	       "field    expected           came\n"
	       "eth.dst  de:ad:be:ef:00:01  de:ad:be:ef:00:02");
}

/* What lies behind the bytes of a frame that was cut is none of it. */
static void a_part_is_told_from_the_whole(void **state)
{
	static const bool none[XLAB_FIELDS] = { false };
	struct frame_bytes whole = { 0 }, part;
	uint8_t *FREE_AUTO bytes = bytes_of(DATA("\"abcd\""), &whole.size);
	char *FREE_AUTO cut = NULL, *FREE_AUTO grown = NULL;

	(void)state;
	whole.bytes = bytes;
	part = (struct frame_bytes){ .bytes = bytes, .size = whole.size - 1 };
	cut = layers_difference(&whole, &part, none);
	assert_string_equal(cut, "field  expected                came\n"
				 "data   4 bytes, from 3 on: 64  3 bytes, from 3 on");
	grown = layers_difference(&part, &whole, none);
	assert_string_equal(grown, "field  expected            came\n"
				   "data   3 bytes, from 3 on  4 bytes, from 3 on: 64");
}

/* A header that stands often has its number, as far as there are words for it. */
static void repeated_headers_have_numbers(void **state)
{
	static const char *const numbers[] = { "second", "third", "fourth", "fifth", "next" };
	char keys[2][1024] = { ETH "ip = id=1\n", ETH "ip = id=1\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char *FREE_AUTO expected =
			text_format("field%*s  expected  came\nip.ttl (the %s ip)  1         2",
				    (int)strlen(numbers[i]) + 11, "", numbers[i]);
		char *FREE_AUTO one = text_format("%sip = id=1 ttl=1 proto=255\n", keys[0]);
		char *FREE_AUTO other = text_format("%sip = id=1 ttl=2 proto=255\n", keys[1]);

		differ(one, other, "ip.checksum", expected);
		strcat(keys[0], "ip = id=1\n");
		strcat(keys[1], "ip = id=1\n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_make_bytes),
		cmocka_unit_test(lines_of_bytes_make_one_packet),
		cmocka_unit_test(a_packet_may_be_full),
		cmocka_unit_test(what_is_given_stands),
		cmocka_unit_test(what_is_shown_makes_it_again),
		cmocka_unit_test(long_data),
		cmocka_unit_test(data_has_its_limits),
		cmocka_unit_test(padding_is_told),
		cmocka_unit_test(icmp_is_shown_by_its_type),
		cmocka_unit_test(bytes_are_printed),
		cmocka_unit_test(layers_are_found),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(one_fault_is_told_once),
		cmocka_unit_test(too_many_layers_are_told_once),
		cmocka_unit_test(headers_have_their_usual_values),
		cmocka_unit_test(fragments_are_known),
		cmocka_unit_test(captures_are_named),
		cmocka_unit_test(captures_have_frames),
		cmocka_unit_test(is_printed_as_written),
		cmocka_unit_test(differences_are_told),
		cmocka_unit_test(different_data_are_told),
		cmocka_unit_test(a_part_is_told_from_the_whole),
		cmocka_unit_test(repeated_headers_have_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
