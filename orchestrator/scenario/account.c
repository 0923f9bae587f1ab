// SPDX-License-Identifier: GPL-2.0-or-later
/* Puts in words what the chains, the kernel and the children said of a step. Judges nothing. */
#include "orchestrator/scenario/account.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "orchestrator/chain/chain_record.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/program.h"
#include "orchestrator/scenario/evidence.h"

static char *decision_text(const struct labfile *labfile, const struct sighting *s)
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
	const char *what = s->verdict < ARRAY_SIZE(did) ? did[s->verdict] : "taken away";

	if (!s->filter)
		return text_format("%s%s at %s, where no filter had an opinion", reply, what,
				   iface);
	return text_format("%s%s by %s at %s", reply, what, s->filter, iface);
}

/* Where @s sent it on: the interface itself, where its filter redirects to, or anywhere in that
 * node, which only an object knows.
 */
static bool went_there(const struct labfile *labfile, const struct sighting *s, size_t iface)
{
	size_t f = s->filter ? labfile_filter(labfile, s->filter) : NONE;
	const struct iface *ifaces = labfile->topo.ifaces;

	if (iface == s->iface)
		return s->verdict == XDP_TX || s->verdict == XDP_REDIRECT;
	if (s->verdict != XDP_REDIRECT || iface == NONE || f == NONE)
		return false;
	return labfile->filters[f].program == PROGRAM_OBJECT
		       ? ifaces[iface].node == ifaces[s->iface].node
		       : labfile->filters[f].redirect_to == iface;
}

/* ", but …" of what the kernel's XDP could not do for it; "" if nothing. */
static char *failure_text(const struct labfile *labfile, const struct evidence *ev,
			  const struct sighting *s)
{
	for (size_t i = 0; i < ev->n_xdp_failures; i++) {
		const struct xdp_failure *f = &ev->xdp_failures[i];

		if (!went_there(labfile, s, f->iface))
			continue;
		if (f->err == ENXIO || f->err == EOPNOTSUPP)
			return text_format(", but the far end of the veth takes no native XDP "
					   "frames (%s, errno %d)",
					   f->tracepoint, f->err);
		return text_format(", but the kernel could not send it: %s (%s, errno %d)",
				   strerror(f->err), f->tracepoint, f->err);
	}
	return xstrdup("");
}

char *account_decision(const struct labfile *labfile, const struct evidence *ev,
		       const struct sighting *s)
{
	char *FREE_AUTO decision = decision_text(labfile, s);
	char *FREE_AUTO failure = failure_text(labfile, ev, s);

	return text_format("%s%s", decision, failure);
}

/* The last chain that let it go before the kernel dropped it: where that was, if it has one. */
static const struct sighting *let_go(const struct labfile *labfile, const struct evidence *ev,
				     const struct kernel_drop *drop, enum relation relation)
{
	const struct sighting *last = NULL;

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];
		size_t node = labfile->topo.ifaces[s->iface].node;

		if (s->relation != relation || s->kind != XLAB_DECIDED || verdict_drops(s->verdict))
			continue;
		last = s;
		if (s->verdict == XDP_PASS &&
		    strcmp(labfile->topo.nodes[node].name, drop->netns) == 0)
			break;
	}
	return last;
}

/* What the kernel's own word says of the lab, where that is not plain. */
static const char *reason_hint(const struct evidence *ev, const struct kernel_drop *drop)
{
	static const struct {
		const char *reason, *hint;
	} hints[] = {
		{ "IP_RPFILTER", " (by rp_filter: its source is not to be reached by the interface "
				 "that it came in by)" },
		{ "IP_INNOROUTES", " (it has no route there)" },
		{ "IP_OUTNOROUTES", " (it has no route there)" },
		{ "IP_INADDRERRORS", " (it has no such address, and does not forward)" },
	};

	if (ev->mark.group && ev->mark.kind == STEP_PING && !strcmp(drop->reason, "INVALID_PROTO"))
		return " (net.ipv4.icmp_echo_ignore_broadcasts is 1 there)";
	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (!strcmp(drop->reason, hints[i].reason))
			return hints[i].hint;
	return "";
}

