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
 *                match has no opinion, nor has what has XLAB_NEXT here: the chain goes on
 *   help         what it does or matches, in a line
 *   .matches     it has rules, which match.bpf.c asks for
 *   .fields      of those: their keys, if they are always the same
 *   .shows       it tells of each packet by an event of its own
 *
 * No guard: define BUILTIN, then include this, as often as there is something to make of it.
 */

/* clang-format off */
BUILTIN(HELLO, hello, filter_no_keys, XLAB_NEXT,
	"counts, shows `received a packet`, no opinion", .shows = true)
BUILTIN(HEADERS, headers, filter_no_keys, XLAB_NEXT,
	"shows the headers of each packet, no opinion", .shows = true)
BUILTIN(ETHER, ether, filter_ether_keys, XDP_DROP,
	"matches the Ethernet header", .fields = match_ether, .matches = true)
BUILTIN(IP, ip, filter_ip_keys, XDP_DROP,
	"matches the IPv4 or IPv6 header",
	.fields = match_ip, .matches = true)
BUILTIN(PORT, port, filter_port_keys, XDP_DROP,
	"matches the UDP or TCP header", .fields = match_port, .matches = true)
BUILTIN(MATCH, match, filter_match_keys, XDP_DROP, "matches any fields of packets", .matches = true)
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
