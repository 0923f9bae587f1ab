/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_TAP_H
#define XLAB_TAP_H

/* Packet sockets: what comes in by an interface, behind XDP; and what goes out of one, as it is. */

#include <stddef.h>
#include <stdint.h>

struct error;

/* Both in the namespace that this process is in; an fd, or an error. */
int tap_open(const char *iface, struct error *e);
int tap_open_out(const char *iface, struct error *e);

/* 1: a frame that came in, whole, with its VLAN tag: *@bytes are malloc'ed; 0: there is none now.
 */
int tap_read(int fd, uint8_t **bytes, size_t *size, struct error *e);

#endif
