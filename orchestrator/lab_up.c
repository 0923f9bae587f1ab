// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of things: state, namespaces and links, chains, and all of it back. How each is done
 * is below, in lab/ and chain/.
 */
#include "orchestrator/lab_up.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lab/build.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "lab/interrupt.h"
#include "lab/kernel_has.h"
#include "lab/mountpoint.h"
#include "lab/netns.h"
#include "lab/progress.h"
#include "orchestrator/bpffs.h"
#include "orchestrator/chain/chain.h"
#include "orchestrator/filter/labfile_load.h"
#include "orchestrator/lab.h"
#include "orchestrator/model/enum_names.h"

/* A number that no other link on this machine is likely to have as its group. 0 is everybody's,
 * and the kernel keeps it in an int.
 */
static int random_group(uint32_t *group, struct error *e)
{
	do {
		if (getrandom(group, sizeof(*group), 0) != sizeof(*group))
			return error_sys(e, -errno, "cannot get random bytes");
		*group &= INT32_MAX;
	} while (*group == 0);
	return 0;
}

static int begin_state(struct lab *lab, const struct lab_options *options, struct error *e)
{
	const struct inifile *ini = &lab->labfile.ini;
	char *FREE_AUTO path = text_format("%s/%s", ini->dir, basename(ini->path));
	struct journal in = {
		.lab = *lab->plan.as ? lab->plan.as : lab->labfile.topo.name,
		.as = lab->plan.as,
		.self = lab->plan.self,
		.engine = (char *)enum_name(engine_names, lab->labfile.engine),
		.nameless = options->nameless,
		.path = path,
		.dir = ini->dir,
		.text = ini->text,
	};
	int err = random_group(&in.group, e);

	if (!err)
		err = netns_cookie(&in.self_cookie, e);
	return err ? err : state_begin(&in, options->command, &lab->state, e);
}

/* Most labs go as they are, by the marks on what is theirs, however large: chains go with their
 * interfaces, and those with their namespaces. What is deleted one by one, or waited for, the plan
 * tells.
 */
static void recall_for_down(struct lab *lab, bool wait)
{
	if (wait || build_undo_needs_plan(lab->state))
		lab_recall_topology(lab);
}

/* @lab holds the state of an earlier lab of this name: undo that one, as it was meant. */
static int undo_left_over(struct lab *lab, struct error *e)
{
	struct lab old = { .state = steal_pointer(&lab->state) };
	int err;

	recall_for_down(&old, false);
	err = lab_down(&old, false, e);
	if (err)
		error_wrap(e, "cannot undo what a killed command left");
	lab_close(&old);
	return err;
}

/* Nobody else can leave a second one behind while this process holds the lab's lock, but between
 * the two somebody may begin, and is then told apart by his lock.
 */
static int begin_lab(struct lab *lab, const struct lab_options *options, struct error *e)
{
	int err = begin_state(lab, options, e);

	if (err != 1)
		return err;
	err = undo_left_over(lab, e);
	if (!err)
		err = begin_state(lab, options, e);
	return err == 1 ? error_state(e, -EBUSY,
				      "lab %s: another command was killed just now; "
				      "try again",
				      lab->labfile.topo.name)
			: err;
}

/* The lab's maps stand in a bpffs, which is mounted now, not with the first of them: that may be
 * made in a mount namespace that comes and goes (`ip netns exec`), and they would go with it.
 */
static int attach_chains(struct lab *lab, struct progress *progress, struct error *e)
{
	char *FREE_AUTO maps = bpffs_mount(lab, "bpf", e);
	int err = maps ? 0 : e->err;

	for (size_t i = 0; i < lab->labfile.n_chains && !err; i++) {
		err = interrupt_pending() ? error_state(e, -EINTR, "interrupted")
					  : chain_set(lab, &lab->labfile.chains[i], false, e);
		progress_step(progress);
	}
	return err ? err : state_set_phase(lab->state, STATE_UP, e);
}

static int read_lab(struct lab *lab, const char *path, const struct lab_options *options,
		    struct error *e)
{
	const struct plan_options plan = { options->as, options->self, options->nameless };
	int err = labfile_load(&lab->labfile, path, e);

	if (!err && options->engine)
		lab->labfile.engine = options->engine->value;
	return err ? err : plan_make(&lab->plan, &lab->labfile.topo, &plan, e);
}

static int build(struct lab *lab, const struct lab_options *options, struct error *e)
{
	struct error ERROR_AUTO undo = ERROR_INIT;
	struct progress progress;
	int err = kernel_has_what_it_takes(&lab->labfile.topo, e);

	if (!err && options->nameless)
		err = state_private(e);
	if (!err)
		err = begin_lab(lab, options, e);
	if (err)
		return err;
	progress_begin(&progress, "up", lab->plan.n_ops + lab->labfile.n_chains);
	err = build_apply(&lab->plan, lab->state, &progress, &lab->build, e);
	if (err) {
		progress_clear(&progress);
		return err;
	}
	err = attach_chains(lab, &progress, e);
	progress_clear(&progress);
	build_close(steal_pointer(&lab->build)); /* what is open keeps namespaces alive */
	if (err && lab_down(lab, false, &undo))
		(void)error_add(e, "undoing it: %s", undo.text);
	return err;
}

int lab_up_read(struct lab *lab, const char *path, const struct lab_options *options,
		struct error *e)
{
	int err;

	*lab = (struct lab){ 0 };
	err = read_lab(lab, path, options, e);
	if (err)
		lab_close(lab);
	return err;
}

int lab_up_build(struct lab *lab, const struct lab_options *options, struct error *e)
{
	int err = build(lab, options, e);

	if (err)
		lab_close(lab);
	return err;
}

int lab_up(struct lab *lab, const char *path, const struct lab_options *options, struct error *e)
{
	int err = lab_up_read(lab, path, options, e);

	return err ? err : lab_up_build(lab, options, e);
}

int lab_down_open(struct lab *lab, const char *name, bool wait, struct error *e)
{
	int err = lab_open_state(lab, name, STATE_LOCKED, "down", e);

	if (!err)
		recall_for_down(lab, wait);
	return err;
}

int lab_down(struct lab *lab, bool wait, struct error *e)
{
	struct error ERROR_AUTO phase = ERROR_INIT;

	if (state_journal(lab->state)->phase == STATE_CORRUPT)
		return build_undo(&lab->plan, lab->state, false, e);
	/* Where it is, nothing is begun. */
	if (state_journal(lab->state)->phase == STATE_VANISHED &&
	    mountpoint_uncovered(state_lab_dir(lab->state), e))
		return e->err;
	/* A lab that goes needs no phase on disk, unless this is killed: no reason to stop. */
	(void)state_set_phase(lab->state, STATE_LEAVING, &phase);
	return build_undo(&lab->plan, lab->state, wait, e);
}
