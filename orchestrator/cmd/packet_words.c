// SPDX-License-Identifier: GPL-2.0-or-later
/* Makes bytes of what the command line calls a packet. */
#include "orchestrator/cmd/packet_words.h"

#include <ctype.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/netlink.h"
#include "lab/netns.h"
#include "lab/rtnl.h"
#include "lab/text.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/first_packet.h"
#include "orchestrator/model/frame_make.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/model/packet_config.h"

bool packet_word_is_file(const char *word)
{
	struct stat st;

	return !stat(word, &st) && S_ISREG(st.st_mode);
}

/* "hex:deadbeef…" */
static int read_hex(struct packet_words *p, const char *digits, struct error *e)
{
	p->size = strlen(digits) / 2;
	p->bytes = xcalloc(1, p->size + 1);
	for (size_t i = 0; i < p->size; i++) {
		char byte[3] = { digits[2 * i], digits[2 * i + 1] }, *end;

		p->bytes[i] = (uint8_t)strtoul(byte, &end, 16);
		if (!isxdigit((unsigned char)*byte) || *end)
			return error_input(e, "hex:%s: \"%s\" at byte %zu is not two hex digits",
					   digits, byte, i);
	}
	if (strlen(digits) % 2)
		return error_input(e, "hex:%s: the last byte has one digit only", digits);
	return 0;
}

static int read_config(struct packet_words *p, struct packet_config *packet, struct error *e)
{
	int err = packet_config_load(packet, e);

	if (err)
		return error_wrap(e, "packet %s", packet->name);
	p->bytes = xmemdup(packet->bytes, packet->size);
	p->size = packet->size;
	return 0;
}

/* Which the file does not give, and the kernel chose. */
static int learn_mac(const struct lab *lab, struct topology *topo, size_t iface, struct error *e)
{
	struct iface *f = &topo->ifaces[iface];
	NETNS_VISIT visit = NETNS_VISIT_NONE;
	struct netlink *NETLINK_AUTO rt = NULL;
	struct rt_link_state link;
	int err;

	if (f->has_mac)
		return 0;
	err = netns_visit(&visit, lab->state, topo->nodes[f->node].name, e);
	if (!err)
		err = netlink_open(NETLINK_ROUTE, &rt, e);
	if (!err)
		err = lab_link_find(lab->state, rt, f->name, &link, e);
	if (err)
		return error_wrap(e, "cannot ask for the MAC of %s", f->id);
	memcpy(f->mac, link.mac, sizeof(f->mac));
	f->has_mac = true;
	return 0;
}

static int learn_macs(const struct lab *lab, struct topology *topo, const struct step *step,
		      size_t iface, struct error *e)
{
	size_t sender = first_packet_sender(topo, step, iface);
	int err = step->group ? 0 : learn_mac(lab, topo, iface, e);

	if (sender == NONE)
		(void)fprintf(
			stderr,
			"xlab: the source MAC is not known, and 0: node %s is not on the link "
			"of %s, and no router is, or more than one\n",
			topo->nodes[step->src].name, topo->ifaces[iface].id);
	return err || sender == NONE ? err : learn_mac(lab, topo, sender, e);
}

/* The bytes that the step sends first. */
static int take_step(struct packet_words *p, const struct lab *lab, struct labfile *labfile,
		     const struct step *step, size_t iface, struct error *e)
{
	const struct iface *in = &labfile->topo.ifaces[iface];
	struct frame_make *FREE_AUTO frame = xcalloc(1, sizeof(*frame));
	char *FREE_AUTO why = NULL;
	int err;

	if (step->kind == STEP_FRAME)
		return read_config(p, &labfile->packets[step->packet], e);
	if (step->src == in->node)
		return error_input(e,
				   "explain: %s: node %s sends it, and a chain is asked about what "
				   "comes in: name the interface of another node",
				   step->line_text, labfile->topo.nodes[in->node].name);
	err = learn_macs(lab, &labfile->topo, step, iface, e);
	if (err)
		return err;
	if (first_packet(&labfile->topo, step, iface, frame, &why))
		return error_input(e, "explain: %s: %s", step->line_text, why);
	p->bytes = xmemdup(frame->bytes, frame->size);
	p->size = frame->size;
	return 0;
}

