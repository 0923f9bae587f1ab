// SPDX-License-Identifier: GPL-2.0-or-later
/* Which chain stands where while a scenario runs, and what goes back after it. How a chain gets
 * there is chain.c's.
 */
#include "orchestrator/scenario/scenario_chains.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/alloc.h"
#include "lab/error.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/lab.h"

struct iface_chains {
	const struct chain_config *config;  /* of the scenario; NULL: it leaves this interface */
	struct chain_ready held, own;	    /* what stood there, and what the scenario puts there */
	enum { HELD, OWN, NOTHING } stands; /* OWN: a scenario's, this one's or the one before's */
	bool loaded_libxdp;		    /* a chain whose pins may be left over */
};

struct scenario_chains {
	struct lab *lab;
	bool holds; /* what stood there */
	size_t n;
	struct iface_chains *ifaces; /* by interface */
	struct chain_record *chains; /* borrowed from the ifaces */
};

static bool is_there(const struct chain_ready *ready)
{
	return ready->record.n_filters > 0;
}

/* No filters: none is loaded. */
static int load(struct scenario_chains *s, const struct chain_config *chain,
		struct chain_ready *ready, struct error *e)
{
	int err = chain->n_filters ? chain_load(s->lab, chain, &s->ifaces[chain->iface].held.record,
						ready, e)
				   : 0;

	if (ready->record.engine == ENGINE_LIBXDP)
		s->ifaces[chain->iface].loaded_libxdp = true;
	return err;
}

static bool is_end_of(const struct topology *topo, const struct step *step, size_t node)
{
	return step->src == node || owner_node(topo, &topo->owners[step->owner]) == node ||
	       step_names_receiver(step, node);
}

/*
 * Can the chain that stands there have a say in what some step does? Packets of one whose two ends
 * are known go from one to the other by bridges and by nodes that forward. Another node gets copies
 * at most, of what a bridge floods, and its chain only lets them by or drops them, unless it sends
 * something itself. But a node with settings of its own may forward or answer for others, and with
 * whom a program of the user's talks is not known, nor who answers what goes to many.
 */
static bool in_the_way(const struct scenario_chains *s, const struct scenario *scenario, size_t i)
{
	const struct chain_record *held = &s->ifaces[i].held.record;
	const struct topology *topo = &s->lab->labfile.topo;
	size_t node = topo->ifaces[i].node;

	if (topo->nodes[node].forward || topo->nodes[node].n_sysctls ||
	    plan_is_self(&s->lab->plan, node) ||
	    chain_may_send(&s->lab->labfile, held->filters, held->n_filters))
		return true;
	for (size_t k = 0; k < scenario->n_steps; k++) {
		const struct step *step = &scenario->steps[k];

		if (step->kind == STEP_EXEC || step->kind == STEP_SERVE ||
		    step->kind == STEP_FRAME ||
		    (step_is_traffic(step) &&
		     (step->group || step->owner == NONE || is_end_of(topo, step, node))))
			return true;
	}
	return false;
}

static int hold(struct scenario_chains *s, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < s->n && !err && !s->holds; i++)
		if (!s->lab->labfile.topo.ifaces[i].lo)
			err = chain_hold(s->lab, i, &s->ifaces[i].held, e);
	s->holds = true;
	return err;
}

struct scenario_chains *scenario_chains_new(struct lab *lab)
{
	struct scenario_chains *s = xcalloc(1, sizeof(*s));

	s->lab = lab;
	s->n = lab->labfile.topo.n_ifaces;
	s->ifaces = xcalloc(s->n, sizeof(*s->ifaces));
	s->chains = xcalloc(s->n, sizeof(*s->chains));
	for (size_t i = 0; i < s->n; i++)
		s->ifaces[i].held = s->ifaces[i].own = (struct chain_ready)CHAIN_READY_NONE;
	return s;
}

void scenario_chains_free(struct scenario_chains *s)
{
	free(s->ifaces);
	free(s->chains);
	free(s);
}

/* The chains of the scenario before stay where they stand until set, but need not be held. */
int scenario_chains_prepare(struct scenario_chains *s, const struct scenario *scenario,
			    struct error *e)
{
	int err = hold(s, e);

