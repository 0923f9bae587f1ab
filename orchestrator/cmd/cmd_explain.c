// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One packet's way through a chain, or many packets', without sending any. Which chain is found
 * here, where packets come from by packet_words.c; what they come to is explain.c's.
 */
#include <string.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/text.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/chain/explain.h"
#include "orchestrator/cmd/command.h"
#include "orchestrator/cmd/packet_words.h"
#include "orchestrator/cmd/resolve.h"
#include "orchestrator/filter/calls_trace.h"
#include "orchestrator/lab_up.h"
#include "orchestrator/report/explain_text.h"
#include "orchestrator/util/capture.h"
#include "orchestrator/util/table.h"

struct explain_options {
	const char *scenario;
	bool summary;
};

/* What the words of the command line mean. */
struct wish {
	const struct explain_options *options;
	struct lab *lab;
	const char *iface;  /* or NULL: the only one with a chain */
	char *const *words; /* of the packet */
	bool live;	    /* the lab is up, and others use it */
	struct packet_words packet;
};

/* What stands there now, for good or for a scenario. @view holds the names. */
static int standing(const struct wish *w, size_t iface, struct chain_view *view,
		    struct chain_config *chain, struct error *e)
{
	int err = chain_read(w->lab, iface, view, e);

	if (err)
		return err;
	chain->filters = view->record.filters;
	chain->n_filters = view->record.n_filters;
	return 0;
}

/* The only interface that has one. */
static int only_iface(const struct wish *w, const struct scenario *scenario, size_t *iface,
		      struct error *e)
{
	const struct topology *topo = &w->lab->labfile.topo;
	char *FREE_AUTO all = NULL;

	*iface = NONE;
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		const struct chain_config *c = labfile_chain(&w->lab->labfile, scenario, i);

		if (!c || !c->n_filters)
			continue;
		text_list_add(&all, "%s", topo->ifaces[i].id);
		*iface = i;
	}
	if (!all)
		return error_input(e,
				   "lab %s has no chain%s: --scenario NAME takes those of a "
				   "scenario",
				   topo->name, scenario ? " there" : " of its own");
	return strchr(all, ',') ? error_input(e, "which chain? Name one of the interfaces %s", all)
				: 0;
}

/* A scenario that puts a chain there is the one that is meant, as likely as not. */
static int refuse_no_chain(const struct wish *w, const struct scenario *scenario, size_t iface,
			   struct error *e)
{
	struct labfile *labfile = &w->lab->labfile;
	const char *id = labfile->topo.ifaces[iface].id, *name;

	if (scenario)
		return error_input(e, "%s has no chain in that scenario: a packet passes there",
				   id);
	for (size_t i = 0; (name = labfile_next_scenario(labfile, i)); i++) {
		const struct chain_config *c =
			labfile_chain(labfile, &labfile->scenarios[i], iface);

		if (c && c->n_filters)
			return error_input(e,
					   "%s has no chain: a packet passes there; a scenario "
					   "puts one there: --scenario %s",
					   id, name);
	}
	return error_input(e, "%s has no chain: a packet passes there", id);
}

static int find_chain(const struct wish *w, struct chain_view *view, struct chain_config *chain,
		      struct error *e)
{
	const struct labfile *labfile = &w->lab->labfile;
	const struct scenario *scenario = NULL;
	const struct chain_config *found;
	size_t number;
	int err = 0;

	if (w->options->scenario) {
		err = resolve_scenario(labfile, w->options->scenario, &number, e);
		scenario = err ? NULL : &labfile->scenarios[number];
	}
	if (!err)
		err = w->iface ? resolve_iface(labfile, w->iface, &chain->iface, e)
			       : only_iface(w, scenario, &chain->iface, e);
	if (err)
		return err;
	found = labfile_chain(labfile, scenario, chain->iface);
	if (w->live && !scenario)
		err = standing(w, chain->iface, view, chain, e);
	else if (found)
		*chain = *found;
	if (err || chain->n_filters)
		return err;
	return refuse_no_chain(w, scenario, chain->iface, e);
}

static int explain_one(struct explain *x, const uint8_t *bytes, size_t size, struct error *e)
{
	struct explained result;
	int err = explain_packet(x, bytes, size, &result, e);

	if (!err)
		explain_print(x, &result, bytes, size, colour_wanted(stdout), stdout);
	return err;
}

/* A packet that was cut, or that is too large, is no reason to stop. */
static int explain_next(struct explain *x, struct explain_summary *summary, size_t number,
			const uint8_t *bytes, size_t size, size_t length, struct error *e)
{
	struct error ERROR_AUTO one = ERROR_INIT;
	struct explained result;
	int err;

	if (size < length) {
		(void)fprintf(
			stderr,
			"xlab: packet %zu: only %zu of its %zu bytes were captured: left out\n",
			number, size, length);
		return 0;
	}
	err = explain_packet(x, bytes, size, &result, &one);
	if (err && one.kind == ERROR_INPUT) {
		(void)fprintf(stderr, "xlab: packet %zu: %s: left out\n", number, one.text);
		return 0;
	}
	if (err)
		return error_join(e, &one);
	if (summary)
		explain_summary_add(summary, &result);
	else
		explain_print_line(x, &result, number, bytes, size, stdout);
	return 0;
}