/* A step is read as one of a scenario of this lab file is. */
#define STEP_SCENARIO "the-step-to-explain"

static int read_step_as(struct packet_words *p, const struct lab *lab, const char *key,
			const char *text, const struct chain_config *chain, struct error *e)
{
	const struct inifile *ini = &lab->labfile.ini;
	char *FREE_AUTO filters = NULL, *FREE_AUTO whole = NULL;
	struct labfile labfile;
	int err;

	for (size_t i = 0; i < chain->n_filters; i++)
		text_add(&filters, " ", "%s", chain->filters[i]);
	whole = text_format("%s\n[scenario " STEP_SCENARIO "]\nchain = %s %s\n%s = %s\n", ini->text,
			    lab->labfile.topo.ifaces[chain->iface].id, filters, key, text);
	err = labfile_parse(&labfile, ini->path, ini->dir, whole, strlen(whole), e);
	if (!err) {
		size_t scenario = labfile_scenario(&labfile, STEP_SCENARIO);

		err = take_step(p, lab, &labfile, &labfile.scenarios[scenario].steps[0],
				chain->iface, e);
	}
	labfile_clear(&labfile);
	return err;
}

/* The person has not written that scenario. */
static int blame_step(const char *text, struct error *e)
{
	char *FREE_AUTO before = text_format("= %s: ", text);
	struct error ERROR_AUTO whole = ERROR_INIT;
	const char *why = strstr(e->text, before);

	if (!why)
		return e->err;
	error_move(&whole, e);
	return error_input(e, "explain: %s", why + strlen("= "));
}

/* What goes with the outcome that a step of a lab file has to have, goes with one of these. */
static int read_step(struct packet_words *p, const struct lab *lab, const char *text,
		     const struct chain_config *chain, struct error *e)
{
	static const char *const keys[] = { "drop", "pass", "tx" };
	struct error ERROR_AUTO first = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct error ERROR_AUTO why = ERROR_INIT;

		if (!read_step_as(p, lab, keys[i], text, chain, &why))
			return 0;
		if (why.kind != ERROR_INPUT) { /* of the machine, not of the text */
			error_move(e, &why);
			return e->err;
		}
		if (!i)
			error_move(&first, &why);
	}
	error_move(e, &first);
	return blame_step(text, e);
}

bool packet_word_is_step(const char *word)
{
	uint32_t kind;
	char first[8];

	return text_word(&word, first, sizeof(first)) == 1 &&
	       enum_value(step_names, first, &kind) && kind != STEP_EXEC;
}

static int unknown_packet(struct labfile *labfile, const char *word, struct error *e)
{
	char *FREE_AUTO offer = text_offer(word, labfile_next_packet, labfile);

	return error_input(
		e,
		"explain: \"%s\" is no step (udp lb host:8888), no bytes (hex:…), no file "
		"with a capture, and no packet of the lab file%s",
		word, offer);
}

int packet_words_read(struct packet_words *p, struct lab *lab, char *const *words,
		      const struct chain_config *chain, struct error *e)
{
	struct labfile *labfile = &lab->labfile;
	char *FREE_AUTO text = xstrdup(words[0]);
	size_t packet;

	for (size_t i = 1; words[i]; i++)
		text_add(&text, " ", "%s", words[i]);
	packet = labfile_packet(labfile, text);
	if (packet != NONE)
		return read_config(p, &labfile->packets[packet], e);
	if (!strncmp(text, "hex:", 4))
		return read_hex(p, text + 4, e);
	if (packet_word_is_step(text))
		return read_step(p, lab, text, chain, e);
	if (!packet_word_is_file(text))
		return unknown_packet(labfile, text, e);
	p->capture = words[0];
	return 0;
}

void packet_words_clear(struct packet_words *p)
{
	free(p->bytes);
	*p = (struct packet_words){ 0 };
}
