/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TESTS_FRAME_H
#define XLAB_TESTS_FRAME_H

/*
 * Crafted frames, a header at a time:
 *
 *   struct frame f = FRAME_NONE;
 *   frame_ether(&f, "de:ad:be:ef:00:01", "de:ad:be:ef:00:10", 0x0800);
 *   frame_ipv4(&f, "10.0.0.10", "10.0.0.1", 17, 5, 0);
 *   frame_ports(&f, 44024, 8888, 17);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct frame {
	uint8_t bytes[1024];
	size_t len;
	size_t network; /* where the IP header is, whose length follows what is put; 0: none yet */
};
#define FRAME_NONE          \
	{                   \
		{ 0 }, 0, 0 \
	}

void frame_ether(struct frame *f, const char *dst, const char *src, uint16_t type);
void frame_tag(struct frame *f, uint16_t type); /* behind a type 0x8100 or 0x88a8 */
/* @ihl words, @fragment as on the wire: flags and offset in units of 8 bytes */
void frame_ipv4(struct frame *f, const char *src, const char *dst, uint8_t proto, unsigned int ihl,
		uint16_t fragment);
void frame_ipv6(struct frame *f, const char *src, const char *dst, uint8_t next);
/* An extension header of @kind; @length is its length field, @fragment its bytes 2 and 3. */
void frame_extension(struct frame *f, uint8_t kind, uint8_t next, uint8_t length,
		     uint16_t fragment);
void frame_ports(struct frame *f, uint16_t src, uint16_t dst, uint8_t proto);
void frame_fill(struct frame *f, size_t len); /* up to @len bytes in all */
/* The same behind the end that the IP header tells: Ethernet's padding. */
void frame_pad(struct frame *f, size_t len);

/* The usual: UDP from lb to host, 128 bytes. @v6: over IPv6. */
struct frame frame_udp(uint16_t src, uint16_t dst, int v6);

/* The next line of frames.txt: a name and bytes in hex. False at its end. */
bool frame_read(FILE *file, char name[static 32], struct frame *f);

#endif
