// SPDX-License-Identifier: GPL-2.0-or-later
/* Links that are the lab's in a namespace that others use, too, and what is switched off at its
 * links. The kernel is played here, by rules.mk, in its functions' places.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/ethtool.h"
#include "lab/lab_links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/ops.h"
#include "lab/rtnl.h"
#include "lab/state.h"
#include "lab/topology.h"

static const struct journal journal = { .group = 5, .self_cookie = 33 };

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	(void)st;
	return &journal;
}

/* --- Which are the lab's -------------------------------------------------------------------------
 */

static const struct rt_link_state links[] = {
	{ .ifindex = 2, .veth = true, .group = 5, .other = 3, .mtu = 1400 },
	{ .ifindex = 4, .veth = true, .group = 6 },
	{ .ifindex = 5, .group = 5 },
	{ .ifindex = 6, .vlan = true, .group = 5 },
	{ .ifindex = 7, .vlan = true },
	{ .ifindex = 8, .veth = true, .group = 5, .mtu = 1300 },
};
static unsigned int deleted[8];
static size_t n_deleted;
static struct {
	int get, other, each, del; /* what these return; del: of link 6 */
} refuse;

int __wrap_rt_link_each(struct netlink *rt, rt_link_fn each, void *cookie, struct error *e);
int __wrap_rt_link_each(struct netlink *rt, rt_link_fn each, void *cookie, struct error *e)
{
	(void)rt;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		each(cookie, &links[i]);
	return refuse.each ? error_state(e, refuse.each, "refused") : 0;
}

int __wrap_rt_link_del(struct netlink *rt, unsigned int ifindex, struct error *e);
int __wrap_rt_link_del(struct netlink *rt, unsigned int ifindex, struct error *e)
{
	(void)rt;
	deleted[n_deleted++] = ifindex;
	return refuse.del && ifindex == 6 ? error_state(e, refuse.del, "refused") : 0;
}

int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e);
int __wrap_rt_link_get(struct netlink *rt, const char *name, unsigned int ifindex,
		       struct rt_link_state *out, struct error *e)
{
	(void)rt;
	if (name)
		assert_int_equal(ifindex, 0);
	*out = links[name ? *name - '0' : (int)ifindex];
	return refuse.get ? error_state(e, refuse.get, "refused") : 0;
}

int __wrap_rt_link_get_other(struct netlink *rt, const struct rt_link_state *state,
			     struct rt_link_state *other, struct error *e);
int __wrap_rt_link_get_other(struct netlink *rt, const struct rt_link_state *state,
			     struct rt_link_state *other, struct error *e)
{
	(void)rt;
	assert_int_equal(state->other, 3);
	*other = links[5];
	return refuse.other ? error_state(e, refuse.other, "refused") : 0;
}

int __real_lab_links_delete(const struct state *st, struct error *e);

