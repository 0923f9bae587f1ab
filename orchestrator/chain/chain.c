// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A chain from the lab file, or from a command, to its interface and back: the engine chosen, the
 * record kept, pass programs seen to. How a chain is built is the engines'.
 */
#include "orchestrator/chain/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lab/alloc.h"
#include "lab/build_netns.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/lab_links.h"
#include "lab/text.h"
#include "orchestrator/chain/attach_point.h"
#include "orchestrator/chain/chain_inline.h"
#include "orchestrator/chain/chain_libxdp.h"
#include "orchestrator/chain/chain_pass.h"
#include "orchestrator/chain/chain_probe.h"
#include "orchestrator/chain/chain_read.h"
#include "orchestrator/event/counters.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_common.h"

/* The kernel is asked once, and not for each chain. */
static enum engine_choice engine_auto(struct lab *lab)
{
	if (!lab->engine_auto_why)
		lab->engine_auto = chain_engine_auto(&lab->engine_auto_why);
	return lab->engine_auto;
}

/* For `auto`, where libxdp is to carry what it can count and tell; and why it does, or does not. */
static int try_libxdp(struct lab *lab, const struct chain_job *job, int *fd, char **why)
{
	const struct filter *user_object =
		chain_user_object(&job->lab->labfile, job->filters, job->n_filters);
	struct error ERROR_AUTO refused = ERROR_INIT;
	int err;

	if (user_object) {
		*why = text_format("libxdp cannot tell what %s decides", user_object->name);
		return -EOPNOTSUPP;
	}
	if (engine_auto(lab) != ENGINE_LIBXDP) {
		*why = xstrdup(lab->engine_auto_why);
		return -EOPNOTSUPP;
	}
	err = chain_engine_libxdp.build(job, fd, NULL, &refused);
	if (!err)
		*why = xstrdup(lab->engine_auto_why);
	else if (refused.text)
		*why = text_format("libxdp cannot carry it: %.*s", (int)strcspn(refused.text, "\n"),
				   refused.text);
	return err;
}

static int build(struct lab *lab, struct chain_job *job, const struct chain_engine **engine,
		 int *fd, char **why, struct error *e)
{
	enum engine_choice choice = lab->labfile.engine;
	int err;

	job->asked = choice != ENGINE_AUTO;
	*engine = &chain_engine_libxdp;
	if (job->asked)
		*why = text_format("asked for");
	else if (!try_libxdp(lab, job, fd, why))
		return 0;
	if (choice != ENGINE_LIBXDP)
		*engine = &chain_engine_inline;
	err = (*engine)->build(job, fd, NULL, e);
	if (err)
		chain_blame_kernel(e);
	return err;
}

/* Links that were made a moment ago are as the lab file says: to ask for each would take `up` of a
 * large lab a twentieth longer.
 */
static int find_mtus(struct chain_job *job, struct netlink *rt, struct error *e)
{
	const struct topology *topo = &job->lab->labfile.topo;
	const struct iface *f = &topo->ifaces[job->iface];

	if (!job->lab->build)
		return lab_link_mtus(rt, (unsigned int)job->ifindex, &job->mtu, &job->other_mtu, e);
	job->mtu = iface_mtu(f);
	job->other_mtu = iface_mtu(f->peer == NONE ? f : &topo->ifaces[f->peer]);
	return 0;
}

/* Whether the program is for others, too. One of the node that xlab was started in has an ifindex
 * of the kernel's choice, which one elsewhere may have, and where a link was made anew under the
 * name of the lab's nothing is known.
 */
static bool for_many(const struct chain_job *job, const struct chain_config *chain)
{
	return job->rows > 1 && job->ifindex == END_INDEX + (int)chain->iface &&
	       labfile_is_common(&job->lab->labfile, chain->iface, chain->filters,
				 chain->n_filters);
}

