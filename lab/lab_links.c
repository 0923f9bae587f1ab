// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's links in a namespace that others use, too: found by their group, never by name alone. */
#include "lab/lab_links.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/array.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/rtnl.h"
#include "lab/state.h"

static bool is_own(const struct state *st, const struct rt_link_state *link)
{
	return (link->veth || link->vlan) && link->group == state_journal(st)->group;
}

int lab_link_find(const struct state *st, struct netlink *rt, const char *name,
		  struct rt_link_state *link, struct error *e)
{
	int err = rt_link_get(rt, name, 0, link, e);

	if (err == -ENODEV) {
		error_clear(e);
		return error_state(e, err, "the interface %s is gone", name);
	}
	if (err)
		return error_wrap(e, "cannot look for the interface %s", name);
	if (!is_own(st, link))
		return error_state(e, -ESTALE,
				   "%s is not the lab's: another link has taken its name", name);
	return 0;
}

int lab_link_mtus(struct netlink *rt, unsigned int ifindex, unsigned int *mtu, unsigned int *other,
		  struct error *e)
{
	struct rt_link_state link = { 0 }, end = { 0 };
	int err = rt_link_get(rt, NULL, ifindex, &link, e);

	if (!err && link.other)
		err = rt_link_get_other(rt, &link, &end, e);
	*mtu = link.mtu;
	*other = end.mtu;
	return err ? error_wrap(e, "cannot ask for the MTUs of a link") : 0;
}

struct sweep {
	const struct state *st;
	unsigned int *found;
	size_t n;
};

static void collect(void *cookie, const struct rt_link_state *link)
{
	struct sweep *s = cookie;
	unsigned int *ifindex;

	if (!is_own(s->st, link))
		return;
	ifindex = array_add(&s->found, &s->n, sizeof(*ifindex));
	*ifindex = link->ifindex;
}

int lab_links_delete(const struct state *st, struct error *e)
{
	struct netlink *NETLINK_AUTO rt = NULL;
	struct sweep s = { .st = st };
	int err = netlink_open(NETLINK_ROUTE, &rt, e);

	if (!err)
		err = rt_link_each(rt, collect, &s, e);
	for (size_t i = 0; i < s.n && !err; i++) {
		err = rt_link_del(rt, s.found[i], e);
		if (err == -ENODEV) { /* with its other end, or what it was over */
			error_clear(e);
			err = 0;
		}
	}
	free(s.found);
	return err;
}
