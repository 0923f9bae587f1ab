/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef XLAB_PACKET_WORDS_H
#define XLAB_PACKET_WORDS_H

/* Words of the command line that mean a packet: its name in the lab file, a step (udp lb
 * host:8888), hex:deadbeef…, or a capture with many.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chain_config;
struct error;
struct lab;

struct packet_words {
	uint8_t *bytes; /* malloc'ed */
	size_t size;
	const char *capture; /* else its file, which is one of the words */
};

/* @words end in NULL; @chain: where the packet comes in. The lab is up: a step has its MACs. */
int packet_words_read(struct packet_words *p, struct lab *lab, char *const *words,
		      const struct chain_config *chain, struct error *e);
void packet_words_clear(struct packet_words *p);

bool packet_word_is_step(const char *word); /* the first one of a step */
bool packet_word_is_file(const char *word);

#endif