static int open_job(struct chain_job *job, struct lab *lab, const struct chain_config *chain,
		    const size_t *filters, const struct attach_point *s,
		    const struct chain_record *kept, struct error *e)
{
	int err = counters_cpus(e); /* by their number rows are found */

	*job = (struct chain_job){
		.lab = lab,
		.parts = lab->parts,
		.iface = chain->iface,
		.filters = filters,
		.n_filters = chain->n_filters,
		.gen = chain_file_next_gen(&s->file, kept),
		.ifindex = (int)s->ifindex,
		.node = s->id.netns,
		.counters_fd = -1,
		.rings_fd = -1,
	};
	if (err)
		return err;
	job->row = counters_row(lab, chain->iface);
	job->rows = counters_rows(lab, chain->iface);
	return find_mtus(job, s->rt, e);
}

static int open_counters(struct chain_job *job, struct error *e)
{
	return job->counters_fd >= 0
		       ? 0
		       : counters_open(job->lab, job->iface, &job->counters_fd, &job->rings_fd, e);
}

/* What an earlier chain has counted; in a lab that is being built there was none. */
static int wipe_counters(struct chain_job *job, struct error *e)
{
	int err;

	if (job->lab->build)
		return 0;
	err = open_counters(job, e);
	return err ? err : counters_wipe(job->counters_fd, job->row, job->gen, e);
}

static void close_job(struct chain_job *job)
{
	cleanup_fd(&job->counters_fd);
	cleanup_fd(&job->rings_fd);
}

/* What makes one program of the chain's filters another than that of others. */
static char *program_of(const struct lab *lab, const struct chain_job *job)
{
	char *what = text_format("chain %s %u %u", mode_name(lab->labfile.modes[job->iface]),
				 job->mtu, job->other_mtu);

	for (size_t i = 0; i < job->n_filters; i++)
		text_add(&what, " ", "%s", lab->labfile.filters[job->filters[i]].name);
	return what;
}

/* One of those that are loaded, of a generation that can follow at the attach point. */
static const struct lab_program *find_program(const struct lab *lab, const struct attach_point *s,
					      const struct chain_record *kept, const char *what)
{
	for (size_t i = lab->n_programs; i-- > 0;) {
		const struct lab_program *p = &lab->programs[i];

		if (p->gen > s->file.gen && !strcmp(p->what, what) &&
		    !(kept && (p->gen & 1) == (kept->gen & 1)))
			return p;
	}
	return NULL;
}

/* As build(), but a program that others have, too, is built for the first of them. */
static int build_or_share(struct lab *lab, struct chain_job *job, const struct attach_point *s,
			  const struct chain_record *kept, struct chain_ready *ready,
			  struct error *e)
{
	char *FREE_AUTO what = program_of(lab, job);
	const struct lab_program *loaded = job->many ? find_program(lab, s, kept, what) : NULL;
	const struct chain_engine *engine = &chain_engine_inline;
	struct chain_record *r = &ready->record;
	int err = 0;

	if (loaded) {
		job->gen = loaded->gen;
		r->why = xstrdup(loaded->why);
		ready->fd = fcntl(loaded->fd, F_DUPFD_CLOEXEC, 3);
		if (ready->fd < 0)
			return error_sys(e, -errno, "cannot use the chain's program again");
	} else {
		err = open_counters(job, e);
		if (!err)
			err = build(lab, job, &engine, &ready->fd, &r->why, e);
	}
	if (err)
		return err;
	r->engine = engine->choice;
	r->gen = job->gen;
	if (loaded || !job->many || engine != &chain_engine_inline)
		return 0;
	return lab_keep_program(lab, what, job->gen, ready->fd, r->why, e);
}

static size_t *filters_of(const struct lab *lab, const struct chain_config *chain)
{
	size_t *filters = xcalloc(chain->n_filters, sizeof(*filters));

	for (size_t i = 0; i < chain->n_filters; i++)
		filters[i] = labfile_filter(&lab->labfile, chain->filters[i]);
	return filters;
}

