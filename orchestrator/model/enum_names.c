// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of lab files and reports, and the numbers that they stand for. */
#include "orchestrator/model/enum_names.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "bpf/xlab.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"

const struct enum_name action_names[] = {
	{ "aborted", XDP_ABORTED }, { "drop", XDP_DROP },	  { "pass", XDP_PASS },
	{ "tx", XDP_TX },	    { "redirect", XDP_REDIRECT }, { NULL, 0 },
};

const struct enum_name ethertype_names[] = {
	{ "ipv4", ETH_P_IP }, { "ipv6", ETH_P_IPV6 }, { "arp", ETH_P_ARP }, { "vlan", ETH_P_8021Q },
	{ NULL, 0 },
};

const struct enum_name proto_names[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ NULL, 0 },
};

const struct enum_name engine_names[] = {
	{ "auto", ENGINE_AUTO },
	{ "libxdp", ENGINE_LIBXDP },
	{ "inline", ENGINE_INLINE },
	{ NULL, 0 },
};

const struct enum_name mode_names[] = {
	{ "native", XDP_MODE_CHOICE_NATIVE },
	{ "generic", XDP_MODE_CHOICE_GENERIC },
	{ NULL, 0 },
};

const struct enum_name step_names[] = {
	{ "ping", STEP_PING },	 { "udp", STEP_UDP },	{ "tcp", STEP_TCP },
	{ "frame", STEP_FRAME }, { "exec", STEP_EXEC }, { NULL, 0 },
};

const struct enum_name expect_names[] = {
	{ "pass", EXPECT_PASS },
	{ "drop", EXPECT_DROP },
	{ "fail", EXPECT_FAIL },
	{ "tx", EXPECT_TX },
	{ "redirect", EXPECT_REDIRECT },
	{ "aborted", EXPECT_ABORTED },
	{ NULL, 0 },
};

const struct enum_name control_names[] = {
	{ "pass", CONTROL_PASS },
	{ "fail", CONTROL_FAIL },
	{ "none", CONTROL_NONE },
	{ NULL, 0 },
};

bool enum_value(const struct enum_name *table, const char *name, uint32_t *value)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) != 0)
			continue;
		*value = table->value;
		return true;
	}
	return false;
}

const char *enum_name(const struct enum_name *table, uint32_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

const char *engine_name(uint32_t engine)
{
	return enum_name(engine_names, engine);
}

const char *mode_name(uint32_t mode)
{
	return enum_name(mode_names, mode);
}

const char *enum_next(void *table, size_t i)
{
	const struct enum_name *words = table;

	return words[i].name; /* NULL ends a table */
}

const char *action_name(uint32_t action)
{
	const char *name = enum_name(action_names, action);

	return name ? name : "unknown";
}

const char *verdict_name(uint32_t verdict)
{
	const char *name = verdict == XLAB_NEXT ? "next" : enum_name(action_names, verdict);

	return name ? name : "invalid";
}

int engine_read(const char *name, enum engine_choice *engine, struct error *e)
{
	char *FREE_AUTO offer = NULL;
	uint32_t value;

	if (enum_value(engine_names, name, &value)) {
		*engine = (enum engine_choice)value;
		return 0;
	}
	offer = text_offer(name, enum_next, (void *)engine_names);
	return error_input(e, "there is no engine \"%s\"%s", name, offer);
}