static void only_the_labs_are_deleted(void **state)
{
	static const struct {
		int each, del, err;
		size_t n;
	} rows[] = {
		{ 0, 0, 0, 3 },
		{ 0, -ENODEV, 0, 3 }, /* gone with another one */
		{ 0, -EBUSY, -EBUSY, 2 },
		{ -EIO, 0, -EIO, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;

		n_deleted = 0;
		refuse.each = rows[i].each;
		refuse.del = rows[i].del;
		assert_int_equal(__real_lab_links_delete(NULL, &e), rows[i].err);
		assert_int_equal(e.err, rows[i].err);
		assert_int_equal(n_deleted, rows[i].n);
		for (size_t k = 0; k < n_deleted; k++)
			assert_int_equal(deleted[k], ((unsigned int[]){ 2, 6, 8 })[k]);
	}
	memset(&refuse, 0, sizeof(refuse));
}

static void is_found_if_it_is_the_labs(void **state)
{
	static const struct {
		const char *name;
		int get, err;
		const char *words;
	} rows[] = {
		{ "0", 0, 0, NULL },
		{ "3", 0, 0, NULL },
		{ "1", 0, -ESTALE, "1 is not the lab's: another link has taken its name" },
		{ "2", 0, -ESTALE, "2 is not the lab's: another link has taken its name" },
		{ "4", 0, -ESTALE, "4 is not the lab's: another link has taken its name" },
		{ "0", -ENODEV, -ENODEV, "the interface 0 is gone" },
		{ "0", -EIO, -EIO, "cannot look for the interface 0: refused" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error ERROR_AUTO e = ERROR_INIT;
		struct rt_link_state link;

		refuse.get = rows[i].get;
		assert_int_equal(lab_link_find(NULL, NULL, rows[i].name, &link, &e), rows[i].err);
		if (rows[i].err)
			assert_string_equal(e.text, rows[i].words);
		else
			assert_int_equal(link.ifindex, links[*rows[i].name - '0'].ifindex);
	}
	memset(&refuse, 0, sizeof(refuse));
}

static void mtus_of_both_ends(void **state)
{
	struct error ERROR_AUTO e = ERROR_INIT;
	unsigned int mtu, other;

	(void)state;
	assert_int_equal(lab_link_mtus(NULL, 0, &mtu, &other, &e), 0);
	assert_int_equal(mtu, 1400);
	assert_int_equal(other, 1300);
	assert_int_equal(lab_link_mtus(NULL, 5, &mtu, &other, &e), 0); /* it has none */
	assert_int_equal(mtu, 1300);
	assert_int_equal(other, 0);
	refuse.other = -EIO;
	assert_int_equal(lab_link_mtus(NULL, 0, &mtu, &other, &e), -EIO);
	assert_string_equal(e.text, "cannot ask for the MTUs of a link: refused");
	refuse.other = 0;
	refuse.get = -EPERM;
	assert_int_equal(lab_link_mtus(NULL, 0, &mtu, &other, &e), -EPERM);
	refuse.get = 0;
}

/* --- What an undo does in xlab's own namespace ---------------------------------------------------
 */

static struct {
	int open, enter, back, cookie_err, remove; /* what these return */
	uint64_t cookie;
	int in; /* the namespace entered last: 7 is the lab's bind of it, 9 where xlab started */
	size_t removed;
} own;

int __wrap_netns_open(const struct state *st, const char *name, struct error *e);
int __wrap_netns_open(const struct state *st, const char *name, struct error *e)
{
	(void)st;
	assert_string_equal(name, "self");
	return own.open ? error_state(e, own.open, "no bind") : dup2(STDERR_FILENO, 77);
}

int __wrap_netns_enter(int fd, struct error *e);
int __wrap_netns_enter(int fd, struct error *e)
{
	int err = fd == 9 ? own.back : own.enter;

	own.in = fd;
	return err ? error_state(e, err, "cannot enter it") : 0;
}

int __wrap_netns_cookie(uint64_t *cookie, struct error *e);
int __wrap_netns_cookie(uint64_t *cookie, struct error *e)
{
	assert_int_equal(own.in, 77);
	*cookie = own.cookie;
	return own.cookie_err ? error_state(e, own.cookie_err, "no cookie") : 0;
}

int __wrap_lab_links_delete(const struct state *st, struct error *e);
int __wrap_lab_links_delete(const struct state *st, struct error *e)
{
	(void)st;
	assert_int_equal(own.in, 77);
	own.removed++;
	return own.remove ? error_state(e, own.remove, "cannot delete") : 0;
}

static struct node nodes[] = { { .name = (char[]){ "a" } }, { .name = (char[]){ "self" } } };
static struct iface ifaces[] = {
	{ .node = 1, .peer = 1 }, { .node = 0, .peer = 0 }, { .node = 1, .peer = NONE },
	{ .node = 0, .peer = 4 }, { .node = 0, .peer = 3 }, { .node = 0, .peer = NONE },
};
static const struct topology topo = {
	.nodes = nodes, .n_nodes = 2, .ifaces = ifaces, .n_ifaces = 6
};
static const struct plan plan = { .topo = &topo, .self = (char[]){ "self" } };

static int undo(struct build *b, size_t iface, struct error *e)
{
	const struct op op = {
		.kind = OP_VETH, .netns = "a", .node = ifaces[iface].node, .iface = iface
	};

	return op_veth_undo(b, &op, e);
}

/* A pair that has an end there; all of them at once. */
static void pairs_there_are_deleted_at_once(void **state)
{
	static const bool there[] = { true, true, true, false, false, false };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(there); i++) {
		struct build b = { .plan = &plan, .start_netns = 9 };
		struct error ERROR_AUTO e = ERROR_INIT;

		memset(&own, 0, sizeof(own));
		own.cookie = 33;
		assert_int_equal(undo(&b, i, &e), 0);
		assert_int_equal(own.removed, there[i]);
		assert_int_equal(own.in, there[i] ? 9 : 0);
		assert_int_equal(undo(&b, i, &e), 0);
		assert_int_equal(own.removed, there[i]);
	}
}

static void or_not_without_being_sure(void **state)
{
	static const struct {
		int open, cookie_err, remove;
		uint64_t cookie;
		int err;
		const char *words;
	} rows[] = {
		{ -ENOENT, 0, 0, 33, 0, NULL }, /* nothing was put there */
		{ -EIO, 0, 0, 33, -EIO, "no bind" },
		{ 0, -EPERM, 0, 33, -EPERM, "no cookie" },
		{ 0, -EPERM, 0, 34, -EPERM, "no cookie" },
		{ 0, 0, 0, 34, -ESTALE,
		  "self is not the namespace that the lab was started in: left alone" },
		{ 0, 0, -EBUSY, 33, -EBUSY, "cannot delete" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct build b = { .plan = &plan, .start_netns = 9 };
		struct error ERROR_AUTO e = ERROR_INIT;

		memset(&own, 0, sizeof(own));
		own.open = rows[i].open;
		own.cookie_err = rows[i].cookie_err;
		own.cookie = rows[i].cookie;
		own.remove = rows[i].remove;
		assert_int_equal(undo(&b, 0, &e), rows[i].err);
		assert_int_equal(own.removed, rows[i].remove != 0);
		assert_int_equal(own.in, 9);
		assert_false(b.self_swept); /* it is tried again */
		if (rows[i].words) {
			const char *head = "cannot delete the lab's links of self: ";

			assert_ptr_equal(strstr(e.text, head), e.text);
			assert_string_equal(e.text + strlen(head), rows[i].words);
		}
	}
}

/* Who cannot get there deletes nothing, and who cannot come back says so. */
static void or_not_without_a_way(void **state)
{
	struct build b = { .plan = &plan, .start_netns = 9 };
	struct error ERROR_AUTO e = ERROR_INIT;

	(void)state;
	memset(&own, 0, sizeof(own));
	own.enter = -EPERM;
	assert_int_equal(undo(&b, 0, &e), -EPERM);
	assert_string_equal(e.text, "cannot delete the lab's links of self: cannot enter it");
	assert_int_equal(own.removed, 0);
	error_clear(&e);
	memset(&own, 0, sizeof(own));
	own.cookie = 33;
	own.back = -EIO;
	assert_int_equal(undo(&b, 0, &e), -EIO);
	assert_non_null(strstr(e.text, "cannot enter it"));
	assert_int_equal(own.removed, 1);
}

/* All that has no undo of its own lies in a namespace that goes, on a link that does, or, in the
 * namespace that stays, is a route by such a link.
 */
static void all_else_goes_along(void **state)
{
	static const struct {
		enum op_kind kind;
		size_t node, iface;
		int err;
	} rows[] = {
		{ OP_NETNS, 0, NONE, 0 }, { OP_SYSCTL, 0, NONE, 0 },
		{ OP_ADDRESS, 0, 3, 0 },  { OP_ROUTE, 0, NONE, 0 },
		{ OP_NETNS, 1, NONE, 0 }, { OP_SYSCTL, 1, NONE, -ENOTSUP },
		{ OP_ADDRESS, 1, 2, 0 },  { OP_ROUTE, 1, NONE, 0 },
	};
	struct build b = { .plan = &plan };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct op op = { .kind = rows[i].kind,
				       .netns = rows[i].node ? "self" : "a",
				       .node = rows[i].node,
				       .iface = rows[i].iface };
		struct error ERROR_AUTO e = ERROR_INIT;

		if (goes_with_its_namespace(&b, &op, &e) != rows[i].err)
			fail_msg("row %zu", i);
		if (rows[i].err)
			assert_string_equal(e.text, "something of node self would be left: it is "
						    "on no link of the lab");
	}
}

/* --- Offloads ------------------------------------------------------------------------------------
 */

static struct {
	unsigned int n;	     /* features */
	unsigned int at[6];  /* where those are that are switched off */
	unsigned int lacks;  /* so many of them, from the end */
	bool no_set, longer; /* it has no such set; their names are longer */
	unsigned int fails;  /* this request */
	unsigned int asked[4], n_asked;
	unsigned int words, valid[8], requested[8];
} kernel;

static const char *const six[] = {
	"tx-checksum-ip-generic", "tx-checksum-sctp",	    "tx-vlan-hw-insert",
	"rx-vlan-hw-parse",	  "tx-vlan-stag-hw-insert", "rx-vlan-stag-hw-parse",
};

static void answer(void *question)
{
	struct ethtool_sset_info *info = question;
	struct ethtool_gstrings *names = question;
	struct ethtool_sfeatures *set = question;

	switch (*(uint32_t *)question) {
	case ETHTOOL_GSSET_INFO:
		assert_int_equal(info->sset_mask, 1ULL << ETH_SS_FEATURES);
		info->sset_mask = kernel.no_set ? 0 : info->sset_mask;
		info->data[0] = kernel.n;
		break;
	case ETHTOOL_GSTRINGS:
		assert_int_equal(names->string_set, ETH_SS_FEATURES);
		assert_int_equal(names->len, kernel.n);
		for (size_t i = 0; i < 6 - kernel.lacks; i++)
			(void)snprintf((char *)names->data + kernel.at[i] * ETH_GSTRING_LEN,
				       ETH_GSTRING_LEN, "%s%s", six[i], kernel.longer ? "2" : "");
		break;
	case ETHTOOL_SFEATURES:
		kernel.words = set->size;
		for (size_t i = 0; i < set->size; i++) {
			kernel.valid[i] = set->features[i].valid;
			kernel.requested[i] = set->features[i].requested;
		}
		break;
	default:
		fail();
	}
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	struct ifreq *r;
	va_list args;

	assert_true(fd > 2);
	assert_int_equal(request, SIOCETHTOOL);
	va_start(args, request);
	r = va_arg(args, struct ifreq *);
	va_end(args);
	assert_string_equal(r->ifr_name, "e0");
	kernel.asked[kernel.n_asked++] = *(uint32_t *)r->ifr_data;
	errno = EPERM;
	if (kernel.fails == *(uint32_t *)r->ifr_data)
		return -1;
	answer(r->ifr_data);
	return 0;
}

static void offloads_are_switched_off(void **state)
{
	static const struct {
		unsigned int n, words;
		unsigned int at[6], bits[8];
	} rows[] = {
		{ 6, 1, { 0, 1, 2, 3, 4, 5 }, { 0x3f } },
		{ 32, 1, { 31, 1, 2, 3, 4, 0 }, { 0x8000001f } },
		{ 33, 2, { 32, 31, 0, 10, 11, 12 }, { 0x80001c01, 1 } },
		{ 64, 2, { 0, 63, 32, 33, 34, 35 }, { 1, 0x8000000f } },
		{ 256, 8, { 255, 224, 0, 1, 64, 65 }, { 3, 0, 3, 0, 0, 0, 0, 0x80000001 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct netlink *NETLINK_AUTO nl = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		struct ethtool_bits bits = { 0 };

		assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &e), 0);
		memset(&kernel, 0, sizeof(kernel));
		kernel.n = rows[i].n;
		memcpy(kernel.at, rows[i].at, sizeof(kernel.at));
		assert_int_equal(ethtool_offloads_off(nl, "e0", &bits, &e), 0);
		assert_int_equal(kernel.n_asked, 3);
		assert_int_equal(kernel.words, rows[i].words);
		assert_memory_equal(kernel.valid, rows[i].bits, sizeof(kernel.valid));
		for (size_t k = 0; k < 8; k++)
			assert_int_equal(kernel.requested[k], 0);
		/* of the next link it is known which they are */
		kernel.n_asked = 0;
		assert_int_equal(ethtool_offloads_off(nl, "e0", &bits, &e), 0);
		assert_int_equal(kernel.n_asked, 1);
		assert_int_equal(kernel.asked[0], ETHTOOL_SFEATURES);
		assert_memory_equal(kernel.valid, rows[i].bits, sizeof(kernel.valid));
	}
}

static void offloads_cannot_be_switched_off(void **state)
{
	static const struct {
		unsigned int n, lacks;
		bool no_set, longer;
		unsigned int fails;
		int err;
		const char *words;
	} rows[] = {
		{ 0, 6, false, false, 0, -EPROTO, "the kernel has 0, and 1 to 256 can be" },
		{ 257, 0, false, false, 0, -EPROTO, "the kernel has 257, and 1 to 256 can be" },
		{ 9, 0, true, false, 0, -EPROTO, "the kernel has 9, and 1 to 256 can be" },
		{ 9, 1, false, false, 0, -EPROTO, "the kernel has no rx-vlan-stag-hw-parse" },
		{ 9, 6, false, false, 0, -EPROTO, "the kernel has no tx-checksum-ip-generic" },
		{ 9, 0, false, true, 0, -EPROTO, "the kernel has no tx-checksum-ip-generic" },
		{ 9, 0, false, false, ETHTOOL_GSSET_INFO, -EPERM,
		  "cannot ask how many there are: Operation not permitted" },
		{ 9, 0, false, false, ETHTOOL_GSTRINGS, -EPERM,
		  "cannot ask for their names: Operation not permitted" },
		{ 9, 0, false, false, ETHTOOL_SFEATURES, -EPERM,
		  "the kernel refuses: Operation not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct netlink *NETLINK_AUTO nl = NULL;
		struct error ERROR_AUTO e = ERROR_INIT;
		struct ethtool_bits bits = { 0 };

		assert_int_equal(netlink_open(NETLINK_ROUTE, &nl, &e), 0);
		memset(&kernel, 0, sizeof(kernel));
		kernel.n = rows[i].n;
		kernel.lacks = rows[i].lacks;
		kernel.no_set = rows[i].no_set;
		kernel.longer = rows[i].longer;
		kernel.fails = rows[i].fails;
		for (unsigned int k = 0; k < 6; k++)
			kernel.at[k] = k;
		assert_int_equal(ethtool_offloads_off(nl, "e0", &bits, &e), rows[i].err);
		assert_string_equal(e.text, rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_labs_are_deleted),
		cmocka_unit_test(is_found_if_it_is_the_labs),
		cmocka_unit_test(mtus_of_both_ends),
		cmocka_unit_test(pairs_there_are_deleted_at_once),
		cmocka_unit_test(or_not_without_being_sure),
		cmocka_unit_test(or_not_without_a_way),
		cmocka_unit_test(all_else_goes_along),
		cmocka_unit_test(offloads_are_switched_off),
		cmocka_unit_test(offloads_cannot_be_switched_off),
	};

	return cmocka_run_group_tests_name("own_links", tests, NULL, NULL);
}