char *account_kernel(const struct labfile *labfile, const struct evidence *ev)
{
	char *FREE_AUTO before = NULL, *FREE_AUTO reason = NULL;
	const struct sighting *s;
	enum relation way;
	const struct kernel_drop *drop = evidence_own_kernel_drop(ev, &way);

	if (!drop)
		return NULL;
	s = let_go(labfile, ev, drop, way);
	if (s && s->verdict == XDP_PASS)
		before = text_format("let through at %s, then ", labfile->topo.ifaces[s->iface].id);
	else if (s)
		before = decision_text(labfile, s);
	if (strcmp(drop->reason, "NOT_SPECIFIED") == 0)
		reason = text_format(", which gives no reason");
	else
		reason = text_format(": %s%s", drop->reason, reason_hint(ev, drop));
	if (before)
		return text_format("%s%sdropped by the kernel of %s%s", before,
				   s->verdict == XDP_PASS ? "" : ", then ", drop->netns, reason);
	return text_format("%sdropped by the kernel of %s%s", way == RELATION_REPLY ? "reply " : "",
			   drop->netns, reason);
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

/* All chains that it could meet stand where it was sent from: the first of them, or NONE. */
static size_t behind_sender(const struct labfile *labfile, const struct evidence *ev)
{
	size_t first = NONE;

	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces; i++) {
		if (!ev->chains[i].n_filters || !evidence_on_the_way(ev, i))
			continue;
		if (labfile->topo.ifaces[i].node != ev->mark.src_node)
			return NONE;
		first = first == NONE ? i : first;
	}
	return first;
}

static char *mute_text(const struct labfile *labfile, const char *filter, size_t at)
{
	return text_format("with libxdp the verdicts of %s at %s cannot be seen; "
			   "engine = inline shows them",
			   filter, labfile->topo.ifaces[at].id);
}

static char *lost_text(const struct evidence *ev)
{
	return text_format("%llu events of the chains were lost", (unsigned long long)ev->lost);
}

static char *strayed_text(const struct labfile *labfile, const struct evidence *ev)
{
	return text_format("it left %s as something that cannot be followed",
			   labfile->topo.ifaces[ev->strayed_at].id);
}

char *account_unseen(const struct labfile *labfile, const struct evidence *ev, size_t by, size_t at)
{
	const char *name = by == NONE ? NULL : labfile->filters[by].name;

	for (size_t i = 0; ev->chains && i < labfile->topo.n_ifaces; i++) {
		const char *mute = mute_filter(labfile, &ev->chains[i]);

		if (!mute || (at != NONE && at != i))
			continue;
		if (!name || chain_record_has(&ev->chains[i], name))
			return mute_text(labfile, mute, i);
	}
	if (ev->strayed)
		return strayed_text(labfile, ev);
	return ev->lost ? lost_text(ev) : NULL;
}

/* No chain saw it: why that is no wonder, or not known. */
static char *blind_text(const struct labfile *labfile, const struct evidence *ev)
{
	size_t sender = behind_sender(labfile, ev);

	if (!ev->chains)
		return text_format("the reason is not known");
	if (sender == NONE)
		return text_format("no chain saw it");
	return text_format("no chain saw it: XDP sees what comes in, and at %s it went out",
			   labfile->topo.ifaces[sender].id);
}

/* The first on the step's way whose verdicts cannot be seen: its name, at @at; or NULL. */
static const char *mute_on_the_way(const struct labfile *labfile, const struct evidence *ev,
				   size_t *at)
{
	const char *mute = NULL;

	for (*at = 0; ev->chains && *at < labfile->topo.n_ifaces; ++*at) {
		mute = mute_filter(labfile, &ev->chains[*at]);
		if (mute && evidence_on_the_way(ev, *at))
			return mute;
	}
	return NULL;
}

