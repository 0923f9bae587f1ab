// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts in words what the chains, the kernel and the children said of a step. Judges nothing. */
#include "orchestrator/scenario/account.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/scenario/evidence.h"

static const char *verdict_name(uint8_t verdict)
{
	return verdict <= XDP_REDIRECT ? action_name(verdict) : "an unknown verdict";
}

char *account_decision(const struct labfile *labfile, const struct sighting *s)
{
	static const char *const did[] = {
		[XDP_ABORTED] = "aborted",
		[XDP_DROP] = "dropped",
		[XDP_PASS] = "let through",
		[XDP_TX] = "sent back (tx)",
		[XDP_REDIRECT] = "sent elsewhere (redirect)",
	};
	const char *iface = labfile->topo.ifaces[s->iface].id;
	const char *reply = s->relation == RELATION_REPLY ? "reply " : "";

	return text_format("%s%s by %s at %s", reply,
			   s->verdict < ARRAY_SIZE(did) ? did[s->verdict] : "taken away",
			   s->filter ? s->filter : "the chain's end", iface);
}

/* One whose verdicts cannot be seen: its name, or NULL if all tell. */
static const char *mute_filter(const struct labfile *labfile, const struct chain_record *chain)
{
	for (size_t i = 0; i < chain->n_filters; i++) {
		size_t f = labfile_filter(labfile, chain->filters[i]);

		if (f != NONE && !chain_tells(chain, labfile->filters[f].program))
			return chain->filters[i];
	}
	return NULL;
}

char *account_silence(const struct labfile *labfile, const struct evidence *ev)
{
	const struct sighting *s = evidence_diverted(ev);
	const char *mute = NULL;
	size_t at = 0;

	if (s)
		return account_decision(labfile, s);
	if (ev->links_down)
		return text_format("down: %s", ev->links_down);
	if (ev->trouble)
		return text_format("%s", ev->trouble);
	/* The first on the step's way whose verdicts cannot be seen. */
	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces && !mute; i++) {
		at = i;
		mute = evidence_on_the_way(ev, i) ? mute_filter(labfile, &ev->chains[i]) : NULL;
	}
	if (mute)
		return text_format("with libxdp the verdicts of %s at %s cannot be seen; "
				   "engine = inline shows them",
				   mute, labfile->topo.ifaces[at].id);
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED && ev->neighbour_text)
		return text_format("no neighbour entry for %s", ev->neighbour_text);
	if (ev->lost)
		return text_format("%llu events of the chains were lost",
				   (unsigned long long)ev->lost);
	if (evidence_seen(ev))
		return text_format("it was let through, and lost after the chain");
	return text_format(ev->chains ? "no chain saw it" : "the reason is not known");
}

/* A WENT_ON at that position of the same packets: the filter did not say PASS. */
static const char *passing_word(const struct evidence *ev, const struct sighting *end,
				unsigned int position)
{
	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->kind == XLAB_WENT_ON && s->iface == end->iface &&
		    s->relation == end->relation && s->position == position)
			return verdict_name(s->verdict);
	}
	return "pass";
}

static const char *packet_text(const struct evidence *ev, enum relation relation)
{
	static const char *const what[] = {
		[RELATION_REQUEST] = "request",
		[RELATION_REPLY] = "reply",
		[RELATION_BARE] = "TCP segment without text",
		[RELATION_NEIGHBOUR] = "neighbour request or answer",
	};

	/* Only ping asks for an answer. */
	if (relation == RELATION_REQUEST && ev->mark.kind != STEP_PING)
		return "packet";
	return what[relation];
}

/* "host:veth0: request: headers pass, udp-8888 drop" */
static void print_way(FILE *out, const struct labfile *labfile, const struct evidence *ev,
		      const struct sighting *end)
{
	const struct chain_record *chain = &ev->chains[end->iface];
	const char *iface = labfile->topo.ifaces[end->iface].id;

	(void)fprintf(out, "%s: %s:", iface, packet_text(ev, end->relation));
	for (unsigned int i = 0; i < end->position; i++)
		(void)fprintf(out, " %s %s,", chain->filters[i], passing_word(ev, end, i));
	if (end->filter)
		(void)fprintf(out, " %s %s", end->filter, verdict_name(end->verdict));
	else
		(void)fputs(" on to the stack", out);
	if (end->packets > 1)
		(void)fprintf(out, " (%u packets)", end->packets);
	(void)fputc('\n', out);
}

/* What one chain saw: of this step's packets each, of others how many. */
static void print_chain(FILE *out, const struct labfile *labfile, const struct evidence *ev,
			size_t iface)
{
	const char *mute = mute_filter(labfile, &ev->chains[iface]);
	const char *name = labfile->topo.ifaces[iface].id;
	unsigned int own = 0, others = 0;

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->iface != iface || s->kind != XLAB_DECIDED)
			continue;
		if (s->relation == RELATION_OTHER) {
			others += s->packets;
			continue;
		}
		own += s->relation != RELATION_NEIGHBOUR;
		print_way(out, labfile, ev, s);
	}
	if (mute)
		(void)fprintf(out, "%s: with libxdp the verdicts of %s cannot be seen\n", name,
			      mute);
	else if (!own)
		(void)fprintf(out, "%s: saw none of it%s\n", name,
			      others ? ", only other packets" : "");
}

/* @why has one of these already, and is not said twice. */
static void print_known(FILE *out, const struct evidence *ev, const char *why)
{
	if (ev->trouble && !strstr(why, ev->trouble))
		(void)fprintf(out, "%s\n", ev->trouble);
	if (ev->links_down && !strstr(why, ev->links_down))
		(void)fprintf(out, "links down: %s\n", ev->links_down);
	if (ev->neighbour != NEIGHBOUR_UNKNOWN && ev->neighbour_text)
		(void)fprintf(out, "neighbour entry for %s: %s\n", ev->neighbour_text,
			      ev->neighbour == NEIGHBOUR_RESOLVED ? "there" : "none, or failed");
	if (ev->lost)
		(void)fprintf(out, "%llu events of the chains were lost\n",
			      (unsigned long long)ev->lost);
}

char *account_details(const struct labfile *labfile, const struct evidence *ev, const char *why)
{
	char *text = NULL;
	size_t size;
	FILE *out = xopen_memstream(&text, &size);

	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces; i++)
		if (ev->chains[i].n_filters)
			print_chain(out, labfile, ev, i);
	print_known(out, ev, why);
	xclose_memstream(out);
	return text;
}
