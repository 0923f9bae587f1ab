// SPDX-License-Identifier: GPL-2.0-or-later
/* What both engines ask about a chain to be built. Loads nothing. */
#include "orchestrator/chain/chain_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/text.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/filter/filter_maps.h"
#include "orchestrator/filter/filter_object.h"
#include "orchestrator/lab.h"

struct xlab_config chain_job_config(const struct chain_job *job, size_t i)
{
	__u32 cpus = (__u32)libbpf_num_possible_cpus();

	return (struct xlab_config){
		.iface = (__u32)(job->many ? job->iface - job->row : job->iface),
		.position = (__u32)i,
		.length = (__u32)job->n_filters,
		.gen = job->gen,
		.continues = i < job->n_filters
				     ? job->lab->labfile.filters[job->filters[i]].continues
				     : 0,
		.cpus = cpus,
		.first_slot = (__u32)job->row * cpus,
		.rows = job->many ? (__u32)job->rows : 0,
		.first_ifindex = job->many ? (__u32)(job->ifindex - (int)job->row) : 0,
		.bank = counters_bank(job->gen),
	};
}

const struct filter *chain_user_object(const struct labfile *labfile, const size_t *filters,
				       size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (labfile->filters[filters[i]].program == PROGRAM_OBJECT)
			return &labfile->filters[filters[i]];
	return NULL;
}

bool chain_may_change(const struct labfile *labfile, const size_t *filters, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct filter *f = &labfile->filters[filters[i]];

		if (f->program == PROGRAM_OBJECT || f->action == XDP_TX)
			return true;
	}
	return false;
}

int chain_job_make_maps(const struct chain_job *job, struct error *e)
{
	for (size_t i = 0; i < job->n_filters; i++) {
		char *FREE_AUTO dir = filter_maps_dir(job->lab, job->filters[i], e);

		if (!dir)
			return e->err;
	}
	return 0;
}

#define NATIVE_MTU_MAX 3506 /* bytes that fit a page beside what the kernel keeps there */

static const struct filter *filter_at(const struct chain_job *job, size_t i)
{
	return &job->lab->labfile.filters[job->filters[i]];
}

static int check_arrays(const struct chain_job *job, const struct filter_object *const *objects,
			const char *without, struct error *e)
{
	for (size_t i = 0; i < job->n_filters; i++)
		if (objects[i]->frags && objects[i]->has_prog_array)
			return error_input(
				e,
				"filter %s: the programs of its PROG_ARRAY are "
				"SEC(\"xdp.frags\"), so all filters of the chain must be; "
				"these are not: %s",
				filter_at(job, i)->name, without);
	return 0;
}

int frags_agree(const struct chain_job *job, const struct filter_object *const *objects,
		bool *frags, struct error *e)
{
	char *FREE_AUTO without = NULL; /* "small, other": those that take none */
	bool native = job->lab->labfile.modes[job->iface] == XDP_MODE_CHOICE_NATIVE;
	bool needed = native && job->other_mtu > NATIVE_MTU_MAX;
	bool wanted = needed || (native && job->mtu > NATIVE_MTU_MAX);

	for (size_t i = 0; i < job->n_filters; i++)
		if (!objects[i]->frags)
			text_list_add(&without, "%s", filter_at(job, i)->name);
	if (needed && without)
		return error_state(
			e, -ERANGE,
			"the MTU of its other end is %u: native XDP takes packets of more "
			"than %d bytes only if every filter is SEC(\"xdp.frags\"), and "
			"these are not: %s; lower the mtu of that end, or say "
			"mode = generic",
			job->other_mtu, NATIVE_MTU_MAX, without);
	for (size_t i = 0; i < job->n_filters; i++)
		wanted |= objects[i]->frags && filter_at(job, i)->program == PROGRAM_OBJECT;
	*frags = wanted && !without;
	return without ? check_arrays(job, objects, without, e) : 0;
}