/* What is known where neither the kernel nor a chain says what became of it. */
static char *guess_text(const struct labfile *labfile, const struct evidence *ev)
{
	if (ev->neighbour == NEIGHBOUR_UNRESOLVED && ev->neighbour_text)
		return text_format("no neighbour entry for %s", ev->neighbour_text);
	if (ev->lost)
		return lost_text(ev);
	if (evidence_seen(ev))
		return text_format("it was let through, and lost after the chain");
	return blind_text(labfile, ev);
}

char *account_silence(const struct labfile *labfile, const struct evidence *ev)
{
	enum relation way;
	const struct kernel_drop *drop = evidence_own_kernel_drop(ev, &way);
	const struct sighting *s = evidence_diverted(ev);
	size_t at = 0;
	const char *mute = mute_on_the_way(labfile, ev, &at);

	if (ev->absent)
		return text_format("%s", ev->absent);
	if (!s && ev->links_down)
		return text_format("down: %s", ev->links_down);
	if (drop && kernel_drop_has_reason(drop))
		return account_kernel(labfile, ev);
	if (!s && !ev->imitated && ev->filtered)
		return text_format("%s", ev->filtered);
	if (!s && !ev->imitated && ev->no_route)
		return text_format("%s", ev->no_route);
	if (drop && !mute)
		return account_kernel(labfile, ev);
	if (ev->imitated)
		return text_format("packets of others were made to look like it at %s",
				   labfile->topo.ifaces[ev->imitated_at].id);
	if (s)
		return account_decision(labfile, ev, s);
	if (ev->trouble)
		return text_format("%s", ev->trouble);
	if (ev->takers)
		return text_format("%s has bound that port itself, and has the address",
				   ev->takers);
	if (ev->refused)
		return text_format("it was refused, by an ICMP error");
	if (ev->strayed)
		return strayed_text(labfile, ev);
	return mute ? mute_text(labfile, mute, at) : guess_text(labfile, ev);
}

/* A WENT_ON at that position of the same packets: the filter was not silent. */
static const char *passing_word(const struct labfile *labfile, const struct evidence *ev,
				const struct sighting *end, unsigned int position)
{
	size_t f = labfile_filter(labfile, ev->chains[end->iface].filters[position]);

	for (size_t i = 0; i < ev->n_seen; i++) {
		const struct sighting *s = &ev->seen[i];

		if (s->kind == XLAB_WENT_ON && s->iface == end->iface &&
		    s->relation == end->relation && s->position == position &&
		    flow_equal(&s->came, &end->came))
			return verdict_name(s->verdict);
	}
	return f == NONE ? "?" : verdict_name(program_silent(labfile->filters[f].program));
}

static const char *packet_text(const struct evidence *ev, enum relation relation)
{
	static const char *const what[] = {
		[RELATION_REQUEST] = "request",
		[RELATION_REPLY] = "reply",
		[RELATION_BARE] = "TCP segment without text",
		[RELATION_NEIGHBOUR] = "neighbour request or answer",
		[RELATION_ROUTER] = "neighbour request or answer of another node",
	};

	/* Only ping asks for an answer. */
	if (relation == RELATION_REQUEST && ev->mark.kind != STEP_PING)
		return "packet";
	return what[relation];
}

/* The only filter up to @end that can have changed it; NONE: there are several, or it is none. */
static unsigned int changer(const struct labfile *labfile, const struct chain_record *chain,
			    const struct sighting *end)
{
	unsigned int found = chain->n_filters;

	for (unsigned int i = 0; i < chain->n_filters && i <= end->position; i++) {
		size_t f = labfile_filter(labfile, chain->filters[i]);

		if (f == NONE || labfile->filters[f].program != PROGRAM_OBJECT)
			continue;
		if (found < chain->n_filters)
			return chain->n_filters;
		found = i;
	}
	return found;
}

