/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "orchestrator/model/words.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#include "lab/error.h"
#include "orchestrator/model/suite.h"

const struct word action_words[] = {
	{ "aborted", XDP_ABORTED }, { "drop", XDP_DROP },	  { "pass", XDP_PASS },
	{ "tx", XDP_TX },	    { "redirect", XDP_REDIRECT }, { NULL, 0 },
};

const struct word ethertype_words[] = {
	{ "ipv4", ETH_P_IP }, { "ipv6", ETH_P_IPV6 }, { "arp", ETH_P_ARP }, { "vlan", ETH_P_8021Q },
	{ NULL, 0 },
};

const struct word proto_words[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ NULL, 0 },
};

const struct word engine_words[] = {
	{ "auto", ENGINE_AUTO },
	{ "libxdp", ENGINE_LIBXDP },
	{ "inline", ENGINE_INLINE },
	{ NULL, 0 },
};

const struct word mode_words[] = {
	{ "native", XDP_MODE_CHOICE_NATIVE },
	{ "generic", XDP_MODE_CHOICE_GENERIC },
	{ NULL, 0 },
};

bool word_value(const struct word *table, const char *name, uint32_t *value)
{
	for (; table->name; table++) {
		if (strcmp(table->name, name) != 0)
			continue;
		*value = table->value;
		return true;
	}
	return false;
}

const char *word_name(const struct word *table, uint32_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

const char *engine_name(uint32_t engine)
{
	return word_name(engine_words, engine);
}

const char *mode_name(uint32_t mode)
{
	return word_name(mode_words, mode);
}

const char *word_next(void *table, size_t i)
{
	const struct word *words = table;

	return words[i].name; /* NULL ends a table */
}

const char *action_name(uint32_t action)
{
	const char *name = word_name(action_words, action);

	return name ? name : "unknown";
}

int engine_read(const char *name, enum engine_choice *engine, struct error *e)
{
	const char *near;
	uint32_t value;

	if (word_value(engine_words, name, &value)) {
		*engine = (enum engine_choice)value;
		return 0;
	}
	near = text_nearest(name, word_next, (void *)engine_words);
	if (near)
		return error_input(e, "there is no engine \"%s\"; did you mean \"%s\"?", name,
				   near);
	return error_input(e, "there is no engine \"%s\"; allowed: auto, libxdp or inline", name);
}
