// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts what arrived of a step against what it asks for. What follows is judge.c's. */
#include "orchestrator/scenario/arrivals.h"

#include <string.h>

#include "lab/cleanup.h"
#include "orchestrator/scenario/evidence.h"

bool arrivals_enough(const struct step *step, const struct evidence *ev)
{
	if (step->arrive_max)
		return ev->arrived >= step->arrive_min && ev->arrived <= step->arrive_max;
	return arrivals_complete(step, ev);
}

bool arrivals_complete(const struct step *step, const struct evidence *ev)
{
	if (ev->arrived < ev->wanted)
		return false;
	for (size_t i = 0; step->group && i < ev->n_arrivals; i++)
		if (!ev->arrivals[i].copies)
			return false;
	return true;
}

bool arrivals_any(const struct evidence *ev)
{
	return ev->arrived > 0 || ev->bytes > 0 || ev->stranger;
}

bool arrivals_too_many(const struct step *step, const struct evidence *ev)
{
	if (step->arrive_max)
		return ev->arrived > step->arrive_max;
	for (size_t i = 0; step->group && i < ev->n_arrivals; i++)
		if (ev->arrivals[i].bytes > ev->bytes_wanted)
			return true;
	return !step->group && !ev->arrived && ev->bytes > ev->bytes_wanted;
}

static char *replies_text(const struct evidence *ev)
{
	char *text = ev->wanted == 1
			     ? text_format(ev->arrived ? "replied" : "no reply came")
			     : text_format("%u of %u replies came", ev->arrived, ev->wanted);

	if (ev->stranger)
		text_add(&text, ", ", "but from %s, which was not asked", ev->stranger);
	return text;
}

/* At one of several, @where is " at h2"; else "". */
static void add_arrival(char **list, const struct arrival *a, size_t wanted, const char *where)
{
	if (a->copies == 1)
		text_add(list, " and ", "%s", where);
	else if (a->copies == 2)
		text_add(list, " and ", "%s twice", where);
	else if (a->copies)
		text_add(list, " and ", "%s %u times", where, a->copies);
	else if (a->bytes)
		text_add(list, " and ", "%s with %zu bytes, not %zu", where, a->bytes, wanted);
}

static char *nobody_text(const struct labfile *labfile, const struct step *step)
{
	char *text = NULL;

	for (size_t i = 0; i < step->n_receivers; i++)
		text_add(&text, i ? " or " : "", i ? "%s" : "nothing arrived at %s",
			 labfile->topo.nodes[step->receivers[i]].name);
	return text ? text : text_format("nothing arrived");
}

/* Who got it, of those that the step names. */
static char *receivers_text(const struct labfile *labfile, const struct step *step,
			    const struct evidence *ev)
{
	char *FREE_AUTO list = NULL;

	for (size_t i = 0; i < ev->n_arrivals; i++) {
		char *FREE_AUTO where =
			text_format("at %s", labfile->topo.nodes[ev->arrivals[i].node].name);

		add_arrival(&list, &ev->arrivals[i], ev->bytes_wanted, where);
	}
	if (!list)
		return nobody_text(labfile, step);
	return text_format(ev->arrived ? "arrived whole %s" : "arrived %s", list);
}

/* What goes to several, and came to some of them only. */
static char *group_text(const struct labfile *labfile, const struct step *step,
			const struct evidence *ev)
{
	bool ping = step->kind == STEP_PING;
	char *text = ping ? replies_text(ev) : receivers_text(labfile, step, ev);
	char *FREE_AUTO missing = NULL;

	for (size_t i = 0; i < ev->n_arrivals; i++)
		if (!ev->arrivals[i].copies && !ev->arrivals[i].bytes)
			text_add(&missing, " and ", "%s",
				 labfile->topo.nodes[ev->arrivals[i].node].name);
	if (missing && (ping ? ev->arrived : ev->bytes))
		text_add(&text, ", ", ping ? "but %s did not" : "and nothing at %s", missing);
	return text;
}

static char *frames_text(const struct evidence *ev)
{
	const char *where = ev->looked_at ? ev->looked_at : "the other end";

	if (!ev->arrived)
		return text_format("nothing arrived at %s", where);
	if (ev->wanted == 1)
		return text_format("arrived at %s", where);
	return text_format("%u of %u arrived at %s", ev->arrived, ev->wanted, where);
}

char *arrivals_text(const struct labfile *labfile, const struct step *step,
		    const struct evidence *ev)
{
	if (step->kind == STEP_FRAME)
		return frames_text(ev);
	if (step->group)
		return group_text(labfile, step, ev);
	if (step->kind == STEP_PING)
		return replies_text(ev);
	if (step->n_receivers)
		return receivers_text(labfile, step, ev);
	if (ev->arrived)
		return text_format("arrived whole");
	if (!ev->bytes)
		return nobody_text(labfile, step);
	if (ev->n_arrivals && ev->arrivals[0].copies == 2)
		return text_format("arrived twice");
	if (ev->n_arrivals && ev->arrivals[0].copies)
		return text_format("arrived %u times", ev->arrivals[0].copies);
	return text_format("%zu of %zu bytes arrived", ev->bytes, ev->bytes_wanted);
}

char *arrivals_short_text(const struct labfile *labfile, const struct step *step,
			  const struct evidence *ev)
{
	char *text = arrivals_text(labfile, step, ev);

	if (arrivals_enough(step, ev))
		return text;
	if (step->arrive_max && step->arrive_min == step->arrive_max)
		text_add(&text, ", ", "where %u were expected", step->arrive_min);
	else if (step->arrive_max)
		text_add(&text, ", ", "where %u..%u were expected", step->arrive_min,
			 step->arrive_max);
	else if (arrivals_too_many(step, ev))
		text_add(&text, ", ", "where it was expected once");
	return text;
}

char *arrivals_shares_text(const struct labfile *labfile, const struct step *step,
			   const unsigned int *flows)
{
	char *text = NULL;

	for (size_t i = 0; i < step->n_receivers; i++)
		text_list_add(&text, "%s %u", labfile->topo.nodes[step->receivers[i]].name,
			      flows[i]);
	return text;
}
