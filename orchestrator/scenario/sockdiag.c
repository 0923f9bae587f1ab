// SPDX-License-Identifier: GPL-2.0-or-later
/* One question over NETLINK_SOCK_DIAG. Nothing is opened, entered or waited for. */
#include "orchestrator/scenario/sockdiag.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/netlink.h"
#include "lab/netns.h"

#define STATE_BIT(state) (1U << (state))

int sockdiag_answer(const struct nlmsghdr *message, void *question)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(message);
	struct sockdiag *q = question;
	size_t size = address_size(&q->address);

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*m))
		return MNL_CB_ERROR;
	if (ntohs(m->id.idiag_sport) != q->port)
		return MNL_CB_OK;
	if (!q->address.family) {
		q->bound = true;
		return MNL_CB_OK;
	}
	if (m->idiag_family != q->address.family)
		return MNL_CB_OK;
	if (!memcmp(m->id.idiag_src, &in6addr_any, size) ||
	    !memcmp(m->id.idiag_src, &q->address.v6, size)) {
		q->bound = true;
		q->queued += m->idiag_rqueue;
	}
	return MNL_CB_OK;
}

static struct inet_diag_req_v2 *put_request(struct nlmsghdr *message, int family, uint8_t proto,
					    uint32_t states)
{
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(message, sizeof(*req));

	req->sdiag_family = (uint8_t)family;
	req->sdiag_protocol = proto;
	req->idiag_states = states;
	return req;
}

static int ask(struct netlink *nl, int family, struct sockdiag *q, struct error *e)
{
	struct netlink_request request;
	struct nlmsghdr *message = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
	struct inet_diag_req_v2 *req =
		put_request(message, family, q->proto,
			    STATE_BIT(q->proto == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE));
	const char *name = q->proto == IPPROTO_TCP ? "tcp" : "udp";
	int err;

	req->id.idiag_sport = htons(q->port);
	err = netlink_talk(nl, message, sockdiag_answer, q, e);
	if (err == -ENOENT)
		return error_state(e, err, "this kernel cannot list %s sockets: module %s_diag",
				   name, name);
	return err ? error_wrap(e, "cannot ask sock_diag") : 0;
}

int sockdiag_ask(struct netlink *nl, struct sockdiag *q, struct error *e)
{
	int err;

	q->bound = false;
	q->queued = 0;
	if (q->address.family)
		return ask(nl, q->address.family, q, e);
	err = ask(nl, AF_INET, q, e);
	return err || q->bound ? err : ask(nl, AF_INET6, q, e);
}

struct waiting {
	uint16_t port;
	struct inet_diag_msg *list;
	size_t n;
};

static int add_waiting(const struct nlmsghdr *message, void *cookie)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(message);
	struct waiting *w = cookie;

	if (mnl_nlmsg_get_payload_len(message) < sizeof(*m))
		return MNL_CB_ERROR;
	if (ntohs(m->id.idiag_sport) == w->port)
		*(struct inet_diag_msg *)array_add(&w->list, &w->n, sizeof(*m)) = *m;
	return MNL_CB_OK;
}

void sockdiag_end_waits(struct netlink *nl, uint16_t port)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct error ERROR_AUTO ignored = ERROR_INIT;
	struct waiting w = { .port = port };
	struct netlink_request request;
	struct nlmsghdr *message;

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		message = netlink_begin(&request, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP);
		put_request(message, families[i], IPPROTO_TCP, STATE_BIT(TCP_TIME_WAIT));
		(void)netlink_talk(nl, message, add_waiting, &w, &ignored);
	}
	for (size_t i = 0; i < w.n; i++) {
		message = netlink_begin(&request, SOCK_DESTROY, 0);
		put_request(message, w.list[i].idiag_family, IPPROTO_TCP, 0)->id = w.list[i].id;
		(void)netlink_talk(nl, message, NULL, NULL, &ignored);
	}
	free(w.list);
}

int sockdiag_open(const struct state *st, const char *netns, struct netlink **nl, struct error *e)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err = netns_visit(&visit, st, netns, e);

	return err ? err : netlink_open(NETLINK_SOCK_DIAG, nl, e);
}