	for (size_t i = 0; i < s->n; i++) {
		s->ifaces[i].config = NULL;
		chain_ready_clear(&s->ifaces[i].own);
	}
	for (size_t i = 0; i < scenario->n_chains && !err; i++) {
		const struct chain_config *chain = &scenario->chains[i];
		struct iface_chains *p = &s->ifaces[chain->iface];

		p->config = chain;
		err = load(s, chain, &p->own, e);
	}
	for (size_t i = 0; i < s->n; i++) {
		const struct iface_chains *p = &s->ifaces[i];

		s->chains[i] = p->config ? p->own.record : p->held.record;
	}
	return err;
}

static int take_off(struct scenario_chains *s, size_t iface, struct error *e)
{
	const struct chain_config none = { .iface = iface };
	struct iface_chains *p = &s->ifaces[iface];

	if (p->stands == NOTHING || (p->stands == HELD && !is_there(&p->held)))
		return 0;
	p->stands = NOTHING;
	return chain_set(s->lab, &none, true, e);
}

/* A chain of the scenario before is nobody's any more. */
int scenario_chains_strip(struct scenario_chains *s, const struct scenario *scenario,
			  struct error *e)
{
	int err = hold(s, e);

	for (size_t i = 0; i < s->n && !err; i++)
		if (s->ifaces[i].stands == OWN ||
		    (is_there(&s->ifaces[i].held) && in_the_way(s, scenario, i)))
			err = take_off(s, i, e);
	return err;
}

static int put_back(struct scenario_chains *s, size_t iface, struct error *e)
{
	struct iface_chains *p = &s->ifaces[iface];
	int err = 0;

	if (p->stands != HELD)
		err = is_there(&p->held) ? chain_put(s->lab, &p->held, e)
					 : chain_restore(s->lab, iface, e);
	if (!err)
		p->stands = HELD;
	return err;
}

static int set_iface(struct scenario_chains *s, size_t iface, struct error *e)
{
	struct iface_chains *p = &s->ifaces[iface];

	if (is_there(&p->own)) {
		p->stands = OWN;
		return chain_put(s->lab, &p->own, e);
	}
	return p->config ? take_off(s, iface, e) : put_back(s, iface, e);
}

int scenario_chains_set(struct scenario_chains *s, struct error *e)
{
	int err = 0;

	for (size_t i = 0; i < s->n && !err; i++)
		err = set_iface(s, i, e);
	return err;
}

int scenario_chains_change(struct scenario_chains *s, const struct chain_config *chain,
			   struct error *e)
{
	struct iface_chains *p = &s->ifaces[chain->iface];
	struct chain_ready next = CHAIN_READY_NONE;
	int err = load(s, chain, &next, e);

	if (!err) {
		p->stands = OWN;
		err = is_there(&next) ? chain_put(s->lab, &next, e)
				      : chain_set(s->lab, chain, true, e);
	}
	if (err) {
		chain_ready_clear(&next);
		return err;
	}
	chain_ready_clear(&p->own);
	p->own = next;
	s->chains[chain->iface] = next.record;
	return 0;
}

const struct chain_record *scenario_chains_records(const struct scenario_chains *s)
{
	return s->chains;
}

int scenario_chains_program(const struct scenario_chains *s, size_t iface)
{
	const struct iface_chains *p = &s->ifaces[iface];

	if (p->stands == NOTHING)
		return -1;
	return p->stands == OWN ? p->own.fd : p->held.fd;
}

static int restore_iface(struct scenario_chains *s, size_t iface, struct error *e)
{
	struct iface_chains *p = &s->ifaces[iface];
	int err = put_back(s, iface, e);

	/* Loaded, and perhaps never put on. */
	if (p->loaded_libxdp)
		chain_tidy(s->lab, iface);
	chain_ready_clear(&p->held);
	chain_ready_clear(&p->own);
	*p = (struct iface_chains){ .held = CHAIN_READY_NONE, .own = CHAIN_READY_NONE };
	return err;
}

int scenario_chains_restore(struct scenario_chains *s, struct error *e)
{
	for (size_t i = 0; i < s->n; i++) {
		struct error ERROR_AUTO this = ERROR_INIT;

		if (restore_iface(s, i, &this))
			(void)error_join(e, &this);
	}
	s->holds = false;
	return e->err;
}