/* "b:eth0: request: less-one pass (10.0.0.10:4711 -> 10.0.0.1:1999), udp-1999 drop" */
static void print_way(FILE *out, const struct labfile *labfile, const struct evidence *ev,
		      const struct sighting *end)
{
	const struct chain_record *chain = &ev->chains[end->iface];
	char *FREE_AUTO came =
		end->known && !forms_as_sent(&ev->mark, &end->came) ? flow_text(&end->came) : NULL;
	char *FREE_AUTO left = end->changed ? flow_text(&end->left) : NULL;
	unsigned int changed = left ? changer(labfile, chain, end) : chain->n_filters;

	(void)fprintf(out, "%s: %s%s%s:", labfile->topo.ifaces[end->iface].id,
		      packet_text(ev, end->relation), came ? " " : "", came ? came : "");
	for (unsigned int i = 0; i <= end->position && i < chain->n_filters; i++) {
		bool last = i == end->position;

		(void)fprintf(out, " %s %s", chain->filters[i],
			      last ? verdict_name(end->verdict)
				   : passing_word(labfile, ev, end, i));
		if (i == changed)
			(void)fprintf(out, " (%s)", left);
		if (!last)
			(void)fputc(',', out);
	}
	if (!end->filter)
		(void)fputs(" on to the stack", out);
	if (left && changed == chain->n_filters)
		(void)fprintf(out, ", as %s", left);
	if (end->doubtful)
		(void)fputs(" (or another's, made to look like it)", out);
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
		own += s->relation != RELATION_NEIGHBOUR && s->relation != RELATION_ROUTER;
		print_way(out, labfile, ev, s);
	}
	if (mute)
		(void)fprintf(out, "%s: with libxdp the verdicts of %s cannot be seen\n", name,
			      mute);
	else if (!own)
		(void)fprintf(out, "%s: saw none of it%s%s\n", name,
			      others ? ", only other packets" : "",
			      labfile->topo.ifaces[iface].node == ev->mark.src_node
				      ? ": XDP sees what comes in, and here it went out"
				      : "");
}

/* What the lab file itself does to packets where they may have come by. */
static void print_impaired(FILE *out, const struct topology *topo, const struct evidence *ev)
{
	for (size_t i = 0; i < topo->n_ifaces; i++) {
		const struct iface *f = &topo->ifaces[i];
		char *FREE_AUTO text = impairment_text(&f->impairment, " ", ", ");

		if (*text && (f->node == ev->mark.src_node || f->node == ev->mark.dst_node ||
			      topo->nodes[f->node].forward))
			(void)fprintf(out, "the lab file has at %s: %s\n", f->id, text);
	}
}

static void print_unsaid(FILE *out, const char *why, const char *label, const char *text)
{
	if (text && !strstr(why, text))
		(void)fprintf(out, "%s%s\n", label, text);
}

/* @why has one of these already, and is not said twice. */
static void print_known(FILE *out, const struct labfile *labfile, const struct evidence *ev,
			const char *why)
{
	print_unsaid(out, why, "", ev->trouble);
	print_unsaid(out, why, "links down: ", ev->links_down);
	print_unsaid(out, why, "", ev->absent);
	print_unsaid(out, why, "", ev->filtered);
	print_unsaid(out, why, "", ev->no_route);
	print_impaired(out, &labfile->topo, ev);
	if (ev->neighbour != NEIGHBOUR_UNKNOWN && ev->neighbour_text)
		(void)fprintf(out, "neighbour entry for %s: %s\n", ev->neighbour_text,
			      ev->neighbour == NEIGHBOUR_RESOLVED ? "there" : "none, or failed");
	if (ev->imitated)
		(void)fprintf(out, "%s: packets of others were made to look like it\n",
			      labfile->topo.ifaces[ev->imitated_at].id);
	if (ev->strayed)
		(void)fprintf(out, "%s: it left as something that cannot be followed\n",
			      labfile->topo.ifaces[ev->strayed_at].id);
	if (ev->forms.full)
		(void)fprintf(out, "it took more than %d forms, which are not all followed\n",
			      FORMS_MAX);
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
	print_known(out, labfile, ev, why);
	xclose_memstream(out);
	return text;
}
