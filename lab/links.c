// SPDX-License-Identifier: GPL-2.0-or-later
/* Links and addresses as the kernel has them, by libnl-route, for those who show or compare them.
 * What makes them is rtnl.c.
 */
#include "lab/links.h"

#include <errno.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/error.h"

static void free_socket(struct nl_sock **socket)
{
	nl_socket_free(*socket);
}
#define SOCKET_AUTO __attribute__((cleanup(free_socket)))

static void free_cache(struct nl_cache **cache)
{
	if (*cache)
		nl_cache_free(*cache);
}
#define CACHE_AUTO __attribute__((cleanup(free_cache)))

static struct nl_sock *open_socket(struct error *e)
{
	struct nl_sock *socket = nl_socket_alloc();

	if (!socket)
		out_of_memory();
	/* An answer is there as soon as a request is sent: libnl would wait for that of one which
	 * it could not send. It has fewer words for what failed than the kernel.
	 */
	if (!nl_connect(socket, NETLINK_ROUTE) && !nl_socket_set_nonblocking(socket))
		return socket;
	error_sys(e, -errno, "cannot open a netlink socket");
	nl_socket_free(socket);
	return NULL;
}

static void copy_name(char to[static IFNAMSIZ], const char *from)
{
	(void)snprintf(to, IFNAMSIZ, "%s", from ? from : "");
}

static void copy_link(struct link *to, struct rtnl_link *from)
{
	const struct nl_addr *mac = rtnl_link_get_addr(from);
	const char *alias = rtnl_link_get_ifalias(from);

	*to = (struct link){
		.ifindex = (unsigned int)rtnl_link_get_ifindex(from),
		.raised = rtnl_link_get_flags(from) & IFF_UP,
		.mtu = rtnl_link_get_mtu(from),
		.group = rtnl_link_get_group(from),
		.master = (unsigned int)rtnl_link_get_master(from),
		.alias = xstrdup(alias ? alias : ""),
	};
	copy_name(to->name, rtnl_link_get_name(from));
	copy_name(to->kind, rtnl_link_get_type(from));
	copy_name(to->queue, rtnl_link_get_qdisc(from));
	if (rtnl_link_is_vlan(from))
		to->vlan = (unsigned int)rtnl_link_vlan_get_id(from);
	rtnl_link_operstate2str(rtnl_link_get_operstate(from), to->state, sizeof(to->state));
	if (mac && nl_addr_get_len(mac) == sizeof(to->mac)) {
		to->has_mac = true;
		memcpy(to->mac, nl_addr_get_binary_addr(mac), sizeof(to->mac));
	}
}

void link_clear(struct link *link)
{
	free(link->alias);
	free(link->addresses);
	*link = (struct link){ 0 };
}

void links_clear(struct links *links)
{
	for (size_t i = 0; i < links->n; i++)
		link_clear(&links->links[i]);
	free(links->links);
	*links = (struct links){ 0 };
}

static struct link *link_by_index(const struct links *links, unsigned int ifindex)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->links[i].ifindex == ifindex)
			return &links->links[i];
	return NULL;
}

static void add_address(const struct links *links, struct rtnl_addr *from)
{
	struct link *link = link_by_index(links, (unsigned int)rtnl_addr_get_ifindex(from));
	const struct nl_addr *local = rtnl_addr_get_local(from);
	struct prefix *to;
	unsigned int size;

	if (!link || !local)
		return;
	size = nl_addr_get_len(local);
	if (size != sizeof(struct in_addr) && size != sizeof(struct in6_addr))
		return;
	to = array_add(&link->addresses, &link->n_addresses, sizeof(*to));
	to->address.family = rtnl_addr_get_family(from);
	memcpy(&to->address.v6, nl_addr_get_binary_addr(local), size);
	to->len = (unsigned int)rtnl_addr_get_prefixlen(from);
}

static int add_addresses(const struct links *links, struct nl_sock *socket, struct error *e)
{
	struct nl_cache *CACHE_AUTO cache = NULL;
	int err = rtnl_addr_alloc_cache(socket, &cache);

	if (err)
		return error_state(e, -EIO, "cannot read the addresses: %s", nl_geterror(err));
	for (struct nl_object *o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o))
		add_address(links, (struct rtnl_addr *)o);
	return 0;
}

static int compare_links(const void *a, const void *b)
{
	unsigned int x = ((const struct link *)a)->ifindex, y = ((const struct link *)b)->ifindex;

	return (x > y) - (x < y);
}

int links_read(struct links *links, struct error *e)
{
	struct nl_cache *CACHE_AUTO cache = NULL;
	struct nl_sock *SOCKET_AUTO socket = open_socket(e);
	int err;

	*links = (struct links){ 0 };
	if (!socket)
		return e->err;
	err = rtnl_link_alloc_cache(socket, AF_UNSPEC, &cache);
	if (err)
		return error_state(e, -EIO, "cannot read the links: %s", nl_geterror(err));
	for (struct nl_object *o = nl_cache_get_first(cache); o; o = nl_cache_get_next(o))
		copy_link(array_add(&links->links, &links->n, sizeof(*links->links)),
			  (struct rtnl_link *)o);
	err = add_addresses(links, socket, e);
	if (links->n)
		qsort(links->links, links->n, sizeof(*links->links), compare_links);
	return err;
}

int links_find(const char *name, struct link *link, struct error *e)
{
	struct nl_sock *SOCKET_AUTO socket = open_socket(e);
	struct rtnl_link *found = NULL;
	int err;

	*link = (struct link){ 0 };
	if (!socket)
		return e->err;
	err = rtnl_link_get_kernel(socket, 0, name, &found);
	if (err == -NLE_NODEV || err == -NLE_OBJ_NOTFOUND)
		return -ENODEV;
	if (err || !found)
		return error_state(e, -EIO, "cannot read link %s: %s", name,
				   err ? nl_geterror(err) : "the kernel's answer holds no link");
	copy_link(link, found);
	rtnl_link_put(found);
	return 0;
}
