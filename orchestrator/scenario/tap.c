// SPDX-License-Identifier: GPL-2.0-or-later
/* Packet sockets. The kernel takes a VLAN tag off before it hands a frame to one, and tells it
 * beside: here it is put back.
 */
#include "orchestrator/scenario/tap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/frame_make.h"

#define TAG_LEN 4

static int open_at(const char *iface, uint16_t type, struct error *e)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET,
				  .sll_protocol = htons(type),
				  .sll_ifindex = (int)if_nametoindex(iface) };
	int FD_AUTO fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	/* Without its interface a packet socket is at all of them. */
	if (!at.sll_ifindex)
		return error_sys(e, -ENODEV, "no packet socket at %s", iface);
	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return error_sys(e, -errno, "cannot open a packet socket at %s", iface);
	return steal_fd(&fd);
}

int tap_open(const char *iface, struct error *e)
{
	return open_at(iface, ETH_P_ALL, e);
}

/* Of no protocol nothing is received. */
int tap_open_out(const char *iface, struct error *e)
{
	return open_at(iface, 0, e);
}

static const struct tpacket_auxdata *find_auxdata(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA &&
		    c->cmsg_len >= CMSG_LEN(sizeof(struct tpacket_auxdata)))
			return (const struct tpacket_auxdata *)CMSG_DATA(c);
	return NULL;
}

/* There is room for it. */
static void put_tag(uint8_t *bytes, size_t size, const struct tpacket_auxdata *aux)
{
	uint16_t type =
		aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q;
	uint8_t *tag = bytes + 2 * ETH_ALEN;

	memmove(tag + TAG_LEN, tag, size - 2 * ETH_ALEN);
	tag[0] = (uint8_t)(type >> 8);
	tag[1] = (uint8_t)type;
	tag[2] = (uint8_t)(aux->tp_vlan_tci >> 8);
	tag[3] = (uint8_t)aux->tp_vlan_tci;
}

int tap_read(int fd, uint8_t **bytes, size_t *size, struct error *e)
{
	/* A byte more than any that is sent: a longer one is none of ours. */
	uint8_t *FREE_AUTO frame = xcalloc(1, FRAME_MAX + TAG_LEN + 1);
	struct iovec iov = { frame, FRAME_MAX + 1 };
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	const struct tpacket_auxdata *aux;
	ssize_t n = recvmsg(fd, &message, 0);

	if (n < 0 && (errno == EAGAIN || errno == ENETDOWN)) /* a link went down: nothing comes */
		return 0;
	if (n < 0)
		return error_sys(e, -errno, "cannot read from a packet socket");
	aux = find_auxdata(&message);
	if (aux && aux->tp_status & TP_STATUS_VLAN_VALID && n >= ETH_HLEN) {
		put_tag(frame, (size_t)n, aux);
		n += TAG_LEN;
	}
	*bytes = steal_pointer(&frame);
	*size = (size_t)n;
	return 1;
}
