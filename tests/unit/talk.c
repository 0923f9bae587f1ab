// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lab/cleanup.h"
#include "lab/error.h"

struct talk talk;

int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t each, void *cookie,
			struct error *e);
int __wrap_netlink_talk(struct netlink *nl, struct nlmsghdr *message, mnl_cb_t each, void *cookie,
			struct error *e)
{
	talk.nl = nl;
	if (talk.by)
		return talk.by(message, each, cookie, e);
	assert_true(talk.n_asked < ARRAY_SIZE(talk.asked));
	assert_true(message->nlmsg_len <= sizeof(talk.asked[0]));
	memcpy(&talk.asked[talk.n_asked++], message, message->nlmsg_len);
	if (talk.answer)
		return error_state(e, talk.answer, "refused");
	for (size_t i = 0; i < talk.n_given && each; i++)
		assert_int_equal(each((const struct nlmsghdr *)talk.given[i].bytes, cookie),
				 MNL_CB_OK);
	return 0;
}

void talk_forget(void)
{
	talk.n_given = talk.n_asked = 0;
	talk.answer = 0;
}

struct nlmsghdr *talk_give(uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(talk.given[talk.n_given++].bytes);

	message->nlmsg_type = type;
	return message;
}

const struct nlmsghdr *talk_asked(size_t i)
{
	assert_true(i < talk.n_asked);
	return (const struct nlmsghdr *)talk.asked[i].bytes;
}