/* Build a chain for the attach point, which counts where @kept, if not NULL, did not. */
static int load(struct lab *lab, struct attach_point *s, const struct chain_config *chain,
		const struct chain_record *kept, struct chain_ready *ready, struct error *e)
{
	size_t *FREE_AUTO filters = filters_of(lab, chain);
	struct chain_record *r = &ready->record;
	struct chain_job job;
	int err;

	err = open_job(&job, lab, chain, filters, s, kept, e);
	job.many = !err && for_many(&job, chain);
	if (!err)
		err = build_or_share(lab, &job, s, kept, ready, e);
	if (!err)
		err = wipe_counters(&job, e);
	if (!err)
		err = attach_prog_id(ready->fd, &r->prog_id, e);
	if (err) {
		chain_libxdp_tidy(&job, s->current ? s->current->prog_id : 0);
	} else {
		r->mode = lab->labfile.modes[chain->iface];
		r->filters = chain_names_copy(chain->filters, chain->n_filters);
		r->n_filters = chain->n_filters;
	}
	close_job(&job);
	return err;
}

/* A scenario's chain leaves what it stands in for as it is. */
static void tidy(const struct lab *lab, const struct attach_point *s, bool for_scenario)
{
	struct chain_job job = { .lab = lab, .ifindex = (int)s->ifindex, .node = s->id.netns };

	if (!for_scenario)
		chain_libxdp_tidy(&job, s->current ? s->current->prog_id : 0);
}

static int attach(struct lab *lab, struct attach_point *s, const struct chain_ready *ready,
		  struct error *e)
{
	const struct chain_record *next = &ready->record;
	struct chain_record RECORD_AUTO old = { 0 };
	size_t iface = ready->iface;
	int err = 0;

	if (s->current)
		chain_record_copy(&old, s->current);
	if (!next->scenario)
		s->for_good = next;
	if (!s->current || s->current->prog_id != ready->record.prog_id) {
		err = chain_pass_add(lab, iface, next->filters, next->n_filters, e);
		if (!err)
			err = attach_point_swap(s, lab, &ready->record, ready->fd, e);
	}
	s->for_good = NULL;
	tidy(lab, s, ready->record.scenario);
	if (err) {
		struct error ERROR_AUTO more = ERROR_INIT;

		(void)chain_pass_drop(lab, iface, next->filters, next->n_filters, &more);
		return err;
	}
	return chain_pass_drop(lab, iface, old.filters, old.n_filters, e);
}

static int take_off(struct lab *lab, struct attach_point *s, bool for_scenario, struct error *e)
{
	struct chain_record off = { .scenario = for_scenario };
	bool wanted = false;
	struct chain_record RECORD_AUTO old = { 0 };
	int err;

	if (s->current)
		chain_record_copy(&old, s->current);
	if (!for_scenario)
		s->for_good = &off;
	err = chain_pass_wanted(lab, &s->id, &wanted, e);
	if (!err && wanted)
		err = chain_pass_put(lab, s, e);
	else if (!err)
		err = attach_point_swap(s, lab, &off, -1, e);
	s->for_good = NULL;
	if (err)
		return err;
	tidy(lab, s, for_scenario);
	return chain_pass_drop(lab, s->id.iface, old.filters, old.n_filters, e);
}

/* @err, with the attach point in its words. */
static int at_point(const struct attach_point *s, int err, struct error *e)
{
	return err && !(e->text && strstr(e->text, s->name)) ? error_wrap(e, "%s", s->name) : err;
}

int chain_set(struct lab *lab, const struct chain_config *chain, bool for_scenario, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, chain->iface);
	struct chain_ready ready = CHAIN_READY_NONE;
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, lab, &id, e);

	if (err)
		return err;
	ready.iface = chain->iface;
	ready.record.scenario = for_scenario;
	err = chain->n_filters ? load(lab, &s, chain, s.current, &ready, e)
			       : take_off(lab, &s, for_scenario, e);
	if (!err && chain->n_filters)
		err = attach(lab, &s, &ready, e);
	chain_ready_clear(&ready);
	return at_point(&s, err, e);
}

int chain_load(struct lab *lab, const struct chain_config *chain, const struct chain_record *kept,
	       struct chain_ready *ready, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, chain->iface);
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, lab, &id, e);

	*ready = (struct chain_ready)CHAIN_READY_NONE;
	ready->iface = chain->iface;
	ready->record.scenario = true;
	return err ? err
		   : at_point(&s,
			      load(lab, &s, chain, kept && kept->n_filters ? kept : s.current,
				   ready, e),
			      e);
}