static int explain_capture(struct explain *x, const char *path, bool summarize, struct error *e)
{
	struct explain_summary *summary = summarize ? explain_summary_new(x) : NULL;
	struct capture *capture = NULL;
	const uint8_t *bytes;
	size_t size, length, number = 0;
	int more = capture_open(&capture, path, e);

	while (!more && !interrupt_pending()) {
		more = capture_next(capture, &bytes, &size, &length, e);
		if (more <= 0)
			break;
		more = explain_next(x, summary, ++number, bytes, size, length, e);
	}
	capture_close(capture);
	if (!more && !number && !interrupt_pending())
		more = error_input(e, "%s has no packet", path);
	if (!more && summary)
		explain_summary_print(summary, stdout);
	if (summary)
		explain_summary_free(summary);
	return more;
}

static int explain_it(struct wish *w, struct error *e)
{
	struct chain_config chain = { .iface = NONE };
	struct chain_view view = { 0 };
	struct explain *x = NULL;
	int err = find_chain(w, &view, &chain, e);

	if (!err)
		err = packet_words_read(&w->packet, w->lab, w->words, &chain, e);
	if (!err && w->options->summary && !w->packet.capture)
		err = error_input(e, "explain: --summary is of the packets of a capture");
	if (!err)
		err = explain_open(&x, w->lab, &chain,
				   w->packet.capture ? TRACE_VERDICTS : TRACE_LINES, w->live, e);
	if (!err)
		err = w->packet.capture
			      ? explain_capture(x, w->packet.capture, w->options->summary, e)
			      : explain_one(x, w->packet.bytes, w->packet.size, e);
	explain_close(x);
	packet_words_clear(&w->packet);
	chain_view_clear(&view);
	return err;
}

/* FILE [NODE:IFACE] PACKET */
static int explain_file(const struct invocation *in, struct error *e)
{
	struct lab_options options = { .nameless = true, .command = "explain" };
	struct wish w = { .options = in->options, .words = (char *const *)in->argv + 1 };
	struct error ERROR_AUTO down = ERROR_INIT;
	struct calls_trace CALLS_TRACE_AUTO calls = { .level = TRACE_LINES };
	struct lab LAB_AUTO lab = { 0 };
	int err;

	w.lab = &lab;
	/* A step has several words; an interface is none of its first ones. */
	if (in->argc > 2 && !packet_word_is_step(*w.words))
		w.iface = *w.words++;
	err = lab_up_read(&lab, in->argv[0], &options, e);
	lab.calls = &calls;
	if (!err)
		err = lab_up_build(&lab, &options, e);
	if (err)
		return err;
	err = explain_it(&w, e);
	return lab_down(&lab, false, &down) ? error_join(e, &down) : err;
}

/* [LAB/]NODE:IFACE PACKET */
static int explain_live(const struct invocation *in, struct error *e)
{
	struct wish w = { .options = in->options,
			  .words = (char *const *)in->argv + 1,
			  .live = true };
	struct calls_trace CALLS_TRACE_AUTO calls = { .level = TRACE_LINES };
	struct lab LAB_AUTO lab = { 0 };
	int err = resolve_lab_word(&lab, in->argv[0], STATE_READ, "explain", &w.iface, e);

	lab.calls = &calls;
	w.lab = &lab;
	return err ? err : resolve_again(&lab, explain_it(&w, e), e);
}

static int explain_run(const struct invocation *in, int *status, struct error *e)
{
	INTERRUPT_HOLD hold;

	(void)status;
	interrupt_hold(&hold);
	if (packet_word_is_step(in->argv[0]))
		return error_input(e,
				   "explain: before the step stands the interface that it comes "
				   "in by, or the lab file: xlab explain NODE:IFACE %s …",
				   in->argv[0]);
	if (packet_word_is_file(in->argv[0]))
		return explain_file(in, e);
	/* All interfaces have the one, none has the others without it. */
	if (!strchr(in->argv[0], ':') && strpbrk(in->argv[0], "./"))
		return error_input(e, "explain: there is no file %s", in->argv[0]);
	return explain_live(in, e);
}

const struct command cmd_explain = {
	.name = "explain",
	.arguments = "[LAB/]NODE:IFACE PACKET | FILE [NODE:IFACE] PACKET",
	.summary = "Tell what a chain does with a packet, without sending it",
	.details =
		"PACKET is a packet of the lab file, a step (udp lb host:8888), bytes (hex:deadbeef…)\n"
		"or a capture, each packet of which is told on a line. The chain is the one that\n"
		"stands on the interface, or one of the lab file's, which is brought up for this in\n"
		"namespaces of its own. No packet is sent, and none counts: it goes through a copy of\n"
		"the chain, on copies of its maps.",
	.options = {
		{ "--scenario", "the chain of that scenario",
		  OPTION_INTO(struct explain_options, scenario), .argument = "NAME" },
		{ "--summary", "of a capture, how many packets by filter and rule",
		  OPTION_INTO(struct explain_options, summary) },
	},
	.min_args = 2,
	.max_args = -1,
	.wants = { "the interface, or the lab file", "the packet" },
	.completes = { "NODE:IFACE", "FILE" },
	.needs_root = true,
	.run = explain_run,
};
