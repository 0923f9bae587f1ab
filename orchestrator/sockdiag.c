/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/sockdiag.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <string.h>

#include "lab/error.h"
#include "lab/netns.h"

#define STATE_BIT(state) (1U << (state))

static int enter(struct netns_visit *visit, int netns, struct error *e)
{
	visit->back = netns_current(e);
	if (visit->back < 0)
		return visit->back;
	return netns_enter(netns, e);
}

int sockdiag_open(struct sockdiag *d, int netns, struct error *e)
{
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	int err;

	err = enter(&visit, netns, e);
	if (err)
		return err;
	d->seq = 0;
	d->socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!d->socket)
		return error_sys(e, -errno, "cannot open a sock_diag socket");
	if (mnl_socket_bind(d->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return error_sys(e, -errno, "cannot bind a sock_diag socket");
	return 0;
}

void sockdiag_close(struct sockdiag *d)
{
	if (d->socket)
		(void)mnl_socket_close(d->socket);
	d->socket = NULL;
}

struct answer {
	const struct sockdiag_question *q;
	bool *bound;
};

static bool is_any(const struct inet_diag_msg *m)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;
	size_t size = m->idiag_family == AF_INET ? 4 : 16;

	return memcmp(m->id.idiag_src, &any, size) == 0;
}

static int read_socket(const struct nlmsghdr *nlh, void *data)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	const struct answer *answer = data;
	const struct sockdiag_question *q = answer->q;
	size_t size = q->address.family == AF_INET ? 4 : 16;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return MNL_CB_OK;
	if (m->idiag_family != q->address.family || ntohs(m->id.idiag_sport) != q->port)
		return MNL_CB_OK;
	if (is_any(m) || memcmp(m->id.idiag_src, &q->address.v6, size) == 0)
		*answer->bound = true;
	return MNL_CB_OK;
}

int sockdiag_answer(const void *bytes, size_t size, unsigned int seq, unsigned int portid,
		    const struct sockdiag_question *q, bool *bound)
{
	struct answer answer = { q, bound };
	int n = mnl_cb_run(bytes, size, seq, portid, read_socket, &answer);

	return n < 0 ? -errno : n;
}

static int ask(struct sockdiag *d, const struct sockdiag_question *q)
{
	_Alignas(struct nlmsghdr) char
		buf[MNL_NLMSG_HDRLEN + MNL_ALIGN(sizeof(struct inet_diag_req_v2))];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++d->seq;
	req->sdiag_family = (uint8_t)q->address.family;
	req->sdiag_protocol = q->proto;
	req->idiag_states = STATE_BIT(q->proto == IPPROTO_TCP ? TCP_LISTEN : TCP_CLOSE);
	req->id.idiag_sport = htons(q->port);
	return mnl_socket_sendto(d->socket, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

int sockdiag_bound(struct sockdiag *d, const struct sockdiag_question *q, bool *bound,
		   struct error *e)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	ssize_t n;
	int err;

	*bound = false;
	err = ask(d, q);
	if (err)
		return error_sys(e, err, "cannot ask sock_diag");
	do {
		n = mnl_socket_recvfrom(d->socket, buf, sizeof(buf));
		if (n < 0)
			return error_sys(e, -errno, "cannot read sock_diag's answer");
		err = sockdiag_answer(buf, (size_t)n, d->seq, mnl_socket_get_portid(d->socket), q,
				      bound);
	} while (err > 0);
	if (err == -ENOENT)
		return error_state(e, err, "this kernel cannot list %s sockets: it has no %s_diag",
				   q->proto == IPPROTO_TCP ? "TCP" : "UDP",
				   q->proto == IPPROTO_TCP ? "tcp" : "udp");
	return err ? error_sys(e, err, "sock_diag refused to list sockets") : 0;
}