int chain_put(struct lab *lab, const struct chain_ready *ready, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, ready->iface);
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, lab, &id, e);

	return err ? err : at_point(&s, attach(lab, &s, ready, e), e);
}

int chain_hold(struct lab *lab, size_t iface, struct chain_ready *ready, struct error *e)
{
	struct chain_view view = { 0 };
	int err = chain_read(lab, iface, &view, e);

	*ready = (struct chain_ready)CHAIN_READY_NONE;
	ready->iface = iface;
	ready->record = view.record;
	view.record = (struct chain_record){ 0 };
	chain_view_clear(&view);
	if (err || !ready->record.n_filters)
		return err;
	ready->fd = bpf_prog_get_fd_by_id(ready->record.prog_id);
	return ready->fd < 0 ? error_sys(e, -errno, "cannot hold the chain's program") : 0;
}

void chain_ready_clear(struct chain_ready *ready)
{
	chain_record_clear(&ready->record);
	cleanup_fd(&ready->fd);
}

void chain_tidy(struct lab *lab, size_t iface)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, iface);
	struct error ERROR_AUTO e = ERROR_INIT;
	ATTACH_POINT s = ATTACH_POINT_INIT;

	if (!attach_point_open(&s, lab, &id, &e))
		tidy(lab, &s, false);
}

int chain_try_load(const struct lab *lab, size_t filter, char **log, struct error *e)
{
	struct chain_job job = { .lab = lab,
				 .filters = &filter,
				 .n_filters = 1,
				 .rows = 1,
				 .counters_fd = -1,
				 .rings_fd = -1 };
	int FD_AUTO fd = -1;
	int err = counters_create(&job.counters_fd, &job.rings_fd, e);

	*log = NULL;
	if (!err)
		err = chain_engine_inline.build(&job, &fd, log, e);
	close_job(&job);
	/* The verifier has more than one way to say no; what it says is in the log. */
	return err && *log ? -EACCES : err;
}

int chain_load_traced(struct lab *lab, const struct chain_config *chain, struct trace *trace,
		      int *fd, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, chain->iface);
	size_t *FREE_AUTO filters = filters_of(lab, chain);
	ATTACH_POINT s = ATTACH_POINT_INIT;
	struct chain_job job;
	int err = attach_point_open(&s, lab, &id, e);

	if (err)
		return err;
	err = open_job(&job, lab, chain, filters, &s, NULL, e);
	job.trace = trace;
	if (!err)
		err = open_counters(&job, e);
	if (!err)
		err = chain_engine_inline.build(&job, fd, NULL, e);
	close_job(&job);
	return at_point(&s, err, e);
}

int chain_restore(struct lab *lab, size_t iface, struct error *e)
{
	struct attach_point_id id = attach_point_id_of(&lab->labfile, iface);
	struct chain_config chain = { .iface = iface };
	ATTACH_POINT s = ATTACH_POINT_INIT;
	int err = attach_point_open(&s, lab, &id, e);

	if (!err)
		err = chain_wanted(lab, &s, &chain, e);
	/* The names are of the record of this attach point: it stays open until they stand. */
	return err || chain_stands(&s, &chain) ? err : chain_set(lab, &chain, false, e);
}

int chain_restore_all(struct lab *lab, struct error *e)
{
	char **STRINGS_AUTO names = NULL;
	int err = chain_file_names(lab, &names, e);

	for (size_t i = 0; !err && names[i]; i++) {
		struct chain_file CHAIN_FILE_AUTO file;
		size_t iface;

		err = attach_point_recall(lab, names[i], &iface, &file, e);
		if (file.now.scenario || file.before.scenario)
			err = chain_restore(lab, iface, e);
	}
	/* Which are wanted is known when all chains are back. */
	for (size_t i = 0; !err && names[i]; i++)
		err = chain_pass_tidy(lab, names[i], e);
	return err;
}
