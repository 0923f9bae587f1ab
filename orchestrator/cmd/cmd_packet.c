// SPDX-License-Identifier: GPL-2.0-or-later
/* A packet of a lab file, shown by its layers and in hex, or written as a capture. */
#include <stdio.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/filter/labfile_load.h"
#include "orchestrator/model/labfile.h"
#include "orchestrator/model/layers_text.h"
#include "orchestrator/util/capture.h"

struct packet_options {
	const char *pcap;
};

static int find(const struct labfile *labfile, const char *path, const char *name, size_t *packet,
		struct error *e)
{
	char *FREE_AUTO offer = NULL;

	*packet = labfile_packet(labfile, name);
	if (*packet != NONE)
		return 0;
	if (!labfile->n_packets)
		return error_input(e, "%s has no packet: add a section [packet %s]", path, name);
	offer = text_offer(name, labfile_next_packet, (void *)labfile);
	return error_input(e, "%s has no packet \"%s\"%s", path, name, offer);
}

/* A section that makes the same packet, and its bytes as comments. */
static void show(const struct packet_config *p)
{
	printf("[packet %s]\n", p->name);
	layers_print(p->bytes, p->size, stdout);
	printf("; %zu bytes\n", p->size);
	bytes_print(p->bytes, p->size, "; ", stdout);
}

static int packet_run(const struct invocation *in, int *status, struct error *e)
{
	const struct packet_options *options = in->options;
	struct labfile labfile;
	size_t packet;
	int err = labfile_load(&labfile, in->argv[0], e);

	(void)status;
	err = err ? err : find(&labfile, in->argv[0], in->argv[1], &packet, e);
	if (!err && options->pcap)
		err = capture_write_one(options->pcap, labfile.packets[packet].bytes,
					labfile.packets[packet].size, e);
	else if (!err)
		show(&labfile.packets[packet]);
	labfile_clear(&labfile);
	return err;
}

const struct command cmd_packet = {
	.name = "packet",
	.arguments = "FILE NAME",
	.summary = "Show a packet of a lab file, by its layers and in hex",
	.details = "What is shown is a [packet] that makes the same bytes again.",
	.options = {
		{ "--pcap", "write it as a capture to OUT instead (-: stdout)",
		  OPTION_INTO(struct packet_options, pcap), .argument = "OUT" },
	},
	.min_args = 2,
	.max_args = 2,
	.wants = { "the lab file", "the packet's name" },
	.completes = { "FILE", "" },
	.run = packet_run,
};
