// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening a lab that is up, and what is said of one that is not. lab_up.c makes one. */
#include "orchestrator/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lab/alloc.h"
#include "lab/array.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/enum_names.h"
#include "orchestrator/model/labfile_read.h"

void lab_close(struct lab *lab)
{
	for (size_t i = 0; i < lab->n_programs; i++) {
		free(lab->programs[i].what);
		free(lab->programs[i].why);
		cleanup_fd(&lab->programs[i].fd);
	}
	free(lab->programs);
	build_close(lab->build);
	plan_clear(&lab->plan);
	labfile_clear(&lab->labfile);
	state_close(lab->state);
	*lab = (struct lab){ 0 };
}

typedef int labfile_parser(struct labfile *labfile, const char *path, const char *dir,
			   const char *text, size_t len, struct error *e);

/* The model and the plan, from what `up` kept on disk. */
static int recall(struct lab *lab, labfile_parser *parse, struct error *e)
{
	const struct journal *in = state_journal(lab->state);
	const struct plan_options options = {
		.as = *in->as ? in->as : NULL,
		.self = *in->self ? in->self : NULL,
		.nameless = in->nameless,
	};
	int err = parse(&lab->labfile, in->path, in->dir, in->text, strlen(in->text), e);

	if (!err)
		err = engine_read(in->engine, &lab->labfile.engine, e);
	if (!err)
		err = plan_make(&lab->plan, &lab->labfile.topo, &options, e);
	return err ? error_wrap(e, "lab %s", in->lab) : 0;
}

static void recall_or_mark_corrupt(struct lab *lab, labfile_parser *parse)
{
	struct error ERROR_AUTO ignored = ERROR_INIT;

	if (state_journal(lab->state)->phase == STATE_CORRUPT || recall(lab, parse, &ignored) == 0)
		return;
	plan_clear(&lab->plan);
	labfile_clear(&lab->labfile);
	state_mark_corrupt(lab->state);
}

int lab_open_left_over(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		       struct error *e)
{
	int err = lab_open_state(lab, name, lock, command, e);

	if (!err)
		recall_or_mark_corrupt(lab, labfile_parse);
	return err;
}

int lab_open_state(struct lab *lab, const char *name, enum state_lock lock, const char *command,
		   struct error *e)
{
	*lab = (struct lab){ 0 };
	return state_open(name, lock, command, &lab->state, e);
}

void lab_recall_topology(struct lab *lab)
{
	recall_or_mark_corrupt(lab, labfile_parse_topology);
}

int lab_open(struct lab *lab, const char *name, enum state_lock lock, const char *command,
	     struct error *e)
{
	int err = lab_open_left_over(lab, name, lock, command, e);

	if (!err && state_journal(lab->state)->phase == STATE_CORRUPT)
		err = lab_refuse(lab, e);
	if (err)
		lab_close(lab);
	return err;
}

int lab_keep_program(struct lab *lab, const char *what, uint32_t gen, int fd, const char *why,
		     struct error *e)
{
	int own_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct lab_program *new;

	if (own_fd < 0)
		return error_sys(e, -errno, "cannot keep a program");
	new = array_add(&lab->programs, &lab->n_programs, sizeof(*new));
	*new = (struct lab_program){ xstrdup(what), gen, own_fd, why ? xstrdup(why) : NULL };
	return 0;
}

char *lab_trouble(const struct lab *lab)
{
	const struct journal *in = state_journal(lab->state);

	switch (in->phase) {
	case STATE_BUILDING:
		return text_format(
			"being built now, or its command was killed: then `xlab down %s` clears it",
			in->lab);
	case STATE_LEAVING:
		return text_format(
			"going down now, or its command was killed: then `xlab down %s` clears it",
			in->lab);
	case STATE_VANISHED:
		return text_format("its namespaces are gone from here: somebody unmounted them, or "
				   "they ended with the shell or sandbox that they were made in: "
				   "`xlab down %s` clears the rest",
				   in->lab);
	case STATE_CORRUPT:
		return text_format("its journal is lost, or damaged: `xlab down %s` "
				   "removes it all the same",
				   in->lab);
	case STATE_UP:
		break;
	}
	return NULL;
}

int lab_refuse(const struct lab *lab, struct error *e)
{
	char *FREE_AUTO trouble = lab_trouble(lab);

	return error_state(e, -EBUSY, "lab %s: %s", state_journal(lab->state)->lab, trouble);
}

char *lab_stale(const struct labfile *labfile)
{
	if (!inifile_changed(&labfile->ini))
		return NULL;
	return text_format(
		"%s has changed since `xlab up`: take the lab down and up again to use it",
		labfile->ini.path);
}
