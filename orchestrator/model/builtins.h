/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The built-in filters, a row each. A new one is its row and bpf/NAME.bpf.c, which ends in
 * BUILT_IN(NAME, …). The build fails if one of the two lacks, see filter/programs.c.
 *
 *   BUILTIN(ID, NAME, keys, action, help, …)
 *
 *   ID, NAME     PROGRAM_ID in C; what lab files, the object and its program call it
 *   keys         of its [filter] section: a table of filter_keys.c
 *   action       what it returns; of a match, unless the key action says another. What does not
 * match has no opinion, nor has what has XLAB_NEXT here: the chain goes on help         what it
 * does or matches, in a line .fields      of those that match: their keys .rules       of those
 * that match: what its object keeps rules in (struct rule_layout) .shows       it tells of each
 * packet by an event of its own
 *
 * No guard: define BUILTIN, then include this, as often as there is something to make of it.
 */

/* clang-format off */
BUILTIN(HELLO, hello, filter_no_keys, XLAB_NEXT,
	"counts, shows `received a packet`, no opinion", .shows = true)
BUILTIN(HEADERS, headers, filter_no_keys, XLAB_NEXT,
	"shows the headers of each packet, no opinion", .shows = true)
BUILTIN(ETHER, ether, filter_ether_keys, XDP_DROP,
	"matches the Ethernet header", .fields = match_ether,
	.rules = { .tables = 1, .maps = 1 << RULE_MACS })
BUILTIN(IP, ip, filter_ip_keys, XDP_DROP,
	"matches the IPv4 or IPv6 header",
	.fields = match_ip,
	.rules = { .maps = 1 << RULE_ADDRESSES4 | 1 << RULE_ADDRESSES6 | 1 << RULE_NETS })
BUILTIN(PORT, port, filter_port_keys, XDP_DROP,
	"matches the UDP or TCP header", .fields = match_port, .rules = { .tables = 2 })
BUILTIN(PCAP, pcap, filter_pcap_keys, XDP_DROP, "matches what a tcpdump expression selects")
BUILTIN(PASS, pass, filter_no_keys, XDP_PASS, "accepts every packet: no later filter is asked")
BUILTIN(DROP, drop, filter_no_keys, XDP_DROP, "drops every packet")
BUILTIN(ABORTED, aborted, filter_no_keys, XDP_ABORTED, "aborts every packet")
BUILTIN(TX, tx, filter_no_keys, XDP_TX, "sends every packet back")
BUILTIN(REDIRECT, redirect, filter_redirect_keys, XDP_REDIRECT,
	"sends every packet out of another interface")
BUILTIN(UNCHECKED, unchecked, filter_no_keys, XDP_PASS,
	"reads the Ethernet header without a bounds check: the verifier refuses it")
/* clang-format on */

#undef BUILTIN
