// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/filters/frame.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "lab/text.h"

static void put8(struct frame *f, uint8_t v)
{
	f->bytes[f->len++] = v;
}

static void put16(struct frame *f, uint16_t v)
{
	put8(f, v >> 8);
	put8(f, v & 0xff);
}

static void zeros(struct frame *f, size_t n)
{
	memset(f->bytes + f->len, 0, n);
	f->len += n;
}

/* The IP header tells where the frame ends now. */
static void settle(struct frame *f)
{
	bool v6 = f->bytes[f->network] >> 4 == 6;
	size_t length = f->len - f->network - (v6 ? 40 : 0);
	uint8_t *at = f->bytes + f->network + (v6 ? 4 : 2);

	if (!f->network)
		return;
	at[0] = length >> 8;
	at[1] = length & 0xff;
}

void frame_ether(struct frame *f, const char *dst, const char *src, uint16_t type)
{
	text_mac(dst, f->bytes + f->len);
	text_mac(src, f->bytes + f->len + 6);
	f->len += 12;
	put16(f, type);
}

void frame_tag(struct frame *f, uint16_t type)
{
	put16(f, 0x0064);
	put16(f, type);
}

void frame_ipv4(struct frame *f, const char *src, const char *dst, uint8_t proto, unsigned int ihl,
		uint16_t fragment)
{
	size_t start = f->network = f->len;

	put8(f, 0x40 | ihl);
	zeros(f, 5);
	put16(f, fragment);
	put8(f, 64);
	put8(f, proto);
	zeros(f, 2);
	inet_pton(AF_INET, src, f->bytes + f->len);
	inet_pton(AF_INET, dst, f->bytes + f->len + 4);
	f->len += 8;
	while (f->len < start + (size_t)ihl * 4)
		put8(f, 1);
	settle(f);
}

void frame_ipv6(struct frame *f, const char *src, const char *dst, uint8_t next)
{
	f->network = f->len;
	put8(f, 0x60);
	zeros(f, 5);
	put8(f, next);
	put8(f, 64);
	inet_pton(AF_INET6, src, f->bytes + f->len);
	inet_pton(AF_INET6, dst, f->bytes + f->len + 16);
	f->len += 32;
	settle(f);
}

void frame_extension(struct frame *f, uint8_t kind, uint8_t next, uint8_t length, uint16_t fragment)
{
	size_t size = kind == 44 ? 8 : kind == 51 ? (length + 2) * 4 : (length + 1) * 8;

	put8(f, next);
	put8(f, length);
	put16(f, fragment);
	zeros(f, size - 4);
	settle(f);
}

void frame_ports(struct frame *f, uint16_t src, uint16_t dst, uint8_t proto)
{
	put16(f, src);
	put16(f, dst);
	if (proto == 17)
		zeros(f, 4);
	else
		zeros(f, 16);
	settle(f);
}

void frame_pad(struct frame *f, size_t len)
{
	while (f->len < len)
		put8(f, 'x');
}

void frame_fill(struct frame *f, size_t len)
{
	frame_pad(f, len);
	settle(f);
}

bool frame_read(FILE *file, char name[static 32], struct frame *f)
{
	char hex[2 * sizeof(f->bytes) + 1];

	*f = (struct frame)FRAME_NONE;
	if (fscanf(file, "%31s %2048s", name, hex) != 2)
		return false;
	for (const char *at = hex; sscanf(at, "%2hhx", &f->bytes[f->len]) == 1; at += 2)
		f->len++;
	return f->len == strlen(hex) / 2;
}

struct frame frame_udp(uint16_t src, uint16_t dst, int v6)
{
	struct frame f = FRAME_NONE;

	frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", v6 ? 0x86dd : 0x0800);
	if (v6)
		frame_ipv6(&f, "fd00::10", "fd00::1", 17);
	else
		frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 17, 5, 0);
	frame_ports(&f, src, dst, 17);
	frame_fill(&f, 128);
	return f;
}
